"""Response rates against statsmodels, a published table, and the truth where the control is small."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats.proportion import test_proportions_2indep as score_test

from workbench.errors import ParameterProblem
from workbench.review import adjust_holm, compare_means, compare_proportions
from workbench.review.means import Sums


def by_brute_force(x_t: int, n_t: int, x_c: int, n_c: int, z: float) -> list[float]:
    """The two differences whose score is z, each with rates found by maximising the likelihood."""
    plain = x_t / n_t - x_c / n_c

    def score(difference: float) -> float:
        def cost(rate: float) -> float:
            return -stats.binom.logpmf(x_t, n_t, rate + difference) - stats.binom.logpmf(x_c, n_c, rate)

        bounds = max(0.0, -difference) + 1e-12, min(1.0, 1 - difference) - 1e-12
        rate = optimize.minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        other, n = rate + difference, n_t + n_c
        variance = (other * (1 - other) / n_t + rate * (1 - rate) / n_c) * n / (n - 1)
        return float(abs(plain - difference) / np.sqrt(variance) - z)

    return [optimize.brentq(score, end, plain) for end in (-0.9999, 0.9999)]


@pytest.mark.parametrize("counts", [(270, 900, 10, 100), (15, 900, 3, 100), (3, 40, 9, 35), (50, 60, 8, 90)])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_agrees_with_statsmodels_and_brute_force(counts, alpha):
    result = compare_proportions(*counts, alpha=alpha)
    test = score_test(*counts, compare="diff", method="score")
    assert float(result.p_value) == pytest.approx(test.pvalue, rel=1e-9)
    ends = by_brute_force(*counts, stats.norm.ppf(1 - alpha / 2))
    assert (float(result.ci_low), float(result.ci_high)) == pytest.approx(ends, abs=1e-6)
    plain = compare_means(Sums(counts[1], counts[0], counts[0]), Sums(counts[3], counts[2], counts[2]))
    assert float(result.estimate) == pytest.approx(float(plain.estimate))
    assert float(result.standard_error) == pytest.approx(float(plain.standard_error))


@pytest.mark.parametrize(
    ("counts", "published"),
    [
        ((56, 70, 48, 80), (0.0528, 0.3382)),
        ((9, 10, 3, 10), (0.1700, 0.8406)),
        ((5, 56, 0, 29), (-0.0326, 0.1933)),
        ((0, 10, 0, 20), (-0.1658, 0.2844)),
        ((10, 10, 0, 20), (0.7156, 1.0)),
    ],
)
def test_agrees_with_newcombes_published_table(counts, published):
    """Newcombe (1998), Statistics in Medicine 17, table II, method 6 (Miettinen and Nurminen)."""
    result = compare_proportions(*counts)
    assert (float(result.ci_low), float(result.ci_high)) == pytest.approx(published, abs=1e-4)


def test_the_interval_leaves_zero_out_where_p_is_under_alpha():
    rng = np.random.default_rng(0)
    treated, control = rng.binomial(900, 0.1, 3_000), rng.binomial(100, 0.06, 3_000)
    result = compare_proportions(treated, 900, control, 100)
    out = (result.ci_low > 0) | (result.ci_high < 0)
    assert (out == (result.p_value < 0.05)).all()
    assert 0 < out.mean() < 1


@pytest.mark.parametrize(("p_t", "p_c"), [(0.08, 0.08), (0.16, 0.09)])
def test_the_interval_covers_the_truth_where_the_control_is_small(p_t, p_c):
    rng = np.random.default_rng(5)
    treated, control = rng.binomial(900, p_t, 10_000), rng.binomial(100, p_c, 10_000)
    score = compare_proportions(treated, 900, control, 100)
    assert 0.94 <= ((score.ci_low <= p_t - p_c) & (p_t - p_c <= score.ci_high)).mean() <= 0.96
    if p_t == p_c:
        welch = compare_means(Sums(900.0, treated, treated), Sums(100.0, control, control))
        false = [
            np.mean([(adjust_holm(p) < 0.05).any() for p in each.p_value.reshape(-1, 20)])
            for each in (score, welch)
        ]
        assert false[0] <= 0.075
        assert false[1] > 0.15


@pytest.mark.parametrize("sides", [(0, 5), (1, 5), (5, 1), (0, 0)])
def test_a_side_of_none_or_one_has_no_figures(sides):
    result = compare_proportions(0, sides[0], 0, sides[1])
    assert np.isnan([result.estimate, result.ci_low, result.p_value, result.standard_error]).all()


def test_nobody_and_everybody():
    for counts in ((0, 900, 0, 100), (900, 900, 100, 100)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = compare_proportions(*counts)
        assert np.isnan(result.p_value)
        assert float(result.estimate) == 0
        assert float(result.ci_low) < 0 < float(result.ci_high)


def test_swapping_the_arms_swaps_the_signs():
    there, back = compare_proportions(30, 300, 4, 80), compare_proportions(4, 80, 30, 300)
    assert float(there.ci_low) == pytest.approx(-float(back.ci_high), abs=1e-9)
    assert float(there.p_value) == pytest.approx(float(back.p_value))


def test_alpha_must_be_a_probability():
    with pytest.raises(ParameterProblem, match="alpha must lie"):
        compare_proportions(1, 10, 1, 10, alpha=0)
