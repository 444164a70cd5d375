"""The strategy dashboard in a real page: drawn, moved, reached by keyboard, offline."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(board):
    return board.address("strategy")


@pytest.fixture(scope="module")
def opened(address, lasting_visit):
    visit = lasting_visit()
    visit.open(address, charts=3)
    return visit


def test_charts_are_drawn_in_both_languages(opened):
    page = opened.page
    assert sum(marks > 0 for marks in opened.marks()) >= 3
    english = page.locator(".wb h1").inner_text()
    page.click("[data-key=lang-zh]")
    page.wait_for_function("document.documentElement.lang === 'zh'")
    page.wait_for_function(f"document.querySelector('.wb h1').innerText !== {english!r}")
    assert sum(marks > 0 for marks in opened.marks()) >= 3
    page.click("[data-key=lang-en]")
    page.wait_for_function(f"document.querySelector('.wb h1').innerText === {english!r}")


def test_a_cell_is_reached_and_opened_by_keyboard(opened):
    page = opened.page
    page.evaluate("document.activeElement.blur()")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.dataset.key ?? '').startsWith('cell-')"):
            break
    key = page.evaluate("document.activeElement.dataset.key")
    assert key.startswith("cell-")
    page.keyboard.press("Enter")
    page.wait_for_selector(".wb .drill")
    # The focus stays where it was, so that the next key goes on from there.
    assert page.evaluate("document.activeElement.dataset.key") == key
    page.keyboard.press("Enter")
    page.wait_for_selector(".wb .drill", state="detached")


def test_a_weight_is_moved_by_keyboard_and_follows_at_once(opened):
    page = opened.page
    slider = page.locator("[data-key=weight-cost]")
    before = page.locator(".s-rank h2").inner_text()
    slider.focus()
    for _ in range(14):
        page.keyboard.press("ArrowRight")
    shown = page.locator(".slide", has=slider).locator("output")
    assert shown.inner_text() == "0.80"
    page.wait_for_function(f"document.querySelector('.s-rank h2').innerText !== {before!r}")
    assert page.evaluate("document.activeElement.dataset.key") == "weight-cost"
    page.click("[data-key=reset]")
    page.wait_for_function(f"document.querySelector('.s-rank h2').innerText === {before!r}")
    assert page.locator("[data-key=weight-cost]").input_value() == "0.1"


def test_nothing_was_asked_of_another_machine(opened):
    assert opened.attempts == []
    assert opened.faults == []
    assert opened.page.locator(".wb .note.error").count() == 0
