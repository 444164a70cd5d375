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


@pytest.fixture(scope="module")
def in_english(dashboards, lasting_visit):
    """Return a function that gives a stage's page in English, and all that its sockets received."""
    kept: dict[str, tuple] = {}

    def give(stage: str) -> tuple:
        if stage not in kept:
            opened, frames = lasting_visit(), []
            opened.page.on(
                "websocket", lambda socket: socket.on("framereceived", lambda data: frames.append(str(data)))
            )
            opened.open(dashboards.address(stage, lang="en"), charts=CHARTS[stage])
            kept[stage] = opened, frames
        return kept[stage]

    return give


def seen(opened, name: str) -> None:
    folder = os.environ.get("WORKBENCH_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        opened.page.wait_for_timeout(500)
        opened.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("lang", TITLES)
@pytest.mark.parametrize("stage", STAGES)
def test_screenshot_of_a_dashboard_drawn_without_another_machine(dashboards, in_english, visit, stage, lang):
    opened = in_english(stage)[0] if lang == "en" else visit()
    page = opened.page
    if lang != "en":
        opened.open(dashboards.address(stage, lang=lang), charts=CHARTS[stage])
    assert all(marks > 0 for marks in opened.marks() if marks != -1)
    assert sum(marks > 0 for marks in opened.marks()) >= CHARTS[stage]
    assert page.title().endswith(TITLES[lang])
    assert page.locator(".wb .note.error").count() == 0
    assert page.locator(".wb .kpi").count() >= 4
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    seen(opened, f"{stage}.{'zh' if lang == 'zh_CN' else lang}")
    assert opened.attempts == []
    assert opened.faults == []


@pytest.mark.parametrize("stage", STAGES)
def test_screenshot_of_a_dashboard_on_a_phone(dashboards, visit, stage):
    opened = visit(width=360, height=800)
    page = opened.open(dashboards.address(stage), charts=1)
    page.wait_for_selector(".wb .foot")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    seen(opened, f"{stage}.phone")
    assert opened.attempts == []


def _section(page, name: str) -> None:
    """Open a section by its tab, and wait until it is drawn."""
    before = page.locator("h1").inner_text()
    page.locator(f".tabs [data-value={name}]").click()
    page.wait_for_selector(f".tabs [data-value={name}][aria-current=page]", timeout=30_000)
    page.wait_for_function(
        "before => document.querySelector('h1').innerText !== before", arg=before, timeout=30_000
    )
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


@pytest.mark.parametrize("lang,width", LOOKS)
@pytest.mark.parametrize("stage", SECTIONS)
def test_screenshot_of_every_section(dashboards, visit, stage, lang, width):
    opened = visit(width=width)
    page = opened.open(dashboards.address(stage, lang=lang), charts=1)
    for name in SECTIONS[stage]:
        _section(page, name)
        assert page.locator(".wb .note.error").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        kind = "phone" if width < 640 else "zh" if lang == "zh_CN" else lang
        seen(opened, f"{stage}.{name}.{kind}")
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


def test_a_viewer_is_sent_no_customer(in_english, shown_bank):
    project = wb.open_project(shown_bank, role="viewer")
    ids = set(project.customers(columns=["customer_id"])["customer_id"].head(2000))
    assert all(re.fullmatch(r"\d{10}", one) for one in ids)
    for stage in STAGES:
        opened, frames = in_english(stage)
        assert frames
        sent = opened.page.content() + "".join(frames)
        # Wherever ten digits begin: an id may stand within a longer number.
        assert not set(re.findall(r"(?=(\d{10}))", sent)) & ids
