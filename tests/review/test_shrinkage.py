"""Shrunken effects against statsmodels, by hand, and by simulation."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from workbench.errors import ParameterProblem
from workbench.review import evaluate_strategies, pool_effects, shrink_effects


def test_pooling_agrees_with_statsmodels():
    rng = np.random.default_rng(2)
    for k in (2, 3, 7, 12):
        y, s = rng.normal(0.02, 0.02, k), rng.uniform(0.005, 0.03, k)
        found = pool_effects(y, s)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            theirs = combine_effects(y, s**2, method_re="dl")
        assert found.tau2 == pytest.approx(max(theirs.tau2, 0.0), abs=1e-14)
        assert found.q == pytest.approx(theirs.q)
        assert found.q_p == pytest.approx(theirs.test_homogeneity().pvalue)
        assert found.i2 == pytest.approx(max(theirs.i2, 0.0), abs=1e-12)
        if theirs.tau2 > 0:
            assert found.mean == pytest.approx(theirs.mean_effect_re)
            assert found.standard_error == pytest.approx(theirs.sd_eff_w_re)
        else:
            assert found.mean == pytest.approx(theirs.mean_effect_fe)


def test_parts_without_a_difference_are_drawn_to_the_mean():
    found = pool_effects([0.02, 0.021, 0.019], [0.02, 0.02, 0.02])
    assert found.tau2 == 0
    assert found.shrunken == pytest.approx(np.repeat(found.mean, 3))
    assert found.weight.tolist() == [1.0, 1.0, 1.0]


def test_a_small_part_is_drawn_further_and_none_beyond_the_mean():
    y, s = np.array([0.08, 0.08, 0.0, 0.01]), np.array([0.01, 0.04, 0.01, 0.01])
    found = pool_effects(y, s)
    assert found.weight[1] > found.weight[0]
    assert ((found.shrunken - found.mean) * (y - found.mean) >= 0).all()
    assert (np.abs(found.shrunken - found.mean) <= np.abs(y - found.mean)).all()


def test_one_part_stays_as_it_is():
    found = pool_effects([0.03], [0.01])
    assert (found.shrunken[0], found.low[0]) == pytest.approx((0.03, 0.03 - 0.01959964))
    assert np.isnan(found.i2)
    assert np.isnan(pool_effects([], []).mean)


@pytest.mark.parametrize("tau", [0.0, 0.01, 0.04])
def test_shrunken_intervals_cover_the_parts_own_truth(tau):
    rng = np.random.default_rng(7)
    covered, closer = [], []
    s = np.array([0.01, 0.015, 0.02, 0.03, 0.04, 0.02])
    for _ in range(600):
        truth = rng.normal(0.02, tau, 6)
        y = rng.normal(truth, s)
        found = pool_effects(y, s)
        covered.append((found.low <= truth) & (truth <= found.high))
        closer.append(np.square(found.shrunken - truth).sum() - np.square(y - truth).sum())
    assert np.mean(covered) >= 0.935
    assert np.mean(closer) < 0


@pytest.fixture
def parts(make_cycle):
    cycle = make_cycle(("S1", 900, 180, 300, 30), ("S2", 400, 44, 100, 10))
    stages = cycle.customers.assign(tier=[f"T{i % 5}" for i in range(len(cycle.customers))])
    return evaluate_strategies(*cycle.tables(), contacts=cycle.contacts, customers=stages, by="tier")


def test_every_part_has_its_raw_and_its_shrunken_effect(parts):
    found = shrink_effects(parts, "tier")
    treated = parts[parts["arm"].eq("treatment") & parts["outcome"].eq("responded")]
    assert found["uplift"].tolist() == treated["uplift"].tolist()
    assert found["part"].tolist() == treated["tier"].tolist()
    mine = found[found["strategy_id"].eq("S1") & found["firm"]]
    errors = treated[treated["strategy_id"].eq("S1")].loc[
        lambda r: r["expected_count"] >= 5, "standard_error"
    ]
    by_hand = pool_effects(mine["uplift"], errors)
    assert mine["shrunken"].tolist() == pytest.approx(by_hand.shrunken.tolist())
    assert mine["q"].iloc[0] == pytest.approx(by_hand.q)
    assert mine["n_control"].sum() == 300
    loose = found[~found["firm"]]
    assert loose["shrunken"].isna().all()


def test_the_warning_counts_what_chance_would_bring(parts):
    found = shrink_effects(parts, "tier", alpha=0.1)
    row = found[found["strategy_id"].eq("S1")].iloc[0]
    assert row["n_parts"] == 5
    assert row["by_chance"] == pytest.approx(0.5)
    assert row["any_by_chance"] == pytest.approx(1 - 0.9**5)


def test_parts_named_by_the_strategy_itself_and_amounts(parts, make_cycle):
    cycle = make_cycle(("S1", 900, 180, 300, 30), ("S2", 400, 44, 100, 10))
    whole = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    found = shrink_effects(whole, "strategy_id", "amount")
    assert found["part"].tolist() == ["S1", "S2"]
    assert (found["n_parts"] == 1).all()


def test_an_evaluation_that_is_not_broken_down_is_refused(parts):
    with pytest.raises(ParameterProblem, match="lifecycle_stage"):
        shrink_effects(parts, "lifecycle_stage")
    empty = shrink_effects(parts.iloc[:0], "tier")
    assert empty.empty
    assert "shrunken" in empty


def test_nobody_responding_leaves_nothing_to_pool(make_cycle):
    cycle = make_cycle(("S1", 90, 0, 30, 0))
    parts = evaluate_strategies(*cycle.tables(), customers=cycle.customers, by="lifecycle_stage")
    found = shrink_effects(parts, "lifecycle_stage")
    assert not found["firm"].any()
    assert found["shrunken"].isna().all()
    assert (found["n_parts"] == 0).all()
    assert isinstance(found, pd.DataFrame)
