"""The smallest joint change of weights against a solver, a grid, and what it claims."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from workbench.errors import ParameterProblem, TableProblem
from workbench.strategy import CRITERIA, find_flips, find_weight_changes, normal_weights, score_strategies
from workbench.strategy.scoring import scale_criteria

WEIGHTS = [f"weight_{name}" for name in CRITERIA]


def drawn(seed: int, n: int = 5) -> tuple[pd.DataFrame, dict[str, float]]:
    rng = np.random.default_rng(seed)
    criteria = pd.DataFrame(rng.normal(size=(n, 4)), columns=list(CRITERIA))
    criteria.insert(0, "strategy_id", [f"S{i}" for i in range(1, n + 1)])
    weights = rng.dirichlet([1, 1, 1, 1])
    if seed % 4 == 0:
        weights[rng.integers(4)] = 0.0
    return criteria, normal_weights(dict(zip(CRITERIA, weights, strict=True)))


def solved(parts, now, leader, rival) -> float | None:
    """Return the least weight to move by a linear programme: w' and t ≥ |w' − w|."""
    n, eye = len(now), np.eye(len(now))
    gaps = parts[rival] - parts[leader]
    if gaps.max() <= 1e-9:
        return None
    bounds = np.block([[eye, -eye], [-eye, -eye], [-gaps[None, :], np.zeros((1, n))]])
    limits = np.concatenate([now, -now, [0.0]])
    found = linprog(
        np.concatenate([np.zeros(n), np.full(n, 0.5)]),
        A_ub=bounds,
        b_ub=limits,
        A_eq=[[1] * n + [0] * n],
        b_eq=[1],
        bounds=(0, None),
        method="highs",
    )
    return float(found.fun) if found.status == 0 else None


@pytest.mark.parametrize("seed", range(60))
def test_against_a_linear_programme(seed) -> None:
    criteria, weights = drawn(seed)
    parts, now = scale_criteria(criteria), np.array([weights[name] for name in CRITERIA])
    leader = int((parts @ now).argmax())
    found = find_weight_changes(criteria, weights).set_index("strategy_id")
    for rival in range(len(criteria)):
        name = f"S{rival + 1}"
        least = None if rival == leader else solved(parts, now, leader, rival)
        assert (name in found.index) == (least is not None)
        if least is not None:
            assert found.loc[name, "moved"] == pytest.approx(least, abs=1e-8)


@pytest.mark.parametrize("seed", range(40))
def test_the_first_row_changes_the_first_place(seed) -> None:
    criteria, weights = drawn(seed)
    found = find_weight_changes(criteria, weights)
    if found.empty:
        return
    leader = score_strategies(criteria, weights, draws=1)["strategy_id"].iloc[0]
    nearest = found.iloc[0]
    assert nearest["leads"]
    assert found["moved"].is_monotonic_increasing
    there = nearest[WEIGHTS].to_numpy(dtype=float)
    now = np.array([weights[name] for name in CRITERIA])
    assert there.sum() == pytest.approx(1)
    assert there.min() >= -1e-12
    assert np.abs(there - now).sum() / 2 == pytest.approx(nearest["moved"])
    np.testing.assert_allclose(
        nearest[[f"change_{n}" for n in CRITERIA]].to_numpy(float), there - now, atol=1e-12
    )
    for share, first in ((0.999, leader), (1.001, nearest["strategy_id"])):
        at = now + share * (there - now)
        if at.min() < 0:
            # No weight is left to go further in this direction: where it is level.
            continue
        ranked = score_strategies(criteria, dict(zip(CRITERIA, at, strict=True)), draws=1)
        assert ranked["strategy_id"].iloc[0] == first


def test_no_point_of_a_grid_is_nearer() -> None:
    steps = 25
    grid = np.array(
        [point for point in product(range(steps + 1), repeat=4) if sum(point) == steps], dtype=float
    )
    grid /= steps
    for seed in range(12):
        criteria, weights = drawn(seed, n=4)
        now = np.array([weights[name] for name in CRITERIA])
        scores = scale_criteria(criteria) @ np.vstack([now, grid]).T
        leader = scores[:, 0].argmax()
        ahead = (scores.max(axis=0) > scores[leader] + 1e-9)[1:]
        moved = np.abs(grid - now).sum(axis=1) / 2
        found = find_weight_changes(criteria, weights)
        if found.empty:
            assert not ahead.any()
            continue
        assert moved[ahead].min() >= found.loc[0, "moved"] - 1e-9
        # And the grid comes as near as its step lets it.
        assert moved[ahead].min() <= found.loc[0, "moved"] + 4 / steps


def test_never_more_than_one_weight_alone(bank) -> None:
    for seed in range(30):
        criteria, weights = drawn(seed)
        flips, joint = find_flips(criteria, weights), find_weight_changes(criteria, weights)
        if len(flips):
            # One weight that moves by d draws d in all from the others.
            assert joint.loc[0, "moved"] <= flips["change"].abs().min() + 1e-9


def test_a_rival_that_is_never_better_is_left_out() -> None:
    criteria = pd.DataFrame(
        {
            "strategy_id": ["A", "B", "C"],
            "expected_value": [9.0, 5.0, 1.0],
            "balances": [9.0, 5.0, 1.0],
            "satisfaction": [9.0, 9.0, 1.0],
            "cost": [1.0, 1.0, 0.5],
        }
    )
    found = find_weight_changes(criteria, {"expected_value": 0.5, "balances": 0.5})
    assert found["strategy_id"].tolist() == ["C"]
    assert found.loc[0, "weight_cost"] == pytest.approx(0.5)
    assert found.loc[0, "moved"] == pytest.approx(0.5)


def test_level_already_one_strategy_and_none() -> None:
    criteria = pd.DataFrame(
        {
            "strategy_id": ["A", "B"],
            "expected_value": [1.0, 0.0],
            "balances": [0.0, 1.0],
            "satisfaction": [5.0, 5.0],
            "cost": [5.0, 5.0],
        }
    )
    level = find_weight_changes(criteria, {"expected_value": 1, "balances": 1})
    assert level[["strategy_id", "moved", "leads"]].values.tolist() == [["B", 0.0, True]]
    assert find_weight_changes(criteria.iloc[:1]).empty
    assert find_weight_changes(criteria.iloc[:0]).empty


def test_what_is_refused() -> None:
    criteria, _ = drawn(1)
    with pytest.raises(ParameterProblem) as caught:
        find_weight_changes(criteria, dict.fromkeys(CRITERIA, 0))
    assert caught.value.key == "strategy_room.error.no_weight"
    with pytest.raises(TableProblem, match="satisfaction"):
        find_weight_changes(criteria.drop(columns="satisfaction"))
