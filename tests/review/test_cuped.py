"""CUPED against least squares, brute force, and data where it helps and where it does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from workbench.errors import ParameterProblem
from workbench.review import PairSums, Sums, adjust_cuped, compare_means


def draw(seed: int, n_t: int = 300, n_c: int = 120, slope: float = 0.8) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    x_t, x_c = rng.gamma(2, 50, n_t), rng.gamma(2, 50, n_c)
    return slope * x_t + rng.normal(5, 20, n_t), x_t, slope * x_c + rng.normal(0, 40, n_c), x_c


@pytest.mark.parametrize("seed", range(4))
def test_estimate_and_theta_are_those_of_least_squares(seed):
    y_t, x_t, y_c, x_c = draw(seed)
    result = adjust_cuped((y_t, x_t), (y_c, x_c))
    arm = np.r_[np.ones(y_t.size), np.zeros(y_c.size)]
    fit = sm.OLS(np.r_[y_t, y_c], np.c_[np.ones(arm.size), arm, np.r_[x_t, x_c]]).fit()
    assert float(result.difference.estimate) == pytest.approx(fit.params[1], rel=1e-9)
    assert float(result.theta) == pytest.approx(fit.params[2], rel=1e-9)
    raw = compare_means(Sums.of(y_t), Sums.of(y_c))
    assert float(result.unadjusted.p_value) == pytest.approx(float(raw.p_value))


@pytest.mark.parametrize("seed", range(4))
def test_interval_is_welchs_of_the_adjusted_outcomes(seed):
    y_t, x_t, y_c, x_c = draw(seed)
    result = adjust_cuped((y_t, x_t), (y_c, x_c), alpha=0.1)
    mean = np.r_[x_t, x_c].mean()
    adjusted = [y - float(result.theta) * (x - mean) for y, x in ((y_t, x_t), (y_c, x_c))]
    test = stats.ttest_ind(*adjusted, equal_var=False)
    low, high = test.confidence_interval(0.9)
    assert float(result.difference.p_value) == pytest.approx(test.pvalue, rel=1e-7)
    figures = (float(result.difference.ci_low), float(result.difference.ci_high))
    assert figures == pytest.approx((low, high), rel=1e-9)
    removed = 1 - (adjusted[0].var(ddof=1) / 300 + adjusted[1].var(ddof=1) / 120) / (
        y_t.var(ddof=1) / 300 + y_c.var(ddof=1) / 120
    )
    assert float(result.variance_removed) == pytest.approx(removed, rel=1e-9)
    assert result.helps is True


def test_customers_without_a_covariate_stay_in_and_are_counted():
    y_t, x_t, y_c, x_c = draw(1)
    x_t[::3], x_c[::5] = np.nan, np.nan
    result = adjust_cuped((y_t, x_t), (y_c, x_c))
    mean = np.nanmean(np.r_[x_t, x_c])
    filled = [np.where(np.isnan(x), mean, x) for x in (x_t, x_c)]
    expected = adjust_cuped((y_t, filled[0]), (y_c, filled[1]))
    assert (float(result.n_missing), float(result.n)) == (100 + 24, 420)
    for name in ("estimate", "ci_low", "ci_high", "p_value"):
        ours, theirs = (float(getattr(each.difference, name)) for each in (result, expected))
        assert ours == pytest.approx(theirs, rel=1e-9), name
    assert float(result.unadjusted.estimate) == pytest.approx(y_t.mean() - y_c.mean())


def test_customers_without_an_outcome_are_left_out():
    y_t, x_t, y_c, x_c = draw(2)
    known = np.arange(300) % 4 > 0
    gappy = np.where(known, y_t, np.nan)
    ours = adjust_cuped((gappy, x_t), (y_c, x_c)).difference
    assert float(ours.p_value) == pytest.approx(
        float(adjust_cuped((y_t[known], x_t[known]), (y_c, x_c)).difference.p_value)
    )


def test_groups_at_once_are_the_groups_alone():
    rng = np.random.default_rng(5)
    groups, y, x = rng.integers(0, 6, 900), rng.normal(size=900), rng.normal(1e6, 1, 900)
    y += 0.7 * (x - 1e6)
    x[::11] = np.nan
    sums = PairSums.by_group(y, x, groups, 6)
    together = adjust_cuped(sums.take(slice(0, 3)), sums.take(slice(3, 6)))
    for i in range(3):
        alone = adjust_cuped((y[groups == i], x[groups == i]), (y[groups == i + 3], x[groups == i + 3]))
        assert together.difference.ci_low[i] == pytest.approx(float(alone.difference.ci_low))
        assert together.theta[i] == pytest.approx(float(alone.theta))
        assert together.helps[i] == alone.helps


@pytest.mark.cases
def test_hillstroms_history_is_of_no_use(cases):
    contacts = pd.read_csv(cases / "hillstrom.csv")
    arms = dict(list(contacts.groupby("segment")))
    pairs = {name: (rows["spend"], rows["history"]) for name, rows in arms.items()}
    for arm, uplift in (("Mens E-Mail", 0.769827), ("Womens E-Mail", 0.424412)):
        result = adjust_cuped(pairs[arm], pairs["No E-Mail"])
        assert result.helps is False
        assert float(result.unadjusted.estimate) == pytest.approx(uplift, abs=6e-7)
        assert float(result.difference.estimate) == pytest.approx(uplift, abs=0.01)
    mens = adjust_cuped(pairs["Mens E-Mail"], pairs["No E-Mail"])
    assert f"{mens.correlation:.3f}" == "0.021"
    assert f"{mens.variance_removed:.2%}" == "0.04%"


@pytest.mark.parametrize("x", [[7.0] * 4, [1e9 + 0.1] * 4, [np.nan] * 4])
def test_a_covariate_that_does_not_vary_changes_nothing(x):
    result = adjust_cuped(([1.0, 2, 3, 5], x), ([0.0, 1, 2, 2], x))
    assert (float(result.theta), float(result.variance_removed), result.helps) == (0.0, 0.0, False)
    assert np.isnan(result.correlation)
    assert float(result.difference.p_value) == pytest.approx(float(result.unadjusted.p_value))


def test_one_customers_money_is_not_explained_away():
    x = np.arange(50.0)
    y = np.where(x == 7, 1e6, 1.0)
    result = adjust_cuped((y, x), (np.ones(50), x))
    assert float(result.difference.ci_low) < 0 < float(result.difference.ci_high)


@pytest.mark.parametrize("sides", [(0, 5), (1, 5), (5, 1), (0, 0)])
def test_a_side_of_none_or_one_has_no_figures(sides):
    arms = [(np.arange(float(n)), np.arange(float(n)) ** 2) for n in sides]
    result = adjust_cuped(*arms)
    assert np.isnan([result.difference.estimate, result.difference.p_value, result.variance_removed]).all()
    assert result.helps is False


def test_all_outcomes_zero():
    result = adjust_cuped((np.zeros(5), np.arange(5.0)), (np.zeros(5), np.arange(5.0)))
    assert (float(result.difference.estimate), float(result.difference.ci_high)) == (0.0, 0.0)
    assert result.helps is False
    assert np.isnan(result.difference.p_value)


def test_a_covariate_that_explains_everything_leaves_the_difference():
    x_t, x_c = np.array([1.0, 4, 9, 16]), np.array([2.0, 3, 5])
    result = adjust_cuped((3 * x_t + 2, x_t), (3 * x_c, x_c))
    assert float(result.difference.estimate) == pytest.approx(2)
    assert float(result.variance_removed) == pytest.approx(1)


def test_bad_pairs_are_refused_by_name():
    with pytest.raises(ParameterProblem, match="there are 3 outcomes and 2 covariates"):
        adjust_cuped(([1, 2, 3], [1, 2]), ([1, 2], [1, 2]))
    with pytest.raises(ParameterProblem, match=r"covariate hold an infinite number \(position 2\)"):
        adjust_cuped(([1, 2, 3], [1, np.inf, 2]), ([1, 2], [1, 2]))
