"""What a card was before a recommendation was accepted."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.cards import STAMPS

_EQUAL = 1e-9


def as_before(after: pd.DataFrame, before: pd.DataFrame, row: dict[str, Any], into: str) -> pd.DataFrame:
    """Return the next cycle's cards without what one accepted recommendation changed.

    Parameters
    ----------
    after, before : pandas.DataFrame
        Cards of the next cycle and of the one reviewed.
    row : dict
        The recommendation.
    into : str
        The next cycle, for messages.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ParameterProblem
        If somebody has since changed what the acceptance had set.
    """
    from workbench.review import apply_recommendations, compare_strategies

    strategy_id = str(row["strategy_id"])
    mine = before[before["strategy_id"].eq(strategy_id)].drop(columns=list(STAMPS))
    if mine.empty:
        return after
    accepted = pd.DataFrame([row | {"status": "accepted"}])
    set_then = compare_strategies(mine, apply_recommendations(mine, accepted))
    if set_then["field"].eq("strategy_id").any():
        if after["strategy_id"].eq(strategy_id).any():
            return after
        starts_on = after["starts_on"].min() if len(after) else None
        back = apply_recommendations(mine, accepted.iloc[:0], starts_on=starts_on)
        return pd.concat([after, back], ignore_index=True) if len(after) else back
    cards = after.set_index("strategy_id", drop=False)
    cards.index.name = None
    if strategy_id not in cards.index:
        return after
    edited = []
    for change in set_then.to_dict("records"):
        name = str(change["field"])
        now = cards.at[strategy_id, name] if name in cards else None
        if not same_value(now, change["after"]):
            edited.append(name)
        elif name in cards:
            cards.at[strategy_id, name] = change["before"]
    if edited:
        raise ParameterProblem(
            "review_advice.error.edited", strategy=strategy_id, cycle=into, fields=", ".join(edited)
        )
    return cards.reset_index(drop=True)


def same_value(left: Any, right: Any) -> bool:
    """Say whether two values of a card are one; numbers may differ in their last digits.

    Examples
    --------
    >>> same_value(0.1 + 0.2, 0.3), same_value("app", "phone"), same_value(float("nan"), float("nan"))
    (True, False, True)
    """
    if isinstance(left, float) and isinstance(right, float):
        return abs(left - right) <= _EQUAL * max(1.0, abs(right)) or (left != left and right != right)
    return bool(left == right)
