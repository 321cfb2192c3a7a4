"""Stock on screen: the card of an item, the card of a place, and the lists of what is low, slow and dead (STK-2)."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from warehouse import i18n
from warehouse.domain import stock as ledger
from warehouse.domain import stock_figures as rules
from warehouse.domain.money import minor_per_major
from warehouse.errors import Invalid, NotFound
from warehouse.queries import stock_card, stock_lists, stock_shelf
from warehouse.web.access import language, refuse_while_counting, refuse_while_receiving_blind, rule
from warehouse.web.http import actor, address, answer_json, config, read, respond, wants_json

bp = Blueprint("stock", __name__, url_prefix="/stock")
bp.before_request(refuse_while_counting)
bp.before_request(refuse_while_receiving_blind)

SEE = "see_stock"
CLASSES = ("A", "B", "C")
QUERY_LIMIT = 100
SHEETS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

# The level's chart, in units of its viewBox.
LEFT, RIGHT, TOP, BOTTOM = 52, 700, 14, 168
LABEL_EVERY = 15
BAR_LEFT, BAR_RIGHT, BAR_STEP = 220, 560, 34
NAME_LENGTH = 26


@dataclass(frozen=True)
class Mark:
    """A label of the chart and where it stands."""

    at: float
    text: str


@dataclass(frozen=True)
class Curve:
    """The level as a line in steps, the ground under it, and the marks of both axes."""

    line: str
    ground: str
    days: list[Mark]
    units: list[Mark]


@dataclass(frozen=True)
class Drawn:
    """One bar of a list's chart; `sofar` is the per cent that it makes with those above it."""

    name: str
    text: str
    y: int
    width: float
    sofar: int
    is_rest: bool


@bp.get("/item/<int:item_id>")
@rule(SEE)
def item(item_id: int) -> Response:
    with read() as session:
        card = stock_card.stock_card(session, item_id, actor().at, zone())
    if card is None:
        raise NotFound("errors.not_found")
    if wants_json():
        return answer_json({**asdict(card), "on_hand": card.on_hand, "reserved": card.reserved,
                            "available": card.available, "apart": card.apart})
    return respond("stock/item.html", {
        "card": card, "item": card.item, "curve": curve(card.level), "cover_days": rules.cover_days(
            card.available, card.item["sold_30"] or 0), **words_and_ways()})


@bp.get("/location/<int:location_id>")
@rule(SEE)
def location(location_id: int) -> Response:
    with read() as session:
        card = stock_shelf.shelf_card(session, location_id)
    if card is None:
        raise NotFound("errors.not_found")
    return answer_json(card) if wants_json() else respond("stock/location.html", {"card": card, **words_and_ways()})


