"""The review dashboard in a browser: drawn, in both languages, by keyboard, and to itself."""

from __future__ import annotations

from functools import partial

import pytest

import workbench as wb

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def reviewed(stage_folder):
    """Return the folder of a project with open recommendations."""
    return stage_folder("review")


@pytest.fixture
def published(publish_as, reviewed):
    """Return a function that publishes the review for a role."""
    return partial(publish_as, reviewed)


def test_a_manager_reads_the_review_in_two_languages(published, visit):
    server = published("viewer")
    opened = visit()
    page = opened.open(server.address("review"), charts=4)
    assert all(marks > 0 for marks in opened.marks())
    title = page.locator("h1").inner_text()
    assert page.locator(".kpi").count() == 6
    assert page.locator("[data-action=accept], [data-action=close], .py").count() == 0
    page.locator("[data-action=lang][data-value=zh_CN]").click()
    page.wait_for_function("t => document.querySelector('h1').innerText !== t", arg=title)
    page.wait_for_function("document.documentElement.lang.startsWith('zh')")
    assert "建议" in page.locator(".a-advice").inner_text()
    assert "经营回检" in page.locator(".steps [aria-current]").inner_text()
    assert opened.attempts == []
    assert opened.faults == []


def test_the_page_fits_a_phone(published, visit):
    server = published("viewer")
    opened = visit(width=360, height=800)
    page = opened.open(server.address("review", lang="zh_CN"), charts=4)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert opened.faults == []


def test_an_analyst_accepts_by_keyboard_and_finds_the_next_cycle(published, visit, reviewed):
    server = published("analyst")
    opened = visit()
    page = opened.open(server.address("review"), charts=4)
    first = page.locator("[data-action=accept]").first
    key = first.get_attribute("data-key")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset?.key") == key:
            break
    assert page.evaluate("document.activeElement.dataset?.key") == key
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-key=opened]")
    assert (
        page.locator("[data-key=opened]").get_attribute("href").startswith("/voila/render/01_insight.ipynb?")
    )
    project = wb.open_project(reviewed)
    assert project.cycles()[-1].cycle_id == "2026 Q4"
    # A rejection needs its reason; the summary opens by keyboard too.
    page.locator(".rv-do summary").first.focus()
    page.keyboard.press("Enter")
    page.locator(".rv-do textarea").first.fill("<b>No budget</b>")
    page.locator(".rv-do form button").first.click()
    page.wait_for_function("document.querySelector('.a-advice').innerText.includes('<b>No budget</b>')")
    assert project.at("2026 Q3").review.recommendations()["status"].tolist().count("rejected") == 1
    assert opened.attempts == []
    assert opened.faults == []
