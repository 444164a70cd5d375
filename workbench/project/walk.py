"""Walk a cycle unattended, with default decisions: what a careful analyst would click."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.demo import answer, walk_sample
from workbench.project.strategy import card_rows

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.project.insight import Segmentation

Progress = Callable[[float, str], None]

START_DAYS = 8
"""Days from the snapshot to the first contact."""
LIST_SIZE = 2_000
"""Most customers on one strategy's list."""
_FEWEST_RESPONSES = 60
# Share of the whole walk that is done when a phase begins, as measured on the sample bank.
_PHASES = {
    "project.phase.portrait": 0.0,
    "project.phase.features": 0.10,
    "project.phase.compare": 0.15,
    "project.phase.segment": 0.50,
    "project.phase.embedding": 0.55,
    "project.phase.strategy": 0.85,
    "project.phase.lists": 0.90,
    "project.phase.outcomes": 0.93,
    "project.phase.review": 0.97,
    "project.phase.done": 1.0,
}


def walk(
    project: Project,
    bank_folder: str | os.PathLike[str] | None = None,
    *,
    k: int | None = None,
    k_range: Iterable[int] = range(2, 11),
    embedding: str | None = "umap",
    sample_size: int = 3_000,
    list_size: int = LIST_SIZE,
    control_share: float = 0.2,
    days: int = 60,
    random_state: int = 0,
    accept: bool = False,
    progress: Progress | None = None,
) -> Project:
    """Walk one cycle unattended with default decisions.

    Portrait, features, number of segments, segmentation with suggested labels, strategies
    (those carried over, and drafts where a segment has none), scores at the default
    weights, lists with a control group. On the sample bank the customers then answer,
    and the cycle is evaluated up to open recommendations. A new project is filled from
    the sample bank with two cycles, see `walk_sample`.

    Parameters
    ----------
    project : Project
        A handle on the cycle to walk. Where nothing was imported yet, its inbox is.
    bank_folder : path, optional
        The sample bank that the files came from, whose customers can be asked. Without
        it the walk ends with the launched lists.
    k : int, optional
        Number of segments; by default the recommended one. Where the cycle was opened
        from another, that one's segments are kept and customers assigned to them.
    k_range : iterable of int, default=range(2, 11)
        Numbers of segments to compare.
    embedding : {"umap", "pca"} or None, default="umap"
        How the map of customers is drawn; None draws none.
    sample_size : int, default=3_000
        Customers on the map, and in the comparison's costly indices.
    list_size : int, default=2_000
        Most customers on one strategy's list.
    control_share : float, default=0.2
        Share of a drafted strategy's list that is held back.
    days : int, default=60
        Length of a drafted strategy.
    random_state : int, default=0
        Seed of everything random.
    accept : bool, default=False
        Whether to accept what is recommended, which opens the next cycle.
    progress : callable, optional
        Called with the share done and the key of the phase's name.

    Returns
    -------
    Project
        A handle on the cycle that was walked last.

    Raises
    ------
    NotFound
        If nothing was imported, and the inbox holds nothing.
    """
    settings: dict[str, Any] = {
        "k": k,
        "k_range": k_range,
        "embedding": embedding,
        "sample_size": sample_size,
        "list_size": list_size,
        "control_share": control_share,
        "days": days,
        "random_state": random_state,
        "progress": progress,
    }
    if not project.cycle.cycle_id and bank_folder is not None:
        return walk_sample(project, bank_folder, **settings)
    tell = _Teller(progress)
    tell("project.phase.portrait")
    if not project.cycle.cycle_id:
        project.import_files(progress=tell.within)
    customers = project.customers()
    segmentation = _segment(project, customers, k, k_range, embedding, sample_size, random_state, tell)
    tell("project.phase.strategy")
    cards = _save_cards(project, customers, segmentation, control_share, days)
    models = fit_propensities(project, customers, cards, random_state)
    scores = _plan(project, customers, segmentation, cards, models)
    tell("project.phase.lists")
    _launch(project, customers, segmentation, cards, scores, list_size, random_state)
    if bank_folder is not None:
        tell("project.phase.outcomes")
        answer(project, bank_folder, random_state)
        tell("project.phase.review")
        project.review.evaluate()
        project.review.recommend()
        if accept:
            _accept(project)
    tell("project.phase.done")
    return project


