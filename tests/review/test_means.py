"""Means, lifts and Holm against published figures, scipy and statsmodels, and the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from workbench.errors import ParameterProblem
from workbench.review import Sums, adjust_holm, compare_means, relative_lift

CONTROL = Sums(n=3407, total=1396.87, squares=52377.9767)
VARIATION = Sums(n=3461, total=2422.7, squares=134698.29)


def test_absolute_difference_of_growthbooks_published_example():
    result = compare_means(VARIATION, CONTROL)
    figures = [float(x) for x in (result.estimate, result.ci_low, result.ci_high, result.p_value)]
    assert figures == pytest.approx([0.29, 0.04538, 0.53462, 0.02016], abs=5e-6)


def test_relative_difference_of_growthbooks_published_example():
    result = relative_lift(VARIATION, CONTROL)
    figures = [float(x) for x in (result.estimate, result.ci_low, result.ci_high, result.p_value)]
    assert figures == pytest.approx([0.70732, -0.03526, 1.44989, 0.06191], abs=5e-6)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_welch_agrees_with_scipy_and_statsmodels(seed, alpha):
    rng = np.random.default_rng(seed)
    treated = rng.gamma(2, 3, rng.integers(3, 300))
    control = rng.normal(5, 1 + seed, rng.integers(3, 300))
    result = compare_means(Sums.of(treated), Sums.of(control), alpha)
    low, high = CompareMeans(DescrStatsW(treated), DescrStatsW(control)).tconfint_diff(
        alpha=alpha, usevar="unequal"
    )
    test = stats.ttest_ind(treated, control, equal_var=False)
    assert float(result.p_value) == pytest.approx(test.pvalue, rel=1e-9)
    assert float(result.df) == pytest.approx(test.df, rel=1e-9)
    assert (float(result.ci_low), float(result.ci_high)) == pytest.approx((low, high), rel=1e-9)


def test_sums_of_groups_are_the_groups_alone():
    rng = np.random.default_rng(3)
    values, groups = rng.normal(size=100), rng.integers(0, 4, 100)
    values[::7] = np.nan
    together = Sums.by_group(values, groups, 5)
    for group in range(4):
        kept = values[(groups == group) & ~np.isnan(values)]
        assert together.n[group] == kept.size
        assert together.mean[group] == pytest.approx(kept.mean())
        assert together.variance[group] == pytest.approx(kept.var(ddof=1))
    assert together.n[4] == 0
    assert np.isnan(together.mean[4])


def test_small_differences_between_large_amounts_keep_their_digits():
    values = 1e10 + np.array([1.0, 2.0, 3.0, 4.0])
    assert float(Sums.of(values).variance) == pytest.approx(5 / 3, rel=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9 + 0.1])
def test_a_constant_outcome_has_an_interval_of_no_width_and_no_p(value):
    result = compare_means(Sums.of([value] * 7), Sums.of([value] * 1003))
    assert [float(x) for x in (result.estimate, result.ci_low, result.ci_high)] == [0.0, 0.0, 0.0]
    assert np.isnan(result.p_value)


def test_two_constants_differ_by_a_degenerate_interval():
    result = compare_means(Sums.of([1.0] * 5), Sums.of([0.0] * 5))
    assert (float(result.ci_low), float(result.ci_high)) == (1.0, 1.0)
    assert np.isnan(result.p_value)


def test_one_constant_side_uses_the_other_sides_variance():
    result = compare_means(Sums.of([1.0, 2.0, 4.0]), Sums.of([0.0] * 9))
    test = stats.ttest_ind([1.0, 2.0, 4.0], [0.0] * 9, equal_var=False)
    assert float(result.p_value) == pytest.approx(test.pvalue)
    assert float(result.df) == pytest.approx(2)


@pytest.mark.parametrize("sides", [([], [1.0, 2.0]), ([3.0], [1.0, 2.0]), ([1.0, 2.0], [3.0]), ([], [])])
def test_a_side_of_none_or_one_has_no_figures(sides):
    for compare in (compare_means, relative_lift):
        result = compare(Sums.of(sides[0]), Sums.of(sides[1]))
        assert np.isnan([result.estimate, result.ci_low, result.ci_high, result.p_value]).all()


def test_no_relative_lift_over_a_control_of_zero():
    result = relative_lift(Sums.of([0.0, 1.0, 1.0]), Sums.of([0.0, 0.0, 0.0]))
    assert np.isnan(result.estimate)


def test_relative_lift_is_blind_to_the_unit():
    rng = np.random.default_rng(0)
    treated, control = rng.gamma(2, 3, 50), rng.gamma(2, 2, 70)
    yuan = relative_lift(Sums.of(treated), Sums.of(control))
    cents = relative_lift(Sums.of(treated * 100), Sums.of(control * 100))
    assert float(yuan.ci_low) == pytest.approx(float(cents.ci_low))
    assert float(yuan.p_value) == pytest.approx(float(cents.p_value))


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, float("nan")])
def test_alpha_must_be_a_probability(alpha):
    with pytest.raises(ParameterProblem, match="alpha must lie between"):
        compare_means(CONTROL, VARIATION, alpha)


@pytest.mark.parametrize("seed", range(4))
def test_holm_agrees_with_statsmodels(seed):
    p = np.random.default_rng(seed).random(9) ** 3
    assert adjust_holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_holm_leaves_missing_out():
    assert adjust_holm([0.02, np.nan, 0.5]).tolist()[0] == pytest.approx(0.04)
    assert np.isnan(adjust_holm([np.nan])).all()
    assert adjust_holm([]).size == 0


def test_the_interval_covers_the_truth_in_nineteen_campaigns_of_twenty():
    rng = np.random.default_rng(2026)
    campaigns, n_t, n_c = 20_000, 900, 300
    p_t, p_c = 0.16, 0.12
    treated, control = rng.binomial(n_t, p_t, campaigns), rng.binomial(n_c, p_c, campaigns)
    result = compare_means(Sums(n_t, treated, treated), Sums(n_c, control, control))
    covered = (result.ci_low <= p_t - p_c) & (p_t - p_c <= result.ci_high)
    assert 0.935 <= covered.mean() <= 0.965


def test_the_interval_covers_the_truth_for_skewed_money():
    rng = np.random.default_rng(7)
    treated, control = rng.gamma(1, 110, (1_000, 400)), rng.gamma(1, 100, (1_000, 150))
    t = Sums(400, treated.sum(axis=1), np.square(treated).sum(axis=1))
    c = Sums(150, control.sum(axis=1), np.square(control).sum(axis=1))
    absolute, relative = compare_means(t, c), relative_lift(t, c)
    assert 0.935 <= ((absolute.ci_low <= 10) & (absolute.ci_high >= 10)).mean() <= 0.965
    assert 0.93 <= ((relative.ci_low <= 0.1) & (relative.ci_high >= 0.1)).mean() <= 0.97


def test_no_effect_is_called_proven_once_in_twenty():
    rng = np.random.default_rng(11)
    treated, control = rng.binomial(900, 0.1, 20_000), rng.binomial(300, 0.1, 20_000)
    result = compare_means(Sums(900, treated, treated), Sums(300, control, control))
    assert 0.04 <= (result.p_value < 0.05).mean() <= 0.06
