"""Plans of one cycle: what was approved, and the steps from a plan to its lists."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.project.planning import fit_propensities, save_cards

if TYPE_CHECKING:
    from workbench.project.handle import Project

DRAFT_DAYS = 60


@dataclass(frozen=True)
class Plan:
    """An approved plan: how the strategies were weighed.

    Parameters
    ----------
    version : int
        Its number in the project.
    cycle_id : str
        The cycle.
    summary : pandas.DataFrame
        What `score_strategies` returned at the approved weights.
    criteria : pandas.DataFrame
        What `build_criteria` returned.
    weights : dict
        Criterion → weight.
    map : pandas.DataFrame
        What `build_strategy_map` returned.
    note : str
        Why these weights.
    segmentation_version : int or None
        The segmentation it was made from.
    approved_at : datetime.datetime
        UTC.
    approved_by, sha256, artefact_id : str
        Who; the content's hash; where it is stored.
    n : int
        Rows of customer scores kept with it.
    models : dict
        strategy_id → stored propensity model, for `Propensity.from_json`.
    """

    version: int
    cycle_id: str
    summary: pd.DataFrame
    criteria: pd.DataFrame
    weights: dict[str, float]
    map: pd.DataFrame
    note: str
    segmentation_version: int | None
    approved_at: dt.datetime
    approved_by: str
    sha256: str
    artefact_id: str
    n: int
    models: dict[str, Any]


def read_models(plan: Plan, strategies: pd.DataFrame | None = None) -> dict[str, Any]:
    """Return a plan's propensity models by strategy_id, ready to predict.

    Parameters
    ----------
    plan : Plan
        The plan.
    strategies : pandas.DataFrame, optional
        Only models that were learned from these strategies' offers.
    """
    from workbench.strategy import Propensity

    offers = (
        None if strategies is None else dict(zip(strategies["strategy_id"], strategies["offer"], strict=True))
    )
    found: dict[str, Any] = {}
    for strategy_id, stored in plan.models.items():
        offer = stored["figures"]["offer_"]
        if offers is None or (strategy_id in offers and offer in (None, offers[strategy_id])):
            found[strategy_id] = Propensity.from_json(json.dumps(stored))
    return found


def approve(
    project: Project,
    weights: Mapping[str, float] | None,
    note: str,
    control_share: float,
    *,
    learn: bool = False,
) -> Plan:
    """Approve a plan of the cards as they are; see `Strategy.approve`, and `Models.learn`."""
    from workbench.strategy import DEFAULT_WEIGHTS, build_criteria, score_customers

    strategy, customers = project.strategy, project.customers()
    segmentation = project.insight.segmentation()
    before = strategy.plan() if strategy.artefact() is not None else None
    if strategy.cards().empty:
        save_cards(project, customers, segmentation, control_share, DRAFT_DAYS)
    cards = strategy.cards()
    if before is not None and not learn:
        models = read_models(before, cards)
    else:
        models = fit_propensities(project, customers, cards)
    shares = dict(weights or (before.weights if before else DEFAULT_WEIGHTS))
    members = segmentation.membership
    criteria = build_criteria(cards, customers, members, models or None)
    scores = score_customers(customers, members, cards, models or None, shares)
    return strategy.save_scores(scores, shares, criteria, models or None, note)
