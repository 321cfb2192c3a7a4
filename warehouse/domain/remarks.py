"""Buyers write what they want instead of ordering it: "拍A要B" (ORD-2). Finds remarks that contradict the
lines."""

import re
from collections.abc import Sequence

# The wish to get another thing than was ordered: enough by itself.
_SWAP = re.compile(
    r"换成|改成|改为|换一[本套册]|拍错|买错|下错|拍(?![照个张]).{1,12}[要发]|"
    r"\b(?:ordered|bought|chose)\b.{0,30}\b(?:by mistake|wrong)\b|"
    r"\b(?:swap|exchange|replace|change)\b.{0,40}\b(?:to|for|with)\b|"
    r"\b(?:send|want|need|prefer|ship)\b.{0,60}\binstead\b",
    re.IGNORECASE | re.DOTALL,
)
# Only a wish for something: it must name a volume, a binding, a colour or a title to count.
_WISH = re.compile(r"要|发|换|寄|\b(?:want|send|need|prefer|please|only)\b", re.IGNORECASE)
_REFUSE = re.compile(r"不要|别发|不发|勿发|别寄|\b(?:not|no|don'?t)\b", re.IGNORECASE)

_VOLUME = re.compile(
    r"第\s*[0-9一二三四五六七八九十]+\s*[册卷部辑集]|[上中下][册卷部]|"
    r"\b(?:vol(?:ume)?\.?|book|part)\s*(?:[0-9]+|one|two|three|four|five)\b",
    re.IGNORECASE,
)
_FEATURE = re.compile(
    r"精装|平装|硬壳|线装|英文版|中文版|[红蓝绿黄黑白紫粉灰]色(?:封面|版|款)?|"
    r"\b(?:hardcover|hardback|paperback|(?:red|blue|green|yellow|black|white)\s+(?:cover|edition))\b",
    re.IGNORECASE,
)
_TITLE = re.compile(r"《([^》]{1,60})》|“([^”]{3,60})”|\"([^\"<>=]{3,60})\"")

_CLAUSE_END = re.compile(r"[，。；！？,.;!?\n]")


# A title shorter than this is a word of everyday speech as well.
SHORTEST_HAN, SHORTEST_LATIN = 3, 8
_LATIN_ONLY = re.compile(r"[\x00-\u024f]+")


def titles_named(remark: str, titles: Sequence[str]) -> list[str]:
    """Those of some catalogue titles that stand in a remark, the longest first, as whole words."""
    text = _plain(remark)
    found: list[str] = []
    for title in sorted(set(titles), key=len, reverse=True):
        plain, is_latin = _plain(title), bool(_LATIN_ONLY.fullmatch(title))
        if len(plain) < (SHORTEST_LATIN if is_latin else SHORTEST_HAN) or plain not in text:
            continue
        if is_latin and not re.search(rf"\b{re.escape(title)}\b", remark, re.IGNORECASE):
            continue
        if not any(plain in _plain(longer) for longer in found):
            found.append(title)
    return found


def contradiction(remark: str, titles: Sequence[str], named: Sequence[str] = ()) -> str | None:
    """The words of the remark that the ordered titles contradict, or None. Delivery wishes, invoices and gift
    wrapping are none. `named` are catalogue titles that stand in the remark: one that was not ordered and is wished
    for, or one that was ordered and is not, contradicts without any mark round it."""
    if not remark.strip():
        return None
    if swap := _SWAP.search(remark):
        return swap.group(0)
    if not (_WISH.search(remark) or _REFUSE.search(remark)):
        return None
    ordered = _plain(" ".join(titles))
    for title in named:
        clause = _CLAUSE_END.split(remark[: max(0, remark.casefold().find(title.casefold()))])[-1]
        if (_plain(title) in ordered) == (_REFUSE.search(clause) is not None):
            return title
    for pattern in (_VOLUME, _FEATURE, _TITLE):
        for found in pattern.finditer(remark):
            word = next((group for group in found.groups() if group), found.group(0))
            is_ordered = _plain(word) in ordered
            clause = _CLAUSE_END.split(remark[: found.start()])[-1]
            is_refused = _REFUSE.search(clause) is not None
            if is_ordered == is_refused:
                return word
    return None


def _plain(text: str) -> str:
    return re.sub(r"[\s.,:·\-（）()]", "", text).casefold()
