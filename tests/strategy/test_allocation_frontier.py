"""What-ifs read off a frontier, against the linear programme; the mix against scipy; the options."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from workbench.errors import ParameterProblem
from workbench.strategy.allocation import Limits, allocate, build_frontier, build_options, mix


def test_the_mix_is_the_linear_programmes():
    rng = np.random.default_rng(0)
    for _ in range(60):
        m, r = int(rng.integers(1, 12)), int(rng.integers(0, 5))
        values, uses = rng.normal(20, 30, m), rng.uniform(0, 9, (m, r))
        limits = rng.uniform(0, 12, r)
        if r and rng.random() < 0.4:
            uses[:, 0] *= -1.0
            limits[0] = -rng.uniform(0, 9)
        found = mix(values, uses, limits)
        right = np.append(limits, 1.0)
        known = linprog(-values, A_ub=np.vstack([uses.T, np.ones(m)]), b_ub=right, method="highs")
        assert (found is None) == (known.status == 2)
        if found is not None:
            assert values @ found[0] == pytest.approx(-known.fun, abs=1e-6)
            assert (found[0] @ uses <= limits + 1e-7).all()
            # Weak duality: the prices prove the value.
            bound = found[1] @ limits + max(0.0, (values - uses @ found[1]).max())
            assert bound == pytest.approx(-known.fun, abs=1e-5)


def make_options(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "customer_id": np.repeat([f"{i:03d}" for i in range(n)], 3),
            "strategy_id": np.tile(["S1", "S2", "S3"], n),
            "channel": np.tile(["phone", "branch", "sms"], n),
            "value": rng.gamma(2.0, 40.0, 3 * n) * np.tile([1.0, 1.6, 0.3], n),
            "minutes": np.tile([8.0, 30.0, 0.0], n),
            "cost": np.tile([10.0, 40.0, 0.4], n),
        }
    )
    return frame.sample(frac=0.8, random_state=0)


def test_a_frontier_lies_between_what_is_reached_and_what_is_possible():
    options = make_options()
    limits = Limits(agent_minutes=800, budget=900, channel_capacity={"branch": 12}, minimum={"S3": 9})
    frontier = build_frontier(options, limits)
    now = frontier.at({})
    exact = allocate(options, limits)
    assert now.bound >= exact.bound - 1e-6
    assert now.value <= exact.bound + 1e-6
    assert now.gap < 0.005
    assert now.greedy_value == pytest.approx(exact.greedy_value)
    assert now.by_strategy["minutes"].sum() == pytest.approx(now.limits["used"].iloc[0])
    assert now.by_strategy["value"].sum() == pytest.approx(now.value)
    for minutes, money in ((200.0, 900.0), (1500.0, 400.0), (500.0, 3000.0)):
        found = frontier.at({"agent_minutes": minutes, "budget": money})
        other = allocate(options, limits.with_limit("agent_minutes", minutes).with_limit("budget", money))
        assert found.value <= other.bound + 1e-6 <= found.bound + 2e-6
        assert found.gap < 0.06
    curve = frontier.curve("agent_minutes", [300, 600, 1200], {})
    assert curve["value"].is_monotonic_increasing
    assert frontier.at({"minimum:S3": 500.0}) is None
    with pytest.raises(ParameterProblem):
        frontier.at({"luck": 1.0})


def test_nothing_to_give_is_a_frontier_too():
    frontier = build_frontier(make_options(10), Limits(agent_minutes=0, budget=0))
    assert frontier.at({}).value == 0.0
    assert frontier.most("agent_minutes") > 0
    assert build_frontier(make_options(5).head(0), Limits()).at({}).value == 0.0


def test_further_channels_are_options_where_asked_and_control_counts_nothing():
    scores = pd.DataFrame(
        {"customer_id": ["1"], "strategy_id": ["S1"], "propensity": 0.2, "expected_value": 90.0, "score": 0.5}
    )
    cards = pd.DataFrame(
        {
            "strategy_id": ["S1"],
            "channel": ["phone"],
            "channels": ["phone, sms"],
            "offer": ["fund_plan"],
            "value_per_response": [500.0],
            "cost_per_contact": [10.0],
            "minutes_per_contact": [8.0],
            "control_share": [0.5],
        }
    )
    one = build_options(scores, scores, cards)
    assert one[["value", "minutes", "cost", "units"]].values.tolist() == [[45.0, 4.0, 5.0, 0.1]]
    both = build_options(scores, scores, cards, channels="all").set_index("channel")
    assert both.at["sms", "value"] == pytest.approx(0.5 * (0.2 * 0.35 * 500 - 0.4))
    with pytest.raises(ParameterProblem, match="pigeon"):
        build_options(scores, scores, cards.assign(channels="phone,pigeon"), channels="all")
    with pytest.raises(ParameterProblem):
        build_options(scores.assign(strategy_id="S9"), scores, cards)
