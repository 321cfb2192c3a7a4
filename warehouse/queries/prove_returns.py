"""What must be so of copies that customers sent back, as (name, claim, SELECT of the broken rows): see `prove`."""

# Copies that are ours and stand in RETURNS: not yet sent where they belong.
_HERE = "u.received_as <> 'not_ours' AND u.left_at IS NULL"
# Copies that went to the customer again may come back once more.
_GONE_AGAIN = "u.disposition = 'send_back' AND u.left_at IS NOT NULL"

CLAIMS = (
    (
        "returns_hold_what_is_undecided",
        "what stands in the returns place is the copies that came back and have not gone where they belong",
        f"""
        SELECT item_id, SUM(lies) AS lies, SUM(waits) AS waits
        FROM (
            SELECT b.item_id, b.on_hand AS lies, 0 AS waits FROM stock_balance AS b
            JOIN location AS l ON l.id = b.location_id WHERE l.kind = 'returns'
            UNION ALL
            SELECT u.item_id, 0, 1 FROM return_unit AS u WHERE {_HERE}
        ) AS u
        GROUP BY item_id
        HAVING SUM(lies) <> SUM(waits)
        """,
    ),
    (
        "returned_copies_have_their_moves",
        "each copy that came back is one move into the returns place less those taken back, title by title",
        """
        SELECT item_id, SUM(said) AS said, SUM(moved) AS moved
        FROM (
            SELECT item_id, 1 AS said, 0 AS moved FROM return_unit WHERE received_as <> 'not_ours'
            UNION ALL
            SELECT item_id, 0, CASE reason WHEN 'return' THEN units ELSE -units END FROM stock_move
            WHERE reason IN ('return', 'unreturn')
        ) AS u
        GROUP BY item_id
        HAVING SUM(said) <> SUM(moved)
        """,
    ),
    (
        "returned_copies_were_scanned",
        "the scan of each copy that came back moved that title in; the scan of one that is not ours moved nothing",
        """
        SELECT u.id, u.return_id, u.item_id, u.scan_id, u.received_as, COUNT(m.id) AS moves
        FROM return_unit AS u
        LEFT JOIN stock_move AS m ON m.scan_id = u.scan_id AND m.item_id = u.item_id AND m.reason = 'return'
        GROUP BY u.id, u.return_id, u.item_id, u.scan_id, u.received_as
        HAVING COUNT(m.id) <> CASE u.received_as WHEN 'not_ours' THEN 0 ELSE 1 END
        """,
    ),
    (
        "never_more_came_than_was_sent",
        "no order line has more copies back than were sent",
        f"""
        SELECT l.id AS order_line_id, l.units_dispatched, COUNT(u.id) AS came
        FROM order_line AS l JOIN return_line AS r ON r.order_line_id = l.id
        JOIN return_unit AS u ON u.return_line_id = r.id AND u.received_as <> 'not_ours' AND NOT ({_GONE_AGAIN})
        GROUP BY l.id, l.units_dispatched
        HAVING COUNT(u.id) > l.units_dispatched
        """,
    ),
    (
        "return_lines_count_their_copies",
        "a line of a return says came and accepted what its copies say",
        """
        SELECT r.id, r.return_id, r.units_received, COUNT(u.id) AS came, r.units_accepted
        FROM return_line AS r LEFT JOIN return_unit AS u ON u.return_line_id = r.id AND u.received_as <> 'not_ours'
        GROUP BY r.id, r.return_id, r.units_received, r.units_accepted
        HAVING r.units_received <> COUNT(u.id)
            OR r.units_accepted <> COALESCE(SUM(CASE u.acceptance WHEN 'accepted' THEN 1 ELSE 0 END), 0)
        """,
    ),
    (
        "converted_copies_come_in_as_another_title",
        "each copy that ceased to be one title began to be another one in the same scan",
        """
        SELECT m.scan_id, SUM(CASE t.kind WHEN 'converted' THEN m.units ELSE 0 END) AS ceased,
               SUM(CASE s.kind WHEN 'converted' THEN m.units ELSE 0 END) AS began
        FROM stock_move AS m JOIN location AS s ON s.id = m.source_id JOIN location AS t ON t.id = m.target_id
        WHERE m.reason = 'convert' OR s.kind = 'converted' OR t.kind = 'converted'
        GROUP BY m.scan_id
        HAVING m.scan_id IS NULL OR COUNT(DISTINCT m.item_id) <> 2
            OR SUM(CASE t.kind WHEN 'converted' THEN m.units ELSE 0 END)
               <> SUM(CASE s.kind WHEN 'converted' THEN m.units ELSE 0 END)
        """,
    ),
    (
        "refunds_add_up",
        "what an order gives back is the sum of its refunds that were not refused, and no more than was paid",
        """
        SELECT o.id, o.number, o.refunded_minor, o.total_minor, COALESCE(r.asked, 0) AS asked
        FROM sales_order AS o
        LEFT JOIN (SELECT order_id, SUM(amount_minor) AS asked FROM refund WHERE state <> 'refused' GROUP BY order_id)
            AS r ON r.order_id = o.id
        WHERE o.refunded_minor <> COALESCE(r.asked, 0) OR o.refunded_minor > o.total_minor
        """,
    ),
    (
        "accepted_copies_count_on_the_order",
        "an order line's returned copies are those that were accepted in its settled returns",
        """
        SELECT l.id AS order_line_id, l.units_returned, COALESCE(a.accepted, 0) AS accepted
        FROM order_line AS l
        LEFT JOIN (SELECT r.order_line_id, SUM(r.units_accepted) AS accepted FROM return_line AS r
                   JOIN customer_return AS c ON c.id = r.return_id WHERE c.state = 'settled' GROUP BY r.order_line_id)
            AS a ON a.order_line_id = l.id
        WHERE l.units_returned <> COALESCE(a.accepted, 0)
        """,
    ),
    (
        "exchanges_keep_their_link",
        "the order that was made for an exchange is of its own kind and names the order it came from",
        """
        SELECT c.id, c.number, c.exchange_order_id, o.origin_id, o.origin_kind
        FROM customer_return AS c JOIN sales_order AS o ON o.id = c.exchange_order_id
        WHERE o.origin_id IS NULL OR o.origin_id <> c.order_id OR o.origin_kind <> 'exchange'
        """,
    ),
    (
        "refunds_are_decided_by_another",
        "nobody approved a refund that they asked for, and what was paid has its reference",
        """
        SELECT id, number, state, requested_by, decided_by, reference FROM refund
        WHERE (state IN ('approved', 'paid') AND (decided_by IS NULL OR decided_by = requested_by))
           OR (state = 'paid' AND (paid_at IS NULL OR reference = ''))
        """,
    ),
)
