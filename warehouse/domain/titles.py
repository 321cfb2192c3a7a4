"""Titles as files bring them: cleaned of what is no text, and read for the number of volumes in a set."""

import html
import re
import unicodedata

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Embeddings, overrides and isolates turn the rest of the line round; right-to-left text needs none of them.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile(r"[ \t]*(?:\r\n|[\n\r\v\f\x85\u2028\u2029])[ \t]*")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ud800-\udfff]")

_NUMBER = "[0-9]{1,3}|[一二两兩三四五六七八九十廿]{1,3}"
_SET_OF = re.compile(rf"(?:[全共]|套装)(?:套)?[装裝]?[全共]?\s*({_NUMBER})\s*[册冊卷本部集辑輯种]")
_PARTS = re.compile(r"[上][、,,·/\s]?(中[、,,·/\s]?)?[下](?:[册冊卷部集篇])?(?=[\s)）】\]]|$|套|[册冊卷])")
_BOXED = re.compile(r"box(?:ed)?[ -]?set|boxset|slipcase|collection set|\bbox of\b|\bset\b", re.IGNORECASE)
_ENGLISH_COUNTS = (
    re.compile(r"\b(?:box(?:ed)? ?)?set of ([0-9]{1,2}|[a-z]+)\b", re.IGNORECASE),
    re.compile(
        r"\b([0-9]{1,2}|[a-z]+)[ -](?:volumes?|vols?\.?|books?|cds?)\b[^#]{0,12}\bset\b", re.IGNORECASE
    ),
    re.compile(r"\b([0-9]{1,2}|[a-z]+)[ -](?:volume|book) (?:box(?:ed)? )?set\b", re.IGNORECASE),
)
_BOXED_SET = re.compile(r"box(?:ed)?[ -]?set", re.IGNORECASE)
_RANGE = re.compile(
    r"(?:#|\bbks?\.? |\bbooks |\bvols?\.? |\bvolumes )([0-9]{1,2})\s*[-–]\s*([0-9]{1,2})\b", re.IGNORECASE
)
_WORDS = {
    word: number
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
}
_CHINESE = {char: number for number, char in enumerate("一二三四五六七八九", 1)} | {"两": 2, "兩": 2}


def clean_title(text: str) -> str:
    """The title as people read it: HTML entities resolved, line breaks to spaces, ends trimmed, characters
    that would reverse the page removed. Everything else stays, right-to-left text and emoji included.
    """
    if text.isascii() and text.isprintable() and "&" not in text:
        return text.strip()
    plain = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return _CONTROLS.sub("", _BIDI.sub("", _BREAKS.sub(" ", plain).replace("\t", " "))).strip()


def same_title(one: str, other: str) -> bool:
    """Whether two titles are one to a reader: HTML entities, width, case and spacing aside."""
    return one == other or _plain(one) == _plain(other)


def set_size(title: str) -> int | None:
    """How many physical volumes one copy has, where the title says so: 全五册, 上中下, box set #1-3. None: one."""
    if not title.isascii():
        if match := _SET_OF.search(title):
            return _several(_number(match[1]))
        if match := _PARTS.search(title):
            return 3 if match[1] else 2
    if not _BOXED.search(title):
        return None
    for count in _ENGLISH_COUNTS:
        if (match := count.search(title)) and (number := _number(match[1].lower())):
            return _several(number)
    if _BOXED_SET.search(title) and (match := _RANGE.search(title)):
        return _several(int(match[2]) - int(match[1]) + 1)
    return None


def is_boxed_set(text: str) -> bool:
    """Whether the words speak of a set, whatever its size."""
    return re.search(r"套[装裝]|盒[装裝]|函套|box(?:ed)?[ -]?set|slipcase", text, re.IGNORECASE) is not None


def _plain(title: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", clean_title(title)).casefold().split())


def _several(number: int | None) -> int | None:
    return number if number and number > 1 else None


def _number(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    if text in _WORDS:
        return _WORDS[text]
    tens, ten, ones = text.replace("廿", "二十").partition("十")
    if set(tens + ones) - set(_CHINESE) or len(tens) > 1 or len(ones) > 1:
        return None
    return (_CHINESE.get(tens, 1) * 10 if ten else _CHINESE.get(tens, 0)) + _CHINESE.get(ones, 0)
