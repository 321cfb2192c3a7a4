"""Are the books right? Each check is one SELECT that gives the broken rows, and none where all is well.

Plain SQL, because a proof should be read without knowing our classes; the same words on SQLite and PostgreSQL.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.queries import prove_counts, prove_ledger, prove_returns

SHOWN_ROWS = 20


@dataclass(frozen=True)
class Check:
    """`claim` is what must be so; `broken` selects the rows for which it is not."""

    name: str
    claim: str
    broken: str


@dataclass(frozen=True)
class Finding:
    """What a check found: at most `SHOWN_ROWS` broken rows, none where the claim holds."""

    name: str
    claim: str
    rows: list[dict[str, Any]]

    @property
    def holds(self) -> bool:
        return not self.rows


BALANCE_CHECKS = tuple(Check(*each) for each in prove_ledger.CLAIMS)

SCAN_CHECKS = (
    Check(
        "scans_have_their_moves",
        "an accepted scan has exactly the moves that it says, a refused one has none",
        # Both sorted by their own index and merged: no scan is looked up for each move or move for each scan.
        """
        SELECT s.id, s.scan_id, s.outcome, s.code, s.units, t.moved
        FROM (
            SELECT id, SUM(said) AS said, SUM(moved) AS moved
            FROM (
                SELECT id, units AS said, 0 AS moved FROM scan WHERE units <> 0
                UNION ALL
                SELECT scan_id, 0, SUM(units) FROM stock_move WHERE scan_id IS NOT NULL GROUP BY scan_id
            ) AS u
            GROUP BY id
            HAVING SUM(said) <> SUM(moved)
        ) AS t JOIN scan AS s ON s.id = t.id
        """,
    ),
    Check(
        "scans_are_answered_once",
        "each scan id of a device is kept once",
        "SELECT scan_id, COUNT(*) AS times FROM scan GROUP BY scan_id HAVING COUNT(*) > 1",
    ),
    Check(
        "scans_move_only_when_accepted",
        "no refused scan says that it moved units",
        "SELECT id, scan_id, outcome, units FROM scan WHERE outcome <> 'accepted' AND units <> 0",
    ),
)

# What the ledger says of each order line: units that left for the customer, with those that lie in parcels (packed) and
# also in totes (picked), all without what waits there to be put back.
_LINE_UNITS = """
    SELECT order_line_id, SUM(dispatched) AS dispatched, SUM(dispatched) + SUM(boxed) AS packed,
           SUM(dispatched) + SUM(boxed) + SUM(toted) AS picked
    FROM (
        SELECT m.order_line_id, CASE m.reason WHEN 'dispatch' THEN m.units ELSE 0 END AS dispatched,
               CASE t.kind WHEN 'parcel' THEN m.units ELSE 0 END - CASE s.kind WHEN 'parcel' THEN m.units ELSE 0 END
               AS boxed,
               CASE t.kind WHEN 'tote' THEN m.units ELSE 0 END - CASE s.kind WHEN 'tote' THEN m.units ELSE 0 END
               AS toted
        FROM stock_move AS m JOIN location AS s ON s.id = m.source_id JOIN location AS t ON t.id = m.target_id
        WHERE m.order_line_id IS NOT NULL
        UNION ALL
        SELECT b.order_line_id, 0, CASE p.kind WHEN 'parcel' THEN b.units_done - b.units ELSE 0 END,
               CASE p.kind WHEN 'tote' THEN b.units_done - b.units ELSE 0 END
        FROM put_back AS b JOIN location AS p ON p.id = b.source_id
    ) AS u
    GROUP BY order_line_id
"""
# Units of each order line in each tote and parcel, by what went in and out.
_LINE_PLACES = """
    SELECT order_line_id, location_id, SUM(units) AS units
    FROM (
        SELECT m.order_line_id, m.target_id AS location_id, m.units FROM stock_move AS m
        JOIN location AS l ON l.id = m.target_id WHERE l.kind IN ('tote', 'parcel')
        UNION ALL
        SELECT m.order_line_id, m.source_id, -m.units FROM stock_move AS m
        JOIN location AS l ON l.id = m.source_id WHERE l.kind IN ('tote', 'parcel')
    ) AS u
    GROUP BY order_line_id, location_id
