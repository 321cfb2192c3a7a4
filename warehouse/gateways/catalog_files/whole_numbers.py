"""Whole numbers in cells."""

import re
import unicodedata

_WHOLE = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.0+)?")


def whole_number(text: str) -> int | None:
    """`12`, `12.0`, `1,200`; None for anything that is not a whole number of zero or more."""
    match = _WHOLE.fullmatch(unicodedata.normalize("NFKC", text).strip().lstrip("'"))
    return int(match[1].replace(",", "")) if match else None
