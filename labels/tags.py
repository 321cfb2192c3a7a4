"""Labels that stay in the house: location, tote, cart, item, badge. Single, or sheets of A4 to cut (PAK-3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import singledispatch

from labels import barcodes, captions
from labels.page import A4_MM, GREY, PALE, WHITE, Box, Page

LOCATION_MM = (100.0, 50.0)
TOTE_MM = (100.0, 50.0)
ITEM_MM = (60.0, 40.0)
BADGE_MM = (85.0, 54.0)
_SHEET_EDGE_MM = 5.0


@dataclass(frozen=True)
class LocationTag:
    """A shelf's plate. `code` is the own label text in the bars, `number` the location as people say it."""

    lang: str
    aisle: str
    bay: str
    shelf: str
    code: str
    number: str = ""


@dataclass(frozen=True)
class ToteTag:
    """A tote, or with `kind` "cart" a cart. `number` is drawn as large as fits."""

    lang: str
    number: str
    code: str
    note: str = ""
    kind: str = "tote"


@dataclass(frozen=True)
class ItemTag:
    """A copy's own label: an ISBN-13 if `isbn` is given (13 digits, checked), else `code` as Code 128."""

    lang: str
    title: str
    code: str = ""
    isbn: str = ""
    author: str = ""
    edition: str = ""
    price: str = ""


@dataclass(frozen=True)
class BadgeCard:
    """A person's badge. `pin` only on the printed sheet of a demo: a real badge carries none."""

    lang: str
    name: str
    role: str
    code: str
    pin: str = ""


Tag = LocationTag | ToteTag | ItemTag | BadgeCard
_SIZES_MM: dict[type, tuple[float, float]] = {
    LocationTag: LOCATION_MM,
    ToteTag: TOTE_MM,
    ItemTag: ITEM_MM,
    BadgeCard: BADGE_MM,
}


def to_pdf(
    tags: Tag | Iterable[Tag], *, size_mm: tuple[float, float] | None = None, on_sheet: bool = False
) -> bytes:
    """One label a page of its own size, or with `on_sheet` a grid of them on A4 with thin lines to cut along.

    `size_mm` (width, height) is by default the usual one of the first tag. Refused: none at all, one larger
    than the sheet, an ISBN with a wrong check digit, a label too small for its bars.
    """
    batch = [tags] if isinstance(tags, LocationTag | ToteTag | ItemTag | BadgeCard) else list(tags)
    if not batch:
        raise ValueError("no tags to print")
    width, height = size_mm or _SIZES_MM[type(batch[0])]
    title = captions.caption(batch[0].lang, "tags")
    if not on_sheet:
        page = Page((width, height), title=title, lang=batch[0].lang)
        for i, tag in enumerate(batch):
            if i:
                page.new_page()
            _draw(tag, page, (0, 0, width, height))
        return page.to_bytes()
    page = Page(A4_MM, title=title, lang=batch[0].lang)
    places = _grid_mm(width, height)
    for i, tag in enumerate(batch):
        if i and i % len(places) == 0:
            page.new_page()
        x, y = places[i % len(places)]
        page.frame(x, y, width, height, pt=0.3, grey=PALE)
        _draw(tag, page, (x, y, width, height))
    return page.to_bytes()


