"""Are the books right? Each check is one SELECT that gives the broken rows, and none where all is well.

Plain SQL, because a proof should be read without knowing our classes; the same words on SQLite and PostgreSQL.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

SHOWN_ROWS = 20

INSIDE = "('shelf', 'tote', 'parcel', 'quarantine', 'staging')"


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


BALANCE_CHECKS = (
    Check(
        "balances_are_their_moves",
        "every balance is the sum of its moves, and every sum of moves has its balance",
        # One pass over all three, because a missing side counts as zero either way round.
        f"""
        SELECT t.item_id, l.code AS location, t.condition, t.moved, t.kept
        FROM (
            SELECT item_id, location_id, condition, SUM(moved) AS moved, SUM(kept) AS kept
            FROM (
                SELECT item_id, target_id AS location_id, target_condition AS condition,
                       SUM(units) AS moved, 0 AS kept
                FROM stock_move GROUP BY item_id, target_id, target_condition
                UNION ALL
                SELECT item_id, source_id, condition, -SUM(units), 0
                FROM stock_move GROUP BY item_id, source_id, condition
                UNION ALL
                SELECT item_id, location_id, condition, 0, on_hand FROM stock_balance
            ) AS u
            GROUP BY item_id, location_id, condition
            HAVING SUM(moved) <> SUM(kept)
        ) AS t JOIN location AS l ON l.id = t.location_id
        WHERE l.kind IN {INSIDE} OR t.kept <> 0
        """,
    ),
    Check(
        "nothing_is_negative",
        "no balance is below zero or below what is reserved of it",
        """
        SELECT item_id, location_id, condition, on_hand, reserved FROM stock_balance
        WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand
        """,
    ),
    Check(
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


def look(session: Session, checks: Iterable[Check]) -> list[Finding]:
    """Run the checks in order; one finding for each."""
    return [
        Finding(check.name, check.claim, [
            dict(row) for row in session.execute(text(f"{check.broken} LIMIT {SHOWN_ROWS}")).mappings()
        ])
        for check in checks
    ]
