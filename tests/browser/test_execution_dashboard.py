"""The execution dashboard in a browser, worked by keyboard."""

from __future__ import annotations

from functools import partial

import pytest

import workbench as wb

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def worked(stage_folder):
    """Return the folder of a project with launched lists."""
    return stage_folder("execution")


@pytest.fixture
def published(publish_as, worked):
    """Return a function that publishes the execution for a role."""
    return partial(publish_as, worked)


def test_a_customer_is_worked_by_keyboard(published, visit, worked):
    server = published("contributor")
    before = len(wb.open_project(worked, role="viewer").execution.contacts())
    opened = visit()
    page = opened.open(server.address("execution"), charts=3)
    second = page.locator(".ex-work a").nth(1)
    key, masked = second.get_attribute("data-key"), second.inner_text()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset?.key") == key:
            break
    assert page.evaluate("document.activeElement.dataset?.key") == key
    page.keyboard.press("Enter")
    page.wait_for_function(
        "key => document.querySelector(`[data-key='${key}']`).getAttribute('aria-current') === 'true'",
        arg=key,
    )
    page.wait_for_function("m => document.querySelector('.a-customer h2').innerText === m", arg=masked)
    assert page.evaluate("document.activeElement.dataset?.key") == key
    page.locator("select[name=disposition]").select_option("reached")
    page.locator("select[name=responded]").select_option("yes")
    page.locator("textarea[name=note]").fill("<b>bold</b>")
    page.locator("input[name=amount]").fill("many")
    page.locator("[data-key=record]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".note.error")
    # What was typed is still there to be put right.
    assert page.locator("textarea[name=note]").input_value() == "<b>bold</b>"
    page.locator("input[name=amount]").fill("1,200")
    page.locator("[data-key=record]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".note.done")
    page.wait_for_function("m => document.querySelector('.a-customer h2').innerText !== m", arg=masked)
    assert page.locator("textarea[name=note]").input_value() == ""
    project = wb.open_project(worked, role="viewer")
    assert len(project.execution.contacts()) == before + 1
    assert project.execution.outcomes()["note"].eq("<b>bold</b>").sum() == 1
    assert opened.attempts == []
    assert opened.faults == []
