"""What the customer's own page does (ORD-8): the link to it, a problem reported, a return asked for.

Nobody signs in there. Whoever has the link acts for the customer, so everything is kept as the system's act with the
note that it was the customer's, and there is a limit to it. The same form sent twice does one thing.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from warehouse.domain import customer as rules
from warehouse.domain.incidents import CUSTOMER, kinds_at
from warehouse.domain.people import Actor
from warehouse.domain.returns import CUSTOMER as BY_CUSTOMER
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.incidents import Incident
from warehouse.models.journal import Action
from warehouse.models.orders import Order, OrderLine
from warehouse.services import incidents, journal, messages, photos, returns, setup
from warehouse.services.orders_import import seal_place
from warehouse.services.returns import Want

# 16 random bytes: 22 characters that nobody guesses.
LINK_BYTES = 16
REPORTED, ASKED, OPENED = "customer_report", "customer_return", "customer_case"
# Orders whose names are indexed in one transaction.
LOT = 100


@dataclass(frozen=True)
class Picture:
    """A JPEG that `gateways.photos` made."""

    jpeg: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Said:
    """What a customer says in a form. `key` is the form's own: the same form again is the same report. `line_id` and
    `units` name copies where the problem is about some."""

    key: str
    words: str = ""
    line_id: int | None = None
    units: int | None = None
    picture: Picture | None = None


def link_of(session: Session, order_id: int) -> str:
    """The unguessable end of the address of an order's page, made at the first call and the same ever after."""
    row = select(Order.link).where(Order.id == order_id)
    if link := session.execute(row).scalar_one():
        return link
    # Whoever comes second keeps what the first one made.
    session.execute(update(Order).where(Order.id == order_id, Order.link.is_(None))
                    .values(link=secrets.token_urlsafe(LINK_BYTES)).execution_options(synchronize_session=False))
    made = session.execute(row).scalar_one()
    assert made is not None, "just made"
    return made


def report_problem(session: Session, at: datetime, link: str, what: str, said: Said) -> int:
    """The customer says that something is wrong, or asks: an incident that somebody must answer; its id. Refused:
    an unknown link or problem, a line of another order, more copies than the line has, no words where they are needed,
    and more than `MOST_A_DAY` of one order."""
    order = _locked(session, link)
    if done := _done_before(session, order, REPORTED, said.key, at):
        return int(done["incident"])
    if what not in rules.PROBLEMS:
        raise Invalid("customer.choose_problem")
    actor = setup.system_actor(session, at)
    incident_id = _report_problem(session, actor, order, what, said)
    _open_answer(session, actor, order.id, incident_id)
    journal.note(session, actor, REPORTED, "order", order.id, by="customer", key=said.key, what=what,
                 incident=incident_id, has_photo=said.picture is not None)
    return incident_id


def ask_return(
    session: Session, at: datetime, link: str, kind: str, reason: str, wants: Sequence[Want], said: Said
) -> int:
    """The customer asks to send copies back; the id of the return, which the policy has judged. A picture is kept with
    a report of its own, which the policy looks at. Refused as `returns.request` says, for a repair, and more than
    `MOST_A_DAY` of one order."""
    order = _locked(session, link)
    if done := _done_before(session, order, ASKED, said.key, at):
        return int(done["return_id"])
    if kind not in rules.WANTS:
        raise Invalid("returns.choose_kind")
    actor = setup.system_actor(session, at)
    incident_id = None
    if said.picture is not None:
        line_id, units = (wants[0][0], wants[0][1]) if wants else (None, None)
        shown = Said(said.key, said.words or reason, line_id, units, said.picture)
        incident_id = _report_problem(session, actor, order, rules.PROBLEM_OF_RETURN.get(reason, "other"), shown)
    return_id = returns.request(
        session, actor, order.id, kind, reason, wants, source=BY_CUSTOMER, words=said.words)
    if incident_id is not None:
        session.execute(update(Incident).where(Incident.id == incident_id).values(return_id=return_id))
    journal.note(session, actor, ASKED, "order", order.id, by="customer", key=said.key, why=reason,
                 return_id=return_id)
    return return_id


