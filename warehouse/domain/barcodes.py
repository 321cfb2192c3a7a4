"""What one read says: a scanner's string or typed text in, one `Code` out. Looks nothing up, repairs nothing.

Two modes. Typed or imported text is taken as people write it: hyphens, spaces, "ISBN", ISBN-10, UPC, GS1 in
brackets. A gun (`scanner=True`) is read strictly, so that a cut or damaged read is never taken for another
code: of 400,000 damaged ISBNs a lenient reader took 28,811 for another one, the strict rules only swaps of
two neighbours that differ by five, which the check digit cannot see.
"""

import re
import unicodedata
from dataclasses import fields, replace
from typing import Any

from warehouse.domain import gs1_codes, own_labels
from warehouse.domain.check_digits import (
    EAN8,
    EAN13,
    GTIN14,
    ISBN10,
    SSCC,
    UPCA,
    gs1_fits,
    is_digits,
    isbn10_fits,
    isbn10_to_13,
    issn_fits,
)
from warehouse.domain.own_labels import make_badge, make_label
from warehouse.domain.trade_numbers import (
    BOOK_AND_MAGAZINE_PREFIXES,
    BOOK_PREFIXES,
    Code,
    eight,
    eight_typed,
    fourteen,
    from_elements,
    link,
    own_label,
    refused,
    sscc,
    thirteen,
    twelve,
    upce,
    with_addon,
)

__all__ = ["Code", "make_badge", "make_label", "read", "to_answer"]

LONGEST_READ = 512
FEWEST_DIGITS_OF_A_NUMBER = 7
WITH_ADDON = (EAN13 + 2, EAN13 + 5)
_ENDS = " \t\r\n\ufeff\u3000\xa0"
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_AIMS = {"]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"}
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_FULL_WIDTH = re.compile("[\u3000\uff00-\uffef]")
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\ufe63]")
_ISBN_WORD = re.compile(r"ISBN(?:[ -]?1[03](?=[ :-]))?[ :.-]*", re.IGNORECASE)
_ISSN = re.compile(r"(ISSN[ :]*)?([0-9]{4})-?([0-9]{3}[0-9Xx])", re.IGNORECASE)
_OLD_ISMN = re.compile(r"([A-Z])-([0-9]+)-([0-9]+)-([0-9])", re.IGNORECASE)
_LINK = re.compile("https?://", re.IGNORECASE)
_ADDON = re.compile(r"([0-9]{13}) ?([0-9]{2}|[0-9]{5})")


def read(raw: str, *, scanner: bool = False) -> Code:
    """What `raw` is. Never raises. A configured prefix or suffix of the gun has been cut by the caller."""
    if len(raw) == EAN13 and is_digits(raw):
        return thirteen(raw)
    if len(raw) > LONGEST_READ:
        return refused("too_long")
    text = _FULL_WIDTH.sub(lambda match: unicodedata.normalize("NFKC", match[0]), raw)
    # An ideographic space at an end is a stray key, not a wrong input mode.
    repaired = text.strip(_ENDS) != raw.strip(_ENDS)
    text = text.strip(_ENDS)
    aim = text[:3] if _AIM.match(text) else None
    body = text[3:] if aim else text
    reason = _unreadable(body, aim, scanner=scanner)
    if reason:
        return refused(reason, aim=aim, repaired=repaired)
    if aim:
        return replace(_by_symbology(aim, body), aim=aim, repaired=repaired)
    return replace(_shot(body) if scanner else _typed(body), repaired=repaired)


def to_answer(code: Code) -> dict[str, Any]:
    """The filled fields of a `Code` for JSON; `kind` and `ok` are always there."""
    answer: dict[str, Any] = {"kind": code.kind, "ok": code.ok}
    for field in fields(code):
        value = getattr(code, field.name)
        if field.name not in answer and value not in (None, "", (), False):
            answer[field.name] = dict(value) if field.name == "ais" else value
    return answer


