"""What an allocation may use: agent time, money, quotas, channels, and the least a strategy gets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench import locale
from workbench.errors import ParameterProblem, TableProblem
from workbench.strategy.allocation.problem import Floats, Ints, Problem

MESSAGE_PREFIXES = ("strategy_capacity.limit.",)
NEEDED = ("customer_id", "strategy_id", "channel", "value", "minutes", "cost")
FIELDS = ("strategy_budget", "quota", "channel_capacity", "minimum")
_SINGLE = ("agent_minutes", "budget")


@dataclass(frozen=True)
class Limits:
    """What an allocation may use. What is not named has no limit.

    Parameters
    ----------
    agent_minutes : float, optional
        Minutes that agents have.
    budget : float, optional
        Money for contacts, CNY.
    strategy_budget : mapping of str to float, optional
        CNY by strategy.
    quota : mapping of str to float, optional
        Most units of a product, by strategy or offer; an option uses its ``units``.
    channel_capacity : mapping of str to float, optional
        Most contacts by channel.
    minimum : mapping of str to float, optional
        Fewest contacts that a strategy must get.

    Raises
    ------
    ParameterProblem
        If a limit is negative or no number.

    Examples
    --------
    >>> limits = Limits(agent_minutes=600, channel_capacity={"sms": 100})
    >>> limits.names()
    ['agent_minutes', 'channel:sms']
    >>> limits.with_limit("budget", 50.0).budget
    50.0
    """

    agent_minutes: float | None = None
    budget: float | None = None
    strategy_budget: Mapping[str, float] = field(default_factory=dict)
    quota: Mapping[str, float] = field(default_factory=dict)
    channel_capacity: Mapping[str, float] = field(default_factory=dict)
    minimum: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, amount in self.amounts().items():
            if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount < math.inf:
                raise ParameterProblem("strategy_capacity.error.limit", limit=label(name), value=amount)

    def amounts(self) -> dict[str, float]:
        """Return every limit by its name: ``agent_minutes``, ``quota:fund_plan`` …."""
        found = {name: getattr(self, name) for name in _SINGLE if getattr(self, name) is not None}
        for each in FIELDS:
            prefix = _PREFIX[each]
            found.update({f"{prefix}:{key}": amount for key, amount in getattr(self, each).items()})
        return found

    def names(self) -> list[str]:
        """Return the limits' names."""
        return list(self.amounts())

    def with_limit(self, name: str, amount: float | None) -> Limits:
        """Return the same with one limit set anew, or taken away.

        Raises
        ------
        ParameterProblem
            If there is no such kind of limit.
        """
        plain = self.to_dict()
        kind, _, key = name.partition(":")
        if kind in _SINGLE:
            plain[kind] = amount
        elif key and kind in _PREFIX.values():
            group = plain[next(each for each in FIELDS if _PREFIX[each] == kind)]
            group.pop(key, None)
            if amount is not None:
                group[key] = amount
        else:
            known = ", ".join([*_SINGLE, *(f"{prefix}:…" for prefix in _PREFIX.values())])
            raise ParameterProblem("strategy_capacity.error.unknown_limit", limit=name, known=known)
        return Limits(**plain)

    def to_dict(self) -> dict[str, Any]:
        """Return the limits as JSON holds them; ``Limits(**stored)`` reads them again."""
        return {
            name: dict(part) if isinstance(part, Mapping) else part for name, part in asdict(self).items()
        }


_PREFIX = {
    "strategy_budget": "budget",
    "quota": "quota",
    "channel_capacity": "channel",
    "minimum": "minimum",
}


def label(name: str, lang: str = "en", of: str | None = None) -> str:
    """Return a limit's name in words; ``of`` names the strategy, offer or channel.

    Examples
    --------
    >>> label("agent_minutes"), label("channel:sms", "zh_CN")
    ('Agent time', '渠道容量：sms')
    """
    kind, _, key = name.partition(":")
    if not key:
        return locale.text(f"strategy_capacity.limit.{kind}", lang)
    return locale.text(f"strategy_capacity.limit.{kind}_of", lang, of=of or key)


@dataclass(frozen=True, eq=False)
class Options:
    """A table of options as arrays, and its names.

    Parameters
    ----------
    problem : Problem
        Of single customers, by customer_id.
    names : list of str
        The limits.
    rows : numpy.ndarray, shape (j, n)
        Which row of the table an option is; −1 for none.
    table : pandas.DataFrame
        The options.
    floors : list of int
        Limits that are floors.
    """

    problem: Problem
    names: list[str]
    rows: Ints
    table: pd.DataFrame
    floors: list[int]

    def matrix(self, column: str) -> Floats:
        """Return a column by option and customer; missing where there is no option."""
        return _matrix(self.rows, self.table[column], np.nan)


