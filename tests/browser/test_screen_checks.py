"""The checks of a screen find what they are for: each is seen to fail on a page with that one fault."""

import pytest

from tests.browser.screen_checks import faults_of

WHOLE = (
    '<!doctype html><html lang="en"><title>Fit</title><meta name="viewport" content="width=device-width">'
    "<style>body{{margin:0;font:20px sans-serif}}button{{min-width:64px;min-height:64px}}{css}</style>"
    "<main><h1>Fit</h1>{body}</main></html>"
)
FAULTS = {
    "sideways": ("", '<div style="width:3000px">wide</div>', "scrolls sideways"),
    "small target": (
        "",
        '<button style="min-width:0;min-height:0;width:40px;height:40px">x</button>',
        "target of 40",
    ),
    "small link": ("", '<a href="/x">home</a>', "target of"),
    "cut across": (
        ".c{width:80px;overflow:hidden;white-space:nowrap}",
        '<p class="c">A title far too long</p>',
        "cut text",
    ),
    "cut down": (
        ".c{height:20px;overflow:hidden}",
        '<p class="c">One<br>two<br>three</p>',
        "cut text (height)",
    ),
    "cut by a parent": (
        ".c{height:24px;overflow:hidden}",
        '<div class="c"><p>One<br>two</p></div>',
        "cut by div.c",
    ),
    "no label": ("input{min-height:64px}", "<input>", "axe label"),
    "pale text": ("", '<p style="color:#bbb;background:#fff">pale</p>', "axe color-contrast"),
}


def opened(new_tablet, css="", body="<p>well</p><button>Press</button>"):
    page = new_tablet().new_page()
    page.set_content(WHOLE.format(css=css, body=body))
    return page


def test_a_fit_screen_passes(new_tablet, assert_screen_is_fit):
    assert_screen_is_fit(opened(new_tablet))


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found(new_tablet, fault):
    css, body, sentence = FAULTS[fault]
    found = faults_of(opened(new_tablet, css, body))

    assert any(line.startswith(sentence) for line in found), found


def test_an_ellipsis_is_allowed_in_a_list_only(new_tablet):
    css = ".c{width:80px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis}"
    row = '<div class="c">A title far too long</div>'

    assert faults_of(opened(new_tablet, css, f'<ul class="list"><li>{row}</li></ul>')) == []
    assert faults_of(opened(new_tablet, css, row)) != []


def test_the_screen_refuses_with_the_fault_named(new_tablet, assert_screen_is_fit):
    page = opened(new_tablet, body='<a href="/x">home</a>')
    with pytest.raises(AssertionError, match="target of"):
        assert_screen_is_fit(page)


def test_the_checks_work_on_a_page_with_a_strict_policy(tablet, address, assert_screen_is_fit):
    page = tablet.new_page()
    page.goto(address)

    assert_screen_is_fit(page)
