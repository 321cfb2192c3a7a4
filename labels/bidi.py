"""Arabic letters joined and right-to-left text put in drawing order. reportlab does neither. Not for layout.

A short form of the Unicode rules (UAX 9, UAX 53): enough for titles and names on one line, no embeddings:
the controls for those are taken out beforehand.
"""

import re
import unicodedata
from functools import cache

_NON_JOINER, _JOINER, _TATWEEL = "\u200c", "\u200d", "\u0640"
_MIRROR = dict(zip("()[]{}<>«»‹›", ")(][}{><»«›‹", strict=True))
_STRONG_RIGHT = ("R", "AL")
# Blocks of the scripts written from right to left.
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def is_right_to_left(text: str) -> bool:
    """True if the text has any letter written from right to left."""
    return _RIGHT_TO_LEFT.search(text) is not None


@cache
def _forms() -> dict[tuple[str, str], str]:
    """(letters, isolated | initial | medial | final) -> presentation form, out of Python's Unicode table."""
    found: dict[tuple[str, str], str] = {}
    for point in (*range(0xFB50, 0xFDFC), *range(0xFE80, 0xFEFD)):
        kind, *letters = unicodedata.decomposition(chr(point)).split() or [""]
        base = "".join(chr(int(letter, 16)) for letter in letters)
        is_lam_alef = len(base) == 2 and base[0] == "\u0644" and base[1] in "\u0622\u0623\u0625\u0627"
        if len(base) == 1 or is_lam_alef:
            found.setdefault((base, kind.strip("<>")), chr(point))
    return found


def _joins_next(letter: str) -> bool:
    return letter in (_TATWEEL, _JOINER) or (letter, "initial") in _forms()


def _joins_previous(letter: str) -> bool:
    return letter in (_TATWEEL, _JOINER) or (letter, "final") in _forms()


def _letters(text: str) -> list[str]:
    """Letters with their marks behind them, lam and alef taken together."""
    parts: list[str] = []
    for char in text:
        if parts and (unicodedata.category(char) == "Mn" or (parts[-1] + char, "isolated") in _forms()):
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def joined(text: str) -> str:
    """The text in its own order, Arabic letters in the form that their neighbours ask for."""
    parts = _letters(text)
    bases = ["".join(c for c in part if unicodedata.category(c) != "Mn") for part in parts]
    drawn = []
    for i, (part, base) in enumerate(zip(parts, bases, strict=True)):
        before = i > 0 and _joins_next(bases[i - 1]) and _joins_previous(base)
        after = i + 1 < len(bases) and _joins_next(base) and _joins_previous(bases[i + 1])
        kind = {(False, False): "isolated", (False, True): "initial", (True, True): "medial"}.get(
            (before, after), "final"
        )
        form = _forms().get((base, kind))
        drawn.append(form + part[len(base) :] if form else part)
    return "".join(c for c in "".join(drawn) if c not in (_NON_JOINER, _JOINER))


def _levels(text: str) -> list[int]:
    """Embedding level of each character: even is drawn to the right, odd to the left."""
    kinds = [unicodedata.bidirectional(c) for c in text]
    first = next((k for k in kinds if k in ("L", *_STRONG_RIGHT)), "L")
    base = 1 if first in _STRONG_RIGHT else 0
    levels: list[int | None] = []
    strong = base
    for kind in kinds:
        if kind in _STRONG_RIGHT:
            strong = 1
            levels.append(1)
        elif kind == "L":
            strong = 0
            levels.append(2 if base else 0)
        elif kind in ("EN", "AN"):
            levels.append(2 if strong or base else 0)
        elif kind == "NSM" and levels:
            levels.append(levels[-1])
        else:
            levels.append(None)
    for i, level in enumerate(levels):
        if level is None:
            left = levels[i - 1] if i else base
            right = next((later for later in levels[i:] if later is not None), base)
            levels[i] = left if left == right else base
    return [base if level is None else level for level in levels]


def drawing_order(text: str) -> str:
    """Characters of one line from left to right as the pen draws them, brackets mirrored where needed."""
    levels = _levels(text)
    order = list(range(len(text)))
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = order[start:end][::-1]
            start = end + 1
    drawn = [_MIRROR.get(text[i], text[i]) if levels[i] % 2 else text[i] for i in order]
    return "".join(_marks_behind_their_letter(drawn))


def _marks_behind_their_letter(chars: list[str]) -> list[str]:
    """Turning a line round puts marks before their letter; the font wants them after it."""
    out: list[str] = []
    waiting: list[str] = []
    for char in chars:
        if unicodedata.category(char) == "Mn" and "\u0590" <= char < "\u0900":
            waiting.append(char)
            continue
        out += [char, *waiting]
        waiting = []
    return out + waiting
