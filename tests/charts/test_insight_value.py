"""The charts of customer value: complete, in both modes, computing nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme


@pytest.mark.parametrize("mode", theme.MODES)
def test_tenths_are_bars_with_intervals(mode):
    rows = pd.DataFrame(
        {
            "group": [1, 2],
            "share_value": [0.7, 0.3],
            "share_low": [0.6, 0.2],
            "share_high": [0.8, 0.4],
            "shown": ["70%", "30%"],
        }
    )
    spec = charts.value_deciles(rows, mode=mode, lang="zh_CN").to_dict()
    bars, rule, _ = spec["layer"]
    assert bars["mark"]["color"] == theme.tokens(mode)["q4"]
    assert bars["encoding"]["y"]["scale"] == {"zero": True}
    assert (rule["encoding"]["y"]["field"], rule["encoding"]["y2"]["field"]) == ("share_low", "share_high")
    assert "等分" in spec["description"]


@pytest.mark.parametrize("mode", theme.MODES)
def test_segments_keep_their_colours_and_order(mode):
    rows = pd.DataFrame(
        {
            "segment": ["B", "A"],
            "slot": [2, 5],
            "mean": [9.0, 4.0],
            "ci_low": [8.0, 3.0],
            "ci_high": [10.0, 5.0],
            "shown": ["¥9", "¥4"],
        }
    )
    spec = charts.value_segments(rows, mode=mode).to_dict()
    rule = spec["layer"][0]["encoding"]
    assert rule["color"]["scale"]["range"] == [theme.segment_color(slot, mode) for slot in (2, 5)]
    assert rule["y"]["sort"] == ["B", "A"]


def test_a_forecast_is_hollow_and_what_came_is_solid():
    rows = pd.DataFrame(
        {
            "group": ["0", "1+"],
            "predicted": [1.0, 2.0],
            "actual": [0.9, 2.2],
            "ci_low": [0.8, 2],
            "ci_high": [1, 2.4],
        }
    )
    layers = charts.value_calibration(rows).to_dict()["layer"]
    assert [layer["mark"]["type"] for layer in layers] == ["line", "point", "rule", "point"]
    assert layers[1]["mark"]["fill"] == theme.tokens("light")["surface"]
    assert layers[0]["encoding"]["x"]["sort"] == ["0", "1+"]