class _Teller:
    """Turn phases, and the share done within one, into the share of the whole."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self.phase = "project.phase.portrait"

    def __call__(self, phase: str) -> None:
        self.phase = phase
        self.within(0.0)

    def within(self, share: float, _phase: str = "") -> None:
        """Tell how much of the running phase is done."""
        if self.progress is None:
            return
        starts = list(_PHASES.values())
        begin = _PHASES[self.phase]
        end = next((s for s in starts if s > begin), 1.0)
        self.progress(begin + share * (end - begin), self.phase)


# Insight -------------------------------------------------------------------------


def _segment(
    project: Project,
    customers: pd.DataFrame,
    k: int | None,
    k_range: Iterable[int],
    embedding: str | None,
    sample_size: int,
    random_state: int,
    tell: _Teller,
) -> Segmentation:
    from workbench.insight import Segmenter, build_features, compare_k, embed, recommend_k

    tell("project.phase.features")
    features = build_features(customers)
    tell("project.phase.compare")
    comparison = compare_k(
        features,
        k_range,
        random_state=random_state,
        sample_size=sample_size,
        n_bootstrap=10,
        n_references=5,
        progress=tell.within,
    )
    tell("project.phase.segment")
    kept = _segments_before(project, features)
    if kept is not None:
        segmenter, labels = kept
    else:
        labels = None
        chosen = k or recommend_k(comparison).k
        segmenter = Segmenter(n_clusters=chosen, random_state=random_state).fit(features)
    tell("project.phase.embedding")
    picture = None
    if embedding is not None:
        picture = embed(
            features,
            method=embedding,
            sample_size=sample_size,
            random_state=random_state,
            progress=tell.within,
        )
    return project.insight.approve(
        segmenter, features, labels=labels, comparison=comparison, embedding=picture
    )


def _segments_before(project: Project, features: pd.DataFrame) -> tuple[Any, dict[int, Any]] | None:
    """Return the earlier cycle's segmenter and labels, so that segments keep their meaning."""
    from workbench.insight import Segmenter

    before = project.cycle.opened_from
    artefact = project.store.artefacts.latest("segmentation", before) if before else None
    if artefact is None:
        return None
    segmentation = project.insight.segmentation(artefact.version)
    if not set(segmentation.model["features"]) <= set(features.columns):
        return None
    rows = segmentation.segments.drop(columns=["slot", "n"]).set_index("cluster")
    labels = {int(str(cluster)): dict(row) for cluster, row in rows.iterrows()}
    segmenter = Segmenter.from_json(_json(segmentation.model))
    # A segment that nobody is in any more can't be approved under its label.
    present = set(np.unique(segmenter.predict(features)))
    return segmenter, {cluster: row for cluster, row in labels.items() if cluster in present}


def _json(value: Any) -> str:
    from workbench.store.artefacts import canonical_json

    return canonical_json(value)


# Strategy ------------------------------------------------------------------------


