"""A manager reads whether the lists' order was any good, in both languages and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.ui.state.sections.targeting_findings import per_thousand

pytestmark = pytest.mark.browser


def test_an_analyst_learns_a_model_and_reads_on_in_chinese(review_desk):
    opened, folder = review_desk("targeting", ".wb table.tg-lists")
    page = opened.page
    drawn = (
        "[...document.querySelectorAll('.wb .a-tg-curve .workbench-chart')].some(c => c.dataset.marks > 0)"
    )
    page.wait_for_function(drawn)
    project = wb.open_project(Path(folder), role="viewer")
    table = project.review.targeting.current().tables["coefficients"]
    qini = table[table["strategy_id"].eq("") & table["order"].eq("list") & table["measure"].eq("qini")].iloc[
        0
    ]
    assert per_thousand(qini["ci_low"]) in page.locator(".wb .title h1").inner_text()
    # A list of its own, and back to all.
    page.locator(".wb .tg-lists button[data-action=list]").first.click()
    page.wait_for_selector(".wb .tg-lists tr.on:not(.tg-all)")
    page.locator(".wb [data-key=tg-list-all]").click()
    page.wait_for_selector(".wb .tg-lists tr.tg-all.on")
    page.locator(".wb [data-key=tg-learn]").click()
    page.wait_for_selector(".wb .note.done, .wb .note.error", timeout=60_000)
    page.locator(".wb [data-key=tg-definition] summary").click()
    page.wait_for_function("document.querySelector('.wb .tg-more').open")
    assert "scikit-uplift" in page.locator(".wb .tg-more").inner_text()
    # The same page, narrow and in Chinese.
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .a-tg-side h2').innerText.includes('增量模型')")
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    page.wait_for_function(drawn)
    assert opened.attempts == []
    assert opened.faults == []
