"""The desk about returns: approve, refuse, withdraw, judge a doubtful copy, and the policy itself (RET-1)."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from warehouse.domain import return_policy, returns
from warehouse.domain.isbn_cells import read_isbn_cell
from warehouse.domain.people import Actor
from warehouse.domain.return_policy import Policy
from warehouse.domain.returns import RETURN_FLOW, spread
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.orders import Order, OrderLine
from warehouse.models.returns import CustomerReturn, ReturnPolicy, ReturnUnit
from warehouse.services import journal, returns_settle, returns_units
from warehouse.services.returns import (
    Want,
    asked_price,
    decide,
    get_return,
    open_units,
    policy_now,
    request,
    seal_place,
)
from warehouse.vault import Vault

ORDER, LINE, ITEM = Order.__table__, OrderLine.__table__, Item.__table__

REASON_LIMIT = 200
# An approved parcel that has not come by then is not waited for any more; it is taken in all the same.
WAITED_FOR = timedelta(days=30)


# --- What a request names --------------------------------------------------------------------------------------------


def find_order(session: Session, number: str) -> int:
    """The one order of this number, ours or a shop's. Never the first of several."""
    wanted = number.strip()
    found = session.execute(select(ORDER.c.id).where(or_(
        ORDER.c.number == wanted.upper(),
        ORDER.c.source_number.in_((wanted, f"#{wanted}", wanted.removeprefix("#")))))).scalars().all()
    if len(found) > 1:
        raise Conflict("returns.ambiguous_order", number=number)
    if not found:
        raise NotFound("returns.unknown_order", number=number)
    return int(found[0])


def lines_of_code(session: Session, order_id: int, text: str, units: int) -> list[Want]:
    """Copies of one title, named by a code of it, as lines of the order: a title on several lines is taken from the
    first that has copies left. Refused: a wrong check digit, an order that has not left, a title that is not in it,
    more than the customer has."""
    cell = read_isbn_cell(text)
    if cell.problem == "wrong_check_digit":
        raise Invalid("returns.bad_check_digit", text=text)
    code = cell.isbn13 or (cell.upc.zfill(13) if cell.upc else cell.sku) or text.strip()
    order = session.execute(select(ORDER.c.number).where(ORDER.c.id == order_id).with_for_update()).one()
    if not session.execute(select(LINE.c.id).where(LINE.c.order_id == order_id, LINE.c.units_dispatched > 0)
                           .limit(1)).first():
        raise Conflict("returns.order_not_shipped_yet", number=order.number)
    items = select(ItemCode.item_id).where(ItemCode.code == code).union(
        select(ITEM.c.id).where(or_(ITEM.c.sku == code, ITEM.c.isbn13 == code)))
    free = open_units(session, order_id)
    lines = [row for row in session.execute(
        select(LINE.c.id, LINE.c.title_text).where(LINE.c.order_id == order_id, LINE.c.item_id.in_(items))
        .order_by(LINE.c.position)) if row.id in free]
    if not lines:
        raise Invalid("returns.isbn_not_in_order", number=order.number)
    left = {line.id: free[line.id] for line in lines}
    if units < 1:
        raise Invalid("returns.units_wrong")
    found = spread(units, left)
    if found is None:
        raise Conflict("returns.more_than_shipped", title=lines[0].title_text, n=sum(left.values()))
    return [(line_id, copies, None) for line_id, copies in found.items()]


def ask(
    session: Session, actor: Actor, number: str, kind: str, reason: str, wants: Sequence[Want], *, code: str = "",
    units: int = 0, shop_number: str = "", words: str = "", tracking_number: str = "",
) -> int:
    """A request as it is typed at the desk: the order by its number, copies by its lines or one title by a code; the
    return's id."""
    order_id = find_order(session, number)
    if code:
        wants = lines_of_code(session, order_id, code, units)
    return request(session, actor, order_id, kind, reason, wants, source=returns.DESK, shop_number=shop_number,
                   words=words, tracking_number=tracking_number)


