"""The rules of lifecycle stage and tier, as the thresholds of ``lifecycle.toml`` give them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

DAYS_A_MONTH = 30.4375


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
        For each kind of customer where value and strategic begin, CNY.
    """

    acquisition_months: float
    honeymoon_months: float
    lost_balance: float
    lost_days: int
    dormant_days: int
    decline_change: float
    growth_change: float
    debts: tuple[str, ...]
    tiers: dict[str, tuple[float, float]]


@cache
def packaged_rules() -> Rules:
    """Return the thresholds that come with the workbench.

    Examples
    --------
    >>> packaged_rules().dormant_days
    180
    """
    text = resources.files("workbench.customers").joinpath("lifecycle.toml").read_text(encoding="utf-8")
    given: dict[str, Any] = tomllib.loads(text)
    tiers = {kind: (limits["value"], limits["strategic"]) for kind, limits in given.pop("tier").items()}
    return Rules(**{**given, "debts": tuple(given["debts"])}, tiers=tiers)


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
    """Return the tier as an Ibis expression; missing without a balance.

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
