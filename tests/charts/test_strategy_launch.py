"""The fairness chart: every group drawn, the undecided hollow, in both modes and languages."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme

ROWS = pd.DataFrame(
    {
        "label": ["Age · 65+", "Age · 30-44", "Region · East", "Region · West"],
        "shown": ["10%", "20%", "15%", "20%"],
        "ratio": [0.5, 1.0, 0.75, 1.0],
        "ci_low": [0.4, None, 0.4, None],
        "ci_high": [0.6, None, 3.0, None],
        "reference": [False, True, False, True],
        "verdict": ["below", "reference", "too_few", "reference"],
    }
)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_undecided_are_hollow(lang, mode):
    chart = charts.fairness(ROWS, lang=lang, mode=mode)
    drawn = chart.layer[3].data if chart.layer[3].data is not None else chart.data
    frame = drawn if isinstance(drawn, pd.DataFrame) else chart.layer[3].data
    tokens = theme.tokens(mode)
    by_label = frame.set_index("label")
    assert by_label.at["Region · East", "fill"] == tokens["surface"]
    assert by_label.at["Age · 65+", "fill"] == by_label.at["Age · 65+", "colour"] == tokens["n3"]
    assert len(chart.to_dict()["layer"]) == 9


def test_a_wide_interval_ends_at_the_edge():
    spec = charts.fairness(ROWS).to_dict()
    scale = spec["layer"][3]["encoding"]["x"]["scale"]
    assert scale["domain"] == [pytest.approx(0.35), 2.0]
    assert scale["clamp"] is True
