"""A panel in a real page: each press and each letter arrives, however busy Python is."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

PANEL = """
import html
import time
from workbench.ui.panel import Panel

heard = []
panel = Panel()


def draw():
    rows = "".join(f"<li>{html.escape(each)}</li>" for each in heard)
    panel.html = (
        "<select data-action='column' data-key='column'><option>age<option>tenure</select>"
        f"<input data-live='text' data-key='text' value='{html.escape(text)}'>"
        f"<input data-live='note' data-key='note' value='{html.escape(note)}'>"
        "<button data-action='more' data-value='1' data-key='more' data-hotkey='M'>More</button>"
        "<button disabled data-action='more' data-value='2' data-hotkey='x'>No more</button>"
        "<b data-seconds='65'>1:05</b>"
        f"<ul>{rows}</ul>"
    )


def hear(name):
    def handler(value, fields):
        global text, note
        time.sleep(0.3)
        heard.append(f"{name} {value}")
        if name == "text":
            text = value
        if name == "note":
            note = value
        if name == "column":
            text = note = ""
        draw()

    return handler


text = note = ""
for name in ("more", "text", "note", "column"):
    panel.on(name, hear(name))
draw()
panel
"""


@pytest.fixture(scope="module")
def published(show):
    return show({"insight": [PANEL]})


@pytest.fixture
def page(published, visit):
    opened = visit()
    opened.open(published.address("insight"))
    opened.page.wait_for_selector("[data-key=more]", timeout=60_000)
    yield opened.page
    assert opened.faults == []


def heard(page, count: int) -> list[str]:
    page.wait_for_function(f"document.querySelectorAll('li').length >= {count}")
    page.wait_for_timeout(500)
    return page.locator("li").all_inner_texts()


def test_quick_presses_all_arrive(page):
    for _ in range(4):
        page.click("[data-key=more]")
    assert heard(page, 4) == ["more 1"] * 4


def test_what_was_typed_arrives_before_the_press_after_it(page):
    page.locator("[data-key=text]").fill("sixty")
    page.locator("[data-key=note]").fill("months")
    page.click("[data-key=more]")
    assert heard(page, 3) == ["text sixty", "note months", "more 1"]
    assert page.locator("[data-key=text]").input_value() == "sixty"


def test_a_paint_takes_no_letter_from_the_hand(page):
    page.select_option("[data-key=column]", "tenure")
    field = page.locator("[data-key=text]")
    field.click()
    # The answer to the column, with an empty field, arrives between the letters.
    page.keyboard.type("12345678", delay=70)
    page.wait_for_function("[...document.querySelectorAll('li')].at(-1)?.innerText === 'text 12345678'")
    assert field.input_value() == "12345678"
    assert page.evaluate("document.activeElement.dataset.key") == "text"


def test_a_paint_between_down_and_up_takes_no_press(page):
    more = page.locator("[data-key=more]").bounding_box()
    page.mouse.move(more["x"] + 5, more["y"] + 5)
    page.mouse.down()
    page.mouse.up()
    # Down again before the answer to the first press is there.
    page.mouse.down()
    page.wait_for_timeout(800)
    assert page.locator("li").count() == 0
    page.mouse.up()
    assert heard(page, 2) == ["more 1", "more 1"]


def test_a_key_presses_its_button_while_no_field_has_the_focus(page):
    page.keyboard.press("x")
    page.keyboard.press("m")
    page.locator("[data-key=text]").click()
    page.keyboard.type("mx")
    page.wait_for_function("[...document.querySelectorAll('li')].at(-1)?.innerText === 'text mx'")
    # The letters may be told apart or together, but press nothing.
    pressed = [each for each in page.locator("li").all_inner_texts() if each.startswith("more")]
    assert pressed == ["more 1"]
    # A clock counts between two paints.
    page.wait_for_function("/^1:0[0-4]$|^0:5/.test(document.querySelector('[data-seconds]').innerText)")
