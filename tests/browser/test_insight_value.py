"""The journey to what customers are worth, as a manager makes it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_a_manager_reads_what_customers_are_worth(board, visit):
    opened = visit()
    page = opened.open(board.address("insight"), charts=3)
    page.locator(".wb .tabs [data-value=value]").click()
    page.wait_for_selector(".wb .vl-grid")
    page.wait_for_function(
        "document.querySelectorAll('.wb .wb-grid .workbench-chart[data-marks]').length >= 3"
    )
    page.wait_for_function(
        "document.querySelector('.wb .title h1').innerText.includes('A fifth of customers carries')"
    )
    assert page.locator(".wb .kpi").count() == 6
    assert page.locator(".wb .vl-checks li").count() >= 6
    page.locator(".wb .vl-more summary").first.click()
    assert "quintiles" in page.locator(".wb .a-vl-grid").inner_text()
    assert page.locator(".wb .vl-form").count() == 0
    page.wait_for_function("location.search.includes('section=value')")
    # The same page, narrow and in Chinese.
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .title h1').innerText.includes('五分之一')")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(".wb .note.error").count() == 0
    assert opened.attempts == []
    assert opened.faults == []
