"""Lists and outcomes to evaluation, and evaluation to recommendations.

Whether a campaign worked is asked of its control group: `evaluate_campaign` for any table
with arms, `evaluate_strategies` for the strategies of a cycle, `evaluate_history` for past
campaigns. `recommend` turns the answer into proposals with reasons, and
`apply_recommendations` makes of the accepted ones what the next cycle starts from.
"""

from workbench.review.alerts import find_alerts, read_alert_rules, state_alert
from workbench.review.board import count_verdicts, summarise_kpis
from workbench.review.campaign import evaluate_campaign
from workbench.review.caveats import CAVEATS, find_caveats, state_caveat
from workbench.review.changes import explain_changes
from workbench.review.churn import compare_churn, count_churn, flag_churn, wilson
from workbench.review.cube import build_cube, sum_cube
from workbench.review.cuped import CupedResult, PairSums, adjust_cuped
from workbench.review.cycles import (
    compare_cycle_kpis,
    compare_effects,
    compare_segment_sizes,
    measure_cycle,
    place_panels,
)
from workbench.review.daily import track_uplift
from workbench.review.engine_follow_up import follow_up_in_engine
from workbench.review.engine_sums import evaluate_in_engine, sum_in_engine
from workbench.review.follow_up import follow_up
from workbench.review.graph import group_nodes, lay_out_graph
from workbench.review.history import evaluate_history
from workbench.review.hypotheses import check_hypotheses, refuse_hypothesis
from workbench.review.looks import first_lasting_day
from workbench.review.matched import Matched, compare_matched
from workbench.review.means import Difference, Sums, adjust_holm, compare_means, relative_lift
from workbench.review.migration import (
    count_moves,
    decompose_value,
    migrate,
    missing_counterparts,
    pair_snapshots,
)
from workbench.review.multiplicity import adjust_benjamini_hochberg
from workbench.review.next_cycle import apply_recommendations, compare_strategies
from workbench.review.parts import compare_parts
from workbench.review.plan import build_funnel, compare_to_plan, funnel_of
from workbench.review.power import plan_sample_size
from workbench.review.pre_period import compare_pre_period
from workbench.review.priors import fit_beta_prior, update_rates
from workbench.review.proportions import compare_proportions, compare_rates
from workbench.review.ratio import SampleRatio, check_sample_ratio, check_sample_ratios
from workbench.review.received import compare_received, wald_estimate
from workbench.review.recommendation_words import state_change, state_reason
from workbench.review.recommendations import recommend
from workbench.review.returns import compare_members
from workbench.review.rule_words import state_condition, trace_rules
from workbench.review.rules import Condition, Rule, Rules, default_rules
from workbench.review.rules_text import read_rules
from workbench.review.sequences import (
    confidence_sequence,
    elapsed_responses,
    first_day_decided,
    rate_sequence,
)
from workbench.review.shares import ShareStability, share_stability
from workbench.review.shrinkage import Pooled, pool_effects, shrink_effects
from workbench.review.strategies import evaluate_strategies
from workbench.review.uplift import (
    OrderComparison,
    UpliftModel,
    area_under_uplift,
    compare_orders,
    fit_uplift,
    measure_targeting,
    qini_coefficient,
    qini_curve,
    uplift_at_k,
    uplift_by_tenth,
)
from workbench.review.variants import compare_variants, first_channels
from workbench.review.winsorise import Winsorised, check_dominance, dominance, winsorise

__all__ = [
    "CAVEATS",
    "Condition",
    "CupedResult",
    "Difference",
    "Matched",
    "OrderComparison",
    "PairSums",
    "Pooled",
    "Rule",
    "Rules",
    "SampleRatio",
    "ShareStability",
    "Sums",
    "UpliftModel",
    "Winsorised",
    "adjust_benjamini_hochberg",
    "adjust_cuped",
    "adjust_holm",
    "apply_recommendations",
    "area_under_uplift",
    "build_cube",
    "build_funnel",
    "check_dominance",
    "check_hypotheses",
    "check_sample_ratio",
    "check_sample_ratios",
    "compare_churn",
    "compare_cycle_kpis",
    "compare_effects",
    "compare_matched",
    "compare_means",
    "compare_members",
    "compare_orders",
    "compare_parts",
    "compare_pre_period",
    "compare_proportions",
    "compare_rates",
    "compare_received",
    "compare_segment_sizes",
    "compare_strategies",
    "compare_to_plan",
    "compare_variants",
    "confidence_sequence",
    "count_churn",
    "count_moves",
    "count_verdicts",
    "decompose_value",
    "default_rules",
    "dominance",
    "elapsed_responses",
    "evaluate_campaign",
    "evaluate_history",
    "evaluate_in_engine",
    "evaluate_strategies",
    "explain_changes",
    "find_alerts",
    "find_caveats",
    "first_channels",
    "first_day_decided",
    "first_lasting_day",
    "fit_beta_prior",
    "fit_uplift",
    "flag_churn",
    "follow_up",
    "follow_up_in_engine",
    "funnel_of",
    "group_nodes",
    "lay_out_graph",
    "measure_cycle",
    "measure_targeting",
    "migrate",
    "missing_counterparts",
    "pair_snapshots",
    "place_panels",
    "plan_sample_size",
    "pool_effects",
    "qini_coefficient",
    "qini_curve",
    "rate_sequence",
    "read_alert_rules",
    "read_rules",
    "recommend",
    "refuse_hypothesis",
    "relative_lift",
    "share_stability",
    "shrink_effects",
    "state_alert",
    "state_caveat",
    "state_change",
    "state_condition",
    "state_reason",
    "sum_cube",
    "sum_in_engine",
    "summarise_kpis",
    "trace_rules",
    "track_uplift",
    "update_rates",
    "uplift_at_k",
    "uplift_by_tenth",
    "wald_estimate",
    "wilson",
    "winsorise",
]
