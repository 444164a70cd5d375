"""The rules of lifecycle stage and tier, as the thresholds of ``lifecycle.toml`` give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

DAYS_A_MONTH = 30.4375
OTHER = "other"
"""The product whose margin stands for those that have none of their own."""
Limits = tuple[float, float]


@dataclass(frozen=True)
class ValueMatrix:
    """Contribution × potential of one kind of customer.

    Parameters
    ----------
    contribution, potential : (float, float)
        Where the middle and the high band begin, CNY a year.
    tiers : tuple of tuple of str
        Rows: low, middle and high contribution; columns: the same of potential.
    """

    contribution: Limits
    potential: Limits
    tiers: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Rules:
    """Thresholds; see ``lifecycle.toml`` for what each means.

    Parameters
    ----------
    acquisition_months, honeymoon_months : float
        Limits of tenure.
    lost_balance : float
        CNY.
    lost_days, dormant_days : int
        Days without activity.
    decline_change, growth_change : float
        Relative change of the balance in three months.
    debts : tuple of str
        Products that are owed to the bank.
    tiers : dict of str to (float, float)
        For each kind of customer where value and strategic begin by balance, CNY.
    values : dict of str to ValueMatrix
        For each kind of customer the tiers by contribution × potential.
    margins : dict of str to float
        Contribution of one CNY of a product's balance in a year; ``other`` for the rest.
    fees : dict of str to float
        Contribution of one CNY moved by a type of transaction.
    quantile : float
        Of the peers' balances, for the potential.
    smallest : int
        Fewest peers.
    age_bands, tenure_bands : tuple of float
        Where bands of peers begin, years and months.
    product_share : float
        Share of peers that hold a product from which it is missing to who has it not.
    text : str
        The TOML text that these are from.
    """

    acquisition_months: float
    honeymoon_months: float
    lost_balance: float
    lost_days: float
    dormant_days: float
    decline_change: float
    growth_change: float
    debts: tuple[str, ...]
    tiers: Mapping[str, Limits]
    values: Mapping[str, ValueMatrix]
    margins: Mapping[str, float]
    fees: Mapping[str, float]
    quantile: float
    smallest: int
    age_bands: tuple[float, ...]
    tenure_bands: tuple[float, ...]
    product_share: float
    text: str = field(default="", repr=False, compare=False)

    def margin(self, product: str) -> float:
        """Return a product's contribution of one CNY in a year.

        Examples
        --------
        >>> packaged_rules().margin("fund"), packaged_rules().margin("gold")
        (0.008, 0.01)
        """
        return self.margins.get(product, self.margins[OTHER])

    @property
    def basis(self) -> tuple[Any, ...]:
        """What is computed from the bank's tables by; the rest only sorts the results."""
        peers = (self.quantile, self.smallest, self.age_bands, self.tenure_bands, self.product_share)
        return (self.debts, dict(self.margins), dict(self.fees), *peers)


@cache
def packaged_rules() -> Rules:
    """Return the thresholds that come with the workbench.

    Examples
    --------
    >>> packaged_rules().dormant_days
    180
    """
    from workbench.customers.rules_text import parse_whole

    return parse_whole(packaged_rules_text(), "lifecycle.toml")


def packaged_rules_text() -> str:
    """Return the text of the rules that come with the workbench."""
    return resources.files("workbench.customers").joinpath("lifecycle.toml").read_text(encoding="utf-8")


def lifecycle_stage(
    tenure: Any, balance: Any, change: Any, idle_days: Any, rules: Rules | None = None
) -> Any | None:
    """Return the stage as an Ibis expression, or None where there is nothing to base it on.

    Parameters
    ----------
    tenure : ibis value or None
        Months since the first relationship.
    balance : ibis value or None
        Assets with the bank, CNY.
    change : ibis value or None
        Relative change of them over three months.
    idle_days : ibis value or None
        Days since the customer did anything.
    rules : Rules or None, default=None
        None takes the packaged ones.

    Returns
    -------
    ibis string value or None
        Missing where no rule can say.
    """
    import ibis

    if tenure is None and balance is None and change is None and idle_days is None:
        return None
    rules = rules or packaged_rules()
    branches: list[tuple[Any, str]] = []
    if tenure is not None:
        branches.append((tenure < rules.acquisition_months, "acquisition"))
        branches.append((tenure <= rules.honeymoon_months, "honeymoon"))
    if idle_days is not None:
        if balance is not None:
            gone = (balance <= rules.lost_balance) & (idle_days >= rules.lost_days)
            branches.append((gone, "lost"))
        branches.append((idle_days >= rules.dormant_days, "dormant"))
    if change is not None:
        branches.append((change <= rules.decline_change, "decline"))
        branches.append((change >= rules.growth_change, "growth"))
        branches.append((change.notnull(), "mature"))
    elif idle_days is not None:
        # Active, and no history of balances to say more.
        branches.append((idle_days.notnull(), "mature"))
    if not branches:
        return None
    return ibis.cases(*branches, else_=ibis.null("string"))


def tier(kind: Any, balance: Any, rules: Rules | None = None) -> Any:
    """Return the tier by balance as an Ibis expression; missing without a balance.

    Parameters
    ----------
    kind : ibis string value
        retail or corporate.
    balance : ibis value
        Assets with the bank, CNY.
    rules : Rules or None, default=None
        None takes the packaged ones.

    Returns
    -------
    ibis string value
    """
    import ibis

    rules = rules or packaged_rules()
    branches: list[tuple[Any, str]] = []
    for name, (value, strategic) in rules.tiers.items():
        branches.append(((kind == name) & (balance >= strategic), "strategic"))
        branches.append(((kind == name) & (balance >= value), "value"))
    branches.append((balance.notnull(), "basic"))
    return ibis.cases(*branches, else_=ibis.null("string"))


def value_tier(kind: Any, contribution: Any, potential: Any, rules: Rules | None = None) -> Any:
    """Return the tier by contribution × potential as an Ibis expression; missing without both.

    Parameters
    ----------
    kind : ibis string value
        retail or corporate.
    contribution, potential : ibis value
        CNY a year.
    rules : Rules or None, default=None
        None takes the packaged ones.

    Returns
    -------
    ibis string value
    """
    import ibis

    rules = rules or packaged_rules()

    def by_kind(value_of: Callable[[ValueMatrix], Any]) -> Any:
        branches = [(kind == name, value_of(matrix)) for name, matrix in rules.values.items()]
        return ibis.cases(*branches, else_=None)

    def band(value: Any, axis: str) -> Any:
        low = by_kind(lambda matrix: getattr(matrix, axis)[0])
        high = by_kind(lambda matrix: getattr(matrix, axis)[1])
        return ibis.cases((value >= high, 2), (value >= low, 1), (value.notnull(), 0), else_=None)

    square = by_kind(lambda matrix: ibis.array([word for row in matrix.tiers for word in row]))
    return square[band(contribution, "contribution") * 3 + band(potential, "potential")]
