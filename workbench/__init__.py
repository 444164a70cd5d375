"""A bank's customer loop: insight, strategy, execution, review, and the next cycle.

The public names, nothing else. They load on first use, so that ``import workbench``
itself loads no pandas, scikit-learn, umap or altair.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.customers import build_portrait, integrate, read_mapping
    from workbench.execution import build_worklist, check_outcomes, summarise_progress
    from workbench.insight import (
        AllOf,
        AnyOf,
        Condition,
        Not,
        Rule,
        RuleSet,
        Segmenter,
        apply_rules,
        build_features,
        cluster_stability,
        compare_k,
        count_by_lifecycle,
        describe_cluster,
        describe_group,
        embed,
        evaluate_rules,
        inside_polygon,
        learn_rule,
        profile_clusters,
        recommend_k,
        seed_with_rules,
        suggest_labels,
        summarise_segments,
        typical_members,
    )
    from workbench.project import Project, create_project, open_project
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
    "customers": ("build_portrait", "integrate", "read_mapping"),
    "insight": (
        "AllOf",
        "AnyOf",
        "Condition",
        "Not",
        "Rule",
        "RuleSet",
        "Segmenter",
        "apply_rules",
        "build_features",
        "cluster_stability",
        "compare_k",
        "count_by_lifecycle",
        "describe_cluster",
        "describe_group",
        "embed",
        "evaluate_rules",
        "inside_polygon",
        "learn_rule",
        "profile_clusters",
        "recommend_k",
        "seed_with_rules",
        "suggest_labels",
        "summarise_segments",
        "typical_members",
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
    "project": ("Project", "create_project", "open_project"),
    "sample_bank": ("create_sample_bank", "simulate_outcomes"),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}
_MODULES = ("charts", "errors", "tables", "ui")

__all__ = [
    "AllOf",
    "AnyOf",
    "Condition",
    "Not",
    "Project",
    "Propensity",
    "Rule",
    "RuleSet",
    "Segmenter",
    "apply_rules",
    "build_criteria",
    "build_features",
    "build_portrait",
    "build_strategy_map",
    "build_worklist",
    "charts",
    "check_outcomes",
    "check_sample_ratio",
    "cluster_stability",
    "compare_k",
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
    "inside_polygon",
    "integrate",
    "learn_rule",
    "open_project",
    "profile_clusters",
    "read_mapping",
    "recommend",
    "recommend_k",
    "score_customers",
    "score_strategies",
    "seed_with_rules",
    "select_targets",
    "simulate_outcomes",
    "suggest_labels",
    "suggest_strategies",
    "summarise_kpis",
    "summarise_progress",
    "summarise_segments",
    "tables",
    "typical_members",
    "ui",
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
