"""From shares of customers to whole ones: what is left open goes to HiGHS as an integer programme."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.strategy.allocation.problem import Bools, Floats, Ints, Problem, choose, losses, total_of
from workbench.strategy.allocation.programme import columns_of, solve_whole
from workbench.strategy.allocation.relaxation import Relaxed

WHOLE_OPTIONS = 300
"""Pairs of customer and option up to which the integer programme gets the whole at once."""
EXACT_OPTIONS = 1_500
"""Pairs left open by the bound up to which the integer programme searches them all."""
NODES = 200
"""Most nodes of a search: a count, not a time, so that every machine finds the same."""
_NEAR = (60, 600, 6_000)


@dataclass(frozen=True, eq=False)
class Whole:
    """An assignment of whole customers.

    Parameters
    ----------
    counts : numpy.ndarray, shape (j, n)
        How many customers of each type get an option.
    value : float
        What it is worth.
    is_optimal : bool
        Whether nothing better is proven to exist.
    """

    counts: Ints
    value: float
    is_optimal: bool


def solve_exactly(problem: Problem) -> tuple[Whole | None, bool]:
    """Return the optimum of a small assignment, and whether there is proven to be none."""
    columns = columns_of(problem, np.isfinite(problem.values))
    taken, proven, none = solve_whole(problem, columns, problem.limits, NODES)
    if taken is None:
        return None, none
    counts = np.zeros(problem.shape, dtype=np.int64)
    counts[columns.option, columns.customer] = taken
    return Whole(counts, total_of(problem, counts)[0], proven), False


def round_up(problem: Problem, relaxed: Relaxed) -> Whole | None:
    """Return whole customers near the relaxed solution; None where none were found.

    A customer's change that costs more at the prices than the gap still open can't be
    part of anything better (reduced-cost fixing). When few enough options are left, the
    integer programme of these is the whole problem's.
    """
    loss = losses(problem, relaxed.prices, choose(problem, relaxed.prices))
    nearest = loss.min(axis=0)
    found = None
    for near in _NEAR:
        found = _round_near(problem, relaxed, loss, nearest, near)
        if found is not None:
            break
    if found is None:
        return None
    gap = relaxed.bound - found.value
    if gap <= 1e-9 * max(abs(relaxed.bound), 1.0):
        return Whole(found.counts, found.value, True)
    return _close(problem, relaxed.prices, loss, gap, found)


def _round_near(problem: Problem, relaxed: Relaxed, loss: Floats, nearest: Floats, near: int) -> Whole | None:
    n = min(near, problem.shape[1])
    core = nearest <= 0.0 if near == _NEAR[-1] else np.zeros(problem.shape[1], dtype=bool)
    core[np.argsort(nearest, kind="stable")[:n]] = True
    core[relaxed.shared] = True
    margin = float(np.partition(nearest, n - 1)[n - 1])
    wanted: Bools = core & ((loss <= margin) | (relaxed.counts > 0))
    # Those who get shares may take whatever the programme had offered them.
    wanted[:, relaxed.shared] = loss[:, relaxed.shared] <= max(margin, 1e-6)
    wanted |= core & (relaxed.counts > 0)
    counts = np.where(core, 0, relaxed.counts)
    _, used = total_of(problem, counts)
    columns = columns_of(problem, wanted)
    taken, _, _ = solve_whole(problem, columns, problem.limits - used, 200)
    if taken is None:
        return None
    counts[columns.option, columns.customer] = taken
    return Whole(counts, total_of(problem, counts)[0], False)


def _close(problem: Problem, prices: Floats, loss: Floats, gap: float, found: Whole) -> Whole:
    """Search what the gap leaves open; the same assignment where that is too much."""
    margin = gap * (1 + 1e-6) + 1e-9
    picks = choose(problem, prices)
    picked = np.zeros(problem.shape, dtype=bool)
    for row in picks:
        at = np.flatnonzero(row >= 0)
        picked[row[at], at] = True
    core = loss.min(axis=0) <= margin
    wanted = core & ((loss <= margin) | picked)
    if int(wanted.sum()) > EXACT_OPTIONS:
        return found
    counts = np.where(picked & ~core, problem.weights, 0)
    _, used = total_of(problem, counts)
    columns = columns_of(problem, wanted)
    taken, proven, _ = solve_whole(problem, columns, problem.limits - used, NODES)
    if taken is None:
        return found
    counts[columns.option, columns.customer] = taken
    value = total_of(problem, counts)[0]
    if value < found.value:
        return Whole(found.counts, found.value, False)
    return Whole(counts, value, proven)
