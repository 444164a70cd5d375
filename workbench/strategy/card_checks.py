"""What is amiss with strategy cards, apart from the size of their lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import pandas as pd

from workbench.tables import STRATEGIES

PROBLEMS = ("ended", "undated", "no_segment", "no_trigger", "no_budget", "effect", "no_control")
"""In the order in which they are told."""


def check_cards(
    strategies: pd.DataFrame, *, at: dt.date | str, segments: Collection[str] | None = None
) -> pd.DataFrame:
    """List what is amiss with strategy cards.

    Parameters
    ----------
    strategies : pandas.DataFrame
        Table STRATEGIES.
    at : datetime.date or str
        The day as of which it is asked, as a rule the snapshot's.
    segments : collection of str, optional
        The segments that are approved; left out, they are not asked.

    Returns
    -------
    pandas.DataFrame
        strategy_id and problem, one row each, in the order of the cards. The problem is
        ``ended`` (the last day lies before `at`: the offer is out of date), ``undated``
        (no first or last day), ``no_segment`` (its segment is no longer approved),
        ``no_trigger`` (an event without a trigger), ``no_budget`` (the budget does not buy
        one contact), ``effect`` (more uplift hoped for than responses planned) or
        ``no_control`` (nobody is held back, so nothing can be learned).

    Raises
    ------
    TableProblem
        If the cards do not fit.

    Examples
    --------
    >>> from workbench.strategy import draft_card
    >>> card = draft_card("large_inflow", "Affluent", starts_on="2026-10-12") | {"budget": 5.0}
    >>> check_cards(pd.DataFrame([card]), at="2027-01-01", segments=["Savers"])["problem"].tolist()
    ['ended', 'no_segment', 'no_budget']
    """
    STRATEGIES.check(strategies)
    day = pd.Timestamp(at).normalize()
    known = None if segments is None else set(segments)
    rows = [
        (str(card["strategy_id"]), problem)
        for card in strategies.to_dict("records")
        for problem in PROBLEMS
        if _has(problem, card, day, known)
    ]
    return pd.DataFrame(rows, columns=["strategy_id", "problem"]).astype("str")


def _has(problem: str, card: dict[Any, Any], day: pd.Timestamp, segments: set[str] | None) -> bool:
    if problem == "ended":
        return bool(pd.notna(card["ends_on"]) and pd.Timestamp(card["ends_on"]) < day)
    if problem == "undated":
        return bool(pd.isna(card["starts_on"]) or pd.isna(card["ends_on"]))
    if problem == "no_segment":
        return segments is not None and card["segment"] not in segments
    if problem == "no_trigger":
        # Cards of an earlier version have no trigger to name.
        return card["scenario"] == "event" and card.get("trigger") == ""
    if problem == "no_budget":
        budget = card.get("budget")
        return budget is not None and bool(budget < card["cost_per_contact"] or budget == 0)
    if problem == "effect":
        effect = card.get("effect")
        return effect is not None and bool(effect > card["expected_response"])
    return bool(card["control_share"] == 0)
