"""What each strategy of a plan brings to the objective that it serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.card_reach import reach_of
from workbench.strategy.criteria import response_interval
from workbench.strategy.objectives import refuse_objectives, root_of, written
from workbench.tables import SCORES, STRATEGIES

BASES = {
    "responses": "responses",
    "activity": "responses",
    "fee_income": "expected_value",
    "balances": "margin",
    "satisfaction": "card",
}
"""KPI → what a strategy's contribution is read off."""
CONTRIBUTED = (
    "strategy_id",
    "name",
    "segment",
    "objective_id",
    "kpi",
    "unit",
    "basis",
    "n",
    "contacts",
    "contribution",
    "counted",
    "counted_low",
    "counted_high",
    "double_counted",
)


def expected_contributions(
    objectives: pd.DataFrame,
    strategies: pd.DataFrame,
    scores: pd.DataFrame,
    customers: pd.DataFrame,
    membership: pd.DataFrame,
    *,
    margin: float | None = None,
    evidence: int | Mapping[str, int] = 100,
) -> pd.DataFrame:
    """Return what each strategy of a plan brings to the objective that its card names.

    Parameters
    ----------
    objectives : pandas.DataFrame
        Table OBJECTIVES.
    strategies : pandas.DataFrame
        Table STRATEGIES; ``objective_id`` names the leaf that a card serves.
    scores : pandas.DataFrame
        Table SCORES of the plan.
    customers : pandas.DataFrame
        Table PORTRAIT: everybody the targets are about, with the columns that cards ask
        for.
    membership : pandas.DataFrame
        Table MEMBERSHIP.
    margin : float, optional
        What the bank earns in a year on one CNY of balances, CNY; without it nothing can
        be said of balances.
    evidence : int or mapping of str to int, default=100
        How many observed customers a response rate is worth, as in `value_lists`.

    Returns
    -------
    pandas.DataFrame
        One row a strategy, in the order given: ``strategy_id``, ``name``, ``segment``,
        ``objective_id`` (empty where it serves none), ``kpi`` and ``unit`` of the
        objective, ``basis`` (see the notes), ``n`` (customers in reach), ``contacts``
        (of them not held back), ``contribution`` (in the unit; missing where nothing can
        be said), ``counted`` (of it what no other strategy counts), ``counted_low`` and
        ``counted_high`` (80% interval), ``double_counted`` (the rest).

    Raises
    ------
    ParameterProblem
        If the margin is not above 0, the tree can't be added up, nobody has a segment, or
        a card asks for a column that the customers lack.

    Notes
    -----
    For each customer in reach who may be contacted, times the share not held back:

    - responses and activity count the probability of a response (``basis`` responses);
    - fee_income counts the expected value, propensity × value − cost (expected_value);
    - balances count propensity × value ÷ margin: the balances that would earn the value
      of a response at the bank's own margin (margin);
    - satisfaction can't be told from a plan. Counted is the card's own ``kpi_target``,
      points of each contacted customer, as a share of all customers (card).

    All responses count, also those that would have come without a contact: how many a
    contact causes is for the review to say.

    Customers whom two strategies of one tree (one root) both reach count once, with the
    one that brings more for them: a customer can be on one list only.

    Examples
    --------
    >>> tree = pd.DataFrame({"objective_id": ["O1"], "parent_id": [""], "name": ["Income"],
    ...     "kpi": ["fee_income"], "unit": ["CNY_year"], "horizon": ["short"], "baseline": [100.0],
    ...     "target": [200.0], "due_on": pd.to_datetime(["2026-12-31"])})
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "age": [66.0, 70.0]})
    >>> membership = customers[["customer_id"]].assign(cluster=0, segment="All")
    >>> from workbench.strategy import score_customers, suggest_strategies
    >>> cards = suggest_strategies(customers, membership, starts_on="2026-10-12", control_share=0.5)
    >>> cards = cards.assign(objective_id="O1", eligibility="")
    >>> scores = score_customers(customers, membership, cards)
    >>> found = expected_contributions(tree, cards, scores, customers, membership)
    >>> worth = scores["expected_value"].sum() * 0.5
    >>> bool(abs(found["counted"].sum() - worth) < 1e-9), found["basis"].tolist()
    (True, ['expected_value'])
    """
    if margin is not None and not margin > 0:
        raise ParameterProblem("strategy_objectives.error.margin", margin=margin)
    STRATEGIES.check(strategies)
    SCORES.check(scores)
    refuse_objectives(objectives)
    served = {str(row["objective_id"]): row for row in objectives.to_dict("records")}
    roots = {name: root_of(name, served) for name in served}
    joined, reach = reach_of(customers, membership, strategies)
    by_strategy = dict(iter(scores.groupby("strategy_id", sort=False)))
    cards = strategies.to_dict("records")
    parts = []
    for position, card in enumerate(cards):
        objective = served.get(written(card.get("objective_id")))
        mine = by_strategy.get(card["strategy_id"], scores.iloc[:0])
        reached = joined.loc[reach[str(card["strategy_id"])].to_numpy(), "customer_id"]
        mine = mine[mine["customer_id"].isin(reached)]
        kpi = objective["kpi"] if objective is not None else ""
        parts.append(
            pd.DataFrame(
                {
                    "position": position,
                    "root": roots[str(objective["objective_id"])] if objective is not None else "",
                    "customer_id": mine["customer_id"].to_numpy(),
                    "propensity": mine["propensity"].to_numpy(dtype="float64"),
                    "amount": _amounts(mine, card, kpi, margin, len(customers)),
                }
            )
        )
    everyone = pd.concat(parts, ignore_index=True) if parts else _NOBODY
    everyone["counts"] = _best(everyone)
    groups = dict(iter(everyone.groupby("position", sort=False)))
    rows = [
        _strategy_row(card, served.get(written(card.get("objective_id"))), groups.get(position), evidence)
        for position, card in enumerate(cards)
    ]
    return pd.DataFrame(rows, columns=list(CONTRIBUTED)).astype(
        dict.fromkeys(("strategy_id", "name", "segment", "objective_id", "kpi", "unit", "basis"), "str")
    )


