"""The one room that decides what a scanned code is. Never a nearest match, never the first of several."""

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from warehouse.domain import barcodes
from warehouse.domain.codes import CART, COMMAND, INVALID, ITEM, LOCATION, ORDER, PARCEL, RETURN, TOTE, UNKNOWN, Thing
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.picking import Cart, Tote
from warehouse.models.returns import CustomerReturn
from warehouse.models.stock import Location

# Own labels name a row by its number; the same things are also known by the text printed beside the bars.
_BY_NUMBER = {
    "location": (LOCATION, Location.id, Location.code), "tote": (TOTE, Tote.id, Tote.code),
    "cart": (CART, Cart.id, Cart.code), "order": (ORDER, Order.id, Order.number),
    "parcel": (PARCEL, Parcel.id, Parcel.number), "item": (ITEM, Item.id, Item.title),
    "return": (RETURN, CustomerReturn.id, CustomerReturn.number),
}
_LABELLED = {label: select(number, name).where(number == bindparam("number"))
             for label, (_, number, name) in _BY_NUMBER.items()}
_MEANT = aliased(Item)
_LABELLED["item"] = select(_MEANT.id, _MEANT.title).join(
    Item, _MEANT.id == func.coalesce(Item.merged_into_id, Item.id)).where(Item.id == bindparam("number"))
_ITEM_IDS = select(ItemCode.item_id).where(ItemCode.code == bindparam("code")).order_by(ItemCode.item_id)
_TITLE = select(Item.title).where(Item.id == bindparam("id"))


def read(raw: str) -> barcodes.Code:
    """The code as a gun sent it: a damaged read is invalid, never another code."""
    return barcodes.read(raw, scanner=True)


def item_code(code: barcodes.Code) -> str:
    """The text under which items know this code; empty if the code is no item's."""
    return code.value if code.ok and code.kind not in _BY_NUMBER and code.kind != "badge" else ""


def identify(session: Session, raw: str) -> Thing:
    """What `raw` stands for in this warehouse."""
    if raw.startswith("#"):
        verb, _, argument = raw[1:].partition(":")
        return Thing(COMMAND, name=verb, text=argument)
    code = read(raw)
    if not code.ok:
        return Thing(INVALID, text=raw, reason=code.reason or "unreadable")
    if code.kind == "badge":
        return Thing("badge", text=code.value)
    if code.kind in _BY_NUMBER:
        kind = _BY_NUMBER[code.kind][0]
        found = session.connection().execute(_LABELLED[code.kind], {"number": code.number}).one_or_none()
        if found is None:
            return Thing(UNKNOWN, text=code.value)
        # An open parcel has no number yet: it is named by what would be its label.
        return Thing(kind, (found[0],), found[1] or code.value, code.value)
    return _by_text(session, code.value)


def _by_text(session: Session, text: str) -> Thing:
    items = tuple(session.connection().execute(_ITEM_IDS, {"code": text}).scalars())
    if items:
        title = session.execute(_TITLE, {"id": items[0]}).scalar_one() if len(items) == 1 else ""
        return Thing(ITEM, items, title, text)
    # A tote before a location: it is a place under the same text, and people mean the tote.
    for kind, number, name in (
        (TOTE, Tote.id, Tote.code), (LOCATION, Location.id, Location.code), (CART, Cart.id, Cart.code),
        (ORDER, Order.id, Order.source_number), (PARCEL, Parcel.id, Parcel.tracking_number),
    ):
        found = session.execute(select(number, name).where(name == text).limit(2)).all()
        if len(found) == 1:
            return Thing(kind, (found[0][0],), found[0][1] or text, text)
    return Thing(UNKNOWN, text=text)
