"""Sample sizes against statsmodels and against simulated campaigns."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import power_proportions_2indep

from workbench.errors import ParameterProblem
from workbench.review import Sums, compare_means, plan_sample_size


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
@pytest.mark.parametrize(("base", "uplift"), [(0.1, 0.02), (0.05, 0.05), (0.3, -0.05)])
def test_agrees_with_statsmodels(base, uplift, share):
    n = float(plan_sample_size(base, uplift, control_share=share))
    ratio = share / (1 - share)
    enough = power_proportions_2indep(uplift, base, n * (1 - share), ratio=ratio, return_results=False)
    short = power_proportions_2indep(uplift, base, (n - 1) * (1 - share), ratio=ratio, return_results=False)
    assert short < 0.8 <= enough


def test_a_campaign_of_this_size_finds_the_uplift_four_times_in_five():
    n = float(plan_sample_size(0.1, 0.03, control_share=0.3))
    n_t, n_c = round(n * 0.7), round(n * 0.3)
    rng = np.random.default_rng(1)
    treated, control = rng.binomial(n_t, 0.13, 10_000), rng.binomial(n_c, 0.1, 10_000)
    result = compare_means(Sums(n_t, treated, treated), Sums(n_c, control, control))
    assert (result.p_value < 0.05).mean() == pytest.approx(0.8, abs=0.025)


def test_what_cannot_be_planned_is_missing():
    uplifts = np.array([0.0, np.nan, 0.95, -0.2])
    assert np.isnan(plan_sample_size(0.1, uplifts)).all()
    assert np.isnan(plan_sample_size(0.1, 0.02, control_share=np.array([0.0, 1.0, np.nan]))).all()


def test_power_must_be_a_probability():
    with pytest.raises(ParameterProblem, match="power must lie"):
        plan_sample_size(0.1, 0.02, power=80)
