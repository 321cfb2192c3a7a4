"""What one read says: a scanner's string or typed text in, one `Code` out. Looks nothing up and repairs nothing.

Two modes. Typed or imported text is taken as people write it: hyphens, spaces, "ISBN", ISBN-10, UPC, bracketed GS1.
A gun (`scanner=True`) is read strictly, so that a cut or damaged read is never taken for another code: of 400,000
damaged ISBNs a lenient reader took 28,811 for another one, the strict rules only swaps of two neighbours that differ
by five, which the check digit cannot see.
"""

import re
import unicodedata
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from warehouse.domain import gs1_codes, own_labels
from warehouse.domain.check_digits import (
    gs1_check_digit,
    gs1_fits,
    is_digits,
    isbn10_fits,
    isbn10_to_13,
    issn_fits,
    upce_to_upca,
)
from warehouse.domain.own_labels import make_badge, make_label

__all__ = ["Code", "make_badge", "make_label", "read", "to_answer"]

LONGEST_READ = 512
_ENDS = " \t\r\n\ufeff\u3000\xa0"
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_AIMS = {"]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"}
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_FULL_WIDTH = re.compile("[\u3000\uff00-\uffef]")
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\ufe63]")
_ISBN_WORD = re.compile(r"ISBN(?:[ -]?1[03](?=[ :-]))?[ :.-]*", re.IGNORECASE)
_ISSN = re.compile(r"(ISSN[ :]*)?([0-9]{4})-?([0-9]{3}[0-9Xx])", re.IGNORECASE)
_OLD_ISMN = re.compile(r"([A-Z])-([0-9]+)-([0-9]+)-([0-9])", re.IGNORECASE)
_ADDON = re.compile(r"([0-9]{13}) ?([0-9]{2}|[0-9]{5})")


def read(raw: str, *, scanner: bool = False) -> Code:
    """What `raw` is. Never raises. A configured prefix or suffix of the gun has been cut by the caller."""
    if len(raw) == 13 and is_digits(raw):
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
    marked = partial(_marked, aim=aim, repaired=repaired)
    if aim is None:
        return marked(_shot(body) if scanner else _typed(body))
    return marked(_by_symbology(aim, body))


def to_answer(code: Code) -> dict[str, Any]:
    """The filled fields of a `Code` for JSON; `kind` and `ok` are always there."""
    answer: dict[str, Any] = {"kind": code.kind, "ok": code.ok}
    for field in fields(code):
        value = getattr(code, field.name)
        if field.name not in answer and value not in (None, "", (), False):
            answer[field.name] = dict(value) if field.name == "ais" else value
    return answer


def _marked(code: Code, *, aim: str | None, repaired: bool) -> Code:
    kept = {field.name: getattr(code, field.name) for field in fields(code)}
    return Code(**{**kept, "aim": aim, "repaired": repaired})


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
    if aim == "]E4":
        return eight(body) if is_digits(body) and len(body) == 8 else refused("wrong_length")
    if aim[1] == "E":
        return _ean_upc(body)
    if aim[1] == "I":
        return fourteen(body) if is_digits(body) and len(body) == 14 else refused("wrong_length")
    # Code 39, Code 128, QR and the like check themselves: digits of any length may be a text here.
    code = _shot(body)
    if code.reason == "wrong_length" and body[:3] not in ("978", "979"):
        return Code("text", value=body, payload=body)
    return code


def _ean_upc(body: str) -> Code:
    """`]E0` and `]E3`: EAN-13, UPC-A, UPC-E, with add-on or with a composite part behind a bar."""
    linear, bar, composite = body.partition("|")
    if bar:
        elements = gs1_codes.read_message(composite.removeprefix("]e0"))
        code = _ean_upc(linear)
        if not code.ok or elements.reason:
            return refused(code.reason or elements.reason or "bad_gs1")
        return Code(code.kind, value=code.value, isbn13=code.isbn13, gtin=code.gtin, ais=elements.ais)
    if match := _ADDON.fullmatch(linear):
        return thirteen(match[1], addon=match[2])
    if not is_digits(linear):
        return refused("not_digits")
    if len(linear) == 13:
        return thirteen(linear)
    if linear[:3] in ("978", "979"):
        return refused("cut")
    if len(linear) == 12:
        return twelve(linear)
    if len(linear) == 8:
        upca = upce_to_upca(linear)
        return Code("upce", value="0" + upca, gtin=upca) if upca else refused("wrong_check_digit")
    return refused("wrong_length")


