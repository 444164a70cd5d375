"""What one limit is worth, amount by amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.allocation.conflict import is_feasible
from workbench.strategy.allocation.greedy import take_greedily
from workbench.strategy.allocation.limits import Limits, read_options
from workbench.strategy.allocation.optimum import solve


def trace_limit(
    options: pd.DataFrame,
    limits: Limits,
    name: str,
    grid: Sequence[float],
    *,
    per_customer: int = 1,
) -> pd.DataFrame:
    """Return what the optimum and the greedy list are worth over amounts of one limit.

    Parameters
    ----------
    options : pandas.DataFrame
        As in `allocate`.
    limits : Limits
        The other limits stay as they are here.
    name : str
        The limit, as ``Limits.names()`` names it: ``agent_minutes``, ``budget``, ``quota:…``.
    grid : sequence of float
        Its amounts, 0 or more.
    per_customer : int, default=1
        As in `allocate`.

    Returns
    -------
    pandas.DataFrame
        ``amount``, ``value`` (of the best allocation found), ``bound`` (of the linear
        programme), ``price`` (of one more unit), ``greedy_value``; missing where the limits
        can't hold together.

    Raises
    ------
    ParameterProblem
        If there is no such limit, or an amount is not usable.

    Examples
    --------
    >>> options = pd.DataFrame({"customer_id": ["1", "2", "3"], "strategy_id": "S1",
    ...     "channel": "phone", "value": [90.0, 70.0, 60.0], "minutes": [10.0, 5.0, 5.0], "cost": 1.0})
    >>> traced = trace_limit(options, Limits(), "agent_minutes", [0, 10, 20])
    >>> traced[["amount", "value", "greedy_value"]].values.tolist()
    [[0.0, 0.0, 0.0], [10.0, 130.0, 90.0], [20.0, 220.0, 220.0]]
    """
    amounts = [float(amount) for amount in grid]
    read = read_options(options, limits.with_limit(name, max(amounts, default=0.0)), per_customer)
    place = read.names.index(name)
    order_by = read.matrix("score" if "score" in read.table else "value")
    rows = []
    start = None
    for amount in amounts:
        if not 0 <= amount < np.inf:
            raise ParameterProblem("strategy_capacity.error.limit", limit=name, value=amount)
        changed = read.problem.limits.copy()
        changed[place] = -amount if place in read.floors else amount
        problem = replace(read.problem, limits=changed)
        if problem.n_options and not is_feasible(problem):
            rows.append((amount, *[np.nan] * 4))
            continue
        found = solve(problem, start)
        start = found.prices
        option, customer = take_greedily(problem, order_by, read.floors)
        greedy = float(problem.values[option, customer].sum())
        rows.append((amount, found.value, found.bound, float(found.prices[place]), greedy))
    return pd.DataFrame(rows, columns=["amount", "value", "bound", "price", "greedy_value"])
