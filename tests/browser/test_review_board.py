"""The board in a real browser: filters, both languages, narrow, and a comment that becomes an action."""

from __future__ import annotations

import pytest

import workbench as wb

pytestmark = pytest.mark.browser

DRAWN = (
    "[...document.querySelectorAll('.wb-grid .workbench-chart')].filter(c => c.offsetParent)"
    ".filter(c => Number(c.dataset.marks) > 0).length >= 2"
)


def test_an_analyst_filters_the_board_and_makes_an_action_item(review_desk):
    opened, folder = review_desk("board", ".wb .a-bd-items h2")
    page = opened.page
    project = wb.open_project(folder, role="viewer")
    first = project.cycles()[0].cycle_id
    page.locator(".wb [data-key=cycle]").select_option(first)
    page.wait_for_selector(".wb table.bd-heat")
    page.wait_for_function(DRAWN)
    board = wb.open_project(folder, role="analyst").at(first).review.board
    segment = board.members("segment")[0]
    listed = f"{board.kpis('', {'segment': segment})['listed'].iloc[0]:,.0f}"
    page.locator(".wb [data-key=bd-segment]").select_option(segment)
    page.wait_for_function(
        "n => document.querySelector('.wb .bd-heat .bd-all').innerText.includes(n)", arg=listed
    )
    page.locator(".wb [data-key=bd-by]").select_option("region")
    page.wait_for_function("document.querySelector('.wb .bd-heat tbody').innerText.includes('East')")
    page.locator(".wb [data-key=bd-clear]").click()
    # A comment is written in the page, and becomes an action item.
    page.locator(".wb .title [data-action=comments]").click()
    page.locator(".wb [data-key=comment-text]").fill("Branch 31 needs help <b>now</b>")
    page.locator(".wb [data-key=comment-send]").click()
    page.locator(".wb [data-action=act]").first.click()
    page.locator(".wb [data-key=bd-f-owner]").fill("Team A")
    page.locator(".wb [data-key=bd-f-due]").fill("2031-01-31")
    page.locator(".wb [data-key=bd-save]").click()
    page.wait_for_selector(".wb .note.done")
    page.wait_for_function("document.querySelector('.wb .bd-item').innerText.includes('Team A')")
    row = wb.open_project(folder, role="viewer").at(first).review.board.actions().iloc[0]
    assert (row["text"], str(row["due_on"])) == ("Branch 31 needs help <b>now</b>", "2031-01-31")
    # The same page in Chinese, narrow.
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .a-bd-items h2').innerText === '行动事项'")
    page.wait_for_function(DRAWN)
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator(".wb [data-action=end-done]").first.click()
    page.wait_for_function("document.querySelector('.wb .bd-item').innerText.includes('已完成')")
    assert page.locator(".wb .note.error").count() == 0
    assert opened.attempts == []
    assert opened.faults == []
