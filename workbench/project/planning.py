"""Strategies, plan and lists as the walk decides them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.cards import card_rows

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.project.segmentation import Segmentation

START_DAYS = 8
"""Days from the snapshot to the first contact."""
CONTROL_SHARE = 0.2
LIST_SIZE = 2_000
"""Most customers on one strategy's list."""
FEWEST_LISTED = 150
"""A strategy with fewer customers on its list is not launched; 1% of them in a small bank."""
_FEWEST_RESPONSES = 60
_CONTACT = ("customer_id", "contacted_at", "channel")


def save_cards(
    project: Project,
    customers: pd.DataFrame,
    segmentation: Segmentation,
    control_share: float,
    days: int,
) -> pd.DataFrame:
    """Keep the cycle's cards, and draft some for the segments that have none."""
    from workbench.strategy import suggest_strategies

    cards = project.strategy.cards()
    day = project.need_cycle().snapshot_date
    assert day is not None
    drafts = suggest_strategies(
        customers,
        segmentation.membership,
        starts_on=day + dt.timedelta(days=START_DAYS),
        days=days,
        control_share=control_share,
    )
    if cards.empty:
        project.strategy.save(drafts)
        return project.strategy.cards()
    new = drafts[~drafts["segment"].isin(set(cards["segment"])) & ~_stopped(project, drafts)].copy()
    if len(new):
        numbers = cards["strategy_id"].str.extract(r"(\d+)$")[0].astype("float64")
        last = int(numbers.max()) if numbers.notna().any() else len(cards)
        new["strategy_id"] = [f"S{last + n}" for n in range(1, len(new) + 1)]
        project.strategy.save(pd.DataFrame([*card_rows(cards), *card_rows(new)]).pipe(_typed_like, cards))
    return project.strategy.cards()


def _stopped(project: Project, drafts: pd.DataFrame) -> pd.Series:
    """Say which drafts are what the cycle before did and a review ended."""
    before = project.cycle.opened_from
    if not before:
        return pd.Series(False, index=drafts.index)
    names = ["segment", "offer", "channel"]
    done = set(project.at(before).strategy.cards()[names].itertuples(index=False, name=None))
    return pd.Series([row in done for row in drafts[names].itertuples(index=False, name=None)], drafts.index)


def _typed_like(frame: pd.DataFrame, cards: pd.DataFrame) -> pd.DataFrame:
    shared = {name: dtype for name, dtype in cards.dtypes.items() if name in frame.columns}
    return frame.astype(shared)


def fit_propensities(project: Project, customers: pd.DataFrame, cards: pd.DataFrame) -> dict[str, Any]:
    """Learn who responds, for the strategies whose offer past campaigns tell of.

    Parameters
    ----------
    project : Project
        With an imported campaign history; without one, nothing is learned.
    customers : pandas.DataFrame
        The portrait.
    cards : pandas.DataFrame
        Strategy cards.

    Returns
    -------
    dict of str to Propensity
        By strategy_id; strategies without enough past contacts are left out.
    """
    from workbench.strategy import Propensity

    if "campaign_history" not in project.imports.sources():
        return {}
    history = project.table("campaign_history")
    day = project.need_cycle().snapshot_date
    if "contacted_at" in history:
        history = history[~(history["contacted_at"] > pd.Timestamp(str(day)))]
    after_contact = tuple(name.partition(".")[2] for name in project.imports.after_contact())
    fitted: dict[str, Any] = {}
    by_offer: dict[str, Any] = {}
    for card in cards.to_dict("records"):
        offer = card["offer"]
        if offer not in by_offer:
            known = history[history["offer"].eq(offer)] if "offer" in history else history
            by_offer[offer] = None
            if int(known["responded"].fillna(False).sum()) >= _FEWEST_RESPONSES:
                by_offer[offer] = _useful(Propensity(after_contact=after_contact), customers, history, offer)
        if by_offer[offer] is not None:
            fitted[str(card["strategy_id"])] = by_offer[offer]
    return fitted


def _useful(model: Any, customers: pd.DataFrame, history: pd.DataFrame, offer: str) -> Any:
    """Return the fitted model where it tells customers apart; else the planned rate is as good."""
    try:
        fitted = model.fit(customers, history, offer=offer)
    except ParameterProblem:
        return None
    return fitted if fitted.is_useful_ else None


def approve_plan(
    project: Project,
    customers: pd.DataFrame,
    segmentation: Segmentation,
    cards: pd.DataFrame,
    models: Mapping[str, Any],
) -> pd.DataFrame:
    """Approve the plan at the default weights, and return every customer's scores."""
    from workbench.strategy import DEFAULT_WEIGHTS, build_criteria, score_customers

    members = segmentation.membership
    criteria = build_criteria(cards, customers, members, dict(models) or None)
    scores = score_customers(customers, members, cards, dict(models) or None, DEFAULT_WEIGHTS)
    project.strategy.save_scores(scores, DEFAULT_WEIGHTS, criteria, dict(models) or None)
    return scores


def launch_lists(
    project: Project,
    customers: pd.DataFrame,
    segmentation: Segmentation,
    cards: pd.DataFrame,
    scores: pd.DataFrame,
    list_size: int,
    random_state: int,
) -> None:
    """Cut the lists and launch them or ask for it, leaving out those too small to show anything."""
    from workbench.project.cutting import Cutter

    # What a review extended or cut gets that much more or less of its channel's places.
    factor = cards["capacity_factor"].fillna(1.0) if "capacity_factor" in cards else 1.0
    places = (cards.assign(places=list_size * factor)).groupby("channel")["places"].sum()
    capacity = {str(channel): round(n) for channel, n in places.items()}
    cutter = Cutter(project, scores, cards, segmentation.membership, customers)

    def cut(launched: pd.DataFrame) -> Any:
        return cutter(launched, capacity, random_state=random_state)

    selection = cut(cards)
    listed = selection.targets["strategy_id"].value_counts()
    fewest = min(FEWEST_LISTED, len(customers) // 100, int(listed.max()) if len(listed) else 0)
    # A handful of customers can't show whether a strategy works; they go to another list.
    large = cards[cards["strategy_id"].map(listed).fillna(0) >= fewest]
    if len(large) < len(cards):
        selection = cut(large)
    project.strategy.submit(selection)


def contacts_so_far(project: Project) -> pd.DataFrame | None:
    """Return who was contacted when: in past campaigns, and in the cycle before; None where nobody was."""
    frames = []
    if "campaign_history" in project.imports.sources():
        history = project.table("campaign_history")
        # A bank's own history may not say by which channel.
        frames.append(history[[name for name in _CONTACT if name in history]])
    before = project.cycle.opened_from
    if before:
        frames.append(project.at(before).execution.contacts()[list(_CONTACT)])
    return pd.concat(frames, ignore_index=True) if frames else None
