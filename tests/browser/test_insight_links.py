"""A doubtful pair of records decided by keyboard."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

import workbench as wb

pytestmark = pytest.mark.browser


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
