"""Sentences in both languages: a code and its facts in, a sentence out. Knows no screen and no database.

The words are in `locale/<area>.toml`, Chinese and English side by side, so that one cannot be changed
without seeing the other. `[code]` has `en` and `zh`; `en_one` is used where the fact `n` is 1.
"""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

ENGLISH, CHINESE = "en", "zh-Hans"
LANGUAGES = (ENGLISH, CHINESE)
LOCALE_FOLDER = Path(__file__).parent / "locale"


@cache
def sentences() -> dict[str, dict[str, str]]:
    """All sentences by `area.code`."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(LOCALE_FOLDER.glob("*.toml")):
        for code, words in tomllib.loads(path.read_text(encoding="utf-8")).items():
            found[f"{path.stem}.{code}"] = words
    return found


def say(lang: str, code: str, /, **facts: Any) -> str:
    """The sentence for `code` in `lang`. An unknown code is a fault: the house test keeps them complete."""
    words = sentences()[code]
    if lang == CHINESE:
        return words["zh"].format(**facts)
    if facts.get("n") == 1 and "en_one" in words:
        return words["en_one"].format(**facts)
    return words["en"].format(**facts)


def has_sentence(code: str) -> bool:
    return code in sentences()


def choose_language(wanted: Iterable[str]) -> str:
    """The first of the browser's languages that we speak. Any `zh…` is Chinese: best-match libraries
    give English to `zh-CN` because it is not literally `zh-Hans`."""
    for tag in wanted:
        if tag.lower().startswith("zh"):
            return CHINESE
        if tag.lower().startswith("en"):
            return ENGLISH
    return ENGLISH
