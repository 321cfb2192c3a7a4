"""Bars: what is drawn is what was asked for, on whole dots; what would not scan is refused."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels import barcodes
from labels.page import DOT_MM, Page
from tests.labels import papers
from tests.shared_data import needs_shared, shared_lines

PRINTABLE = string.ascii_letters + string.digits + " -./+:%$*_#()"
PAYLOADS = st.one_of(
    st.text(PRINTABLE, min_size=1, max_size=16),
    st.text(string.digits, min_size=1, max_size=24),
    st.builds("99{}".format, st.text(PRINTABLE, max_size=12)),
    st.builds("{}{}".format, st.text("ABXYZ", max_size=3), st.text(string.digits, max_size=14)),
).filter(lambda payload: payload.strip() == payload and payload)


def drawn(draw) -> bytes:
    page = Page((120, 40), title="bars", lang="en")
    draw(page)
    return page.to_bytes()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(PAYLOADS)
def test_code_128_gives_back_what_was_asked_for(payload):
    pdf = drawn(lambda page: barcodes.draw_code(page, payload, (2, 5, 116, 30)))

    assert papers.scanned(pdf, 203) == [payload]


@pytest.mark.parametrize("payload", ["99", "999999", "9912", "99-1", "9", "12", "123", "12345", "A1234"])
@pytest.mark.parametrize("dpi", [203, 300])
def test_numbers_that_other_encoders_get_wrong_are_right(payload, dpi):
    pdf = drawn(lambda page: barcodes.draw_bars(page, barcodes.code128(payload), (2, 5, 116, 30)))

    assert papers.scanned(pdf, dpi) == [payload]


@pytest.mark.parametrize("isbn", ["9787536692930", "9780345453747", "9791034727209", "0000000000000"])
def test_an_isbn_gives_its_thirteen_digits(isbn):
    pdf = drawn(lambda page: barcodes.draw_bars(page, barcodes.ean13(isbn), (2, 5, 50, 20)))

    assert papers.scanned(pdf, 203) == papers.scanned(pdf, 300) == [isbn]


@pytest.mark.parametrize(
    ("digits", "reason"),
    [
        ("9787544270879", "check_digit"),
        ("978754427087", "not_13_digits"),
        ("978754427087851995", "not_13_digits"),
        ("978754427087X", "not_13_digits"),
        ("９７８７５４４２７０８７８", "not_13_digits"),
        ("", "not_13_digits"),
    ],
)
def test_a_wrong_isbn_is_refused_and_never_repaired(digits, reason):
    with pytest.raises(barcodes.BarcodeRefused) as refused:
        barcodes.ean13(digits)

    assert refused.value.reason == reason


@pytest.mark.parametrize(("payload", "reason"), [("", "empty"), ("三体", "character"), ("A\nB", "character")])
def test_what_code_128_cannot_carry_is_refused(payload, reason):
    with pytest.raises(barcodes.BarcodeRefused) as refused:
        barcodes.code128(payload)

    assert refused.value.reason == reason


def test_a_number_too_long_for_its_place_becomes_a_qr():
    long_number = "LB-ABCDEFGHIJKLMNOPQRSTUVWXYZ-0001"

    pdf = drawn(lambda page: barcodes.draw_code(page, long_number, (2, 5, 60, 30)))

    assert papers.scanned(pdf, 203) == papers.scanned(pdf, 300) == [long_number]


def test_a_place_too_small_for_any_symbol_is_refused():
    page = Page((120, 40), title="bars", lang="en")

    with pytest.raises(barcodes.BarcodeRefused, match="too_small"):
        barcodes.draw_code(page, "T000002H", (2, 5, 8, 8))


def test_a_module_is_never_narrower_than_three_dots():
    bars = barcodes.code128("T000002H")
    fewest_mm = bars.width_modules * 3 * DOT_MM

    assert barcodes.dots_for(bars.width_modules, fewest_mm - DOT_MM) == 0
    assert barcodes.dots_for(bars.width_modules, fewest_mm + DOT_MM) == 3
    assert barcodes.dots_for(bars.width_modules, 500) == 4


def test_quiet_zones_are_ten_modules_and_for_an_isbn_eleven_and_seven():
    assert barcodes.code128("T000002H").quiet == (10, 10)
    assert barcodes.ean13("9787536692930").quiet == (11, 7)


@pytest.mark.parametrize("payload", ["P11820401X", "x", "https://example.com/p/1", "包裹 一", "9" * 60])
def test_a_qr_gives_back_what_was_asked_for(payload):
    pdf = drawn(lambda page: barcodes.draw_qr(page, payload, 2, 2, 36))

    assert papers.scanned(pdf, 203) == papers.scanned(pdf, 300) == [payload]


@needs_shared("tracking", "numbers.jsonl")
def test_carriers_numbers_of_the_sample_stand_on_a_shipping_label():
    numbers = {row["number"].strip() for row in shared_lines("tracking", "numbers.jsonl")}

    for number in sorted(numbers)[::8]:
        pdf = drawn(lambda page, number=number: barcodes.draw_code(page, number, (3, 5, 93, 29)))
        assert papers.scanned(pdf, 203) == [number]
