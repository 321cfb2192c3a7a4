"""What one person may count now: stocktakes with shelves left, the shelf in hand, shelves in other hands. Blind."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from warehouse.domain import counting as rules
from warehouse.domain.people import Actor
from warehouse.models.counting import CountSession, CountTask
from warehouse.models.people import Person
from warehouse.models.stock import Location


@dataclass(frozen=True)
class Stocktake:
    """`for_me` are open shelves that this person may count: none that they counted in an earlier round."""

    id: int
    number: str
    kind: str
    zones: tuple[str, ...]
    shelves: int
    done: int
    for_me: int


@dataclass(frozen=True)
class ShelfInHands:
    """A shelf that somebody counts. `is_silent`: its tablet has not been heard of for too long."""

    task_id: int
    location: str
    person: str
    heartbeat_at: datetime | None
    is_mine: bool
    is_silent: bool
    may_take_over: bool


@dataclass(frozen=True)
class Counts:
    stocktakes: tuple[Stocktake, ...]
    in_hand: ShelfInHands | None
    others: tuple[ShelfInHands, ...]

    @property
    def waiting(self) -> int:
        return sum(each.for_me for each in self.stocktakes)


def look(session: Session, actor: Actor) -> Counts:
    """The list of a counter, the oldest stocktake first."""
    shelves = _in_hands(session, actor)
    return Counts(
        tuple(_stocktakes(session, actor)), next((each for each in shelves if each.is_mine), None),
        tuple(each for each in shelves if not each.is_mine))


def _stocktakes(session: Session, actor: Actor) -> list[Stocktake]:
    earlier = aliased(CountTask)
    mine_before = exists().where(
        earlier.session_id == CountTask.session_id, earlier.location_id == CountTask.location_id,
        earlier.round < CountTask.round, earlier.person_id == actor.person_id)
    done = func.sum(case((CountTask.state == rules.COUNTED, 1), else_=0))
    for_me = func.sum(case((CountTask.state == rules.OPEN, 1), else_=0))
    rows = session.execute(
        select(CountSession.id, CountSession.number, CountSession.kind, CountSession.scope, func.count(), done, for_me)
        .join(CountTask, CountTask.session_id == CountSession.id)
        # Others who count my shelves again are no matter of mine, or the list would tell that I differed.
        .where(CountSession.state == rules.COUNTING, CountTask.state != rules.CANCELLED, ~mine_before)
        .group_by(CountSession.id).order_by(CountSession.id)).all()
    return [Stocktake(id_, number, kind, tuple(scope.get("zones", ())), shelves, counted, free)
            for id_, number, kind, scope, shelves, counted, free in rows if counted < shelves]


def _in_hands(session: Session, actor: Actor) -> list[ShelfInHands]:
    rows = session.execute(
        select(CountTask.id, Location.code, Person.name, Person.id, CountTask.heartbeat_at)
        .join(Location, Location.id == CountTask.location_id).join(Person, Person.id == CountTask.person_id)
        .where(CountTask.state == rules.COUNTING).order_by(Location.sequence, Location.code))
    is_lead = actor.may("approve_count")
    return [
        ShelfInHands(
            id_, code, name, beat, is_mine=person_id == actor.person_id,
            is_silent=rules.may_take_over(beat, actor.at, is_lead=False),
            may_take_over=rules.may_take_over(beat, actor.at, is_lead=is_lead))
        for id_, code, name, person_id, beat in rows]


# Put together once: it is asked before every page of the books.
_SHELF_IN_HAND = (
    select(Location.code).join(CountTask, CountTask.location_id == Location.id)
    .where(CountTask.state == rules.COUNTING, CountTask.person_id == bindparam("person")).limit(1)
)


def shelf_in_hand(session: Session, person_id: int) -> str | None:
    """The shelf that this person counts at the moment."""
    return session.execute(_SHELF_IN_HAND, {"person": person_id}).scalar()
