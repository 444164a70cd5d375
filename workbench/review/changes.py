"""What differs between the strategies of two cycles, and what each difference comes from."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from workbench.review.campaign import check_columns
from workbench.review.next_cycle import apply_recommendations, compare_strategies

CALENDAR = ("starts_on", "ends_on")
"""Fields of a strategy that move with the calendar from cycle to cycle."""
_EQUAL = 1e-9
ORIGINS = ("accepted", "overridden", "undone", "added", "removed", "edited", "calendar")
"""Where a difference can come from; see `explain_changes`."""


def explain_changes(before: pd.DataFrame, after: pd.DataFrame, recommendations: pd.DataFrame) -> pd.DataFrame:
    """List what differs between two cycles' strategies, and what each difference comes from.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Tables `STRATEGIES` of the earlier and the later cycle.
    recommendations : pandas.DataFrame
        The earlier cycle's recommendations, with recommendation_id and status; accepted
        ones are laid on the earlier strategies by `apply_recommendations`, one by one.

    Returns
    -------
    pandas.DataFrame
        Columns of `compare_strategies` (strategy_id, field, before, after), and
        recommendation_id (empty where none speaks of the field), action, origin:

        - ``accepted``: exactly what an accepted recommendation says.
        - ``overridden``: a recommendation speaks of this field, and something else stands
          there now.
        - ``undone``: an accepted change that is not in the later cycle; before = after.
        - ``calendar``: first and last day moved on.
        - ``added``, ``removed``: a strategy that somebody added or took out.
        - ``edited``: a field that somebody changed.

        The second cycle differs by exactly what was accepted where nothing but
        ``accepted`` and ``calendar`` is listed.

    Raises
    ------
    TableProblem
        If a table of strategies does not fit.
    ParameterProblem
        If the recommendations lack a column.

    Examples
    --------
    >>> from workbench.tables import RECOMMENDATIONS, STRATEGIES
    >>> none = RECOMMENDATIONS.empty().assign(recommendation_id="", status="")
    >>> explain_changes(STRATEGIES.empty(), STRATEGIES.empty(), none).columns.tolist()[-3:]
    ['recommendation_id', 'action', 'origin']
    """
    check_columns(
        recommendations, ["recommendation_id", "strategy_id", "action", "change", "evidence", "status"]
    )
    found = compare_strategies(before, after)
    said: dict[tuple[str, str], tuple[Any, str, str]] = {}
    # A script waits as a draft until somebody confirms it, and may stay one.
    waiting: dict[str, tuple[Any, str, str]] = {}
    accepted = recommendations[
        recommendations["status"].eq("accepted") & recommendations["strategy_id"].isin(before["strategy_id"])
    ]
    for position in range(len(accepted)):
        alone = accepted.iloc[[position]]
        name, action = alone["recommendation_id"].iloc[0], alone["action"].iloc[0]
        about = (str(name), str(action))
        for row in compare_strategies(before, apply_recommendations(before, alone)).itertuples():
            said[str(row.strategy_id), str(row.field)] = (row.after, *about)
        script = json.loads(alone["change"].iloc[0]).get("script")
        if script:
            waiting[str(alone["strategy_id"].iloc[0])] = (script, *about)
    rows: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in found.to_dict("records")]
    confirmed = {
        row["strategy_id"]
        for row in rows
        if row["field"] == "script" and row["after"] == waiting.get(row["strategy_id"], (None,))[0]
    }
    for line in rows:
        if line["strategy_id"] in confirmed and line["field"] in ("script", "script_version"):
            said[line["strategy_id"], line["field"]] = (line["after"], *waiting[line["strategy_id"]][1:])
    told = [
        (*said.get((row["strategy_id"], row["field"]), (None, "", ""))[1:], _origin(row, said))
        for row in rows
    ]
    there = {(row["strategy_id"], row["field"]) for row in rows}
    gone = set(found.loc[found["field"].eq("strategy_id") & found["after"].isna(), "strategy_id"])
    standing = before.set_index("strategy_id", drop=False)
    undone = [
        (strategy, field, standing.at[strategy, field] if field in standing else None)
        for strategy, field in said
        if (strategy, field) not in there and strategy not in gone
    ]
    extra = pd.DataFrame(undone, columns=["strategy_id", "field", "before"]).astype("object")
    extra["after"] = extra["before"]
    frame = pd.concat([found.astype("object"), extra], ignore_index=True)
    told += [(*said[strategy, field][1:], "undone") for strategy, field, _ in undone]
    for position, name in enumerate(("recommendation_id", "action", "origin")):
        frame[name] = pd.Series([row[position] for row in told], dtype="str")
    return frame.astype({"strategy_id": "str", "field": "str"})


def _origin(row: dict[str, Any], said: dict[tuple[str, str], tuple[Any, str, str]]) -> str:
    expected = said.get((row["strategy_id"], row["field"]))
    if expected is not None:
        return "accepted" if _same(expected[0], row["after"]) else "overridden"
    if row["field"] == "strategy_id":
        return "added" if _missing(row["before"]) else "removed"
    return "calendar" if row["field"] in CALENDAR else "edited"


def _missing(value: Any) -> bool:
    return value is None or value != value


def _same(one: Any, other: Any) -> bool:
    if _missing(one) or _missing(other):
        return _missing(one) and _missing(other)
    if isinstance(one, float) and isinstance(other, float):
        # A number that went through a file may differ in its last digits.
        return abs(one - other) <= _EQUAL * max(1.0, abs(other))
    return bool(one == other)
