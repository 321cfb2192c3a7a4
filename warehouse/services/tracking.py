"""What carriers tell about parcels comes in (SHP-4), by file or signed message: events are kept once, parcels and
orders follow them, and what went wrong opens its incident.

One call is one transaction of some hundred events. Orders and parcels are locked before they are judged, so that a file
and a message about the same parcel come one after the other."""

import hmac
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import bindparam, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from warehouse.domain import packing, tracking
from warehouse.domain.catalog import RowProblem
from warehouse.domain.orders import DISPATCHED, ORDER_FLOW
from warehouse.domain.people import Actor
from warehouse.domain.tracking import DAMAGED, GONE, TROUBLES, Event, event_key
from warehouse.errors import NotAllowed, NotFound
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.shipping import Carrier, TrackingEvent
from warehouse.services import carrier_incidents, journal
from warehouse.services.carrier_incidents import Sent, in_both_languages
from warehouse.vault import Vault, mask_remark

FILE, WEBHOOK = "file", "webhook"
SECRET_BYTES = 32
# How far the carrier's clock and ours may be apart, and how long a message that was listened to could be sent again.
SKEW_S = 300
ORDER, PARCEL = Order.__table__, Parcel.__table__

_FOLLOWS = update(PARCEL).where(PARCEL.c.id == bindparam("parcel")).values(
    state=bindparam("to_state"), first_event_at=bindparam("first"), last_event_at=bindparam("last"),
    delivered_at=bindparam("delivered"))
_ALL_DELIVERED = (
    update(ORDER).where(
        ORDER.c.id == bindparam("order"), ORDER.c.state == DISPATCHED,
        ~exists().where(PARCEL.c.order_id == ORDER.c.id,
                        PARCEL.c.state.not_in((packing.DELIVERED, packing.VOID))))
    .values(state=ORDER_FLOW.step(DISPATCHED, "deliver"),
            delivered_at=select(func.max(PARCEL.c.delivered_at)).where(PARCEL.c.order_id == ORDER.c.id)
            .scalar_subquery()))


@dataclass(frozen=True)
class Told:
    """A parcel that something was told of."""

    id: int
    order_id: int
    number: str
    tracking_number: str | None
    state: str
    carrier_code: str
    expected_by: datetime | None
    handed_over_at: datetime | None
    first_event_at: datetime | None

    @property
    def sent(self) -> Sent:
        return Sent(self.id, self.order_id, self.tracking_number or self.number, self.carrier_code, self.expected_by)


@dataclass
class Taken:
    """What became of some events: `created` are news, `unchanged` was told before. `unknown` are numbers that no parcel
    has."""

    created: int = 0
    unchanged: int = 0
    incidents: int = 0
    rejected: list[RowProblem] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def receive(
    session: Session, actor: Actor, events: Sequence[Event], *, source: str, carrier_code: str | None = None
) -> Taken:
    """Take in what was told. A carrier that signs speaks of its own parcels alone: `carrier_code` names it."""
    taken = Taken()
    parcels = _parcels(session, {event.number for event in events}, carrier_code)
    patterns = _patterns(session, carrier_code)
    news = _news(session, events, parcels, patterns, actor.at, taken)
    if not news:
        return taken
    session.execute(insert(TrackingEvent.__table__), [
        {"parcel_id": parcel_id, "event_key": key, "kind": event.kind, "at": event.at, "place": event.place,
         "text": event.text, "source": source, "received_at": actor.at, "person_id": actor.person_id}
        for parcel_id, found in news.items() for key, event in found.items()])
    by_id = {row.id: row for row in parcels.values()}
    states = _follow(session, by_id, news)
    _end_answered(session, actor, by_id, news, states)
    taken.incidents = _report(session, actor, by_id, news, states)
    return taken


def _parcels(session: Session, numbers: set[str], carrier_code: str | None) -> dict[str, Told]:
    """The parcels with these numbers, the carrier's or our own, locked with their orders."""
    wanted = sorted(numbers)
    rows = [Told(row.id, row.order_id, row.number or "", *row[3:]) for row in session.execute(
        select(Parcel.id, Parcel.order_id, Parcel.number, Parcel.tracking_number, Parcel.state, Parcel.carrier_code,
               Parcel.expected_by, Parcel.handed_over_at, Parcel.first_event_at)
        .join(Order, Order.id == Parcel.order_id)
        .where(or_(Parcel.tracking_number.in_(wanted), Parcel.number.in_(wanted)),
               *([Parcel.carrier_code == carrier_code] if carrier_code else []))
        .order_by(Order.id, Parcel.id).with_for_update(of=(Order, Parcel)))]
    own = {row.number: row for row in rows if row.number}
    return own | {row.tracking_number: row for row in rows if row.tracking_number}


