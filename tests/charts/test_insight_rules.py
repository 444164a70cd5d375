"""The chart of segments told as rules draws what it is given, in both looks and languages."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme

TOLD = pd.DataFrame(
    {
        "segment": ["Retirees", "Savers"] * 2,
        "slot": [1, 4] * 2,
        "measure": ["precision"] * 2 + ["coverage"] * 2,
        "value": [0.83, 0.9, 0.79, 0.7],
        "low": [0.8, 0.85, 0.75, 0.66],
        "high": [0.86, 0.93, 0.83, 0.75],
    }
)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_every_figure_has_its_interval_in_the_segments_colour(mode, lang):
    drawn = charts.segment_rules(TOLD, lang=lang, mode=mode).to_dict()
    kinds = [layer["mark"]["type"] for layer in drawn["layer"]]
    assert kinds == ["rule", "point", "rule", "point"]
    rows = [row for data in drawn["datasets"].values() for row in data]
    assert sorted(row["value"] for row in rows) == sorted(TOLD["value"])
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
    scale = drawn["layer"][0]["encoding"]["color"]["scale"]
    assert scale["range"] == [theme.segment_color(1, mode), theme.segment_color(4, mode)]
    assert drawn["description"]


def test_nothing_to_draw_is_drawn_as_nothing():
    assert charts.segment_rules(TOLD.iloc[:0]).to_dict()["layer"]
