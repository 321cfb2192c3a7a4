"""Copies that came back, one row each: taken in, graded, given a place, decided about (RET-1). The order's row and the
return's are locked by whoever calls."""

from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import returns
from warehouse.domain import returns_bench as rules
from warehouse.domain import stock as ledger
from warehouse.domain.incidents import CONFIRMED, MISTAKE, OPEN, RETURN
from warehouse.domain.own_labels import make_label
from warehouse.domain.people import Actor
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.incidents import Incident
from warehouse.models.returns import CustomerReturn, ReturnLine, ReturnPolicy, ReturnUnit
from warehouse.models.stock import Location, StockBalance
from warehouse.services import incidents, journal, photos, stock
from warehouse.services.stock import Cause, Place

LINE, UNIT = ReturnLine.__table__, ReturnUnit.__table__
CUSTOMER_PLACE, RETURNS_PLACE = "CUSTOMER", "RETURNS"
REASON_LIMIT = 200

# What a used copy has in common with a new one.
_SHARED = ("title", "subtitle", "authors", "publisher", "published", "language", "pages_text", "binding", "volume",
           "description", "cover_file", "currency", "weight_g", "length_mm", "width_mm", "height_mm", "packing_class",
           "volumes")


# --- In and out of the returns place ---------------------------------------------------------------------------------


def take_in(
    session: Session, actor: Actor, return_id: int, order_line_id: int | None, item_id: int, received_as: str,
    scan_row: int,
) -> int:
    """One copy of a title stands in RETURNS; the id of its row. One that is not ours is set aside: no stock moves."""
    line_id = _line(session, return_id, order_line_id, item_id)
    is_ours = received_as != returns.NOT_OURS
    if is_ours:
        _move(session, actor, item_id, CUSTOMER_PLACE, RETURNS_PLACE, Cause(ledger.RETURN, scan_row, order_line_id))
        _count(session, line_id, received=1)
    made = session.execute(insert(UNIT).returning(UNIT.c.id), {
        "return_id": return_id, "return_line_id": line_id, "item_id": item_id, "scan_id": scan_row,
        "received_as": received_as, "acceptance": returns.PENDING if is_ours else returns.REJECTED, "grade": "",
        "disposition": "" if is_ours else returns.SEND_BACK, "at": actor.at, "person_id": actor.person_id,
        "device_id": actor.device_id,
    })
    return int(made.scalar_one())


def give_back(session: Session, actor: Actor, unit: ReturnUnit, scan_row: int) -> None:
    """The copy was scanned by mistake: it was never here."""
    if unit.received_as != returns.NOT_OURS:
        cause = Cause(ledger.UNRETURN, scan_row, _order_line_of(session, unit))
        _move(session, actor, unit.item_id, RETURNS_PLACE, CUSTOMER_PLACE, cause)
        _count(session, unit.return_line_id, received=-1)
    _forget_incident(session, actor, unit)
    session.execute(delete(UNIT).where(UNIT.c.id == unit.id))
    _drop_if_empty(session, unit.return_line_id)


def send_back(session: Session, actor: Actor, unit: ReturnUnit, scan_row: int) -> int:
    """A copy that was not accepted left for the customer again; the units that its move counts."""
    moved = unit.received_as != returns.NOT_OURS
    if moved:
        _move(session, actor, unit.item_id, RETURNS_PLACE, CUSTOMER_PLACE,
              Cause(ledger.SEND_BACK, scan_row, _order_line_of(session, unit)))
    _change(session, unit.id, left_at=actor.at)
    return int(moved)


# --- Grade and decision ----------------------------------------------------------------------------------------------


def acceptance_by_policy(session: Session, return_id: int, unit: ReturnUnit, said: str) -> str:
    """What the policy of a return says to a copy of this grade."""
    back = session.get_one(CustomerReturn, return_id)
    worst = session.execute(select(ReturnPolicy.worst_grade).where(ReturnPolicy.id == back.policy_id)).scalar()
    return rules.acceptance_of(
        said, rules.WORST_WITHOUT_POLICY if worst is None else worst, received_as=unit.received_as,
        source=back.source, is_approved=back.decided_at is not None)


