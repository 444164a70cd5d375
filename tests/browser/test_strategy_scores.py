"""The journey over the scores, as a manager makes it: try weights, see what changes."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

_NAMES = "[...document.querySelectorAll('.wb .rk-table tbody th')]"
_ORDER = f"{_NAMES}.map(each => each.innerText.split(' ')[0]).join()"
_SENTENCE = "document.querySelector('.wb .rk-joint').innerText"


def test_a_manager_tries_weights(stage_folder, publish_as, visit):
    dashboards = publish_as(stage_folder("strategy"), "viewer")
    opened = visit()
    page = opened.open(dashboards.address("strategy") + "&section=scores")
    page.wait_for_function(
        "document.querySelectorAll('.wb .wb-grid .workbench-chart[data-marks]').length >= 2", timeout=60_000
    )
    assert page.locator(".wb .kpi").count() == 6
    assert page.locator(".wb .rk-flips tbody tr").count() == 4
    title = page.locator(".wb .title h1").inner_text()
    order, sentence = page.evaluate(_ORDER), page.evaluate(_SENTENCE)
    # The weight of the cost to its end: the keyboard, as the pointer does it.
    page.locator(".wb [data-live=weight-cost]").press("End")
    page.wait_for_function(f"{_ORDER} !== {order!r}")
    page.wait_for_function(f"{_SENTENCE} !== {sentence!r}")
    assert page.locator(".wb [data-live=weight-cost]").input_value() == "1"
    assert page.locator(".wb .title h1").inner_text() == title
    assert page.locator(".wb [data-key=save-plan]").count() == 0
    page.locator(".wb [data-action=reach][data-value=any]").click()
    page.wait_for_selector(".wb [data-action=reach][data-value=any][aria-pressed=true]")
    page.locator(".wb [data-action=reset]").click()
    page.wait_for_function(f"{_SENTENCE} === {sentence!r}")
    page.wait_for_function(f"{_ORDER} === {order!r}")
    # The same page, narrow and in Chinese; nothing but zeros is refused with a sentence.
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .rk-joint').innerText.includes('最小变化')")
    for name in ("expected_value", "balances", "satisfaction", "cost"):
        page.locator(f".wb [data-live=weight-{name}]").press("Home")
    page.wait_for_function(
        "document.querySelector('.wb .note.error')?.innerText.includes('权重不能全部为 0')"
    )
    # The sentence is in sight, however far down the page the slider is.
    assert page.evaluate("scrollY") > 300
    assert page.locator(".wb .note.error").bounding_box()["y"] >= 0
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    assert opened.attempts == []
    assert opened.faults == []
