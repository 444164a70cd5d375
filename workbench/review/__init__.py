"""Lists and outcomes to evaluation, and evaluation to recommendations.

Whether a campaign worked is asked of its control group: `evaluate_campaign` for any table
with arms, `evaluate_strategies` for the strategies of a cycle, `evaluate_history` for past
campaigns. `recommend` turns the answer into proposals with reasons, and
`apply_recommendations` makes of the accepted ones what the next cycle starts from.
"""

from workbench.review.board import count_verdicts, summarise_kpis
from workbench.review.campaign import evaluate_campaign
from workbench.review.cuped import CupedResult, PairSums, adjust_cuped
from workbench.review.daily import track_uplift
from workbench.review.follow_up import follow_up
from workbench.review.history import evaluate_history
from workbench.review.means import Difference, Sums, adjust_holm, compare_means, relative_lift
from workbench.review.multiplicity import adjust_benjamini_hochberg
from workbench.review.next_cycle import apply_recommendations, compare_strategies
from workbench.review.parts import compare_parts
from workbench.review.plan import build_funnel, compare_to_plan
from workbench.review.power import plan_sample_size
from workbench.review.pre_period import compare_pre_period
from workbench.review.ratio import SampleRatio, check_sample_ratio, check_sample_ratios
from workbench.review.recommendations import recommend, state_change, state_reason
from workbench.review.rules import Condition, Rule, Rules, default_rules, read_rules
from workbench.review.sequences import confidence_sequence, elapsed_responses, first_day_decided
from workbench.review.strategies import evaluate_strategies
from workbench.review.winsorise import Winsorised, check_dominance, dominance, winsorise

__all__ = [
    "Condition",
    "CupedResult",
    "Difference",
    "PairSums",
    "Rule",
    "Rules",
    "SampleRatio",
    "Sums",
    "Winsorised",
    "adjust_benjamini_hochberg",
    "adjust_cuped",
    "adjust_holm",
    "apply_recommendations",
    "build_funnel",
    "check_dominance",
    "check_sample_ratio",
    "check_sample_ratios",
    "compare_means",
    "compare_parts",
    "compare_pre_period",
    "compare_strategies",
    "compare_to_plan",
    "confidence_sequence",
    "count_verdicts",
    "default_rules",
    "dominance",
    "elapsed_responses",
    "evaluate_campaign",
    "evaluate_history",
    "evaluate_strategies",
    "first_day_decided",
    "follow_up",
    "plan_sample_size",
    "read_rules",
    "recommend",
    "relative_lift",
    "state_change",
    "state_reason",
    "summarise_kpis",
    "track_uplift",
    "winsorise",
]