def grade(session: Session, actor: Actor, unit: ReturnUnit, said: str, acceptance: str, scan_row: int) -> None:
    """Keep the grade of a copy and what we say to it. A bad one is an incident, which may get a picture."""
    incident_id = unit.incident_id
    if said in rules.BAD_GRADES:
        back = session.get_one(CustomerReturn, unit.return_id)
        incident_id = incidents.report(
            session, actor, rules.INCIDENT_OF[said], RETURN, units=1, item_id=unit.item_id, order_id=back.order_id,
            return_id=back.id, parcel_id=back.parcel_id, scan_id=scan_row,
            note=i18n.say(actor.language, f"returns_bench.grade_{said}"))
    _change(session, unit.id, grade=said, acceptance=acceptance, incident_id=incident_id, graded_at=actor.at,
            graded_by=actor.person_id)
    _count(session, unit.return_line_id, accepted=int(acceptance == returns.ACCEPTED))


def ungrade(session: Session, actor: Actor, unit: ReturnUnit) -> None:
    """The grade was a slip of the hand."""
    _count(session, unit.return_line_id, accepted=-int(unit.acceptance == returns.ACCEPTED))
    incident_id = unit.incident_id
    if unit.grade in rules.BAD_GRADES:
        _forget_incident(session, actor, unit)
        incident_id = None
    _change(session, unit.id, grade="", acceptance=returns.PENDING, incident_id=incident_id, graded_at=None,
            graded_by=None)
    if unit.received_as == returns.WRONG_ITEM:
        _stand_for(session, unit, None)


def keep_photo(session: Session, actor: Actor, unit_id: int, jpeg: bytes, width: int, height: int) -> int:
    """A picture of a graded copy; its id. It belongs to the incident of the copy. One that is only used has none: its
    picture is evidence for the customer and nobody's work, so its incident is closed as it is made."""
    unit = session.get(ReturnUnit, unit_id, with_for_update=True, populate_existing=True)
    if unit is None:
        raise NotFound("returns_bench.no_such_copy")
    if not unit.grade:
        raise Conflict("returns_bench.grade_first")
    if unit.incident_id is None:
        back = session.get_one(CustomerReturn, unit.return_id)
        made = incidents.report(
            session, actor, "damaged", RETURN, units=1, item_id=unit.item_id, order_id=back.order_id,
            return_id=back.id, scan_id=unit.scan_id, note=i18n.say(actor.language, f"returns_bench.grade_{unit.grade}"))
        incidents.close(session, actor, made, CONFIRMED)
        _change(session, unit.id, incident_id=made)
    return photos.keep_photo(session, actor, unit.incident_id or 0, jpeg, width, height)


def decide(session: Session, actor: Actor, unit_id: int, acceptance: str, reason: str) -> None:
    """A person says what is said to a copy, whatever the policy says. Refused: without a reason, a copy that has no
    grade yet, one that is not ours, and one that has left the returns place."""
    unit = session.get(ReturnUnit, unit_id, with_for_update=True, populate_existing=True)
    if unit is None:
        raise NotFound("returns_bench.no_such_copy")
    if not reason.strip():
        raise Invalid("returns_bench.reason_wanted")
    if not unit.grade or unit.received_as == returns.NOT_OURS or acceptance not in (returns.ACCEPTED, returns.REJECTED):
        raise Conflict("returns_bench.grade_first")
    if unit.left_at is not None:
        raise Conflict("returns_bench.left_already")
    if session.get_one(CustomerReturn, unit.return_id).state == returns.SETTLED:
        raise Conflict("returns.judged_already")
    _say(session, unit, acceptance)
    journal.note(session, actor, "decide_copy", "return", unit.return_id, reason=reason.strip()[:REASON_LIMIT],
                 unit=unit.id, item=unit.item_id, grade=unit.grade, acceptance=acceptance)


def _say(session: Session, unit: ReturnUnit, acceptance: str) -> None:
    before = int(unit.acceptance == returns.ACCEPTED)
    _count(session, unit.return_line_id, accepted=int(acceptance == returns.ACCEPTED) - before)
    # Where it goes follows from what is said to it.
    _change(session, unit.id, acceptance=acceptance, disposition="", into_item_id=None)
    if unit.received_as == returns.WRONG_ITEM:
        _stand_for(session, unit, _lacking(session, unit) if acceptance == returns.ACCEPTED else None)


def _lacking(session: Session, unit: ReturnUnit) -> int | None:
    """The order line of a copy that is asked back in this return and did not come; it stays where it stands."""
    return _order_line_of(session, unit) or session.execute(
        select(LINE.c.order_line_id).where(
            LINE.c.return_id == unit.return_id, LINE.c.order_line_id.is_not(None), LINE.c.units > LINE.c.units_received)
        .order_by(LINE.c.order_line_id).limit(1)).scalar()


