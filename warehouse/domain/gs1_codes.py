"""GS1 messages, bracketed GS1 text and GS1 web links taken apart.

Only called where the code itself says that it is GS1: the parser behind it takes nearly any digits for a
message (a damaged ISBN is "AI 97").
"""

import re
from types import ModuleType
from typing import Any, NamedTuple

GS = "\x1d"
# How scanners spell the separator when they cannot send the control character.
_SPELLED = re.compile(r"<GS>|\{GS\}|\\F", re.IGNORECASE)
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)([^()]+)")


class Elements(NamedTuple):
    """The element strings as (AI, value) in order of print, or the reason why there are none."""

    ais: tuple[tuple[str, str], ...] = ()
    reason: str | None = None

    def value_of(self, ai: str) -> str | None:
        return dict(self.ais).get(ai)


def read_message(body: str) -> Elements:
    """What stands behind a GS1 symbology identifier; separators as control character or spelled out."""
    body = _SPELLED.sub(GS, body).strip(GS)
    if not body:
        return Elements(reason="empty")
    if re.fullmatch(r"97[89][0-9]{10}", body):
        return Elements(reason="bad_gs1")  # an ISBN under the wrong identifier would pass as "AI 97"
    try:
        parsed = _parser().parse("]C1" + body)
    except _parser().BiipException:
        return Elements(reason="bad_gs1")
    if parsed.gs1_message is None:
        unknown = "Failed to get GS1 Application Identifier" in (parsed.gs1_message_error or "")
        return Elements(reason="unknown_ai" if unknown else "bad_gs1")
    return _checked(parsed.gs1_message.element_strings)


def read_bracketed(text: str) -> Elements:
    """`(01)09780596008574(10)ABC`, as printed below a symbol and typed by people."""
    parts = _BRACKETED.findall(text)
    if "".join(f"({ai}){value}" for ai, value in parts) != text:
        return Elements(reason="bad_gs1")
    found = [read_message(ai + value.strip()) for ai, value in parts]
    refused = [elements.reason for elements in found if elements.reason]
    if refused:
        return Elements(reason=refused[0])
    return _without_contradiction([pair for elements in found for pair in elements.ais])


def read_link(text: str) -> Elements | None:
    """The elements of a GS1 Digital Link, or None where the address is any other page."""
    try:
        link = _parser().parse(text).gs1_digital_link_uri
    except _parser().BiipException:
        return None
    return None if link is None else _checked(link.element_strings)


def _parser() -> ModuleType:
    """Loaded with the first GS1 code: its table of prefixes takes half of what a short command takes to start."""
    import biip  # noqa: PLC0415 - see above

    return biip


def _checked(element_strings: list[Any]) -> Elements:
    if any(element.gtin_error or element.sscc_error for element in element_strings):
        return Elements(reason="wrong_check_digit")
    return _without_contradiction([(element.ai.ai, element.value) for element in element_strings])


def _without_contradiction(pairs: list[tuple[str, str]]) -> Elements:
    if len(dict(pairs)) < len(set(pairs)):
        return Elements(reason="two_codes")
    return Elements(ais=tuple(dict(pairs).items()))
