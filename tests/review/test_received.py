"""Drawn beside received: against two-stage least squares, the bootstrap and hand counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.sandbox.regression.gmm import IV2SLS

from workbench.errors import ParameterProblem
from workbench.review import compare_received, evaluate_strategies, wald_estimate


def one(frame: pd.DataFrame, method: str, outcome: str = "responded", strategy_id: str = "S1"):
    fits = frame["method"].eq(method) & frame["outcome"].eq(outcome) & frame["strategy_id"].eq(strategy_id)
    return frame[fits].iloc[0]


@pytest.fixture
def drawn():
    """Return two arms: outcome and whether reached, with a fifth of the control reached too."""
    rng = np.random.default_rng(3)
    easy = rng.random(3000) < 0.7
    reached_t = easy & (rng.random(3000) < 0.9)
    reached_c = easy & (rng.random(3000) < 0.2)
    base = 0.05 + 0.1 * easy
    treated = rng.random(3000) < base + 0.08 * reached_t
    held = rng.random(3000) < base + 0.08 * reached_c
    return (treated.astype(float), reached_t), (held.astype(float), reached_c)


def test_the_wald_estimate_is_two_stage_least_squares(drawn):
    found = wald_estimate(*drawn)
    y = np.concatenate([drawn[0][0], drawn[1][0]])
    d = np.concatenate([drawn[0][1], drawn[1][1]]).astype(float)
    z = np.repeat([1.0, 0.0], 3000)
    fit = IV2SLS(y, np.column_stack([np.ones(6000), d]), np.column_stack([np.ones(6000), z])).fit()
    assert float(found.estimate) == pytest.approx(fit.params[1], abs=1e-10)
    # The sandwich that is robust to unequal variances, with n / (n − 1) in each arm.
    share = d[z == 1].mean() - d[z == 0].mean()
    residual = y - fit.params[0] - fit.params[1] * d
    meat = sum(np.square(residual[z == side]).sum() / 3000 / 2999 for side in (1, 0))
    assert float(found.standard_error) == pytest.approx(np.sqrt(meat) / share, rel=1e-9)
    assert float(found.ci_high) == pytest.approx(found.estimate + 1.959963985 * found.standard_error)


def test_the_delta_interval_is_the_bootstraps(drawn):
    rng = np.random.default_rng(1)
    found = wald_estimate(*drawn)
    draws = []
    for _ in range(400):
        sides = [np.column_stack(arm)[rng.integers(0, 3000, 3000)] for arm in drawn]
        means = [side.mean(axis=0) for side in sides]
        draws.append((means[0][0] - means[1][0]) / (means[0][1] - means[1][1]))
    assert float(found.standard_error) == pytest.approx(np.std(draws), rel=0.12)


def cycle_of(make_cycle, **contacted):
    return make_cycle(("S1", 900, 270, 300, 30), **contacted)


def test_intention_to_treat_is_the_evaluation(make_cycle):
    cycle = cycle_of(make_cycle, contacted={"S1": 600})
    frame = compare_received(*cycle.tables(), contacts=cycle.contacts)
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    treated = evaluation[evaluation["arm"].eq("treatment")].set_index("outcome")
    for outcome in ("responded", "amount"):
        row = one(frame, "intention_to_treat", outcome)
        for name, other in (("estimate", "uplift"), ("ci_low", "ci_low"), ("p_value", "p_value")):
            assert row[name] == pytest.approx(treated.at[outcome, other])
        assert (row["n_treatment"], row["n_control"]) == (900, 300)


def test_each_method_counts_its_own_customers(make_cycle):
    cycle = cycle_of(make_cycle, contacted={"S1": 600})
    held = cycle.targets[cycle.targets["arm"].eq("control")].head(15)
    extra = cycle.contacts.head(15).assign(
        contact_id=[f"x{i}" for i in range(15)], customer_id=held["customer_id"].to_numpy()
    )
    extra.loc[extra.index[:5], "disposition"] = "no_answer"
    frame = compare_received(*cycle.tables(), contacts=pd.concat([cycle.contacts, extra], ignore_index=True))
    sizes = {row.method: (row.n_treatment, row.n_control) for row in frame[:4].itertuples()}
    assert sizes == {
        "intention_to_treat": (900, 300),
        "complier_average": (900, 300),
        "as_treated": (610, 590),
        "per_protocol": (600, 290),
    }
    row = one(frame, "complier_average")
    assert (row["received_treatment"], row["received_control"]) == pytest.approx((600 / 900, 10 / 300))
    assert row["n_contaminated"] == 15
    itt = one(frame, "intention_to_treat")["estimate"]
    assert row["estimate"] == pytest.approx(itt / (600 / 900 - 10 / 300))
    assert frame[:4]["randomised"].tolist() == [True, True, False, False]
    tried = compare_received(
        *cycle.tables(), contacts=pd.concat([cycle.contacts, extra]), received="contacted"
    )
    assert one(tried, "complier_average")["received_control"] == pytest.approx(15 / 300)
    # Every control customer of the first ten who responded is counted where it was reached.
    both = np.concatenate([np.repeat([1.0, 0.0], [270, 330]), np.repeat(1.0, 10)])
    assert one(frame, "as_treated")["estimate"] == pytest.approx(both.mean() - 20 / 590)


def test_without_a_contact_log_the_four_are_one(make_cycle):
    frame = compare_received(*cycle_of(make_cycle).tables())
    assert frame[frame["outcome"].eq("responded")]["estimate"].round(12).nunique() == 1
    assert np.isinf(one(frame, "complier_average")["first_stage_f"])


def test_a_weak_instrument_has_no_complier_average(make_cycle):
    cycle = cycle_of(make_cycle, contacted={"S1": 4})
    row = one(compare_received(*cycle.tables(), contacts=cycle.contacts), "complier_average")
    assert row["first_stage_f"] < 10
    assert np.isnan(row["estimate"])


@pytest.mark.parametrize(
    ("lists", "why"),
    [
        (("S1", 90, 9, 0, 0), "no control"),
        (("S1", 0, 0, 90, 9), "nobody to treat"),
        (("S1", 90, 0, 30, 0), "nobody responded"),
    ],
)
def test_what_can_not_be_compared_is_missing(make_cycle, lists, why):
    cycle = make_cycle(lists)
    frame = compare_received(*cycle.tables(), contacts=cycle.contacts)
    kept = frame[["ci_low", "ci_high", "p_value", "standard_error"]]
    assert kept.isna().all(axis=None), why
    assert len(frame) == 8


def test_the_truth_for_those_reached_is_covered():
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(300):
        easy = rng.random(1200) < 0.6
        z = rng.random(1200) < 0.5
        d = np.where(z, easy, easy & (rng.random(1200) < 0.1))
        y = rng.random(1200) < 0.1 + 0.1 * easy + 0.1 * d
        found = wald_estimate((y[z].astype(float), d[z]), (y[~z].astype(float), d[~z]))
        covered += bool(found.ci_low <= 0.1 <= found.ci_high)
    assert 0.92 <= covered / 300 <= 0.98


def test_another_word_is_refused(make_cycle):
    with pytest.raises(ParameterProblem, match="reached, contacted"):
        compare_received(*cycle_of(make_cycle).tables(), received="thought")