def _stand_for(session: Session, unit: ReturnUnit, order_line_id: int | None) -> None:
    """A wrong title that is accepted is what we sent in place of the copy of this order line: the customer gets what
    that copy is worth. Without a line it is only itself."""
    if order_line_id != _order_line_of(session, unit):
        _hang(session, unit, _line(session, unit.return_id, order_line_id, unit.item_id))


# --- The place -------------------------------------------------------------------------------------------------------


def place(session: Session, actor: Actor, unit: ReturnUnit, where: str, scan_row: int) -> int:
    """Send a copy where it belongs; the units that its moves add up to. What goes back to the customer waits in RETURNS
    for its parcel; what is sold as used waits for its label (`convert`)."""
    if where == returns.USED:
        _change(session, unit.id, disposition=where,
                into_item_id=used_item(session, actor, unit.item_id, unit.grade))
        return 0
    if where == returns.SEND_BACK:
        _change(session, unit.id, disposition=where)
        return 0
    target, reason, condition = _ROADS[where]
    _move(session, actor, unit.item_id, RETURNS_PLACE, target, Cause(reason, scan_row), target_condition=condition)
    if unit.incident_id is not None and where == returns.QUARANTINE:
        # So its outcome finds the copy: by the scan that moved it.
        session.execute(update(Incident).where(Incident.id == unit.incident_id).values(scan_id=scan_row))
    _change(session, unit.id, disposition=where, left_at=actor.at)
    return 1


def may_unplace(session: Session, unit: ReturnUnit) -> bool:
    """Whether the copy still lies where it was sent, promised to nobody. What left for the customer does not."""
    if unit.left_at is not None and unit.disposition == returns.SEND_BACK:
        return False
    if unit.left_at is None or unit.disposition == returns.SCRAP:
        return True
    item_id = unit.into_item_id if unit.disposition == returns.USED else unit.item_id
    code, _, condition = _ROADS.get(unit.disposition, ("RECEIVING", "", ledger.GOOD))
    free = session.execute(
        select(StockBalance.on_hand - StockBalance.reserved).join(Location, Location.id == StockBalance.location_id)
        .where(Location.code == code, StockBalance.item_id == item_id, StockBalance.condition == condition)).scalar()
    return bool(free)


def unplace(session: Session, actor: Actor, unit: ReturnUnit, scan_row: int) -> int:
    """Take the place back; the units moved."""
    moved = 0
    if unit.left_at is not None and unit.disposition == returns.USED:
        assert unit.into_item_id is not None
        cause = Cause(ledger.CONVERT, scan_row)
        _move(session, actor, unit.into_item_id, "RECEIVING", "CONVERTED", cause)
        _move(session, actor, unit.item_id, "CONVERTED", RETURNS_PLACE, cause)
        moved = 2
    elif unit.left_at is not None:
        source, reason, condition = _ROADS[unit.disposition]
        _move(session, actor, unit.item_id, source, RETURNS_PLACE, Cause(reason, scan_row), condition=condition,
              target_condition=ledger.GOOD)
        moved = 1
        session.execute(update(Incident).where(Incident.id == unit.incident_id).values(scan_id=unit.scan_id))
    _change(session, unit.id, disposition="", into_item_id=None, left_at=None)
    return moved


# Disposition: where to, the reason of the move, and in what condition the copy is there.
_ROADS = {
    returns.RESTOCK: ("RECEIVING", ledger.TRANSFER, ledger.GOOD),
    returns.QUARANTINE: ("QUARANTINE", ledger.REGRADE, ledger.DAMAGED),
    returns.SCRAP: ("SCRAP", ledger.WRITE_OFF, ledger.DAMAGED),
}


def convert(session: Session, actor: Actor, unit: ReturnUnit, scan_row: int) -> None:
    """The label of the used item is on the copy: it ceases to be a new one and stands in goods in as what it is."""
    assert unit.into_item_id is not None
    cause = Cause(ledger.CONVERT, scan_row)
    _move(session, actor, unit.item_id, RETURNS_PLACE, "CONVERTED", cause)
    _move(session, actor, unit.into_item_id, "CONVERTED", "RECEIVING", cause)
    _change(session, unit.id, left_at=actor.at)