_NOBODY = pd.DataFrame(
    {"position": [], "root": [], "customer_id": [], "propensity": [], "amount": []}, dtype="float64"
)


def _amounts(
    mine: pd.DataFrame, card: Mapping[Any, Any], kpi: str, margin: float | None, n_customers: int
) -> np.ndarray:
    """Return what each customer of a strategy brings, in the objective's unit."""
    treated = 1.0 - float(card["control_share"])
    chance = mine["propensity"].to_numpy(dtype="float64") * treated
    if kpi in ("responses", "activity"):
        return chance
    if kpi == "fee_income":
        return mine["expected_value"].to_numpy(dtype="float64") * treated
    if kpi == "balances" and margin is not None:
        return chance * float(card["value_per_response"]) / margin
    if kpi == "satisfaction" and written(card.get("kpi")) == "satisfaction" and n_customers:
        promised = card.get("kpi_target")
        promised = float("nan") if promised is None else float(promised)
        return np.full(len(mine), promised * treated / n_customers)
    return np.full(len(mine), np.nan)


def _best(everyone: pd.DataFrame) -> np.ndarray:
    """Say of each customer and strategy whether it counts: the one that brings most in its tree."""
    known = everyone[everyone["amount"].notna() & everyone["root"].ne("")]
    ordered = known.sort_values(["amount", "position"], ascending=[False, True], kind="stable")
    first = ordered.index[~ordered.duplicated(["root", "customer_id"])]
    return everyone.index.isin(first)


def _strategy_row(
    card: Mapping[Any, Any],
    objective: Mapping[Any, Any] | None,
    mine: pd.DataFrame | None,
    evidence: int | Mapping[str, int],
) -> tuple[Any, ...]:
    n = 0 if mine is None else len(mine)
    contacts = n * (1.0 - float(card["control_share"]))
    named = (card["strategy_id"], card["name"], card["segment"])
    if objective is None:
        return (*named, "", "", "", "", n, contacts, *([float("nan")] * 5))
    kpi = str(objective["kpi"])
    about = (str(objective["objective_id"]), kpi, str(objective["unit"]), BASES[kpi], n, contacts)
    if mine is None or not n:
        return (*named, *about, 0.0, 0.0, 0.0, 0.0, 0.0)
    if mine["amount"].isna().any():
        return (*named, *about, *([float("nan")] * 5))
    total = float(mine["amount"].sum())
    counts = mine[mine["counts"]]
    counted = float(counts["amount"].sum())
    known = evidence if isinstance(evidence, int) else evidence.get(str(card["strategy_id"]), 100)
    low, high = _interval(counts, counted, card, kpi, known)
    return (*named, *about, total, counted, low, high, total - counted)


def _interval(
    counts: pd.DataFrame, counted: float, card: Mapping[Any, Any], kpi: str, evidence: int
) -> tuple[float, float]:
    """Return the 80% interval: amounts are straight lines of the response rate."""
    treated = 1.0 - float(card["control_share"])
    contacts = len(counts) * treated
    rate = float(counts["propensity"].mean()) if len(counts) else 0.0
    if not contacts or not rate or kpi == "satisfaction":
        return counted, counted
    low, high = response_interval(rate, contacts, evidence)
    fixed = -float(card["cost_per_contact"]) * contacts if kpi == "fee_income" else 0.0
    slope = (counted - fixed) / rate
    return fixed + slope * low, fixed + slope * high
