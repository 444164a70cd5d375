"""What happens off the main thread when the bench fits: clusters, profile, labels that follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import NotFound, ParameterProblem

if TYPE_CHECKING:
    from workbench.insight import LabelSuggestion, Segmenter
    from workbench.project import Project

UNASSIGNED = -1
SEEDED = ("kmeans", "minibatch_kmeans")
"""Algorithms that can begin at the segments of expert rules."""


@dataclass(frozen=True)
class Fitted:
    """Clusters that were found, and what they may be called.

    Parameters
    ----------
    segmenter : Segmenter
        Fitted.
    profile : pandas.DataFrame
        Table PROFILE.
    labels : dict of int to LabelSuggestion
        One a cluster: the label that followed its segment, else a suggested one.
    followed : dict of int to str
        Clusters whose label followed from the newest segmentation.
    doubts : dict of int to tuple of str
        Clusters that several earlier labels could belong to: the person is asked.
    """

    segmenter: Segmenter
    profile: pd.DataFrame
    labels: dict[int, LabelSuggestion]
    followed: dict[int, str] = field(default_factory=dict)
    doubts: dict[int, tuple[str, ...]] = field(default_factory=dict)


def fit_clusters(
    project: Project,
    features: pd.DataFrame,
    settings: dict[str, Any],
    report: Callable[[float, str], None],
    *,
    from_rules: bool = False,
) -> Fitted:
    """Fit, profile and label.

    Parameters
    ----------
    project : Project
        Whose rules the clusters may begin at, and whose labels may follow.
    features : pandas.DataFrame of shape (n_customers, n_features)
        Indexed by customer_id.
    settings : dict
        Parameters of `Segmenter`.
    report : callable
        Called with the share done and the phase's key.
    from_rules : bool, default=False
        Begin at the segments of the rules in force.

    Raises
    ------
    ParameterProblem
        If density finds no cluster, or there are no rules to begin at.
    """
    from workbench.insight import Segmenter, profile_clusters, seed_with_rules, suggest_labels

    seeds = None
    if from_rules:
        rules = project.insight.rules.current()
        if rules is None:
            raise ParameterProblem("insight_clusters.error.no_rules")
        seeds = seed_with_rules(features, project.customers(), rules)
    report(0.4, "insight.bench.phase.fit")
    segmenter = Segmenter(**settings).fit(features, seeds=seeds)
    if not len(segmenter.sizes_):
        raise ParameterProblem("insight_clusters.error.none_dense")
    report(0.8, "insight.bench.phase.profile")
    profile = profile_clusters(features, segmenter.labels_)
    labels = suggest_labels(profile)
    if UNASSIGNED in labels:
        labels[UNASSIGNED] = replace(
            labels[UNASSIGNED],
            segment=locale.text("insight_clusters.unassigned", "en"),
            segment_zh=locale.text("insight_clusters.unassigned", "zh_CN"),
            slot=0,
        )
    report(0.9, "insight.bench.phase.labels")
    try:
        matches = project.insight.suggest_carried_labels(segmenter, features)
    except (NotFound, ParameterProblem):
        return Fitted(segmenter, profile, labels)
    return _following(Fitted(segmenter, profile, labels), matches)


def _following(fitted: Fitted, matches: pd.DataFrame) -> Fitted:
    """Let the labels that surely follow do so, and note where several could."""
    labels, followed, doubts = dict(fitted.labels), {}, {}
    for row in matches.to_dict("records"):
        cluster = int(row["cluster"])
        if cluster not in labels or cluster == UNASSIGNED:
            continue
        if row["decision"] == "carry":
            given: dict[str, Any] = {
                name: str(row[name])
                for name in ("segment_zh", "description", "description_zh")
                if isinstance(row.get(name), str) and row[name]
            }
            labels[cluster] = replace(labels[cluster], segment=str(row["label"]), slot=0, **given)
            followed[cluster] = str(row["label"])
        elif row["decision"] == "ask":
            doubts[cluster] = tuple(str(name) for name, _ in row["candidates"])
    taken = set(followed.values())
    for cluster, label in labels.items():
        # A suggestion must not take the name of a segment that went elsewhere.
        if cluster not in followed and label.segment in taken:
            number = 2
            while f"{label.segment} {number}" in taken:
                number += 1
            labels[cluster] = replace(
                label, segment=f"{label.segment} {number}", segment_zh=f"{label.segment_zh} {number}"
            )
        taken.add(labels[cluster].segment)
    return Fitted(fitted.segmenter, fitted.profile, labels, followed, doubts)
