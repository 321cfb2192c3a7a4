"""Items that goods in finds before the catalogue does (REC-2, CAT-3): known by their code, without a title."""

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from warehouse.domain.own_labels import make_label
from warehouse.domain.people import Actor
from warehouse.domain.trade_numbers import is_isbn13
from warehouse.errors import Stale
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.stock import Location

DRAFT = "draft"


def hold(session: Session, item_id: int) -> None:
    """Keep a draft as it is until the commit: `Stale` where it was merged since its code was read, or its copies would
    be counted under a number that is nobody's any more."""
    merged = session.execute(
        select(Item.merged_into_id).where(Item.id == item_id).with_for_update(read=True, key_share=True)).scalar()
    if merged is not None:
        raise Stale


def make_draft(session: Session, actor: Actor, code: str, title: str) -> int:
    """A draft item that bears `code`; its id. Where another person made one for it just now, that one."""
    # Two drafts of one code wait for each other here; nothing else does.
    session.execute(select(Location.id).where(Location.code == "RECEIVING").with_for_update(key_share=True)).all()
    found = session.execute(select(ItemCode.item_id).where(ItemCode.code == code).limit(1)).scalar()
    if found is not None:
        return found
    is_taken = session.execute(select(Item.id).where(Item.sku == code)).scalar() is not None
    item_id = session.execute(insert(Item).returning(Item.id), {
        "sku": f"D-{code}" if is_taken else code, "isbn13": code if is_isbn13(code) else None, "title": title,
        "listing": DRAFT, "created_at": actor.at, "updated_at": actor.at,
    }).scalar_one()
    session.execute(insert(ItemCode), [
        {"code": each, "item_id": item_id} for each in (code, make_label("item", item_id))])
    return item_id