def _save_cards(
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
    served = set(cards["segment"])
    new = drafts[~drafts["segment"].isin(served)].copy()
    if len(new):
        numbers = cards["strategy_id"].str.extract(r"(\d+)$")[0].astype("float64")
        last = int(numbers.max()) if numbers.notna().any() else len(cards)
        new["strategy_id"] = [f"S{last + n}" for n in range(1, len(new) + 1)]
        project.strategy.save(pd.DataFrame([*card_rows(cards), *card_rows(new)]).pipe(_typed_like, cards))
    return project.strategy.cards()


def _typed_like(frame: pd.DataFrame, cards: pd.DataFrame) -> pd.DataFrame:
    shared = {name: dtype for name, dtype in cards.dtypes.items() if name in frame.columns}
    return frame.astype(shared)


def fit_propensities(
    project: Project, customers: pd.DataFrame, cards: pd.DataFrame, random_state: int = 0
) -> dict[str, Any]:
    """Learn who responds, for the strategies whose offer past campaigns tell of.

    Parameters
    ----------
    project : Project
        With an imported campaign history; without one, nothing is learned.
    customers : pandas.DataFrame
        The portrait.
    cards : pandas.DataFrame
        Strategy cards.
    random_state : int, default=0
        Seed.

    Returns
    -------
    dict of str to Propensity
        By strategy_id; strategies without enough past contacts are left out.
    """
    from workbench.strategy import Propensity

    del random_state
    if "campaign_history" not in project.imports.sources():
        return {}
    history = project.table("campaign_history")
    day = project.need_cycle().snapshot_date
    if "contacted_at" in history:
        history = history[~(history["contacted_at"] > pd.Timestamp(str(day)))]
    exclude = tuple(name.partition(".")[2] for name in project.imports.after_contact())
    fitted: dict[str, Any] = {}
    by_offer: dict[str, Any] = {}
    for card in cards.to_dict("records"):
        offer = card["offer"]
        if offer not in by_offer:
            known = history[history["offer"].eq(offer)] if "offer" in history else history
            by_offer[offer] = None
            if int(known["responded"].fillna(False).sum()) >= _FEWEST_RESPONSES:
                try:
                    by_offer[offer] = Propensity().fit(customers, history, offer=offer, exclude=exclude)
                except ParameterProblem:
                    # Too little was learned: the planned response is the better guess.
                    by_offer[offer] = None
        if by_offer[offer] is not None:
            fitted[str(card["strategy_id"])] = by_offer[offer]
    return fitted


def _plan(
    project: Project,
    customers: pd.DataFrame,
    segmentation: Segmentation,
    cards: pd.DataFrame,
    models: Mapping[str, Any],
) -> pd.DataFrame:
    from workbench.strategy import DEFAULT_WEIGHTS, build_criteria, score_customers

    members = segmentation.membership
    criteria = build_criteria(cards, customers, members, dict(models) or None)
    scores = score_customers(customers, members, cards, dict(models) or None, DEFAULT_WEIGHTS)
    project.strategy.save_scores(scores, DEFAULT_WEIGHTS, criteria, dict(models) or None)
    return scores


def _launch(
    project: Project,
    customers: pd.DataFrame,
    segmentation: Segmentation,
    cards: pd.DataFrame,
    scores: pd.DataFrame,
    list_size: int,
    random_state: int,
) -> None:
    from workbench.strategy import select_targets

    channels = cards.groupby("channel")["strategy_id"].count() * list_size
    selection = select_targets(
        scores,
        cards,
        customers,
        segmentation.membership,
        capacity={str(channel): int(n) for channel, n in channels.items()},
        random_state=random_state,
        contacts=_contacts_so_far(project),
    )
    project.strategy.launch(selection)


def _contacts_so_far(project: Project) -> pd.DataFrame | None:
    frames = []
    if "campaign_history" in project.imports.sources():
        frames.append(project.table("campaign_history", ["customer_id", "contacted_at"]))
    before = project.cycle.opened_from
    if before:
        frames.append(project.at(before).execution.contacts()[["customer_id", "contacted_at"]])
    return pd.concat(frames, ignore_index=True) if frames else None


def _accept(project: Project) -> None:
    """Accept what is recommended; the next cycle opens with the changes."""
    for row in project.review.recommendations().to_dict("records"):
        if row["status"] == "open":
            project.review.accept(row["recommendation_id"])
