"""Give customers to strategies and channels within limits: the optimum, its bound and its prices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.strategy.allocation.conflict import find_conflict, is_feasible
from workbench.strategy.allocation.greedy import take_greedily
from workbench.strategy.allocation.limits import Limits, Options, label, read_options
from workbench.strategy.allocation.problem import Floats, Ints, Problem, deal, gather
from workbench.strategy.allocation.relaxation import relax
from workbench.strategy.allocation.rounding import WHOLE_OPTIONS, round_up, solve_exactly

Method = Literal["optimum", "greedy"]
METHODS = ("optimum", "greedy")
BINDS = 1e-6
"""Share of a limit that may be left when it is said to bind."""


@dataclass(frozen=True, eq=False)
class MatrixAllocation:
    """Who gets which option, by number.

    Parameters
    ----------
    option, customer : numpy.ndarray, shape (m,)
        The pairs, by customer.
    value : float
        What they are worth.
    bound : float
        No allocation is worth more: the linear programme's value.
    prices : numpy.ndarray, shape (r,)
        What one more unit of each limit is worth to the linear programme.
    used : numpy.ndarray, shape (r,)
        What is used of each limit.
    is_optimal : bool
        Whether it is proven that nothing better exists.
    """

    option: Ints
    customer: Ints
    value: float
    bound: float
    prices: Floats
    used: Floats
    is_optimal: bool

    @property
    def gap(self) -> float:
        """Return the share of the bound that is missing."""
        return gap_to(self.value, self.bound)


@dataclass(frozen=True, eq=False)
class Allocation:
    """Who gets which strategy by which channel, and what the limits are worth.

    Parameters
    ----------
    chosen : pandas.DataFrame
        The options that were chosen, with all columns of the table, by customer_id.
    value : float
        Their value, CNY.
    bound : float
        No allocation is worth more, CNY: the linear programme's value.
    gap : float
        Share of the bound that is missing, 0 to 1.
    is_optimal : bool
        Whether it is proven that nothing better exists. The gap to the bound can be above
        0 even then: the bound allows shares of customers.
    shadow_prices : pandas.DataFrame
        One row a limit: ``limit``, ``amount``, ``used``, ``share_used``, ``price`` (value
        of one more unit, CNY; for a minimum what one contact less of it would give),
        ``binds``.
    by_strategy : pandas.DataFrame
        ``strategy_id``, ``channel``, ``customers``, ``minutes``, ``cost``, ``value``.
    greedy : pandas.DataFrame
        What the list that takes the best first would hold.
    greedy_value : float
        Its value, CNY.
    greedy_gap : float
        Share of the bound that it misses.
    greedy_by : str
        The column it is ordered by, highest first.
    method : str
        Which of both ``chosen`` is.
    limits : Limits
        What was allowed.
    per_customer : int
        Most strategies a customer gets.
    n : int
        Customers with an option.
    """

    chosen: pd.DataFrame = field(repr=False)
    value: float
    bound: float
    gap: float
    is_optimal: bool
    shadow_prices: pd.DataFrame = field(repr=False)
    by_strategy: pd.DataFrame = field(repr=False)
    greedy: pd.DataFrame = field(repr=False)
    greedy_value: float
    greedy_gap: float
    greedy_by: str
    method: str
    limits: Limits
    per_customer: int
    n: int

    def describe(self, lang: str = "en") -> str:
        """Return in a sentence what came out, and why where it is nothing."""
        if not self.n:
            return locale.text("strategy_capacity.told.nobody", lang)
        if self.chosen.empty:
            spent = self.shadow_prices[self.shadow_prices["amount"].eq(0)]["limit"]
            if spent.empty:
                return locale.text("strategy_capacity.told.worthless", lang, n=f"{self.n:,}")
            names = ", ".join(label(str(name), lang) for name in spent)
            return locale.text("strategy_capacity.told.spent", lang, limits=names)
        key = "strategy_capacity.told.best" if self.is_optimal else "strategy_capacity.told.near"
        return locale.text(
            key,
            lang,
            n=f"{self.chosen['customer_id'].nunique():,}",
            value=locale.money(self.value, lang),
            gap=locale.percent(self.gap, places=2),
            greedy=locale.percent(self.greedy_gap),
        )


def gap_to(value: float, bound: float) -> float:
    """Return the share of a bound that is missing; 0 where the bound is 0."""
    return max(0.0, (bound - value) / abs(bound)) if bound else 0.0


def allocate(
    options: pd.DataFrame,
    limits: Limits,
    *,
    per_customer: int = 1,
    method: Method = "optimum",
) -> Allocation:
    """Give customers to strategies and channels, within limits, for the most value.

    Parameters
    ----------
    options : pandas.DataFrame
        One row for what a customer may get: ``customer_id``, ``strategy_id``, ``channel``,
        ``value`` (expected, CNY), ``minutes`` (of agents), ``cost`` (CNY); optional
        ``offer``, ``units`` (of its quota; default 1) and ``score``, by which the greedy
        list is then ordered instead of by ``value``.
    limits : Limits
        What may be used.
    per_customer : int, default=1
        Most strategies a customer gets; each of them by one channel.
    method : {"optimum", "greedy"}, default="optimum"
        Which of both is ``chosen``; prices, bound and the other's value come with either.

    Returns
    -------
    Allocation

    Raises
    ------
    ParameterProblem
        If the limits can't hold together (the sentence names those that clash), or an
        option's figures are no numbers.

    Notes
    -----
    Customers who are alike are counted together. Up to 300 options the optimum is HiGHS's
    integer programme of the whole. Beyond, the bound is the linear programme's value, by
    cutting planes on the Lagrangian dual of the limits (each customer then takes the best
    at the prices) and one linear programme of those whom the prices leave undecided; it
    is rounded by a small integer programme, and what the remaining gap leaves open
    (reduced-cost fixing) is searched whole where it is 1,500 options or fewer. Of
    customers who are alike, the lower customer_id is taken first.

    References
    ----------
    Fisher, M. L. (1981). The Lagrangian relaxation method for solving integer programming
    problems. Management Science 27, 1-18. Geoffrion, A. M. (1974). Lagrangean relaxation
    for integer programming. Mathematical Programming Study 2, 82-114. Huangfu, Q., Hall,
    J. A. J. (2018). Parallelizing the dual revised simplex method. Mathematical
    Programming Computation 10, 119-142 (HiGHS).

    Examples
    --------
    >>> options = pd.DataFrame({"customer_id": ["1", "2", "3"], "strategy_id": "S1",
    ...     "channel": "phone", "value": [90.0, 70.0, 60.0], "minutes": [10.0, 5.0, 5.0], "cost": 1.0})
    >>> found = allocate(options, Limits(agent_minutes=10))
    >>> found.chosen["customer_id"].tolist(), found.value, found.greedy_value
    (['2', '3'], 130.0, 90.0)
    >>> found.shadow_prices[["limit", "share_used", "price"]].values.tolist()
    [['agent_minutes', 1.0, 9.0]]
    """
    if method not in METHODS:
        raise ParameterProblem("strategy_capacity.error.method", method=method, known=", ".join(METHODS))
    read = read_options(options, limits, per_customer)
    problem = read.problem
    refuse_clash(problem, read.names, limits)
    found = solve(problem)
    by = "score" if "score" in read.table else "value"
    option, customer = take_greedily(problem, read.matrix(by), read.floors)
    lists = {
        "optimum": _rows_of(read, found.option, found.customer),
        "greedy": _rows_of(read, option, customer),
    }
    greedy_value = float(lists["greedy"]["value"].sum())
    chosen = lists[method]
    value = found.value if method == "optimum" else greedy_value
    used = found.used if method == "optimum" else problem.uses(option, customer).sum(axis=1)
    return Allocation(
        chosen=chosen,
        value=value,
        bound=found.bound,
        gap=gap_to(value, found.bound),
        is_optimal=found.is_optimal and value >= found.value,
        shadow_prices=price_table(read.names, problem.limits, used, found.prices),
        by_strategy=sum_by_strategy(chosen),
        greedy=lists["greedy"],
        greedy_value=greedy_value,
        greedy_gap=gap_to(greedy_value, found.bound),
        greedy_by=by,
        method=method,
        limits=limits,
        per_customer=int(per_customer),
        n=problem.shape[1],
    )


def allocate_matrix(
    values: Floats,
    resources: Floats,
    limits: Floats,
    *,
    per_customer: int = 1,
    groups: Ints | None = None,
) -> MatrixAllocation:
    """Give customers to options within limits: `allocate` without tables, for millions of options.

    Parameters
    ----------
    values : numpy.ndarray, shape (n, j)
        Value of each option for each customer; minus infinity or missing where it is none.
    resources : numpy.ndarray, shape (r, j) or (r, n, j)
        What an option uses of each limit, 0 or more.
    limits : numpy.ndarray, shape (r,)
        How much there is, 0 or more.
    per_customer : int, default=1
        Most options a customer gets.
    groups : numpy.ndarray, shape (j,), optional
        Options of the same number exclude each other for a customer. Default: none do.

    Returns
    -------
    MatrixAllocation

    Raises
    ------
    ParameterProblem
        If shapes don't fit, or a use or limit is negative or missing.

    Examples
    --------
    >>> values = np.array([[9.0, 7.0], [8.0, 1.0], [5.0, 4.0]])
    >>> found = allocate_matrix(values, np.array([[1.0, 0.0]]), np.array([1.0]))
    >>> found.option.tolist(), found.value, found.prices.tolist(), found.is_optimal
    ([1, 0, 1], 19.0, [2.0], True)
    """
    values = np.asarray(values, dtype="float64")
    resources = np.asarray(resources, dtype="float64")
    limits = np.asarray(limits, dtype="float64")
    shape = values.shape
    fits = values.ndim == 2 and resources.ndim in (2, 3) and resources.shape[:1] == limits.shape
    fits = fits and resources.shape[1:] in (shape, shape[1:]) and (groups is None or len(groups) == shape[1])
    if not fits or per_customer < 1:
        raise ParameterProblem(
            "strategy_capacity.error.shapes", values=shape, resources=resources.shape, limits=limits.shape
        )
    if not (np.isfinite(limits).all() and (limits >= 0).all() and (resources >= 0).all()):
        raise ParameterProblem("strategy_capacity.error.negative")
    by_option = np.ascontiguousarray(values.T)
    by_option[~np.isfinite(by_option)] = -np.inf
    problem = Problem(
        values=by_option,
        resources=tuple(r if r.ndim == 1 else np.ascontiguousarray(r.T) for r in resources),
        limits=limits,
        per_customer=int(per_customer),
        groups=np.arange(shape[1]) if groups is None else np.asarray(groups, dtype=np.int64),
        weights=np.ones(shape[0], dtype=np.int64),
    )
    return solve(problem)


def refuse_clash(problem: Problem, names: list[str], limits: Limits) -> None:
    """Refuse limits that can't hold together, and say which of them clash."""
    gathered, _ = gather(problem) if problem.values.size else (problem, None)
    if is_feasible(gathered):
        return
    amounts = limits.amounts()
    clash = [names[row] for row in find_conflict(gathered)]
    raise ParameterProblem(
        "strategy_capacity.error.clash",
        limits="; ".join(f"{label(name)} ({name}) {amounts[name]:,g}" for name in clash),
        n=f"{problem.shape[1]:,}",
        most=problem.per_customer,
    )


