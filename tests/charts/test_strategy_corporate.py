"""The charts of companies and journeys: complete, in both modes, computing nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme


@pytest.mark.parametrize("mode", theme.MODES)
def test_potential_stands_on_contribution(mode):
    rows = pd.DataFrame(
        {
            "label": ["Software", "Logistics"],
            "contribution": [4e6, 2e6],
            "potential": [2e6, 1e6],
            "shown": ["+¥2M", "+¥1M"],
            "chosen": [True, False],
        }
    )
    spec = charts.industry_potential(rows, mode=mode, lang="zh_CN").to_dict()
    bars, ends = spec["layer"]
    assert bars["encoding"]["y"]["sort"] == ["Software", "Logistics"]
    assert bars["encoding"]["x"]["scale"]["domain"][0] == 0
    assert bars["encoding"]["x"]["scale"]["domain"][1] > 6e6
    assert bars["encoding"]["color"]["scale"]["range"][1] == theme.tokens(mode)["accent"]
    assert ends["encoding"]["text"]["field"] == "shown"
    assert "潜力" in spec["description"]


@pytest.mark.parametrize("mode", theme.MODES)
def test_reach_is_a_share_of_those_who_start(mode):
    rows = pd.DataFrame(
        {
            "label": ["1. App", "2. Call"],
            "reach": [1.0, 0.8],
            "won": [0.0, 0.1],
            "world": ["online", "offline"],
            "shown": ["100%", "80%"],
        }
    )
    spec = charts.journey_reach(rows, mode=mode).to_dict()
    bars, won, names, _ = spec["layer"]
    assert bars["encoding"]["x"]["scale"] == {"domain": [0, 1]}
    assert bars["encoding"]["color"]["scale"]["domain"] == ["online", "offline"]
    assert won["encoding"]["x"]["field"] == "won"
    assert names["encoding"]["text"]["field"] == "label"
    assert spec["height"] == 92
