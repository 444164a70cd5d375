"""What the charts of scripts draw."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench import charts, theme

ROWS = pd.DataFrame(
    {
        "label": ["Opening", "<img src=x onerror=alert(1)>"],
        "depth": [0, 1],
        "is_end": [False, True],
        "share": [1.0, np.nan],
        "share_low": [0.9, np.nan],
        "share_high": [1.0, np.nan],
        "loss": [0.25, np.nan],
        "loss_low": [0.1, np.nan],
        "loss_high": [0.4, np.nan],
        "reached": ["20 · 100%", "hidden"],
        "lost": ["25%", ""],
        "rate": ["10%", "hidden"],
    }
)


@pytest.mark.parametrize("mode", theme.MODES)
def test_steps_stand_in_the_script_s_order_on_two_scales(mode):
    drawn = charts.script_steps(ROWS, mode=mode).to_dict()
    rows = drawn["datasets"][drawn["data"]["name"]]
    assert [row["label"] for row in rows] == ROWS["label"].tolist()
    assert rows[1]["share"] is None
    assert [row["indent"] for row in rows] == [0, 10]
    assert drawn["resolve"]["scale"]["x"] == "independent"
    scales = [layer["encoding"]["x"].get("scale") for layer in drawn["layer"] if "x" in layer["encoding"]]
    assert all(scale["domain"] == [0, 1] for scale in scales if scale)
    assert drawn["height"] == 88


def test_two_scripts_share_a_scale_that_begins_at_zero():
    rows = pd.DataFrame(
        {"label": ["1", "2"], "rate": [0.1, 0.2], "low": [0.0, 0.1], "high": [0.2, 0.4], "figures": ["", ""]}
    )
    drawn = charts.script_arms(rows, lang="zh_CN").to_dict()
    domains = {
        tuple(layer["encoding"]["x"]["scale"]["domain"])
        for layer in drawn["layer"]
        if "scale" in layer["encoding"]["x"]
    }
    assert domains == {(0, 0.4)}
    hidden = rows.assign(rate=np.nan, low=np.nan, high=np.nan)
    assert len(charts.script_arms(hidden).layer) == 5
