"""What templates may call: sentences, times, titles, drawn covers, addresses of static files."""

import hashlib
import re
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Flask, g
from jinja2.runtime import Macro

from warehouse import clock, i18n
from warehouse.domain.incidents import CUSTOMER
from warehouse.domain.people import Actor
from warehouse.services.setup import SYSTEM_NAME
from warehouse.web.access import language
from warehouse.web.http import config

CJK = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
COLOURS, PATTERNS = 10, 4
MOST_LINES = 4
FOUR_WIDE, WIDE = 4, 6
CELLS = 3  # aisle, bay, shelf
KEPT_PARTS = 4000  # of a kilobyte or two


def furnish(app: Flask) -> None:
    """Put the functions of this file within reach of every template and macro."""
    app.jinja_env.globals.update(
        t=t,
        me=me,
        language=language,
        static=static_address(app),
        kept=kept,
        local_time=local_time,
        minutes_left=minutes_left,
        lang_of=lang_of,
        item_title=item_title,
        cover_of=cover_of,
        plate_cells=plate_cells,
        initials=initials,
        doer=doer,
        answer=None,
        answer_id="",
        today_words=today_words,
    )


def t(code: str, /, **facts: Any) -> str:
    """The sentence in the language of whoever looks at it."""
    return i18n.say(language(), code, **facts)


def me() -> Actor | None:
    actor: Actor | None = g.get("actor")
    return actor


def local_time(moment: datetime | None) -> str:
    """"14:05" today, "11-21 14:05" on another day, in the shop's time zone."""
    if moment is None:
        return ""
    zone = ZoneInfo(config().time_zone)
    local = moment.astimezone(zone)
    return local.strftime("%H:%M" if local.date() == clock.now().astimezone(zone).date() else "%m-%d %H:%M")


def today_words() -> str:
    """Weekday, date and time, for the head of a screen."""
    local = clock.now().astimezone(ZoneInfo(config().time_zone))
    return t("home.day", weekday=t(f"home.weekday_{local.weekday()}"), month=local.month, day=local.day,
             time=local.strftime("%H:%M"))


def minutes_left(moment: datetime) -> int:
    """Whole minutes until `moment`; negative when it is past."""
    return int((moment - clock.now()).total_seconds() // 60)


def static_address(app: Flask) -> Any:
    """`static("css/ui.css")`: its address with its content's hash, so that it can be kept for a year."""
    folder = Path(app.static_folder or "")

    @cache
    def static(name: str) -> str:
        version = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]
        return f"{app.static_url_path}/{quote(name)}?v={version}"

    return static


def kept(part: Macro, *facts: Hashable) -> str:
    """`kept(book, stop.title, …)`: a macro that depends on these facts and the language alone, drawn once. A scan's
    answer carries the whole screen, most of which is as the scan before left it. Such a part names nobody and
    tells no time: it is shown to all."""
    return _drawn(part, language(), facts)


@lru_cache(KEPT_PARTS)
def _drawn(part: Macro, _language: str, facts: tuple[Hashable, ...]) -> str:
    return part(*facts)


def lang_of(text: str) -> str:
    """Which glyphs a title needs."""
    return i18n.CHINESE if CJK.search(text or "") else i18n.ENGLISH


def item_title(item: Any) -> str:
    """The title as printed, with the volume where there is one: look-alikes differ there."""
    title, volume = _of(item, "title"), _of(item, "volume")
    return f"{title} · {volume}" if volume and volume not in title else title


def initials(name: str) -> str:
    """Two letters for a round field: 李伟 keeps its given name's character, Anna K. becomes AK."""
    if CJK.search(name):
        return name.strip()[-1:]
    return "".join(word[0] for word in name.split()[:2]).upper()


def doer(name: str, stage: str = "") -> str:
    """Who did it, on a screen: the house has a name of its own in the books, which is no word of any language. What it
    wrote down at the stage `customer` came from the customer's page."""
    if name != SYSTEM_NAME:
        return name
    return t("common.by_customer") if stage == CUSTOMER else t("common.by_itself")


def plate_cells(location: Any) -> list[tuple[str, str]]:
    """The cells of a shelf label with their captions; a place without aisle is one cell with its code."""
    if isinstance(location, str):
        parts = location.split("-")
        aisle, bay, shelf = parts if len(parts) == CELLS else ("", "", "")
        code = location
    else:
        aisle, bay, shelf, code = (_of(location, name) for name in ("aisle", "bay", "shelf", "code"))
    if not aisle:
        return [("", code)]
    return [(name, text) for name, text in (("aisle", aisle), ("bay", bay), ("shelf", shelf)) if text]


@dataclass(frozen=True)
class Cover:
    """A drawn cover: which colours and ornament, and the title in lines that fit (viewBox 120 × 172)."""

    colour: int
    pattern: int
    lines: tuple[str, ...]
    size: int
    top: int
    leading: int
    author: str


def cover_of(item: Any) -> Cover:
    return _draw(_of(item, "title"), _of(item, "authors"), _of(item, "volume"))


@cache
def _draw(title: str, authors: str, volume: str) -> Cover:
    # The volume counts too, so that the volumes of one work do not look the same.
    seed = hashlib.sha256(f"{title}\x1f{volume}".encode()).digest()
    if CJK.search(title):
        short = re.split(r"[（(：:]", title)[0] or title
        wide = FOUR_WIDE if len(short) <= FOUR_WIDE * 2 else WIDE
        size = 23 if wide == FOUR_WIDE else 15
        lines = [short[at : at + wide] for at in range(0, len(short), wide)]
    else:
        size, lines = 14, _wrap(re.split(r"[:(]", title)[0].strip() or title, 12)
    author = re.split(r"[;；,，、|]", authors)[0].strip()
    if volume:
        lines = [*lines[: MOST_LINES - 1], volume[:12]]
    return Cover(
        seed[0] % COLOURS,
        seed[1] % PATTERNS,
        tuple(lines[:MOST_LINES]),
        size,
        size + 14,
        size + 5,
        author[:18],
    )


def _wrap(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word[: width + 1])
    return lines


def _of(thing: Any, name: str) -> str:
    found = thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)
    return "" if found is None else str(found)
