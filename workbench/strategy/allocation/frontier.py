"""What any limits are worth, from allocations computed in advance: evaluated with numpy alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.allocation.greedy import take_greedily
from workbench.strategy.allocation.limits import Limits, Options, read_options
from workbench.strategy.allocation.mixing import mix
from workbench.strategy.allocation.problem import Floats, Ints, gather, pairs_of
from workbench.strategy.allocation.relaxation import dual_value

CLOSE = 5e-4
"""Share of the bound that a mix may miss at the points of the grid."""
ROUNDS = 15
SLIDERS = ("agent_minutes", "budget")
_FIGURES = ("customers", "minutes", "cost", "value")
_VALUE, _PRICE, _USE = "value", "price:", "use:"


@dataclass(frozen=True, eq=False)
class Mixture:
    """What limits are worth, read off a frontier.

    Parameters
    ----------
    value : float
        A mix of known allocations reaches it, CNY.
    bound : float
        No allocation is worth more, CNY.
    greedy_value : float
        The list that takes the best first, interpolated, CNY; missing where other limits
        than the sliders' were changed.
    limits : pandas.DataFrame
        ``limit``, ``amount``, ``used``, ``share_used``, ``price``, ``binds``.
    by_strategy : pandas.DataFrame
        ``strategy_id``, ``channel``, ``customers``, ``minutes``, ``cost``, ``value``: parts of
        the mix, so that customers can be fractions.
    """

    value: float
    bound: float
    greedy_value: float
    limits: pd.DataFrame = field(repr=False)
    by_strategy: pd.DataFrame = field(repr=False)

    @property
    def gap(self) -> float:
        """Return the share of the bound that is missing."""
        return max(0.0, (self.bound - self.value) / abs(self.bound)) if self.bound else 0.0


@dataclass(frozen=True, eq=False)
class Frontier:
    """Known allocations at many prices, from which limits in between are read off.

    A mix of them (shares of customers treated by one, shares by another) keeps the limits
    and is what can be reached; each one's prices prove a bound. Both by numpy alone.

    Parameters
    ----------
    points : pandas.DataFrame
        One row an allocation: ``value``, ``use:<limit>`` and ``price:<limit>``.
    parts : pandas.DataFrame
        ``point``, ``strategy_id``, ``channel``, ``customers``, ``minutes``, ``cost``, ``value``.
    greedy : pandas.DataFrame
        A grid of ``agent_minutes`` and ``budget`` with the greedy list's ``value``.
    held : pandas.DataFrame
        ``limit`` and ``amount`` in force; agent time and budget at their most where they
        have no limit.
    """

    points: pd.DataFrame = field(repr=False)
    parts: pd.DataFrame = field(repr=False)
    greedy: pd.DataFrame = field(repr=False)
    held: pd.DataFrame = field(repr=False)

    @property
    def names(self) -> list[str]:
        """Return the limits."""
        return [str(name) for name in self.held["limit"]]

    @property
    def amounts(self) -> dict[str, float]:
        """Return the amounts in force by limit."""
        return dict(self._known[3])

    def most(self, name: str) -> float:
        """Return the largest amount of a slider that the frontier was computed for."""
        return float(self.greedy[name].max())

    def at(self, amounts: Mapping[str, float]) -> Mixture | None:
        """Return what limits are worth; None where no mix keeps them.

        Parameters
        ----------
        amounts : mapping of str to float
            By limit; one that is left out stays as it was held.

        Raises
        ------
        ParameterProblem
            If a limit is not one of the frontier's.
        """
        values, uses, prices, limits = self._arrays(amounts)
        found = mix(values, uses, limits)
        if found is None:
            return None
        shares, worth = found
        value = float(values @ shares)
        bound = float((values + ((limits - uses) * prices).sum(axis=1)).min())
        used = np.abs(shares @ uses)
        share = np.divide(used, np.abs(limits), out=np.full(len(used), np.nan), where=limits != 0)
        table = pd.DataFrame(
            {
                "limit": pd.Series(self.names, dtype="str"),
                "amount": np.abs(limits),
                "used": used,
                "share_used": share,
                "price": worth,
                "binds": worth > 1e-6,
            }
        )
        return Mixture(value, max(bound, value), self.greedy_at(amounts), table, self._parts_of(shares))

    def curve(self, name: str, grid: Sequence[float], amounts: Mapping[str, float]) -> pd.DataFrame:
        """Return what one limit is worth over a grid, the others as given.

        Returns
        -------
        pandas.DataFrame
            ``amount``, ``value``, ``bound``, ``greedy_value``; missing where no mix keeps the limits.
        """
        rows = []
        values, uses, prices, limits = self._arrays({**amounts, name: 0.0})
        place = self.names.index(name)
        for amount in grid:
            limits[place] = -amount if name.startswith("minimum:") else amount
            found = mix(values, uses, limits)
            value = float(values @ found[0]) if found else float("nan")
            bound = float((values + ((limits - uses) * prices).sum(axis=1)).min()) if found else float("nan")
            greedy = self.greedy_at({**amounts, name: float(amount)}) if found else float("nan")
            rows.append((float(amount), value, max(bound, value) if found else bound, greedy))
        return pd.DataFrame(rows, columns=["amount", "value", "bound", "greedy_value"])

    def greedy_at(self, amounts: Mapping[str, float]) -> float:
        """Return the greedy list's value between the points of its grid."""
        rows, columns, cells = self._greedy_grid
        hours, money = (float(self._amounts(amounts)[name]) for name in SLIDERS)
        by_money = np.array([np.interp(money, columns, line) for line in cells])
        return float(np.interp(hours, rows, by_money))

    @cached_property
    def _greedy_grid(self) -> tuple[Floats, Floats, Floats]:
        table = self.greedy.pivot(index=SLIDERS[0], columns=SLIDERS[1], values="value")
        rows, columns = table.index.to_numpy(dtype="float64"), table.columns.to_numpy(dtype="float64")
        return rows, columns, table.to_numpy(dtype="float64")

    @cached_property
    def _known(self) -> tuple[Floats, Floats, Floats, dict[str, float]]:
        uses, prices = (
            self.points[[f"{kind}{name}" for name in self.names]].to_numpy(dtype="float64")
            for kind in (_USE, _PRICE)
        )
        held = dict(zip(self.names, self.held["amount"].astype("float64"), strict=True))
        return self.points[_VALUE].to_numpy(dtype="float64"), uses, prices, held

    def _amounts(self, amounts: Mapping[str, float]) -> dict[str, float]:
        held = self._known[3]
        unknown = [name for name in amounts if name not in held]
        if unknown:
            raise ParameterProblem(
                "strategy_capacity.error.unknown_limit", limit=unknown[0], known=", ".join(self.names)
            )
        return {**held, **amounts}

    def _arrays(self, amounts: Mapping[str, float]) -> tuple[Floats, Floats, Floats, Floats]:
        wanted = self._amounts(amounts)
        limits = [-amount if name.startswith("minimum:") else amount for name, amount in wanted.items()]
        values, uses, prices, _ = self._known
        return values, uses, prices, np.array(limits, dtype="float64")

    def _parts_of(self, shares: Floats) -> pd.DataFrame:
        pairs, place, point, figures = self._known_parts
        weighed = [np.bincount(place, shares[point] * figures[:, k], len(pairs)) for k in range(4)]
        found = pairs.assign(**dict(zip(_FIGURES, weighed, strict=True)))
        return found[found["customers"] > 1e-9].reset_index(drop=True)

    @cached_property
    def _known_parts(self) -> tuple[pd.DataFrame, Ints, Ints, Floats]:
        by = self.parts.groupby(["strategy_id", "channel"], sort=True)
        pairs = by.size().reset_index()[["strategy_id", "channel"]]
        return (
            pairs,
            np.asarray(by.ngroup(), dtype=np.int64),
            np.asarray(self.parts["point"], dtype=np.int64),
            self.parts[list(_FIGURES)].to_numpy(dtype="float64"),
        )


