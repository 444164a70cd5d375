"""Expert rules: who belongs to which segment, as a typed tree that an engine can run."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.insight.rules.columns import column_kinds
    from workbench.insight.rules.condition import Condition
    from workbench.insight.rules.evaluation import (
        RuleEvaluation,
        apply_rules,
        evaluate_counts,
        evaluate_rules,
    )
    from workbench.insight.rules.groups import AllOf, AnyOf, Not, read_expression
    from workbench.insight.rules.patterns import count_rules
    from workbench.insight.rules.ruleset import Rule, RuleSet
    from workbench.insight.rules.seeds import seed_with_rules
    from workbench.insight.rules.segmenter import RuleSegmenter
    from workbench.insight.rules.tree import ClusterRule, learn_rule, learn_rules

_MODULES = {
    "columns": ("column_kinds",),
    "condition": ("Condition",),
    "evaluation": ("RuleEvaluation", "apply_rules", "evaluate_counts", "evaluate_rules"),
    "groups": ("AllOf", "AnyOf", "Not", "read_expression"),
    "patterns": ("count_rules",),
    "ruleset": ("Rule", "RuleSet"),
    "segmenter": ("RuleSegmenter",),
    "seeds": ("seed_with_rules",),
    "tree": ("ClusterRule", "learn_rule", "learn_rules"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "AllOf",
    "AnyOf",
    "ClusterRule",
    "Condition",
    "Not",
    "Rule",
    "RuleEvaluation",
    "RuleSegmenter",
    "RuleSet",
    "apply_rules",
    "column_kinds",
    "count_rules",
    "evaluate_counts",
    "evaluate_rules",
    "learn_rule",
    "learn_rules",
    "read_expression",
    "seed_with_rules",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"workbench.insight.rules.{_HOME[name]}"), name)
    raise AttributeError(f"module 'workbench.insight.rules' has no attribute {name!r}")
