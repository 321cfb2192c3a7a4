"""Which kind of order file this is, by what is in it and never by its name (ORD-1)."""

import json
from collections.abc import Sequence
from dataclasses import replace

from warehouse.domain.money import minor_per_major
from warehouse.domain.orders import Flaw, OrderDraft
from warehouse.gateways.order_files import amazon, own_sheet, shopify_csv, shopify_json, taobao, woocommerce
from warehouse.gateways.order_files.rows import Reading, decode

HEAD_BYTES = 4000


def read_order_files(files: Sequence[tuple[str, bytes]], time_zone: str) -> list[Reading]:
    """What each file holds, in the order given; the two files of Taobao are read as one, in whichever order
    they come. A file that is none of ours is a reading without orders, with the reason."""
    readings: list[Reading] = []
    lists: list[tuple[str, str]] = []
    details: list[tuple[str, str]] = []
    for name, data in files:
        text = None if data[:2] == b"PK" else decode(data)
        head = text.lstrip("\ufeff").split("\n", 1)[0] if text else ""
        if text and taobao.fits_list(head):
            lists.append((name, text))
        elif text and taobao.fits_details(head) and "商家编码" in head:
            details.append((name, text))
        else:
            readings.append(_read_one(name, data, time_zone))
    return [replace(reading, drafts=tuple(map(_in_own_units, reading.drafts)))
            for reading in readings + _taobao(lists, details)]


def _in_own_units(draft: OrderDraft) -> OrderDraft:
    """Every file's amounts are read with two places; a currency that has none (1200.00 JPY) counts whole ones."""
    factor = 100 // minor_per_major(draft.currency.strip().upper())
    if factor == 1:
        return draft
    expected = draft.total_expected_minor
    return replace(
        draft, total_minor=draft.total_minor // factor, shipping_minor=draft.shipping_minor // factor,
        cod_minor=draft.cod_minor // factor, total_expected_minor=None if expected is None else expected // factor,
        lines=tuple(replace(line, price_minor=line.price_minor // factor) for line in draft.lines))


def _taobao(lists: list[tuple[str, str]], details: list[tuple[str, str]]) -> list[Reading]:
    paired = [
        taobao.read_pair(f"{name} + {other}", order_list, detail_list)
        for (name, order_list), (other, detail_list) in zip(lists, details, strict=False)
    ]
    lone_lists = [(name, "taobao_details_missing") for name, _ in lists[len(details):]]
    lone_details = [(name, "taobao_list_missing") for name, _ in details[len(lists):]]
    return paired + [
        Reading(name, taobao.KIND, flaws=(Flaw(code),)) for name, code in lone_lists + lone_details
    ]


def _read_one(name: str, data: bytes, time_zone: str) -> Reading:
    if not data.strip():
        return Reading(name, "unknown", flaws=(Flaw("empty_file"),))
    # Headers of these are plain ASCII, whatever encodings stand below them.
    head = data[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("latin-1")
    if shopify_csv.fits(head):
        return shopify_csv.read(name, data, time_zone)
    if amazon.fits(head):
        return amazon.read(name, data, time_zone)
    if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
        return _read_json(name, data, time_zone)
    table = own_sheet.table_of(name, data)
    if own_sheet.fits(table):
        return own_sheet.read(table, time_zone)
    return Reading(name, "unknown", flaws=(Flaw("unknown_file"),))


def _read_json(name: str, data: bytes, time_zone: str) -> Reading:
    try:
        # No text of a shop has a NUL, and PostgreSQL keeps none.
        document = json.loads(data.replace(b"\\u0000", b""))
    except ValueError:
        return Reading(name, "unknown", flaws=(Flaw("broken_json"),))
    if (found := shopify_json.find(document)) is not None:
        return shopify_json.read(name, found, time_zone)
    if (found := woocommerce.find(document)) is not None:
        return woocommerce.read(name, found, time_zone)
    return Reading(name, "unknown", flaws=(Flaw("unknown_file"),))
