"""The charts of scores draw what they are given, in both modes and languages."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme
from workbench.ui.vega.capture import take_apart

COLUMNS = ["Expected|value", "Weighted|sum"]


@pytest.fixture
def ranked():
    return pd.DataFrame(
        {
            "strategy_id": ["S1", "S1", "S2", "S2"],
            "label": ["S1  <b>Call</b>"] * 2 + ["S2  SMS"] * 2,
            "slot": [1, 1, 2, 2],
            "place": [0, 1, 0, 1],
            "method": ["value", "sum"] * 2,
            "rank": [1, 2, 2, 1],
            "score": ["¥9k", "0.4", "¥3k", "0.6"],
        }
    )


@pytest.fixture
def shares():
    return pd.DataFrame(
        {
            "label": ["S1", "S1", "S2", "S2"],
            "order": [2, 2, 1, 1],
            "column": ["1", "2", "1", "2"],
            "share": [0.0, 1.0, 1.0, 0.0],
            "shown": ["", "100%", "100%", ""],
            "brief": ["", "100", "100", ""],
            "own": [False, True, True, False],
        }
    )


@pytest.mark.parametrize("mode", theme.MODES)
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_lines_have_the_segments_colours(ranked, mode, lang):
    spec, frames = take_apart(charts.method_ranks(ranked, COLUMNS, lang=lang, mode=mode))
    rows = frames["methods"]
    assert rows["colour"].tolist() == [theme.segment_color(slot, mode) for slot in (1, 1, 2, 2)]
    assert len(spec["layer"]) == 4
    axis = spec["layer"][0]["encoding"]["x"]["axis"]
    assert axis["values"] == [0, 1]
    assert "Weighted|sum" in axis["labelExpr"]


@pytest.mark.parametrize("mode", theme.MODES)
def test_cells_are_shaded_by_their_share_and_the_own_is_framed(shares, mode):
    tokens = theme.tokens(mode)
    spec, frames = take_apart(charts.rank_shares(shares, lang="zh_CN", mode=mode))
    rows = frames["shares"]
    assert rows["colour"].tolist() == [tokens["sunken"], tokens["q6"], tokens["q6"], tokens["sunken"]]
    assert rows["ink"].tolist() == [tokens["ink"], tokens["surface"], tokens["surface"], tokens["ink"]]
    assert rows["own"].tolist() == [False, True, True, False]
    assert rows["first"].tolist() == [True, False, True, False]
    assert len(spec["layer"]) == 5


def test_only_rows_differ_when_a_slider_moves(ranked, shares):
    moved = ranked.assign(rank=[2, 1, 1, 2])
    assert (
        take_apart(charts.method_ranks(ranked, COLUMNS))[0]
        == take_apart(charts.method_ranks(moved, COLUMNS))[0]
    )
    other = shares.assign(share=[0.4, 0.6, 0.6, 0.4], order=[1, 1, 2, 2])
    assert take_apart(charts.rank_shares(shares))[0] == take_apart(charts.rank_shares(other))[0]
