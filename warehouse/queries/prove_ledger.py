"""What must be so of moves, balances and reservations, as (name, claim, SELECT of the broken rows): see `prove`."""

INSIDE = "('shelf', 'tote', 'parcel', 'quarantine', 'staging', 'returns')"
_OUTSIDE = f"(SELECT id FROM location WHERE kind NOT IN {INSIDE})"

CLAIMS = (
    (
        "balances_are_their_moves",
        "every balance is the sum of its moves and knows how many they were, and every sum of moves has its balance",
        # One pass over all three, because a missing side counts as zero either way round.
        f"""
        SELECT t.item_id, l.code AS location, t.condition, t.moved, t.kept, t.touched, t.counted
        FROM (
            SELECT item_id, location_id, condition, SUM(moved) AS moved, SUM(kept) AS kept,
                   SUM(touched) AS touched, SUM(counted) AS counted
            FROM (
                SELECT item_id, target_id AS location_id, target_condition AS condition,
                       SUM(units) AS moved, 0 AS kept, COUNT(*) AS touched, 0 AS counted
                FROM stock_move GROUP BY item_id, target_id, target_condition
                UNION ALL
                SELECT item_id, source_id, condition, -SUM(units), 0, COUNT(*), 0
                FROM stock_move GROUP BY item_id, source_id, condition
                UNION ALL
                SELECT item_id, location_id, condition, 0, on_hand, 0, moves FROM stock_balance
            ) AS u
            GROUP BY location_id, item_id, condition
            HAVING SUM(moved) <> SUM(kept) OR SUM(touched) <> SUM(counted)
        ) AS t JOIN location AS l ON l.id = t.location_id
        WHERE l.kind IN {INSIDE} OR t.kept <> 0
        """,
    ),
    (
        "borders_are_crossed_for_known_reasons",
        "no move comes into the house or leaves it under a reason that levels and sales are not made from",
        # The list in words of its own: a proof that read it from the program would believe the program.
        f"""
        SELECT id, item_id, units, reason, source_id, target_id FROM stock_move
        WHERE reason NOT IN ('opening', 'dispatch', 'short', 'found', 'receive', 'unreceive', 'count', 'return',
                             'unreturn', 'convert', 'write_off', 'send_back')
          AND (source_id IN {_OUTSIDE}) <> (target_id IN {_OUTSIDE})
        """,
    ),
    (
        "nothing_is_negative",
        "no balance is below zero or below what is reserved of it",
        """
        SELECT item_id, location_id, condition, on_hand, reserved FROM stock_balance
        WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand
        """,
    ),
    (
        "reserved_is_reservations",
        "what a balance has reserved is the sum of the open reservations there",
        """
        SELECT item_id, location_id, SUM(reserved) AS reserved, SUM(held) AS held
        FROM (
            SELECT item_id, location_id, reserved, 0 AS held FROM stock_balance WHERE condition = 'good'
            UNION ALL
            SELECT item_id, location_id, 0, units FROM reservation
        ) AS u
        GROUP BY item_id, location_id
        HAVING SUM(reserved) <> SUM(held)
        """,
    ),
)