def _shot(text: str) -> Code:
    """A gun's read without symbology identifier. Thirteen digits with the right check digit, an ISBN or magazine with
    its add-on, an own label, a web link; other text only where it cannot be what is left of one of those."""
    label = own_label(text)
    if label:
        return label
    if is_digits(text) and len(text) == 13:
        return thirteen(text)
    addon = _ADDON.fullmatch(text)
    if addon and text[:3] in ("977", "978", "979"):
        return thirteen(addon[1], addon=addon[2])
    if _runs_together(text):
        return refused("two_codes")
    if is_digits(text):
        return refused("cut" if text[:3] in ("978", "979") else "wrong_length")
    if text.lower().startswith(("http://", "https://")):
        return link(text)
    if own_labels.looks_cut(text.upper()):
        return refused("damaged_label")
    if _looks_damaged(text):
        return refused("damaged")
    return Code("text", value=text, payload=text)


def _runs_together(text: str) -> bool:
    """Whether a whole code of ours or a whole ISBN stands at one end of something longer."""
    upper = text.upper()
    ends = [upper[:9], upper[-9:], upper[:16], upper[-16:]]
    if len(text) > 9 and any(len(end) < len(text) and own_labels.is_whole(end) for end in ends):
        return True
    if len(text) <= 13:
        return False
    head, tail = text[:13], text[-13:]
    isbns = [end for end in (head, tail) if end[:3] in ("978", "979") and is_digits(end) and gs1_fits(end)]
    return bool(isbns) or (len(text) == 26 and all(is_digits(end) and gs1_fits(end) for end in (head, tail)))


def _looks_damaged(text: str) -> bool:
    """What is left of a printed number, as far as one can tell: only digits and hyphens (no gun sends those for a
    trade number), digits with one foreign character, or a long run of digits that starts as an ISBN does. Carriers'
    numbers (two letters and digits) and shelf names (`C-02-22-3`) are not meant."""
    digits = sum(char.isdigit() for char in text)
    foreign = len(re.sub(r"[0-9 -]", "", text))
    if digits >= 7 and (foreign == 0 or len(text) - digits == 1 or text.startswith("(")):
        return True
    return re.search(r"(?<![0-9])97[89][0-9]{5}", text) is not None


def _typed(text: str) -> Code:
    """Text that a person typed or a file holds."""
    if text.startswith("(") and re.match(r"\([0-9]{2,4}\)", text):
        return from_elements(gs1_codes.read_bracketed(text), text)
    if text.lower().startswith(("http://", "https://")):
        return link(text)
    plain = _DASHES.sub("-", _INVISIBLE.sub("", text)).replace("\xa0", " ")
    label = own_label(plain)
    if label:
        return label
    if own_labels.looks_like_label(plain.upper()):
        return refused("damaged_label")
    return _typed_number(plain) or Code("text", value=text, payload=text)


def _typed_number(plain: str) -> Code | None:
    """The trade number that this is or was meant to be; None for any other text."""
    if match := _ISSN.fullmatch(plain):
        issn = (match[2] + match[3]).upper()
        if issn_fits(issn) and (match[1] or "-" in plain):
            return Code("issn", value=f"{issn[:4]}-{issn[4:]}")
        if match[1]:
            return refused("wrong_check_digit")
    if match := _OLD_ISMN.fullmatch(plain):
        number = match[2] + match[3] + match[4]
        if len(number) == 9:
            return thirteen("9790" + number) if match[1] in "Mm" else refused("bad_prefix")
    said_isbn = _ISBN_WORD.match(plain)
    compact = re.sub(r"[ -]", "", plain[said_isbn.end() :] if said_isbn else plain).upper()
    if is_digits(compact) or (is_digits(compact[:-1]) and compact[-1] == "X" and len(compact) == 10):
        return _digits(compact)
    if said_isbn and (not compact or compact[0].isdigit()):
        return refused("not_an_isbn")
    if len(compact) == 13 and compact[:2] == "97" and sum(not char.isdigit() for char in compact) == 1:
        return refused("letter_in_number")
    return None


def _digits(digits: str) -> Code:
    """Digits (or an ISBN-10 with X) without anything that says what they are: the length does."""
    length = len(digits)
    if isbn10_fits(digits):
        isbn13 = isbn10_to_13(digits)
        return Code("isbn10", value=isbn13, isbn13=isbn13)
    if length in (15, 18) and (code := with_addon(digits)):
        return code
    if digits[:3] in ("978", "979") and length != 13:
        return refused("two_codes" if length == 26 and gs1_fits(digits[:13]) else "cut")
    if length == 20 and digits.startswith("00"):
        return sscc(digits[2:])
    by_length = {8: eight_typed, 12: twelve, 13: thirteen, 14: fourteen, 18: sscc}
    if length in by_length:
        return by_length[length](digits)
    if length == 26 and gs1_fits(digits[:13]) and gs1_fits(digits[13:]):
        return refused("two_codes")
    if length == 10:
        return refused("wrong_check_digit")
    return refused("too_short" if length < 8 else "wrong_length")