# --- Decisions -------------------------------------------------------------------------------------------------------


def approve(
    session: Session, actor: Actor, return_id: int, reason: str, *, fee_minor: int | None = None, kind: str = "",
    why: str = "",
) -> None:
    """Take the copies back, with a reason. Against the policy only a manager does. Where the parcel is here already,
    what waited for this is judged by its grade, and the return ends. `fee_minor`: another fee than the policy's. Where
    nobody had asked, `kind` is what the customer gets and `why` the reason why the copies came: its rule holds."""
    made, said = get_return(session, return_id), _said(reason)
    if made.state == returns.REFUSED and not actor.may("override"):
        raise NotAllowed("returns.manager_overrules")
    if made.source in (returns.UNANNOUNCED, returns.CARRIER):
        _name(made, kind or made.kind, why or made.reason)
    if made.policy_id is None and made.order_id is not None:
        made.policy_id, _ = policy_now(session, made.reason)
    decide(session, actor, made, "approve", said)
    if fee_minor is not None and fee_minor != made.fee_minor:
        if fee_minor > asked_price(session, return_id):
            raise Invalid("returns.fee_above_price")
        journal.note(session, actor, "change_fee", "return", return_id, reason=said, was=made.fee_minor, now=fee_minor)
        made.fee_minor = fee_minor
    _judge_waiting(session, actor, made, said)
    returns_settle.settle_if_done(session, actor, return_id)


def refuse(session: Session, actor: Actor, return_id: int, reason: str) -> None:
    """Do not take the copies back, with a reason. Where the parcel is here they are the customer's and go back; refused
    once one of them has left the returns place."""
    made, said = get_return(session, return_id), _said(reason)
    decide(session, actor, made, "refuse", said)
    if made.state == returns.JUDGED:
        for unit in _units(session, return_id):
            returns_units.decide(session, actor, unit.id, returns.REJECTED, said)
    returns_settle.settle_if_done(session, actor, return_id)


def judge_unit(session: Session, actor: Actor, unit_id: int, acceptance: str, reason: str) -> int:
    """Say what we say to a copy that waits for the desk; the return's id. The last one ends the return."""
    said = _said(reason)
    return_id = session.execute(select(ReturnUnit.return_id).where(ReturnUnit.id == unit_id)).scalar()
    if return_id is None:
        raise NotFound("returns.no_such_unit")
    if get_return(session, return_id).state == returns.SETTLED:
        raise Conflict("returns.judged_already")
    returns_units.decide(session, actor, unit_id, acceptance, said)
    returns_settle.settle_if_done(session, actor, return_id)
    return return_id


def withdraw(session: Session, actor: Actor, return_id: int, reason: str) -> None:
    """The customer keeps the copies."""
    made, said = get_return(session, return_id), _said(reason)
    made.state = RETURN_FLOW.step(made.state, "withdraw")
    journal.note(session, actor, "withdraw_return", "return", return_id, reason=said)
    journal.note(session, actor, "withdraw_return", "order", made.order_id, reason=said, number=made.number)


def lapse_overdue(session: Session, actor: Actor) -> int:
    """Parcels that were approved and never came are waited for no more; how many. Their copies may be asked back anew,
    and one that comes after all is taken in like one that nobody announced."""
    late = session.execute(select(CustomerReturn.id).where(
        CustomerReturn.state == returns.APPROVED, CustomerReturn.decided_at < actor.at - WAITED_FOR)
        .order_by(CustomerReturn.id)).scalars().all()
    count = 0
    for return_id in late:
        made = get_return(session, return_id)
        if made.state == returns.APPROVED:
            made.state = RETURN_FLOW.step(made.state, "lapse")
            journal.note(session, actor, "lapse_return", "return", return_id)
            count += 1
    return count


