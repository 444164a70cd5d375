"""The strategy charts draw what they are given, in both modes and languages."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme
from workbench.ui.vega.capture import take_apart


@pytest.fixture
def ranked():
    return pd.DataFrame(
        {
            "label": ["1  S2 <b>Call</b>", "2  S1 SMS"],
            "slot": [2, 1],
            "expected_value": [9.0, -2.0],
            "expected_value_low": [4.0, -5.0],
            "expected_value_high": [15.0, 1.0],
            "shown": ["9", "−2"],
            "score": ["0.80", "0.20"],
            "keeps": ["91%", "52%"],
            "move": ["↑1", "↓1"],
            "loose": [False, True],
        }
    )


@pytest.mark.parametrize("mode", theme.MODES)
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_the_ranking_keeps_its_order_and_colours(ranked, mode, lang):
    spec, frames = take_apart(charts.ranking(ranked, lang=lang, mode=mode))
    rows = frames["ranking"]
    assert rows["label"].tolist() == ranked["label"].tolist()
    assert rows["colour"].tolist() == [theme.segment_color(2, mode), theme.segment_color(1, mode)]
    assert rows["firmness"].tolist() == [theme.tokens(mode)["ink"], theme.tokens(mode)["warn"]]
    assert len(spec["layer"]) == 12


def test_only_rows_differ_between_two_rankings(ranked):
    first, _ = take_apart(charts.ranking(ranked))
    second, _ = take_apart(charts.ranking(ranked.iloc[::-1].reset_index(drop=True)))
    assert first == second


def test_bars_of_losses_alone_are_drawn(ranked):
    spec, _ = take_apart(charts.ranking(ranked.assign(expected_value_high=-1.0)))
    scales = [
        layer["encoding"]["x"]["scale"]
        for layer in spec["layer"]
        if layer["encoding"].get("x", {}).get("scale")
    ]
    assert scales
    assert all("domainMax" not in scale for scale in scales)


def test_gates_share_one_track(ranked):
    steps = pd.DataFrame(
        {
            "label": ["a", "b"],
            "n": [90, 40],
            "shown": ["90", "40"],
            "lost": ["", "−50"],
            "last": [False, True],
        }
    )
    _, frames = take_apart(charts.gates(steps, mode="dark"))
    assert frames["gates"]["whole"].tolist() == [90, 90]
    assert frames["gates"]["colour"].iloc[-1] == theme.tokens("dark")["q6"]


def test_the_slider_s_dot_lies_on_the_curve():
    trace = pd.DataFrame({"capacity": [0, 10, 20], "expected_value": [0.0, 30.0, 40.0]})
    row = charts.place_row(trace, 13)
    assert row.values.tolist() == [[13, 30.0]]
    assert charts.place_row(trace.iloc[:0], 13).empty
    _, frames = take_apart(charts.capacity(trace, 13))
    assert frames["places"].equals(row)


def test_reliability_draws_every_bin():
    bins = pd.DataFrame(
        {"mean_predicted": [0.1, 0.3], "observed": [0.1, 0.2], "ci_low": [0.05, 0.1], "ci_high": [0.2, 0.35]}
    ).assign(n=100)
    spec, frames = take_apart(charts.reliability(bins))
    assert sorted(len(frame) for frame in frames.values()) == [2, 2]
    assert len(spec["layer"]) == 3
