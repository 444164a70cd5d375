"""The journey through the lists: a manager reads the gates, an analyst looks a customer up."""

from __future__ import annotations

import pytest

import workbench as wb

pytestmark = pytest.mark.browser


def test_a_manager_reads_which_gate_turns_away_most(stage_folder, publish_as, visit):
    opened = visit()
    page = opened.page
    page.goto(publish_as(stage_folder("strategy"), "viewer").address("strategy"))
    page.locator(".wb .tabs [data-value=lists]").click()
    page.wait_for_selector(".wb .li-rules")
    page.wait_for_function(
        "document.querySelectorAll('.wb .wb-grid .workbench-chart[data-marks]').length >= 2"
    )
    page.wait_for_function(
        "document.querySelector('.wb .title h1').innerText.includes('more than any other gate')"
    )
    assert page.locator(".wb .kpi").count() == 6
    assert page.locator(".wb .li-rules > li").count() == 8
    assert page.locator(".wb .li-lists tbody tr").count() >= 3
    assert page.locator(".wb .li-form").count() == 0
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .title h1').innerText.includes('挡下的客户最多')")
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(".wb .note.error").count() == 0
    assert opened.attempts == []
    assert opened.faults == []


def test_an_analyst_looks_a_customer_up_in_both_languages(strategy_desk):
    opened, folder = strategy_desk("lists", ".wb .li-form")
    page = opened.page
    customer = wb.open_project(folder).strategy.targets()["customer_id"].iloc[0]
    page.locator(".wb [name=customer]").fill(customer)
    page.locator(".wb [data-key=li-look]").click()
    page.wait_for_selector(".wb .li-step .tag.good")
    assert page.locator(".wb .li-step").first.locator(".li-in").count() == 8
    assert customer not in page.locator(".wb .a-li-look").inner_text()
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .a-li-look h2').innerText.includes('名单')")
    assert opened.attempts == []
    assert opened.faults == []
