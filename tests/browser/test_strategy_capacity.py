"""The journey to what one more agent hour is worth, as a manager makes it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_a_manager_moves_agent_hours_and_goes_back(board, visit):
    opened = visit()
    page = opened.open(board.address("strategy") + "&section=capacity", charts=2)
    page.wait_for_selector(".wb .cp-limits")
    assert page.locator(".wb .kpi").count() == 6
    assert page.locator(".wb .cp-form").count() == 0
    before = page.locator(".wb .title h1").inner_text()
    slider = page.locator(".wb [data-key=cp-agent_minutes]")
    slider.evaluate(
        "e => { e.value = 0; e.dispatchEvent(new Event('input', {bubbles: true})); "
        "e.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    page.wait_for_selector(".wb [data-key=cp-reset]")
    assert "Read off" in page.locator(".wb .a-cp-what").inner_text()
    page.locator(".wb [data-key=cp-reset]").click()
    page.wait_for_selector(".wb [data-key=cp-reset]", state="detached")
    page.wait_for_function("t => document.querySelector('.wb .title h1').innerText === t", arg=before)
    # The same page, narrow and in Chinese.
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .a-cp-what').innerText.includes('假设分析')")
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(".wb .note.error").count() == 0
    assert opened.attempts == []
    assert opened.faults == []
