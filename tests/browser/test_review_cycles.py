"""Cycles in the browser: a figure traced to its raw files, then frozen, in both languages and narrow."""

from __future__ import annotations

import pytest

import workbench as wb

pytestmark = pytest.mark.browser


def test_an_analyst_traces_a_figure_and_freezes_the_cycle(review_desk):
    opened, folder = review_desk("cycles", ".wb .cy-one")
    page = opened.page
    project = wb.open_project(folder, role="viewer")
    page.wait_for_function(
        "[...document.querySelectorAll('.wb-grid .workbench-chart')]"
        ".filter(each => each.offsetParent && Number(each.dataset.marks) > 0).length >= 2"
    )
    changed = project.compare_cycles().strategies
    assert (
        changed.loc[changed["origin"].eq("accepted"), "recommendation_id"].iloc[0]
        in page.locator(".wb .a-cy-changes").inner_text()
    )
    # From the evaluation back along its way, to the file that it began with.
    evaluation = project.review.evaluation()
    assert page.locator(".wb .cy-facts").inner_text().replace("\n", "").endswith(evaluation.sha256)
    raw = page.locator(".wb .cy-path button").first
    name = raw.inner_text()
    raw.click()
    page.wait_for_function(
        "name => name.endsWith(document.querySelector('.wb .a-cy-facts .s').innerText)", arg=name
    )
    page.locator(".wb [data-key='cy-freeze-2026 Q3']").click()
    page.wait_for_selector(".wb .note.done")
    assert wb.open_project(folder, role="viewer").cycle.state == "frozen"
    # The same page, in Chinese and narrow: it reopens with a reason.
    page.locator(".wb [data-key='lang-zh']").click()
    page.wait_for_function("document.querySelector('.wb .a-cy-list').innerText.includes('已冻结')")
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator(".wb [data-key='cy-reopen-2026 Q3'] summary").click()
    page.locator(".wb [data-key='cy-reason-2026 Q3']").fill("董事会要求补录")
    page.locator(".wb [data-key='cy-send-2026 Q3']").click()
    page.wait_for_function("document.querySelector('.wb .note.done').innerText.includes('重新开放')")
    assert wb.open_project(folder, role="viewer").cycle_events()["reason"].iloc[-1] == "董事会要求补录"
    assert page.locator(".wb .note.error").count() == 0
    assert opened.attempts == []
    assert opened.faults == []
