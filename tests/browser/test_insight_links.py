"""The companies behind the retail customers, read on a dashboard; a doubtful pair decided by keyboard."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

import workbench as wb

pytestmark = pytest.mark.browser


def test_a_reader_finds_the_companies_and_no_customer(board, visit, walked_folder):
    opened = visit()
    page = opened.open(board.address("insight") + "&section=links", charts=1)
    page.wait_for_selector(".wb table.ln-list tbody tr")
    project = wb.open_project(walked_folder, role="viewer")
    companies = project.insight.links.companies()
    assert f"{len(companies)} companies employ" in page.locator(".wb h1").inner_text()
    assert page.locator(".wb .note.error").count() == 0
    assert page.locator('.wb [data-action="pair"], .wb [data-action="search"]').count() == 0
    shown = page.locator(".wb table.ln-list tbody tr").count()
    assert 0 < shown <= (companies["n_employees"] >= 11).sum()
    chip = page.locator('.wb .ln-chips [data-action="action"]').nth(1)
    chip.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector('.wb .ln-chips [aria-pressed="true"]:not([data-value=""])')
    assert page.evaluate("document.activeElement.dataset.action") == "action"
    body = page.content()
    ids = project.table("customers", ["customer_id"])["customer_id"]
    assert not [one for one in ids if one in body]
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert opened.attempts == []
    assert opened.faults == []


def test_an_analyst_decides_pairs_by_keyboard(hall, visit, walked_folder, tmp_path):
    shutil.copytree(walked_folder, tmp_path / "bank")
    project = wb.open_project(tmp_path / "bank")
    records = project.insight.links.records().dropna(subset=["name", "phone"])["record_id"].tolist()
    n = 3
    pairs = pd.DataFrame(
        {
            "record_id": records[:n],
            "other_id": records[n : 2 * n],
            "match_probability": [0.8, 0.7, 0.6],
            "name": "close",
            "phone": "same",
        }
    )
    project.insight.links.keep(project.insight.links.records(), pairs, {})
    running = hall.write(
        "analyst",
        "desk",
        "import os\n"
        "import workbench as wb\n"
        "from workbench.ui.screens.insight import InsightScreen\n"
        "from workbench.ui.state.insight import InsightState\n"
        "os.environ.pop('WORKBENCH_PUBLISHED', None)\n"
        f"project = wb.open_project({str(tmp_path / 'bank')!r}, role='analyst')\n"
        "state = InsightState(project)\n"
        "state.open_section('links')\n"
        "screen = InsightScreen(state)\n"
        "screen.widget",
    )
    opened = visit()
    page = opened.open(running.address("desk"))
    page.wait_for_selector('.wb [data-key="pair-same"]', timeout=60_000)
    assert f"{n} pairs" in page.locator(".wb .a-ln-review h2").inner_text()
    page.locator('.wb [data-key="pair-same"]').focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".wb .ln-past")
    page.wait_for_function("document.activeElement?.dataset?.key === 'pair-same'")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.wb .ln-past .btn').length >= 2")
    held = wb.open_project(tmp_path / "bank").insight.links.decisions()
    assert list(held["decision"]) == ["same", "different"]
    page.locator('.wb .ln-past [data-action="undo"]').first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.wb .ln-past .btn').length === 1")
    assert opened.attempts == []
