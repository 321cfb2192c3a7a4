"""What is reported from the problem sheet of a work screen, and what its reporter adds afterwards (EXC-1)."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import codes as kinds
from warehouse.domain import incidents as rules
from warehouse.domain import problems
from warehouse.domain import stock as ledger
from warehouse.domain.people import Actor
from warehouse.domain.scans import DONE, Answer, ScanIn, accept
from warehouse.errors import Conflict, Invalid, NotAllowed
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.receiving import Delivery
from warehouse.models.stock import Location
from warehouse.services import incidents, incidents_work, photos, scans, stock
from warehouse.services.scans import Touched
from warehouse.services.stock import Cause, Place

TASK = "problem"
_THINGS: dict[str, Any] = {
    "item": Item, "location": Location, "order": Order, "line": OrderLine, "parcel": Parcel, "delivery": Delivery}


def report(session: Session, actor: Actor, scanned: ScanIn) -> Answer:
    """One tile pressed where no task answers it: an incident, with what the screen was about. The same `scan_id` again
    gives the same answer and reports nothing. A bad copy on a shelf goes to quarantine, as many as nobody was promised;
    what was promised stays until its picker or a count finds it so. Refuses what is not there."""
    before = scans.answered_before(session, scanned, TASK, None)
    if before is not None:
        return before
    told = problems.read(scanned.raw)
    if told.kind not in rules.KINDS:
        raise Invalid("incidents.not_there", kind=told.kind, stage=told.stage)
    about = _whole(session, told.about)
    units, shelf = told.units, _shelf(session, about) if told.kind in problems.BAD else None
    moved = 0
    if shelf is not None:
        stock.hold_still(session, about["item_id"], shelf.id)
        units = units or 1
        moved = min(units, stock.free_units(session, about["item_id"], shelf.id))
    what = " · ".join(filter(None, (i18n.say(actor.language, f"incidents.kind_{told.kind}"), _name(session, about))))
    verdict = accept("problem.reported", "report", DONE, kind=told.kind, what=what)

    def write(scan_row: int) -> None:
        if shelf is not None and moved:
            stock.move(session, actor, about["item_id"], moved, source=shelf,
                       target=stock.fixed_place(session, "QUARANTINE"), target_condition=ledger.DAMAGED,
                       cause=Cause(ledger.REGRADE, scan_row))
        facts: dict[str, Any] = {"units": units, "cause": told.cause, "scan_id": scan_row, **about}
        verdict.facts["incident_id"] = (
            report_unscannable(session, actor, told.stage, **facts) if told.kind == "unscannable"
            else incidents.report(session, actor, told.kind, told.stage, **facts))

    touched = Touched(kinds.COMMAND, moved, about.get("item_id"), about.get("location_id"),
                      order_id=about.get("order_id"))
    return scans.carry_out(session, actor, scanned, verdict, touched, TASK, None, write, dict)


def report_unscannable(session: Session, actor: Actor, stage: str, **about: Any) -> int:
    """A code that will not scan: its copy wants a new label; where it failed often of late, all copies do, and the
    incident says so. The id of the incident."""
    note = ""
    if about.get("item_id"):
        failed = 1 + session.execute(
            select(func.count()).where(
                Incident.kind == "unscannable", Incident.item_id == about["item_id"],
                Incident.at > actor.at - timedelta(days=problems.FAILS_DAYS))).scalar_one()
        if failed >= problems.FAILS_MOST:
            note = i18n.say(actor.language, "problem.fails_often", n=failed, days=problems.FAILS_DAYS)
    return incidents.report(session, actor, "unscannable", stage, note=note, **about)


def say_more(
    session: Session, actor: Actor, incident_id: int, *, kind: str, cause: str, units: int | None, note: str,
) -> None:
    """Its reporter, or who handles incidents, says better what it is, while it is open. What is left empty stays."""
    incident = _own(session, actor, incident_id)
    kind, cause = kind or incident.kind, cause or incident.cause
    units = incident.units if units is None else units
    if kind != incident.kind and cause not in rules.causes_of(kind):
        cause = ""
    if (kind, cause, units) != (incident.kind, incident.cause, incident.units):
        incidents_work.change(session, actor, incident_id, kind=kind, cause=cause, units=units)
    elif not note.strip():
        raise Invalid("problem.nothing_said")
    if note.strip():
        incidents_work.write_down(session, actor, incident_id, note)


def add_photo(session: Session, actor: Actor, incident_id: int, jpeg: bytes, width: int, height: int) -> int:
    """A picture from its reporter, or from who handles incidents, while it is open; its id."""
    _own(session, actor, incident_id)
    return photos.keep_photo(session, actor, incident_id, jpeg, width, height)


def _own(session: Session, actor: Actor, incident_id: int) -> Incident:
    incident = incidents.lock(session, incident_id)
    if incident.person_id != actor.person_id and not actor.may("handle_incident"):
        raise NotAllowed("problem.not_yours")
    if incident.state != rules.OPEN:
        raise Conflict("incidents.settled_already", id=incident_id)
    return incident


def _whole(session: Session, told: dict[str, int]) -> dict[str, int]:
    """What the report names, and what follows from it: a line is of an order and a title, a parcel of an order."""
    for name, number in told.items():
        if session.execute(select(_THINGS[name].id).where(_THINGS[name].id == number)).scalar() is None:
            raise Invalid("problem.no_such_thing")
    about = {"order_line_id" if name == "line" else f"{name}_id": number for name, number in told.items()}
    if "order_line_id" in about:
        line = session.execute(
            select(OrderLine.order_id, OrderLine.item_id).where(OrderLine.id == about["order_line_id"])).one()
        about["order_id"] = line.order_id
        if line.item_id is not None:
            about["item_id"] = line.item_id
    if "parcel_id" in about:
        about["order_id"] = session.execute(
            select(Parcel.order_id).where(Parcel.id == about["parcel_id"])).scalar_one()
    return about


def _shelf(session: Session, about: dict[str, int]) -> Place | None:
    """The shelf on which a known title stands."""
    if "item_id" not in about or "location_id" not in about:
        return None
    found = session.execute(
        select(Location.id, Location.kind)
        .where(Location.id == about["location_id"], Location.kind == ledger.SHELF)).one_or_none()
    return Place(found.id, found.kind) if found else None


def _name(session: Session, about: dict[str, int]) -> str:
    """What it is about, in a few words: the title, else the parcel, the order, the place."""
    for name, column in (("item_id", Item.title), ("parcel_id", Parcel.number), ("order_id", Order.number),
                         ("location_id", Location.code)):
        if name in about:
            table = column.class_
            return session.execute(select(column).where(table.id == about[name])).scalar() or ""
    return ""
