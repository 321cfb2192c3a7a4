"""Where the copies of an incident are now, by the ledger: what its report moved, and what settlements moved since."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from warehouse.domain import stock as ledger
from warehouse.models.incidents import Incident
from warehouse.models.journal import Action
from warehouse.models.stock import Location, StockMove
from warehouse.services.stock import Place

# What a report does to copies that are bad or gone.
_REPORTED = (ledger.DAMAGE, ledger.SHORT, ledger.REGRADE)


@dataclass(frozen=True)
class Lying:
    """Copies of an incident's title at one place, in one condition."""

    place: Place
    code: str
    condition: str
    units: int


def lying(session: Session, incident: Incident) -> list[Lying]:
    """Where its copies lie; nothing where its report moved none. Of what went to lost-and-found, what a count brought
    back since is no longer there."""
    units: Counter[tuple[int, str]] = Counter()
    for row in moved_by_report(session, incident):
        units[row.target_id, row.target_condition] += row.units
    for sibling_id in _siblings(session, incident):
        for moved in _moved_since(session, sibling_id):
            units[moved["source"], moved["condition"]] -= moved["units"]
    _keep_own(units, incident.units)
    for moved in _moved_since(session, incident.id):
        units[moved["source"], moved["condition"]] -= moved["units"]
        units[moved["target"], moved["target_condition"]] += moved["units"]
    places = {row.id: row for row in session.execute(
        select(Location.id, Location.code, Location.kind).where(Location.id.in_({at for at, _ in units})))}
    found = [Lying(Place(at, places[at].kind), places[at].code, condition, n)
             for (at, condition), n in sorted(units.items()) if n > 0]
    return [each for each in (_less_counted(session, incident, each) for each in found) if each.units > 0]


def find_copies(session: Session, incident_id: int) -> list[Lying]:
    return lying(session, session.get_one(Incident, incident_id))


def settlements(session: Session, incident_id: int) -> list[Mapping[str, Any]]:
    """What each settlement of it did, the oldest first."""
    return list(session.execute(
        select(Action.facts).where(Action.subject == "incident", Action.subject_id == incident_id,
                                   Action.verb == "settle").order_by(Action.id)).scalars())


def moved_by_report(session: Session, incident: Incident) -> list[Any]:
    """The moves of the scan that reported it; of a report without one, those of the same person and moment there."""
    if incident.item_id is None:
        return []
    at_once = ((StockMove.at == incident.at) & (StockMove.person_id == incident.person_id)
               & (StockMove.source_id == incident.location_id) & StockMove.scan_id.is_(None))
    by_scan = StockMove.scan_id == incident.scan_id
    return list(session.execute(
        select(StockMove.target_id, StockMove.target_condition, StockMove.units)
        .where(StockMove.item_id == incident.item_id, StockMove.reason.in_(_REPORTED), StockMove.source_id !=
               StockMove.target_id, or_(by_scan, at_once) if incident.scan_id else at_once)
        .order_by(StockMove.id)))


def _moved_since(session: Session, incident_id: int) -> list[Mapping[str, Any]]:
    return [facts["moved"] for facts in settlements(session, incident_id) if "moved" in facts]


def _siblings(session: Session, incident: Incident) -> list[int]:
    """Incidents of the same gesture: one shelf was empty for several orders, and its copies were booked out once."""
    return list(session.execute(
        select(Incident.id).where(
            Incident.at == incident.at, Incident.person_id == incident.person_id, Incident.item_id == incident.item_id,
            Incident.location_id == incident.location_id, Incident.id != incident.id)).scalars())


def _keep_own(units: Counter[tuple[int, str]], most: int) -> None:
    """One gesture at a shelf may be an incident of several orders: each has no more copies than it tells of."""
    for key in units:
        units[key] = min(units[key], most)


def _less_counted(session: Session, incident: Incident, each: Lying) -> Lying:
    if each.place.kind != ledger.LOST_FOUND:
        return each
    back = session.execute(
        select(func.coalesce(func.sum(StockMove.units), 0))
        .where(StockMove.item_id == incident.item_id, StockMove.source_id == each.place.id,
               StockMove.reason == ledger.COUNT, StockMove.at > incident.at)).scalar_one()
    return Lying(each.place, each.code, each.condition, each.units - int(back))