def _unreadable(body: str, aim: str | None, *, scanner: bool) -> str | None:
    """Why this cannot be one code, whatever it says."""
    if not body:
        return "empty"
    if re.search(r"[\r\n\t]", body):
        return "two_codes"
    if scanner and not body.isascii():
        return "not_ascii"
    # A composite symbol carries its second part's identifier behind a bar.
    if scanner and re.search(r"(?<!\|)\][ACEIJLQde][0-9]", body):
        return "two_codes"
    controls = {char for char in body if unicodedata.category(char) in ("Cc", "Cs")}
    if controls - ({gs1_codes.GS} if aim else set()):
        return "control_character"
    return None


def _by_symbology(aim: str, body: str) -> Code:
    """A read whose symbology the scanner names (ISO/IEC 15424): the same strict grammar in both modes."""
    if aim in _GS1_AIMS:
        return from_elements(gs1_codes.read_message(body), body)
    if aim in ("]E1", "]E2"):
        return refused("addon_alone")
    if aim[1] == "E":
        return _composite(body) if "|" in body else _ean_upc(aim, body)
    if aim[1] == "I":
        return fourteen(body) if is_digits(body) and len(body) == GTIN14 else refused("wrong_length")
    # Code 39, Code 128, QR and the like check themselves: digits of any length may be a text here.
    code = _shot(body)
    if code.reason == "wrong_length":
        return Code("text", value=body, payload=body)
    return code


def _composite(body: str) -> Code:
    """EAN/UPC with a GS1 part behind a bar: both must be whole."""
    linear, _, part = body.partition("|")
    elements = gs1_codes.read_message(part.removeprefix("]e0"))
    code = _ean_upc("]E0", linear)
    if not code.ok or elements.reason:
        return refused(code.reason or elements.reason or "bad_gs1")
    return replace(code, ais=elements.ais)


def _ean_upc(aim: str, body: str) -> Code:
    """`]E0` and `]E3`: EAN-13, UPC-A or UPC-E, with or without add-on. `]E4`: EAN-8."""
    if aim == "]E4":
        return eight(body) if is_digits(body) and len(body) == EAN8 else refused("wrong_length")
    if match := _ADDON.fullmatch(body):
        return thirteen(match[1], addon=match[2])
    if not is_digits(body):
        return refused("damaged")
    if body.startswith(BOOK_PREFIXES) and len(body) != EAN13:
        return refused("cut")
    by_length = {EAN13: thirteen, UPCA: twelve, EAN8: upce}
    return by_length[len(body)](body) if len(body) in by_length else refused("wrong_length")


def _shot(text: str) -> Code:
    """A gun's read without symbology identifier.

    Thirteen digits with the right check digit, an ISBN or magazine with its add-on, an own label, a web link;
    other text only where it cannot be what is left of one of those.
    """
    if label := own_label(text):
        return label
    if is_digits(text) and len(text) == EAN13:
        return thirteen(text)
    addon = _ADDON.fullmatch(text)
    if addon and text.startswith(BOOK_AND_MAGAZINE_PREFIXES):
        return thirteen(addon[1], addon=addon[2])
    if reason := _why_no_text(text):
        return refused(reason)
    return link(text) if _LINK.match(text) else Code("text", value=text, payload=text)


def _why_no_text(text: str) -> str | None:
    if _runs_together(text):
        return "two_codes"
    if is_digits(text):
        return "cut" if text.startswith(BOOK_PREFIXES) else "wrong_length"
    if own_labels.looks_cut(text.upper()):
        return "damaged_label"
    return "damaged" if not _LINK.match(text) and _looks_damaged(text) else None


def _runs_together(text: str) -> bool:
    """Whether a whole code of ours or a whole ISBN stands at one end of something longer."""
    upper = text.upper()
    lengths = (own_labels.LABEL_LENGTH, own_labels.BADGE_LENGTH)
    ends = [end for length in lengths if len(text) > length for end in (upper[:length], upper[-length:])]
    if any(own_labels.is_whole(end) for end in ends):
        return True
    if len(text) < EAN13 + EAN8:
        return False
    whole = [is_digits(end) and gs1_fits(end) for end in (text[:EAN13], text[-EAN13:])]
    isbns = [end.startswith(BOOK_PREFIXES) for end in (text[:EAN13], text[-EAN13:])]
    return (len(text) == EAN13 * 2 and all(whole)) or (whole[0] and isbns[0]) or (whole[1] and isbns[1])