def _patterns(session: Session, carrier_code: str | None) -> dict[str, str]:
    rows = session.execute(select(Carrier.code, Carrier.tracking_pattern))
    return {row.code: row.tracking_pattern for row in rows if carrier_code in (None, row.code)}


def _news(
    session: Session, events: Sequence[Event], parcels: Mapping[str, Told],
    patterns: Mapping[str, str], now: datetime, taken: Taken,
) -> dict[int, dict[str, Event]]:
    """By parcel and key, the events that were not told before; the others are counted and named in `taken`."""
    found: list[tuple[int, str, Event]] = []
    for event in events:
        parcel = parcels.get(event.number)
        if parcel is None:
            _name_unknown(event, patterns, taken)
            continue
        plain = Event(event.row, event.number, event.kind, event.at, mask_remark(event.place),
                      mask_remark(tracking.without_names(event.text)))
        flaw = tracking.flaw_of(event, now, sent_at=parcel.handed_over_at)
        if flaw:
            taken.rejected.append(RowProblem(event.row, flaw, {"number": event.number}))
        else:
            found.append((parcel.id, event_key(parcel.id, plain), plain))
    known = set(session.execute(
        select(TrackingEvent.event_key).where(TrackingEvent.event_key.in_({key for _, key, _ in found}))).scalars())
    news: dict[int, dict[str, Event]] = defaultdict(dict)
    for parcel_id, key, event in found:
        if key in known:
            taken.unchanged += 1
            continue
        known.add(key)
        news[parcel_id][key] = event
        taken.created += 1
    return dict(news)


def _name_unknown(event: Event, patterns: Mapping[str, str], taken: Taken) -> None:
    is_number = tracking.is_number(event.number, patterns)
    code = "tracking_unknown_number" if is_number else "tracking_number_form"
    taken.rejected.append(RowProblem(event.row, code, {"number": event.number[:40]}))
    if is_number and event.number not in taken.unknown:
        taken.unknown.append(event.number)


def _follow(
    session: Session, parcels: Mapping[int, Told], news: Mapping[int, Mapping[str, Event]]
) -> dict[int, str]:
    """Bring parcels, and orders all of whose parcels came, to what is known now; the new state of each parcel."""
    told: dict[int, list[tuple[str, datetime, str]]] = defaultdict(list)
    for row in session.execute(
            select(TrackingEvent.parcel_id, TrackingEvent.kind, TrackingEvent.at, TrackingEvent.event_key)
            .where(TrackingEvent.parcel_id.in_(list(news)))):
        told[row.parcel_id].append((row.kind, row.at, row.event_key))
    states, values = {}, []
    for parcel_id, fresh in news.items():
        parcel = parcels[parcel_id]
        every = [(kind, at) for kind, at, _ in told[parcel_id]]
        before = [(kind, at) for kind, at, key in told[parcel_id] if key not in fresh]
        state = parcel.state
        if state == tracking.state_after(packing.HANDED_OVER, before):
            state = tracking.state_after(packing.HANDED_OVER, every)
        elif state in tracking.WITH_CARRIER:
            # A person knows better: what comes from now on goes on from there.
            state = tracking.state_after(state, [(event.kind, event.at) for event in fresh.values()])
        states[parcel_id] = state
        moments = [at for _, at in every]
        values.append({"parcel": parcel_id, "to_state": state, "first": min(moments), "last": max(moments),
                       "delivered": tracking.delivered_at(every)})
    session.connection().execute(_FOLLOWS, values)
    came = sorted({parcels[parcel_id].order_id for parcel_id, state in states.items() if state == packing.DELIVERED})
    for order_id in came:
        session.connection().execute(_ALL_DELIVERED, {"order": order_id})
    return states


