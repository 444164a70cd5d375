"""Hidden cells stay hidden from a reader who can add and subtract."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.insight import hide_small_cells


def long_table(matrix) -> pd.DataFrame:
    matrix = np.asarray(matrix)
    rows = [
        (f"segment {r}", f"stage {c}", int(matrix[r, c]), float(matrix[r, c]) * 100)
        for r, c in itertools.product(range(matrix.shape[0]), range(matrix.shape[1]))
    ]
    return pd.DataFrame(rows, columns=["segment", "lifecycle_stage", "n", "balance"])


def published(matrix) -> tuple[np.ndarray, np.ndarray]:
    """Return the table with its margins, and where it is hidden, as grids."""
    shape = np.asarray(matrix).shape
    shown = hide_small_cells(long_table(matrix), totals=True)
    hidden = shown["hidden"].to_numpy()
    inner = shape[0] * shape[1]
    grid = np.zeros((shape[0] + 1, shape[1] + 1), dtype=bool)
    grid[:-1, :-1] = hidden[:inner].reshape(shape)
    grid[:-1, -1] = hidden[inner : inner + shape[0]]
    grid[-1, :-1] = hidden[inner + shape[0] : -1]
    grid[-1, -1] = hidden[-1]
    whole = np.zeros((shape[0] + 1, shape[1] + 1))
    whole[:-1, :-1] = matrix
    whole[-1] = whole[:-1].sum(axis=0)
    whole[:, -1] = whole[:, :-1].sum(axis=1)
    return whole, grid


def determined(hidden: np.ndarray) -> list[tuple[int, int]]:
    """Return hidden cells that the sums determine: those no null vector moves."""
    cells = list(zip(*np.nonzero(hidden), strict=True))
    if not cells:
        return []
    n_rows, n_columns = hidden.shape
    equations = np.zeros((n_rows + n_columns, len(cells)))
    for position, (row, column) in enumerate(cells):
        equations[row, position] = -1 if column == n_columns - 1 else 1
        equations[n_rows + column, position] = -1 if row == n_rows - 1 else 1
    _, singular, axes = np.linalg.svd(equations)
    null = axes[(singular > 1e-9).sum() :]
    return [cell for position, cell in enumerate(cells) if not (np.abs(null[:, position]) > 1e-9).any()]


@pytest.mark.parametrize("seed", range(60))
def test_no_hidden_cell_follows_from_the_totals(seed):
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 9), rng.integers(1, 8)
    matrix = rng.poisson(rng.choice([0.3, 3, 9, 30, 200], size=shape))
    whole, hidden = published(matrix)
    assert hidden[(whole > 0) & (whole < 11)].all()
    assert not hidden[whole == 0].any()
    assert determined(hidden) == []


def test_the_check_itself_finds_a_leak():
    leaking = np.zeros((4, 4), dtype=bool)
    leaking[0, :2] = leaking[1, 0] = True
    assert len(determined(leaking)) == 3


def test_impossible_counts_do_not_give_a_cell_away():
    """Two cells that add up to 2 are 1 and 1, though algebra alone would allow 0 and 2."""
    matrix = np.array([[1, 1, 300], [1, 1, 200], [400, 500, 600]])
    _, hidden = published(matrix)
    assert hidden[:2, :2].all()
    assert hidden.sum() > 4


@pytest.mark.parametrize("seed", range(8))
def test_by_trying_every_table(seed):
    """Every table that fits what is shown, counted out: each hidden cell takes two values."""
    rng = np.random.default_rng(seed)
    matrix = rng.choice([0, 1, 3, 12, 14], size=(2, 2), p=[0.1, 0.3, 0.2, 0.2, 0.2])
    whole, hidden = published(matrix)
    if not hidden.any():
        return
    inner = list(zip(*np.nonzero(hidden[:-1, :-1]), strict=True))
    seen: dict[tuple[int, int], set[int]] = {cell: set() for cell in zip(*np.nonzero(hidden), strict=True)}
    for guess in itertools.product(range(1, 19), repeat=len(inner)):
        table = whole[:-1, :-1].copy()
        for cell, value in zip(inner, guess, strict=True):
            table[cell] = value
        again = np.zeros_like(whole)
        again[:-1, :-1] = table
        again[-1] = again[:-1].sum(axis=0)
        again[:, -1] = again[:, :-1].sum(axis=1)
        if (again == whole)[~hidden].all():
            for cell, values in seen.items():
                values.add(int(again[cell]))
    assert min(len(values) for values in seen.values()) >= 2


def test_large_counts_are_left_alone():
    shown = hide_small_cells(long_table([[11, 0], [50, 12]]))
    assert not shown["hidden"].any()
    assert shown["n"].tolist() == [11, 0, 50, 12]


def test_what_is_hidden_is_missing_everywhere():
    counts = long_table([[3, 40, 50], [60, 70, 80]]).assign(cluster=1, note="x")
    shown = hide_small_cells(counts)
    assert shown.loc[shown["hidden"], ["n", "balance"]].isna().all().all()
    assert shown.loc[~shown["hidden"], ["n", "balance"]].notna().all().all()
    assert shown["cluster"].tolist() == [1] * 6
    assert counts["n"].tolist() == [3, 40, 50, 60, 70, 80]
    assert shown["hidden"].sum() == 4


def test_one_way_with_a_total():
    counts = pd.DataFrame({"segment": list("abcd"), "n": [100, 5, 30, 60], "balance": [1.0, 2, 3, 4]})
    shown = hide_small_cells(counts, by=("segment",), totals=True)
    assert shown["hidden"].tolist() == [False, True, True, False, False]
    assert shown["n"].iloc[-1] == 195
    assert shown["segment"].iloc[-1] is None or pd.isna(shown["segment"].iloc[-1])
    assert shown["balance"].iloc[-1] == 10


def test_small_totals_are_hidden_too():
    shown = hide_small_cells(long_table([[2, 3], [100, 200]]), totals=True)
    totals = shown.iloc[4:].set_index(["segment", "lifecycle_stage"])
    small = totals[totals.index.get_level_values("segment") == "segment 0"]
    assert small["hidden"].all()


def test_sparse_tables_and_other_names():
    counts = pd.DataFrame(
        {"region": ["East", "East", "West"], "tier": ["basic", "value", "basic"], "m": [4, 40, 90]}
    )
    shown = hide_small_cells(counts, by=("region", "tier"), count="m")
    assert shown["m"].isna().tolist()[0]
    assert len(shown) == 3


def test_minimum_and_empty():
    counts = long_table([[3, 40], [60, 70]])
    assert not hide_small_cells(counts, minimum=3)["hidden"].any()
    assert hide_small_cells(counts.iloc[:0])["hidden"].tolist() == []


def test_what_is_refused():
    counts = long_table([[3, 40], [60, 70]])
    with pytest.raises(ParameterProblem, match="region"):
        hide_small_cells(counts, by=("segment", "region"))
    with pytest.raises(ParameterProblem, match="more than once"):
        hide_small_cells(pd.concat([counts, counts]))
    with pytest.raises(ParameterProblem, match='"n" must hold whole numbers'):
        hide_small_cells(counts.assign(n=[1, -1, 3, 4]))


def _unmoved_by_programme(truth, ties):
    """Say the same by linear programming: the smallest and the largest count that fits."""
    from scipy.optimize import linprog

    fixed = []
    for cell in range(len(truth)):
        ends = []
        for direction in (1.0, -1.0):
            objective = np.zeros(len(truth))
            objective[cell] = direction
            bounds = (1.0, float(truth.sum()) * 2 + 10)
            found = linprog(objective, A_eq=ties, b_eq=ties @ truth, bounds=bounds, method="highs")
            ends.append(found.x[cell])
        fixed.append(abs(ends[0] - ends[1]) < 0.5)
    return np.array(fixed)


@pytest.mark.parametrize("seed", range(40))
def test_what_can_not_move_is_what_linear_programming_says(seed):
    from workbench.insight.small_cells import _sums, _unmoved

    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(2, 6)), int(rng.integers(2, 6)))
    cells = rng.choice([1, 1, 2, 3, 12, 40], size=shape).astype(float)
    values = np.concatenate([cells.ravel(), cells.sum(axis=1), cells.sum(axis=0), [cells.sum()]])
    hidden = rng.random(len(values)) < 0.45
    hidden[0] = True
    ties = _sums(shape)[:, hidden]
    assert _unmoved(values[hidden], ties).tolist() == _unmoved_by_programme(values[hidden], ties).tolist()


def test_one_way_tables_have_a_ground():
    from workbench.insight.small_cells import _sums, _unmoved

    truth = np.array([1.0, 1.0, 5.0])
    for kept in ([0, 1], [0, 2], [2], [0]):
        ties = _sums((3,))[:, kept]
        assert _unmoved(truth[kept], ties).tolist() == _unmoved_by_programme(truth[kept], ties).tolist()
