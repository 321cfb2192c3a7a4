"""The warehouse's own labels: a letter that says what it names, a fixed length, a check character.

ISO 7064 mod 37,36 sees every wrong character, and every swap of neighbours but 1 in 180: of two that differ
by one in value, in one state of 36. The fixed length sees the lost one (of 192,680 damaged labels 1.2 %
passed the check character alone). Letter first, because Code 128 written by the usual library is wrong
where the text starts with 99, and because no trade number starts with a letter.
"""

import re

from stdnum.iso7064 import mod_37_36

LETTERS = {
    "location": "L",
    "tote": "T",
    "order": "O",
    "parcel": "P",
    "item": "I",
    "cart": "C",
    "manifest": "M",
    "return": "R",
}
KINDS = {letter: kind for kind, letter in LETTERS.items()}
HIGHEST_NUMBER = 9_999_999
LABEL_LENGTH, BADGE_LENGTH = 9, 16
FEWEST_DIGITS_LEFT = 6  # of the seven

_LABEL = re.compile(r"[LTOPICMR][0-9]{7}[0-9A-Z]")
_BADGE = re.compile(r"U[0-9A-Z]{15}")
_TOKEN = re.compile(r"[0-9A-Z]{14}")


def make_label(kind: str, number: int) -> str:
    """The nine characters on the label of thing `number` (1 to 9,999,999) of a kind in `LETTERS`."""
    if not 1 <= number <= HIGHEST_NUMBER:
        raise ValueError(f"no label for {kind} {number}")
    body = f"{LETTERS[kind]}{number:07d}"
    return body + str(mod_37_36.calc_check_digit(body))


def make_badge(token: str) -> str:
    """The sixteen characters of a badge from its secret: 14 characters of base 32, upper case."""
    if not _TOKEN.fullmatch(token):
        raise ValueError("a badge token has 14 characters 0-9, A-Z")
    return "U" + token + str(mod_37_36.calc_check_digit("U" + token))


def looks_like_label(text: str) -> bool:
    """Whether upper-case `text` has the shape of a label or badge, right check character or not."""
    if len(text) == LABEL_LENGTH:
        return _LABEL.fullmatch(text) is not None
    # A badge without one digit is rarer than a long word that begins with U.
    return _BADGE.fullmatch(text) is not None and any(char.isdigit() for char in text[:-1])


def is_whole(text: str) -> bool:
    """Whether `text` is a label or badge of ours with the right check character."""
    shaped = _LABEL.fullmatch(text) or _BADGE.fullmatch(text)
    return shaped is not None and bool(mod_37_36.is_valid(text))


def looks_cut(text: str) -> bool:
    """Whether a gun's upper-case text is left of one of our labels: one character lost, changed or added."""
    off_by = len(text) - (BADGE_LENGTH if text[:1] == "U" else LABEL_LENGTH)
    if abs(off_by) > 1:
        return False
    if text[0] == "U":
        return text.isalnum() and any(char.isdigit() for char in text)
    return text[0] in KINDS and sum(char.isdigit() for char in text[1:]) >= FEWEST_DIGITS_LEFT