def used_item(session: Session, actor: Actor, item_id: int, said: str) -> int:
    """The item that used copies of a title in this grade are sold as, found or made. Its own label alone names it, and
    covers the ISBN: with that, every order, delivery and stock list of the new title would have to ask which of the two
    is meant."""
    # Two benches making the same one wait for each other here.
    own = session.execute(select(Item.sku).where(Item.id == item_id)).scalar_one()
    book = session.execute(select(Item).where(Item.sku == rules.new_sku(own)).with_for_update(key_share=True)
                           ).scalar_one_or_none()
    book, sku = book or session.get_one(Item, item_id), rules.used_sku(own, said)
    found = session.execute(select(Item.id).where(Item.sku == sku)).scalar()
    if found is not None:
        return found
    used = i18n.say(actor.language, f"returns_bench.used_{said}")
    made = session.execute(insert(Item).returning(Item.id), {
        **{name: getattr(book, name) for name in _SHARED}, "sku": sku, "isbn13": None,
        "edition": f"{book.edition} · {used}" if book.edition else used,
        "price_minor": rules.used_price(book.price_minor, said), "listing": "listed",
        "created_at": actor.at, "updated_at": actor.at,
    }).scalar_one()
    session.execute(insert(ItemCode), {"code": make_label("item", made), "item_id": made})
    journal.note(session, actor, "make_used_item", "item", made, of=book.id, grade=said, sku=sku)
    return made


# --- What every step is made of --------------------------------------------------------------------------------------


def _move(
    session: Session, actor: Actor, item_id: int, source: str, target: str, cause: Cause,
    condition: str = ledger.GOOD, target_condition: str = ledger.GOOD,
) -> None:
    places: list[Place] = [stock.fixed_place(session, code) for code in (source, target)]
    stock.move(session, actor, item_id, 1, source=places[0], target=places[1], cause=cause, condition=condition,
               target_condition=target_condition)


def _line(session: Session, return_id: int, order_line_id: int | None, item_id: int) -> int:
    """The line of the return that the copy counts on, made where it is the first of its kind."""
    mine = LINE.c.order_line_id == order_line_id if order_line_id is not None else (
        LINE.c.order_line_id.is_(None) & (LINE.c.item_id == item_id))
    found = session.execute(select(LINE.c.id).where(LINE.c.return_id == return_id, mine)).scalar()
    if found is not None:
        return int(found)
    made = session.execute(insert(LINE).returning(LINE.c.id), {
        "return_id": return_id, "order_line_id": order_line_id, "item_id": item_id, "units": 0, "units_received": 0,
        "units_accepted": 0})
    return int(made.scalar_one())


def rehang(session: Session, unit: ReturnUnit, order_line_id: int) -> None:
    """The copy is found to be one of an order line: it counts there from now on."""
    _hang(session, unit, _line(session, unit.return_id, order_line_id, unit.item_id))
    _change(session, unit.id, received_as=returns.AS_SENT)


def _hang(session: Session, unit: ReturnUnit, line_id: int) -> None:
    accepted = int(unit.acceptance == returns.ACCEPTED)
    _count(session, unit.return_line_id, received=-1, accepted=-accepted)
    _count(session, line_id, received=1, accepted=accepted)
    was = unit.return_line_id
    _change(session, unit.id, return_line_id=line_id)
    _drop_if_empty(session, was)


def _drop_if_empty(session: Session, line_id: int) -> None:
    """A line that only the copy had made which is no more on it."""
    session.execute(delete(LINE).where(
        LINE.c.id == line_id, LINE.c.units == 0, LINE.c.units_received == 0,
        ~select(UNIT.c.id).where(UNIT.c.return_line_id == LINE.c.id).exists()))


def _count(session: Session, line_id: int, *, received: int = 0, accepted: int = 0) -> None:
    session.execute(update(LINE).where(LINE.c.id == line_id).values(
        units_received=LINE.c.units_received + received, units_accepted=LINE.c.units_accepted + accepted))


def _change(session: Session, unit_id: int, **values: Any) -> None:
    session.execute(update(ReturnUnit).where(ReturnUnit.id == unit_id).values(**values)
                    .execution_options(synchronize_session="fetch"))


def _order_line_of(session: Session, unit: ReturnUnit) -> int | None:
    return session.execute(select(LINE.c.order_line_id).where(LINE.c.id == unit.return_line_id)).scalar()


def _forget_incident(session: Session, actor: Actor, unit: ReturnUnit) -> None:
    """What was reported of this copy was a slip. One that somebody has settled stays as it is."""
    found = session.execute(
        select(Incident.id).where(Incident.id == unit.incident_id, Incident.state == OPEN)).scalar()
    if found is not None:
        incidents.close(session, actor, found, MISTAKE)
