"""What each strategy promises: the figures that are weighed against each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.propensity import Propensity
from workbench.strategy.reach import in_stages, join_segments, may_contact, stages_of
from workbench.tables import STRATEGIES

Responses = Mapping[str, "pd.Series | Propensity"]


def build_criteria(
    strategies: pd.DataFrame,
    customers: pd.DataFrame,
    membership: pd.DataFrame,
    propensity: Responses | None = None,
    *,
    evidence: int = 100,
) -> pd.DataFrame:
    """Return what each strategy promises, before any list is cut.

    Counted are the customers of the strategy's segment and stages that may be contacted;
    of them, the share that is not held back as control is contacted.

    Parameters
    ----------
    strategies : pandas.DataFrame
        Table STRATEGIES.
    customers : pandas.DataFrame
        Table PORTRAIT, one row a customer.
    membership : pandas.DataFrame
        Table MEMBERSHIP.
    propensity : mapping of str to pandas.Series or Propensity, optional
        Response probabilities by strategy_id: a series by customer_id or a fitted model.
        A strategy without one uses its planned ``expected_response`` for everyone.
    evidence : int, default=100
        How many observed customers a planned response rate or a series is worth. A
        fitted model is worth the customers that it was validated on.

    Returns
    -------
    pandas.DataFrame
        One row a strategy, in the order given:

        - ``strategy_id``, ``name``, ``segment``
        - ``n``: customers in reach; ``contacts``: of them not held back
        - ``response``: mean probability of a response, 0 to 1
        - ``expected_value``: contacts × (response × value − cost), CNY
        - ``expected_value_low``, ``expected_value_high``: 80% interval, CNY
        - ``balances``: sum of ``balance_total`` in reach, CNY
        - ``satisfaction``: their mean survey score, 0 to 10; customers who never answered
          are left out, missing where nobody answered
        - ``cost``: contacts × cost, CNY

    Raises
    ------
    ParameterProblem
        If a strategy has neither propensity nor planned response.

    Notes
    -----
    The interval takes the response rate as Beta(p·m, (1−p)·m), m being the evidence, and
    the responses of n contacts as binomial around it. Their share then has the variance
    p(1−p)/n · (1 + (n−1)/(m+1)) (beta-binomial); the interval is the 10% and 90% point of
    the beta distribution with that mean and variance. It holds chance and a rate that is
    not well known; it does not hold a market that changes.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "balance_total": [10.0, 30.0]})
    >>> membership = pd.DataFrame(
    ...     {"customer_id": ["1", "2"], "cluster": [0, 0], "segment": ["All"] * 2})
    >>> from workbench.strategy import suggest_strategies
    >>> cards = suggest_strategies(customers, membership, starts_on="2026-10-12")
    >>> build_criteria(cards, customers, membership)[["n", "balances"]].values.tolist()
    [[2.0, 40.0]]
    """
    STRATEGIES.check(strategies)
    joined = join_segments(customers, membership)
    joined = joined.loc[may_contact(joined).to_numpy()]
    stages = stages_of(joined)
    rows = []
    for card in strategies.to_dict("records"):
        reached = joined["segment"].eq(card["segment"]) & in_stages(stages, card["lifecycle_stages"])
        mine = joined.loc[reached.to_numpy()]
        source = (propensity or {}).get(card["strategy_id"])
        chance = response_chance(card["strategy_id"], card["expected_response"], mine, source)
        known = source.n_validation_ if isinstance(source, Propensity) else evidence
        rows.append(_promise(card, mine, float(chance.mean()) if len(chance) else float("nan"), known))
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "strategy_id",
    "name",
    "segment",
    "n",
    "contacts",
    "response",
    "expected_value",
    "expected_value_low",
    "expected_value_high",
    "balances",
    "satisfaction",
    "cost",
)


def response_chance(
    strategy_id: str, planned: float, customers: pd.DataFrame, source: pd.Series | Propensity | None
) -> npt.NDArray[np.float64]:
    """Return each customer's probability of a response to a strategy.

    A customer that a series does not know gets the planned response, and where nothing
    was planned the mean of the series.

    Raises
    ------
    ParameterProblem
        If there is neither, or a probability lies outside 0 to 1.
    """
    if source is None:
        if pd.isna(planned):
            raise ParameterProblem("strategy_room.error.no_response", strategy=strategy_id)
        return np.full(len(customers), float(planned))
    series = source.predict(customers) if isinstance(source, Propensity) else source
    fallback = float(series.mean()) if pd.isna(planned) else float(planned)
    known = np.array(series.reindex(customers["customer_id"]), dtype="float64")
    chance: npt.NDArray[np.float64] = np.where(np.isnan(known), fallback, known)
    if len(chance) and not ((chance >= 0) & (chance <= 1)).all():
        raise ParameterProblem("strategy_room.error.probability", strategy=strategy_id)
    return chance


def _promise(card: dict, mine: pd.DataFrame, response: float, evidence: int) -> dict[str, object]:
    contacts = len(mine) * (1.0 - card["control_share"])
    low, high = response_interval(response, contacts, evidence)
    value, cost = card["value_per_response"], card["cost_per_contact"]
    balances = mine["balance_total"].sum() if "balance_total" in mine.columns else float("nan")
    satisfaction = mine["satisfaction"].mean() if "satisfaction" in mine.columns else float("nan")

    def worth(rate: float) -> float:
        return contacts * (rate * value - cost) if contacts else 0.0

    return {
        "strategy_id": card["strategy_id"],
        "name": card["name"],
        "segment": card["segment"],
        "n": len(mine),
        "contacts": contacts,
        "response": response,
        "expected_value": worth(response),
        "expected_value_low": worth(low),
        "expected_value_high": worth(high),
        "balances": float(balances),
        "satisfaction": float(satisfaction),
        "cost": contacts * cost,
    }


def response_interval(
    response: float, contacts: float, evidence: float, confidence: float = 0.8
) -> tuple[float, float]:
    """Return between which shares of the contacts will respond.

    Parameters
    ----------
    response : float
        Expected rate, 0 to 1.
    contacts : float
        Customers contacted.
    evidence : float
        Customers that the rate was learned from.
    confidence : float, default=0.8
        Probability that the interval holds the share.

    Returns
    -------
    low, high : float
        Shares; missing without contacts.

    Examples
    --------
    >>> low, high = response_interval(0.1, contacts=1000, evidence=200)
    >>> round(low, 3), round(high, 3)
    (0.071, 0.131)
    """
    from scipy.special import betaincinv

    if contacts <= 0 or response != response:
        return float("nan"), float("nan")
    if response in (0.0, 1.0):
        return response, response
    n = max(contacts, 1.0)
    variance = response * (1 - response) / n * (1 + (n - 1) / (evidence + 1))
    strength = max(response * (1 - response) / variance - 1, 1e-6)
    a, b = response * strength, (1 - response) * strength
    tail = (1 - confidence) / 2
    return float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1 - tail))
