"""The sums that printed numbers carry: EAN, UPC, GTIN, SSCC, ISBN-10, ISSN. Nothing is repaired here."""

from operator import mul

# Lengths in characters, check digit included.
EAN8, ISSN, ISBN10, UPCA, EAN13, GTIN14, SSCC = 8, 8, 10, 12, 13, 14, 18


def gs1_check_digit(body: str) -> str:
    """The check digit that belongs behind `body`, ASCII digits: EAN, UPC, GTIN and SSCC alike."""
    weighted = sum(map(int, body[-1::-2])) * 3 + sum(map(int, body[-2::-2]))
    return str(-weighted % 10)


def gs1_fits(digits: str) -> bool:
    """Whether the last of these ASCII digits is the right check digit."""
    weighted = sum(map(int, digits[-2::-2])) * 3 + sum(map(int, digits[-1::-2]))
    return weighted % 10 == 0


def is_digits(text: str) -> bool:
    """ASCII digits only: `str.isdigit` alone also takes superscripts and the digits of other scripts."""
    return text.isascii() and text.isdigit()


def isbn10_fits(text: str) -> bool:
    """Ten characters, digits with `X` allowed last, and the sum divides by 11."""
    if len(text) != ISBN10 or not is_digits(text[:9]) or not (is_digits(text[9]) or text[9] == "X"):
        return False
    total: int = sum(map(mul, range(10, 1, -1), map(int, text[:9])))
    return (total + (10 if text[9] == "X" else int(text[9]))) % 11 == 0


def isbn10_to_13(isbn10: str) -> str:
    """The same edition's ISBN-13. The caller has checked the ISBN-10."""
    body = "978" + isbn10[:9]
    return body + gs1_check_digit(body)


def issn_fits(text: str) -> bool:
    """Eight characters without hyphen, `X` allowed last, and the sum divides by 11."""
    if len(text) != ISSN or not is_digits(text[:7]) or not (is_digits(text[7]) or text[7] == "X"):
        return False
    total: int = sum(map(mul, range(8, 1, -1), map(int, text[:7])))
    return (total + (10 if text[7] == "X" else int(text[7]))) % 11 == 0


def upce_to_upca(digits: str) -> str | None:
    """The twelve digits an eight-digit UPC-E stands for; None where it is none or its check fails."""
    if len(digits) != EAN8 or digits[0] not in "01":
        return None
    system, body, last, check = digits[0], digits[1:6], digits[6], digits[7]
    if last in "012":
        middle = body[:2] + last + "0000" + body[2:]
    elif last == "3":
        middle = body[:3] + "00000" + body[3:]
    elif last == "4":
        middle = body[:4] + "00000" + body[4]
    else:
        middle = body + "0000" + last
    upca = system + middle + check
    return upca if gs1_fits(upca) else None
