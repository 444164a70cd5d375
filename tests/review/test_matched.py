"""Matched comparisons: against weighted least squares, the bootstrap, and a confounded campaign."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from workbench.errors import ParameterProblem
from workbench.review import compare_matched

TRUTH = 0.5
COVARIATES = ["balance", "app", "tier"]


def campaign(n: int = 1500, seed: int = 0, strength: float = 1.0) -> pd.DataFrame:
    """Rich app users are called more often, and keep more money anyway."""
    rng = np.random.default_rng(seed)
    balance, app = rng.normal(0, 1, n), rng.random(n) < 0.4
    tier = np.where(balance > 0.8, "value", "basic")
    odds = strength * (0.8 * balance + 0.9 * app - 0.4)
    called = rng.random(n) < 1 / (1 + np.exp(-odds))
    kept = 0.7 * balance + 0.6 * app + TRUTH * called + rng.normal(0, 1, n)
    return pd.DataFrame({"called": called, "kept": kept, "balance": balance, "app": app, "tier": tier})


@pytest.mark.parametrize("estimand", ["overlap", "treated"])
def test_the_naive_difference_is_wrong_and_the_weighted_interval_holds_the_truth(estimand):
    covered, naive, errors, estimates = 0, 0, [], []
    for seed in range(120):
        found = compare_matched(campaign(800, seed), "called", "kept", COVARIATES, estimand=estimand)
        covered += found.ci_low <= TRUTH <= found.ci_high
        naive += found.ci_low <= found.naive <= found.ci_high
        errors.append(found.standard_error)
        estimates.append(found.estimate)
    assert 0.9 <= covered / 120 <= 0.99
    assert naive / 120 < 0.1
    assert np.mean(estimates) == pytest.approx(TRUTH, abs=0.03)
    # The sandwich says how far the estimates really scatter.
    assert np.mean(errors) == pytest.approx(np.std(estimates), rel=0.2)


def test_the_estimate_is_weighted_least_squares():
    rows = campaign()
    found = compare_matched(rows, "called", "kept", COVARIATES)
    design = pd.get_dummies(rows[COVARIATES], columns=["tier"], drop_first=True).astype(float)
    e = sm.Logit(rows["called"].astype(float), sm.add_constant(design)).fit(disp=0).predict()
    weights = np.where(rows["called"], 1 - e, e)
    fit = sm.WLS(rows["kept"], sm.add_constant(rows["called"].astype(float)), weights=weights).fit()
    assert found.estimate == pytest.approx(fit.params["called"], abs=1e-5)
    assert found.naive == pytest.approx(rows.groupby("called")["kept"].mean().diff().iloc[-1])
    kish = weights[rows["called"]].sum() ** 2 / np.square(weights[rows["called"]]).sum()
    assert found.effective_treated == pytest.approx(kish, rel=1e-4)


def test_overlap_weights_balance_the_means_exactly():
    found = compare_matched(campaign(), "called", "kept", COVARIATES)
    assert found.largest_after < 1e-4
    assert found.balanced
    assert found.balance["before"].abs().iloc[0] > 0.3
    assert found.balance["column"].tolist()[0] == "balance"
    assert set(found.balance["column"]) == {"balance", "app", "tier = value"}


def test_no_overlap_is_refused():
    rows = campaign()
    apart = rows.assign(called=rows["balance"] > 0)
    with pytest.raises(ParameterProblem, match="too different"):
        compare_matched(apart, "called", "kept", COVARIATES)
    with pytest.raises(ParameterProblem, match="too different"):
        compare_matched(rows.head(24), "called", "kept", ["app"])


@pytest.mark.parametrize("called", [True, False])
def test_one_side_alone_is_refused(called):
    with pytest.raises(ParameterProblem, match="both sides"):
        compare_matched(campaign(50).assign(called=called), "called", "kept", ["balance"])


def test_missing_values_constant_columns_and_unknown_outcomes_are_no_obstacle():
    rows = campaign()
    rows.loc[::7, "balance"] = np.nan
    rows.loc[::11, "kept"] = np.nan
    rows.loc[::5, "tier"] = None
    rows["always"] = 1.0
    rows["never"] = np.nan
    found = compare_matched(rows, "called", "kept", [*COVARIATES, "always", "never"])
    assert found.n_treated + found.n_others == rows["kept"].notna().sum()
    assert "balance ?" in set(found.balance["column"])
    assert found.ci_low < found.estimate < found.ci_high


def test_without_covariates_it_is_the_plain_difference():
    found = compare_matched(campaign(), "called", "kept", [])
    assert found.estimate == pytest.approx(found.naive)


def test_an_outcome_that_does_not_vary_has_no_interval():
    found = compare_matched(campaign().assign(kept=0.0), "called", "kept", ["balance"])
    assert found.estimate == 0
    assert np.isnan(found.ci_low)


def test_wrong_words_are_refused():
    with pytest.raises(ParameterProblem, match="overlap, treated"):
        compare_matched(campaign(50), "called", "kept", [], estimand="everybody")
    with pytest.raises(ParameterProblem, match="shoes"):
        compare_matched(campaign(50), "called", "kept", ["shoes"])
