"""A bank's customer loop: insight, strategy, execution, review, and the next cycle.

The public names, nothing else. They load on first use, so that ``import workbench``
itself loads no pandas, scikit-learn, umap or altair; ``__init__.pyi`` shows them to type checkers.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_ROOMS = {
    "customers": (
        "build_portrait",
        "companies_behind",
        "describe_sources",
        "editable_numbers",
        "explain_stage",
        "integrate",
        "parse_rules",
        "portrait_fields",
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
        "prepare_features",
        "profile_clusters",
        "recommend_k",
        "rfm_scores",
        "seed_with_rules",
        "segment_stability",
        "stability_bins",
        "suggest_labels",
        "summarise_segments",
        "summarise_transactions",
        "summarise_value",
        "typical_members",
        "value_deciles",
    ),
    "strategy": (
        "ContactPolicy",
        "Journey",
        "JourneyStep",
        "Limit",
        "Limits",
        "MethodComparison",
        "Playbook",
        "Propensity",
        "allocate",
        "allocate_matrix",
        "build_corporate_map",
        "build_criteria",
        "build_strategy_map",
        "check_cards",
        "check_fairness",
        "check_journey",
        "check_objectives",
        "check_power",
        "compare_methods",
        "count_contacts",
        "describe_condition",
        "detectable_effect",
        "draft_card",
        "expected_contributions",
        "expected_path",
        "find_conflicts",
        "find_flips",
        "find_overloads",
        "find_weight_changes",
        "kendall_tau",
        "meets",
        "plan_journey",
        "power_of",
        "rank_distribution",
        "read_conditions",
        "read_journeys",
        "read_policies",
        "read_suitability",
        "read_templates",
        "required_size",
        "roll_up",
        "score_customers",
        "score_strategies",
        "select_targets",
        "suggest_objectives",
        "suggest_strategies",
        "topsis",
        "trace_limit",
        "within_policy",
        "write_conditions",
    ),
    "execution": ("build_worklist", "check_outcomes", "summarise_progress"),
    "review": (
        "PairSums",
        "Sums",
        "adjust_benjamini_hochberg",
        "adjust_cuped",
        "adjust_holm",
        "check_dominance",
        "check_sample_ratio",
        "compare_means",
        "compare_pre_period",
        "confidence_sequence",
        "dominance",
        "evaluate_campaign",
        "evaluate_strategies",
        "first_day_decided",
        "recommend",
        "relative_lift",
        "summarise_kpis",
        "track_uplift",
        "winsorise",
    ),
    "project": ("Project", "create_project", "find_case", "open_case", "open_project"),
    "sample_bank": ("create_sample_bank", "simulate_outcomes"),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}
_MODULES = ("charts", "errors", "tables", "ui")

__all__ = sorted({*_HOME, *_MODULES})


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
