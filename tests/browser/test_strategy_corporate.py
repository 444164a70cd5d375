"""The journey of a manager to the companies, and of an analyst who makes a playbook the bank's own."""

from __future__ import annotations

import pytest

import workbench as wb

pytestmark = pytest.mark.browser


def test_a_manager_reads_and_an_analyst_writes(stage_folder, publish_as, visit, strategy_desk):
    folder = stage_folder("strategy")
    dashboards = publish_as(folder, "viewer")
    opened = visit()
    address = dashboards.address("strategy")
    page = opened.open(f"{address}{'&' if '?' in address else '?'}section=corporate", charts=1)
    page.wait_for_selector(".wb .co-path")
    assert page.locator(".wb .co-path > li").count() == 4
    page.locator(".wb .co-map td.hid").first.wait_for()
    assert page.locator("[data-action=edit-book], [data-action=make-card]").count() == 0
    page.locator("[data-action=journey][data-value=branch_app]").click()
    page.wait_for_function("document.querySelectorAll('.wb .co-path > li').length === 3")
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function(
        "document.querySelector('.wb .a-co-journey h2').innerText.includes('每 100 位客户')"
    )
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(".wb .note.error").count() == 0
    assert (opened.attempts, opened.faults) == ([], [])

    desk, own = strategy_desk("corporate", ".wb .co-path")
    page = desk.page
    page.locator("[data-action=industry]").nth(1).click()
    page.locator("[data-action=edit-book]").click()
    page.locator("textarea[name=tools]").fill("Our own <script>tool</script>")
    page.locator("[data-key=save-book]").click()
    page.wait_for_selector(".wb .note.done")
    page.wait_for_function(
        "document.querySelector('.wb .a-co-book').innerText.includes('Our own <script>tool</script>')"
    )
    page.locator("[data-action=make-card][data-value=value]").click()
    page.wait_for_function(
        "document.querySelector('.wb .note.done')?.innerText.includes('drafted from the playbook')"
    )
    page.wait_for_selector(".wb .co-card")
    project = wb.open_project(own, role="viewer")
    assert "Companies · " in "".join(project.strategy.cards()["segment"])
    assert (desk.attempts, desk.faults) == ([], [])
