"""Totes and carts: bought, labelled, added here, and then known by scan."""

import re

from sqlalchemy import insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from warehouse.domain import stock as rules
from warehouse.domain.people import Actor
from warehouse.domain.picking import TOTE_FLOW
from warehouse.errors import Invalid
from warehouse.models.picking import Cart, Tote
from warehouse.models.stock import Location
from warehouse.services import journal

MOST_AT_ONCE, MOST_SLOTS = 200, 12
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,11}")


def add_totes(session: Session, actor: Actor, prefix: str, count: int) -> list[str]:
    """`count` new totes named on from the highest number under `prefix` ("T" gives T-01 …); their codes.
    Each is a place of the ledger too."""
    if not CODE.fullmatch(prefix) or not 1 <= count <= MOST_AT_ONCE:
        raise Invalid("equipment.totes_wrong", most=MOST_AT_ONCE)
    codes = _next_codes(session, Tote.code, prefix, count)
    places = session.execute(
        insert(Location).returning(Location.id, sort_by_parameter_order=True),
        [{"code": code, "kind": rules.TOTE} for code in codes]).scalars().all()
    session.execute(insert(Tote), [
        {"code": code, "location_id": place, "state": TOTE_FLOW.start}
        for code, place in zip(codes, places, strict=True)])
    journal.note(session, actor, "add", "tote", None, codes=codes)
    return codes


def add_carts(session: Session, actor: Actor, prefix: str, count: int, slots: int) -> list[str]:
    """`count` new carts of `slots` totes each; their codes."""
    if not CODE.fullmatch(prefix) or not 1 <= count <= MOST_AT_ONCE or not 1 <= slots <= MOST_SLOTS:
        raise Invalid("equipment.carts_wrong", most=MOST_AT_ONCE, slots=MOST_SLOTS)
    codes = _next_codes(session, Cart.code, prefix, count)
    session.execute(insert(Cart), [{"code": code, "slots": slots} for code in codes])
    journal.note(session, actor, "add", "cart", None, codes=codes)
    return codes


def _next_codes(session: Session, column: InstrumentedAttribute[str], prefix: str, count: int) -> list[str]:
    taken = session.execute(select(column).where(column.like(f"{prefix}-%"))).scalars().all()
    numbers = [int(code.rpartition("-")[2]) for code in taken if code.rpartition("-")[2].isdigit()]
    first = max(numbers, default=0) + 1
    return [f"{prefix}-{number:02d}" for number in range(first, first + count)]
