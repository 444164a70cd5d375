"""A manager takes the board pack along from a dashboard, in both languages, and opens it."""

from __future__ import annotations

import openpyxl
import pytest

pytestmark = pytest.mark.browser


def test_a_manager_takes_the_pack_along_and_opens_it_without_a_network(board, visit, tmp_path):
    opened = visit()
    page = opened.open(board.address("review"), charts=3)
    title = page.locator(".wb .title h1").inner_text()
    page.locator(".wb .title details.menu summary").click()
    with page.expect_download() as saved:
        page.locator(".wb .title [data-action=pack][data-value=html]").click()
    assert page.locator(".wb .title details.menu[open]").count() == 0
    report = tmp_path / saved.value.suggested_filename
    saved.value.save_as(report)
    page.wait_for_selector(".wb .note.done")
    # The same menu, narrow and in Chinese, brings the workbook.
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function(
        "document.querySelector('.wb .title details.menu summary').innerText.includes('汇报')"
    )
    page.locator(".wb .title details.menu summary").click()
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    box = page.locator(".wb .title details.menu > div").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    with page.expect_download() as saved:
        page.locator(".wb .title [data-action=pack][data-value=xlsx]").click()
    saved.value.save_as(tmp_path / "pack.xlsx")
    assert openpyxl.load_workbook(tmp_path / "pack.xlsx").sheetnames[0] == "摘要"
    # What was saved draws itself from itself alone.
    asked: list[str] = []
    alone = opened.context.new_page()
    alone.on("request", lambda request: asked.append(request.url))
    alone.on("pageerror", lambda error: opened.faults.append(str(error)))
    alone.on(
        "console", lambda message: opened.faults.append(message.text) if message.type == "error" else None
    )
    charts = report.read_text(encoding="utf-8").count('<div class="workbench-chart">')
    assert charts >= 3
    alone.goto(report.as_uri())
    alone.wait_for_function(
        "n => [...document.querySelectorAll('.workbench-chart')]"
        ".filter(chart => chart.querySelector('svg path')).length >= n",
        arg=charts,
    )
    assert alone.locator("h1").inner_text() == title
    assert alone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert opened.attempts == []
    assert opened.faults == []
