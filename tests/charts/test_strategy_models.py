"""The charts of propensity: complete, in both modes, computing nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme


def two(**columns) -> pd.DataFrame:
    return pd.DataFrame({**columns, "shown": ["Boosting", "Regression"], "chosen": [True, False]})


@pytest.mark.parametrize("mode", theme.MODES)
def test_the_chosen_algorithm_is_solid_and_the_other_hollow(mode):
    rows = two(
        mean_predicted=[0.1, 0.2], observed=[0.1, 0.3], ci_low=[0.05, 0.2], ci_high=[0.2, 0.4], n=[90, 90]
    )
    layers = charts.model_reliability(rows, mode=mode, lang="zh_CN").to_dict()["layer"]
    assert [layer["mark"]["type"] for layer in layers] == ["line", "rule", "point", "rule", "point"]
    tokens = theme.tokens(mode)
    assert [layers[at]["mark"]["fill"] for at in (2, 4)] == [tokens["surface"], tokens["accent"]]
    assert layers[1]["encoding"]["y2"] == {"field": "ci_high"}
    assert "预测" in layers[2]["encoding"]["x"]["axis"]["title"]


@pytest.mark.parametrize("mode", theme.MODES)
def test_gains_run_from_the_first_customer_to_all(mode):
    rows = two(share_customers=[0.0, 1.0], share_responses=[0.0, 1.0])
    spec = charts.model_gains(rows, mode=mode).to_dict()
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["line", "line", "point", "line", "point"]
    assert spec["layer"][0]["mark"]["strokeDash"] == [4, 4]
    assert spec["description"].startswith("Share of responses")


def test_lift_is_bars_from_zero_with_intervals_and_the_line_of_chance():
    rows = pd.DataFrame(
        {
            "group": [1, 2],
            "lift": [2.0, 0.5],
            "lift_low": [1.5, 0.2],
            "lift_high": [2.6, 0.9],
            "rate": [0.1, 0.02],
            "words": ["× 2.0", "× 0.5"],
        }
    )
    bars, one, rule, halo, label = charts.model_lift(rows).to_dict()["layer"]
    assert bars["encoding"]["y"]["scale"] == {"zero": True}
    assert one["mark"]["strokeDash"] == [4, 3]
    assert (rule["encoding"]["y"]["field"], rule["encoding"]["y2"]["field"]) == ("lift_low", "lift_high")
    assert halo["encoding"]["text"] == label["encoding"]["text"]


@pytest.mark.parametrize("mode", theme.MODES)
def test_a_driver_that_may_be_nothing_is_hollow(mode):
    rows = pd.DataFrame(
        {
            "label": ["Age", "Tenure"],
            "importance": [0.1, 0.01],
            "ci_low": [0.05, -0.01],
            "ci_high": [0.15, 0.03],
            "sure": [True, False],
            "words": ["0.100 ↑", "0.010"],
        }
    )
    layers = charts.model_drivers(rows, mode=mode).to_dict()["layer"]
    assert [layer["mark"]["type"] for layer in layers] == ["rule", "rule", "point", "point", "text"]
    assert layers[2]["mark"]["fill"] == theme.tokens(mode)["surface"]
    assert layers[1]["encoding"]["y"]["sort"] == ["Age", "Tenure"]


def test_past_rates_have_intervals_and_the_planned_rate_is_a_black_tick():
    rows = pd.DataFrame(
        {
            "label": ["Fund plan", "Loan"],
            "rate": [0.04, 0.1],
            "ci_low": [0.03, 0.08],
            "ci_high": [0.05, 0.13],
            "planned": [0.06, None],
            "words": ["4.0%", "10.0%"],
        }
    )
    layers = charts.model_past(rows).to_dict()["layer"]
    assert [layer["mark"]["type"] for layer in layers] == ["rule", "point", "tick", "text"]
    assert layers[2]["mark"]["color"] == theme.tokens("light")["ink"]
    assert layers[1]["encoding"]["x"]["scale"] == {"zero": True}
