"""Who the customers are: features, clusters, profiles, labelled segments.

A customer table comes in, tables go out; nothing here draws, stores or shows. The
public names load on first use, so that a screen that only summarises segments does
not pay for scikit-learn or UMAP.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.insight.embedding import Embedding, embed
    from workbench.insight.explanation.effects import benjamini_hochberg
    from workbench.insight.explanation.groups import describe_group, inside_polygon
    from workbench.insight.explanation.members import typical_members
    from workbench.insight.explanation.sentences import describe_cluster
    from workbench.insight.features import build_features, describe_features, feature_label
    from workbench.insight.kchoice import (
        KRecommendation,
        cluster_stability,
        compare_k,
        recommend_k,
        stability_verdict,
        verdict_text,
    )
    from workbench.insight.labels import LabelSuggestion, suggest_labels
    from workbench.insight.profile import profile_clusters
    from workbench.insight.rules import (
        AllOf,
        AnyOf,
        ClusterRule,
        Condition,
        Not,
        Rule,
        RuleEvaluation,
        RuleSet,
        apply_rules,
        column_kinds,
        evaluate_rules,
        learn_rule,
        read_expression,
        seed_with_rules,
    )
    from workbench.insight.segmenter import Segmenter
    from workbench.insight.small_cells import hide_small_cells
    from workbench.insight.summary import count_by_lifecycle, summarise_segments

_MODULES = {
    "embedding": ("Embedding", "embed"),
    "explanation.effects": ("benjamini_hochberg",),
    "explanation.groups": ("describe_group", "inside_polygon"),
    "explanation.members": ("typical_members",),
    "explanation.sentences": ("describe_cluster",),
    "features": ("build_features", "describe_features", "feature_label"),
    "kchoice": (
        "KRecommendation",
        "cluster_stability",
        "compare_k",
        "recommend_k",
        "stability_verdict",
        "verdict_text",
    ),
    "labels": ("LabelSuggestion", "suggest_labels"),
    "profile": ("profile_clusters",),
    "rules": (
        "AllOf",
        "AnyOf",
        "ClusterRule",
        "Condition",
        "Not",
        "Rule",
        "RuleEvaluation",
        "RuleSet",
        "apply_rules",
        "column_kinds",
        "evaluate_rules",
        "learn_rule",
        "read_expression",
        "seed_with_rules",
    ),
    "segmenter": ("Segmenter",),
    "small_cells": ("hide_small_cells",),
    "summary": ("count_by_lifecycle", "summarise_segments"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "AllOf",
    "AnyOf",
    "ClusterRule",
    "Condition",
    "Embedding",
    "KRecommendation",
    "LabelSuggestion",
    "Not",
    "Rule",
    "RuleEvaluation",
    "RuleSet",
    "Segmenter",
    "apply_rules",
    "benjamini_hochberg",
    "build_features",
    "cluster_stability",
    "column_kinds",
    "compare_k",
    "count_by_lifecycle",
    "describe_cluster",
    "describe_features",
    "describe_group",
    "embed",
    "evaluate_rules",
    "feature_label",
    "hide_small_cells",
    "inside_polygon",
    "learn_rule",
    "profile_clusters",
    "read_expression",
    "recommend_k",
    "seed_with_rules",
    "stability_verdict",
    "suggest_labels",
    "summarise_segments",
    "typical_members",
    "verdict_text",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"workbench.insight.{_HOME[name]}"), name)
    raise AttributeError(f"module 'workbench.insight' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
