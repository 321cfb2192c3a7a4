"""How an incident ends (EXC-2): what becomes of its copies, of the order behind it, and what the customer must hear.

All of one settlement is one transaction. Locks are taken as everywhere: runs, orders, balances; the incident last,
since whoever holds those may be the one who reports. Who finds it changed by then is refused, and nothing was done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain import incidents as rules
from warehouse.domain import stock as ledger
from warehouse.domain.money import write_amount
from warehouse.domain.people import Actor
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident
from warehouse.models.messages import Message
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.stock import Location
from warehouse.services import incidents, incidents_order, incidents_where, messages, stock
from warehouse.services.incidents_order import Ask
from warehouse.services.incidents_where import Lying
from warehouse.services.stock import Cause, Place

# From where copies may be taken by hand: what lies in a tote or parcel is decided where the order is, what came back
# at the returns bench.
_FROM = (ledger.SHELF, ledger.STAGING, ledger.QUARANTINE)
_MOST_UNITS = 9999


@dataclass(frozen=True)
class Way:
    """What becomes of copies: to which place, in which condition, booked as what."""

    target: str
    condition: str
    reason: str


# Good again or found again: to goods in, where put-away takes them by scan. Nothing is for sale before that.
_WAYS = {
    rules.QUARANTINE: Way("QUARANTINE", ledger.DAMAGED, ledger.DAMAGE),
    rules.SCRAP: Way("SCRAP", ledger.DAMAGED, ledger.WRITE_OFF),
    rules.LOST: Way("LOST-FOUND", ledger.GOOD, ledger.SHORT),
    rules.BACK_TO_SHELF: Way("RECEIVING", ledger.GOOD, ledger.REGRADE),
    rules.FOUND: Way("RECEIVING", ledger.GOOD, ledger.FOUND),
}


@dataclass(frozen=True)
class Settlement:
    """What a person decided. `also` are further effects beside the outcome; `units` None: all that lie there; `place`
    is the code of the place where the copies are, only where the books do not know it from the report."""

    outcome: str
    also: tuple[str, ...] = ()
    units: int | None = None
    place: str = ""
    amount_minor: int | None = None
    note: str = ""

    @property
    def effects(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(
            each for each in (self.outcome, *self.also) if each in (*rules.FOR_COPIES, *rules.FOR_ORDER)))


def settle(
    session: Session, actor: Actor, incident_id: int, outcome: str, *, also: Sequence[str] = (),
    units: int | None = None, place: str = "", amount_minor: int | None = None, note: str = "",
) -> None:
    """End an incident. Refused: twice, over the head of the packer, what makes no sense for its kind or together, what
    costs more than the actor may decide (NotAllowed: pass it up), copies that are not there, and whatever the order
    refuses."""
    wish = Settlement(outcome, tuple(also), units, place.strip().upper(), amount_minor, note)
    seen = _look(session, incident_id)
    before = _what(seen)
    # The reason that stands with the order: what the person wrote, else what happened.
    ask = Ask(units or seen.units or 1, amount_minor, incidents.clean(note) or f"{seen.kind} #{seen.id}")
    _refuse_nonsense(seen, wish, [facts.get("effects", ()) for facts in incidents_where.settlements(
        session, incident_id)])
    copies = next((each for each in wish.effects if each in rules.FOR_COPIES), None)
    lies = _find(session, seen, wish, copies) if copies else []
    _refuse_beyond(session, actor, seen, wish, ask, lies)
    done = incidents_order.carry_out(session, actor, seen, wish.effects, ask)
    if seen.order_id is not None:
        session.execute(select(Order.id).where(Order.id == seen.order_id).with_for_update())
    moved = _move(session, actor, seen, copies, lies, wish.units) if copies else None
    if _what(incidents.lock(session, incident_id)) != before:
        raise Conflict("incidents.changed_meanwhile", id=incident_id)
    facts = {"effects": list(wish.effects), **done, **({"moved": moved} if moved else {})}
    incidents.close(session, actor, incident_id, outcome, wish.note, **facts)
    _tell(session, actor, seen, wish, ask, is_new_order="new_order" in done)


# --- May this be done? -----------------------------------------------------------------------------------------------


def _look(session: Session, incident_id: int) -> Incident:
    seen = session.get(Incident, incident_id, populate_existing=True)
    if seen is None:
        raise NotFound("incidents.no_such_incident", id=incident_id)
    if seen.state == rules.SETTLED:
        raise Conflict("incidents.settled_already", id=incident_id)
    order_state = session.execute(select(Order.state).where(Order.id == seen.order_id)).scalar()
    if rules.is_left_to_bench(seen.stage, seen.kind, seen.outcome, order_state):
        raise Conflict("incidents.decide_at_bench")
    return seen


def _what(incident: Incident) -> tuple[Any, ...]:
    """What the decision was made on."""
    return (incident.state, incident.kind, incident.units, incident.item_id, incident.order_id, incident.outcome,
            incident.owner_role)


def _refuse_nonsense(seen: Incident, wish: Settlement, earlier: Sequence[Sequence[str]]) -> None:
    flaw = rules.settlement_flaw(wish.outcome, wish.also)
    if flaw:
        raise Invalid(f"incidents.{flaw}")
    if not set(wish.effects) <= rules.KINDS[seen.kind].outcomes:
        raise Invalid("incidents.not_for_this_kind")
    copies = set(wish.effects) & set(rules.FOR_COPIES)
    if not copies <= set(rules.ways_for_copies(seen.kind, seen.stage, ())):
        raise Invalid("incidents.copies_are_outside")
    if {each for done in earlier for each in done} & set(wish.effects) & rules.ONCE:
        raise Conflict("incidents.done_already")
    if seen.order_id is None and set(wish.effects) & set(rules.FOR_ORDER):
        raise Invalid("incidents.no_order_behind")
    if wish.units is not None and not 1 <= wish.units <= _MOST_UNITS:
        raise Invalid("incidents.units_wrong", most=_MOST_UNITS)


def _refuse_beyond(
    session: Session, actor: Actor, seen: Incident, wish: Settlement, ask: Ask, lies: list[Lying],
) -> None:
    """What costs more than the actor's team may decide, or has gone up already, is the lead's."""
    if actor.may("settle_incident"):
        return
    if seen.owner_role == rules.LEAD:
        raise NotAllowed("incidents.with_the_lead")
    for currency, cost in _costs(session, seen, wish, ask, lies).items():
        if not rules.may_decide(actor.role, cost, currency):
            raise NotAllowed("incidents.beyond_authority", most=_limit_text(actor.role))


def _costs(
    session: Session, seen: Incident, wish: Settlement, ask: Ask, lies: list[Lying],
) -> dict[str, int | None]:
    """By currency, what copies lost, copies sent or cancelled, and money cost together, in minor units; None where
    nobody knows the price of the copies."""
    found: list[tuple[int | None, str]] = []
    effects = set(wish.effects) & rules.COSTS_COPIES
    if effects & set(rules.FOR_COPIES) and lies:
        item = session.execute(select(Item.price_minor, Item.currency).where(Item.id == seen.item_id)).one()
        units = min(wish.units or _MOST_UNITS, sum(each.units for each in lies))
        found.append((None if item.price_minor is None else units * item.price_minor, item.currency or ""))
    currency = session.execute(select(Order.currency).where(Order.id == seen.order_id)).scalar() or ""
    if effects & set(rules.FOR_ORDER):
        copies = incidents_order.copies_of(session, seen, ask.units)
        found.append((sum(each.units * each.price_minor for each in copies), currency))
    if rules.REFUND in wish.effects:
        found.append((wish.amount_minor or 0, currency))
    total: dict[str, int | None] = {}
    for cost, of_currency in found:
        before = total.get(of_currency, 0)
        total[of_currency] = None if cost is None or before is None else before + cost
    return total


def _limit_text(role: str) -> str:
    """"CNY 200.00, USD 30.00": what the role may decide."""
    return ", ".join(f"{currency} {write_amount(most, currency)}"
                     for currency, most in rules.LIMITS.get(role, {}).items() if currency in {"CNY", "USD", "EUR"})


# --- Copies ----------------------------------------------------------------------------------------------------------


def _find(session: Session, seen: Incident, wish: Settlement, way: str) -> list[Lying]:
    """The copies that this way takes, where they lie. Found again may be nothing: then nothing had been booked out."""
    if seen.item_id is None and way == rules.FOUND:
        # A parcel that turned up: no copies were booked out with it.
        return []
    if seen.item_id is None:
        raise Invalid("incidents.which_title")
    known = incidents_where.lying(session, seen)
    outside = ledger.LOST_FOUND
    if way == rules.FOUND:
        fits = [each for each in known if each.place.kind == outside]
    elif way == rules.BACK_TO_SHELF:
        fits = [each for each in known if each.place.kind == ledger.QUARANTINE]
    else:
        fits = [each for each in known if each.place.is_inside]
    there = [each for each in known if each.code == _WAYS[way].target]
    fits = [each for each in fits if each not in there]
    if there and not fits and not wish.place:
        # All of it lies there already: said, not moved.
        return []
    if wish.place or (not known and way != rules.FOUND):
        fits = [_named(session, seen, wish, way)]
    if not fits and way != rules.FOUND:
        raise Conflict("incidents.nothing_lies_there")
    return fits


def _named(session: Session, seen: Incident, wish: Settlement, way: str) -> Lying:
    """The place that the person named, else the one where it was reported."""
    row = session.execute(
        select(Location.id, Location.code, Location.kind).where(
            Location.code == wish.place if wish.place else Location.id == seen.location_id)).one_or_none()
    if row is None:
        raise Invalid("incidents.no_such_place", place=wish.place) if wish.place else Invalid("incidents.which_place")
    if row.kind not in _FROM or way == rules.FOUND or (way == rules.BACK_TO_SHELF and row.kind != ledger.QUARANTINE):
        raise Invalid("incidents.not_from_there", place=row.code)
    units = wish.units or seen.units
    if not units:
        raise Invalid("incidents.how_many")
    condition = ledger.DAMAGED if row.kind == ledger.QUARANTINE else ledger.GOOD
    return Lying(Place(row.id, row.kind), row.code, condition, units)


def _move(
    session: Session, actor: Actor, seen: Incident, way: str, lies: list[Lying], wanted: int | None,
) -> dict[str, Any] | None:
    """Book the copies away from where they lie; what was moved, for the log."""
    if not lies:
        return None
    from_there = lies[0]
    units = wanted or from_there.units
    if units > from_there.units:
        raise Conflict("incidents.fewer_lie_there", n=from_there.units, place=from_there.code)
    assert seen.item_id is not None
    to = _WAYS[way]
    target = stock.fixed_place(session, to.target)
    condition = ledger.GOOD if from_there.place.kind == ledger.LOST_FOUND else from_there.condition
    stock.move(session, actor, seen.item_id, units, source=from_there.place, target=target, cause=Cause(to.reason),
               condition=condition, target_condition=to.condition)
    return {"source": from_there.place.id, "from": from_there.code, "target": target.id, "to": to.target,
            "units": units, "condition": from_there.condition, "target_condition": to.condition}


# --- The customer ----------------------------------------------------------------------------------------------------


def _tell(
    session: Session, actor: Actor, seen: Incident, wish: Settlement, ask: Ask, *, is_new_order: bool,
) -> None:
    """What the customer must hear of it goes onto the list; once for each incident and topic. Of a copy that is
    fetched again before the parcel leaves they hear nothing."""
    if seen.order_id is None:
        return
    title = incidents_order.titles_of(session, seen)
    for effect in wish.effects:
        topic = rules.topic_of(seen.kind, effect)
        if topic and (effect != rules.REPLACEMENT or is_new_order):
            messages.want(session, actor, seen.order_id, topic, key=f"incident:{seen.id}",
                          incident_id=seen.id, title=title, n=ask.units)
    of_parcel = rules.PARCEL_TOPICS.get(seen.kind)
    told = session.execute(select(Message.id).where(
        Message.incident_id == seen.id, Message.why == of_parcel).limit(1)).scalar()
    is_news = wish.outcome not in (rules.MISTAKE, rules.FOUND, rules.TOLD)
    if of_parcel and told is None and is_news and seen.stage == rules.CARRIER:
        parcel = session.execute(
            select(Parcel.carrier_code, Parcel.tracking_number).where(Parcel.id == seen.parcel_id)).one_or_none()
        if parcel is not None:
            messages.want(session, actor, seen.order_id, of_parcel, key=f"incident:{seen.id}", incident_id=seen.id,
                          carrier=parcel.carrier_code, tracking=parcel.tracking_number or "")
