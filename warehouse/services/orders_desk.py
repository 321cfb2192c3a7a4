"""One press at the review desk (ORD-2, ORD-5): the decision that fits a hold, with a reason that is kept."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain.people import Actor
from warehouse.domain.review import DECISIONS, OTHER_DECISIONS
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.orders import Hold, OrderLine
from warehouse.services import cancellation, orders_change, orders_merge, orders_review


def decide(session: Session, actor: Actor, hold_id: int, do: str, reason: str) -> int:
    """Carry out a decision about one hold; the id of its order. `do` is one of `domain.review.DECISIONS`,
    `item:<id>` or `merge:<id>`. Without words of its own the press itself is the reason; only a payment needs its
    proof. Refused where somebody decided before, and for a press that does not fit."""
    hold = session.execute(select(Hold.order_id, Hold.reason, Hold.lifted_at).where(Hold.id == hold_id)).one_or_none()
    if hold is None:
        raise NotFound("orders.no_such_hold")
    if hold.lifted_at is not None:
        raise Conflict("orders.hold_closed")
    verb, _, argument = do.partition(":")
    offers = (*DECISIONS.get(hold.reason, OTHER_DECISIONS), *_NAMING.get(hold.reason, ()))
    if verb not in offers or (verb in ("item", "merge")) != argument.isdecimal():
        raise Invalid("orders.no_such_decision")
    if verb == "paid" and not reason.strip():
        raise Invalid("orders.proof_needed")
    why = reason if reason.strip() else i18n.say(actor.language, f"orders.why_{verb}")
    _ACTS[verb](session, actor, hold_id, int(hold.order_id), why, int(argument or 0))
    return int(hold.order_id)


def _lift(session: Session, actor: Actor, hold_id: int, _order_id: int, why: str, _other: int) -> None:
    orders_review.lift(session, actor, hold_id, why)


def _paid(session: Session, actor: Actor, hold_id: int, _order_id: int, why: str, _other: int) -> None:
    orders_review.mark_paid(session, actor, hold_id, why)


def _ask(session: Session, actor: Actor, hold_id: int, _order_id: int, _why: str, _other: int) -> None:
    orders_review.ask_customer(session, actor, hold_id)


def _cancel(session: Session, actor: Actor, _hold_id: int, order_id: int, why: str, _other: int) -> None:
    if not actor.may("cancel"):
        raise NotAllowed("errors.not_allowed")
    cancellation.cancel_order(session, actor, order_id, why)


def _recheck(session: Session, actor: Actor, _hold_id: int, order_id: int, _why: str, _other: int) -> None:
    if not orders_review.recheck_codes(session, actor, order_id):
        raise Conflict("orders.still_unknown")


def _fetch(session: Session, actor: Actor, _hold_id: int, order_id: int, why: str, _other: int) -> None:
    orders_review.fetch_short(session, actor, order_id, why)


def _part(session: Session, actor: Actor, _hold_id: int, order_id: int, why: str, _other: int) -> None:
    orders_review.choose_when_short(session, actor, order_id, "part", why)


def _without(session: Session, actor: Actor, _hold_id: int, order_id: int, why: str, _other: int) -> None:
    orders_review.choose_when_short(session, actor, order_id, "cancel", why)


def _item(session: Session, actor: Actor, _hold_id: int, order_id: int, why: str, item_id: int) -> None:
    """The remark wishes for another title. Only where the order has one line: else a person says which."""
    lines = session.execute(
        select(OrderLine.id).where(OrderLine.order_id == order_id, OrderLine.is_service.is_(False),
                                   OrderLine.units_wanted > 0)).scalars().all()
    if len(lines) != 1:
        raise Conflict("orders.which_line")
    orders_change.choose_item(session, actor, lines[0], item_id, why)


def _merge(session: Session, actor: Actor, _hold_id: int, order_id: int, why: str, other_id: int) -> None:
    """Into the older order: that one may be on its way already."""
    orders_merge.merge(session, actor, other_id, order_id, why)


_NAMING = {"remark_contradicts": ("item",), "possible_duplicate": ("merge",)}
_ACTS: dict[str, Callable[[Session, Actor, int, int, str, int], None]] = {
    "both": _lift, "right": _lift, "as_ordered": _lift, "go_on": _lift, "again": _lift, "paid": _paid, "ask": _ask,
    "cancel": _cancel, "recheck": _recheck, "fetch": _fetch, "part": _part, "without": _without, "item": _item,
    "merge": _merge,
}
