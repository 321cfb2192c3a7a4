"""What the tablet does by itself: sound, alarm, number pad, sheets, settings, the scanner on the screen."""

import pytest

from tests.browser.keys import keyboard_of

BOOK = "9787020002207"
LISTEN = "window.said = []; addEventListener('sounded', event => said.push(event.detail.name))"


@pytest.fixture
def page(tablet, address):
    tablet.add_init_script(LISTEN)
    opened = tablet.new_page()
    opened.goto(address)
    return opened


def said(page, *names):
    """Wait for exactly these sounds, in this order."""
    page.wait_for_function("names => said.length >= names.length", arg=list(names))
    assert page.evaluate("said") == list(names)


@pytest.mark.parametrize("sound", ["ok", "done", "warn", "error"])
def test_each_answer_has_its_sound_once(page, bench, scan_keys, sound):
    bench.next_sound = sound
    scan_keys(page, BOOK)

    said(page, sound)
    page.reload()
    page.wait_for_function("() => tablet.sender !== undefined")
    assert page.evaluate("said") == []


def test_a_bounce_ticks_and_a_torn_code_warns(page, scan_keys):
    scan_keys(page, BOOK, 2)
    said(page, "ok")
    keyboard_of(page).type(BOOK, 2)
    said(page, "ok", "tick")
    scan_keys(page, "978702000220")

    said(page, "ok", "tick", "warn")


def test_an_alarm_sounds_again_until_it_is_silenced_or_the_right_scan_comes(
    tablet, address, bench, scan_keys
):
    page = tablet.new_page()
    page.add_init_script(LISTEN)
    page.clock.install()
    page.goto(address)
    bench.next_sound = "error"
    scan_keys(page, BOOK)
    said(page, "error")
    page.clock.run_for(8100)
    said(page, "error", "error", "error")
    page.locator("[data-silence]").click()
    page.clock.run_for(8100)
    said(page, "error", "error", "error")
    bench.next_sound = "error"
    scan_keys(page, "L:B-07-3")
    page.locator("[data-say]", has_text="error: L:B-07-3").wait_for()
    page.clock.run_for(4100)
    said(page, *["error"] * 5)
    scan_keys(page, "T-0001")
    page.locator("[data-say]", has_text="ok: T-0001").wait_for()
    page.clock.run_for(8100)

    said(page, *["error"] * 5, "ok")


def test_the_sound_can_be_tried(page):
    page.locator("#test-sound").click()

    said(page, "ok")


def test_the_pad_writes_what_its_keys_say_and_no_more_than_the_field_takes(page):
    keys = page.locator("[data-pad]")
    for key in ["1", ".", ".", "2", "back", "5", "0", "7", "8"]:
        keys.locator(f"[data-key='{key}']").click()
    assert page.locator("#weight").input_value() == "1.507"
    keys.locator("[data-key='clear']").click()
    keys.locator("[data-key='.']").click()

    assert page.locator("#weight").input_value() == "0."


def test_a_sheet_opens_takes_the_focus_and_closes_by_button_and_by_escape(page):
    sheet = page.locator("#sheet")
    page.locator("#open").click()
    assert sheet.is_visible()
    assert page.evaluate("document.activeElement.id") == "sheet"
    assert page.locator("#open").get_attribute("aria-expanded") == "true"
    page.locator("#close").click()
    assert sheet.is_hidden()
    page.locator("#open").click()
    page.keyboard.press("Escape")

    assert sheet.is_hidden()
    assert page.evaluate("document.activeElement.id") == "open"


def test_a_scan_while_a_sheet_is_open_presses_nothing_in_it(page, bench, scan_keys):
    page.locator("#open").click()
    scan_keys(page, BOOK)

    said(page, "ok")
    assert bench.raws() == [BOOK]
    assert page.locator("#sheet").is_visible()


def test_a_setting_is_shown_at_once_and_kept(page):
    page.locator("#dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.locator("#dark").get_attribute("aria-pressed") == "true"
    page.reload()

    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_without_a_setting_the_colours_follow_the_tablet(new_tablet, address):
    page = new_tablet(color_scheme="dark").new_page()
    page.goto(address)
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.emulate_media(color_scheme="light")

    page.locator("html[data-theme=light]").wait_for()


def test_broken_settings_do_not_stop_the_work(tablet, address, bench, scan_keys):
    page = tablet.new_page()
    page.goto(address)
    page.evaluate("localStorage.setItem('tablet', '{broken')")
    page.reload()
    scan_keys(page, BOOK)
    page.locator("[data-say]", has_text=BOOK).wait_for()

    assert bench.raws() == [BOOK]


def test_the_whole_job_can_be_done_with_a_mouse(page, bench):
    page.locator("#virtual").click()
    page.locator("[data-say]", has_text="L:B-07-3").wait_for()
    page.locator("#typed").fill(BOOK)
    page.locator("#type").click()
    page.locator("[data-say]", has_text=BOOK).wait_for()

    assert bench.raws() == ["L:B-07-3", BOOK]
    assert page.locator("#typed").input_value() == ""


def test_the_screen_stays_on_where_scans_are_taken(tablet, address, scan_keys):
    tablet.add_init_script("""
      window.asked = 0
      const lock = () => { window.asked += 1; return Promise.resolve({ released: false, release () {} }) }
      Object.defineProperty(navigator, 'wakeLock', { value: { request: lock } })
    """)
    page = tablet.new_page()
    page.goto(address)

    page.wait_for_function("() => asked === 1")
    scan_keys(page, BOOK)
    assert page.evaluate("asked") == 1