def read_options(options: pd.DataFrame, limits: Limits, per_customer: int) -> Options:
    """Return a table of options as arrays.

    Raises
    ------
    TableProblem
        If a column is missing.
    ParameterProblem
        If values or uses are no numbers, an option stands there twice, or a limit names
        what no option is.
    """
    table = check_options(options)
    if isinstance(per_customer, bool) or per_customer < 1 or per_customer != int(per_customer):
        raise ParameterProblem("strategy_capacity.error.per_customer", value=per_customer)
    ids, customer = np.unique(table["customer_id"].to_numpy(dtype="str"), return_inverse=True)
    pairs = table[["strategy_id", "channel"]].drop_duplicates().sort_values(["strategy_id", "channel"])
    index = pd.MultiIndex.from_frame(pairs)
    option = index.get_indexer(pd.MultiIndex.from_frame(table[["strategy_id", "channel"]]))
    rows = np.full((len(pairs), len(ids)), -1, dtype=np.int64)
    rows[option, customer] = np.arange(len(table))
    strategies = pairs["strategy_id"].to_numpy()
    offers = table.groupby("strategy_id")["offer"].first().reindex(strategies).to_numpy()
    channels = pairs["channel"].to_numpy()
    resources, amounts, floors = [], [], []
    ones = np.ones(len(pairs))
    for number, (name, amount) in enumerate(limits.amounts().items()):
        kind, _, key = name.partition(":")
        among = {"": ones > 0, "channel": channels == key, "quota": (strategies == key) | (offers == key)}
        mine = among[""] if not key else among.get(kind, strategies == key)
        if len(table) and not mine.any():
            raise ParameterProblem(
                "strategy_capacity.error.unknown_name",
                limit=label(name),
                known=", ".join(sorted({*channels} if kind == "channel" else {*strategies, *offers} - {""})),
            )
        if kind in ("channel", "minimum"):
            used = ones
        else:
            column = {"agent_minutes": "minutes", "budget": "cost", "quota": "units"}[kind]
            used = _by_option(rows, table[column])
        used = used * (mine if used.ndim == 1 else mine[:, None])
        if kind == "minimum":
            floors.append(number)
        resources.append(-used if kind == "minimum" else used)
        amounts.append(-float(amount) if kind == "minimum" else float(amount))
    problem = Problem(
        values=_matrix(rows, table["value"], -np.inf),
        resources=tuple(resources),
        limits=np.array(amounts, dtype="float64"),
        per_customer=int(per_customer),
        groups=np.unique(strategies, return_inverse=True)[1] if len(pairs) else np.zeros(0, dtype=np.int64),
        weights=np.ones(len(ids), dtype=np.int64),
    )
    return Options(problem, limits.names(), rows, table, floors)


def check_options(options: pd.DataFrame) -> pd.DataFrame:
    """Return the options with what may be left out filled in."""
    missing = [name for name in NEEDED if name not in options.columns]
    if missing:
        raise TableProblem(
            "errors.table.missing_columns",
            table="options",
            columns=", ".join(missing),
            present=", ".join(map(str, options.columns)) or "-",
        )
    table = options.reset_index(drop=True)
    if "offer" not in table:
        table = table.assign(offer="")
    if "units" not in table:
        table = table.assign(units=1.0)
    for name in ("value", "minutes", "cost", "units"):
        numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
        wrong = ~np.isfinite(numbers) | ((numbers < 0) & (name != "value"))
        if wrong.any():
            raise ParameterProblem("strategy_capacity.error.numbers", n=f"{int(wrong.sum()):,}", column=name)
        table[name] = numbers
    twice = table.duplicated(["customer_id", "strategy_id", "channel"])
    if twice.any():
        first = table.loc[twice].iloc[0]
        raise ParameterProblem(
            "strategy_capacity.error.twice",
            n=f"{int(twice.sum()):,}",
            strategy=first["strategy_id"],
            channel=first["channel"],
        )
    return table


def _matrix(rows: Ints, column: pd.Series, missing: float) -> Floats:
    numbers = np.append(column.to_numpy(dtype="float64"), missing)
    found: Floats = numbers[rows]
    return found


def _by_option(rows: Ints, column: pd.Series) -> Floats:
    """Return a column by option where it is the same for all customers, else by customer too."""
    found = _matrix(rows, column, np.nan)
    if not found.size:
        return np.zeros(len(rows))
    low = np.nanmin(np.where(np.isnan(found), np.inf, found), axis=1)
    high = np.nanmax(np.where(np.isnan(found), -np.inf, found), axis=1)
    return low if np.array_equal(low, high) else np.nan_to_num(found)
