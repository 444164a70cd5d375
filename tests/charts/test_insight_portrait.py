"""Stages and ages are drawn from what they are given, hidden shares as a word."""

import pandas as pd
import pytest

from workbench import charts


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_stages_keep_their_order_and_hide(mode):
    rows = pd.DataFrame(
        {"label": ["Honeymoon", "Acquisition"], "share": [0.25, float("nan")], "before": [0.3, float("nan")]}
    )
    made = charts.stage_shares(rows, mode=mode).to_dict()
    (data,) = made["datasets"].values()
    assert [row["shown"] for row in data] == ["25%", "hidden"]
    assert made["layer"][0]["encoding"]["y"]["sort"] == ["Honeymoon", "Acquisition"]
    assert "已隐藏" in str(charts.stage_shares(rows, lang="zh_CN").to_dict())


def test_ages_are_stacked_from_fresh_to_none():
    rows = pd.DataFrame(
        {
            "label": ["Holdings", "Holdings", "Surveys"],
            "age": ["none", "days_30", "older"],
            "age_label": ["no row", "new", "old"],
            "share": [0.2, 0.8, 1.0],
        }
    )
    made = charts.source_ages(rows).to_dict()
    assert made["layer"][0]["encoding"]["color"]["scale"]["domain"] == ["new", "old", "no row"]
    (data,) = made["datasets"].values()
    assert [row["rank"] for row in data] == [4, 0, 3]
