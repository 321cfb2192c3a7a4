"""The books beside the world: what they have wrong, and whether each step changed that as it may.

The gap of a title at a shelf is what really lies there less what the books have there, without what is in a mover's
hands. Picking, moving and putting away leave every gap as it is; only lost-and-found changes it."""

from collections import Counter

from sqlalchemy import select

from tests.conftest import books_balance
from warehouse.domain import counting as flows
from warehouse.models.counting import CountLine, CountResult
from warehouse.models.stock import Location, StockBalance, StockMove
from warehouse.models.transfers import Carry

DECIDED = (flows.MATCHED, flows.POSTED, flows.APPROVED)


class Books:
    def __init__(self, db, world):
        self.db, self.world = db, world
        self.last_move, self.decided = 0, set()
        with db.read() as session:
            self.outside = session.execute(select(Location.id).where(Location.code == "LOST-FOUND")).scalar_one()
            self.shelves = set(session.execute(select(Location.id).where(Location.kind == "shelf")).scalars())
        self.gaps = self.look()[0]

    def on_shelves(self, condition=None):
        """Copies by (shelf, item) as the books have them, in one condition or all."""
        with self.db.read() as session:
            return self._on_shelves(session, condition)

    @staticmethod
    def _on_shelves(session, condition=None):
        found = Counter()
        rows = session.execute(
            select(StockBalance.location_id, StockBalance.item_id, StockBalance.condition, StockBalance.on_hand)
            .join(Location, Location.id == StockBalance.location_id).where(Location.kind == "shelf"))
        for row in rows:
            if row.on_hand and condition in (None, row.condition):
                found[row.location_id, row.item_id] += row.on_hand
        return found

    def look(self):
        """(every gap, what the books have, what is in hands, moves since the last look, results decided since)."""
        with self.db.read(steady=True) as session:
            books = self._on_shelves(session)
            hands = Counter()
            for row in session.execute(select(Carry.source_id, Carry.item_id, Carry.units).where(Carry.units > 0)):
                hands[row.source_id, row.item_id] += row.units
            moves = session.execute(
                select(StockMove.id, StockMove.item_id, StockMove.source_id, StockMove.target_id, StockMove.units,
                       StockMove.count_result_id)
                .where(StockMove.id > self.last_move).order_by(StockMove.id)).all()
            results = session.execute(
                select(CountResult.id, CountResult.location_id, CountResult.item_id, CountResult.state,
                       CountResult.units_posted, CountLine.task_id, CountLine.units_counted)
                .join(CountLine, CountLine.id == CountResult.line_id)
                .where(CountResult.state.in_(DECIDED)).order_by(CountResult.id)).all()
        gaps = {key: self.world.units(*key) - books[key] + hands[key]
                for key in {*self.world.lies, *books} if key[0] in self.shelves}
        news = [row for row in results if row.id not in self.decided]
        return gaps, books, hands, moves, news

    def check(self, what):
        """Nothing but lost-and-found changed a gap, and a difference that was decided just now leaves no gap but the
        counter's own mistake. Each posting says itself how many units moved."""
        gaps, books, hands, moves, news = self.look()
        wanted, posted = Counter(self.gaps), Counter()
        for move in moves:
            sign = (move.source_id == self.outside) - (move.target_id == self.outside)
            wanted[move.target_id if sign > 0 else move.source_id, move.item_id] -= sign * move.units
            if move.count_result_id:
                posted[move.count_result_id] += sign * move.units
            self.last_move = move.id
        for key, gap in gaps.items():
            assert gap == wanted[key], (what, key, f"gap {gap}, was {wanted[key]}")
        for row in news:
            key = row.location_id, row.item_id
            here = self.world.units(*key)
            right = max(0, here + hands[key] + self.world.errors.get((row.task_id, row.item_id), 0))
            assert books[key] == right, (what, key, row, f"{books[key]} in the books, {right} would be right")
            assert posted.pop(row.id, 0) == row.units_posted, (what, row)
            self.decided.add(row.id)
        assert not +posted, f"{what}: posted again {posted}"
        assert not -posted, f"{what}: posted again {posted}"
        self.gaps = gaps
        books_balance(self.db)
