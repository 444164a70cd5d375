"""Walk a cycle unattended, with default decisions: what a careful analyst would click."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.project.demo import answer, approve_lists, walk_sample
from workbench.project.demo_exchange import play_exchange
from workbench.project.demo_feedback import play_feedback
from workbench.project.demo_pipeline import play_pipeline
from workbench.project.demo_referrals import play_referrals
from workbench.project.demo_room import play_sample_room
from workbench.project.demo_scripts import play_scripts
from workbench.project.demo_supply import play_supply
from workbench.project.hypotheses import write_sample_hypotheses
from workbench.project.planning import (
    CONTROL_SHARE,
    LIST_SIZE,
    approve_plan,
    fit_propensities,
    launch_lists,
    save_cards,
)
from workbench.project.rule_segments import start_rules
from workbench.project.ties import find_companies, search_identities

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.project.segmentation import Segmentation

Progress = Callable[[float, str], None]

# Share of the whole walk that is done when a phase begins, as measured on the sample bank.
_PHASES = {
    "project.phase.portrait": 0.0,
    "project.phase.ties": 0.09,
    "project.phase.features": 0.10,
    "project.phase.compare": 0.15,
    "project.phase.segment": 0.50,
    "project.phase.embedding": 0.55,
    "insight_value.phase.fit": 0.82,
    "project.phase.strategy": 0.85,
    "project.phase.lists": 0.90,
    "project.phase.outcomes": 0.93,
    "project.phase.review": 0.97,
    "project.phase.done": 1.0,
}


DAYS = 60
# Customers that the costly indices of the comparison are computed on: so few that a
# hundred draws of each clustering take seconds.
_COMPARED = 2_000


def walk(
    project: Project,
    bank_folder: str | os.PathLike[str] | None = None,
    *,
    k: int | None = None,
    k_range: Iterable[int] = range(2, 11),
    embedding: str | None = "umap",
    sample_size: int = 3_000,
    list_size: int = LIST_SIZE,
    control_share: float | None = None,
    days: int | None = None,
    random_state: int = 0,
    accept: bool = False,
    progress: Progress | None = None,
) -> Project:
    """Walk one cycle unattended with default decisions.

    Portrait, features, number of segments, segmentation with suggested labels, strategies
    (those carried over, and drafts where a segment has none), scores at the default
    weights, lists with a control group; where they are so large that a second person has
    to approve them, the walk asks for it and ends there. On the sample bank that approval
    is recorded under the name of nobody, `workbench.project.demo.APPROVER`; there the
    customers then answer, and the cycle is evaluated up to open recommendations. A new
    project is filled from the sample bank with two cycles, see `walk_sample`.

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
    control_share : float, optional
        Share of a drafted strategy's list that is held back; by default 0.2, and 0.25
        where the sample bank fills a new project.
    days : int, optional
        Length of a drafted strategy; by default 60, and 40 where the sample bank fills a
        new project.
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
    from threadpoolctl import threadpool_limits

    if not project.cycle.cycle_id and bank_folder is not None:
        return walk_sample(project, bank_folder, **settings)
    tell = _Teller(progress)
    tell("project.phase.portrait")
    if not project.cycle.cycle_id:
        project.import_files(progress=tell.within)
    search_identities(project)
    customers = project.customers()
    tell("project.phase.ties")
    find_companies(project)
    # One thread: the same figures on every machine, and no fight over a busy one's cores.
    with threadpool_limits(limits=1):
        segmentation = _segment(project, customers, k, k_range, embedding, sample_size, random_state, tell)
        start_rules(project)
    tell("insight_value.phase.fit")
    project.insight.value.fill()
    tell("project.phase.strategy")
    share = CONTROL_SHARE if control_share is None else control_share
    save_cards(project, customers, segmentation, share, days or DAYS)
    cards = project.strategy.objectives.fill()
    models = fit_propensities(project, customers, cards)
    scores = approve_plan(project, customers, segmentation, cards, models)
    project.strategy.capacity.fill()
    tell("project.phase.lists")
    launch_lists(project, customers, segmentation, cards, scores, list_size, random_state)
    if bank_folder is not None:
        approve_lists(project)
        write_sample_hypotheses(project)
        if project.cycle.opened_from:
            play_sample_room(project)
        tell("project.phase.outcomes")
        answer(project, bank_folder, random_state)
        if project.cycle.opened_from:
            play_supply(project)
            play_referrals(project)
            play_pipeline(project)
            play_feedback(project)
            play_scripts(project)
            play_exchange(project)
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
    from workbench.insight import (
        Segmenter,
        build_features,
        compare_k,
        embed,
        prepare_features,
        recommend_k,
        segment_stability,
    )

    tell("project.phase.features")
    prepared = prepare_features(build_features(customers), after_contact=project.imports.after_contact())
    features = prepared.features
    tell("project.phase.compare")
    comparison = compare_k(
        features,
        k_range,
        random_state=random_state,
        sample_size=min(sample_size, _COMPARED),
        n_references=5,
        progress=tell.within,
    )
    tell("project.phase.segment")
    kept = _segments_before(project, features)
    stability = None
    if kept is not None:
        segmenter, labels = kept
        # They are in no comparison of this cycle's customers.
        stability = segment_stability(features, segmenter.predict(features), random_state=random_state)
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
        segmenter,
        features,
        labels=labels,
        comparison=comparison,
        embedding=picture,
        preparation=prepared,
        stability=stability,
    )


def _segments_before(project: Project, features: pd.DataFrame) -> tuple[Any, dict[int, Any]] | None:
    """Return the earlier cycle's segmenter and labels, so that segments keep their meaning."""
    from workbench.insight.reshaped import restore_segmenter

    before = project.cycle.opened_from
    artefact = project.store.artefacts.latest("segmentation", before) if before else None
    if artefact is None:
        return None
    segmentation = project.insight.segmentation(artefact.version)
    by_rules = "rules" in segmentation.model and not segmentation.model.get("reshaped")
    if not by_rules and not set(segmentation.model["features"]) <= set(features.columns):
        return None
    rows = segmentation.segments.drop(columns=["slot", "n"]).set_index("cluster")
    labels = {int(str(cluster)): dict(row) for cluster, row in rows.iterrows()}
    segmenter = restore_segmenter(segmentation.model)
    if "rules" in segmentation.model:
        # The same rules on this cycle's portrait; a column that is gone is said, not passed over.
        by_rule: Any = getattr(segmenter, "base", segmenter)
        base = by_rule.on(project.customers())
        labels = base.labels() | labels
    # A segment that nobody is in any more can't be approved under its label.
    present = set(np.unique(segmenter.predict(features)))
    return segmenter, {cluster: row for cluster, row in labels.items() if cluster in present}


def _accept(project: Project) -> None:
    """Accept what is recommended; the next cycle opens with the changes."""
    for row in project.review.recommendations().to_dict("records"):
        if row["status"] == "open":
            project.review.accept(row["recommendation_id"])
