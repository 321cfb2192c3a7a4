"""The one bridge to paper: rows to what `labels` draws, and the bytes of the PDF (PAK-3).

Who gets a parcel is unsealed here and nowhere else on the way to paper, and is masked before it is drawn, as
GB/T 41833 asks. Slip and label speak the recipient's language, house labels and lists the reader's.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from labels import barcodes, captions, discrepancy_report, packing_slip, shipping_label, tags
from labels import manifest as lists
from warehouse import clock, i18n
from warehouse.config import Config
from warehouse.domain.money import WITHOUT_MINOR_UNITS
from warehouse.domain.own_labels import make_label
from warehouse.domain.purchasing import OVERS, SHORT
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.gateways import exports
from warehouse.queries import papers, purchasing_goods
from warehouse.services.orders_import import seal_place
from warehouse.vault import mask_name, mask_phone, mask_street

SIGNS = {"CNY": "¥", "GBP": "£", "USD": "$", "EUR": "€", "HKD": "HK$", "TWD": "NT$"}
POST_AREA_LENGTH = 3


def money(amount_minor: int, currency: str) -> str:
    """An amount as it is printed: ¥23.00, £8.99, JPY 1,200."""
    sign = SIGNS.get(currency, f"{currency} ")
    if currency in WITHOUT_MINOR_UNITS:
        return f"{sign}{amount_minor:,}"
    return f"{sign}{amount_minor // 100:,}.{amount_minor % 100:02d}"


def packing_slip_pdf(session: Any, config: Config, parcel_ids: Sequence[int]) -> bytes:
    """The slip in each box, A5, in the given order. Refused: no such parcel, text that cannot be printed."""
    return _printed(packing_slip.to_pdf, _slips(session, config, parcel_ids, is_dispatch_note=False))


def dispatch_note_pdf(session: Any, config: Config, parcel_ids: Sequence[int]) -> bytes:
    """The same with sender and a line to sign, A4."""
    return _printed(packing_slip.to_pdf, _slips(session, config, parcel_ids, is_dispatch_note=True))


def shipping_label_pdf(session: Any, config: Config, parcel_ids: Sequence[int]) -> bytes:
    """Labels of 100 × 150 mm. Refused also for a parcel whose label was not made."""
    rows = _parcels(session, parcel_ids)
    return _printed(shipping_label.to_pdf, [_label(session, config, row) for row in rows])


def manifest_pdf(session: Any, config: Config, manifest_id: int, lang: str) -> bytes:
    """A driver's list with both lines to sign, in the reader's language."""
    found = papers.find_manifest(session, manifest_id)
    if found is None:
        raise NotFound("papers.nothing_to_print")
    head, rows = found
    is_chinese = lang == i18n.CHINESE
    parcels = tuple(
        lists.ManifestRow(
            row.tracking_number or row.number, row.order_number, row.weight_g or 0, _post_area(row.postcode))
        for row in rows)
    return _printed(lists.to_pdf, [lists.Manifest(
        lang=lang, carrier=head.name_zh if is_chinese else head.name_en, number=head.number, code=head.number,
        on=_local(config, head.closed_at or clock.now()).date(), rows=parcels,
        warehouse=config.sender_address_zh if is_chinese else config.sender_address)])


def location_labels_pdf(session: Any, ids: Sequence[int], lang: str, *, on_sheet: bool = True) -> bytes:
    """Plates of shelves, on A4 to cut or one a page for a label printer."""
    found = [tags.LocationTag(lang, row.aisle or row.code, row.bay, row.shelf, make_label("location", row.id), row.code)
             for row in papers.find_locations(session, ids)]
    return _tags(found, on_sheet)


def tote_labels_pdf(session: Any, ids: Sequence[int], lang: str, *, on_sheet: bool = True) -> bytes:
    found = [tags.ToteTag(lang, row.code, make_label("tote", row.id)) for row in papers.find_totes(session, ids)]
    return _tags(found, on_sheet)


def cart_labels_pdf(session: Any, ids: Sequence[int], lang: str, *, on_sheet: bool = True) -> bytes:
    found = [tags.ToteTag(lang, row.code, make_label("cart", row.id), kind="cart")
             for row in papers.find_carts(session, ids)]
    return _tags(found, on_sheet)


def item_labels_pdf(session: Any, ids: Sequence[int], lang: str, *, on_sheet: bool = True) -> bytes:
    """Labels for copies whose own bar code is missing or will not scan: always our own code, never a new ISBN."""
    found = [
        tags.ItemTag(
            lang, row.title, code=make_label("item", row.id), author=row.authors,
            edition=" · ".join(part for part in (row.volume, row.edition, row.binding) if part),
            price=money(row.price_minor, row.currency) if row.price_minor and row.currency else "")
        for row in papers.find_items(session, ids)]
    return _tags(found, on_sheet)


def badges_pdf(
    session: Any, ids: Sequence[int], lang: str, *, on_sheet: bool = True, pins: Mapping[int, str] | None = None,
) -> bytes:
    """Badges of people who may sign in. No PIN stands on them, but in the demo shop, where `pins` are given."""
    found = [tags.BadgeCard(lang, row.name, i18n.say(lang, f"people.role_{row.role}"), row.badge,
                            (pins or {}).get(row.id, ""))
             for row in papers.find_people(session, ids)]
    return _tags(found, on_sheet)


# --- The report to the supplier --------------------------------------------------------------------------------------


def discrepancy_pdf(session: Any, config: Config, delivery_id: int, lang: str) -> bytes:
    """What was wrong with a closed delivery, in the reader's language. Refused before it is closed."""
    page = _closed_delivery(session, delivery_id)
    one = page.delivery
    is_chinese = lang == i18n.CHINESE
    facts = (
        ("purchase_order", one.order_number), ("notice", one.notice),
        ("counted_on", captions.day(lang, _local(config, one.closed_at or clock.now()).date())),
        ("parcels", str(one.parcels_announced or "")),
        ("announced", str(one.announced or "")), ("came", str(one.good + one.bad)))
    rows = tuple(
        discrepancy_report.ReportRow(
            i18n.say(lang, f"purchasing.kind_{found.kind}"), found.title, found.isbn13 or found.sku,
            "" if found.announced is None else str(found.announced), found.good + found.bad, _signed(found),
            found.photos, found.note)
        for found in page.discrepancies)
    report = discrepancy_report.DiscrepancyReport(
        lang=lang, number=one.number, on=_local(config, clock.now()).date(), supplier=one.supplier,
        warehouse=config.sender_address_zh if is_chinese else config.sender_address,
        facts=tuple((caption, words) for caption, words in facts if words), rows=rows)
    return _printed(lambda batch: discrepancy_report.to_pdf(batch[0]), [report])