"""

ORDER_CHECKS = (
    Check(
        "dispatched_was_scanned",
        "each dispatched unit was scanned at the shelf and again at the bench",
        # That there is a move for each unit, and a right scan for each move, is claimed elsewhere.
        """
        SELECT l.id AS order_line_id, l.order_id, m.reason, SUM(m.units) AS unscanned
        FROM stock_move AS m JOIN order_line AS l ON l.id = m.order_line_id
        WHERE m.scan_id IS NULL AND m.reason IN ('pick', 'pack', 'dispatch') AND l.units_dispatched > 0
        GROUP BY l.id, l.order_id, m.reason
        """,
    ),
    Check(
        "lines_count_their_moves",
        "an order line says picked, packed and dispatched what the ledger says, less what is no longer wanted",
        # While an order is being picked its lines are not yet counted. On a cancelled order both stay as it happened.
        f"""
        SELECT l.id AS order_line_id, l.order_id, o.state, l.units_picked, m.picked, l.units_packed, m.packed,
               l.units_dispatched, m.dispatched
        FROM order_line AS l JOIN sales_order AS o ON o.id = l.order_id
        LEFT JOIN ({_LINE_UNITS}) AS m ON m.order_line_id = l.id
        WHERE l.units_dispatched <> COALESCE(m.dispatched, 0)
           OR (l.units_packed <> COALESCE(m.packed, 0) AND o.state <> 'cancelled')
           OR (l.units_picked <> COALESCE(m.picked, 0) AND o.state NOT IN ('cancelled', 'released', 'picking'))
        """,
    ),
    Check(
        "packed_is_picked_less_incidents",
        "of an order that is packed, each unit that was picked and did not get lost is packed",
        # Picked counts down with each unit lost: that both counters are their moves is claimed above.
        """
        SELECT l.id AS order_line_id, l.order_id, o.state, l.units_picked, l.units_packed
        FROM order_line AS l JOIN sales_order AS o ON o.id = l.order_id
        WHERE o.state IN ('packed', 'dispatched') AND l.units_packed <> l.units_picked
        """,
    ),
    Check(
        "losses_are_incidents",
        "each unit that was lost between shelf and parcel is an incident",
        """
        SELECT order_line_id, SUM(lost) AS lost, SUM(told) AS incidents
        FROM (
            SELECT order_line_id, units AS lost, 0 AS told FROM stock_move
            WHERE reason IN ('damage', 'short') AND order_line_id IS NOT NULL
            UNION ALL
            SELECT order_line_id, 0, units FROM incident
            WHERE stage IN ('pack', 'put_back') AND kind IN ('damaged', 'misprint', 'missing_pages', 'missing')
              AND order_line_id IS NOT NULL
        ) AS u
        GROUP BY order_line_id
        HAVING SUM(lost) <> SUM(told)
        """,
    ),
    Check(
        "stops_took_their_moves",
        "what the stops at a shelf took for an order line is what its moves took from there",
        """
        SELECT order_line_id, location_id, SUM(said) AS said, SUM(moved) AS moved
        FROM (
            SELECT order_line_id, location_id, units_taken AS said, 0 AS moved FROM pick_stop
            UNION ALL
            SELECT order_line_id, source_id, 0, units FROM stock_move WHERE reason = 'pick'
            UNION ALL
            SELECT order_line_id, target_id, 0, -units FROM stock_move WHERE reason = 'unpick'
        ) AS u
        GROUP BY order_line_id, location_id
        HAVING SUM(said) <> SUM(moved)
        """,
    ),
    Check(
        "parcels_list_their_moves",
        "the list of a closed parcel is what was moved into it, order line by order line; an open one has none",
        """
        SELECT order_line_id, location_id, SUM(said) AS said, SUM(moved) AS moved
        FROM (
            SELECT c.order_line_id, p.location_id, c.units AS said, 0 AS moved
            FROM parcel_line AS c JOIN parcel AS p ON p.id = c.parcel_id WHERE p.state <> 'void'
            UNION ALL
            SELECT m.order_line_id, p.location_id, 0, m.units
            FROM stock_move AS m JOIN parcel AS p ON p.location_id = m.target_id
            WHERE p.closed_at IS NOT NULL AND p.state <> 'void'
            UNION ALL
            SELECT m.order_line_id, p.location_id, 0, -m.units
            FROM stock_move AS m JOIN parcel AS p ON p.location_id = m.source_id
            WHERE m.reason <> 'dispatch' AND p.closed_at IS NOT NULL AND p.state <> 'void'
        ) AS u
        GROUP BY order_line_id, location_id
        HAVING SUM(said) <> SUM(moved)
        """,
    ),
    Check(
        "totes_and_parcels_know_their_lines",
        "what lies in a tote or parcel belongs to an order line, and no line takes out more than it put in",
        f"SELECT order_line_id, location_id, units FROM ({_LINE_PLACES}) AS p WHERE units < 0"
        " OR (order_line_id IS NULL AND units <> 0)",
    ),
    Check(
        "nothing_left_without_a_label",
        "a parcel that left the house had its label made and scanned onto it, and is on a driver's list",
        """
        SELECT p.id, p.number, p.state, p.handed_over_at FROM parcel AS p
        WHERE (p.label_made_at IS NULL OR p.label_applied_at IS NULL OR p.manifest_id IS NULL)
          AND (p.handed_over_at IS NOT NULL OR EXISTS (
                SELECT 1 FROM stock_move AS m WHERE m.source_id = p.location_id AND m.reason = 'dispatch'))
        """,
    ),
    Check(
        "dispatched_orders_are_complete",
        "an order that is dispatched has no packed unit left in the house",
        """
        SELECT o.id, o.number, l.id AS order_line_id, l.units_packed, l.units_dispatched
        FROM sales_order AS o JOIN order_line AS l ON l.order_id = o.id
        WHERE o.state = 'dispatched' AND l.units_dispatched <> l.units_packed
        """,
    ),
)

CANCEL_CHECKS = (
    Check(
        "cancelled_orders_hold_nothing",
        "a cancelled order has no shelf reserved, no stop to walk to and no parcel that could leave",
        """
        SELECT o.id, o.number, 'reservation' AS held FROM sales_order AS o
        JOIN order_line AS l ON l.order_id = o.id JOIN reservation AS r ON r.order_line_id = l.id
        WHERE o.state = 'cancelled'
        UNION ALL
        SELECT o.id, o.number, 'stop' FROM sales_order AS o JOIN pick_stop AS s ON s.order_id = o.id
        WHERE o.state = 'cancelled' AND s.state IN ('open', 'skipped')
        UNION ALL
        SELECT o.id, o.number, 'parcel' FROM sales_order AS o JOIN parcel AS p ON p.order_id = o.id
        WHERE o.state = 'cancelled' AND p.state <> 'void'
        """,
    ),
    Check(
        "cancelled_units_wait_to_be_put_back",
        "what lies in a tote or parcel for a cancelled order is what waits there to be put back, and only that",
        """
        SELECT order_line_id, location_id, SUM(lies) AS lies, SUM(waits) AS waits
        FROM (
            SELECT m.order_line_id, m.target_id AS location_id, m.units AS lies, 0 AS waits
            FROM sales_order AS o JOIN order_line AS l ON l.order_id = o.id
            JOIN stock_move AS m ON m.order_line_id = l.id JOIN location AS p ON p.id = m.target_id
            WHERE o.state = 'cancelled' AND p.kind IN ('tote', 'parcel')
            UNION ALL
            SELECT m.order_line_id, m.source_id, -m.units, 0
            FROM sales_order AS o JOIN order_line AS l ON l.order_id = o.id
            JOIN stock_move AS m ON m.order_line_id = l.id JOIN location AS p ON p.id = m.source_id
            WHERE o.state = 'cancelled' AND p.kind IN ('tote', 'parcel')
            UNION ALL
            SELECT b.order_line_id, b.source_id, 0, b.units - b.units_done
            FROM put_back AS b JOIN sales_order AS o ON o.id = b.order_id WHERE o.state = 'cancelled'
        ) AS u
        GROUP BY order_line_id, location_id
        HAVING SUM(lies) <> SUM(waits)
        """,
    ),
    Check(
        "what_waits_to_be_put_back_lies_there",
        "what waits to be put back lies where it waits, for the order line that it was picked for",
        f"""
        SELECT order_line_id, location_id, SUM(lies) AS lies, SUM(waits) AS waits
        FROM (
            SELECT order_line_id, location_id, units AS lies, 0 AS waits FROM ({_LINE_PLACES}) AS p
            UNION ALL
            SELECT order_line_id, source_id, 0, units - units_done FROM put_back
        ) AS u
        GROUP BY order_line_id, location_id
        HAVING SUM(waits) > SUM(lies)
        """,
    ),
)

RECEIVE_CHECKS = (
    Check(
        "deliveries_count_their_scans",
        "what the lines of a delivery say came, good and bad, is what the scans of its parcels moved",
        # Not title by title: a draft that was found to be another item leaves its line to that item.
        """
        SELECT delivery_id, SUM(good) AS good, SUM(came) AS came, SUM(bad) AS bad, SUM(spoiled) AS spoiled
        FROM (
            SELECT delivery_id, units_good AS good, units_bad AS bad, 0 AS came, 0 AS spoiled FROM delivery_line
            UNION ALL
            SELECT p.delivery_id, 0, 0, CASE t.code WHEN 'RECEIVING' THEN m.units ELSE -m.units END,
                   CASE WHEN m.reason <> 'regrade' THEN 0 WHEN t.code = 'RECEIVING' THEN -m.units ELSE m.units END
            FROM scan AS s JOIN delivery_parcel AS p ON p.id = s.task_id
            JOIN stock_move AS m ON m.scan_id = s.id JOIN location AS t ON t.id = m.target_id
            WHERE s.task = 'receive'
        ) AS u
        GROUP BY delivery_id
        HAVING SUM(good) <> SUM(came) OR SUM(bad) <> SUM(spoiled)
        """,
    ),
)

TRANSFER_CHECKS = (
    Check(
        "a_task_in_work_is_in_its_persons_hands",
        "who has taken a replenishment stands at it, and nobody stands at another one",
        """
        SELECT r.id, r.state, r.person_id, c.person_id AS in_hands_of
        FROM replenishment AS r LEFT JOIN carry AS c ON c.replenishment_id = r.id
        WHERE (r.state = 'taken' AND (c.person_id IS NULL OR c.person_id <> r.person_id))
            OR (r.state <> 'taken' AND c.person_id IS NOT NULL)
        """,
    ),
)

COUNT_CHECKS = tuple(Check(*each) for each in prove_counts.CLAIMS)
RETURN_CHECKS = tuple(Check(*each) for each in prove_returns.CLAIMS)
CHECKS = (BALANCE_CHECKS + SCAN_CHECKS + ORDER_CHECKS + CANCEL_CHECKS + RECEIVE_CHECKS + TRANSFER_CHECKS
          + COUNT_CHECKS + RETURN_CHECKS)


def look(session: Session, checks: Iterable[Check]) -> list[Finding]:
    """Run the checks in order; one finding for each."""
    return [
        Finding(check.name, check.claim, [
            dict(row) for row in session.execute(text(f"{check.broken} LIMIT {SHOWN_ROWS}")).mappings()
        ])
        for check in checks
    ]
