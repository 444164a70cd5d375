"""What lists are worth: by strategy, in all, and with fewer places on them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.criteria import response_interval
from workbench.tables import SCORES, STRATEGIES, TARGETS

VALUED = (
    "strategy_id",
    "n",
    "n_control",
    "contacts",
    "response",
    "expected_value",
    "expected_value_low",
    "expected_value_high",
    "cost",
    "minutes",
)


def price_targets(targets: pd.DataFrame, scores: pd.DataFrame, strategies: pd.DataFrame) -> pd.DataFrame:
    """Return the customers of lists in the order in which capacity takes them, each with a price.

    Parameters
    ----------
    targets : pandas.DataFrame
        Table TARGETS.
    scores : pandas.DataFrame
        Table SCORES that the lists were cut from.
    strategies : pandas.DataFrame
        Table STRATEGIES.

    Returns
    -------
    pandas.DataFrame
        The targets, best score first as `select_targets` fills a capacity, with
        ``propensity``, ``channel``, ``value`` (of one response, CNY), ``cost`` (of one
        contact, CNY) and ``minutes`` (of one contact).

    Raises
    ------
    ParameterProblem
        If a listed customer has no score for the strategy.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "balance_total": [10.0, 30.0]})
    >>> membership = customers.assign(cluster=0, segment="All")
    >>> from workbench.strategy import score_customers, select_targets, suggest_strategies
    >>> cards = suggest_strategies(customers, membership, starts_on="2026-10-12")
    >>> scores = score_customers(customers, membership, cards)
    >>> lists = select_targets(scores, cards, customers, membership)
    >>> price_targets(lists.targets, scores, cards)["customer_id"].tolist()
    ['2', '1']
    """
    TARGETS.check(targets)
    SCORES.check(scores)
    STRATEGIES.check(strategies)
    named = {"value_per_response": "value", "cost_per_contact": "cost", "minutes_per_contact": "minutes"}
    cards = strategies.reindex(columns=["strategy_id", "channel", *named]).rename(columns=named)
    chances = scores[["customer_id", "strategy_id", "propensity"]]
    priced = targets.merge(chances, on=["customer_id", "strategy_id"], how="left")
    priced = priced.merge(cards, on="strategy_id", how="left")
    unknown = priced["propensity"].isna() | priced["cost"].isna()
    if unknown.any():
        strategy = str(priced.loc[unknown, "strategy_id"].iloc[0])
        raise ParameterProblem("strategy_room.error.not_scored", n=int(unknown.sum()), strategy=strategy)
    order = ["score", "customer_id", "strategy_id"]
    return priced.sort_values(order, ascending=[False, True, True], kind="stable", ignore_index=True)


def value_lists(priced: pd.DataFrame, *, evidence: int | Mapping[str, int] = 100) -> pd.DataFrame:
    """Return what each list promises: only who is contacted brings value and costs.

    Parameters
    ----------
    priced : pandas.DataFrame
        From `price_targets`; its first rows are the lists at a smaller capacity.
    evidence : int or mapping of str to int, default=100
        How many observed customers a response rate is worth, see `build_criteria`; by
        strategy_id where models differ (others count 100).

    Returns
    -------
    pandas.DataFrame
        One row a strategy: ``strategy_id``, ``n``, ``n_control``, ``contacts`` (not held
        back), ``response`` (their mean propensity), ``expected_value`` with
        ``expected_value_low`` and ``expected_value_high`` (80% interval), ``cost`` (CNY),
        ``minutes`` (missing where a strategy's are not known).

    Examples
    --------
    >>> priced = pd.DataFrame({"strategy_id": ["S1"] * 4, "arm": ["treatment"] * 3 + ["control"],
    ...     "propensity": [0.5, 0.25, 0.0, 0.9], "value": 100.0, "cost": 1.0, "minutes": 5.0})
    >>> value_lists(priced)[["n", "contacts", "expected_value", "cost"]].values.tolist()
    [[4.0, 3.0, 72.0, 3.0]]
    """
    rows = []
    for strategy_id, listed in priced.groupby("strategy_id", sort=True):
        treated = listed.loc[listed["arm"].eq("treatment").to_numpy()]
        known = evidence if isinstance(evidence, int) else evidence.get(str(strategy_id), 100)
        response = float(treated["propensity"].mean()) if len(treated) else float("nan")
        low, high = response_interval(response, len(treated), known)
        costs = float(treated["cost"].sum())
        value = float(treated["value"].iloc[0]) if len(treated) else float("nan")
        worth = [
            len(treated) * rate * value - costs if len(treated) else 0.0 for rate in (response, low, high)
        ]
        minutes = (
            float(treated["minutes"].sum(min_count=1)) if treated["minutes"].notna().all() else float("nan")
        )
        rows.append(
            (
                strategy_id,
                len(listed),
                len(listed) - len(treated),
                len(treated),
                response,
                *worth,
                costs,
                minutes,
            )
        )
    return pd.DataFrame(rows, columns=list(VALUED)).astype({"strategy_id": "str"})


def total_value(valued: pd.DataFrame) -> dict[str, float]:
    """Return the sum of several strategies' values, with an 80% interval.

    The strategies' response rates are taken as independent, so the distances from the
    sum to its two ends are the roots of the summed squares of the strategies' distances.

    Parameters
    ----------
    valued : pandas.DataFrame
        ``expected_value``, ``expected_value_low``, ``expected_value_high``, from
        `value_lists` or `build_criteria`.

    Returns
    -------
    dict of str to float
        ``expected_value``, ``expected_value_low``, ``expected_value_high``.

    Examples
    --------
    >>> valued = pd.DataFrame({"expected_value": [10.0, 20.0], "expected_value_low": [7.0, 16.0],
    ...                        "expected_value_high": [13.0, 24.0]})
    >>> total_value(valued)
    {'expected_value': 30.0, 'expected_value_low': 25.0, 'expected_value_high': 35.0}
    """
    middle = valued["expected_value"].to_numpy(dtype="float64")
    total = float(middle.sum())
    found = {"expected_value": total}
    for end, sign in (("low", -1.0), ("high", 1.0)):
        away = np.nan_to_num(valued[f"expected_value_{end}"].to_numpy(dtype="float64") - middle)
        found[f"expected_value_{end}"] = total + sign * float(np.sqrt((away**2).sum()))
    return found


def trace_capacity(priced: pd.DataFrame, *, points: int = 60) -> pd.DataFrame:
    """Return what the lists are worth with fewer places on them, filled by score.

    Parameters
    ----------
    priced : pandas.DataFrame
        From `price_targets`.
    points : int, default=60
        At how many capacities, evenly spread from 0 to all.

    Returns
    -------
    pandas.DataFrame
        ``capacity`` (customers, control included), ``expected_value`` and ``cost`` (CNY) of
        those of them who are contacted.

    Examples
    --------
    >>> priced = pd.DataFrame({"arm": ["treatment", "control", "treatment"], "propensity": 0.5,
    ...                        "value": 100.0, "cost": 10.0})
    >>> trace_capacity(priced)[["capacity", "expected_value"]].values.tolist()
    [[0.0, 0.0], [1.0, 40.0], [2.0, 40.0], [3.0, 80.0]]
    """
    treated = priced["arm"].eq("treatment").to_numpy(dtype="float64")
    cost = priced["cost"].to_numpy(dtype="float64") * treated
    worth = (priced["propensity"] * priced["value"]).to_numpy(dtype="float64") * treated - cost
    at = np.unique(np.linspace(0, len(priced), min(points, len(priced)) + 1).round().astype("int64"))
    return pd.DataFrame(
        {
            "capacity": at,
            "expected_value": np.concatenate([[0.0], worth.cumsum()])[at],
            "cost": np.concatenate([[0.0], cost.cumsum()])[at],
        }
    )


def summarise_map(cells: pd.DataFrame) -> dict[str, float]:
    """Return how much of the strategy map is looked after.

    Parameters
    ----------
    cells : pandas.DataFrame
        From `build_strategy_map`.

    Returns
    -------
    dict of str to float
        ``share_covered``: of all balances (of customers where the bank has no balances),
        in cells with a strategy; ``n_gaps``, ``balance_gaps``: valuable cells without one;
        ``n_clashes``: cells with strategies that clash.

    Examples
    --------
    >>> cells = pd.DataFrame({"n": [1, 1], "balance": [30.0, 10.0], "strategy_ids": ["", "S1"],
    ...                       "flag": ["no_strategy", ""]})
    >>> summarise_map(cells)
    {'share_covered': 0.25, 'n_gaps': 1, 'balance_gaps': 30.0, 'n_clashes': 0}
    """
    worth = cells["balance"] if cells["balance"].notna().any() else cells["n"].astype("float64")
    total = float(worth.sum())
    gaps = cells["flag"].eq("no_strategy")
    return {
        "share_covered": float(worth[cells["strategy_ids"].ne("")].sum()) / total if total else float("nan"),
        "n_gaps": int(gaps.sum()),
        "balance_gaps": float(cells.loc[gaps, "balance"].sum(min_count=1)),
        "n_clashes": int(cells["flag"].eq("clash").sum()),
    }
