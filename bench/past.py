"""Years of past orders, put in by bulk: dispatched, each unit scanned at the shelf and at the bench, each parcel
labelled and on a list, so that every check of `warehouse prove` holds over them.

Slim where it does not matter to a scan: 1.2 lines an order, short stored answers, one run and one tote for all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, select, text

from bench import shop
from warehouse import clock
from warehouse.db import Database
from warehouse.domain.own_labels import HIGHEST_NUMBER
from warehouse.models.journal import Scan
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.picking import PickRun, PickStop, Wave
from warehouse.models.shipping import Manifest
from warehouse.models.stock import Location, StockBalance, StockMove

SECOND_LINE_EVERY = 5
DAY_MS = 86_400_000


class Past:
    """`count` past orders over the items of a shop. Every row follows from its number."""

    def __init__(self, made: shop.Shop, count: int, person_id: int, fixed: dict[str, int], first: dict[str, int],
                 sealed: bytes, now_ms: int) -> None:
        self.made, self.count, self.person_id, self.fixed, self.first = made, count, person_id, fixed, first
        self.sealed, self.now_ms = sealed, now_ms

    def lines(self) -> Iterator[tuple[int, int, int, int]]:
        """(number of the line, of its order, its position, its item) in order."""
        line, items = 0, self.made.item_ids
        for order in range(self.count):
            for position in range(2 if order % SECOND_LINE_EVERY == 0 else 1):
                yield line, order, position + 1, items[(order * 7 + position * 13) % len(items)]
                line += 1

    def at(self, order: int) -> int:
        """Spread over the past year."""
        return self.now_ms - 365 * DAY_MS + order * 364 * DAY_MS // self.count

    def orders(self) -> Iterator[tuple[Any, ...]]:
        for n in range(self.count):
            at, lines = self.at(n), 2 if n % SECOND_LINE_EVERY == 0 else 1
            yield (self.first["sales_order"] + n, f"PAST{n}", "past", f"P{n}", "", "pick", "dispatched", at,
                   at + DAY_MS, at, "paid", "GBP", 999, 0, 0, "", "SF", self.sealed, "J**** P*****", "GB", "",
                   "Bristol", "BS1 4RB", "en", "wait", "", "", "", "[]", False, lines, lines, at, at, at, at, "")

    def order_lines(self) -> Iterator[tuple[Any, ...]]:
        for line, order, position, item in self.lines():
            yield (self.first["order_line"] + line, self.first["sales_order"] + order, position, item, False, "", "",
                   999, 1, 1, 0, 0, 1, 1, 1)

    def places(self) -> Iterator[tuple[Any, ...]]:
        for n in range(self.count):
            yield self.first["location"] + n, f"PAST-{n}", "parcel", "", "", "", "", 0

    def parcels(self) -> Iterator[tuple[Any, ...]]:
        for n in range(self.count):
            at = self.at(n)
            yield (self.first["parcel"] + n, f"PAST{n}", self.first["sales_order"] + n, 1, "in_transit",
                   self.first["location"] + n, "SF", 400, 400, self.person_id, at, at, f"PT{n:012d}", at, 1, at,
                   self.fixed["manifest"], at)

    def parcel_lines(self) -> Iterator[tuple[Any, ...]]:
        for line, order, _, _ in self.lines():
            yield self.first["parcel"] + order, self.first["order_line"] + line, 1

    def scans(self) -> Iterator[tuple[Any, ...]]:
        """Two for each line, at the shelf and at the bench; then one for each parcel, at the driver's car."""
        for line, order, _, item in self.lines():
            at, place = self.at(order), self.made.shelf_of[item]
            for step, task in enumerate(("pick", "pack")):
                yield (self.first["scan"] + 2 * line + step, f"past-{2 * line + step}", task, 0, "", "9780000000000",
                       "item", "accepted", f"{task}ing.taken", 1, item, place, self.first["sales_order"] + order,
                       self.person_id, at, "", "{}")
        for order in range(self.count):
            yield (self.dispatch_scan(order), f"past-d{order}", "ship", 0, "", "P", "parcel", "accepted",
                   "shipping.over", 2 if order % SECOND_LINE_EVERY == 0 else 1, None, None,
                   self.first["sales_order"] + order,
                   self.person_id, self.at(order), "", "{}")

    def dispatch_scan(self, order: int) -> int:
        return self.first["scan"] + 2 * (self.count + -(-self.count // SECOND_LINE_EVERY)) + order

    def stops(self) -> Iterator[tuple[Any, ...]]:
        for line, order, _, item in self.lines():
            yield (self.first["pick_stop"] + line, self.fixed["run"], line + 1, 1, "taken",
                   self.first["order_line"] + line, self.first["sales_order"] + order, item, self.made.shelf_of[item],
                   1, 1, 0)

    def moves(self) -> Iterator[tuple[Any, ...]]:
        """Shelf to tote, tote to parcel, parcel to customer."""
        tote, customer = self.fixed["tote"], self.fixed["CUSTOMER"]
        for line, order, _, item in self.lines():
            at, scan, parcel = self.at(order), self.first["scan"] + 2 * line, self.first["location"] + order
            way = ((self.made.shelf_of[item], tote, "pick", scan), (tote, parcel, "pack", scan + 1),
                   (parcel, customer, "dispatch", self.dispatch_scan(order)))
            for step, (source, target, reason, scan_id) in enumerate(way):
                yield (self.first["stock_move"] + 3 * line + step, at, item, 1, source, target, "good", "good", reason,
                       self.person_id, scan_id, self.first["order_line"] + line)

    def balances(self) -> Iterator[tuple[Any, ...]]:
        """What the moves leave behind: an empty balance in each parcel and in the tote."""
        seen: set[int] = set()
        for _, order, _, item in self.lines():
            yield item, self.first["location"] + order, "good", 0, 0
            if item not in seen:
                seen.add(item)
                yield item, self.fixed["tote"], "good", 0, 0


_COLUMNS: tuple[tuple[Table, str, Callable[[Past], Iterable[tuple[Any, ...]]]], ...] = (
    (Order.__table__, "id number channel source_number content_hash import_class state placed_at due_at received_at"
     " payment currency total_minor shipping_minor cod_minor service carrier_code recipient recipient_masked country"
     " province city postcode language when_short buyer_remark staff_remark gift_note warnings must_acknowledge"
     " units_wanted lines_count released_at picked_at packed_at dispatched_at cancel_reason", Past.orders),
    (OrderLine.__table__, "id order_id position item_id is_service code_text title_text price_minor units_wanted"
     " units_reserved units_short units_cancelled units_picked units_packed units_dispatched", Past.order_lines),
    (Location.__table__, "id code kind aisle bay shelf zone sequence", Past.places),
    (PickStop.__table__, "id run_id position slot state order_line_id order_id item_id location_id units_due"
     " units_taken units_short", Past.stops),
    (Parcel.__table__, "id number order_id position state location_id carrier_code expected_weight_g weight_g"
     " packed_by opened_at closed_at tracking_number label_made_at label_prints label_applied_at manifest_id"
     " handed_over_at", Past.parcels),
    (ParcelLine.__table__, "parcel_id order_line_id units", Past.parcel_lines),
    (Scan.__table__, "id scan_id task task_id step raw kind outcome code units item_id location_id order_id"
     " person_id at body_hash answer", Past.scans),
    (StockMove.__table__, "id at item_id units source_id target_id condition target_condition reason person_id"
     " scan_id order_line_id", Past.moves),
    (StockBalance.__table__, "item_id location_id condition on_hand reserved", Past.balances),
)

_COUNT_MOVES = """
    UPDATE stock_balance SET moves = t.n FROM (
        SELECT item_id, place, condition, COUNT(*) AS n FROM (
            SELECT item_id, source_id AS place, condition FROM stock_move
            UNION ALL SELECT item_id, target_id, target_condition FROM stock_move) AS u
        GROUP BY item_id, place, condition) AS t
    WHERE t.item_id = stock_balance.item_id AND t.place = stock_balance.location_id
    AND t.condition = stock_balance.condition"""


def add_past(db: Database, made: shop.Shop, count: int) -> int:
    """Put `count` past orders into a shop that nothing else works on; how many moves that were."""
    assert count < HIGHEST_NUMBER
    (person_id, _), = shop.hire(db, ["Past"], "packer")
    sealed = db.vault.seal({"name": "Jamie Porter"}, "bench")
    with db.writer.begin() as connection:
        fixed = _fixed_rows(connection, person_id)
        first = {table.name: 1 + (connection.execute(select(text("MAX(id)")).select_from(table)).scalar() or 0)
                 for table, columns, _ in _COLUMNS if columns.startswith("id ")}
        if connection.dialect.name == "postgresql":
            # The rows refer rightly; to check each of twelve million references takes a quarter of an hour.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        past = Past(made, count, person_id, fixed, first, sealed, int(clock.now().timestamp() * 1000))
        for table, columns, rows in _COLUMNS:
            bulk(connection, table.name, columns.split(), rows(past))
        used: dict[int, int] = {}
        for _, _, _, item in past.lines():
            used[item] = used.get(item, 0) + 1
        connection.execute(
            text("UPDATE stock_balance SET on_hand = on_hand - :n WHERE item_id = :item AND location_id = :place"),
            [{"n": units, "item": item, "place": made.shelf_of[item]} for item, units in used.items()])
        connection.execute(text(_COUNT_MOVES))
        if connection.dialect.name == "postgresql":
            for name in first:
                connection.execute(text(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT MAX(id) FROM {name}))"))
    with db.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What a database of a year's age knows of itself (PostgreSQL does it by itself, a little later).
        connection.exec_driver_sql("ANALYZE")
    return 3 * sum(used.values())


def _fixed_rows(connection: Connection, person_id: int) -> dict[str, int]:
    """The one tote and the one list that all the past went through, and the customer's place."""
    tote = connection.execute(insert(Location.__table__).returning(Location.__table__.c.id), {
        "code": "PAST-TOTE", "kind": "tote"}).scalar_one()
    manifest = connection.execute(insert(Manifest.__table__).returning(Manifest.__table__.c.id), {
        "number": "PAST", "carrier_code": "SF", "state": "signed", "opened_at": clock.now(), "opened_by": person_id,
        "closed_at": clock.now()}).scalar_one()
    customer = connection.execute(
        select(Location.__table__.c.id).where(Location.__table__.c.code == "CUSTOMER")).scalar_one()
    wave = connection.execute(insert(Wave.__table__).returning(Wave.__table__.c.id), {
        "due_at": clock.now(), "created_at": clock.now(), "created_by": person_id}).scalar_one()
    run = connection.execute(insert(PickRun.__table__).returning(PickRun.__table__.c.id), {
        "wave_id": wave, "kind": "single", "state": "done", "due_at": clock.now(), "created_at": clock.now(),
        "person_id": person_id, "units_due": 0, "done_at": clock.now()}).scalar_one()
    return {"tote": tote, "manifest": manifest, "CUSTOMER": customer, "run": run}


def bulk(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """The quickest way in that each engine has, constraints and indexes in force."""
    cursor = connection.connection.cursor()
    names = ", ".join(columns)
    if connection.dialect.name == "sqlite":
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})", rows)
        return
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(row)