def solve(problem: Problem, start: Floats | None = None) -> MatrixAllocation:
    """Return the best allocation that is found; its limits must be feasible."""
    nobody = np.zeros(0, dtype=np.int64)
    r = len(problem.limits)
    if not problem.n_options:
        return MatrixAllocation(nobody, nobody, 0.0, 0.0, np.zeros(r), np.zeros(r), True)
    gathered, types = gather(problem)
    relaxed = relax(gathered, start)
    whole = None
    if gathered.n_options <= WHOLE_OPTIONS:
        whole, _ = solve_exactly(gathered)
    if whole is None:
        whole = round_up(gathered, relaxed)
    if whole is None:
        raise ParameterProblem("strategy_capacity.error.not_whole")
    option, customer = deal(whole.counts, types, problem.groups)
    order = np.lexsort([option, customer])
    option, customer = option[order], customer[order]
    value = float(problem.values[option, customer].sum())
    used = problem.uses(option, customer).sum(axis=1)
    bound = max(relaxed.bound, value)
    return MatrixAllocation(option, customer, value, bound, relaxed.prices, used, whole.is_optimal)


def price_table(names: list[str], limits: Floats, used: Floats, prices: Floats) -> pd.DataFrame:
    """Return a row a limit: how much, how much is used, what one more unit is worth."""
    amount, spent = np.abs(limits), np.abs(used)
    share = np.divide(spent, amount, out=np.full(len(amount), np.nan), where=amount > 0)
    return pd.DataFrame(
        {
            "limit": pd.Series(names, dtype="str"),
            "amount": amount,
            "used": spent,
            "share_used": share,
            "price": prices,
            "binds": prices > BINDS,
        }
    )


def sum_by_strategy(chosen: pd.DataFrame) -> pd.DataFrame:
    """Return what each strategy gets by each channel."""
    by = chosen.groupby(["strategy_id", "channel"], sort=True)
    return by.agg(
        customers=("customer_id", "nunique"),
        minutes=("minutes", "sum"),
        cost=("cost", "sum"),
        value=("value", "sum"),
    ).reset_index()


def _rows_of(read: Options, option: Ints, customer: Ints) -> pd.DataFrame:
    chosen = read.table.iloc[read.rows[option, customer]]
    return chosen.sort_values(["customer_id", "strategy_id", "channel"], kind="stable", ignore_index=True)