def discrepancy_csv(session: Any, delivery_id: int, lang: str) -> bytes:
    """The same as a table."""
    return exports.to_csv(*_discrepancy_table(session, delivery_id, lang))


def discrepancy_xlsx(session: Any, delivery_id: int, lang: str) -> bytes:
    title = captions.caption(lang, "discrepancy_report")
    return exports.to_xlsx(*_discrepancy_table(session, delivery_id, lang), title)


def _discrepancy_table(session: Any, delivery_id: int, lang: str) -> tuple[list[str], list[list[exports.Cell]]]:
    page = _closed_delivery(session, delivery_id)
    one = page.delivery
    header = [captions.caption(lang, word) for word in (
        "delivery", "purchase_order", "notice", "what_was_wrong", "item", "isbn", "announced", "came", "difference",
        "photos", "remarks")]
    rows: list[list[exports.Cell]] = [
        [one.number, one.order_number, one.notice, i18n.say(lang, f"purchasing.kind_{found.kind}"), found.title,
         found.isbn13 or found.sku, found.announced, found.good + found.bad,
         -found.units if found.kind == SHORT else found.units, found.photos, found.note]
        for found in page.discrepancies]
    return header, rows


def _closed_delivery(session: Any, delivery_id: int) -> purchasing_goods.DeliveryPage:
    page = purchasing_goods.delivery_page(session, delivery_id)
    if page is None:
        raise NotFound("purchasing.no_such_delivery")
    if page.delivery.closed_at is None:
        raise Conflict("purchasing.not_closed", number=page.delivery.number)
    return page


