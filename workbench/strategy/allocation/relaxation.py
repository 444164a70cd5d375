"""The bound: the assignment with shares allowed, by its Lagrangian dual or in one linear programme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from workbench.strategy.allocation.problem import (
    Bools,
    Floats,
    Ints,
    Problem,
    choose,
    losses,
    pairs_of,
    total_of,
    total_of_picks,
)
from workbench.strategy.allocation.programme import columns_of, solve_linear

DIRECT_OPTIONS = 20_000
"""Pairs of customer and option up to which the linear programme is solved whole."""
CORE_CUSTOMERS = 3_000
"""Undecided customers that the linear programme is first solved for beyond that."""
SAMPLED = 4_000
_CLOSE = 3e-8


@dataclass(frozen=True, eq=False)
class Relaxed:
    """The best that shares of customers could reach, and the prices that prove it.

    Parameters
    ----------
    prices : numpy.ndarray, shape (r,)
        What one more unit of each limit is worth.
    bound : float
        No assignment is worth more: the dual's value at these prices.
    counts : numpy.ndarray, shape (j, n)
        How many customers of each type get an option whole.
    shared : numpy.ndarray
        Types of which a customer gets shares of options.
    """

    prices: Floats
    bound: float
    counts: Ints
    shared: Ints


def dual_value(problem: Problem, prices: Floats) -> tuple[float, float, Floats, Ints]:
    """Return the bound at prices, and value, use and picks of those who choose by them."""
    picks = choose(problem, prices)
    value, used = total_of_picks(problem, picks)
    return value + float(prices @ (problem.limits - used)), value, used, picks


def relax(problem: Problem, start: Floats | None = None) -> Relaxed:
    """Solve the assignment with shares allowed; limits must be feasible."""
    if problem.n_options <= DIRECT_OPTIONS:
        found = _solve_core(problem, np.isfinite(problem.values), None)
        if found is not None:
            return replace(found, bound=dual_value(problem, found.prices)[0])
    n = problem.shape[1]
    if start is None:
        start = np.zeros(len(problem.limits))
        if n >= 5 * SAMPLED:
            start = descend(problem.sample(n // SAMPLED), start, tolerance=1e-4)
    prices = descend(problem, start, tolerance=1e-5)
    return _polish(problem, prices)


def descend(
    problem: Problem,
    start: Floats,
    *,
    tolerance: float,
    rounds: int = 120,
    most: Floats | None = None,
    seen: Callable[[Floats, float, Floats, Ints], None] | None = None,
) -> Floats:
    """Return prices near the dual's minimum: cutting planes within a box around the best.

    ``most`` caps the prices; ``seen`` is told of each point that was tried.
    """
    from scipy.optimize import linprog

    bound, value, used, picks = dual_value(problem, start)
    if seen:
        seen(start, value, used, picks)
    r = len(start)
    if not r:
        return start
    unit = max(abs(dual_value(problem, np.zeros(r))[1]), abs(value), 1.0)
    scale = np.maximum(np.abs(problem.limits), np.maximum(np.abs(used), 1e-9))
    values, uses = [0.0, value], [np.zeros(r), used]
    best, at = bound, start
    reach = np.maximum(0.25, 0.5 * start * scale / unit) if start.any() else np.ones(r)
    cap = np.full(r, np.inf) if most is None else most * scale / unit
    for _ in range(rounds):
        here = at * scale / unit
        rows = np.column_stack([-np.array(uses) / scale, -np.ones(len(values))])
        limits = list(zip(np.maximum(here - reach, 0.0), np.minimum(here + reach, cap), strict=True))
        found = linprog(
            np.append(problem.limits / scale, 1.0),
            A_ub=rows,
            b_ub=-np.array(values) / unit,
            bounds=[*limits, (None, None)],
            method="highs-ds",
        )
        if found.status != 0:
            break
        if best - found.fun * unit <= tolerance * max(abs(best), unit * 1e-6):
            break
        tried = found.x[:r] * unit / scale
        bound, value, used, picks = dual_value(problem, tried)
        if seen:
            seen(tried, value, used, picks)
        values.append(value)
        uses.append(used)
        if bound < best:
            edge = np.abs(found.x[:r] - here) >= 0.999 * reach
            reach = np.where(edge, 2.0 * reach, reach)
            best, at = bound, tried
        else:
            reach = 0.6 * reach
    return at


def _polish(problem: Problem, prices: Floats) -> Relaxed:
    """Solve the linear programme of those whom the prices leave undecided, until it proves the bound."""
    wanted, best = CORE_CUSTOMERS, None
    lowest, at = dual_value(problem, prices)[0], prices
    for _ in range(8):
        picks = choose(problem, at)
        loss = losses(problem, at, picks)
        nearest = loss.min(axis=0)
        margin = float(np.partition(nearest, min(wanted, len(nearest)) - 1)[min(wanted, len(nearest)) - 1])
        core = nearest <= margin
        undecided = (loss <= margin) & core
        option, customer = pairs_of(picks)
        undecided[option[core[customer]], customer[core[customer]]] = True
        fixed = np.zeros(problem.shape, dtype=np.int64)
        fixed[option, customer] = np.where(core[customer], 0, problem.weights[customer])
        found = _solve_core(problem, undecided, fixed)
        wanted *= 2
        if found is None:
            wanted *= 2
            continue
        bound = dual_value(problem, found.prices)[0]
        if bound < lowest:
            lowest, at = bound, found.prices
        best = replace(found, prices=at, bound=lowest)
        if lowest - found.bound <= _CLOSE * max(abs(lowest), 1.0):
            return best
    if best is not None:
        return best
    empty = np.zeros(problem.shape, dtype=np.int64)
    return Relaxed(at, lowest, empty, np.zeros(0, dtype=np.int64))


def _solve_core(problem: Problem, undecided: Bools, fixed: Ints | None) -> Relaxed | None:
    """Return the linear programme's solution with the others fixed; ``bound`` is its value."""
    columns = columns_of(problem, undecided)
    counts = np.zeros(problem.shape, dtype=np.int64) if fixed is None else fixed
    value, used = total_of(problem, counts)
    limits = problem.limits - used
    nobody = np.zeros(0, dtype=np.int64)
    if not len(columns.option):
        return Relaxed(np.zeros(len(limits)), value, counts, nobody) if (limits >= -1e-9).all() else None
    found = solve_linear(problem, columns, limits)
    if found is None:
        return None
    amount, prices = found
    whole = np.floor(amount + 1e-6)
    counts[columns.option, columns.customer] = whole.astype(np.int64)
    value += float(columns.value @ amount)
    return Relaxed(prices, value, counts, np.unique(columns.customer[amount - whole > 1e-6]))
