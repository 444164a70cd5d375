"""The sample-ratio check against scipy, the published figure and the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.errors import ParameterProblem
from workbench.review import check_sample_ratio, check_sample_ratios


@pytest.mark.cases
def test_hillstrom_is_as_drawn(cases):
    ratio = check_sample_ratio(pd.read_csv(cases / "hillstrom.csv"), "segment")
    assert ratio.chi2 == pytest.approx(0.2025, abs=5e-5)
    assert ratio.p_value == pytest.approx(0.904, abs=5e-4)
    assert not ratio.alarm


def test_agrees_with_scipy_on_unequal_shares():
    contacts = pd.DataFrame({"arm": ["a"] * 70 + ["b"] * 25 + ["c"] * 5})
    ratio = check_sample_ratio(contacts, "arm", {"c": 1, "a": 6, "b": 3})
    test = stats.chisquare([5, 70, 25], [10, 60, 30])
    assert (ratio.chi2, ratio.p_value) == pytest.approx((test.statistic, test.pvalue))
    assert ratio.counts["arm"].tolist() == ["c", "a", "b"]
    assert ratio.counts["expected"].tolist() == pytest.approx([10, 60, 30])


def test_an_arm_that_nobody_reached_alarms():
    contacts = pd.DataFrame({"arm": ["treatment"] * 200})
    assert check_sample_ratio(contacts, "arm", {"treatment": 0.9, "control": 0.1}).alarm


def test_nobody_and_one_arm_say_nothing():
    nobody = pd.DataFrame({"arm": pd.Series(dtype="str")})
    for ratio in (
        check_sample_ratio(nobody, "arm"),
        check_sample_ratio(nobody, "arm", {"a": 1, "b": 1}),
        check_sample_ratio(pd.DataFrame({"arm": ["a", "a"]}), "arm"),
    ):
        assert np.isnan(ratio.p_value)
        assert not ratio.alarm


@pytest.mark.parametrize("expected", [{"a": 1}, {"a": 1, "b": 0}, {"a": 1, "b": -1}, {}])
def test_shares_must_name_every_arm(expected):
    with pytest.raises(ParameterProblem, match="expected shares"):
        check_sample_ratio(pd.DataFrame({"arm": ["a", "b"]}), "arm", expected)


def test_strategies_are_held_against_their_cards(make_cycle):
    cycle = make_cycle(("S1", 900, 0, 100, 0), ("S2", 800, 0, 200, 0), ("S3", 50, 0, 0, 0),
                       S3={"control_share": 0.0})  # fmt: skip
    ratios = check_sample_ratios(cycle.targets, cycle.strategies).set_index("strategy_id")
    assert ratios["alarm"].to_dict() == {"S1": False, "S2": True, "S3": False}
    test = stats.chisquare([800, 200], [900, 100])
    assert ratios.loc["S2", "p_value"] == pytest.approx(test.pvalue)
    assert np.isnan(ratios.loc["S3", "p_value"])


def test_somebody_held_back_where_nobody_was_to_be_alarms(make_cycle):
    cycle = make_cycle(("S1", 90, 0, 10, 0), S1={"control_share": 0.0})
    assert check_sample_ratios(cycle.targets, cycle.strategies)["alarm"].tolist() == [True]


def test_honest_draws_hardly_ever_alarm(make_cycle):
    rng = np.random.default_rng(5)
    n_strategies, n = 2_000, 200
    ids = [f"S{i}" for i in range(n_strategies)]
    one_card = make_cycle(("S0", 1, 0, 1, 0)).strategies
    cards = one_card.loc[one_card.index.repeat(n_strategies)].assign(strategy_id=ids, control_share=0.3)
    targets = pd.DataFrame(
        {
            "customer_id": np.tile([f"{i:04d}" for i in range(n)], n_strategies),
            "strategy_id": np.repeat(ids, n),
            "segment": "all",
            "score": 0.5,
            "rank": 1,
            "arm": np.where(rng.random(n_strategies * n) < 0.3, "control", "treatment"),
        }
    )
    ratios = check_sample_ratios(targets, cards)
    assert len(ratios) == n_strategies
    assert ratios["alarm"].mean() <= 0.003
    assert 0.03 <= (ratios["p_value"] < 0.05).mean() <= 0.07
