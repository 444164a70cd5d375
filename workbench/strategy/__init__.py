"""Strategy: segments and offers in, scored strategies and target lists out.

The analyst's order: `suggest_strategies` drafts cards, `build_strategy_map` shows where
they apply, `Propensity` learns who responds, `build_criteria` and `score_strategies` weigh
the strategies, `score_customers` and `select_targets` cut the lists.
"""

from workbench.strategy.allocation import (
    Allocation,
    Frontier,
    Limits,
    allocate,
    allocate_matrix,
    build_frontier,
    build_options,
    trace_limit,
)
from workbench.strategy.card_checks import check_cards
from workbench.strategy.closeness import topsis
from workbench.strategy.conditions import (
    Condition,
    describe_condition,
    meets,
    read_conditions,
    write_conditions,
)
from workbench.strategy.contact_policy import ContactPolicy, Limit, read_policies
from workbench.strategy.contact_windows import count_contacts, within_policy
from workbench.strategy.corporate import (
    build_corporate_map,
    companies_of,
    company_segment,
    find_key_companies,
    summarise_industries,
)
from workbench.strategy.criteria import build_criteria, response_interval
from workbench.strategy.customer_scores import score_customers
from workbench.strategy.fairness import check_fairness
from workbench.strategy.gates import GATES, gate_columns
from workbench.strategy.journey_checks import check_journey, handovers, open_channels, plan_journey
from workbench.strategy.journey_path import ExpectedPath, expected_path, path_interval
from workbench.strategy.journey_rates import measure_rates
from workbench.strategy.journeys import Journey, JourneyStep, assumed_rates, read_journeys
from workbench.strategy.map_flags import find_conflicts, find_overloads
from workbench.strategy.methods import (
    METHODS,
    MethodComparison,
    compare_methods,
    kendall_tau,
    rank_distribution,
)
from workbench.strategy.objective_shares import expected_contributions
from workbench.strategy.objective_templates import (
    assign_objectives,
    measure_objective,
    measure_objectives,
    suggest_objectives,
    translate_objectives,
)
from workbench.strategy.objectives import check_objectives, explain_objectives, refuse_objectives, roll_up
from workbench.strategy.playbooks import (
    KeyRule,
    Playbook,
    draft_corporate_card,
    find_playbook,
    read_playbooks,
)
from workbench.strategy.power import SampleSize, check_power, detectable_effect, power_of, required_size
from workbench.strategy.propensity import Propensity
from workbench.strategy.propensity.leakage import explain_refusals
from workbench.strategy.reasons import describe_detail, gate_label, why
from workbench.strategy.scoring import find_flips, score_strategies
from workbench.strategy.selection import Selection, hash_targets, select_targets
from workbench.strategy.strategy_map import build_strategy_map
from workbench.strategy.suggestion import suggest_strategies
from workbench.strategy.suitability import SuitabilityRule, read_suitability
from workbench.strategy.templates import (
    Template,
    by_telephone,
    draft_card,
    read_templates,
    translate_strategies,
)
from workbench.strategy.traits import describe_traits
from workbench.strategy.triggers import open_windows
from workbench.strategy.weight_change import find_weight_changes
from workbench.strategy.weights import CRITERIA, DEFAULT_WEIGHTS, normal_weights
from workbench.strategy.worth import (
    price_targets,
    summarise_map,
    total_value,
    trace_capacity,
    value_lists,
)

__all__ = [
    "CRITERIA",
    "DEFAULT_WEIGHTS",
    "GATES",
    "METHODS",
    "Allocation",
    "Condition",
    "ContactPolicy",
    "ExpectedPath",
    "Frontier",
    "Journey",
    "JourneyStep",
    "KeyRule",
    "Limit",
    "Limits",
    "MethodComparison",
    "Playbook",
    "Propensity",
    "SampleSize",
    "Selection",
    "SuitabilityRule",
    "Template",
    "allocate",
    "allocate_matrix",
    "assign_objectives",
    "assumed_rates",
    "build_corporate_map",
    "build_criteria",
    "build_frontier",
    "build_options",
    "build_strategy_map",
    "by_telephone",
    "check_cards",
    "check_fairness",
    "check_journey",
    "check_objectives",
    "check_power",
    "companies_of",
    "company_segment",
    "compare_methods",
    "count_contacts",
    "describe_condition",
    "describe_detail",
    "describe_traits",
    "detectable_effect",
    "draft_card",
    "draft_corporate_card",
    "expected_contributions",
    "expected_path",
    "explain_objectives",
    "explain_refusals",
    "find_conflicts",
    "find_flips",
    "find_key_companies",
    "find_overloads",
    "find_playbook",
    "find_weight_changes",
    "gate_columns",
    "gate_label",
    "handovers",
    "hash_targets",
    "kendall_tau",
    "measure_objective",
    "measure_objectives",
    "measure_rates",
    "meets",
    "normal_weights",
    "open_channels",
    "open_windows",
    "path_interval",
    "plan_journey",
    "power_of",
    "price_targets",
    "rank_distribution",
    "read_conditions",
    "read_journeys",
    "read_playbooks",
    "read_policies",
    "read_suitability",
    "read_templates",
    "refuse_objectives",
    "required_size",
    "response_interval",
    "roll_up",
    "score_customers",
    "score_strategies",
    "select_targets",
    "suggest_objectives",
    "suggest_strategies",
    "summarise_industries",
    "summarise_map",
    "topsis",
    "total_value",
    "trace_capacity",
    "trace_limit",
    "translate_objectives",
    "translate_strategies",
    "value_lists",
    "why",
    "within_policy",
    "write_conditions",
]
