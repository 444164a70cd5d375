"""Confidence sequences: the formula by brute force, the answer on simulated campaigns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize

from workbench.errors import ParameterProblem
from workbench.review import (
    Sums,
    compare_means,
    confidence_sequence,
    elapsed_responses,
    first_day_decided,
    rate_sequence,
    track_uplift,
)


def mixture(z: float, x: float) -> float:
    """The normal mixture martingale: how much likelier z is under effects spread with variance x."""

    def weighed(effect: float) -> float:
        prior = np.exp(-(effect**2) / (2 * x)) / np.sqrt(2 * np.pi * x)
        return float(np.exp(effect * z - effect**2 / 2) * prior)

    return float(integrate.quad(weighed, -60, 60, points=[0, z], limit=400)[0])


@pytest.mark.parametrize("alpha", [0.05, 0.01])
@pytest.mark.parametrize("share", [0.1, 1.0, 3.0])
def test_the_boundary_is_where_the_mixture_reaches_one_over_alpha(alpha, share):
    """Ville's inequality: a martingale that starts at 1 reaches 1 / alpha with chance alpha."""
    treatment, control = Sums(900, 120, 120), Sums(300, 30, 30)
    result = confidence_sequence(treatment, control, alpha, expected_n=1_200 / share)
    x = (-2 * np.log(alpha) + np.log(1 - 2 * np.log(alpha))) * share
    z = optimize.brentq(lambda z: mixture(z, x) - 1 / alpha, 0.5, 12)
    error = float(result.standard_error)
    assert float(result.ci_high - result.estimate) == pytest.approx(z * error, rel=1e-5)
    seen = float(result.estimate) / error
    assert float(result.p_value) == pytest.approx(min(1, 1 / mixture(seen, x)), rel=1e-5)


def test_it_is_nearly_narrowest_at_the_time_expected():
    treatment, control = Sums(900, 120, 120), Sums(300, 30, 30)
    width = [
        float(confidence_sequence(treatment, control, expected_n=n).ci_high)
        for n in (120, 600, 1_200, 12_000)
    ]
    assert min(width) == width[2]
    fixed = compare_means(treatment, control)
    sequence = confidence_sequence(treatment, control, expected_n=1_200)
    assert float(sequence.ci_high - sequence.estimate) == pytest.approx(
        3.035 * fixed.standard_error, rel=1e-3
    )


def test_p_is_under_alpha_where_the_interval_leaves_zero_out():
    rng = np.random.default_rng(0)
    treated, control = rng.binomial(900, 0.16, 400), rng.binomial(300, 0.1, 400)
    for alpha in (0.05, 0.2):
        result = confidence_sequence(
            Sums(900, treated, treated), Sums(300, control, control), alpha, expected_n=2_000
        )
        out = (result.ci_low > 0) | (result.ci_high < 0)
        assert ((result.p_value < alpha) == out).all()
        assert 0 < out.mean() < 1


def test_customers_who_arrive_daily_are_looked_at_sixty_times():
    """Money of unequal spread arrives for 60 days; nobody is misled in 19 of 20 campaigns."""
    rng = np.random.default_rng(2026)
    runs, days, daily = 2_000, 60, (40, 20)
    arms = []
    for n, scale in zip(daily, (1.0, 3.0), strict=True):
        # A day's sums of exponential amounts: their sum is gamma; of their squares by draw.
        amounts = scale * (rng.exponential(size=(runs, days, n)).astype(np.float32) - 1)
        arms.append(
            Sums(
                n * np.arange(1.0, days + 1),
                amounts.sum(axis=2, dtype=float).cumsum(axis=1),
                np.square(amounts).sum(axis=2, dtype=float).cumsum(axis=1),
                0.0,
            )
        )
    sequence = confidence_sequence(*arms, expected_n=days * sum(daily))
    fixed = compare_means(*arms)
    wrong = ((sequence.ci_low > 0) | (sequence.ci_high < 0)).any(axis=1).mean()
    peeking = ((fixed.ci_low > 0) | (fixed.ci_high < 0)).any(axis=1).mean()
    assert wrong <= 0.05
    assert peeking > 0.2


def test_elapsed_responses_is_the_odds():
    shares = elapsed_responses([0, 20, 50, 100], 100, 0.2)
    assert shares.tolist() == pytest.approx([0, 1, 4, np.inf])


