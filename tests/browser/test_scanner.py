"""The scanner is heard: whole codes, in order, at any moment, and nothing else is taken for one."""

import pytest

from tests.browser.keys import keyboard_of

BOOK = "9787020002207"
OTHER = "9787536692930"
SHELF = "L:B-07-3"
HANG_AT_THE_FIRST_KEY = """
  const hang = () => {
    const end = performance.now() + 400
    while (performance.now() < end);
  }
  addEventListener('keydown', hang, { once: true })
"""
EARS = """
  window.heard = [];
  for (const name of ['scan', 'scan-torn', 'scan-bounce']) {
    window.addEventListener(name, event => heard.push([name, event.detail.raw]));
  }
"""


@pytest.fixture
def page(tablet, address):
    tablet.add_init_script(EARS)
    opened = tablet.new_page()
    opened.goto(address)
    return opened


def heard(page, what="scan"):
    return page.evaluate("what => heard.filter(each => each[0] === what).map(each => each[1])", what)


def settled(page, bench, count):
    """Wait until the server has counted `count` scans and the page shows it."""
    page.wait_for_function("n => document.getElementById('count')?.textContent === String(n)", arg=count)
    return bench.raws()


@pytest.mark.parametrize(
    "gap_ms", [0.7, 3, 30], ids=["as fast as possible", "40 ms in all", "slow Bluetooth"]
)
def test_a_code_is_read_at_the_speed_of_every_scanner(page, bench, scan_keys, gap_ms):
    scan_keys(page, BOOK, gap_ms)

    assert settled(page, bench, 1) == [BOOK]


def test_two_codes_back_to_back_arrive_in_order_while_a_request_is_in_flight(page, bench, scan_keys):
    bench.gate.clear()
    scan_keys(page, BOOK)
    assert bench.arrived.wait(10)
    keyboard_of(page).type(OTHER, 5)
    keyboard_of(page).type(SHELF, 5)
    assert len(bench.posts) == 1
    bench.gate.set()

    assert settled(page, bench, 3) == [BOOK, OTHER, SHELF]


def test_twenty_codes_in_a_burst_are_all_counted_in_order(page, bench):
    codes = [f"T-{number:04}" for number in range(20)]
    for code in codes:
        keyboard_of(page).wait(20)
        keyboard_of(page).type(code, 2)

    assert settled(page, bench, 20) == codes


def test_a_scan_while_typing_a_note_leaves_the_note_as_it_was(page, bench, scan_keys):
    page.locator("#note").focus()
    keyboard_of(page).type("gift wrap", 120, terminator=None)
    scan_keys(page, BOOK)

    assert settled(page, bench, 1) == [BOOK]
    assert page.locator("#note").input_value() == "gift wrap"


def test_digits_typed_by_a_person_are_no_scan(page, bench, scan_keys):
    page.locator("#note").focus()
    scan_keys(page, BOOK, 120)
    assert page.locator("#note").input_value() == BOOK
    page.locator("#note").blur()
    scan_keys(page, OTHER, 120)
    scan_keys(page, SHELF, 10)

    assert settled(page, bench, 1) == [SHELF]
    assert heard(page, "scan-torn") == []


def test_a_scan_does_not_press_the_focused_button(page, bench, scan_keys):
    page.evaluate(
        "document.querySelector('#plain').addEventListener('click', () => { window.pressed = true })"
    )
    page.locator("#plain").focus()
    scan_keys(page, "LOT 12 B")

    assert settled(page, bench, 1) == ["LOT 12 B"]
    assert page.evaluate("window.pressed") is None


def test_a_person_can_press_a_focused_button_with_enter(page):
    page.evaluate(
        "document.querySelector('#plain').addEventListener('click', () => { window.pressed = true })"
    )
    page.locator("#plain").focus()
    keyboard_of(page).press("Enter", gap_ms=2000)

    assert page.evaluate("window.pressed") is True


def test_a_scan_into_a_form_does_not_send_the_form(page, bench, scan_keys):
    page.locator("#in-form").focus()
    scan_keys(page, BOOK)

    assert settled(page, bench, 1) == [BOOK]
    assert bench.taps == []
    assert page.locator("#in-form").input_value() == ""


def test_a_scan_does_not_change_a_focused_choice(page, bench, scan_keys):
    page.locator("#box").focus()
    scan_keys(page, BOOK)

    assert settled(page, bench, 1) == [BOOK]
    assert page.locator("#box").input_value() == "A4"


