"""What responses make of planned rates, against the closed form, scipy and a numeric likelihood."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, stats

from workbench.errors import ParameterProblem
from workbench.review import fit_beta_prior, update_rates


def rates(*rows: tuple[float, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["responded", "n", "planned"])
    return frame.assign(strategy_id=[f"S{i}" for i in range(1, len(rows) + 1)])


def test_the_posterior_is_bayes_theorem():
    found = update_rates(rates((30, 200, 0.2)), 50).iloc[0]
    prior = stats.beta(0.2 * 50, 0.8 * 50)

    def joint(p: float, power: int) -> float:
        return p**power * prior.pdf(p) * stats.binom.pmf(30, 200, p)

    whole, first, second = (integrate.quad(joint, 0, 1, args=(k,), points=[0.15])[0] for k in range(3))
    assert found["posterior_mean"] == pytest.approx(first / whole, rel=1e-9)
    posterior = stats.beta(found["posterior_a"], found["posterior_b"])
    assert posterior.var() == pytest.approx(second / whole - (first / whole) ** 2, rel=1e-7)
    assert (found["posterior_low"], found["posterior_high"]) == pytest.approx(posterior.interval(0.95))
    assert found["prior_from"] == "planned"


def test_the_plan_counts_for_its_weight_and_less_the_more_were_listed():
    found = update_rates(rates((0, 10, 0.2), (0, 100, 0.2), (0, 10_000, 0.2)), 100)
    assert found["posterior_mean"].tolist() == pytest.approx([20 / 110, 20 / 200, 20 / 10_100])


def test_the_likeliest_prior_is_scipys():
    rng = np.random.default_rng(3)
    n = rng.integers(40, 900, 14)
    responded = rng.binomial(n, rng.beta(6, 44, 14))
    a, b = fit_beta_prior(responded, n)

    def minus_log(logs: np.ndarray) -> float:
        return -stats.betabinom.logpmf(responded, n, *np.exp(logs)).sum()

    best = optimize.minimize(
        minus_log, [1.0, 3.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11}
    )
    assert (a, b) == pytest.approx(tuple(np.exp(best.x)), rel=1e-4)


def test_rates_that_do_not_differ_pool():
    a, b = fit_beta_prior([50, 100, 150], [500, 1_000, 1_500])
    assert a / (a + b) == pytest.approx(0.1, abs=1e-3)
    assert a + b > 10_000


def test_a_strategy_without_a_plan_is_told_by_the_others_alone():
    frame = rates((90, 900, 0.2), (70, 800, 0.2), (150, 900, 0.2), (5, 10, np.nan))
    found = update_rates(frame).iloc[3]
    assert found["prior_from"] == "others"
    assert (found["prior_a"], found["prior_b"]) == fit_beta_prior([90, 70, 150], [900, 800, 900])
    assert found["posterior_mean"] < 0.2
    alone = update_rates(frame.iloc[2:]).iloc[1]
    assert alone["prior_from"] == "flat"
    assert alone["posterior_a"] == 5.5


def test_without_weight_the_cycle_alone_decides():
    found = update_rates(rates((3, 10, 0.9)), 0).iloc[0]
    assert (found["prior_from"], found["posterior_a"], found["posterior_b"]) == ("flat", 3.5, 7.5)


def test_extremes_stay_possible():
    planned = update_rates(rates((0, 0, 0.2), (0, 50, 0.0), (50, 50, 1.0), (np.nan, 50, 0.1)))
    assert planned["posterior_mean"].isna().tolist() == [True, False, False, True]
    assert 0 < planned["posterior_mean"][1] < 0.01
    assert 0.99 < planned["posterior_mean"][2] < 1
    # All outcomes zero: a prior near 0 that still leaves room.
    assert fit_beta_prior([0, 0], [100, 200]) == (0.5, 300.5)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: update_rates(rates((11, 10, 0.1))), "In row 1 11 responded of 10"),
        (lambda: update_rates(rates((-1, 10, 0.1))), "negative"),
        (lambda: update_rates(rates((1, 10, 0.1)), -1), "0 or more customers"),
        (lambda: update_rates(rates((1, 10, 0.1)), level=95), "between 0 and 1"),
        (lambda: update_rates(pd.DataFrame({"n": [1]})), "strategy_id"),
        (lambda: fit_beta_prior([3], [10]), "at least two"),
        (lambda: fit_beta_prior([3, 4], [10]), "more than there are"),
    ],
)
def test_wrong_counts_are_said(call, sentence):
    with pytest.raises(ParameterProblem, match=sentence):
        call()
