"""The charts of customers over time and of hypotheses draw the figures they are given."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import theme
from workbench.charts import churn_rates, hypothesis_forest, part_shares, value_bridge

BRIDGE = pd.DataFrame(
    {
        "label": ["Joined", "<script>", "In all"],
        "kind": ["up", "down", "total"],
        "begin": [0.0, 5.0, 0.0],
        "end": [5.0, 2.0, 2.0],
        "shown": ["+5", "−3", "+2"],
    }
)
RATES = pd.DataFrame(
    {
        "label": ["A", "B"],
        "slot": [1, 0],
        "rate": [0.4, 0.01],
        "low": [0.3, 0.0],
        "high": [0.5, 0.03],
        "shown": ["40%", "1%"],
        "share": [0.6, 0.4],
    }
)
FOREST = pd.DataFrame(
    {
        "label": ["H1 Calls work", "H2 <b>They</b> stay"],
        "low": [0.2, -1.0],
        "mid": [0.6, -0.2],
        "high": [1.0, 0.4],
        "proven": [True, False],
        "figures": ["+5 pts", "−1 pts"],
        "verdict": ["✓ Supported", "? Open"],
        "tone": ["good", "warn"],
    }
)


def rows(chart, column: str) -> list[dict]:
    return next(table for table in chart.to_dict()["datasets"].values() if column in table[0])


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_colours_say_up_down_and_in_all_without_red_and_green(mode, lang) -> None:
    made = rows(value_bridge(BRIDGE, lang=lang, mode=mode), "kind")
    tokens = theme.tokens(mode)
    assert [row["colour"] for row in made] == [tokens["p2"], tokens["n2"], tokens["q5"]]
    assert [(row["begin"], row["end"]) for row in made] == [(0, 5), (5, 2), (0, 2)]


def test_rates_have_their_segments_colours_and_one_scale() -> None:
    chart = churn_rates(RATES)
    assert [row["colour"] for row in rows(chart, "rate")] == [
        theme.segment_color(slot, "light") for slot in (1, 0)
    ]
    domains = {
        tuple(layer["encoding"]["x"]["scale"]["domain"])
        for layer in chart.to_dict()["layer"]
        if "scale" in layer["encoding"].get("x", {})
    }
    assert domains == {(0, 0.515)}
    assert len(rows(part_shares(RATES), "share")) == 2
    assert churn_rates(RATES.iloc[:0]).to_dict()["height"] == 36


def test_what_is_not_decided_is_hollow() -> None:
    made = rows(hypothesis_forest(FOREST, mode="dark"), "mid")
    tokens = theme.tokens("dark")
    assert [row["fill"] for row in made] == [tokens["good"], tokens["surface"]]
    assert [row["ink"] for row in made] == [tokens["good"], tokens["warn"]]
    assert hypothesis_forest(FOREST).to_dict()["height"] == 2 * 62


@pytest.mark.parametrize(
    "chart", [value_bridge(BRIDGE), churn_rates(RATES), part_shares(RATES), hypothesis_forest(FOREST)]
)
def test_the_charts_can_be_drawn(chart) -> None:
    # Layers that disagree about an axis make a specification that no browser draws.
    import vl_convert

    assert vl_convert.vegalite_to_vega(chart.to_dict())["marks"]