def _signed(found: purchasing_goods.Discrepancy) -> str:
    """−2 short, +3 too many; bad copies came, so they have no sign."""
    sign = "−" if found.kind == SHORT else "+" if found.kind in OVERS else ""
    return f"{sign}{found.units}"


# --- The label on the screen -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LabelPicture:
    """The shipping label as the screen draws it: the same words and the same bars as on paper. `bars` are
    (x, width) in modules, `qr` the path of its dark squares."""

    lang: str
    carrier: str
    lane: str
    code: str
    bars: tuple[tuple[int, int], ...]
    bars_width: int
    recipient: str
    phone: str
    address: tuple[str, ...]
    postcode: str
    sender: str
    order_number: str
    parcel: str
    cod: str
    qr: str
    qr_side: int


def label_picture(session: Any, config: Config, parcel_id: int) -> LabelPicture:
    """The picture of one label. Refused where it was not made."""
    label = _label(session, config, _parcels(session, [parcel_id])[0])
    drawn = _printed(lambda _: barcodes.code128(label.code), [label])
    dark = barcodes.qr(label.parcel_code)
    squares = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(dark) for x, is_dark in enumerate(row) if is_dark)
    return LabelPicture(
        label.lang, label.carrier, label.lane, label.code,
        tuple((found.start(), found.end() - found.start()) for found in re.finditer("1+", drawn.modules)),
        len(drawn.modules), label.recipient, label.phone, label.address_lines, label.postcode, label.sender,
        label.order_number, f"{label.parcel_number}/{label.parcel_count}",
        f"{captions.caption(label.lang, 'cod')} {label.cod}" if label.cod else "", squares, len(dark))


# --- From rows to words ----------------------------------------------------------------------------------------------


def _parcels(session: Any, parcel_ids: Sequence[int]) -> list[Any]:
    rows = papers.find_parcels(session, parcel_ids)
    if not rows or len(rows) != len(parcel_ids):
        raise NotFound("papers.nothing_to_print")
    return rows


def _label(session: Any, config: Config, row: Any) -> shipping_label.ShippingLabel:
    if row.label_made_at is None:
        raise NotFound("papers.no_label", parcel=row.number)
    lang, who = _language(row), _recipient(session, row)
    is_chinese = lang == i18n.CHINESE
    return shipping_label.ShippingLabel(
        lang=lang, carrier=row.name_zh if is_chinese else row.name_en, code=row.tracking_number or row.number,
        recipient=mask_name(who.get("name", "")), phone=mask_phone(who.get("phone", "")),
        address_lines=_address(row, who, lang), postcode=row.postcode, order_number=row.order_number,
        parcel_code=row.number, lane=row.lane, parcel_number=row.position, parcel_count=max(row.count, row.position),
        sender=config.sender_address_zh if is_chinese else config.sender_address, weight_g=row.weight_g or 0,
        cod=_cash(session, row))


def _cash(session: Any, row: Any) -> str:
    """What the driver collects: what this box is worth, and with the first one the postage, less what was taken off.
    So nobody pays for a copy that is short, or twice where one order has several boxes."""
    if not row.cod_minor:
        return ""
    lines = papers.find_parcel_lines(session, [row.id])[row.id]
    cash = sum(line.price_minor * line.units for line in lines)
    if row.position == row.first:
        cash += row.cod_minor - sum(line.price_minor * line.units_wanted for line in lines)
    return money(cash, row.currency) if cash > 0 else ""


def _slips(
    session: Any, config: Config, parcel_ids: Sequence[int], *, is_dispatch_note: bool
) -> list[packing_slip.PackingSlip]:
    lines = papers.find_parcel_lines(session, parcel_ids)
    return [_slip(session, config, row, lines[row.id], is_dispatch_note=is_dispatch_note)
            for row in _parcels(session, parcel_ids)]


