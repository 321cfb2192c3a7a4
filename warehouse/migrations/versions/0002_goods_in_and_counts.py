"""Goods in, transfers, counts, and a balance that knows how many moves touched it; as the SQL beside this file."""

from warehouse.migrations import run_sql_beside

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
