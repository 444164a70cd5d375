"""An analyst's journey through one strategy card: a fault in its place, two edits, both languages."""

from __future__ import annotations

import pytest

import workbench as wb

pytestmark = pytest.mark.browser

NASTY = "=cmd|'<script>alert(1)</script>'!A0"


def test_a_card_is_edited_while_somebody_else_saves_it(strategy_desk):
    visit, folder = strategy_desk("cards", ".wb .sc-list")
    page = visit.page
    page.wait_for_selector(".wb .wb-grid .workbench-chart[data-marks]")
    assert page.locator(".wb .kpi").count() == 6
    page.click("[data-key=sc-edit]")
    page.wait_for_selector(".wb .sc-form")
    budget = page.locator("[data-key=sc-budget]")
    budget.fill("0")
    page.wait_for_selector(".wb #sc-bad-budget")
    assert "buys no contact" in page.locator(".wb #sc-bad-budget").inner_text()
    assert page.evaluate("document.activeElement.dataset.key") == "sc-budget"
    page.wait_for_selector("[data-key=sc-save][aria-disabled=true]")
    budget.fill("25000")
    page.wait_for_selector(".wb #sc-bad-budget", state="detached")
    page.locator("[data-key=sc-name]").fill(NASTY)
    page.wait_for_function("document.querySelector('.wb .a-sc-card h2').innerText.includes('=cmd')")
    # Somebody else is faster.
    project = wb.open_project(folder, role="analyst")
    name = page.locator(".wb .a-sc-card h2").inner_text().split()[0]
    hers = project.strategy.card(name)
    project.strategy.save_card(hers | {"owner": "Her team"}, int(hers["row_version"]))
    page.click("[data-key=sc-save]")
    page.wait_for_selector(".wb .sc-conflict")
    rows = page.locator(".wb .sc-conflict tbody tr")
    assert rows.count() == 3
    assert page.locator("[data-key=sc-theirs-owner]").is_checked()
    assert page.locator("[data-key=sc-mine-budget]").is_checked()
    page.locator("[data-key=sc-merge]").click()
    page.wait_for_selector("[data-key=sc-edit]")
    card = project.strategy.card(name)
    assert (card["name"], card["owner"], card["budget"]) == (NASTY, "Her team", 25_000.0)
    # The same page in Chinese, on a phone.
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .a-sc-list h2').innerText.includes('策略卡')")
    page.wait_for_function("document.querySelector('.wb .a-sc-card').innerText.includes('所需客户')")
    assert NASTY in page.locator(".wb .a-sc-card").inner_text()
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(".wb .note.error").count() == 0
    assert visit.attempts == []
    assert visit.faults == []
