"""Every scan is counted once and in order, whatever happens to the network, the page or the login."""

import pytest

from tests.browser.keys import keyboard_of

BOOK = "9787020002207"
OTHER = "9787536692930"
SHELF = "L:B-07-3"
THREE = [BOOK, OTHER, SHELF]
UNTIL_KEPT = """async count => {
  const end = Date.now() + 15000
  let waiting = -1
  while (waiting !== count) {
    if (Date.now() > end) throw new Error(`${waiting} scans wait, not ${count}`)
    await new Promise(resolve => setTimeout(resolve, 20))
    waiting = (await tablet.outbox.waiting()).length
  }
}"""


@pytest.fixture
def page(tablet, address):
    opened = tablet.new_page()
    opened.goto(address)
    return opened


def sent(page):
    """Wait until nothing waits any more; the page must have heard the scans before."""
    kept(page, 0)


def kept(page, count):
    """Wait until so many scans lie in the outbox."""
    page.evaluate(UNTIL_KEPT, count)


def scan_three(page, scan_keys):
    for code in THREE:
        scan_keys(page, code)


def test_three_scans_offline_are_counted_once_the_network_is_back(page, tablet, bench, scan_keys):
    tablet.set_offline(True)
    scan_three(page, scan_keys)
    kept(page, 3)
    chip = page.locator("[data-net].warn")
    chip.wait_for()
    assert chip.inner_text() == "3 waiting"
    assert bench.raws() == []
    tablet.set_offline(False)
    sent(page)

    page.wait_for_function("() => document.getElementById('count').textContent === '3'")
    assert bench.raws() == THREE
    page.locator("[data-net].ok", has_text="Saved").wait_for()


def test_a_reload_while_offline_keeps_the_scans(page, tablet, address, bench, scan_keys):
    tablet.set_offline(True)
    scan_three(page, scan_keys)
    kept(page, 3)
    page.close()
    tablet.set_offline(False)
    after = tablet.new_page()
    after.goto(address)
    sent(after)

    assert bench.raws() == THREE


def test_a_reload_while_the_answer_is_on_its_way_counts_once(page, bench, scan_keys):
    bench.gate.clear()
    scan_keys(page, BOOK)
    assert bench.arrived.wait(10)
    page.reload()
    bench.gate.set()
    sent(page)

    assert bench.raws() == [BOOK]


@pytest.mark.parametrize(("losing", "refusing"), [(2, 0), (0, 3), (1, 1)])
def test_an_answer_lost_or_refused_for_now_is_asked_for_again(page, bench, scan_keys, losing, refusing):
    bench.losing, bench.refusing = losing, refusing
    scan_three(page, scan_keys)
    kept(page, 0)

    page.wait_for_function("() => document.getElementById('count').textContent === '3'")
    assert bench.raws() == THREE
    assert len(bench.posts) == 3 + losing + refusing


@pytest.mark.parametrize("host", ["127.0.0.1", "tablet.test"], ids=["Web Lock", "lease on plain http"])
def test_two_pages_of_one_device_send_nothing_twice(tablet, address, bench, scan_keys, host):
    page, second = tablet.new_page(), tablet.new_page()
    page.goto(address.replace("127.0.0.1", host))
    second.goto(page.url)
    tablet.set_offline(True)
    for number in range(4):
        scan_keys(page, f"A-{number:04}")
        scan_keys(second, f"B-{number:04}")
    kept(page, 8)
    tablet.set_offline(False)
    sent(page)
    sent(second)

    assert sorted(bench.raws()) == [f"{page_name}-{number:04}" for page_name in "AB" for number in range(4)]
    assert len({scan["scan_id"] for scan in bench.counted}) == len(bench.posts) == 8


@pytest.mark.parametrize("host", ["127.0.0.1", "tablet.test"], ids=["Web Lock", "lease on plain http"])
def test_only_one_page_sends_while_an_answer_is_awaited(tablet, address, bench, scan_keys, host):
    page, second = tablet.new_page(), tablet.new_page()
    page.goto(address.replace("127.0.0.1", host))
    second.goto(page.url)
    bench.gate.clear()
    scan_keys(page, BOOK)
    assert bench.arrived.wait(10)
    scan_keys(second, OTHER)
    second.locator("[data-net].warn", has_text="2 waiting").wait_for()
    assert bench.posts == [BOOK]
    bench.gate.set()
    kept(second, 0)

    assert bench.posts == bench.raws() == [BOOK, OTHER]


def test_order_is_kept_over_retries(page, bench, scan_keys):
    bench.refusing = 2
    codes = [f"T-{number:04}" for number in range(8)]
    for code in codes:
        scan_keys(page, code, 2)
    sent(page)

    assert bench.raws() == codes
    assert [int(scan["seq"]) for scan in bench.counted] == sorted(int(scan["seq"]) for scan in bench.counted)


def test_plain_http_without_web_locks_sends_once_too(tablet, address, bench, scan_keys):
    lan = address.replace("127.0.0.1", "tablet.test")
    page, second = tablet.new_page(), tablet.new_page()
    page.goto(lan)
    second.goto(lan)
    assert page.evaluate("() => [isSecureContext, 'locks' in navigator]") == [False, False]
    scan_three(page, scan_keys)
    sent(page)
    scan_three(second, scan_keys)
    sent(second)

    assert bench.raws() == THREE * 2
    assert len(bench.posts) == 6


