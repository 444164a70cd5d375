"""Who the customers are: features, clusters, profiles, labelled segments.

A customer table comes in, tables go out; nothing here draws, stores or shows. The
public names load on first use, so that a screen that only summarises segments does
not pay for scikit-learn or UMAP.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.insight.assignment import assign_in_engine
    from workbench.insight.brainstorm import (
        compare_sides,
        find_duplicate_ideas,
        propose_idea_groups,
        replay_moves,
    )
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
    from workbench.insight.movements import summarise_transactions
    from workbench.insight.preparation import Preparation, prepare_features
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
        count_rules,
        evaluate_counts,
        evaluate_rules,
        learn_rule,
        read_expression,
        seed_with_rules,
    )
    from workbench.insight.segmenter import Segmenter
    from workbench.insight.small_cells import hide_small_cells
    from workbench.insight.stability import segment_stability
    from workbench.insight.summary import count_by_lifecycle, summarise_segments
    from workbench.insight.value.bgnbd import BGNBD
    from workbench.insight.value.clv import expected_customer_value
    from workbench.insight.value.gamma_gamma import GammaGamma
    from workbench.insight.value.holdout import holdout_calibration
    from workbench.insight.value.pareto_nbd import ParetoNBD
    from workbench.insight.value.rfm import rfm_scores
    from workbench.insight.value.suitability import check_value_model
    from workbench.insight.value.summary import summarise_value, value_deciles
    from workbench.insight.versions import (
        adjusted_rand_index,
        compare_segmentations,
        event_sentence,
        find_segment_events,
        flow_layout,
        match_labels,
        population_stability_index,
        segment_events,
        stability_bins,
    )

_MODULES = {
    "assignment": ("assign_in_engine",),
    "brainstorm": ("compare_sides", "find_duplicate_ideas", "propose_idea_groups", "replay_moves"),
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
    "movements": ("summarise_transactions",),
    "preparation": ("Preparation", "prepare_features"),
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
        "count_rules",
        "evaluate_counts",
        "evaluate_rules",
        "learn_rule",
        "read_expression",
        "seed_with_rules",
    ),
    "stability": ("segment_stability",),
    "segmenter": ("Segmenter",),
    "small_cells": ("hide_small_cells",),
    "summary": ("count_by_lifecycle", "summarise_segments"),
    "value.bgnbd": ("BGNBD",),
    "value.clv": ("expected_customer_value",),
    "value.gamma_gamma": ("GammaGamma",),
    "value.holdout": ("holdout_calibration",),
    "value.pareto_nbd": ("ParetoNBD",),
    "value.rfm": ("rfm_scores",),
    "value.suitability": ("check_value_model",),
    "value.summary": ("summarise_value", "value_deciles"),
    "versions": (
        "adjusted_rand_index",
        "compare_segmentations",
        "event_sentence",
        "find_segment_events",
        "flow_layout",
        "match_labels",
        "population_stability_index",
        "segment_events",
        "stability_bins",
    ),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "BGNBD",
    "AllOf",
    "AnyOf",
    "ClusterRule",
    "Condition",
    "Embedding",
    "GammaGamma",
    "KRecommendation",
    "LabelSuggestion",
    "Not",
    "ParetoNBD",
    "Preparation",
    "Rule",
    "RuleEvaluation",
    "RuleSet",
    "Segmenter",
    "adjusted_rand_index",
    "apply_rules",
    "assign_in_engine",
    "benjamini_hochberg",
    "build_features",
    "check_value_model",
    "cluster_stability",
    "column_kinds",
    "compare_k",
    "compare_segmentations",
    "compare_sides",
    "count_by_lifecycle",
    "count_rules",
    "describe_cluster",
    "describe_features",
    "describe_group",
    "embed",
    "evaluate_counts",
    "evaluate_rules",
    "event_sentence",
    "expected_customer_value",
    "feature_label",
    "find_duplicate_ideas",
    "find_segment_events",
    "flow_layout",
    "hide_small_cells",
    "holdout_calibration",
    "inside_polygon",
    "learn_rule",
    "match_labels",
    "population_stability_index",
    "prepare_features",
    "profile_clusters",
    "propose_idea_groups",
    "read_expression",
    "recommend_k",
    "replay_moves",
    "rfm_scores",
    "seed_with_rules",
    "segment_events",
    "segment_stability",
    "stability_bins",
    "stability_verdict",
    "suggest_labels",
    "summarise_segments",
    "summarise_transactions",
    "summarise_value",
    "typical_members",
    "value_deciles",
    "verdict_text",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"workbench.insight.{_HOME[name]}"), name)
    raise AttributeError(f"module 'workbench.insight' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
