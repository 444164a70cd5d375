"""Limits that can't hold together: the smallest set of them, found by leaving out one after another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workbench.strategy.allocation.problem import Problem
from workbench.strategy.allocation.programme import columns_of, solve_linear, solve_whole
from workbench.strategy.allocation.relaxation import descend, dual_value
from workbench.strategy.allocation.rounding import NODES, WHOLE_OPTIONS

_LINEAR = 100_000


def is_feasible(problem: Problem) -> bool:
    """Say whether any assignment keeps the limits.

    Up to `WHOLE_OPTIONS` options by the integer programme; beyond by the linear one, and
    beyond 100,000 by its dual: what floors fall short of, at prices of at most 1.
    """
    if (problem.limits >= 0).all():
        return True
    free = replace(problem, values=np.where(np.isfinite(problem.values), 0.0, -np.inf))
    n = free.n_options
    if n <= _LINEAR:
        columns = columns_of(free, np.isfinite(free.values))
        if not n:
            return False
        if n <= WHOLE_OPTIONS:
            return not solve_whole(free, columns, free.limits, NODES)[2]
        return solve_linear(free, columns, free.limits) is not None
    most = np.where(problem.limits < 0, 1.0, np.inf)
    prices = descend(free, np.zeros(len(most)), tolerance=1e-6, most=most)
    short = -dual_value(free, np.minimum(prices, most))[0]
    return short <= 1e-4 * float(np.abs(problem.limits[problem.limits < 0]).sum())


def find_conflict(problem: Problem) -> list[int]:
    """Return the numbers of limits that clash, none of which can be left out of the clash.

    The deletion filter: a limit without which the others still clash is no part of it.
    """
    rows = list(range(len(problem.limits)))
    for row in list(rows):
        rest = [other for other in rows if other != row]
        if not is_feasible(problem.only(rest)):
            rows = rest
    return rows