def set_tracking(session: Session, actor: Actor, return_id: int, tracking_number: str) -> None:
    """The number of the parcel in which the copies come, by which the bench finds the return."""
    made = get_return(session, return_id)
    if made.state not in returns.EXPECTED:
        raise Conflict("returns.not_expected")
    was, now = made.tracking_number, "".join(tracking_number.split()).upper()[:60] or None
    made.tracking_number = now
    journal.note(session, actor, "set_tracking", "return", return_id, was=was or "", now=now or "")


def open_words(session: Session, actor: Actor, return_id: int) -> str:
    """What the customer wrote, unsealed: an act that is recorded (SEC-1)."""
    if not actor.may("open_personal"):
        raise NotAllowed("orders.may_not_open")
    sealed = session.execute(select(CustomerReturn.words).where(CustomerReturn.id == return_id)).scalar()
    if sealed is None:
        raise NotFound("returns.no_words")
    journal.note(session, actor, "open_words", "return", return_id)
    vault: Vault = session.info["vault"]
    return str(vault.unseal(sealed, seal_place(return_id))["words"])


# --- The policy ------------------------------------------------------------------------------------------------------


def change_policy(session: Session, actor: Actor, policy: Policy) -> int:
    """A new version of one reason's rule, from now on; its number. What was decided keeps its own rule."""
    if policy.reason not in returns.RETURN_REASONS:
        raise Invalid("returns.choose_reason")
    if not (0 <= policy.days <= return_policy.MOST_DAYS and 0 <= policy.fee_percent <= 100):
        raise Invalid("returns.policy_numbers", most=return_policy.MOST_DAYS)
    if policy.decision not in return_policy.DECISIONS or policy.pays_postage not in return_policy.PAYERS or (
            policy.worst_grade and policy.worst_grade not in returns.GRADES):
        raise Invalid("returns.policy_words")
    row = session.execute(select(ReturnPolicy).where(
        ReturnPolicy.reason == policy.reason, ReturnPolicy.until_at.is_(None)).with_for_update()).scalar_one()
    if Policy(row.reason, row.days, row.decision, row.worst_grade, row.fee_percent, row.pays_postage,
              row.needs_photo) == policy:
        raise Invalid("orders.nothing_changed")
    row.until_at = actor.at
    made = ReturnPolicy(
        reason=policy.reason, version=row.version + 1, days=policy.days, decision=policy.decision,
        worst_grade=policy.worst_grade, fee_percent=policy.fee_percent, pays_postage=policy.pays_postage,
        needs_photo=policy.needs_photo, from_at=actor.at, person_id=actor.person_id)
    session.add(made)
    session.flush()
    journal.note(session, actor, "change_policy", "return_policy", made.id, policy=policy.reason, version=made.version)
    return made.version


def _judge_waiting(session: Session, actor: Actor, made: CustomerReturn, reason: str) -> None:
    """Copies on the bench that waited for the decision are accepted or not by their grade. Another title than was sent
    stays with the desk, copy by copy."""
    session.flush()  # That it is decided.
    for unit in _units(session, made.id):
        if unit.acceptance == returns.PENDING and unit.received_as == returns.AS_SENT and unit.grade:
            said = returns_units.acceptance_by_policy(session, made.id, unit, unit.grade)
            returns_units.decide(session, actor, unit.id, said, reason)


def _units(session: Session, return_id: int) -> Sequence[ReturnUnit]:
    return session.execute(select(ReturnUnit).where(
        ReturnUnit.return_id == return_id, ReturnUnit.received_as != returns.NOT_OURS).order_by(ReturnUnit.id)
    ).scalars().all()


def _name(made: CustomerReturn, kind: str, why: str) -> None:
    """What the customer gets and why, of copies that came unasked."""
    if kind not in returns.WANTS:
        raise Invalid("returns.choose_kind")
    if why not in returns.RETURN_REASONS:
        raise Invalid("returns.choose_reason")
    made.kind, made.reason = kind, why


def _said(text: str) -> str:
    said = " ".join(text.split())[:REASON_LIMIT]
    if not said:
        raise Invalid("orders.reason_needed")
    return said
