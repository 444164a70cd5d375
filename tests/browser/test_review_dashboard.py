"""The review in a browser, decided by keyboard."""

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