def _looks_damaged(text: str) -> bool:
    """What is left of a printed number, as far as one can tell.

    That is: digits with hyphens (no gun sends those), digits with one foreign character, brackets (a
    symbology identifier out of shape), the word ISBN, or eight digits in a row that start as an ISBN does.
    Carriers' numbers (letters, then digits) and shelf names (`C-02-22-3`) are not meant.
    """
    digits = sum(char.isdigit() for char in text)
    foreign = len(re.sub(r"[0-9 -]", "", text))
    few = digits < FEWEST_DIGITS_OF_A_NUMBER
    if not few and (foreign == 0 or len(text) - digits == 1 or text.startswith("(") or "]" in text):
        return True
    run = re.search(r"(?<![0-9])97[89][0-9]{5}", re.sub(r"[ -]", "", text))
    return run is not None or text.upper().startswith("ISBN")


def _typed(text: str) -> Code:
    """Text that a person typed or a file holds."""
    if re.match(r"\([0-9]{2,4}\)", text):
        return from_elements(gs1_codes.read_bracketed(text), text)
    if _LINK.match(text):
        return link(text)
    plain = _DASHES.sub("-", _INVISIBLE.sub("", text)).replace("\xa0", " ")
    if label := own_label(plain):
        return label
    if own_labels.looks_like_label(plain.upper()):
        return refused("damaged_label")
    return _serial_or_music(plain) or _typed_number(plain) or Code("text", value=text, payload=text)


def _serial_or_music(plain: str) -> Code | None:
    """An ISSN with its hyphen or its name, or an old ISMN (`M-2306-7118-7`)."""
    if match := _ISSN.fullmatch(plain):
        issn = (match[2] + match[3]).upper()
        if issn_fits(issn) and (match[1] or "-" in plain):
            return Code("issn", value=f"{issn[:4]}-{issn[4:]}")
        return refused("wrong_check_digit") if match[1] else None
    match = _OLD_ISMN.fullmatch(plain)
    number = match[2] + match[3] + match[4] if match else ""
    if match and len("9790" + number) == EAN13:
        return thirteen("9790" + number) if match[1] in "Mm" else refused("bad_prefix")
    return None


def _typed_number(plain: str) -> Code | None:
    """The trade number that this is or was meant to be; None for any other text."""
    said_isbn = _ISBN_WORD.match(plain)
    compact = re.sub(r"[ -]", "", plain[said_isbn.end() :] if said_isbn else plain).upper()
    if is_digits(compact) or (len(compact) == ISBN10 and compact[-1] == "X" and is_digits(compact[:-1])):
        return _digits(compact)
    if said_isbn and (not compact or compact[0].isdigit()):
        return refused("not_an_isbn")
    if len(compact) == EAN13 and compact[:2] == "97" and sum(not char.isdigit() for char in compact) == 1:
        return refused("letter_in_number")
    return None


def _digits(digits: str) -> Code:
    """Digits (or an ISBN-10 with X) without anything that says what they are: the length does."""
    length = len(digits)
    by_length = {EAN8: eight_typed, UPCA: twelve, EAN13: thirteen, GTIN14: fourteen, SSCC: sscc}
    if isbn10_fits(digits):
        isbn13 = isbn10_to_13(digits)
        return Code("isbn10", value=isbn13, isbn13=isbn13)
    if length in WITH_ADDON and (code := with_addon(digits)):
        return code
    if length == SSCC + 2 and digits.startswith("00"):
        return sscc(digits[2:])
    if length in by_length and (length == EAN13 or not digits.startswith(BOOK_PREFIXES)):
        return by_length[length](digits)
    return refused(_why_no_number(digits))


def _why_no_number(digits: str) -> str:
    length = len(digits)
    if length == EAN13 * 2 and gs1_fits(digits[:EAN13]) and gs1_fits(digits[EAN13:]):
        return "two_codes"
    if digits.startswith(BOOK_PREFIXES):
        return "cut"
    if length == ISBN10:
        return "wrong_check_digit"
    return "too_short" if length < EAN8 else "wrong_length"
