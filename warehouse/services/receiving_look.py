"""A delivery and one of its parcels as they stand, and the picture of the parcel. Writes nothing.

What one parcel holds is what its scans moved: the ledger is asked, no counter of its own is kept."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, case, func, literal, select
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import receiving as rules
from warehouse.domain import stock as ledger
from warehouse.domain.people import Actor
from warehouse.domain.purchasing import LineStand
from warehouse.domain.receiving import Line
from warehouse.errors import NotFound
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident, Photo
from warehouse.models.journal import Scan
from warehouse.models.people import Person
from warehouse.models.receiving import Delivery, DeliveryLine, DeliveryParcel, PurchaseLine, PurchaseOrder, Supplier
from warehouse.models.stock import Location, StockMove

TASK = "receive"
RECEIVING = "RECEIVING"
MOST_LINES = 12
STEP_OPEN, STEP_SCAN, STEP_THEIRS, STEP_DONE = "open", "scan", "theirs", "done"

_BOOK = (Item.title, Item.subtitle, Item.authors, Item.isbn13, Item.sku, Item.volume, Item.volumes, Item.edition,
         Item.binding, Item.language, Item.listing)


@dataclass(frozen=True)
class DeliveryNow:
    """A delivery. It is counted blind where it was announced so, or where no paper names a title; `has_notice` where
    its titles were announced."""

    id: int
    number: str
    state: str
    supplier: str
    order_number: str
    notice: str
    is_blind: bool
    has_notice: bool
    purchase_order_id: int | None

    @property
    def has_papers(self) -> bool:
        return self.has_notice or self.purchase_order_id is not None


@dataclass(frozen=True)
class Last:
    """The newest scan of the parcel that moved units and was not taken back."""

    scan_id: int
    item_id: int
    is_bad: bool


@dataclass(frozen=True)
class ParcelNow:
    """A parcel with what was counted in it, the newest title first: rows with item_id, good, bad and the book."""

    id: int
    position: int
    state: str
    person_id: int | None
    person: str
    delivery: DeliveryNow
    counted: tuple[Row[Any], ...]
    last: Last | None

    @property
    def present(self) -> Row[Any] | None:
        """The title that was counted or judged last."""
        return next((row for row in self.counted if self.last and row.item_id == self.last.item_id), None)

    def good(self, item_id: int) -> int:
        return next((int(row.good) for row in self.counted if row.item_id == item_id), 0)

    @property
    def units(self) -> int:
        return int(sum(row.good + row.bad for row in self.counted))

    def step(self, actor: Actor) -> str:
        if self.state == rules.OPEN:
            return STEP_SCAN if self.person_id == actor.person_id else STEP_THEIRS
        return STEP_OPEN if self.state == rules.WAITING else STEP_DONE

    def step_id(self, actor: Actor) -> str:
        """Differs with everything that a button could mean."""
        return f"{self.id}:{self.step(actor)}:{self.last.scan_id if self.last else 0}:{self.units}"


def look_delivery(session: Session, delivery_id: int) -> DeliveryNow:
    announced = select(DeliveryLine.id).where(
        DeliveryLine.delivery_id == Delivery.id, DeliveryLine.units_announced.is_not(None)).exists()
    row = session.execute(
        select(Delivery.id, Delivery.number, Delivery.state, Delivery.notice, Delivery.is_blind,
               Delivery.purchase_order_id, Supplier.name, PurchaseOrder.number.label("order_number"),
               announced.label("has_notice"))
        .join(Supplier, Supplier.id == Delivery.supplier_id)
        .outerjoin(PurchaseOrder, PurchaseOrder.id == Delivery.purchase_order_id)
        .where(Delivery.id == delivery_id)).one_or_none()
    if row is None:
        raise NotFound("receiving.no_such_delivery")
    has_papers = row.has_notice or row.purchase_order_id is not None
    return DeliveryNow(row.id, row.number, row.state, row.name, row.order_number or "", row.notice,
                       row.is_blind or not has_papers, row.has_notice, row.purchase_order_id)


def lines_of(session: Session, delivery: DeliveryNow, item_ids: Collection[int] | None = None) -> dict[int, Line]:
    """The titles of a delivery and its papers, or of them only `item_ids`: a scan asks for the few that it shows."""
    here = select(
        DeliveryLine.item_id, DeliveryLine.units_announced,
        (DeliveryLine.units_good + DeliveryLine.units_bad).label("seen"), Item.title, Item.volumes, Item.volume,
        Item.listing,
    ).join(Item, Item.id == DeliveryLine.item_id).where(DeliveryLine.delivery_id == delivery.id)
    if item_ids is not None:
        here = here.where(DeliveryLine.item_id.in_(item_ids))
    rows = session.execute(here.order_by(DeliveryLine.id)).all()
    # Of a title that was announced the order says nothing more.
    is_told = item_ids is not None and {row.item_id for row in rows if row.units_announced is not None} >= set(item_ids)
    ordered = _ordered(session, delivery, item_ids) if delivery.purchase_order_id and not is_told else []
    return _lines(rows, ordered, has_notice=delivery.has_notice)


def _ordered(session: Session, delivery: DeliveryNow, item_ids: Collection[int] | None) -> Sequence[Row[Any]]:
    """Each line of the order, with what other deliveries brought of it."""
    brought = (
        select(DeliveryLine.item_id, func.sum(DeliveryLine.units_good + DeliveryLine.units_bad).label("units"))
        .join(Delivery, Delivery.id == DeliveryLine.delivery_id)
        .where(Delivery.purchase_order_id == delivery.purchase_order_id, Delivery.id != delivery.id))
    wanted = PurchaseLine.purchase_order_id == delivery.purchase_order_id
    if item_ids is not None:
        brought = brought.where(DeliveryLine.item_id.in_(item_ids))
        wanted &= PurchaseLine.item_id.in_(item_ids)
    came = brought.group_by(DeliveryLine.item_id).subquery()
    return session.execute(
        select(PurchaseLine.item_id, PurchaseLine.units_ordered, func.coalesce(came.c.units, 0).label("brought"),
               Item.title, Item.volumes, Item.volume, Item.listing)
        .join(Item, Item.id == PurchaseLine.item_id).outerjoin(came, came.c.item_id == PurchaseLine.item_id)
        .where(wanted).order_by(PurchaseLine.id)).all()


def _to_come(session: Session, delivery: DeliveryNow, here: Collection[int], most: int) -> list[int]:
    """The first titles, in the order of the papers, of which something is still due; not those counted `here`."""
    if delivery.has_notice:
        due = select(DeliveryLine.item_id).where(
            DeliveryLine.delivery_id == delivery.id, DeliveryLine.item_id.not_in(here),
            DeliveryLine.units_announced > DeliveryLine.units_good + DeliveryLine.units_bad).order_by(DeliveryLine.id)
    else:
        came = (
            select(func.coalesce(func.sum(DeliveryLine.units_good + DeliveryLine.units_bad), 0))
            .join(Delivery, Delivery.id == DeliveryLine.delivery_id)
            .where(Delivery.purchase_order_id == delivery.purchase_order_id,
                   DeliveryLine.item_id == PurchaseLine.item_id)
            .correlate(PurchaseLine).scalar_subquery())
        due = select(PurchaseLine.item_id).where(
            PurchaseLine.purchase_order_id == delivery.purchase_order_id, PurchaseLine.item_id.not_in(here),
            PurchaseLine.units_ordered > came).order_by(PurchaseLine.id)
    return list(session.execute(due.limit(most)).scalars())


def _lines(here: Iterable[Any], ordered: Iterable[Any], *, has_notice: bool) -> dict[int, Line]:
    """A notice says what is due; without one all that the order still has open is."""
    open_units = {row.item_id: LineStand(row.units_ordered, int(row.brought)).outstanding for row in ordered}
    found = {}
    for row in here:
        left = open_units.get(row.item_id)
        most = left if row.units_announced is None else row.units_announced
        due = most if not has_notice else row.units_announced
        found[row.item_id] = Line(row.item_id, row.title, row.seen, due or 0, most, row.volumes, _is_draft(row),
                                  row.volume)
    for row in ordered:
        if row.item_id not in found:
            left = open_units[row.item_id]
            found[row.item_id] = Line(row.item_id, row.title, 0, 0 if has_notice else left, left, row.volumes,
                                      _is_draft(row), row.volume)
    return found


def _is_draft(row: Row[Any]) -> bool:
    return bool(row.listing == "draft")


def look(
    session: Session, parcel_id: int, *, lock: bool = False, delivery: DeliveryNow | None = None,
) -> ParcelNow:
    """The parcel; `lock` holds its row until the commit. `delivery` where it was looked at already."""
    if lock:
        session.execute(select(DeliveryParcel.id).where(DeliveryParcel.id == parcel_id).with_for_update()).all()
    row = session.execute(
        select(DeliveryParcel.id, DeliveryParcel.delivery_id, DeliveryParcel.position, DeliveryParcel.state,
               DeliveryParcel.person_id, Person.name)
        .outerjoin(Person, Person.id == DeliveryParcel.person_id)
        .where(DeliveryParcel.id == parcel_id)).one_or_none()
    if row is None:
        raise NotFound("receiving.no_such_parcel")
    return ParcelNow(row.id, row.position, row.state, row.person_id, row.name or "",
                     delivery or look_delivery(session, row.delivery_id), _counted(session, parcel_id),
                     _last(session, parcel_id))


def _counted(session: Session, parcel_id: int) -> tuple[Row[Any], ...]:
    """Good is what came into RECEIVING less what left it again; bad is what was regraded on the way out."""
    receiving = select(Location.id).where(Location.code == RECEIVING).scalar_subquery()
    into = case((StockMove.target_id == receiving, StockMove.units), else_=-StockMove.units)
    sums = (
        select(StockMove.item_id, func.sum(into).label("good"), func.max(Scan.id).label("newest"),
               func.sum(case((StockMove.reason == ledger.REGRADE, -into), else_=0)).label("bad"))
        .join(Scan, Scan.id == StockMove.scan_id)
        .where(Scan.task == TASK, Scan.task_id == parcel_id).group_by(StockMove.item_id).subquery())
    return tuple(session.execute(
        select(sums.c.item_id, sums.c.good, sums.c.bad, *_BOOK).join(Item, Item.id == sums.c.item_id)
        .where(sums.c.good + sums.c.bad > 0).order_by(sums.c.newest.desc())).all())


def _last(session: Session, parcel_id: int) -> Last | None:
    undo = Scan.__table__.alias()
    row = session.execute(
        select(Scan.id, Scan.item_id, Scan.kind)
        .where(Scan.task == TASK, Scan.task_id == parcel_id, Scan.units > 0, Scan.undoes_id.is_(None),
               ~select(undo.c.id).where(undo.c.undoes_id == Scan.id).exists())
        .order_by(Scan.id.desc()).limit(1)).one_or_none()
    return Last(row.id, row.item_id, row.kind == "command") if row else None


# --- The picture -----------------------------------------------------------------------------------------------------


def draw(session: Session, now: ParcelNow, actor: Actor, asked_id: int | None = None) -> dict[str, Any]:
    """The task for screen and JSON. Counted blind, it has no number but what was counted here. `asked_id` is the
    title that was scanned and not taken in yet: that is what the person holds."""
    step, delivery = now.step(actor), now.delivery
    incident_id, photos = _photos(session, now) if step == STEP_SCAN else (None, [])
    shown, lines = _look_at_shown(session, now, asked_id)
    return {
        "area": "receive", "parcel_id": now.id, "position": now.position, "state": now.state, "step": step,
        "step_id": now.step_id(actor),
        "delivery_id": delivery.id, "number": delivery.number, "supplier": delivery.supplier,
        "order_number": delivery.order_number, "notice": delivery.notice, "is_blind": delivery.is_blind,
        "person": now.person, "units": now.units, "units_bad": int(sum(row.bad for row in now.counted)),
        "titles": len(now.counted), "present": _draw_book(now, now.present, lines),
        "asked": _draw_book(now, _row_of(session, now, asked_id), lines) if asked_id else None,
        "lines": _draw_lines(now, shown, lines),
        "incident_id": incident_id, "photos": photos,
        "cue": i18n.say(actor.language, f"receiving.cue_{step}", person=now.person, position=now.position),
    }


def _photos(session: Session, now: ParcelNow) -> tuple[int | None, list[int]]:
    """The incident of the copy that was judged bad just now, and the pictures of it."""
    if now.last is None or not now.last.is_bad:
        return None, []
    rows = session.execute(
        select(Incident.id, Photo.id).outerjoin(Photo, Photo.incident_id == Incident.id)
        .where(Incident.scan_id == now.last.scan_id).order_by(Photo.id)).all()
    return (rows[0][0] if rows else None), [photo for _, photo in rows if photo]


def _row_of(session: Session, now: ParcelNow, item_id: int) -> Any:
    """The title as it is counted here, or as the catalogue has it."""
    counted = next((row for row in now.counted if row.item_id == item_id), None)
    return counted or session.execute(
        select(Item.id.label("item_id"), literal(0).label("good"), literal(0).label("bad"), *_BOOK)
        .where(Item.id == item_id)).one()


def _look_at_shown(session: Session, now: ParcelNow, asked_id: int | None) -> tuple[list[int], dict[int, Line]]:
    """The titles of the list, those counted last before those still to come, and what the papers say of all that is
    shown: nothing to whoever counts blind."""
    shown = [row.item_id for row in now.counted[:MOST_LINES]]
    if now.delivery.is_blind:
        return shown, {}
    if len(shown) < MOST_LINES:
        here = [row.item_id for row in now.counted]
        shown += _to_come(session, now.delivery, here, MOST_LINES - len(shown))
    book = [now.last.item_id] if now.last else []
    return shown, lines_of(session, now.delivery, {*shown, *book, *([asked_id] if asked_id else [])})


def _draw_book(now: ParcelNow, row: Row[Any] | None, lines: dict[int, Line]) -> dict[str, Any] | None:
    if row is None:
        return None
    book = {name: getattr(row, name) for name in (
        "item_id", "title", "subtitle", "authors", "isbn13", "sku", "volume", "volumes", "edition", "binding",
        "language")}
    return {**book, "is_draft": _is_draft(row), "good": int(row.good), "bad": int(row.bad),
            **_numbers(now, row.item_id, lines)}


def _draw_lines(now: ParcelNow, shown: list[int], lines: dict[int, Line]) -> list[dict[str, Any]]:
    counted = {row.item_id: row for row in now.counted}
    return [
        {"item_id": item_id, "title": row.title, "volume": row.volume, "good": int(row.good), "bad": int(row.bad),
         **_numbers(now, item_id, lines)} if (row := counted.get(item_id)) else
        {"item_id": item_id, "title": lines[item_id].title, "volume": lines[item_id].volume, "good": 0, "bad": 0,
         **_numbers(now, item_id, lines)}
        for item_id in shown]


def _numbers(now: ParcelNow, item_id: int, lines: dict[int, Line]) -> dict[str, Any]:
    """What the papers say, and what all parcels together brought: for nobody who counts blind."""
    if now.delivery.is_blind:
        return {}
    line = lines.get(item_id, Line(item_id, "", 0))
    return {"due": line.due, "seen": line.seen, "is_extra": line.most is None}