def test_a_tapped_button_keeps_no_focus(page):
    page.locator("#plain").click()

    assert page.evaluate("document.activeElement === document.body")


def test_keys_hidden_by_an_input_method_are_read_by_their_place(page, bench):
    keyboard = keyboard_of(page)
    for digit in BOOK:
        keyboard.press("Process", gap_ms=10, code=f"Digit{digit}", text="", number=229)
    keyboard.press("Enter", gap_ms=10)
    keyboard.wait(700)
    for digit in OTHER:
        keyboard.press("Unidentified", gap_ms=10, code=f"Numpad{digit}", text="", number=229)
    keyboard.press("Enter", gap_ms=10, code="NumpadEnter")

    assert settled(page, bench, 2) == [BOOK, OTHER]


def test_a_group_separator_arrives_as_one(page, bench):
    keyboard = keyboard_of(page)
    keyboard.type("01978702", 5, terminator=None)
    keyboard.press("]", gap_ms=5, code="BracketRight", text="", number=221, modifiers=2)
    keyboard.type("10AB", 5)

    assert settled(page, bench, 1) == ["01978702\x1d10AB"]


def test_injected_text_is_read_by_the_sink(page, bench):
    page.evaluate("tablet.settings.set('sink', true)")
    keyboard = keyboard_of(page)
    keyboard.inject(BOOK + "\n")
    assert settled(page, bench, 1) == [BOOK]
    keyboard.inject("９７８７５３６６９２９３０")
    assert settled(page, bench, 2) == [BOOK, OTHER]
    keyboard.inject(SHELF + "\n" + "T-0001\n")

    assert settled(page, bench, 4) == [BOOK, OTHER, SHELF, "T-0001"]


def test_text_composed_by_an_input_method_is_read_by_the_sink(page, bench):
    page.evaluate("tablet.settings.set('sink', true)")
    channel = keyboard_of(page).channel
    for end in (4, 9, 13):
        channel.send(
            "Input.imeSetComposition", {"text": BOOK[:end], "selectionStart": end, "selectionEnd": end}
        )
    keyboard_of(page).inject(BOOK)

    assert settled(page, bench, 1) == [BOOK]


def test_keys_are_read_once_where_the_sink_is_on(page, bench, scan_keys):
    page.evaluate("tablet.settings.set('sink', true)")
    scan_keys(page, BOOK)
    scan_keys(page, SHELF)

    assert settled(page, bench, 2) == [BOOK, SHELF]
    assert page.locator("[data-sink]").input_value() == ""


def test_the_same_code_at_once_is_a_bounce_and_after_half_a_second_a_second_copy(page, bench, scan_keys):
    scan_keys(page, BOOK, 5)
    keyboard_of(page).wait(90)  # the whole second code ends 160 ms after the first
    keyboard_of(page).type(BOOK, 5)
    assert heard(page, "scan-bounce") == [BOOK]
    scan_keys(page, BOOK, 5)

    assert settled(page, bench, 2) == [BOOK, BOOK]


def test_a_scanner_without_suffix_is_read_after_its_pause(page, bench, scan_keys):
    page.evaluate("tablet.settings.set('idle_end_ms', 80)")
    scan_keys(page, BOOK, 5, terminator=None)

    assert settled(page, bench, 1) == [BOOK]


def test_a_page_that_hangs_in_the_middle_of_a_code_still_reads_it(page, bench):
    page.evaluate("tablet.settings.set('idle_end_ms', 80)")
    keyboard = keyboard_of(page)
    page.evaluate(HANG_AT_THE_FIRST_KEY)
    keyboard.type(BOOK, 5, terminator=None)

    assert settled(page, bench, 1) == [BOOK]


def test_slow_typing_on_a_page_that_hangs_is_no_scan(page, scan_keys):
    page.evaluate(HANG_AT_THE_FIRST_KEY)
    scan_keys(page, BOOK, 90)

    assert heard(page) == []


def test_a_prefix_is_taken_off(page, bench, scan_keys):
    page.evaluate("tablet.settings.set('prefix', '~')")
    scan_keys(page, "~" + BOOK)

    assert settled(page, bench, 1) == [BOOK]


def test_a_tab_ends_a_code_without_moving_the_focus(page, bench, scan_keys):
    page.locator("#note").focus()
    scan_keys(page, BOOK, 5, terminator="Tab")

    assert settled(page, bench, 1) == [BOOK]
    assert page.evaluate("document.activeElement.id") == "note"