def test_a_scan_carries_what_the_person_saw_and_who_it_was(page, bench, scan_keys):
    page.locator("[data-pad] [data-key='3']").click()
    scan_keys(page, BOOK)
    sent(page)

    scan = bench.counted[0]
    assert scan["step"] == "step-0"
    assert scan["qty"] == "3"
    assert scan["made_by"] == "p1"
    assert scan["scan_id"][14] == "4"
    assert len(scan["scan_id"]) == 36
    assert scan["made_at"].endswith("Z")


def test_a_tapped_choice_sends_the_code_again_with_the_choice(page, bench):
    page.locator("#choose").click()
    sent(page)

    assert (bench.counted[0]["raw"], bench.counted[0]["choice"]) == (BOOK, "7")


@pytest.mark.parametrize("status", [200, 409, 422])
def test_each_final_answer_is_shown(page, bench, scan_keys, status):
    bench.next_status, bench.next_sound = status, "warn"
    scan_keys(page, BOOK)

    page.locator("[data-say]", has_text=f"warn: {BOOK}").wait_for()
    sent(page)
    assert bench.posts == [BOOK]


def test_an_answer_may_lead_to_another_page(page, bench, address, scan_keys):
    bench.go = "/other"
    scan_keys(page, BOOK)

    page.wait_for_url(address + "/other")
    assert bench.raws() == [BOOK]


def test_a_refusal_that_comes_after_the_page_moved_on_is_still_said(page, bench, address, scan_keys):
    bench.next_sound = "error"
    bench.gate.clear()
    scan_keys(page, BOOK)
    assert bench.arrived.wait(10)
    page.goto(address + "/other")
    bench.gate.set()

    late = page.locator("[data-late]", has_text=f"error: {BOOK}")
    late.wait_for()
    assert page.locator("#task [data-say]").inner_text() == "Scan"
    late.click()
    assert late.is_hidden()


def test_a_scan_after_the_login_ran_out_is_kept_and_sent_after_the_next_badge(
    page, bench, address, scan_keys
):
    bench.logged_in = False
    scan_keys(page, BOOK)
    page.wait_for_url(address + "/login")
    page.wait_for_function("() => tablet.sender !== undefined")
    scan_keys(page, "U-0001")
    page.wait_for_url(address + "/")
    page.wait_for_function("() => tablet.sender !== undefined")
    sent(page)

    assert bench.raws() == [BOOK]


def test_a_fault_of_the_request_is_said_and_does_not_stop_the_rest(page, bench, scan_keys):
    page.route("**/scan", lambda route: route.fulfill(status=400, body="bad"), times=1)
    scan_keys(page, BOOK)
    page.locator("[data-notice=dead]").wait_for(state="visible")
    scan_keys(page, OTHER)
    page.wait_for_function("() => document.getElementById('count').textContent === '1'")

    assert bench.raws() == [OTHER]
    page.locator("[data-notice=dead] [data-seen]").click()
    assert page.locator("[data-notice=dead]").is_hidden()


def test_a_redirect_is_no_answer(page, bench, scan_keys):
    page.route("**/scan", lambda route: route.fulfill(status=302, headers={"Location": "/login"}), times=1)
    scan_keys(page, BOOK)
    page.locator("[data-notice=login]").wait_for(state="visible")
    assert bench.raws() == []
    page.evaluate("() => tablet.sender.drain()")
    sent(page)

    assert bench.raws() == [BOOK]


def test_no_more_scans_are_taken_when_two_hundred_wait(page, tablet, scan_keys):
    tablet.set_offline(True)
    page.evaluate("""async () => {
      const scan = { url: '/scan', lane: '', raw: 'T-0000', step: '', made_at: new Date().toISOString() }
      for (let n = 0; n < 200; n++) tablet.outbox.add({ ...scan, scan_id: tablet.outbox.uuid() })
      await tablet.net.report()
    }""")
    page.locator("[data-notice=full]").wait_for(state="visible")
    assert page.locator("[data-net]").get_attribute("data-state") == "full"
    scan_keys(page, BOOK)

    page.locator("[data-notice=unsaved]").wait_for(state="visible")
    kept(page, 200)


def test_a_page_that_takes_no_scans_says_so(page, address, scan_keys):
    page.goto(address + "/board")
    page.wait_for_function("() => tablet.sender !== undefined")
    scan_keys(page, BOOK)

    page.locator("[data-notice=unsaved]").wait_for(state="visible")
    kept(page, 0)


def test_a_tap_waits_for_the_scans_before_it(page, bench, scan_keys):
    bench.gate.clear()
    scan_keys(page, BOOK)
    assert bench.arrived.wait(10)
    keyboard_of(page).type(OTHER, 5)
    page.locator("#keep-tap").click()
    bench.gate.set()

    page.locator("[data-tapped]").wait_for()
    assert bench.taps == [2]
