"""The bench as screen and JSON show it: plain values, words in the actor's language (FLOWS)."""

from typing import Any

from warehouse import i18n
from warehouse.domain import packing as rules
from warehouse.domain.packing import PackLine
from warehouse.domain.people import Actor
from warehouse.services.packing_look import PackNow, ParcelNow, box_for, expected_g
from warehouse.vault import mask_remark

BOOK_FIELDS = (
    "item_id", "title", "subtitle", "authors", "publisher", "isbn13", "sku", "binding", "edition", "volume", "volumes",
    "language",
)


def draw(now: PackNow, actor: Actor) -> dict[str, Any]:
    """The task as it stands: open lines first, then the done ones."""
    bench, order = now.bench, now.order
    refusal = rules.refuse_state(bench, actor.person_id)
    return {
        "area": "pack", "order_id": now.id, "order_number": order.number, "source_number": order.source_number,
        "channel": order.channel, "state": now.state, "step": bench.step, "step_id": now.step_id,
        "due_at": order.due_at.isoformat(), "carrier": order.carrier_code,
        "packer": now.packer if now.packer_id else None, "is_mine": now.packer_id in (None, actor.person_id),
        "may_pack": refusal is None,
        "refusal": i18n.say(actor.language, refusal.code, **refusal.facts) if refusal else "",
        "units_packed": bench.units_packed, "units_due": bench.units_due, "units_left": bench.units_left,
        "lines": _lines(now), "totes": sorted({row.code for row in now.totes}),
        "parcels": [_parcel(now, parcel) for parcel in now.parcels],
        "box": _box(now), "cartons": [{"id": each.id, "code": each.code} for each in _rack(now)],
        "cares": _cares(now.lines, actor.language),
        "changed": now.order.changed or "", "units_out": bench.units_out,
        "must_read": now.must_read, "buyer_remark": mask_remark(order.buyer_remark),
        "staff_remark": mask_remark(order.staff_remark),
        "gift_note": order.gift_note, "undecided": order.undecided,
        "last": _last(now), "alarm": now.alarm, "cue": cue(now, actor.language),
    }


def book(row: Any) -> dict[str, Any]:
    """What people compare two books by."""
    return {name: getattr(row, name) for name in BOOK_FIELDS}


def cue(now: PackNow, lang: str) -> str:
    """The one sentence that says what to do next."""
    bench = now.bench
    facts: dict[str, Any] = {"n": bench.units_left, "order": bench.number}
    if bench.step == rules.STEP_WEIGH and now.to_weigh is not None:
        if len([parcel for parcel in now.parcels if parcel.units]) > 1:
            return i18n.say(lang, "packing.cue_weigh_one", position=now.to_weigh.position)
        return i18n.say(lang, "packing.cue_weigh")
    if bench.step == rules.STEP_WEIGH:
        return i18n.say(lang, "packing.cue_nothing")
    return i18n.say(lang, f"packing.cue_{bench.step}", **facts)


def _lines(now: PackNow) -> list[dict[str, Any]]:
    drawn = []
    for line, row in zip(now.lines, now.rows, strict=True):
        out = sum(parcel.out.get(line.id, 0) for parcel in now.parcels)
        if line.units_due or line.units_short or out:
            drawn.append({
                "id": line.id, **book(row), "packing_class": line.packing_class, "units_due": line.units_due,
                "units_packed": line.units_packed, "units_left": line.units_left, "units_short": line.units_short,
                "units_out": out, "is_done": line.units_left == 0 and not out,
            })
    return sorted(drawn, key=lambda line: line["is_done"])


def _parcel(now: PackNow, parcel: ParcelNow) -> dict[str, Any]:
    expected = expected_g(now, parcel) if parcel.is_open else parcel.expected_weight_g
    return {
        "id": parcel.id, "number": parcel.number, "position": parcel.position, "state": parcel.state,
        "units": sum(parcel.units.values()), "weight_g": parcel.weight_g, "expected_weight_g": expected,
    }


def _box(now: PackNow) -> dict[str, Any] | None:
    """The carton for the parcel on the bench, and how full it gets."""
    parcel = now.parcel
    box = box_for(now, parcel)
    if box is None:
        return None
    carton = box.carton
    return {
        "id": carton.id, "code": carton.code, "length_mm": carton.length_mm, "width_mm": carton.width_mm,
        "height_mm": carton.height_mm, "fills_percent": box.fills_percent, "hint": box.hint,
        "is_chosen": parcel is not None and parcel.carton_id is not None,
        "parcel_position": parcel.position if parcel else 1, "expected_weight_g": expected_g(now, parcel),
    }


def _rack(now: PackNow) -> list[Any]:
    return sorted(now.cartons, key=lambda carton: (carton.volume_mm3, carton.code))


def _cares(lines: tuple[PackLine, ...], lang: str) -> list[dict[str, str]]:
    """What the packing classes in this order ask for, in words (PAK-1)."""
    classes = {line.packing_class for line in lines if line.units_due} - {"plain"}
    if any(line.volumes > 1 for line in lines if line.units_due):
        classes.add("set")
    return [{"name": name, "say": i18n.say(lang, f"packing.care_{name}")} for name in sorted(classes)]


def _last(now: PackNow) -> dict[str, Any] | None:
    """The book that was scanned last."""
    for line, row in zip(now.lines, now.rows, strict=True):
        if line.item_id == now.last_item_id:
            return {**book(row), "units_packed": line.units_packed, "units_due": line.units_due}
    return None
