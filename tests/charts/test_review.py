"""What the review's charts draw, and that they compute nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme
from workbench.charts.review import effect, funnel_table, uplift_heads, uplift_table
from workbench.charts.review_daily import daily_table

ROWS = pd.DataFrame(
    {
        "label": ["S1 Call", "S2 Mail"],
        "slot": [2, 11],
        "size": ["900", "1,200"],
        "uplift": [0.029, -0.01],
        "ci_low": [0.021, -0.03],
        "ci_high": [0.037, 0.01],
        "proven": [True, False],
        "figures": ["+2.9 (+2.1 to +3.7)", "−1.0 (−3.0 to +1.0)"],
        "verdict": ["✓ Scale", "? Undecided"],
        "tone": ["good", "warn"],
    }
)


@pytest.mark.parametrize("mode", theme.MODES)
def test_a_dot_is_solid_only_where_the_effect_is_proven(mode):
    table = uplift_table(ROWS, mode)
    assert table["colour"].tolist() == [theme.segment_color(2, mode), theme.segment_color(0, mode)]
    assert table["fill"].tolist() == [theme.segment_color(2, mode), theme.tokens(mode)["surface"]]
    assert table["ink"].tolist() == [theme.tokens(mode)["good"], theme.tokens(mode)["warn"]]


def test_shares_are_drawn_in_points_and_money_as_it_is():
    assert uplift_table(ROWS)["uplift"].tolist() == pytest.approx([2.9, -1.0])
    assert uplift_table(ROWS, unit="money")["uplift"].tolist() == [0.029, -0.01]


def test_another_measure_changes_rows_and_heads_and_not_the_drawing():
    one, other = charts.uplift(ROWS).to_dict(), charts.uplift(ROWS, unit="money").to_dict()
    one.pop("datasets"), other.pop("datasets")
    for spec in (one, other):
        for layer in spec["layer"]:
            layer.pop("data", None)
    assert one == other
    assert uplift_heads("money")["figures"].item() == "CNY a customer (95%)"


def test_rows_without_an_uplift_are_listed_but_not_drawn():
    chart = charts.uplift(ROWS.assign(uplift=float("nan"))).to_dict()
    filters = [layer.get("transform") for layer in chart["layer"]]
    assert filters.count([{"filter": "isValid(datum.uplift)"}]) == 2  # the interval and the dot


@pytest.mark.parametrize(
    ("extra", "named"),
    [({}, "arm"), ({"campaign": ["spring"] * 3}, "campaign"), ({"strategy_id": ["S1"] * 3}, "strategy_id")],
)
def test_an_evaluation_is_drawn_as_it_comes(extra, named):
    evaluation = pd.DataFrame(
        {
            "arm": ["treatment", "control", "treatment"],
            "outcome": ["visit", "visit", "spend"],
            "n": [100, 100, 100],
            "uplift": [0.05, None, 3.0],
            "ci_low": [0.01, None, 1.0],
            "ci_high": [0.09, None, 5.0],
            "p_value": [0.01, None, 0.2],
            **extra,
        }
    )
    data = charts.uplift(evaluation, outcome="visit").to_dict()["datasets"]
    drawn = next(rows for rows in data.values() if "uplift" in rows[0])
    assert [row["label"] for row in drawn] == [evaluation[named].iloc[0]]
    assert drawn[0]["figures"] == "+5.0 (+1.0 to +9.0)"
    assert drawn[0]["proven"] is True


def test_an_evaluation_without_an_effect_draws_nothing():
    evaluation = pd.DataFrame({"arm": ["control"], "outcome": ["visit"], "n": [5], "uplift": [None],
                               "ci_low": [None], "ci_high": [None], "p_value": [None]})  # fmt: skip
    assert charts.uplift(evaluation).to_dict()["height"] == 29


def test_a_phone_has_no_columns_beside_the_intervals():
    wide, narrow = charts.uplift(ROWS).to_dict(), charts.uplift(ROWS, narrow=True).to_dict()
    assert len(narrow["layer"]) < len(wide["layer"])
    assert narrow["height"] > wide["height"]


def test_the_funnel_measures_every_bar_against_the_longest():
    steps = pd.DataFrame(
        {
            "label": ["On lists", "Responded"],
            "n": [100.0, 7.0],
            "plan": [100.0, 9.0],
            "shown": ["100", "7"],
            "kept": ["", "7%"],
        }
    )
    table = funnel_table(steps)
    assert table["whole"].tolist() == [100.0, 100.0]
    marks = [layer["mark"]["type"] for layer in charts.funnel(steps).to_dict()["layer"]]
    assert marks.count("bar") == 2
    assert marks.count("tick") == 1


def test_days_carry_their_band():
    days = pd.DataFrame({"day": [1, 2], "uplift": [0.0, 0.01], "ci_low": [-0.1, 0.0], "ci_high": [0.1, 0.02]})
    spec = charts.daily(days.assign(strategy_id="S1"), slot=3).to_dict()
    band = spec["layer"][0]
    assert band["encoding"]["color"]["field"] == "colour"
    assert daily_table(days, 3, "dark")["colour"].unique().tolist() == [theme.segment_color(3, "dark")]
    assert (band["encoding"]["y"]["field"], band["encoding"]["y2"]["field"]) == ("ci_low", "ci_high")
    assert daily_table(days.assign(n=5)).columns.tolist() == [
        *("day", "uplift", "ci_low", "ci_high"),
        *("colour", "since", "end", "end_interval", "late"),
    ]
    told = daily_table(
        days.assign(since=["", "day 2: above zero"], end=["", "+1.0"], end_interval=["", "0 to 2"])
    )
    assert told["since"].tolist() == ["", "day 2: above zero"]


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "+1.0 (−2.0 to +4.0)"), ("zh_CN", "+1.0（−2.0 至 +4.0）")]
)
def test_an_effect_in_words(lang, words):
    assert effect(0.01, -0.02, 0.04, lang=lang) == words


def test_text_from_users_stays_data():
    nasty = "<img src=x onerror=alert(1)>'];alert(1)//"
    spec = charts.uplift(ROWS.assign(label=[nasty, "S2"])).to_dict()
    spec.pop("datasets")
    assert "alert(1)" not in str(spec)