def open_case(session: Session, actor: Actor, order_id: int, kind: str, said: Said) -> int:
    """What a customer said to the desk, by phone or letter: an incident that must be answered; its id. The same form
    again is the same case. Refused: a kind that is none of a customer's, and no words."""
    order = session.get(Order, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise NotFound("orders.no_such_order")
    for act in _acts(session, order_id, (OPENED,)):
        if said.key and act.facts.get("key") == said.key:
            return int(act.facts["incident"])
    if kind not in kinds_at(CUSTOMER):
        raise Invalid("service.choose_kind")
    if not said.words.strip():
        raise Invalid("service.words_needed")
    incident_id = _report(session, actor, order, kind, said)
    _open_answer(session, actor, order_id, incident_id)
    journal.note(session, actor, OPENED, "order", order_id, key=said.key, kind=kind, incident=incident_id)
    return incident_id


def _open_answer(session: Session, actor: Actor, order_id: int, incident_id: int) -> None:
    """Whoever reported or asked must hear an answer, at the latest when the incident is due."""
    row = session.execute(select(Incident.kind, Incident.due_at).where(Incident.id == incident_id)).one()
    messages.want(session, actor, order_id, rules.topic_of(row.kind), key=f"incident:{incident_id}",
                  incident_id=incident_id, due_at=row.due_at)


def _report_problem(session: Session, actor: Actor, order: Order, what: str, said: Said) -> int:
    problem = rules.PROBLEMS[what]
    if problem.needs_words and not said.words.strip():
        raise Invalid("customer.words_needed")
    if problem.is_about_copies and said.line_id is None:
        raise Invalid("customer.choose_title")
    return _report(session, actor, order, problem.incident, said)


def _report(session: Session, actor: Actor, order: Order, kind: str, said: Said) -> int:
    line = _line(session, order.id, said) if said.line_id is not None else None
    incident_id = incidents.report(
        session, actor, kind, CUSTOMER, units=(said.units or 1) if line is not None else 0,
        item_id=line.item_id if line is not None else None, order_id=order.id,
        order_line_id=line.id if line is not None else None,
        customer_text=said.words.strip()[: rules.WORDS_LENGTH])
    if said.picture is not None:
        photos.keep_photo(session, actor, incident_id, said.picture.jpeg, said.picture.width, said.picture.height)
    return incident_id


def _line(session: Session, order_id: int, said: Said) -> OrderLine:
    line = session.get(OrderLine, said.line_id)
    if line is None or line.order_id != order_id or line.is_service:
        raise Invalid("customer.choose_title")
    if not 1 <= (said.units or 1) <= line.units_wanted:
        raise Invalid("customer.too_many_copies", n=line.units_wanted)
    return line


def _locked(session: Session, link: str) -> Order:
    """The order behind a link, held: two forms at once are judged one after the other."""
    order = session.execute(
        select(Order).where(Order.link == link).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if order is None:
        raise NotFound("customer.no_such_page")
    return order


def _done_before(session: Session, order: Order, verb: str, key: str, at: datetime) -> dict[str, Any] | None:
    """What this very form did when it was sent before. Refused: too much of one order in a day."""
    acts = _acts(session, order.id, (REPORTED, ASKED))
    for act in acts:
        if act.verb == verb and act.facts.get("key") == key:
            return dict(act.facts)
    if sum(act.at > at - timedelta(days=1) for act in acts) >= rules.MOST_A_DAY:
        raise Conflict("customer.too_many_today")
    return None


def _acts(session: Session, order_id: int, verbs: tuple[str, ...]) -> Sequence[Any]:
    """What was done for this order through such forms."""
    return session.execute(
        select(Action.verb, Action.at, Action.facts)
        .where(Action.subject == "order", Action.subject_id == order_id, Action.verb.in_(verbs))).all()


def index_names(session: Session, actor: Actor) -> int:  # noqa: ARG001 - called like every step of the clock
    """Index names of orders that came before names were indexed, a lot at a time; how many were done."""
    vault = session.info["vault"]
    rows = session.execute(
        select(Order.id, Order.channel, Order.source_number, Order.recipient)
        .where(Order.name_index.is_(None)).order_by(Order.id).limit(LOT)).all()
    for row in rows:
        name = vault.unseal(row.recipient, seal_place(row.channel, row.source_number)).get("name", "")
        # Without a name nothing is found by one, and the order is not looked at again.
        session.execute(update(Order).where(Order.id == row.id, Order.name_index.is_(None))
                        .values(name_index=vault.name_index(name) or "")
                        .execution_options(synchronize_session=False))
    return len(rows)