def build_frontier(
    options: pd.DataFrame,
    limits: Limits,
    *,
    per_customer: int = 1,
    grid: int = 8,
    progress: Callable[[float], None] | None = None,
) -> Frontier:
    """Compute allocations over a grid of agent time and budget, to read others off.

    Parameters
    ----------
    options : pandas.DataFrame
        As in `allocate`.
    limits : Limits
        The limits that hold; agent time and budget are varied, the others stay.
    per_customer : int, default=1
        As in `allocate`.
    grid : int, default=8
        Amounts of each of the two, from nothing to what could be used at all.
    progress : callable, optional
        Called with the share done.

    Returns
    -------
    Frontier

    Raises
    ------
    ParameterProblem
        As in `allocate`.

    Notes
    -----
    Column generation (Dantzig-Wolfe): at each point the mix's prices let every customer
    choose anew, until that gains less than 0.05% of the bound. All points share what was
    found, so that later ones need little.

    Examples
    --------
    >>> options = pd.DataFrame({"customer_id": ["1", "2", "3"], "strategy_id": "S1",
    ...     "channel": "phone", "value": [90.0, 70.0, 60.0], "minutes": [10.0, 5.0, 5.0], "cost": 1.0})
    >>> frontier = build_frontier(options, Limits(agent_minutes=10))
    >>> found = frontier.at({"agent_minutes": 10.0})
    >>> round(found.value, 6), round(found.bound, 6)
    (130.0, 130.0)
    """
    free = read_options(options, limits.with_limit("agent_minutes", None).with_limit("budget", None), 1)
    top = {"agent_minutes": _largest(free, "minutes"), "budget": _largest(free, "cost")}
    top = {name: max(most, 1e-9) for name, most in top.items()}
    now = {name: amount for name, amount in limits.amounts().items() if name in SLIDERS}
    top = {name: max(most, 1.25 * now.get(name, 0.0)) for name, most in top.items()}
    every = limits
    for name in SLIDERS:
        every = every.with_limit(name, now.get(name, top[name]))
    read = read_options(options, every, per_customer)
    pool = _Pool(read)
    steps = {name: _grid_of(top[name], now.get(name), grid) for name in SLIDERS}
    greedy = []
    total = len(steps["agent_minutes"]) * len(steps["budget"])
    by = "score" if "score" in read.table else "value"
    order_by = read.matrix(by)
    slots = [read.names.index(name) for name in SLIDERS]
    for hours in steps["agent_minutes"][::-1]:
        for money in steps["budget"][::-1]:
            amounts = read.problem.limits.copy()
            amounts[slots] = hours, money
            pool.close_in(amounts)
            problem = replace(read.problem, limits=amounts)
            option, customer = take_greedily(problem, order_by, read.floors)
            greedy.append((hours, money, float(problem.values[option, customer].sum())))
            if progress is not None:
                progress(len(greedy) / total)
    table = pd.DataFrame(greedy, columns=[*SLIDERS, "value"])
    held = pd.DataFrame({"limit": pd.Series(read.names, dtype="str"), "amount": np.abs(read.problem.limits)})
    return Frontier(*pool.frames(), table.sort_values(list(SLIDERS), ignore_index=True), held)


