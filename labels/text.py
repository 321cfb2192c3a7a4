"""Words on paper: cleaning, fonts with a way out for every character, measuring, wrapping, fitting. No pen.

A character that no font of ours has is never left out silently: it becomes its number, U+XXXX
(`Run.is_code`), and `missing_glyphs` tells the caller, who can then warn before the paper leaves the house.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from labels import bidi

FOLDER = Path(__file__).parent / "fonts"
HANZI, HANZI_BOLD = "NotoSansSC-Regular", "NotoSansSC-Bold"
LATIN, LATIN_BOLD = "NotoSans-Regular", "NotoSans-Bold"
RARE, ARABIC, HANGUL = "NotoSansSCRare-Regular", "NotoSansArabic-Regular", "NotoSansKR-Regular"

# Order in which a font is asked. Latin first only in a text where the Chinese font lacks a letter: so that
# "Dvořák" is not set from two fonts, and a plain Chinese line stays one run.
_CHAIN = {
    (False, False): (HANZI, LATIN, RARE, ARABIC, HANGUL),
    (False, True): (HANZI_BOLD, LATIN_BOLD, RARE, ARABIC, HANGUL),
    (True, False): (LATIN, HANZI, RARE, ARABIC, HANGUL),
    (True, True): (LATIN_BOLD, HANZI_BOLD, RARE, ARABIC, HANGUL),
}
_LATIN_ENDS = 0x0530
# Marks that the Chinese font draws as wide as a hanzi: among Latin letters they come from the Latin font.
_SHARED_MARKS = "‘’“”—…·"
_CODE_SCALE = 0.55

_ACCENTED = re.compile("[A-Za-z\u00c0-\u024f\u0370-\u052f][\u0300-\u036f]+")
_KEPT_FORMAT = "\u200c\u200d"
_OPENING = "（《〈「『【〔［“‘(\\[{«¥￥$€£"
_CLOSING = "，。、；：？！）》〉」』】〕］”’…—,.;:?!)\\]}»%％·"
_BREAKABLE = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
_PIECE = re.compile(
    f"[{_OPENING}]*(?:[{_BREAKABLE}]|[^\\s{_BREAKABLE}{_OPENING}]+|)[{_CLOSING}]*\\s*"
)


@dataclass(frozen=True)
class Run:
    """Characters drawn in one font, left to right. `is_code`: the number of a character that no font has."""

    font: str
    chars: str
    is_code: bool = False


class Face:
    """One font file, opened once: which characters it has, how wide they are."""

    def __init__(self, name: str) -> None:
        # Not "ASCII readable": that would put all of ASCII, used or not, into every document.
        self.font = TTFont(name, FOLDER / f"{name}.ttf", asciiReadable=0)
        # The library cuts the whole glyph table out of the file for each document. The file never changes.
        self.font.face.get_table = cache(self.font.face.get_table)
        pdfmetrics.registerFont(self.font)
        self.glyphs = self.font.face.charToGlyph
        self._widths = self.font.face.charWidths
        self._default = self.font.face.defaultWidth

    def width_em(self, chars: str) -> float:
        """Width in ems (1 = the font size)."""
        return float(sum(self._widths.get(ord(c), self._default) for c in chars) / 1000)


_faces: dict[str, Face] = {}
_opening = Lock()


def face(name: str) -> Face:
    """The font of that name; read from disk at its first use."""
    if name not in _faces:
        # Opened twice by two threads, one document would number its glyphs by two books.
        with _opening:
            if name not in _faces:
                _faces[name] = Face(name)
    return _faces[name]


def _is_emoji(char: str) -> bool:
    point = ord(char)
    return (
        0x1F000 <= point <= 0x1FAFF
        or 0xE0000 <= point <= 0xE01EF  # tags and ideographic variation selectors: the base character prints
        or 0xFE00 <= point <= 0xFE0F
        or point == 0x20E3
        or (0x2600 <= point <= 0x27BF and point not in face(HANZI).glyphs)
    )


def _clean_char(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Zs", "Zl", "Zp") or char in "\t\n\v\f\r\x85":
        return "\u3000" if char == "\u3000" else " "
    if category == "Cc" or (category == "Cf" and char not in _KEPT_FORMAT):
        return ""
    return "" if _is_emoji(char) else char


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """One printable line: no control or direction-override characters, no emoji, line ends become spaces."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    composed = _ACCENTED.sub(lambda m: unicodedata.normalize("NFC", m[0]), text)
    line = re.sub(" +", " ", "".join(map(_clean_char, composed))).strip()
    if bidi.is_right_to_left(line):
        return bidi.joined(line)
    return line.replace("\u200c", "").replace("\u200d", "")


def _font_for(char: str, *, latin_first: bool, bold: bool) -> str | None:
    return next((name for name in _CHAIN[latin_first, bold] if ord(char) in face(name).glyphs), None)


