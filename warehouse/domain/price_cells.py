"""What a price cell says: whole minor units and a currency, or why it cannot be used.

No other currency is ever read as CNY: where the cell itself does not tell, the country of the ISBN may (a
mainland book's printed price is in yuan), and where that does not either, the price is kept as text only.
"""

import re
import unicodedata
from dataclasses import dataclass

from warehouse.domain.money import WITHOUT_MINOR_UNITS

KNOWN = {"CNY", "TWD", "HKD", "MOP", "USD", "GBP", "EUR", "JPY", "KRW", "SGD", "CAD", "AUD"}
_ISBN_COUNTRIES = (
    ("9787", "CNY"),
    ("9784", "JPY"),
    ("97986", "CNY"),
    ("978957", "TWD"),
    ("978986", "TWD"),
    ("978626", "TWD"),
    ("978962", "HKD"),
    ("978988", "HKD"),
    ("97899937", "MOP"),
    ("97899965", "MOP"),
)
# Longest and most telling first: 新台币 240 元 also holds 元.
_MARKS = (
    (
        re.compile(r"NT\$|NTD|NTS?(?=[\s.]*\d)|\dNT\b|\d\s+NT\b|TWD|[新]?[台臺][币幣]|\bNT\b", re.IGNORECASE),
        "TWD",
    ),
    (re.compile(r"HK\$|HKD|港[币幣元圆圓]", re.IGNORECASE), "HKD"),
    (re.compile(r"MOP|澳门[币元]|葡币", re.IGNORECASE), "MOP"),
    (re.compile(r"US\$|USD|美[元金]", re.IGNORECASE), "USD"),
    (re.compile(r"S\$|SGD|新加坡元|新币", re.IGNORECASE), "SGD"),
    (re.compile(r"C\$|CAD|加元", re.IGNORECASE), "CAD"),
    (re.compile(r"A\$|AUD|澳元", re.IGNORECASE), "AUD"),
    (re.compile(r"GBP|£|英镑|英鎊", re.IGNORECASE), "GBP"),
    (re.compile(r"EUR|€|欧元|歐元", re.IGNORECASE), "EUR"),
    (re.compile(r"KRW|₩|韩[元币]|韓元", re.IGNORECASE), "KRW"),
    (re.compile(r"JPY|円|日[元圆圓]|税込|税抜|本体", re.IGNORECASE), "JPY"),
    (re.compile(r"CNY|RMB|人民[币幣]", re.IGNORECASE), "CNY"),
)
_BRACKETED = re.compile(r"\([^)]*\)|\[[^\]]*\]|【[^】]*】")
_VOLUMES = re.compile(r"[全共]?\d+\s*[册冊本卷套]")
_PLAIN_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")
_NO_OTHER_CURRENCY = re.compile(r"[0-9. ]+元?")
_AMOUNT = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Price:
    """`amount_minor` in the currency's smallest unit (fen, cents, yen), or a `problem`; both empty: no
    price.
    """

    amount_minor: int | None = None
    currency: str | None = None
    problem: str | None = None


def read_price_cell(text: str, *, isbn13: str | None = None, currency: str | None = None) -> Price:
    """The first amount of the cell. `currency` is what another column of the row says; a mark in the cell
    that contradicts it wins, with problem `currency_disagrees` beside the amount.
    """
    # A column of plain numbers beside one of currencies is the usual case of a long file.
    if currency and _PLAIN_NUMBER.fullmatch(text):
        return _price(text, currency)
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return Price()
    amount = _first_amount(plain)
    if amount is None:
        return Price(problem="price_unreadable")
    said = _said(plain, isbn13)
    if said and currency and said != currency:
        return _price(amount, said, problem="currency_disagrees")
    found = said or currency or _unmarked(plain, isbn13)
    return _price(amount, found) if found else Price(problem="price_currency_unknown")


def country_currency(isbn13: str | None) -> str | None:
    """The currency printed on books of this ISBN's country, for the countries a Chinese shop meets most."""
    return next((currency for prefix, currency in _ISBN_COUNTRIES if (isbn13 or "").startswith(prefix)), None)


def _first_amount(plain: str) -> str | None:
    """The digits of the first amount, remarks in brackets and numbers of volumes left out."""
    bare = _VOLUMES.sub(" ", _BRACKETED.sub(" ", plain))
    match = _AMOUNT.search(bare)
    if match is None or bare[: match.start()].rstrip().endswith("-"):
        return None
    # `12,50` is a decimal comma or a cut thousand: nobody can tell.
    return None if re.match(r",\d", bare[match.end() :]) else match[0].replace(",", "")


def _said(plain: str, isbn13: str | None) -> str | None:
    """The currency that the cell names. 元 and ¥ alone name the yuan only where the ISBN does not say
    otherwise.
    """
    unmarked = _NO_OTHER_CURRENCY.fullmatch(plain)
    marked = None if unmarked else next((currency for mark, currency in _MARKS if mark.search(plain)), None)
    if marked:
        return marked
    country = country_currency(isbn13)
    if re.search("[元圆圓]", plain):
        return "CNY" if country in (None, "CNY") else None
    if re.search("[¥¥]", plain):
        # The sign is the yen's too: fractions or the ISBN's country decide.
        return "CNY" if country == "CNY" or (country is None and "." in plain) else None
    return None


def _unmarked(plain: str, isbn13: str | None) -> str | None:
    """A bare number on a mainland book is in yuan, ¥ on a Japanese one in yen; all else stays open."""
    country = country_currency(isbn13)
    if re.search("[元圆圓$]", plain):
        return None
    return country if country == "CNY" or (country == "JPY" and "¥" in plain) else None


def _price(amount: str, currency: str, problem: str | None = None) -> Price:
    whole, _, fraction = amount.partition(".")
    places = 0 if currency in WITHOUT_MINOR_UNITS else 2
    kept, lost = fraction[:places].ljust(places, "0"), fraction[places:]
    if lost.strip("0"):
        return Price(problem="price_unreadable")
    return Price(int(whole + kept), currency, problem)
