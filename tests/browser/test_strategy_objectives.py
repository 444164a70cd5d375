"""From a cell of the map to a strategy to its list, and a target changed by an analyst."""

from __future__ import annotations

import pytest

import workbench as wb

pytestmark = pytest.mark.browser


def test_a_manager_goes_from_a_cell_to_the_list_and_to_the_targets(board, visit, walked_folder):
    project = wb.open_project(walked_folder, role="viewer")
    listed = project.strategy.lists().set_index("strategy_id")
    opened = visit()
    page = opened.open(board.address("strategy"), charts=1)
    worth = page.locator(".wb table.map td:not(.hid):has(.ob-ev) button.cell")
    worth.first.wait_for()
    worth.first.click()
    page.wait_for_selector(".wb .drill .pickcard")
    strategy = page.locator(".wb .drill .pickcard").first
    name = strategy.locator(".st").inner_text()
    if name in listed.index:
        assert listed.loc[name, "sha256"][:8] in strategy.inner_text()
    page.locator(".wb .tabs [data-value=objectives]").click()
    page.wait_for_selector(".wb table.ob-tree")
    page.wait_for_function(
        "[...document.querySelectorAll('.wb .a-ob-chart .workbench-chart')]"
        ".some(c => Number(c.dataset.marks) > 0)"
    )
    rolled = project.strategy.objectives.shares().objectives
    reached = f"{int((rolled['gap'] <= 0).sum())} of {len(rolled)} targets"
    page.wait_for_function(
        "said => document.querySelector('.wb .title h1').innerText.includes(said)", arg=reached
    )
    page.locator(".wb .ob-tree [data-value='O1']").click()
    page.wait_for_function("document.querySelector('.wb .a-ob-side h2').innerText.startsWith('O1 ')")
    assert page.locator(".wb .a-ob-side form").count() == 0
    # The same page, narrow and in Chinese.
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .a-ob-tree h2').innerText.includes('目标')")
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator(".wb .a-ob-side .pickcard").first.click()
    page.wait_for_selector(".wb .tabs [data-value=objectives]:not([aria-current])")
    assert page.locator(".wb .note.error").count() == 0
    assert opened.attempts == []
    assert opened.faults == []


def test_an_analyst_changes_a_target(strategy_desk):
    opened, folder = strategy_desk("objectives", ".wb table.ob-tree")
    page = opened.page
    page.locator(".wb .ob-tree [data-value='O1']").click()
    page.wait_for_function("document.querySelector('.wb .a-ob-side h2').innerText.startsWith('O1 ')")
    page.locator(".wb [data-key=ob-edit]").click()
    page.wait_for_selector(".wb [data-key=ob-f-target]")
    page.locator(".wb [data-key=ob-f-target]").fill("much more")
    page.locator(".wb [data-key=ob-save]").click()
    page.wait_for_selector(".wb .note.error")
    assert page.locator(".wb [data-key=ob-f-target]").input_value() == "much more"
    page.locator(".wb [data-key=ob-f-target]").fill("9000000000")
    page.locator(".wb [data-key=ob-save]").click()
    page.wait_for_selector(".wb .note.done")
    page.wait_for_function("document.querySelector('.wb .ob-tree').innerText.includes('¥9.00bn')")
    assert wb.open_project(folder, role="viewer").strategy.objectives.one("O1")["target"] == 9e9
    assert opened.faults == []