def _is_latin_mark(line: str, at: int) -> bool:
    """True for a shared mark among Latin words: an opening quote looks ahead, the others look back."""
    if line[at] not in _SHARED_MARKS:
        return False
    before, after = line[:at].rstrip(_SHARED_MARKS + " "), line[at + 1 :].lstrip(_SHARED_MARKS + " ")
    near = (after[:1] or before[-1:]) if line[at] in "‘“" else (before[-1:] or after[:1])
    return bool(near) and ord(near) < _LATIN_ENDS


@lru_cache(maxsize=4096)
def runs(line: str, bold: bool = False) -> tuple[Run, ...]:  # noqa: FBT001, FBT002 (cached by position)
    """The line, already cleaned, cut into runs of one font each, in drawing order."""
    if bidi.is_right_to_left(line):
        line = bidi.drawing_order(line)
    first = HANZI_BOLD if bold else HANZI
    glyphs = face(first).glyphs
    if all(ord(c) in glyphs and c not in _SHARED_MARKS for c in line):
        return (Run(first, line),) if line else ()
    latin_first = any(ord(c) < _LATIN_ENDS and ord(c) not in glyphs for c in line)
    found: list[Run] = []
    for at, char in enumerate(line):
        is_latin = (latin_first and ord(char) < _LATIN_ENDS) or _is_latin_mark(line, at)
        name = _font_for(char, latin_first=is_latin, bold=bold)
        if name is None:
            found.append(Run(first, f"U+{ord(char):04X}", is_code=True))
        elif found and found[-1].font == name and not found[-1].is_code:
            found[-1] = Run(name, found[-1].chars + char)
        else:
            found.append(Run(name, char))
    return tuple(found)


def run_width_pt(run: Run, size_pt: float) -> float:
    """Advance of a run; the number of a missing character has a little frame around it."""
    if run.is_code:
        return face(run.font).width_em(run.chars) * size_pt * _CODE_SCALE + size_pt * 0.2
    return face(run.font).width_em(run.chars) * size_pt


def code_size_pt(size_pt: float) -> float:
    """Size at which the number of a missing character is set."""
    return size_pt * _CODE_SCALE


@lru_cache(maxsize=16384)
def width_em(line: str, bold: bool = False) -> float:  # noqa: FBT001, FBT002 (cached by position)
    """Width of a cleaned line in ems."""
    return sum(run_width_pt(run, 1.0) for run in runs(line, bold))


def missing_glyphs(*things: object) -> tuple[str, ...]:
    """Characters of texts, or of all texts in dataclasses, that print as U+XXXX: each once, in order."""
    found: dict[str, None] = {}
    for text in _texts(things):
        for char in clean(text):
            if _font_for(char, latin_first=False, bold=False) is None:
                found[char] = None
    return tuple(found)


def _texts(thing: object) -> Iterable[str]:
    if isinstance(thing, str):
        yield thing
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from _texts(getattr(thing, field.name))
    elif isinstance(thing, (tuple, list)):
        for part in thing:
            yield from _texts(part)


def wrap(text: str, width_pt: float, size_pt: float, *, bold: bool = False) -> list[str]:
    """Lines no wider than the box. Breaks between hanzi and between words; a word wider than the box is cut.

    No line starts with a closing mark nor ends with an opening one.
    """
    room = width_pt / size_pt
    whole = clean(text)
    if width_em(whole, bold) <= room:
        return [whole] if whole else []
    lines: list[str] = []
    line = ""
    for piece in _PIECE.findall(whole):
        if line and width_em((line + piece).rstrip(), bold) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
        while width_em(line.rstrip(), bold) > room:
            head = _head_that_fits(line, room, bold=bold)
            lines.append(line[:head].rstrip())
            line = line[head:]
    if line.strip():
        lines.append(line.rstrip())
    return lines


def _head_that_fits(line: str, room_em: float, *, bold: bool) -> int:
    """Number of characters that fit; at least one, so that a narrow box cannot hang the program."""
    count = 1
    while count < len(line) and width_em(line[: count + 1], bold) <= room_em:
        count += 1
    return count


def shorten(text: str, width_pt: float, size_pt: float, *, bold: bool = False) -> str:
    """One line no wider than the box; what is cut is shown by an ellipsis."""
    line = clean(text)
    room = width_pt / size_pt
    if width_em(line, bold) <= room:
        return line
    return line[: _head_that_fits(line, room - width_em("…", bold), bold=bold)].rstrip() + "…"


def fit(
    text: str, width_pt: float, size_pt: float, *, lines: int = 1, smallest_pt: float = 6.0,
    bold: bool = False,
) -> tuple[list[str], float]:  # fmt: skip
    """Lines and the size at which they fit, set smaller step by step; at the smallest size the end is cut."""
    size = size_pt
    while True:
        wrapped = wrap(text, width_pt, size, bold=bold)
        if len(wrapped) <= lines:
            return wrapped, size
        if size - 0.5 < smallest_pt:
            rest = " ".join(wrapped[lines - 1 :])
            return [*wrapped[: lines - 1], shorten(rest + "…", width_pt, size, bold=bold)], size
        size -= 0.5
