"""Plan against actual, and control charts, as drawn."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from workbench import charts, theme
from workbench.charts.execution_pace import control_points


def points(chart: str = "refusals") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "chart": chart,
            "day": pd.date_range("2026-10-12", periods=3),
            "value": [0.1, 0.15, 0.7],
            "expected": [float("nan"), 0.1, 0.12],
            "limit": [1.0, 0.5, 0.4],
            "n": [20.0, 20.0, 10.0],
            "is_alarm": [False, False, True],
            "in_run": [False, True, True],
        }
    )


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_control_chart_shows_points_centre_line_limit_and_states(lang: str, mode: str) -> None:
    drawn = charts.control_chart(points(), lang=lang, mode=mode).to_dict()  # type: ignore[arg-type]
    marks = [layer["mark"] for layer in drawn["layer"]]
    dashed = [mark for mark in marks if mark.get("strokeDash")]
    assert [mark["color"] for mark in dashed] == [theme.tokens(mode)["bad"]]  # type: ignore[arg-type]
    assert [mark["shape"] for mark in marks if "shape" in mark] == ["diamond"]
    rows = next(iter(drawn["datasets"].values()))
    assert [row["state"] for row in rows] == ["usual", "run", "alarm"]
    assert rows[-1]["figures"].startswith("70%")
    assert [bool(row["edge"]) for row in rows] == [False, False, True]


def test_counts_are_no_shares_and_words_lie_apart() -> None:
    table = control_points(points("contacts").assign(value=[3.0, 4.0, 2.0], expected=13.45, limit=[3, 3, 13]))
    assert table["figures"].tolist() == ["3", "4", "2"]
    assert "13" in table["usual"].iloc[-1]
    assert abs(table["expected_at"] - table["limit_at"]).iloc[-1] >= 13.45 * 0.07
    spec = charts.control_chart(points("contacts")).to_dict()
    assert "%" not in json.dumps([layer["encoding"].get("y") for layer in spec["layer"]])


def test_bars_keep_the_order_and_text_is_data() -> None:
    rows = pd.DataFrame(
        {
            "label": ["<b>Phone</b>", "App"],
            "contacted": [9.0, 4.0],
            "due": [12.0, float("nan")],
            "figures": ["9 of 12", "4"],
        }
    )
    spec = charts.plan_actual(rows).to_dict()
    drawn = next(iter(spec["datasets"].values()))
    assert [row["label"] for row in drawn] == ["<b>Phone</b>", "App"]
    assert drawn[1]["due"] is None
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["bar", "tick", "text", "text"]
