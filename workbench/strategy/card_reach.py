"""Whom a card is for: segment, stages, tiers, conditions of eligibility, and consent."""

from __future__ import annotations

import pandas as pd

from workbench.strategy.conditions import meets, read_conditions
from workbench.strategy.reach import in_stages, join_segments, may_contact, stages_of
from workbench.tables import STRATEGIES


def reach_of(
    customers: pd.DataFrame,
    membership: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    strict: bool = True,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the customers with segment and stage, and for each whether a strategy reaches them.

    A card reaches who is in its segment, stages and tiers, meets its conditions of
    eligibility and may be contacted.

    Parameters
    ----------
    customers : pandas.DataFrame
        Table PORTRAIT, one row a customer.
    membership : pandas.DataFrame
        Table MEMBERSHIP.
    strategies : pandas.DataFrame
        Table STRATEGIES; may be empty.
    strict : bool, default=True
        Whether a condition on a column that the customers lack is refused; else it is
        passed over.

    Returns
    -------
    joined : pandas.DataFrame
        The customers that have a segment, with ``segment`` and ``lifecycle_stage``.
    reach : pandas.DataFrame of bool
        A column a strategy, the rows of `joined`.

    Raises
    ------
    ParameterProblem
        If nobody has a segment, or a card asks for a column that the customers lack.

    Examples
    --------
    >>> from workbench.strategy import suggest_strategies
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "age": [66.0, 70.0], "consent": [True, False]})
    >>> membership = customers[["customer_id"]].assign(cluster=0, segment="All")
    >>> cards = suggest_strategies(customers, membership, starts_on="2026-10-12").assign(eligibility="")
    >>> reach_of(customers, membership, cards)[1]["S1"].tolist()
    [True, False]
    """
    STRATEGIES.check(strategies)
    joined = join_segments(customers, membership)
    joined["lifecycle_stage"] = stages_of(joined)
    allowed = may_contact(joined).to_numpy(dtype=bool)
    reach = {}
    for card in strategies.to_dict("records"):
        mask = allowed & joined["segment"].eq(card["segment"]).to_numpy()
        mask &= in_stages(joined["lifecycle_stage"], card["lifecycle_stages"]).to_numpy()
        tiers = split_words(card.get("tier"))
        if tiers and "tier" in joined:
            mask &= joined["tier"].isin(tiers).to_numpy()
        conditions = [
            each
            for each in read_conditions(card.get("eligibility"))
            if strict or each.column in joined.columns
        ]
        if conditions:
            mask &= meets(joined, conditions).to_numpy(dtype=bool)
        reach[str(card["strategy_id"])] = mask
    return joined, pd.DataFrame(reach, index=joined.index)


def split_words(words: object) -> tuple[str, ...]:
    """Return the parts of a card's comma-separated text, Chinese commas too.

    Examples
    --------
    >>> split_words("value，strategic, "), split_words(None)
    (('value', 'strategic'), ())
    """
    if not isinstance(words, str):
        return ()
    return tuple(part.strip() for part in words.replace("，", ",").split(",") if part.strip())
