"""One page as an analyst: customers followed over time, then a hypothesis written down."""

from __future__ import annotations

import pytest

import workbench as wb

pytestmark = pytest.mark.browser

DRAWN = (
    "[...document.querySelectorAll('.wb-grid .workbench-chart')].filter(each => each.offsetParent)"
    ".filter(each => Number(each.dataset.marks) > 0).length >= {n}"
)


def test_customers_are_followed_and_a_hypothesis_is_written_down(review_desk):
    opened, folder = review_desk("customers", ".wb table.cu-matrix")
    page = opened.page
    page.wait_for_function(DRAWN.format(n=3))
    step = wb.open_project(folder, role="viewer").review.movement.back()
    assert step.before in page.locator(".wb .title").inner_text()
    # By stage, and one of them alone.
    page.locator("[data-key=cu-by]").select_option("lifecycle_stage")
    page.wait_for_function("document.querySelector('.wb .title h1').innerText.includes('lifecycle stage')")
    page.locator("[data-key=cu-part]").select_option("mature")
    page.wait_for_selector(".wb table.cu-matrix td.cu-faint")
    page.locator("[data-key=cu-measure]").select_option("value")
    page.wait_for_function("document.querySelector('.wb table.cu-matrix').innerText.includes('¥')")
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .title h1').innerText.includes('生命周期阶段')")
    page.wait_for_function(DRAWN.format(n=3))
    # The same page, narrow.
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator(".wb .tabs [data-value=hypotheses]").click()
    page.wait_for_selector(".wb .hy-list")
    page.wait_for_function(DRAWN.format(n=1))
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator(".wb [data-action=lang]").first.click()
    page.wait_for_function("document.querySelector('.wb .a-hy-list h2').innerText.includes('believed')")
    page.set_viewport_size({"width": 1440, "height": 1000})
    # A mistake is said, and what was typed stays.
    page.locator("[data-key=hy-add]").click()
    page.locator("[data-key=hy-f-sentence]").fill("<b>They</b> stay")
    page.locator("[data-key=hy-f-outcome]").select_option("churn")
    page.locator("[data-key=hy-f-direction]").select_option("lower")
    page.locator("[data-key=hy-save]").click()
    page.wait_for_selector(".wb .note.error")
    assert page.locator("[data-key=hy-f-sentence]").input_value() == "<b>They</b> stay"
    page.locator("[data-key=hy-f-segment]").select_option(index=1)
    page.locator("[data-key=hy-save]").click()
    page.wait_for_selector(".wb .note.done")
    page.wait_for_function("document.querySelector('.wb .hy-list').innerText.includes('<b>They</b> stay')")
    row = wb.open_project(folder, role="viewer").review.hypotheses.frame()
    assert row["sentence"].eq("<b>They</b> stay").sum() == 1
    assert opened.attempts == []
    assert opened.faults == []
