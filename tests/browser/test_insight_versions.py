"""The journey to two segmentations compared, as a manager makes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import workbench as wb
from workbench.insight import Segmenter
from workbench.publish import Dashboards

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def dashboards(walked_folder: Path, tmp_path_factory):
    folder = tmp_path_factory.mktemp("versions") / "bank"
    shutil.copytree(walked_folder, folder)
    project = wb.open_project(folder, role="analyst")
    features = project.insight.features_of(project.insight.segmentation())
    project.insight.approve(Segmenter(n_clusters=4).fit(features), features)
    with Dashboards(folder, role="viewer", log=folder.parent / "dashboards.log", preheat=False) as running:
        yield running


def test_a_manager_compares_two_cycles(dashboards, visit):
    opened = visit()
    page = opened.open(dashboards.address("insight"), charts=1)
    page.locator(".wb .title [data-action='section']").click()
    # The frame is painted last.
    page.wait_for_function("document.querySelector('.wb .tabs [aria-current=page]').innerText === 'Versions'")
    page.wait_for_selector(".wb .vs-matrix")
    first = page.locator(".wb .title h1").inner_text()
    before = page.locator(".wb .a-vs-pick select").first
    before.focus()
    # The oldest version, of the cycle before, stands last.
    before.select_option(index=before.locator("option").count() - 1)
    page.wait_for_function("was => document.querySelector('.wb .title h1').innerText !== was", arg=first)
    assert "2026 Q2" in page.locator(".wb .title h1").inner_text()
    page.wait_for_function(
        "document.querySelectorAll('.wb .wb-grid .workbench-chart[data-marks]').length >= 2"
    )
    assert page.locator(".wb .kpi").count() == 6
    assert page.locator(".wb .vs-events li").count() >= 4
    assert page.locator(".wb [data-action='store']").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.wait_for_function("location.search.includes('section=versions')")
    assert page.locator(".wb .note.error").count() == 0
    assert opened.attempts == []
    assert opened.faults == []


def test_the_comparison_on_a_phone_in_chinese(dashboards, visit):
    opened = visit(width=360, height=800)
    address = dashboards.address("insight", lang="zh_CN")
    page = opened.open(f"{address}{'&' if '?' in address else '?'}section=versions", charts=2)
    assert "客户" in page.locator(".wb .title h1").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert opened.faults == []