@bp.get("/")
@rule(SEE)
def listing() -> Response:
    """`list` is one of low, turnover, slow, dead; `q`, `abc`, `not_ordered=1` narrow it, `sort` and `page` turn it."""
    wanted = wanted_list()
    with read() as session:
        found = stock_lists.list_stock(session, wanted, actor().at)
    if wants_json():
        return answer_json({"list": wanted.kind, **asdict(found)})
    return respond("stock/listing.html", {
        "found": found, "wanted": wanted, "kinds": rules.KINDS, "classes": CLASSES, "bars": bars(found, wanted.kind),
        "step": BAR_STEP, "columns": COLUMNS[wanted.kind], "pages": -(-found.total // stock_lists.PAGE),
        "here": here(wanted), "default_sort": stock_lists.FIRST_SORT[wanted.kind], **words_and_ways()})


@bp.get("/export")
@rule(SEE)
def export() -> Response:
    """The whole list as `as` csv or xlsx, narrowed and sorted as it was looked at."""
    # The spreadsheet library is loaded with the first sheet that somebody asks for.
    from warehouse.gateways import exports  # noqa: PLC0415

    form, wanted = request.args.get("as", "csv"), wanted_list()
    if form not in SHEETS:
        raise Invalid("stock.no_such_sheet")
    with read() as session:
        rows = stock_lists.export_stock(session, wanted, actor().at)
    header = [say(f"col_{name}") for name in stock_lists.COLUMNS]
    cells = [[cell(name, getattr(row, name), row.currency) for name in stock_lists.COLUMNS] for row in rows]
    sheet = (exports.to_csv(header, cells) if form == "csv"
             else exports.to_xlsx(header, cells, say(f"list_{wanted.kind}")))
    return Response(sheet, mimetype=SHEETS[form], headers={
        "Content-Disposition": f'attachment; filename="stock-{wanted.kind}-{day_of(actor().at)}.{form}"'})


# What each list shows beside the title.
COLUMNS = {
    rules.LOW: ("available", "least", "on_order", "missing", "sold_30", "cover_days", "value_minor"),
    rules.TURNOVER: ("on_hand", "sold_365", "turnover", "cover_days", "value_minor"),
    rules.SLOW: ("on_hand", "available", "last_sold_at", "sold_365", "value_minor"),
    rules.DEAD: ("on_hand", "available", "last_sold_at", "first_moved_at", "value_minor"),
}


def wanted_list() -> stock_lists.Wanted:
    given = request.args
    kind, abc = given.get("list", rules.LOW), given.get("abc", "")
    if kind not in rules.KINDS:
        raise NotFound("errors.not_found")
    return stock_lists.Wanted(
        kind, given.get("q", "").strip()[:QUERY_LIMIT], abc if abc in CLASSES else "",
        not_ordered=given.get("not_ordered") == "1", sort=given.get("sort", ""),
        page=max(1, min(given.get("page", 1, type=int), 100_000)))


def here(wanted: stock_lists.Wanted) -> dict[str, Any]:
    """The query of this very list, to which a link adds what it changes."""
    return {"list": wanted.kind, "q": wanted.text or None, "abc": wanted.abc or None,
            "not_ordered": 1 if wanted.not_ordered else None, "sort": wanted.sort or None}


def cell(name: str, value: Any, currency: str) -> Any:
    """As a spreadsheet counts with it: money in whole units of its currency, a moment as the shop's day."""
    if name == "value_minor":
        return value / minor_per_major(currency)
    if name == "turnover":
        return value if value is None else round(value, 2)
    return day_of(value) if isinstance(value, datetime) else value


# --- Charts ----------------------------------------------------------------------------------------------------------


def curve(level: list[stock_card.Level]) -> Curve:
    """A step a day: the level stands until the next day ends otherwise."""
    top = round_up(max([*(day.units for day in level), 1]))
    step = (RIGHT - LEFT) / len(level)

    def height(units: int) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * units / top, 1)

    steps = [f"V{height(day.units)}H{round(LEFT + step * (place + 1), 1)}" for place, day in enumerate(level)]
    line = f"M{LEFT} {height(level[0].units)}{''.join(steps)}"
    # Labels count back from today, so that today has one.
    days = [Mark(round(LEFT + step * (place + 0.5), 1), day.day[5:]) for place, day in enumerate(level)
            if (len(level) - 1 - place) % LABEL_EVERY == 0]
    units = [Mark(height(mark), str(mark)) for mark in sorted({0, top // 2, top})]
    return Curve(line, f"{line}V{BOTTOM}H{LEFT}Z", days, units)


def round_up(most: int) -> int:
    """The next of 2, 5, 10, 20, 50 … that is not smaller."""
    size = 1
    while size * 10 < most:
        size *= 10
    return next(size * lead for lead in (2, 5, 10) if size * lead >= most)


def bars(found: stock_lists.StockList, kind: str) -> list[Drawn]:
    most = max([bar.amount for bar in found.bars], default=0) or 1
    sofar = rules.cumulated([bar.amount for bar in found.bars])
    return [Drawn(bar_name(bar, kind), bar_text(bar.amount, kind, found.bars_currency), place * BAR_STEP,
                  round((BAR_RIGHT - BAR_LEFT) * bar.amount / most, 1), sofar[place], bar.is_rest)
            for place, bar in enumerate(found.bars)]


def bar_name(bar: stock_lists.Bar, kind: str) -> str:
    if bar.is_rest:
        return say("bar_rest")
    if kind != rules.TURNOVER:
        name = bar.name or say("no_publisher")
        return name if len(name) <= NAME_LENGTH else f"{name[:NAME_LENGTH - 1]}…"
    place = rules.TURNOVER_BANDS.index(int(bar.name))
    if place + 1 == len(rules.TURNOVER_BANDS):
        return say("band_last", low=bar.name)
    return say("band", low=bar.name, high=rules.TURNOVER_BANDS[place + 1])


def bar_text(amount: int, kind: str, currency: str) -> str:
    if kind in {rules.LOW, rules.TURNOVER}:
        return f"{amount:,}"
    return f"{amount // minor_per_major(currency):,} {currency}"


# --- Words and ways --------------------------------------------------------------------------------------------------


def words_and_ways() -> dict[str, Any]:
    return {"word": word, "day": day_of, "address": address, "may_see_orders": actor().may("see_orders"),
            "outside": ledger.OUTSIDE_CODES}


def say(code: str, **facts: Any) -> str:
    return i18n.say(language(), f"stock.{code}", **facts)


def word(group: str, name: str) -> str:
    """The word for a reason, kind of place or condition; the bare name where the house has none."""
    code = f"stock.{group}_{name}"
    return i18n.say(language(), code) if i18n.has_sentence(code) else name.replace("_", " ")


def zone() -> ZoneInfo:
    return ZoneInfo(config().time_zone)


def day_of(moment: datetime | None) -> str:
    """The shop's day, with its year: some of these are long ago."""
    return moment.astimezone(zone()).strftime("%Y-%m-%d") if moment else ""
