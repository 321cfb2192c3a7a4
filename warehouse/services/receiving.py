"""Goods in by scan (REC-2): a parcel is counted copy by copy, and each copy stands in RECEIVING at once."""

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import codes as kinds
from warehouse.domain import receiving as rules
from warehouse.domain.codes import Thing
from warehouse.domain.people import Actor
from warehouse.domain.receiving import Line
from warehouse.domain.scans import CHOOSE, WARN, Answer, ScanIn, Verdict, refuse
from warehouse.models.catalog import Item
from warehouse.models.journal import Scan
from warehouse.services import codes, drafts, scans
from warehouse.services.receiving_commands import command
from warehouse.services.receiving_look import STEP_SCAN, TASK, ParcelNow, lines_of, look
from warehouse.services.receiving_steps import carry_out, keep, take_in
from warehouse.services.scans import Touched

_OPTION = (Item.id, Item.title, Item.subtitle, Item.authors, Item.isbn13, Item.sku, Item.volume, Item.edition,
           Item.binding, Item.language)


def scan(session: Session, actor: Actor, parcel_id: int, scanned: ScanIn) -> Answer:
    """Apply one scan or command to a parcel. The same `scan_id` again gives the same answer. A command is refused
    (409) where it was pressed on a screen that is out of date."""
    now = look(session, parcel_id, lock=True)
    before = scans.answered_before(session, scanned, TASK, parcel_id)
    if before is not None:
        return before
    if scanned.raw.startswith("#"):
        return command(session, actor, now, scanned)
    thing = codes.identify(session, scanned.raw)
    if (step := now.step(actor)) != STEP_SCAN:
        verdict = refuse(f"receiving.not_now_{step}", WARN, person=now.person)
        return keep(session, actor, now, scanned, verdict, Touched(thing.kind))
    if thing.kind == kinds.ITEM:
        return _scan_item(session, actor, now, scanned, thing)
    if thing.kind == kinds.UNKNOWN:
        return _scan_unknown(session, actor, now, scanned, thing)
    return keep(session, actor, now, scanned, rules.judge_other(thing), Touched(thing.kind))


def _scan_item(session: Session, actor: Actor, now: ParcelNow, scanned: ScanIn, thing: Thing) -> Answer:
    """Count copies of a title. A code that several share asks which one it is (CAT-2): those of the papers, if any."""
    lines = lines_of(session, now.delivery, thing.ids)
    expected = [each for each in thing.ids if each in lines] if not now.delivery.is_blind else []
    ids = expected or list(thing.ids)
    if len(ids) > 1 and scanned.choice not in ids:
        options = [dict(row) for row in session.execute(
            select(*_OPTION).where(Item.id.in_(ids)).order_by(Item.id)).mappings()]
        verdict = Verdict(CHOOSE, "receiving.choose_item", WARN, facts={"n": len(options), "raw": scanned.raw})
        return keep(session, actor, now, scanned, verdict, Touched(thing.kind), options)
    item_id = scanned.choice if scanned.choice in ids else ids[0]
    assert item_id is not None
    line = lines.get(item_id) or _line(session, item_id)
    if line.is_draft:
        drafts.hold(session, item_id)
    last, asked = _asked(session, now, item_id)
    units = scanned.units or asked or 1

    def judge(said: set[str]) -> Verdict:
        return rules.judge_item(line, units, in_parcel=now.good(item_id), is_blind=now.delivery.is_blind,
                                done=rules.answered(said, last if units == asked else ""))

    verdict = judge(set())
    if not verdict.accepted and (said := _said(session, now, item_id)):
        verdict = judge(said)
    if not verdict.accepted:
        return keep(session, actor, now, scanned, verdict, Touched(thing.kind, item_id=item_id))
    return carry_out(session, actor, now, scanned, verdict, Touched(thing.kind, units, item_id),
                     lambda scan_row: take_in(session, actor, now, item_id, units, scan_row))


def _line(session: Session, item_id: int) -> Line:
    """A title that neither the papers name nor anybody counted yet."""
    row = session.execute(select(Item.title, Item.volumes, Item.listing).where(Item.id == item_id)).one()
    return Line(item_id, row.title, 0, volumes=row.volumes, is_draft=row.listing == drafts.DRAFT)


def _said(session: Session, now: ParcelNow, item_id: int) -> set[str]:
    """What scans of this title were answered here."""
    return set(session.execute(select(Scan.code).distinct().where(
        Scan.task == TASK, Scan.task_id == now.id, Scan.item_id == item_id, Scan.kind == kinds.ITEM)).scalars())


def _asked(session: Session, now: ParcelNow, item_id: int) -> tuple[str, int | None]:
    """If the scan just before was a question about this title: its code and the units that it asked about."""
    last = _scan_before(session, now)
    if last is None or last.item_id != item_id or last.code not in rules.QUESTIONS:
        return "", None
    return last.code, _facts(last).get("units")


def _scan_before(session: Session, now: ParcelNow) -> Any:
    """The scan before this one; a question which of several titles it was lies between, it is not the scan."""
    return session.execute(
        select(Scan.code, Scan.item_id, Scan.answer)
        .where(Scan.task == TASK, Scan.task_id == now.id, Scan.outcome != CHOOSE)
        .order_by(Scan.id.desc()).limit(1)).one_or_none()


def _facts(row: Any) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(row.answer)["facts"]
    return facts


def _scan_unknown(session: Session, actor: Actor, now: ParcelNow, scanned: ScanIn, thing: Thing) -> Answer:
    """A code that no item has: the second scan makes a draft item of it, so that what came can be counted."""
    last = _scan_before(session, now)
    asked = _facts(last) if last is not None and last.code == rules.ASK_UNKNOWN else {}
    is_same = asked.get("text") == thing.text and scanned.units in (None, asked.get("units"))
    units = scanned.units or (asked["units"] if is_same else 1)
    verdict = rules.judge_unknown(thing.text, units, is_second=is_same)
    if not verdict.accepted:
        return keep(session, actor, now, scanned, verdict, Touched(thing.kind))
    title = i18n.say(actor.language, "receiving.draft_title", text=thing.text)
    item_id = drafts.make_draft(session, actor, thing.text, title)
    return carry_out(session, actor, now, scanned, verdict, Touched(kinds.ITEM, units, item_id),
                     lambda scan_row: take_in(session, actor, now, item_id, units, scan_row))
