"""A bank's customer loop: insight, strategy, execution, review, and the next cycle.

The public names, nothing else. They load on first use, so that ``import workbench``
itself loads no pandas, scikit-learn, umap or altair.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.customers import (
        build_portrait,
        companies_behind,
        integrate,
        read_mapping,
        resolve_identities,
        supply_chain,
    )
    from workbench.execution import build_worklist, check_outcomes, summarise_progress
    from workbench.insight import (
        BGNBD,
        AllOf,
        AnyOf,
        Condition,
        GammaGamma,
        Not,
        ParetoNBD,
        Rule,
        RuleSet,
        Segmenter,
        adjusted_rand_index,
        apply_rules,
        assign_in_engine,
        build_features,
        check_value_model,
        cluster_stability,
        compare_k,
        compare_segmentations,
        count_by_lifecycle,
        describe_cluster,
        describe_group,
        embed,
        evaluate_rules,
        expected_customer_value,
        find_segment_events,
        holdout_calibration,
        inside_polygon,
        learn_rule,
        match_labels,
        population_stability_index,
        profile_clusters,
        recommend_k,
        rfm_scores,
        seed_with_rules,
        stability_bins,
        suggest_labels,
        summarise_segments,
        summarise_transactions,
        summarise_value,
        typical_members,
        value_deciles,
    )
    from workbench.project import Project, create_project, find_case, open_case, open_project
    from workbench.review import (
        check_sample_ratio,
        evaluate_campaign,
        evaluate_strategies,
        recommend,
        summarise_kpis,
    )
    from workbench.sample_bank import create_sample_bank, simulate_outcomes
    from workbench.strategy import (
        Propensity,
        build_criteria,
        build_strategy_map,
        score_customers,
        score_strategies,
        select_targets,
        suggest_strategies,
    )

__version__ = "0.1.0"

_ROOMS = {
    "customers": (
        "build_portrait",
        "companies_behind",
        "integrate",
        "read_mapping",
        "resolve_identities",
        "supply_chain",
    ),
    "insight": (
        "AllOf",
        "AnyOf",
        "BGNBD",
        "Condition",
        "GammaGamma",
        "Not",
        "ParetoNBD",
        "Rule",
        "RuleSet",
        "Segmenter",
        "adjusted_rand_index",
        "apply_rules",
        "build_features",
        "check_value_model",
        "assign_in_engine",
        "cluster_stability",
        "compare_k",
        "compare_segmentations",
        "count_by_lifecycle",
        "describe_cluster",
        "describe_group",
        "embed",
        "evaluate_rules",
        "expected_customer_value",
        "find_segment_events",
        "holdout_calibration",
        "inside_polygon",
        "learn_rule",
        "match_labels",
        "population_stability_index",
        "profile_clusters",
        "recommend_k",
        "rfm_scores",
        "seed_with_rules",
        "stability_bins",
        "suggest_labels",
        "summarise_segments",
        "summarise_transactions",
        "summarise_value",
        "typical_members",
        "value_deciles",
    ),
    "strategy": (
        "Propensity",
        "build_criteria",
        "build_strategy_map",
        "score_customers",
        "score_strategies",
        "select_targets",
        "suggest_strategies",
    ),
    "execution": ("build_worklist", "check_outcomes", "summarise_progress"),
    "review": (
        "check_sample_ratio",
        "evaluate_campaign",
        "evaluate_strategies",
        "recommend",
        "summarise_kpis",
    ),
    "project": ("Project", "create_project", "find_case", "open_case", "open_project"),
    "sample_bank": ("create_sample_bank", "simulate_outcomes"),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}
_MODULES = ("charts", "errors", "tables", "ui")

__all__ = [
    "BGNBD",
    "AllOf",
    "AnyOf",
    "Condition",
    "GammaGamma",
    "Not",
    "ParetoNBD",
    "Project",
    "Propensity",
    "Rule",
    "RuleSet",
    "Segmenter",
    "adjusted_rand_index",
    "apply_rules",
    "assign_in_engine",
    "build_criteria",
    "build_features",
    "build_portrait",
    "build_strategy_map",
    "build_worklist",
    "charts",
    "check_outcomes",
    "check_sample_ratio",
    "check_value_model",
    "cluster_stability",
    "companies_behind",
    "compare_k",
    "compare_segmentations",
    "count_by_lifecycle",
    "create_project",
    "create_sample_bank",
    "describe_cluster",
    "describe_group",
    "embed",
    "errors",
    "evaluate_campaign",
    "evaluate_rules",
    "evaluate_strategies",
    "expected_customer_value",
    "find_case",
    "find_segment_events",
    "holdout_calibration",
    "inside_polygon",
    "integrate",
    "learn_rule",
    "match_labels",
    "open_case",
    "open_project",
    "population_stability_index",
    "profile_clusters",
    "read_mapping",
    "recommend",
    "recommend_k",
    "resolve_identities",
    "rfm_scores",
    "score_customers",
    "score_strategies",
    "seed_with_rules",
    "select_targets",
    "simulate_outcomes",
    "stability_bins",
    "suggest_labels",
    "suggest_strategies",
    "summarise_kpis",
    "summarise_progress",
    "summarise_segments",
    "summarise_transactions",
    "summarise_value",
    "supply_chain",
    "tables",
    "typical_members",
    "ui",
    "value_deciles",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"workbench.{_HOME[name]}"), name)
    if name in _MODULES:
        if name == "charts":
            import_module("workbench.ui.vega.notebook").use_in_notebooks()
        return import_module(f"workbench.{name}")
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
