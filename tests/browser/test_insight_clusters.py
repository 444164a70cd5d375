"""The section of clusters in a real page, worked by an analyst."""

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
    page.wait_for_function(
        "document.querySelector('.wb .note')?.innerText.includes('approved')", timeout=90_000
    )
    page.wait_for_function("document.querySelector('.wb .a-cl-sizes').innerText.includes('Happy savers')")
    approved = wb.open_project(folder, role="viewer").insight.segmentation()
    assert "Happy savers" in set(approved.segments["segment"])
    assert approved.model["parameters"]["weights"] == {"tenure": 2.0}
    assert "age" not in approved.model["features"]
    assert visit.attempts == []
    assert visit.faults == []
