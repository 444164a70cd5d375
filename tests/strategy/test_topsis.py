"""TOPSIS against the published figures, and against a loop over cells."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.strategy import topsis

CASE = [[250, 16, 12], [200, 16, 8], [300, 32, 16], [275, 32, 8]]
WEIGHTS = [0.25, 0.25, 0.5]


@pytest.mark.parametrize(
    "normalisation, published",
    [
        ("min_max", [0.4271, 0.3090, 0.6910, 0.3255]),
        ("vector", [0.4294, 0.2016, 0.7984, 0.3102]),
    ],
)
def test_the_published_figures(normalisation, published) -> None:
    found = topsis(CASE, WEIGHTS, costs=[0], normalisation=normalisation)
    assert found["closeness"].round(4).tolist() == published
    assert found["rank"].tolist() == list(pd.Series(published).rank(ascending=False).astype(int))


def by_loops(values, weights, costs, normalisation) -> list[float]:
    """Return closeness as the book writes it: five steps, cell by cell."""
    rows, columns = len(values), len(values[0])
    weighted = [[0.0] * columns for _ in range(rows)]
    for j in range(columns):
        column = [values[i][j] for i in range(rows)]
        for i in range(rows):
            if normalisation == "vector":
                cell = values[i][j] / math.sqrt(sum(x * x for x in column))
            else:
                cell = (values[i][j] - min(column)) / (max(column) - min(column))
            weighted[i][j] = weights[j] / sum(weights) * cell
    close = []
    for i in range(rows):
        to_best = to_worst = 0.0
        for j in range(columns):
            column = [weighted[r][j] for r in range(rows)]
            best, worst = (min(column), max(column)) if j in costs else (max(column), min(column))
            to_best += (weighted[i][j] - best) ** 2
            to_worst += (weighted[i][j] - worst) ** 2
        close.append(math.sqrt(to_worst) / (math.sqrt(to_best) + math.sqrt(to_worst)))
    return close


@pytest.mark.parametrize("normalisation", ["vector", "min_max"])
def test_against_the_steps_of_the_book(normalisation) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        rows, columns = rng.integers(2, 9), rng.integers(1, 6)
        values = rng.normal(5, 10, (rows, columns))
        weights = rng.random(columns) + 0.01
        costs = [int(j) for j in np.flatnonzero(rng.random(columns) < 0.4)]
        found = topsis(values, weights, costs=costs, normalisation=normalisation)
        expected = by_loops(values.tolist(), weights.tolist(), costs, normalisation)
        np.testing.assert_allclose(found["closeness"], expected, rtol=1e-10)
        both = found["distance_best"] + found["distance_worst"]
        np.testing.assert_allclose(found["distance_worst"] / both, found["closeness"])


def test_named_columns_keep_their_index() -> None:
    frame = pd.DataFrame(CASE, columns=["price", "memory", "screen"], index=list("abcd"))
    named = topsis(frame, {"price": 1, "memory": 1, "screen": 2}, costs=["price"])
    plain = topsis(CASE, WEIGHTS, costs=[0])
    assert list(named.index) == list("abcd")
    np.testing.assert_allclose(named["closeness"], plain["closeness"])
    # A column that is left out weighs nothing.
    alone = topsis(frame, {"memory": 3})
    assert alone["closeness"].tolist() == [0, 0, 1, 1]
    assert alone["rank"].tolist() == [3, 4, 1, 2]


@pytest.mark.parametrize("normalisation", ["vector", "min_max"])
def test_a_constant_column_moves_nobody(normalisation) -> None:
    values = np.array(CASE, dtype=float)
    with_constant = np.column_stack([values, np.full(4, 7.3)])
    with_zeros = np.column_stack([values, np.zeros(4)])
    plain = topsis(values, WEIGHTS, costs=[0], normalisation=normalisation)
    for wider in (with_constant, with_zeros):
        found = topsis(wider, [*WEIGHTS, 1], costs=[0], normalisation=normalisation)
        np.testing.assert_allclose(found["closeness"], plain["closeness"])


@pytest.mark.parametrize("normalisation", ["vector", "min_max"])
def test_a_missing_figure_stands_halfway(normalisation) -> None:
    for gap in (np.nan, np.inf):
        values = [[1.0, 5.0], [3.0, gap], [2.0, 9.0]]
        one = topsis(values, [0, 1], normalisation=normalisation)
        assert one["closeness"].tolist() == pytest.approx([0, 0.5, 1])
    unknown = topsis([[1.0, np.nan], [3.0, np.nan]], [1, 1], normalisation=normalisation)
    assert unknown["closeness"].tolist() == [0, 1]


def test_one_alternative_none_and_all_alike() -> None:
    assert topsis([[3.0, 4.0]], [1, 1])["closeness"].tolist() == [0.5]
    assert topsis(pd.DataFrame({"a": [], "b": []}, dtype=float), {"a": 1}).empty
    alike = topsis([[3.0, 4.0]] * 3, [1, 1], costs=[1])
    assert alike["closeness"].tolist() == [0.5] * 3
    assert alike["rank"].tolist() == [1, 2, 3]


def test_large_figures_do_not_overflow() -> None:
    small = topsis(CASE, WEIGHTS, costs=[0])
    large = topsis(np.array(CASE) * 1e200, WEIGHTS, costs=[0])
    np.testing.assert_allclose(large["closeness"], small["closeness"])


@pytest.mark.parametrize(
    "weights, options, key",
    [
        ([0, 0, 0], {}, "strategy_room.error.no_weight"),
        ({}, {}, "strategy_room.error.no_weight"),
        ([1, -1, 1], {}, "strategy_room.error.weight"),
        ([1, float("nan"), 1], {}, "strategy_room.error.weight"),
        ([1, 1], {}, "strategy_scores.error.lengths"),
        ({"fame": 1}, {}, "strategy_room.error.unknown_criterion"),
        (WEIGHTS, {"costs": [7]}, "strategy_room.error.unknown_criterion"),
        (WEIGHTS, {"normalisation": "z"}, "strategy_scores.error.normalisation"),
    ],
)
def test_what_is_refused(weights, options, key) -> None:
    with pytest.raises(ParameterProblem) as caught:
        topsis(CASE, weights, **options)
    assert caught.value.key == key
    assert str(caught.value)
