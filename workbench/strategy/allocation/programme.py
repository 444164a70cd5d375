"""Columns and rows for HiGHS: of the whole assignment, or of the part of it that is undecided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.strategy.allocation.problem import Bools, Floats, Ints, Problem


@dataclass(frozen=True, eq=False)
class Columns:
    """Pairs of option and customer that a programme decides on.

    Parameters
    ----------
    option, customer : numpy.ndarray, shape (m,)
        The pairs.
    value : numpy.ndarray, shape (m,)
        What each is worth.
    use : numpy.ndarray, shape (r, m)
        What each uses.
    most : numpy.ndarray, shape (m,)
        How many customers a pair stands for.
    """

    option: Ints
    customer: Ints
    value: Floats
    use: Floats
    most: Floats


def columns_of(problem: Problem, wanted: Bools) -> Columns:
    """Return the columns where ``wanted`` (j, n) is true, customer by customer."""
    customer, option = np.nonzero((wanted & np.isfinite(problem.values)).T)
    return Columns(
        option,
        customer,
        problem.values[option, customer],
        problem.uses(option, customer),
        problem.weights[customer].astype("float64"),
    )


def _rows(problem: Problem, columns: Columns) -> tuple[Any, Floats]:
    """Return the rows of customers, and of their groups where these bind beside them."""
    from scipy import sparse

    m = len(columns.option)
    _, first, customer = np.unique(columns.customer, return_index=True, return_inverse=True)
    n = len(first)
    parts = [sparse.csr_array((np.ones(m), (customer, np.arange(m))), shape=(n, m))]
    right = [problem.per_customer * columns.most[first]]
    if problem.per_customer > 1:
        key = columns.customer * (int(problem.groups.max()) + 1) + problem.groups[columns.option]
        _, first, group, size = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
        kept = size > 1
        number = np.cumsum(kept) - 1
        mine = np.flatnonzero(kept[group])
        shape = (int(kept.sum()), m)
        parts.append(sparse.csr_array((np.ones(len(mine)), (number[group[mine]], mine)), shape=shape))
        right.append(columns.most[first[kept]])
    return sparse.vstack(parts, format="csr"), np.concatenate(right)


def solve_linear(problem: Problem, columns: Columns, limits: Floats) -> tuple[Floats, Floats] | None:
    """Return the shares of the columns and the prices of the limits; None where nothing is feasible."""
    from scipy import sparse
    from scipy.optimize import linprog

    rows, right = _rows(problem, columns)
    every = sparse.vstack([sparse.csr_array(columns.use), rows], format="csr")
    found = linprog(
        -columns.value,
        A_ub=every,
        b_ub=np.concatenate([limits, right]),
        bounds=np.column_stack([np.zeros(len(columns.most)), columns.most]),
        method="highs-ds",
    )
    if found.status != 0:
        return None
    return found.x, np.maximum(-found.ineqlin.marginals[: len(limits)], 0.0)


def solve_whole(
    problem: Problem, columns: Columns, limits: Floats, nodes: int
) -> tuple[Ints | None, bool, bool]:
    """Return how often to take each column, whether that is proven best, and whether none can be feasible."""
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    m = len(columns.option)
    if m == 0:
        fits = bool((limits >= -1e-9).all())
        return (np.zeros(0, dtype=np.int64) if fits else None), fits, not fits
    rows, right = _rows(problem, columns)
    every = sparse.vstack([sparse.csr_array(columns.use), rows], format="csr")
    found = milp(
        -columns.value,
        constraints=LinearConstraint(every, -np.inf, np.concatenate([limits, right])),
        integrality=np.ones(m),
        bounds=Bounds(0.0, columns.most),
        options={"mip_rel_gap": 0.0, "node_limit": nodes},
    )
    if found.x is None:
        return None, False, found.status == 2
    return found.x.round().astype(np.int64), found.status == 0, False
