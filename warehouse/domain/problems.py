"""The problem sheet: what can be said to be wrong on each work screen with one tap, and how a report is written down
(EXC-1)."""

from dataclasses import dataclass, field

from warehouse.domain import incidents
from warehouse.errors import Invalid

MARK = "#problem:"
MOST_UNITS = 9999
# What a report can be about, by its id.
ABOUT = ("item", "location", "order", "line", "parcel", "delivery")
# A title whose code failed so often within so many days wants new labels on every copy.
FAILS_MOST, FAILS_DAYS = 3, 7
# Copies that cannot be sold as they are.
BAD = frozenset({"damaged", "misprint", "missing_pages"})


@dataclass(frozen=True)
class Tile:
    """One tile: its words are the sentences `problem.<name>` and `problem.then_<then>`. Pressed, it sends a `command`
    of the screen's own task, opens another `sheet`, asks on the same sheet how many (`asks`), or reports `kind`."""

    name: str
    symbol: str
    command: str = ""
    sheet: str = ""
    kind: str = ""
    asks: bool = False
    then: str = ""


def _reports(kind: str, symbol: str, then: str = "") -> Tile:
    return Tile(kind, symbol, kind=kind, then=then or "reported")


_LEAD = _reports("call_lead", "note", "call_lead")
_ADDRESS, _LABEL = _reports("address", "order"), _reports("label", "printer")
_UNSCANNABLE = _reports("unscannable", "unscannable", "relabel")
_WRONG_PLACE = _reports("wrong_location", "swap", "counted")


@dataclass(frozen=True)
class Screen:
    """Where the report is made from: the stage of its incidents, and its tiles."""

    stage: str
    tiles: tuple[Tile, ...] = field(default=())


SCREENS: dict[str, Screen] = {
    "pick": Screen(incidents.PICK, (
        Tile("not_enough", "short", asks=True, then="not_enough"),
        Tile("nothing_here", "empty", "#short:nothing_here", then="nothing_here"),
        Tile("other_book", "swap", "#short:other_book", then="other_book"),
        Tile("damaged", "damaged", "#damaged", then="quarantine"),
        Tile("unscannable", "unscannable", sheet="#last-four", then="last_four"),
        Tile("cannot_reach", "blocked", "#later", then="later"),
        Tile("tote_full", "tote", "#tote_full", then="tote_full"),
        Tile("call_lead", "note", "#call_lead", then="call_lead"),
    )),
    "pack": Screen(incidents.PACK, (
        Tile("unscannable", "unscannable", sheet="#last-four", then="last_four"),
        Tile("several", "count", sheet="#how-many", then="several"),
        Tile("other_box", "pack", sheet="#boxes", then="other_box"),
        Tile("second_box", "plus", "#new_parcel", then="second_box"),
        _ADDRESS, _LEAD,
    )),
    "label": Screen(incidents.DOCK, (
        Tile("tracking", "scan", "#tracking", then="tracking"),
        Tile("void", "cross", "#void:smeared", then="void"),
        Tile("wrong_in_box", "swap", "#reopen:other_book", then="reopen"),
        Tile("damaged_box", "damaged", "#reopen:damaged_box", then="reopen"),
        _ADDRESS, _LEAD,
    )),
    "dock": Screen(incidents.DOCK, (_reports("damaged", "damaged", "photo"), _LABEL, _ADDRESS, _LEAD)),
    "trucks": Screen(incidents.DOCK, (
        _reports("damaged", "damaged", "photo"), _reports("lost", "find"), _LABEL, _LEAD)),
    "receive": Screen(incidents.RECEIVE, (
        Tile("damaged", "damaged", "#bad:damaged", then="quarantine"),
        Tile("misprint", "book", "#bad:misprint", then="quarantine"),
        Tile("missing_pages", "note", "#bad:missing_pages", then="quarantine"),
        Tile("wrong_edition", "swap", "#bad:wrong_edition", then="quarantine"),
        _UNSCANNABLE, _reports("wrong_item", "order"), _LEAD)),
    "move": Screen(incidents.SHELF, (
        Tile("none_left", "short", "#short", then="next_shelf"),
        Tile("damaged", "damaged", "#condition:damaged", then="in_hand"),
        _WRONG_PLACE, _reports("found", "find", "counted"), _UNSCANNABLE, _LEAD)),
    "count": Screen(incidents.SHELF, (
        Tile("damaged", "damaged", "#damaged", then="of_counted"), _WRONG_PLACE, _UNSCANNABLE, _LEAD)),
    # The cards of a shelf and of a title: what is wrong with copies is said in the list above the tiles.
    "shelf": Screen(incidents.SHELF, (_WRONG_PLACE, _reports("found", "find", "counted"), _LEAD)),
    "title": Screen(incidents.SHELF, (_UNSCANNABLE, _LEAD)),
    "put_back": Screen(incidents.PUT_BACK, (
        Tile("not_in_it", "short", "#missing", then="not_in_it"),
        Tile("damaged", "damaged", "#damaged", then="quarantine"), _UNSCANNABLE, _LEAD)),
    # What is wrong with a returned copy is its grade.
    "returned": Screen(incidents.RETURN, (_UNSCANNABLE, _LEAD)),
    "home": Screen(incidents.SHELF, (
        _reports("found", "find"), _reports("damaged", "damaged", "photo"), _UNSCANNABLE, _LEAD)),
}
STAGES = frozenset(screen.stage for screen in SCREENS.values())


@dataclass(frozen=True)
class Report:
    """A report as the device sent it. `units` 0: not said."""

    kind: str
    units: int
    cause: str
    stage: str
    about: dict[str, int]


def write(kind: str, stage: str, **about: int | None) -> str:
    """`#problem:damaged:0:@dock,parcel=12`: what a tile sends; units and cause may be put in where they are known."""
    things = "".join(f",{name}={number}" for name, number in about.items() if number)
    return f"{MARK}{kind}:0:@{stage}{things}"


def read(raw: str) -> Report:
    """Refuses what no sheet of ours writes; whether kind, stage and cause go together is judged with the incident."""
    head, at, tail = raw.removeprefix(MARK).partition("@")
    kind, units, cause = (*head.split(":"), "", "", "")[:3]
    stage, *things = tail.split(",")
    pairs = [thing.partition("=")[::2] for thing in things]
    is_whole = raw.startswith(MARK) and at and head.count(":") == 2 and _is_number(units) and stage in STAGES
    if not is_whole or len(dict(pairs)) != len(pairs) or any(
            name not in ABOUT or not _is_number(number) for name, number in pairs):
        raise Invalid("problem.not_a_report")
    return Report(kind, min(int(units), MOST_UNITS), cause, stage, {name: int(number) for name, number in pairs})


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