def _report(
    session: Session, actor: Actor, parcels: Mapping[int, Told],
    news: Mapping[int, Mapping[str, Event]], states: Mapping[int, str],
) -> int:
    """Open what went wrong: once for each parcel and kind, but every delay that comes after one was settled. What is
    open already goes on with what is told now; what ended well meanwhile needs nobody."""
    bad = [(parcel_id, event) for parcel_id, fresh in news.items() for event in fresh.values()
           if event.kind in TROUBLES and parcels[parcel_id].handed_over_at is not None
           and _still_matters(event.kind, states[parcel_id])]
    told = carrier_incidents.told_already(session, sorted({parcel_id for parcel_id, _ in bad}))
    opened = 0
    for parcel_id, event in sorted(bad, key=lambda each: (each[0], each[1].at)):
        trouble, sent = TROUBLES[event.kind], parcels[parcel_id].sent
        said = " · ".join(filter(None, (event.text, event.place)))
        before = told.get((parcel_id, trouble.incident))
        if before and before.open_id:
            carrier_incidents.go_on(session, actor, sent, trouble, said or event.kind, before.open_id)
        elif before is None or trouble.incident in tracking.COMES_AGAIN:
            opened_id = carrier_incidents.report(session, actor, sent, trouble, said)
            told[parcel_id, trouble.incident] = carrier_incidents.Told(actor.at, opened_id)
            opened += 1
    return opened


def _end_answered(
    session: Session, actor: Actor, parcels: Mapping[int, Told],
    news: Mapping[int, Mapping[str, Event]], states: Mapping[int, str],
) -> None:
    """A parcel that came is neither late nor lost; one that was silent and is heard of in time is not late."""
    came = [parcel_id for parcel_id, state in states.items() if state == packing.DELIVERED]
    carrier_incidents.end_answered(
        session, actor, came, tracking.ENDS_WITH_ARRIVAL, in_both_languages("delays.note_came"))
    heard = [parcel_id for parcel_id, fresh in news.items()
             if parcel_id not in came and parcels[parcel_id].first_event_at is None
             and not any(event.kind in TROUBLES for event in fresh.values()) and _in_time(parcels[parcel_id], actor.at)]
    carrier_incidents.end_answered(
        session, actor, heard, (tracking.SILENT.incident,), in_both_languages("delays.note_heard"))


def _in_time(parcel: Told, now: datetime) -> bool:
    return parcel.expected_by is None or now <= parcel.expected_by


def _still_matters(kind: str, state: str) -> bool:
    if kind == DAMAGED:
        return True
    return state == packing.LOST if kind == GONE else state != packing.DELIVERED


# --- Signed messages -------------------------------------------------------------------------------------------------


def set_secret(session: Session, actor: Actor, carrier_code: str) -> str:
    """A new secret that this carrier signs with; the one before is void from now on. It is shown this once."""
    vault: Vault = session.info["vault"]
    secret = secrets.token_urlsafe(SECRET_BYTES)
    _keep_secret(session, carrier_code, vault.seal({"secret": secret}, _secret_place(carrier_code)))
    journal.note(session, actor, "set_secret", "carrier", None, carrier=carrier_code)
    return secret


def drop_secret(session: Session, actor: Actor, carrier_code: str) -> None:
    """From now on this carrier's messages are refused."""
    _keep_secret(session, carrier_code, None)
    journal.note(session, actor, "drop_secret", "carrier", None, carrier=carrier_code)


def _keep_secret(session: Session, carrier_code: str, sealed: bytes | None) -> None:
    kept = session.execute(update(Carrier).where(Carrier.code == carrier_code).values(webhook_secret=sealed))
    if kept.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound("shipping.no_such_carrier", carrier=carrier_code)


def check_signature(
    session: Session, carrier_code: str, timestamp: str, signature: str, body: bytes, now: datetime
) -> None:
    """Refuses what this carrier has not signed in the last five minutes, all in the same words: who guesses learns
    nothing."""
    sealed = session.execute(select(Carrier.webhook_secret).where(Carrier.code == carrier_code)).scalar()
    vault: Vault = session.info["vault"]
    secret = vault.unseal(sealed, _secret_place(carrier_code))["secret"] if sealed else secrets.token_urlsafe()
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()
    fits = hmac.compare_digest(expected.encode(), signature.strip().lower().encode())
    is_now = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12 and abs(
        int(timestamp) - now.timestamp()) <= SKEW_S
    if not (sealed and fits and is_now):
        raise Unsigned("tracking.not_signed")


def _secret_place(carrier_code: str) -> str:
    return f"carrier:{carrier_code}:webhook"


class Unsigned(NotAllowed):
    """Nobody we know has signed this."""

    status = 401
