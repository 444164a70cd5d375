"""Carry what a review decided into the strategies of the next cycle."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.campaign import check_columns
from workbench.tables import STRATEGIES

CAPACITY = "capacity_factor"
CARRIED = ("control_share", "lifecycle_stages", "tier", "channel", "channels", "expected_response")
"""Card fields that an accepted recommendation sets to what it names."""
PRIORS = ("prior_a", "prior_b")
# A rate learned of the responses; recommendations of an earlier version have the bare mean.
_LEARNED = "posterior_mean"


def apply_recommendations(
    strategies: pd.DataFrame,
    recommendations: pd.DataFrame,
    *,
    starts_on: dt.date | str | None = None,
) -> pd.DataFrame:
    """Return the strategies as the next cycle starts with them.

    Parameters
    ----------
    strategies : pandas.DataFrame
        Table `STRATEGIES` of the cycle that was reviewed.
    recommendations : pandas.DataFrame
        Table `RECOMMENDATIONS`: the accepted ones. Where there is a column ``status``,
        rows other than ``accepted`` are left aside.
    starts_on : date, optional
        First day of the next cycle: every strategy's dates move there, its length kept.

    Returns
    -------
    pandas.DataFrame
        Table `STRATEGIES` without the stopped ones. An accepted recommendation sets what it
        names of control share, stages, tiers, channels, and the expected response with its
        prior_a and prior_b, and multiplies the column `capacity_factor` (1 when it is new;
        the target list is to be this much larger). A script is not changed: it waits as a
        draft until somebody confirms it. `compare_strategies` lists what changed.

    Raises
    ------
    TableProblem
        If the strategies do not fit.
    ParameterProblem
        If a recommendation is for a strategy that is not there.

    Examples
    --------
    >>> from workbench.tables import RECOMMENDATIONS, STRATEGIES
    >>> len(apply_recommendations(STRATEGIES.empty(), RECOMMENDATIONS.empty()))
    0
    """
    STRATEGIES.check(strategies)
    check_columns(recommendations, ["strategy_id", "change", "evidence"])
    accepted = recommendations
    if "status" in recommendations.columns:
        accepted = recommendations[recommendations["status"].eq("accepted")]
    unknown = sorted(set(accepted["strategy_id"]) - set(strategies["strategy_id"]))
    if unknown:
        raise ParameterProblem("review_room.error.unknown_strategy", strategies=", ".join(unknown))
    following = strategies.set_index("strategy_id", drop=False)
    following.index.name = None
    stopped = []
    for row in accepted.to_dict("records"):
        strategy_id, change = row["strategy_id"], json.loads(row["change"])
        if change.get("stop"):
            stopped.append(strategy_id)
            continue
        _change(following, strategy_id, change, json.loads(row["evidence"]))
    following = following.drop(index=stopped).reset_index(drop=True)
    if starts_on is not None:
        length = following["ends_on"] - following["starts_on"]
        first = pd.Timestamp(starts_on).as_unit("us")
        following["starts_on"] = pd.Series(first, index=following.index, dtype=strategies["starts_on"].dtype)
        following["ends_on"] = following["starts_on"] + length
    return STRATEGIES.check(following)


def _change(
    following: pd.DataFrame, strategy_id: str, change: dict[str, Any], evidence: dict[str, Any]
) -> None:
    if CAPACITY in change:
        if CAPACITY not in following.columns:
            following[CAPACITY] = 1.0
        before = following[CAPACITY].astype(float).fillna(1.0)
        following.at[strategy_id, CAPACITY] = before[strategy_id] * change[CAPACITY]
    for name in CARRIED:
        if name in change and (name in following.columns or name in STRATEGIES.names):
            if name not in following.columns:
                following[name] = ""
            following.at[strategy_id, name] = change[name]
    if all(name in change for name in PRIORS):
        for name in PRIORS:
            if name not in following.columns:
                following[name] = float("nan")
            following.at[strategy_id, name] = float(change[name])
    elif "expected_response" not in change and "mean" in evidence and _LEARNED not in evidence:
        following.at[strategy_id, "expected_response"] = float(evidence["mean"])


def compare_strategies(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """List what differs between the strategies of two cycles.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Table `STRATEGIES` of the earlier and the later cycle.

    Returns
    -------
    pandas.DataFrame
        strategy_id, field, before, after (the values as they are, missing where there is
        none). A strategy that is gone, or new, is one row with the field ``strategy_id``.

    Raises
    ------
    TableProblem
        If a table does not fit.

    Examples
    --------
    >>> from workbench.tables import STRATEGIES
    >>> compare_strategies(STRATEGIES.empty(), STRATEGIES.empty()).columns.tolist()
    ['strategy_id', 'field', 'before', 'after']
    """
    STRATEGIES.check(before)
    STRATEGIES.check(after)
    old = {row["strategy_id"]: row for row in before.to_dict("records")}
    new = {row["strategy_id"]: row for row in after.to_dict("records")}
    fields = [*before.columns, *(name for name in after.columns if name not in before.columns)]
    rows: list[tuple[str, str, Any, Any]] = []
    for strategy_id in [*old, *(name for name in new if name not in old)]:
        if strategy_id not in new:
            rows.append((strategy_id, "strategy_id", strategy_id, None))
        elif strategy_id not in old:
            rows.append((strategy_id, "strategy_id", None, strategy_id))
        else:
            for name in fields:
                was, now = old[strategy_id].get(name), new[strategy_id].get(name)
                was = 1.0 if name == CAPACITY and was is None else was
                if not (was == now or (pd.isna(was) and pd.isna(now))):
                    rows.append((strategy_id, name, was, now))
    frame = pd.DataFrame(rows, columns=["strategy_id", "field", "before", "after"])
    return frame.astype({"strategy_id": "str", "field": "str", "before": "object", "after": "object"})
