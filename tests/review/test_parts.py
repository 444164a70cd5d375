"""Whether an effect differs between parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from workbench.errors import ParameterProblem
from workbench.review import compare_parts, evaluate_strategies


def test_q_agrees_with_statsmodels(make_cycle):
    cycle = make_cycle(("S1", 900, 200, 300, 40), ("S2", 450, 100, 150, 20))
    parts = evaluate_strategies(*cycle.tables(), customers=cycle.customers, by="branch")
    result = compare_parts(parts, "branch").set_index("strategy_id")
    treated = parts[parts["arm"].eq("treatment") & parts["outcome"].eq("responded")]
    for strategy_id, rows in treated.groupby("strategy_id"):
        peer = combine_effects(rows["uplift"].to_numpy(), rows["standard_error"].to_numpy() ** 2)
        assert result.at[strategy_id, "q"] == pytest.approx(peer.q)
        assert result.at[strategy_id, "n_parts"] == 3


def test_parts_too_small_to_judge_are_left_out(make_cycle):
    cycle = make_cycle(("S1", 90, 20, 30, 4))
    parts = evaluate_strategies(*cycle.tables(), customers=cycle.customers, by="branch")
    result = compare_parts(parts, "branch").iloc[0]
    assert result["n_parts"] == 0
    assert np.isnan(result["p_value"])
    assert result["works_in"] == ""


def test_one_part_differs_from_nothing():
    parts = pd.DataFrame(
        {
            "strategy_id": ["S1"],
            "stage": ["growth"],
            "arm": ["treatment"],
            "outcome": ["responded"],
            "uplift": [0.1],
            "standard_error": [0.01],
            "ci_low": [0.08],
        }
    )
    result = compare_parts(parts, "stage").iloc[0]
    assert np.isnan(result["p_value"])
    assert result["works_in"] == "growth"


def test_equal_effects_are_called_different_once_in_twenty():
    rng = np.random.default_rng(1)
    n, parts = 2_000, 4
    frame = pd.DataFrame(
        {
            "strategy_id": np.repeat([f"S{i}" for i in range(n)], parts),
            "stage": np.tile(list("abcd"), n),
            "arm": "treatment",
            "outcome": "responded",
            "uplift": rng.normal(0.02, 0.01, n * parts),
            "standard_error": 0.01,
            "ci_low": 0.0,
        }
    )
    p = compare_parts(frame, "stage")["p_value"]
    assert 0.035 <= (p < 0.05).mean() <= 0.065


def test_an_evaluation_without_the_part_is_refused(make_cycle):
    cycle = make_cycle(("S1", 90, 27, 10, 1))
    with pytest.raises(ParameterProblem, match="columns branch are asked for"):
        compare_parts(evaluate_strategies(*cycle.tables()), "branch")
