"""The journey to two segmentations compared, as a manager makes it."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

import workbench as wb
from workbench.insight import Segmenter

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(walked_folder: Path, tmp_path_factory, hall):
    folder = tmp_path_factory.mktemp("versions") / "bank"
    shutil.copytree(walked_folder, folder)
    project = wb.open_project(folder, role="analyst")
    features = project.insight.features_of(project.insight.segmentation())
    project.insight.approve(Segmenter(n_clusters=4).fit(features), features)
    show = f"import workbench as wb\nwb.ui.insight(wb.open_project({str(folder)!r}))"
    server = hall.write("viewer", "shown_insight", show)
    return partial(server.address, "shown_insight")


def test_a_manager_compares_two_cycles(address, visit):
    opened = visit()
    page = opened.open(address(), charts=1)
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
