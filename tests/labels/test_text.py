"""Words: every character has a glyph or a number, lines stay in their box, Arabic reads the right way."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels import bidi, packing_slip, text
from tests.labels import papers
from tests.shared_data import needs_shared, shared_rows

LONG = "《时间简史》（插图本）The Hitchhiker’s Guide to the Galaxy: 42 周年纪念版，9787536692930 Donaudampfschiff"


def two_byte_characters(codec, leads):
    pairs = (bytes((lead, trail)) for lead in leads for trail in range(0x40, 0xFF))
    return {char for pair in pairs if len(char := pair.decode(codec, "ignore")) == 1}


@pytest.mark.parametrize(
    "characters",
    [
        {chr(point) for first, last in ((0x20, 0x7E), (0xA1, 0x24F)) for point in range(first, last + 1)},
        {chr(point) for point in range(0x391, 0x3CF)} - {"\u03a2"},
        {chr(point) for point in range(0x400, 0x530)},
        {chr(point) for point in range(0x3041, 0x3097)} | {chr(point) for point in range(0xFF01, 0xFF5F)},
        two_byte_characters("gb2312", range(0xA1, 0xF8)),
        # Only ≒ of GBK is in no font of ours.
        {c for c in two_byte_characters("gbk", range(0x81, 0xFF)) if unicodedata.category(c) != "Co"} - {"≒"},
    ],
    ids=["latin", "greek", "cyrillic", "kana and full width", "GB 2312", "GBK"],
)
def test_a_whole_character_set_has_glyphs(characters):
    assert text.missing_glyphs("".join(sorted(characters))) == ()


def test_rare_characters_of_names_print_and_unknown_ones_show_their_number():
    assert text.missing_glyphs("曹𫚕堽 梁䶮𬣞 𪩘 𨭉 𦈡 䓖") == ()
    assert text.missing_glyphs("吴𠮷 📚", "𠮷") == ("𠮷",)
    assert [run.chars for run in text.runs(text.clean("吴𠮷"))] == ["吴", "U+20BB7"]


def test_a_whole_paper_is_asked_for_missing_characters():
    line = packing_slip.SlipLine("𠮷野", 1, 1)
    slip = packing_slip.PackingSlip("zh-Hans", "书店", "1", "O1", "张*", papers.ON, (line,))

    assert text.missing_glyphs(slip) == ("𠮷",)


@needs_shared("addresses", "names_rare.csv")
def test_names_of_the_sample_print_but_for_one_character_that_no_font_has():
    names = [row["name"] for row in shared_rows("addresses", "names_rare.csv")]

    assert set(text.missing_glyphs(names)) <= {"𡋾"}


@needs_shared("catalogue", "books.csv")
def test_nearly_all_titles_of_the_sample_print():
    titles = [row["title"] for row in shared_rows("catalogue", "books.csv")]

    assert sum(bool(text.missing_glyphs(title)) for title in titles) <= len(titles) // 1000


@needs_shared("catalogue", "awkward.csv")
def test_awkward_titles_print_in_their_box():
    for row in shared_rows("catalogue", "awkward.csv"):
        lines, size = text.fit(row["title"], 150, 10, lines=3)
        assert all(text.width_em(line, bold=False) * size <= 150.01 for line in lines), row["case_id"]


@pytest.mark.parametrize(
    ("raw", "printed"),
    [
        ("a\nb\tc\r\nd", "a b c d"),
        ("evil\u202egnp.exe\u2066", "evilgnp.exe"),
        ("nul\x00bell\x07", "nulbell"),
        ("書❤️📚👩‍👩‍👧 1️⃣ ok", "書 1 ok"),
        ("Dvor\u030ca\u0301k", "Dvořák"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("  two   spaces  ", "two spaces"),
    ],
)
def test_what_would_spoil_a_line_is_taken_out(raw, printed):
    assert text.clean(raw).replace("❤", "") == printed


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=80), st.floats(20, 300), st.booleans())
def test_no_line_is_wider_than_its_box_and_nothing_is_lost(words, width_pt, is_bold):
    lines = text.wrap(words, width_pt, 10, bold=is_bold)

    assert "".join(lines).replace(" ", "") == text.clean(words).replace(" ", "").rstrip()
    for line in lines:
        assert len(line) == 1 or text.width_em(line, is_bold) * 10 <= width_pt + 0.01


@pytest.mark.parametrize("width_pt", range(60, 300, 12))
def test_lines_break_between_words_and_never_before_a_closing_mark(width_pt):
    lines = text.wrap(LONG, width_pt, 10)

    assert all(line[0] not in "，。）》：" for line in lines)
    assert all(line[-1] not in "（《" for line in lines)
    if width_pt > 100:
        assert any("9787536692930" in line for line in lines)


def test_a_long_title_gets_smaller_and_at_last_ends_with_an_ellipsis():
    roomy, size = text.fit(LONG, 300, 10, lines=2)
    tight, smallest = text.fit(LONG, 60, 10, lines=2, smallest_pt=7)

    assert (len(roomy), size) == (2, 10)
    assert len(tight) == 2
    assert smallest == 7
    assert tight[-1].endswith("…")


def test_latin_words_take_narrow_quotes_and_chinese_words_wide_ones():
    assert {run.font for run in text.runs("a’s “b” … c · d") if set(run.chars) & set("’“”…·")} == {text.LATIN}
    assert [run.font for run in text.runs("他说“三体”…")] == [text.HANZI]


def test_arabic_letters_join_and_run_from_right_to_left():
    assert bidi.joined("سلام") == "\ufeb3\ufefc\ufee1"
    assert bidi.drawing_order(bidi.joined("سلام")) == "\ufee1\ufefc\ufeb3"


@pytest.mark.parametrize(
    ("logical", "drawn"),
    [
        ("אב 12 גד", "דג 12 בא"),
        ("abc אב def", "abc בא def"),
        ("אב abc גד", "דג abc בא"),
        ("(אב)", "(בא)"),
        ("1998 אב", "בא 1998"),
        ("abc 12", "abc 12"),
    ],
)
def test_mixed_directions_are_put_in_drawing_order(logical, drawn):
    assert bidi.drawing_order(logical) == drawn


def test_a_letter_without_ligature_follows_the_non_joiner():
    assert bidi.joined("ح\u200cا") == "\ufea1\ufe8d"
