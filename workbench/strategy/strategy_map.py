"""The map lifecycle stage by segment: what each cell is worth and who looks after it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.card_reach import reach_of, split_words
from workbench.strategy.reach import UNKNOWN_STAGE, join_segments, split_stages, stages_of
from workbench.tables import LIFECYCLE_STAGES, SCORES, STRATEGIES


def build_strategy_map(
    customers: pd.DataFrame,
    membership: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    valuable_share: float = 0.8,
    scores: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what each cell of segment by lifecycle stage is worth, and its strategies.

    Parameters
    ----------
    customers : pandas.DataFrame
        Table PORTRAIT, one row a customer. Without ``lifecycle_stage`` every customer
        stands in the stage ``"unknown"``; without balances customers are counted instead.
    membership : pandas.DataFrame
        Table MEMBERSHIP.
    strategies : pandas.DataFrame
        Table STRATEGIES; may be empty.
    valuable_share : float, default=0.8
        The largest cells that together hold this share of all balances are valuable: they
        are taken from the largest down until the share is reached.
    scores : pandas.DataFrame, optional
        Table SCORES of the plan; with them cells have a value.

    Returns
    -------
    pandas.DataFrame
        One row a cell, also for cells without customers; segments in the order of their
        clusters, stages in the order of the lifecycle:

        - ``segment``, ``lifecycle_stage``, ``n``
        - ``balance``: sum of ``balance_total``, CNY; missing without balances
        - ``strategy_ids``: comma-separated, empty for none
        - ``flag``: ``"no_strategy"`` for a valuable cell without one, ``"clash"`` where two
          strategies for the same tiers use the same channel on overlapping dates, else empty
        - ``clashing_ids``: the strategies that clash, comma-separated
        - ``value``: what the cell's strategies are expected to bring, CNY; see the notes.
          Missing without scores, and where none of its customers has one

    Raises
    ------
    ParameterProblem
        If nobody has a segment, a strategy names an unknown stage or `valuable_share` is
        outside 0 to 1.

    Notes
    -----
    A customer can be on one list only, so each who is in reach (segment, stages, tiers and
    eligibility, as far as the customers have the columns) and may be contacted counts
    once: with the strategy that has the best expected value for them, times the share
    that it does not hold back as control.

    Examples
    --------
    >>> from workbench.tables import STRATEGIES
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "balance_total": [900.0, 100.0],
    ...                           "lifecycle_stage": ["mature", "growth"]})
    >>> membership = pd.DataFrame(
    ...     {"customer_id": ["1", "2"], "cluster": [0, 0], "segment": ["All"] * 2})
    >>> cells = build_strategy_map(customers, membership, STRATEGIES.empty())
    >>> cells.loc[cells["n"] > 0, ["lifecycle_stage", "balance", "flag"]].values.tolist()
    [['growth', 100.0, ''], ['mature', 900.0, 'no_strategy']]
    """
    if not 0 <= valuable_share <= 1:
        raise ParameterProblem("strategy_room.error.share", name="valuable_share", share=valuable_share)
    STRATEGIES.check(strategies)
    joined = join_segments(customers, membership)
    joined = joined.assign(lifecycle_stage=stages_of(joined))
    cells = _count_cells(joined)
    cards = [_card(row) for row in strategies.to_dict("records")]
    worth = cells["balance"] if cells["balance"].notna().any() else cells["n"].astype("float64")
    valuable = _largest(worth.fillna(0.0).clip(lower=0), valuable_share) & cells["n"].gt(0)
    rows = [
        _cell_strategies(segment, stage, is_valuable, cards)
        for segment, stage, is_valuable in zip(
            cells["segment"], cells["lifecycle_stage"], valuable, strict=True
        )
    ]
    found = pd.DataFrame(rows, columns=["strategy_ids", "flag", "clashing_ids"], index=cells.index)
    cells = cells.join(found.astype("str"))
    if scores is None:
        return cells.assign(value=float("nan"))
    return cells.merge(
        _value_cells(customers, membership, strategies, scores), on=["segment", "lifecycle_stage"], how="left"
    )


