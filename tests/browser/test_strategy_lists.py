"""The journey through the lists: an analyst looks a customer up."""

from __future__ import annotations

import pytest

import workbench as wb

pytestmark = pytest.mark.browser


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
