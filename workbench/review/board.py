"""A cycle in six figures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special

from workbench.errors import ParameterProblem
from workbench.review.campaign import check_columns
from workbench.review.means import check_alpha

KPIS = ("value_won", "return_on_cost", "responded", "contacted_share", "cost", "strategies_proven")
VERDICTS = ("works", "harms", "open")


def summarise_kpis(
    evaluation: pd.DataFrame,
    *,
    plan: Mapping[str, float] | None = None,
    previous: pd.DataFrame | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Sum a cycle up in six figures.

    Parameters
    ----------
    evaluation : pandas.DataFrame
        What `evaluate_strategies` returned, not broken down.
    plan : mapping of str to float, optional
        Planned figures by kpi, beside or instead of those that the strategies' cards give.
    previous : pandas.DataFrame, optional
        The same summary of the previous cycle.
    alpha : float, default=0.05
        1 − alpha is the confidence of the interval of value_won.

    Returns
    -------
    pandas.DataFrame
        kpi, value, low, high, plan, previous, in this order of kpi:

        - value_won: sum over strategies of uplift × customers × value per response, CNY;
          its interval adds the strategies' variances (nobody is on two lists). Plan:
          the same with the uplift planned.
        - return_on_cost: value_won / cost; missing where nothing was spent.
        - responded: customers of the treatment arms. Plan: expected_response × customers.
        - contacted_share: of the customers of the treatment arms.
        - cost: tries × cost per contact, CNY. Plan: one contact a customer.
        - strategies_proven: whose uplift is above 0 after Holm.

        Strategies without a contact count in no figure but contacted_share.

    Raises
    ------
    ParameterProblem
        If the evaluation lacks a column or is broken down, or alpha is no probability.

    Examples
    --------
    >>> from workbench.review.strategies import evaluate_strategies
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> kpis = summarise_kpis(evaluate_strategies(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty()))
    >>> kpis.set_index("kpi").loc["contacted_share", "value"]
    np.float64(nan)
    """
    check_alpha(alpha)
    rows = responses(evaluation)
    ran = rows[rows["mean"].notna()]
    figures = dict.fromkeys(KPIS, (np.nan, np.nan, np.nan))
    listed = float(rows["n"].sum())
    if listed:
        figures["contacted_share"] = (float(rows["n_contacted"].sum()) / listed, np.nan, np.nan)
    planned: dict[str, float] = {}
    if len(ran):
        figures |= _sum_up(ran, alpha)
        planned = _plan(ran)
    planned |= dict(plan or {})
    frame = pd.DataFrame([(kpi, *figures[kpi]) for kpi in KPIS], columns=["kpi", "value", "low", "high"])
    frame["plan"] = frame["kpi"].map(planned).astype(float)
    before: Mapping[str, float] = {}
    if previous is not None:
        check_columns(previous, ["kpi", "value"])
        before = dict(zip(previous["kpi"], previous["value"], strict=True))
    frame["previous"] = frame["kpi"].map(before).astype(float)
    return frame


def responses(evaluation: pd.DataFrame) -> pd.DataFrame:
    """Return an evaluation's one row per strategy: the treatment's responses.

    Raises
    ------
    ParameterProblem
        If it lacks a column, or is broken down so that strategies repeat.

    Examples
    --------
    >>> from workbench.review.strategies import evaluate_strategies
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> len(responses(evaluate_strategies(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())))
    0
    """
    check_columns(evaluation, ["strategy_id", "arm", "outcome", "value", "cost", "p_holm", "verdict"])
    rows = evaluation[evaluation["arm"].eq("treatment") & evaluation["outcome"].eq("responded")]
    if rows["strategy_id"].duplicated().any():
        repeated = rows.loc[rows["strategy_id"].duplicated(), "strategy_id"]
        raise ParameterProblem("review_room.error.broken_down", strategies=", ".join(repeated.unique()))
    return rows.reset_index(drop=True)


def _sum_up(ran: pd.DataFrame, alpha: float) -> dict[str, tuple[float, float, float]]:
    won, half, cost = np.nan, np.nan, float(ran["cost"].sum(min_count=1))
    known = ran[ran["value"].notna()]
    if len(known):
        won = float(known["value"].sum())
        errors = known["standard_error"] * known["n"] * known["value_per_response"]
        half = float(special.ndtri(1 - alpha / 2) * np.sqrt(errors.pow(2).sum(min_count=1)))
    figures = {
        "value_won": (won, won - half, won + half),
        "responded": (float(ran["n_responded"].sum()), np.nan, np.nan),
        "cost": (cost, np.nan, np.nan),
        "strategies_proven": (float(ran["verdict"].eq("works").sum()), np.nan, np.nan),
    }
    if cost > 0:
        figures["return_on_cost"] = (won / cost, (won - half) / cost, (won + half) / cost)
    return figures


def _plan(ran: pd.DataFrame) -> dict[str, float]:
    value = float((ran["planned_uplift"] * ran["n"] * ran["value_per_response"]).sum(min_count=1))
    cost = float((ran["cost_per_contact"] * ran["n"]).sum(min_count=1))
    return {
        "value_won": value,
        "return_on_cost": value / cost if cost > 0 else np.nan,
        "responded": float((ran["planned_rate"] * ran["n"]).sum(min_count=1)),
        "cost": cost,
    }


def count_verdicts(evaluation: pd.DataFrame) -> pd.DataFrame:
    """Count the strategies that work, that do harm, and that are open.

    Parameters
    ----------
    evaluation : pandas.DataFrame
        What `evaluate_strategies` returned, not broken down.

    Returns
    -------
    pandas.DataFrame
        verdict, n; all three verdicts, strategies without a contact in none.

    Raises
    ------
    ParameterProblem
        If the evaluation lacks a column or is broken down.

    Examples
    --------
    >>> from workbench.review.strategies import evaluate_strategies
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> nothing = evaluate_strategies(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())
    >>> count_verdicts(nothing)["n"].tolist()
    [0, 0, 0]
    """
    verdicts = responses(evaluation)["verdict"]
    return pd.DataFrame({"verdict": VERDICTS, "n": [int(verdicts.eq(name).sum()) for name in VERDICTS]})