def test_the_second_end_of_a_code_presses_nothing(page, bench, scan_keys):
    page.evaluate(
        "document.querySelector('#plain').addEventListener('click', () => { window.pressed = true })"
    )
    page.locator("#plain").focus()
    scan_keys(page, BOOK, 5)
    keyboard_of(page).press("Enter", gap_ms=5)

    assert settled(page, bench, 1) == [BOOK]
    assert page.evaluate("window.pressed") is None


def test_a_scan_unlocks_the_sound(tablet, address, bench, scan_keys):
    page = tablet.new_page()
    page.add_init_script(
        "window.said = []; addEventListener('sounded', e => said.push([e.detail.name, e.detail.state]))"
    )
    page.goto(address)
    channel = keyboard_of(page).channel
    before = channel.send(
        "Runtime.evaluate", {"expression": "new AudioContext().state", "userGesture": False}
    )
    assert before["result"]["value"] == "suspended"

    scan_keys(page, BOOK)
    settled(page, bench, 1)

    assert page.evaluate("said") == [["ok", "running"]]


@pytest.mark.parametrize(
    "code",
    ["9787020002208", "978702000220", "97870200022071", "9797020002207", "]E09787020002208"],
    ids=["wrong check digit", "one short", "one long", "wrong for 979", "wrong with AIM id"],
)
def test_a_broken_book_code_is_refused_and_asks_to_scan_again(page, bench, scan_keys, code):
    scan_keys(page, code)
    page.locator("[data-notice=torn]").wait_for(state="visible")
    assert heard(page, "scan-torn") == [code]
    keyboard_of(page).wait(4000)
    scan_keys(page, SHELF)

    assert settled(page, bench, 1) == [SHELF]
    assert page.locator("[data-notice=torn]").is_hidden()


@pytest.mark.parametrize("pause_ms", [520, 700, 1500])
def test_the_second_half_of_a_torn_code_is_refused(page, bench, scan_keys, pause_ms):
    scan_keys(page, "9787020", 10, terminator=None)
    keyboard_of(page).wait(pause_ms)
    keyboard_of(page).type("002207", 10)
    assert heard(page, "scan-torn") == ["002207"]
    scan_keys(page, BOOK)

    assert settled(page, bench, 1) == [BOOK]


def test_the_second_half_is_refused_where_a_pause_ends_a_code(page, bench, scan_keys):
    page.evaluate("tablet.settings.set('idle_end_ms', 80)")
    keyboard_of(page).type("9787020", 10, terminator=None)
    page.wait_for_function("() => heard.length === 1")
    keyboard_of(page).type("002207", 10, terminator=None)
    page.wait_for_function("() => heard.length === 2")

    assert heard(page, "scan-torn") == ["9787020", "002207"]
    assert bench.raws() == []


def test_a_stall_shorter_than_half_a_second_does_not_tear_a_code(page, bench, scan_keys):
    scan_keys(page, "9787020", 10, terminator=None)
    keyboard_of(page).wait(480)
    keyboard_of(page).type("002207", 10)

    assert settled(page, bench, 1) == [BOOK]


@pytest.mark.parametrize(
    "code",
    [SHELF, "978702000220712", "978702000220751299", "]E0" + BOOK, "036000291452", "1234567890", "ORD-10042"],
)
def test_whole_codes_of_every_kind_go_to_the_server(page, bench, scan_keys, code):
    scan_keys(page, code)

    assert settled(page, bench, 1) == [code]


def test_a_scan_during_and_after_a_swap_is_not_lost(page, bench):
    keyboard = keyboard_of(page)
    for number in range(6):
        keyboard.wait(50)
        keyboard.type(f"T-{number:04}", 3)
        page.evaluate("htmx.ajax('GET', '/', { target: '#task', select: '#task', swap: 'outerHTML' })")

    page.wait_for_function("() => tablet.net.waiting() === 0")
    assert bench.raws() == [f"T-{number:04}" for number in range(6)]


def test_scans_made_while_the_page_loads_are_sent_when_it_is_ready(tablet, address, bench):
    page = tablet.new_page()
    page.add_init_script("""
      document.addEventListener('readystatechange', () => {
        if (document.readyState === 'interactive') tablet.scanner.hear('9787020002207')
      })
    """)
    page.goto(address)

    assert settled(page, bench, 1) == [BOOK]
