"""The section of clusters in a real page: read by a manager, worked by an analyst."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import workbench as wb

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bench_page(desk):
    """Return a page with the bench, as an analyst sees it in JupyterLab, and the project's folder."""
    return desk("clusters", ".wb .cl-check")


def seen(page, name: str) -> None:
    folder = os.environ.get("WORKBENCH_SCREENSHOTS")
    if folder:
        page.wait_for_timeout(500)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_an_analyst_chooses_fits_labels_and_approves_by_keyboard(bench_page):
    visit, folder = bench_page
    page = visit.page
    page.locator("[data-key='use-age']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-key='use-age'][aria-checked=false]")
    assert page.evaluate("document.activeElement.dataset.key") == "use-age"
    page.locator("[data-key='more-tenure']").press("Enter")
    page.wait_for_function("document.body.innerText.includes('weights={')")
    page.locator("[data-key='bench-fit']").click()
    page.wait_for_selector("[data-key='en-0']", timeout=60_000)
    first = page.locator("[data-key='en-0']")
    first.fill("Happy savers")
    seen(page, "clusters.bench")
    page.locator("[data-key='bench-labels']").click()
    page.locator("[data-key='bench-approve']").press("Enter")
    page.wait_for_selector(".wb .note.done, .wb .note.error", timeout=90_000)
    page.wait_for_function(
        "document.querySelector('.wb .note')?.innerText.includes('approved')", timeout=30_000
    )
    page.wait_for_function("document.querySelector('.wb .a-cl-sizes').innerText.includes('Happy savers')")
    approved = wb.open_project(folder, role="viewer").insight.segmentation()
    assert "Happy savers" in set(approved.segments["segment"])
    assert approved.model["parameters"]["weights"] == {"tenure": 2.0}
    assert "age" not in approved.model["features"]
    assert visit.attempts == []
    assert visit.faults == []


def test_a_manager_reads_how_the_clusters_were_made_on_a_phone_in_chinese(board, visit):
    opened = visit(width=360, height=800)
    page = opened.open(f"{board.address('insight', lang='zh_CN')}&section=clusters", charts=1)
    page.wait_for_selector(".wb .cl-left dt")
    assert "个群" in page.locator(".wb .title h1").inner_text()
    assert page.locator(".wb .a-cl-bench, .wb .a-cl-choose").count() == 0
    assert page.locator(".wb .note.error").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    seen(page, "clusters.phone.zh")
    assert opened.attempts == []
    assert opened.faults == []
    if "WORKBENCH_SCREENSHOTS" in os.environ:
        for name, options in (("clusters.en", {}), ("clusters.dark", {"theme": "dark"})):
            wide = visit()
            wide.open(f"{board.address('insight', **options)}&section=clusters", charts=1)
            seen(wide.page, name)