def _value_cells(
    customers: pd.DataFrame, membership: pd.DataFrame, strategies: pd.DataFrame, scores: pd.DataFrame
) -> pd.DataFrame:
    SCORES.check(scores)
    keys = ["segment", "lifecycle_stage"]
    joined, reach = reach_of(customers, membership, strategies, strict=False)
    by_strategy = dict(iter(scores.groupby("strategy_id", sort=False)))
    parts = [joined.iloc[:0][["customer_id", *keys]].assign(value=0.0)]
    for card in strategies.to_dict("records"):
        mine = joined.loc[reach[str(card["strategy_id"])].to_numpy(), ["customer_id", *keys]]
        if card["strategy_id"] in by_strategy:
            worth = by_strategy[card["strategy_id"]][["customer_id", "expected_value"]]
            found = mine.merge(worth, on="customer_id")
            value = found["expected_value"] * (1.0 - float(card["control_share"]))
            parts.append(found[["customer_id", *keys]].assign(value=value))
    best = pd.concat(parts, ignore_index=True).groupby(["customer_id", *keys], sort=False)["value"].max()
    return best.groupby(level=keys, sort=False).sum().reset_index()


def _count_cells(joined: pd.DataFrame) -> pd.DataFrame:
    if "balance_total" not in joined.columns:
        joined["balance_total"] = float("nan")
    order = joined.groupby("segment")["cluster"].min().sort_values(kind="stable").index
    stages: tuple[str, ...] = LIFECYCLE_STAGES
    strange = joined["lifecycle_stage"].eq(UNKNOWN_STAGE)
    if strange.all():
        stages = (UNKNOWN_STAGE,)
    elif strange.any():
        stages = (*stages, UNKNOWN_STAGE)
    grouped = joined.groupby(["segment", "lifecycle_stage"])
    counted = pd.DataFrame(
        {"n": grouped.size(), "balance": grouped["balance_total"].sum(min_count=1)}
    ).reindex(pd.MultiIndex.from_product([order, stages], names=["segment", "lifecycle_stage"]))
    counted["n"] = counted["n"].fillna(0).astype("int64")
    if joined["balance_total"].notna().any():
        counted["balance"] = counted["balance"].fillna(0.0)
    return counted.reset_index()


def _largest(worth: pd.Series, share: float) -> pd.Series:
    """Say which cells are the fewest that hold the share of the total together."""
    ordered = worth.sort_values(ascending=False, kind="stable")
    before = ordered.cumsum() - ordered
    held = (before < share * worth.sum()) & (ordered > 0)
    return held.reindex(worth.index)


def _card(row: dict[Any, Any]) -> dict[str, Any]:
    return {**row, "stages": split_stages(row["lifecycle_stages"])}


def _cell_strategies(
    segment: str, stage: str, is_valuable: bool, cards: list[dict[str, Any]]
) -> tuple[str, str, str]:
    here = [c for c in cards if c["segment"] == segment and (not c["stages"] or stage in c["stages"])]
    clashing = {c["strategy_id"] for pair in combinations(here, 2) if clash(*pair) for c in pair}
    flag = "clash" if clashing else "no_strategy" if is_valuable and not here else ""
    ids = [c["strategy_id"] for c in here]
    return ",".join(ids), flag, ",".join(i for i in ids if i in clashing)


def clash(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say whether two strategies for the same customers use one channel at one time.

    A date that is missing leaves that side open.
    """
    if one["channel"] != other["channel"]:
        return False
    if not share_tiers(one.get("tier"), other.get("tier")):
        return False
    return _begins(one) <= _ends(other) and _begins(other) <= _ends(one)


def shared_days(one: dict[str, Any], other: dict[str, Any]) -> tuple[Any, Any]:
    """Return the first and the last day that two strategies have in common; NaT is open."""
    starts = [pd.Timestamp(day) for day in (one["starts_on"], other["starts_on"]) if not pd.isna(day)]
    ends = [pd.Timestamp(day) for day in (one["ends_on"], other["ends_on"]) if not pd.isna(day)]
    return max(starts, default=pd.NaT), min(ends, default=pd.NaT)


def share_tiers(one: object, other: object) -> bool:
    """Say whether two cards' comma-separated tiers have one in common; empty is all.

    Examples
    --------
    >>> share_tiers("value, strategic", "strategic"), share_tiers("basic", "value"), share_tiers("", "value")
    (True, False, True)
    """
    mine, theirs = split_words(one), split_words(other)
    return not mine or not theirs or bool(set(mine) & set(theirs))


def _begins(card: dict[str, Any]) -> pd.Timestamp:
    return pd.Timestamp.min if pd.isna(card["starts_on"]) else pd.Timestamp(card["starts_on"])


def _ends(card: dict[str, Any]) -> pd.Timestamp:
    return pd.Timestamp.max if pd.isna(card["ends_on"]) else pd.Timestamp(card["ends_on"])
