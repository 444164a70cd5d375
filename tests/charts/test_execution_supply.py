"""The time line of materials and rates, as drawn."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from workbench import charts, theme
from workbench.charts.execution_supply import material_table


def versions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": ["<b>Rate</b>", "<b>Rate</b>", "Leaflet"],
            "begin": pd.to_datetime(["2026-09-01", "2026-10-01", "2026-11-01"]),
            "end": pd.to_datetime(["2026-09-30", None, "2026-11-30"]),
            "state": ["past", "current", "next"],
            "text": ["4.2%", "3.95%", "v1"],
            "words": ["", "", ""],
        }
    )


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_current_version_stands_out_and_today_is_marked(mode: str) -> None:
    spec = charts.material_days(versions(), today="2026-10-12", lang="zh_CN", mode=mode).to_dict()  # type: ignore[arg-type]
    scale = spec["layer"][0]["encoding"]["color"]["scale"]
    tokens = theme.tokens(mode)  # type: ignore[arg-type]
    assert dict(zip(scale["domain"], scale["range"], strict=True))["current"] == tokens["q5"]
    rule = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "rule")
    assert "2026-10-12" in json.dumps(spec["datasets"][rule["data"]["name"]])


def test_bars_end_with_their_last_day_and_open_ones_reach_beyond_today() -> None:
    table = material_table(versions(), today="2026-10-12")
    assert table["until"].dt.strftime("%m-%d").tolist() == ["10-01", "12-30", "12-01"]
    assert table["open"].tolist() == [False, True, False]
    assert table["first"].tolist() == [True, False, True]
    assert table["order"].tolist() == [0, 0, 1]