def _slip(
    session: Any, config: Config, row: Any, lines: Sequence[Any], *, is_dispatch_note: bool
) -> packing_slip.PackingSlip:
    """A gift shows its message and no price. The total stands only where everything is in this box."""
    lang, who = _language(row), _recipient(session, row)
    is_chinese = lang == i18n.CHINESE
    is_whole = all(line.units == line.units_wanted for line in lines)
    return packing_slip.PackingSlip(
        lang=lang, shop_name=config.shop_name_zh if is_chinese else config.shop_name,
        order_number=row.source_number, order_code=row.order_number, recipient=mask_name(who.get("name", "")),
        on=_local(config, row.closed_at or row.opened_at).date(),
        lines=tuple(_slip_line(line, row, lang) for line in lines),
        parcel_number=row.position, parcel_count=max(row.count, row.position), packed_by=row.packer or "",
        total=money(row.total_minor, row.currency) if is_whole and row.total_minor else "",
        is_gift=bool(row.gift_note), gift_message=row.gift_note, is_dispatch_note=is_dispatch_note,
        sender=(config.sender_address_zh if is_chinese else config.sender_address) if is_dispatch_note else "",
        paper="A4" if is_dispatch_note else "A5")


def _slip_line(line: Any, row: Any, lang: str) -> packing_slip.SlipLine:
    return packing_slip.SlipLine(
        title=line.title or line.title_text, ordered_units=line.units_wanted, parcel_units=line.units,
        author=line.authors or "", isbn=line.isbn13 or "",
        edition=" ".join(part for part in (line.volume, line.edition, line.binding) if part),
        note=_note(line, row, lang), price=money(line.price_minor, row.currency))


def _note(line: Any, row: Any, lang: str) -> str:
    """Why copies are missing from this box."""
    notes = []
    if line.units_cancelled:
        notes.append(i18n.say(lang, "papers.note_cancelled", n=line.units_cancelled))
    if line.units_short:
        notes.append(i18n.say(lang, "papers.note_follows", n=line.units_short))
    elsewhere = line.units_wanted - line.units_cancelled - line.units_short - line.units
    if elsewhere > 0 and row.count > 1:
        notes.append(i18n.say(lang, "papers.note_elsewhere", n=elsewhere))
    return " · ".join(notes)


def _recipient(session: Any, row: Any) -> dict[str, str]:
    found: dict[str, str] = session.info["vault"].unseal(row.recipient, seal_place(row.channel, row.source_number))
    return found


def _address(row: Any, who: dict[str, str], lang: str) -> tuple[str, ...]:
    """District to house, the numbers of house and room hidden; a foreign address ends with its country."""
    street, district = mask_street(who.get("street", "")), who.get("district", "")
    if lang == i18n.CHINESE:
        lines = [" ".join(filter(None, (row.province, row.city, district))), street, who.get("company", "")]
    else:
        place = ", ".join(filter(None, (district, row.city, row.province)))
        lines = [who.get("company", ""), street, place, row.country]
    return tuple(line for line in lines if line)


def _language(row: Any) -> str:
    return row.language if row.language in i18n.LANGUAGES else i18n.ENGLISH


def _post_area(postcode: str) -> str:
    """The part of a postcode that names the area: EH1 of EH1 1AA, 310 of 310012."""
    return postcode.split(maxsplit=1)[0] if " " in postcode else postcode[:POST_AREA_LENGTH]


def _local(config: Config, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(config.time_zone))


def _tags(found: list[Any], on_sheet: bool) -> bytes:  # noqa: FBT001 (said by name in every caller above)
    if not found:
        raise NotFound("papers.nothing_to_print")
    return _printed(lambda batch: tags.to_pdf(batch, on_sheet=on_sheet), found)


def _printed(draw: Callable[[Any], Any], batch: list[Any]) -> Any:
    """What `draw` makes of it; what no paper can show is a refusal in words, not a fault."""
    try:
        return draw(batch)
    except barcodes.BarcodeRefused as refused:
        raise Invalid("papers.cannot_print", what=refused.text) from refused
    except ValueError as refused:
        raise Invalid("papers.cannot_print", what=str(refused)) from refused
