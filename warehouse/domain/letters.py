"""Texts for customers, plain text only: which names in braces one may have, and how they are filled (EXC-3, SHP-3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from warehouse.domain.messages import TOPICS
from warehouse.domain.money import WITHOUT_MINOR_UNITS
from warehouse.errors import Invalid

# What every text may name. `{name}` and `{link}` are put in when the letter is sealed for sending, the others when it
# is suggested; `{answer}` is written by a person each time.
NAME, LINK, ANSWER = "name", "link", "answer"
ALWAYS = ("order", NAME, LINK, "shop")
# A line that names one of these falls out where there is nothing to say.
MAY_BE_EMPTY = frozenset({LINK, "expected", "tracking"})
SUBJECT_LIMIT, BODY_LIMIT = 150, 4000
# RFC 5321: 64 before the sign, 255 behind it, 254 in all.
ADDRESS_LIMIT = 254

CHINESE = "zh-Hans"

_BLANK = re.compile(r"\{([a-z_]+)\}")
# Neither blanks nor what has a meaning of its own in a header.
_LETTER = r"""[^\s@<>()\[\]\\,;:"\x00-\x1f\x7f"""
_ADDRESS = re.compile(rf"{_LETTER}]{{1,64}}@{_LETTER}.]+(\.{_LETTER}.]+)+")
_TAG = re.compile(r"<\s*[A-Za-z/!]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Shop:
    """Who writes: the shop's names, where its customers' pages are (empty: nowhere), whose hours its days have."""

    name: str
    name_zh: str
    public_url: str
    time_zone: str

    def address_of(self, link: str) -> str:
        return f"{self.public_url.rstrip('/')}/o/{link}" if self.public_url else ""


@dataclass(frozen=True)
class Letter:
    """`missing` are the names in braces that nothing was known for: a person must write there."""

    subject: str
    body: str
    missing: tuple[str, ...] = ()


def names_for(why: str) -> tuple[str, ...]:
    """Names in braces that a text about `why` may have."""
    return (*ALWAYS, *TOPICS[why].facts, ANSWER)


def check_text(why: str, subject: str, body: str, *, sends_itself: bool) -> Letter:
    """The text as it is kept, without blanks at its ends. Refused: empty, too long, markup, a name in braces that this
    topic does not know, a lone brace, and a text that shall send itself but waits for a person's answer."""
    letter = _plain(subject, body)
    if _TAG.search(letter.subject) or _TAG.search(letter.body):
        raise Invalid("messages.no_markup")
    known = names_for(why)
    for text in (letter.subject, letter.body):
        unknown = [name for name in _BLANK.findall(text) if name not in known]
        if unknown:
            raise Invalid("messages.unknown_name", name=unknown[0], known=", ".join(f"{{{name}}}" for name in known))
        if "{" in _BLANK.sub("", text) or "}" in _BLANK.sub("", text):
            raise Invalid("messages.lone_brace")
    if sends_itself and ANSWER in _BLANK.findall(letter.subject + letter.body):
        raise Invalid("messages.answer_needs_a_person")
    return letter


def suggest(subject: str, body: str, words: Mapping[str, str]) -> Letter:
    """The text with `words` put in. Lines whose empty word may be missing fall out; other empty ones stay in braces
    and are named in `missing`."""
    lines = [line for line in body.split("\n") if not any(
        name in MAY_BE_EMPTY and not words.get(name) for name in _BLANK.findall(line))]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    missing = tuple(dict.fromkeys(
        name for name in _BLANK.findall(f"{subject}\n{text}") if not words.get(name)))
    return Letter(_filled(subject, words), _filled(text, words), missing)


def finish(subject: str, body: str, *, name: str, link: str) -> Letter:
    """The letter as the customer gets it. Refused while anything else stands in braces: it was not written yet."""
    letter = _plain(subject, body)
    words = {NAME: " ".join(_CONTROL.sub(" ", name).split()), LINK: link}
    if left := [found for found in _BLANK.findall(f"{letter.subject}\n{letter.body}") if not words.get(found)]:
        raise Invalid("messages.unfilled", name=left[0])
    done = Letter(_filled(letter.subject, words), _filled(letter.body, words))
    return Letter(done.subject[:SUBJECT_LIMIT], done.body)


def check_address(address: str) -> str:
    """An e-mail address as it may stand in a header. Refused: none, several, blanks or line breaks in it."""
    address = address.strip()
    if not address:
        raise Invalid("messages.no_address")
    if not _ADDRESS.fullmatch(address) or len(address) > ADDRESS_LIMIT:
        raise Invalid("messages.address_wrong")
    return address


def fact_words(facts: Mapping[str, Any], language: str, time_zone: str) -> dict[str, str]:
    """Facts of a message as a letter says them: days and amounts in the customer's way, everything on one line."""
    words = {name: " ".join(_CONTROL.sub(" ", str(fact)).split()) for name, fact in facts.items() if fact is not None}
    if expected := words.get("expected"):
        words["expected"] = _day(expected, language, time_zone)
    if isinstance(facts.get("amount"), int):
        words["amount"] = _amount(int(facts["amount"]), words.get("currency", ""))
    return words


def _plain(subject: str, body: str) -> Letter:
    subject = subject.strip()
    body = "\n".join(line.rstrip() for line in body.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n"))
    if not subject or not body:
        raise Invalid("messages.text_empty")
    if len(subject) > SUBJECT_LIMIT or len(body) > BODY_LIMIT:
        raise Invalid("messages.text_too_long", subject=SUBJECT_LIMIT, body=BODY_LIMIT)
    # A second line in the subject would be a header of its own.
    if "\n" in subject or "\r" in subject or _CONTROL.search(subject + body):
        raise Invalid("messages.one_line_subject")
    return Letter(subject, body)


def _filled(text: str, words: Mapping[str, str]) -> str:
    """Each name once: what was put in is not looked through again."""
    return _BLANK.sub(lambda found: words.get(found[1]) or found[0], text)


def _day(text: str, language: str, time_zone: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        day = moment.astimezone(ZoneInfo(time_zone)).date() if moment.tzinfo else date.fromisoformat(text[:10])
    except ValueError:
        return text
    if language == CHINESE:
        return f"{day.month} 月 {day.day} 日"
    return f"{day.day} {day:%B}"


def _amount(minor: int, currency: str) -> str:
    return f"{minor:,}" if currency in WITHOUT_MINOR_UNITS else f"{minor // 100:,}.{minor % 100:02d}"