def _largest(read: Options, column: str) -> float:
    """Return what would be used if everybody got what is worth most to them."""
    best = np.where(np.isfinite(read.problem.values), read.problem.values, -np.inf)
    if not best.size:
        return 0.0
    picked = best.argmax(axis=0)
    amounts = read.matrix(column)[picked, np.arange(best.shape[1])]
    return float(np.nansum(np.where(best.max(axis=0) > 0, amounts, 0.0)))


def _grid_of(most: float, now: float | None, n: int) -> Floats:
    """Return amounts from 0 to the most, closer where there is little, with the one in force."""
    steps = most * np.linspace(0.0, 1.0, n) ** 2
    return np.unique(np.append(steps, [now] if now is not None else []))


class _Pool:
    """Allocations that were found, each at its prices."""

    def __init__(self, read: Options) -> None:
        self.read = read
        self.problem, types = gather(read.problem)
        # Those who are alike use the same: one of each type stands for all.
        _, first = np.unique(types, return_index=True)
        self.minutes, self.cost = (read.matrix(name)[:, first] for name in ("minutes", "cost"))
        self.values: list[float] = []
        self.uses: list[Floats] = []
        self.prices: list[Floats] = []
        self.picks: list[Ints] = []
        self.try_prices(np.zeros(len(read.names)))

    def try_prices(self, prices: Floats) -> None:
        _, value, used, picks = dual_value(self.problem, prices)
        self.values.append(value)
        self.uses.append(used)
        self.prices.append(prices)
        self.picks.append(picks)

    def close_in(self, limits: Floats) -> None:
        """Add allocations until the best mix is close to the bound."""
        for _ in range(ROUNDS):
            values, uses = np.array(self.values), np.array(self.uses)
            found = mix(values, uses, limits)
            if found is None:
                if not self._towards_floors(limits):
                    return
                continue
            shares, prices = found
            value = float(values @ shares)
            planes = values + ((limits - uses) * np.array(self.prices)).sum(axis=1)
            bound = float(planes.min())
            if bound - value <= CLOSE * max(abs(bound), 1e-9):
                return
            self.try_prices(prices)

    def _towards_floors(self, limits: Floats) -> bool:
        """Pay for floors so dearly that allocations keep them; say whether that found anything new."""
        dear = 10.0 * max(float(np.abs(self.values).max()), 1.0)
        n = sum(1 for prices in self.prices if (prices >= dear / 1e3).any())
        if n >= 6:
            return False
        prices = np.where(limits < 0, dear / 10.0**n, 0.0)
        self.try_prices(prices)
        return True

    def frames(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return points and parts."""
        names = self.read.names
        points = pd.DataFrame({_VALUE: self.values})
        for k, name in enumerate(names):
            points[f"{_USE}{name}"] = np.array(self.uses)[:, k]
            points[f"{_PRICE}{name}"] = np.array(self.prices)[:, k]
        pairs = self.read.table[["strategy_id", "channel"]].drop_duplicates()
        pairs = pairs.sort_values(["strategy_id", "channel"], ignore_index=True)
        parts = [self._part(number, picks, pairs) for number, picks in enumerate(self.picks)]
        return points, pd.concat(parts, ignore_index=True)

    def _part(self, number: int, picks: Ints, pairs: pd.DataFrame) -> pd.DataFrame:
        option, customer = pairs_of(picks)
        n = self.problem.weights[customer].astype("float64")
        found = pairs.copy()
        found.insert(0, "point", number)
        figures = {
            "customers": np.ones(len(option)),
            "minutes": self.minutes[option, customer],
            "cost": self.cost[option, customer],
            "value": self.problem.values[option, customer],
        }
        for name, each in figures.items():
            found[name] = np.bincount(option, weights=each * n, minlength=len(pairs))
        return found[found["customers"] > 0]
