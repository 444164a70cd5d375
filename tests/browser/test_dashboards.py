"""Each dashboard of the sample bank, in both languages, wide and narrow, offline.

The pictures of the README are made here: with WORKBENCH_SCREENSHOTS set to a folder,
every dashboard is written there as it was seen.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import workbench as wb
from workbench.publish import Dashboards
from workbench.ui.state.sections import EXECUTION, INSIGHT, REVIEW, STRATEGY, WORKING

pytestmark = pytest.mark.browser

STAGES = ("insight", "strategy", "execution", "review")
CHARTS = {"insight": 4, "strategy": 2, "execution": 2, "review": 2}
TITLES = {"en": "Customer Workbench", "zh_CN": "客户经营工作台"}


@pytest.fixture(scope="session")
def shown_bank(sample_folder) -> Path:
    """Return a walked sample bank."""
    return sample_folder


@pytest.fixture(scope="module")
def dashboards(shown_bank, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "dashboards.log"
    with Dashboards(shown_bank, role="viewer", log=log) as running:
        yield running


def seen(opened, name: str) -> None:
    folder = os.environ.get("WORKBENCH_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        opened.page.wait_for_timeout(500)
        opened.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


UNDRAWN = ("scripts",)
"""Sections without a chart here: so small a bank calls too few customers to publish a figure."""


def _section(page, name: str) -> None:
    """Open a section by its tab, and wait until it is drawn."""
    before = page.locator("h1").inner_text()
    page.locator(f".tabs [data-value={name}]").click()
    page.wait_for_selector(f".tabs [data-value={name}][aria-current=page]", timeout=30_000)
    page.wait_for_function(
        "before => document.querySelector('h1').innerText !== before", arg=before, timeout=30_000
    )
    # Told last of all, after the numbers and the foot.
    page.wait_for_function(
        "name => new URLSearchParams(location.search).get('section') === name", arg=name, timeout=30_000
    )
    if name in UNDRAWN:
        return
    page.wait_for_function(
        "[...document.querySelectorAll('.wb-grid .workbench-chart')].filter(each => each.offsetParent)"
        ".some(each => Number(each.dataset.marks) > 0)",
        timeout=30_000,
    )


# Two openings see both languages and both widths; the third is for the pictures.
LOOKS = [("en", 1440), ("zh_CN", 360), *([("zh_CN", 1440)] if "WORKBENCH_SCREENSHOTS" in os.environ else [])]


SECTIONS = {
    "insight": INSIGHT,
    "strategy": STRATEGY,
    "execution": [name for name in EXECUTION if name not in WORKING],
    "review": REVIEW,
}


def _changed(page, selector: str, before: str) -> None:
    page.wait_for_function(
        "([selector, before]) => document.querySelector(selector).innerText !== before",
        arg=[selector, before],
    )


def _by_key(page, key: str) -> None:
    page.locator(f"[data-key='{key}']").focus()
    page.keyboard.press("Enter")


def insight_links(page, lang: str) -> None:
    """The companies can be narrowed by keyboard, and nobody decides pairs here."""
    page.locator(".wb table.ln-list tbody tr").first.wait_for()
    assert page.locator('.wb [data-action="pair"], .wb [data-action="search"]').count() == 0
    if lang == "en":
        assert re.search(r"\d companies employ", page.locator(".wb h1").inner_text())
        page.locator('.wb .ln-chips [data-action="action"]').nth(1).focus()
        page.keyboard.press("Enter")
        page.wait_for_selector('.wb .ln-chips [aria-pressed="true"]:not([data-value=""])')
        assert page.evaluate("document.activeElement.dataset.action") == "action"


def insight_clusters(page, lang: str) -> None:
    """How the clusters were made is said; the bench is the analysts'."""
    page.wait_for_selector(".wb .cl-left dt")
    assert page.locator(".wb .a-cl-bench, .wb .a-cl-choose").count() == 0
    if lang == "zh_CN":
        assert "个群" in page.locator(".wb h1").inner_text()


def insight_portrait(page, lang: str) -> None:
    """Another kind of customer is another portrait, with no single customer in it."""
    assert page.locator(".wb .p-card, .wb .p-rules form").count() == 0
    if lang == "zh_CN":
        first = page.locator(".wb h1").inner_text()
        assert "零售客户" in first
        _by_key(page, "portrait-kind-corporate")
        _changed(page, ".wb h1", first)
        page.locator("[data-key='portrait-face-behaviour'] summary").click()
        assert page.locator("[data-key='portrait-face-behaviour'] tbody tr").count() > 5


def insight_value(page, lang: str) -> None:
    """What carries the value, with the checks of the model and its quintiles."""
    assert page.locator(".wb .kpi").count() == 6
    page.wait_for_selector(".wb .vl-checks li")
    assert page.locator(".wb .vl-checks li").count() >= 6
    assert page.locator(".wb .vl-form").count() == 0
    title = page.locator(".wb h1").inner_text()
    assert ("A fifth of customers carries" if lang == "en" else "五分之一") in title
    if lang == "en":
        page.locator(".wb .vl-more summary").first.click()
        assert "quintiles" in page.locator(".wb .a-vl-grid").inner_text()
        page.wait_for_function("location.search.includes('section=value')")


def insight_rules(page, lang: str) -> None:
    """The rules are read here and not built."""
    page.wait_for_selector(".wb .rl-list")
    assert page.locator("[data-key=rl-add]").count() == 0
    if lang == "zh_CN":
        assert "条规则" in page.locator(".wb h1").inner_text()


