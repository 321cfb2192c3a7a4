"""One read code and the trade numbers it may be: digits of a known length in, a checked `Code` out."""

from dataclasses import dataclass, replace

from warehouse.domain import gs1_codes, own_labels
from warehouse.domain.check_digits import EAN13, SSCC, gs1_check_digit, gs1_fits, upce_to_upca

BOOK_PREFIXES = ("978", "979")
BOOK_AND_MAGAZINE_PREFIXES = ("977", *BOOK_PREFIXES)
MUSIC_PREFIX = "9790"


@dataclass(frozen=True, slots=True)
class Code:
    """One read.

    `value` is the text to look up: 13 digits for ISBN, EAN-13 and UPC, 14 for a carton's GTIN (never one
    copy: `contains_isbn13` is what lies inside), 8 for EAN-8, the label itself for own labels, with its
    `number`. `reason` is a stable code that says why `ok` is false. `repaired`: full-width characters were
    folded, so a Chinese input method is on.
    """

    kind: str
    ok: bool = True
    value: str = ""
    isbn13: str | None = None
    gtin: str | None = None
    sscc: str | None = None
    addon: str | None = None
    aim: str | None = None
    ais: tuple[tuple[str, str], ...] = ()
    payload: str | None = None
    contains_isbn13: str | None = None
    indicator: str | None = None
    reason: str | None = None
    number: int | None = None
    repaired: bool = False


def refused(reason: str, *, aim: str | None = None, repaired: bool = False) -> Code:
    return Code("invalid", ok=False, reason=reason, aim=aim, repaired=repaired)


def with_addon(digits: str) -> Code | None:
    """EAN-13 and its add-on run together.

    An SSCC has 18 digits too, and one in ten begins like an EAN: outside the book and magazine prefixes the
    longer sum decides.
    """
    if not gs1_fits(digits[:EAN13]):
        return None
    if len(digits) == SSCC and not digits.startswith(BOOK_AND_MAGAZINE_PREFIXES) and gs1_fits(digits):
        return None
    return thirteen(digits[:EAN13], addon=digits[EAN13:])


def thirteen(digits: str, addon: str | None = None) -> Code:
    if not gs1_fits(digits):
        return refused("wrong_check_digit")
    if not digits.strip("0"):
        return refused("filler")  # the sum fits, but it is what programs write into an empty field
    if is_isbn13(digits):
        return Code("isbn13", value=digits, isbn13=digits, addon=addon)
    kind = "ismn" if digits.startswith(MUSIC_PREFIX) else "ean13"
    return Code(kind, value=digits, gtin=digits, addon=addon)


def twelve(digits: str) -> Code:
    # Twelve bare digits can be nothing but a UPC-A, so a refused one still has its kind.
    if not gs1_fits(digits):
        return replace(refused("wrong_check_digit"), kind="upca")
    return Code("upca", value="0" + digits, gtin=digits) if digits.strip("0") else refused("filler")


def eight(digits: str) -> Code:
    if not gs1_fits(digits):
        return refused("wrong_check_digit")
    return Code("ean8", value=digits, gtin=digits) if digits.strip("0") else refused("filler")


def eight_typed(digits: str) -> Code:
    """EAN-8 before UPC-E: eight digits that fit both are an EAN-8 far more often."""
    return eight(digits) if gs1_fits(digits) else upce(digits)


def upce(digits: str) -> Code:
    upca = upce_to_upca(digits)
    return Code("upce", value="0" + upca, gtin=upca) if upca else refused("wrong_check_digit")


def fourteen(digits: str) -> Code:
    """A carton's number. Indicator 0 is the single unit written with a leading zero."""
    if not gs1_fits(digits):
        return refused("wrong_check_digit")
    if not digits.strip("0"):
        return refused("filler")
    unit = digits[1:13] + gs1_check_digit(digits[1:13])
    return Code(
        "gtin14",
        value=unit if digits[0] == "0" else digits,
        gtin=digits,
        contains_isbn13=unit if is_isbn13(unit) else None,
        indicator=digits[0],
    )


def sscc(digits: str) -> Code:
    return Code("sscc", value=digits, sscc=digits) if gs1_fits(digits) else refused("wrong_check_digit")


def is_isbn13(digits: str) -> bool:
    """Whether thirteen checked digits name a book: 979-0 is sheet music."""
    return digits.startswith(BOOK_PREFIXES) and not digits.startswith(MUSIC_PREFIX)


def own_label(text: str) -> Code | None:
    """A whole label or badge of ours. Caps lock is no damage: small letters are the same label."""
    upper = text.upper()
    if not own_labels.is_whole(upper):
        return None
    if upper[0] == "U":
        return Code("badge", value=upper)
    return Code(own_labels.KINDS[upper[0]], value=upper, number=int(upper[1:8]))


def link(text: str) -> Code:
    """A web address: GS1 Digital Link where it is one, otherwise text."""
    elements = gs1_codes.read_link(text)
    return Code("text", value=text, payload=text) if elements is None else from_elements(elements, text)


def from_elements(elements: gs1_codes.Elements, text: str) -> Code:
    """GS1 elements as a code: the trade item first, then the logistic unit, then whatever else they say."""
    if elements.reason:
        return refused(elements.reason)
    pallet, gtin = elements.value_of("00"), elements.value_of("01")
    unit = fourteen(gtin.zfill(14)) if gtin else None
    if unit and unit.ok:
        return Code(
            "gs1",
            value=unit.value,
            isbn13=unit.contains_isbn13 if unit.indicator == "0" else None,
            gtin=gtin,
            sscc=pallet,
            ais=elements.ais,
            contains_isbn13=unit.contains_isbn13,
            indicator=unit.indicator,
        )
    if unit:
        return unit
    if pallet:
        return Code("sscc", value=pallet, sscc=pallet, ais=elements.ais)
    return Code("gs1", value=text, ais=elements.ais, payload=text)
