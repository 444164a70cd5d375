"""The rules in a real page: an analyst's builder answers keys and clicks."""

from __future__ import annotations

import pytest

import workbench as wb

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def builder_page(desk):
    """Return a page with the builder, as an analyst sees it in JupyterLab, and the project's folder."""
    return desk("rules", ".wb .rl-tree")


def test_an_edit_is_tried_while_one_types(builder_page):
    visit, folder = builder_page
    page = visit.page
    page.click("[data-key=rl-add]")
    page.wait_for_selector(".wb .rl-rule.on .bad")
    page.click("[data-key=rl-condition-root]")
    page.select_option("[data-key=rl-column-0]", "tenure")
    # The unit stands there once the builder has heard of the column.
    page.wait_for_function("(document.querySelector('.wb .rl-val .quiet') ?? {}).innerText === 'months'")
    field = page.locator("[data-key=rl-typed0-0]")
    field.click()
    page.keyboard.type("60", delay=30)
    page.wait_for_function(
        "document.querySelector('.wb .rl-live .rl-said')?.innerText === 'tenure at least 60 months'"
    )
    assert page.evaluate("document.activeElement.dataset.key") == "rl-typed0-0"
    assert field.input_value() == "60"
    project = wb.open_project(folder, role="analyst")
    kept = project.store.drafts.load("insight.rules", project.cycle.cycle_id)
    assert kept["rules"][-1]["node"]["parts"][0]["value"] == 60
    page.click("[data-key=rl-undo]")
    page.locator(".wb .rl-list [data-key^=rl-delete]").last.focus()
    count = page.locator(".wb .rl-rule").count()
    page.keyboard.press("Enter")
    page.wait_for_function(f"document.querySelectorAll('.wb .rl-rule').length === {count - 1}")
    assert visit.attempts == []
    assert visit.faults == []
