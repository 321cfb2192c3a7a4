"""Cut the static fonts of this folder from the variable Noto fonts. Run by hand, never by the program.

    pip install fonttools
    python make_fonts.py FOLDER     # FOLDER holds the variable TrueType files, at any depth

reportlab embeds TrueType outlines only, knows no variable fonts and no shaping, so: one weight a file, layout
tables dropped. Sources, all SIL Open Font License 1.1: Noto Sans SC and KR, Noto Sans (Latin, Greek,
Cyrillic), Noto Sans Arabic. "Noto" is not a reserved name; the reserved "Source" is not used.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).parent


def in_codec(codec: str, leads: range) -> set[int]:
    """Code points of the two-byte characters of a legacy codec."""
    found = set()
    for lead in leads:
        for trail in range(0x40, 0xFF):
            text = bytes((lead, trail)).decode(codec, "ignore")
            if len(text) == 1:
                found.add(ord(text))
    return found


def ranges(*pairs: tuple[int, int]) -> set[int]:
    """All code points of the ranges, ends included."""
    return {point for first, last in pairs for point in range(first, last + 1)}


LATIN = ranges((0x20, 0x7E), (0xA0, 0x24F), (0x1E00, 0x1EFF))
SYMBOLS = ranges((0x2C6, 0x2DD), (0x300, 0x36F), (0x2010, 0x205E), (0x2070, 0x209F), (0x20A0, 0x20BF),
                 (0x2100, 0x214F), (0xFB00, 0xFB04), (0xFFFD, 0xFFFD))
GREEK_CYRILLIC = ranges((0x370, 0x3FF), (0x400, 0x52F), (0x1F00, 0x1FFF))
KANA_AND_WIDE = ranges((0x3000, 0x33FF), (0xFE10, 0xFE4F), (0xFF00, 0xFFEF))
PICTURES = ranges((0x2150, 0x218F), (0x2190, 0x23FF), (0x2460, 0x27BF))
HANZI = ranges((0x2E80, 0x2FDF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
ARABIC = ranges((0x600, 0x6FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF), (0x200C, 0x200D))

# Regular and Bold hold the hanzi in common use (GB 2312, the first level of Big5) and those beyond GBK that
# stand in people's names (Table of 8105). All others are in Rare, opened only when one of them is met:
# reportlab copies the whole outline table of a font for every document it stands in, 1 ms for 9 MB.
GBK = in_codec("gbk", range(0x81, 0xFF))
COMMON_HANZI = in_codec("gb2312", range(0xA1, 0xF8)) | in_codec("big5", range(0xA4, 0xC7))
NAME_HANZI = ranges((0x9FA6, 0x9FFF), (0x20000, 0x3FFFF)) | {
    ord(hanzi)
    for hanzi in (
        "㑇㑊㕮㘎㙍㙘㙦㛃㛚㛹㟃㠇㠓㤘㥄㧐㧑㧟㫰㬊㬎㬚㭎㭕㮾㰀㳇㳘㳚㴔㵐㶲㸆㸌㺄㻬㽏㿠䁖䂮䃅"
        "䃎䅟䌹䎃䎖䏝䏡䏲䐃䓖䓛䓨䓫䓬䗖䗛䗪䗴䜣䝙䢺䢼䣘䥽䦃䲟䲠䲢䴓䴔䴕䴖䴗䴘䴙䶮"
    )
}

CJK_COMMON = LATIN | SYMBOLS | GREEK_CYRILLIC | KANA_AND_WIDE | PICTURES | COMMON_HANZI | NAME_HANZI
FONTS = (
    ("NotoSansSC-Regular.ttf", "NotoSansSC[wght].ttf", 400, CJK_COMMON),
    ("NotoSansSC-Bold.ttf", "NotoSansSC[wght].ttf", 700, CJK_COMMON),
    ("NotoSansSCRare-Regular.ttf", "NotoSansSC[wght].ttf", 400, (GBK | HANZI) - CJK_COMMON),
    ("NotoSans-Regular.ttf", "NotoSans[wdth,wght].ttf", 400, LATIN | SYMBOLS | GREEK_CYRILLIC),
    ("NotoSans-Bold.ttf", "NotoSans[wdth,wght].ttf", 700, LATIN | SYMBOLS | GREEK_CYRILLIC),
    ("NotoSansArabic-Regular.ttf", "NotoSansArabic[wdth,wght].ttf", 400, ARABIC),
    ("NotoSansKR-Regular.ttf", "NotoSansKR[wght].ttf", 400, in_codec("euc_kr", range(0xB0, 0xC9))),
)


def cut(source: Path, target: Path, weight: int, points: Iterable[int]) -> None:
    """Write one static weight of `source` with the given code points."""
    font = TTFont(source)
    options = Options()
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx"]
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    axes = {axis.axisTag for axis in font["fvar"].axes}
    place = {"wght": weight} | ({"wdth": 100} if "wdth" in axes else {})
    font = instantiateVariableFont(font, place)
    font["post"].formatType = 3.0
    name = target.stem
    for record in list(font["name"].names):
        if record.nameID not in (0, 13, 14):
            font["name"].removeNames(nameID=record.nameID)
    family, style = name.split("-")
    for name_id, text in ((1, family), (2, style), (4, name), (6, name)):
        font["name"].setName(text, name_id, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    font.save(target)
    print(f"{target.name}: {len(font.getBestCmap())} characters, {target.stat().st_size:,} bytes")


def main() -> None:
    """Cut every font of the table."""
    folder = Path(sys.argv[1])
    for target, source_name, weight, points in FONTS:
        source = next(path for path in sorted(folder.rglob("*.ttf")) if path.name == source_name)
        cut(source, HERE / target, weight, points)


if __name__ == "__main__":
    main()
