"""An analyst reads the groups first, then a strategy from all sides, in both languages and on a phone."""

from __future__ import annotations

import pytest

import workbench as wb

pytestmark = pytest.mark.browser


def test_a_strategy_is_read_from_all_sides(review_desk):
    opened, folder = review_desk("evaluation", ".wb table.ev-table")
    page = opened.page
    page.wait_for_function(
        "[...document.querySelectorAll('.wb .a-ev-methods .workbench-chart')]"
        ".some(c => Number(c.dataset.marks) > 0)"
    )
    overall = wb.open_project(folder, role="viewer").review.evaluation().overall
    treated = overall[overall["arm"].eq("treatment") & overall["outcome"].eq("responded")]
    assert page.locator(".wb .ev-table tbody tr").count() == len(treated)
    other = treated["strategy_id"].iloc[-1]
    page.locator(f".wb .ev-table [data-value='{other}']").click()
    page.wait_for_function(
        "id => document.querySelector('.wb .a-ev-side h2').innerText.startsWith(id)", arg=other
    )
    # The largest amounts are cut only when somebody asks for it.
    page.locator(".wb [data-key=ev-share]").fill("plenty")
    page.locator(".wb [data-key=ev-winsorise]").click()
    page.wait_for_selector(".wb .note.error")
    page.locator(".wb [data-key=ev-share]").fill("5")
    page.locator(".wb [data-key=ev-winsorise]").click()
    page.wait_for_selector(".wb [data-key=ev-uncut]")
    page.wait_for_function("document.querySelector('.wb [data-key=ev-outcome]').value === 'amount'")
    # The same page in Chinese, narrow.
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .a-ev-side').innerText.includes('先看分组')")
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    assert "较弱的证据" in page.locator(".wb .a-ev-before").inner_text()
    assert opened.attempts == []
    assert opened.faults == []