def test_rates_are_plain_and_their_interval_has_one_more_of_each():
    result = rate_sequence(60, 900, 10, 300, expected_response=0.06)
    assert float(result.estimate) == pytest.approx(60 / 900 - 10 / 300)
    p_t, p_c = 61 / 902, 11 / 302
    error = np.sqrt(p_t * (1 - p_t) / 902 + p_c * (1 - p_c) / 302)
    assert float(result.standard_error) == pytest.approx(error)
    share = float(elapsed_responses(70, 1_200, 0.06))
    wide = confidence_sequence(Sums(2, 0, 2), Sums(2, 0, 2), elapsed=share)
    width = float(result.ci_high - result.estimate) / error
    assert width == pytest.approx(float(wide.ci_high / wide.standard_error))


def test_too_early_to_say():
    result = rate_sequence([10, 60, 600], 900, [2, 10, 90], 100, expected_response=0.1)
    assert np.isnan(result.ci_low).tolist() == [True, False, False]
    assert not np.isnan(result.estimate).any()
    assert np.isnan(rate_sequence(5, 50, 0, 0, expected_response=0.1).ci_low)
    assert np.isnan(rate_sequence(0, 50, 0, 50, expected_response=0.1).ci_low)
    everybody = rate_sequence(50, 50, 50, 50, expected_response=0.1, min_count=0)
    assert float(everybody.ci_low) < 0 < float(everybody.ci_high)


def test_the_days_of_a_strategy_carry_both_intervals(make_cycle):
    cycle = make_cycle(("S1", 900, 270, 100, 10), ("S2", 450, 23, 50, 2), S2={"expected_response": np.nan})
    days = track_uplift(*cycle.tables(), contacts=cycle.contacts)
    last = days.groupby("strategy_id").last()
    by_hand = rate_sequence(270, 900, 10, 100, expected_response=0.2)
    assert last.at["S1", "seq_low"] == pytest.approx(float(by_hand.ci_low))
    assert last.at["S1", "seq_low"] < last.at["S1", "ci_low"]
    assert last.at["S1", "seq_high"] > last.at["S1", "ci_high"]
    # 25 of 500 responded: 2.5 expected among the 50 of the control.
    assert days.loc[days["strategy_id"].eq("S2"), "seq_low"].isna().all()
    decided = first_day_decided(days).set_index("strategy_id")
    seen = days[days["strategy_id"].eq("S1") & days["seq_low"].gt(0)].iloc[0]
    assert (decided.at["S1", "day"], decided.at["S1", "verdict"]) == (seen["day"], "works")
    assert decided.at["S1", "date"] == seen["date"]
    assert pd.isna(decided.at["S2", "day"])
    assert decided.at["S2", "verdict"] == "open"


def test_harm_is_decided_too_and_no_days_are_no_rows(make_cycle):
    days = track_uplift(*make_cycle(("S1", 900, 30, 300, 90)).tables())
    assert first_day_decided(days)["verdict"].tolist() == ["harms"]
    assert first_day_decided(days.iloc[:0]).empty


@pytest.mark.parametrize("sides", [(0, 50), (1, 50), (50, 0)])
def test_a_side_of_none_or_one_has_no_figures(sides):
    result = confidence_sequence(Sums(sides[0], 0, 0), Sums(sides[1], 5, 5), expected_n=100)
    assert np.isnan([result.estimate, result.ci_low, result.p_value]).all()


def test_bad_times_are_refused():
    arms = Sums(50, 5, 5), Sums(50, 5, 5)
    with pytest.raises(ParameterProblem, match="either expected_n"):
        confidence_sequence(*arms)
    with pytest.raises(ParameterProblem, match="either expected_n"):
        confidence_sequence(*arms, expected_n=5, elapsed=1)
    with pytest.raises(ParameterProblem, match="above 0"):
        confidence_sequence(*arms, expected_n=0)
    with pytest.raises(ParameterProblem, match="not be negative"):
        confidence_sequence(*arms, elapsed=[-1, 2])
    with pytest.raises(ParameterProblem, match="alpha must lie"):
        confidence_sequence(*arms, 2, expected_n=5)
    with pytest.raises(ParameterProblem, match="expected response"):
        rate_sequence(1, 2, 1, 2, expected_response=1.0)
