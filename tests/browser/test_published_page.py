"""What a viewer sees of the server: waiting, words, faults, and the end of a page."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.browser

SOUND = """
import ipywidgets as widgets
from workbench.publish import query
asked = query()
widgets.VBox([widgets.Label(repr(asked)), widgets.IntSlider()])
"""
FAILING = "raise RuntimeError('customer 13812341234')"
DYING = "import os\nos._exit(3)"


@pytest.fixture(scope="module")
def server(publish):
    return publish({"01_insight": [SOUND], "02_strategy": [FAILING], "03_execution": [DYING]}, preheat=True)


def wait_for(condition, seconds=30.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_a_preheated_page_speaks_the_language_and_wears_the_colours_of_its_address(server, visit):
    assert wait_for(lambda: server.status()["ready"]["01_insight.ipynb"] == 1, 60)
    opened = visit()
    page = opened.open(server.address("insight", lang="zh_CN", theme="dark", cycle="2026 Q3"))
    page.wait_for_selector(".widget-label")
    assert server.token not in page.url
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.title() == "客户洞察 · 客户经营工作台"
    assert page.locator(".widget-label").first.inner_text() == (
        "{'lang': 'zh_CN', 'cycle': '2026 Q3', 'theme': 'dark'}"
    )
    page.wait_for_selector("#wb-start", state="detached")
    assert opened.attempts == []
    assert opened.faults == []


def test_a_theme_that_is_no_theme_is_light_and_runs_nothing(server, visit):
    opened = visit()
    page = opened.open(server.address("insight", theme="\"><img src=x onerror='document.title=1'>"))
    page.wait_for_selector(".widget-label")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert page.title() == "Insight · Customer Workbench"
    assert page.locator("img").count() == 0


def test_closing_a_page_ends_its_kernel_within_seconds(server, visit):
    opened = visit()
    page = opened.open(server.address("insight"))
    page.wait_for_selector(".widget-label")
    kernel = page.evaluate("workbenchPage.kernel")
    alive = "id => fetch(`/workbench/kernel/${id}`).then(answer => answer.status)"
    assert page.evaluate(alive, kernel) == 204
    other = visit()
    index = other.open(server.address())
    index.wait_for_selector("li.card")
    page.close(run_before_unload=True)
    # Cookies belong to a context: the index of this one asks about the other's kernel.
    assert wait_for(lambda: index.evaluate(alive, kernel) == 404, 8)


@pytest.mark.parametrize("stage", ["strategy", "execution"])
def test_a_page_that_cannot_be_prepared_says_what_to_do(server, visit, stage):
    for lang, title in (("en", "could not be prepared"), ("zh_CN", "页面未能准备好")):
        opened = visit()
        page = opened.open(server.address(stage, lang=lang))
        page.wait_for_selector(".wb-notice", timeout=60_000)
        words = page.locator(".wb-notice").inner_text()
        assert title in words
        assert "{reference}" not in words
        assert "13812341234" not in page.content()
        assert page.locator(".wb-notice button").is_visible()


def test_a_kernel_that_was_ended_is_noticed(server, visit):
    opened = visit()
    page = opened.open(server.address("insight"))
    page.wait_for_selector(".widget-label")
    page.evaluate("fetch(`/voila/api/shutdown/${workbenchPage.kernel}`, { method: 'POST' })")
    alive = "fetch(`/workbench/kernel/${workbenchPage.kernel}`).then(answer => answer.status)"
    assert wait_for(lambda: page.evaluate(alive) == 404)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector(".wb-notice[data-kind=lost]")
    assert "Reload the page" in page.locator(".wb-notice").inner_text()


@pytest.mark.parametrize("width", [360, 1440])
def test_the_index_fits_its_window(server, visit, width):
    opened = visit(width=width)
    page = opened.open(server.address(lang="zh_CN"))
    page.wait_for_selector("li.card")
    assert page.locator("li.card a").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="EN", exact=True).click()
    page.wait_for_function("document.documentElement.lang === 'en'")
    assert opened.attempts == []
    assert opened.faults == []