def _grid_mm(width_mm: float, height_mm: float) -> list[tuple[float, float]]:
    """Left top corners of the labels on one A4 sheet, the grid in its middle, row by row."""
    columns = int((A4_MM[0] - 2 * _SHEET_EDGE_MM) // width_mm)
    rows = int((A4_MM[1] - 2 * _SHEET_EDGE_MM) // height_mm)
    if columns < 1 or rows < 1:
        raise ValueError("label larger than the sheet")
    left, top = (A4_MM[0] - columns * width_mm) / 2, (A4_MM[1] - rows * height_mm) / 2
    return [(left + c * width_mm, top + r * height_mm) for r in range(rows) for c in range(columns)]


@singledispatch
def _draw(tag: object, page: Page, box_mm: Box) -> None:
    raise TypeError(f"no drawing for {tag!r}, {page!r}, {box_mm!r}")


@_draw.register
def _(tag: LocationTag, page: Page, box_mm: Box) -> None:
    """The plate of the screens: aisle white on black, bay and shelf large beside it, bars below."""
    x, y, width, height = (box_mm[0] + 2.5, box_mm[1] + 2.5, box_mm[2] - 5, box_mm[3] - 5)
    plate = height * 0.56
    cells = ((tag.aisle, "aisle"), (tag.bay, "bay"), (tag.shelf, "shelf"))
    # Cells share the width by what stands in them, so that "07" and "3" have figures of one size.
    shares = [max(1.4, 0.5 + len(words)) for words, _ in cells]
    size = min(
        plate * 2.2,
        *(
            width * share / sum(shares) * 4.1 / max(1, len(words))
            for (words, _), share in zip(cells, shares, strict=True)
        ),
    )
    at = x
    for i, ((words, word), share) in enumerate(zip(cells, shares, strict=True)):
        cell = width * share / sum(shares)
        if i == 0:
            page.area(at, y, cell, plate)
        elif i > 1:
            page.upright(at, y, plate, pt=1.4)
        ink, quiet = (WHITE, PALE) if i == 0 else (0.0, GREY)
        caption_mm = plate * 0.22
        caption = captions.caption(tag.lang, word)
        page.centre_in((at, y + 0.4, cell, caption_mm), caption, 8, bold=False, grey=quiet)
        page.centre_in((at, y + caption_mm * 0.9, cell, plate - caption_mm), words, size, grey=ink)
        at += cell
    page.frame(x, y, width, plate, pt=1.4)
    below = y + plate + 2
    rest = y + height - below - 4.2
    barcodes.draw_code(page, tag.code, (box_mm[0], below, box_mm[2], rest))
    words = f"{tag.number} · {tag.code}" if tag.number and tag.number != tag.code else tag.code
    page.fit(x + width / 2, y + height - 0.4, words, 9, width, align="centre")


@_draw.register
def _(tag: ToteTag, page: Page, box_mm: Box) -> None:
    x, y, width, height = (box_mm[0] + 2.5, box_mm[1] + 2.5, box_mm[2] - 5, box_mm[3] - 5)
    band = height * 0.46
    page.area(x, y, width, band)
    page.fit(x + 2.5, y + 5.2, captions.caption(tag.lang, tag.kind), 9, width * 0.3, grey=PALE)
    if tag.note:
        page.fit(x + 2.5, y + band - 2.6, tag.note, 9, width * 0.3, grey=WHITE)
    page.centre_in((x + width * 0.2, y, width * 0.6, band), tag.number, band * 2.2, grey=WHITE)
    below = y + band + 2.5
    barcodes.draw_code(page, tag.code, (box_mm[0], below, box_mm[2], y + height - below - 4.6))
    page.fit(x + width / 2, y + height - 0.4, tag.code, 10, width, align="centre")


@_draw.register
def _(tag: ItemTag, page: Page, box_mm: Box) -> None:
    x, y, width, height = (box_mm[0] + 2, box_mm[1] + 1.5, box_mm[2] - 4, box_mm[3] - 3)
    below = page.paragraph(x, y, tag.title, 10, width, lines=2, bold=True, smallest_pt=7)
    about = " · ".join(part for part in (tag.author, tag.edition, tag.price) if part)
    if about:
        below = page.paragraph(x, below, about, 7.5, width, lines=1, smallest_pt=6)
    below += 1.2
    bars_mm = y + height - below - 3.6
    box = (box_mm[0], below, box_mm[2], bars_mm)
    if tag.isbn:
        barcodes.draw_bars(page, barcodes.ean13(tag.isbn), box)
        words = f"{tag.isbn[0]} {tag.isbn[1:7]} {tag.isbn[7:]}"
    else:
        barcodes.draw_code(page, tag.code, box)
        words = tag.code
    page.fit(x + width / 2, y + height - 0.3, words, 8.5, width, align="centre")


@_draw.register
def _(tag: BadgeCard, page: Page, box_mm: Box) -> None:
    x, y, width, height = (box_mm[0] + 4, box_mm[1] + 4, box_mm[2] - 8, box_mm[3] - 8)
    words_mm = width - (22 if tag.pin else 0)
    page.fit(x, y + 7.6, tag.name, 22, words_mm, bold=True, smallest_pt=9)
    page.fit(x, y + 14, tag.role, 11, words_mm, grey=GREY)
    if tag.pin:
        page.frame(x + width - 20, y, 20, 13.5, pt=1, radius_mm=1.5)
        page.write(x + width - 10, y + 4, captions.caption(tag.lang, "pin"), 7, align="centre", grey=GREY)
        page.centre_in((x + width - 20, y + 3.6, 20, 9.4), tag.pin, 17)
    below = y + 17.5
    barcodes.draw_code(page, tag.code, (box_mm[0], below, box_mm[2], y + height - below - 5))
    page.fit(x + width / 2, y + height - 0.2, tag.code, 10, width, align="centre")