def strategy_lists(page, lang: str) -> None:
    """Which gate turns away most, gate by gate."""
    said = "more than any other gate" if lang == "en" else "挡下的客户最多"
    assert said in page.locator(".wb h1").inner_text()
    assert page.locator(".wb .kpi").count() == 6
    page.wait_for_selector(".wb .li-rules > li")
    page.wait_for_selector(".wb .li-lists tbody tr")
    assert page.locator(".wb .li-rules > li").count() == 8
    assert page.locator(".wb .li-lists tbody tr").count() >= 3
    assert page.locator(".wb .li-form").count() == 0


def execution_overview(page, lang: str) -> None:
    """How far the lists are, and no customer."""
    assert page.locator("[data-action=record], [data-action=choose], [data-action=import], .py").count() == 0
    assert "****" not in page.content()
    if lang == "zh_CN":
        assert "策略执行" in page.locator(".steps [aria-current]").inner_text()
        assert "响应率" in page.locator(".a-table").inner_text()
        return
    # Fewer strategies are a lower chart, with no drawing sent anew.
    height = page.locator(".a-progress canvas").bounding_box()["height"]
    page.locator(".ex-table [data-action=strategy]").first.press("Enter")
    page.wait_for_function(
        "h => document.querySelector('.a-progress canvas').getBoundingClientRect().height < h", arg=height
    )


def review_overview(page, lang: str) -> None:
    """What was recommended, without what decides on it."""
    assert page.locator("[data-action=accept], [data-action=close], .py").count() == 0
    if lang == "zh_CN":
        assert "建议" in page.locator(".a-advice").inner_text()
        assert "经营回检" in page.locator(".steps [aria-current]").inner_text()


READ = {
    ("insight", "links"): insight_links,
    ("insight", "clusters"): insight_clusters,
    ("insight", "portrait"): insight_portrait,
    ("insight", "value"): insight_value,
    ("insight", "rules"): insight_rules,
    ("strategy", "lists"): strategy_lists,
    ("execution", "overview"): execution_overview,
    ("review", "overview"): review_overview,
}
"""What a manager reads and tries on a page, where there is more to it than that it is drawn."""


@pytest.fixture(scope="module")
def ids(shown_bank) -> set[str]:
    """Return the ids of two thousand customers."""
    project = wb.open_project(shown_bank, role="viewer")
    found = set(project.customers(columns=["customer_id"])["customer_id"].head(2000))
    assert all(re.fullmatch(r"\d{10}", one) for one in found)
    return found


def _overview(page, stage: str, lang: str, marks: list[int]) -> None:
    """Look at a stage's own page: drawn whole, and in the language."""
    assert all(n > 0 for n in marks if n != -1)
    assert sum(n > 0 for n in marks) >= CHARTS[stage]
    assert page.title().endswith(TITLES[lang])
    assert page.locator(".wb .kpi").count() >= 4


@pytest.mark.parametrize("lang,width", LOOKS)
@pytest.mark.parametrize("stage", STAGES)
def test_screenshot_of_every_page_drawn_without_another_machine(dashboards, visit, ids, stage, lang, width):
    opened, frames = visit(width=width), []
    opened.page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda data: frames.append(str(data)))
    )
    page = opened.open(dashboards.address(stage, lang=lang), charts=CHARTS[stage])
    page.wait_for_selector(".wb .foot")
    _overview(page, stage, lang, opened.marks())
    kind = "phone" if width < 640 else "zh" if lang == "zh_CN" else lang
    for name in ("overview", *SECTIONS[stage]):
        if name != "overview":
            _section(page, name)
        assert page.locator(".wb .note.error").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        seen(opened, f"{stage}.{kind}" if name == "overview" else f"{stage}.{name}.{kind}")
        if (stage, name) in READ and "WORKBENCH_SCREENSHOTS" not in os.environ:
            READ[stage, name](page, lang)
        assert page.locator(".wb .note.error").count() == 0
        # A viewer is sent no customer; wherever ten digits begin: an id may stand in a longer number.
        assert not set(re.findall(r"(?=(\d{10}))", page.content())) & ids
    assert frames
    assert not set(re.findall(r"(?=(\d{10}))", "".join(frames))) & ids
    assert opened.attempts == []
    assert opened.faults == []


def test_screenshot_of_insight_in_the_dark(dashboards, visit):
    opened = visit()
    page = opened.open(dashboards.address("insight", theme="dark"), charts=CHARTS["insight"])
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.wb')).backgroundColor") == "rgb(15, 20, 26)"
    )
    seen(opened, "insight.dark")


def test_a_manager_filters_and_switches_language_by_keyboard(dashboards, visit):
    opened = visit()
    page = opened.open(dashboards.address("insight"), charts=CHARTS["insight"])
    before = page.locator(".wb .kpi .v").first.inner_text()
    page.locator(".wb .widget-dropdown select").first.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function(
        "before => document.querySelector('.wb .kpi .v').innerText !== before", arg=before, timeout=15_000
    )
    page.locator("[data-key='lang-zh']").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.wb .brand').innerText.includes('客户经营工作台')")
    assert page.evaluate("document.activeElement.dataset.key") == "lang-zh"
    page.wait_for_function("location.search.includes('lang=zh')")
    assert opened.attempts == []
