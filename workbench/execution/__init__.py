"""Execution: target lists in, worklists, contacts and outcomes out."""

from workbench.execution.coach import (
    ScriptRun,
    assign_scripts,
    check_script,
    read_script,
    rehearse_calls,
    tabulate_objections,
    tabulate_steps,
)
from workbench.execution.control_charts import expect_false_alarms, tabulate_limits
from workbench.execution.control_limits import find_limit_alerts, state_limit_alert
from workbench.execution.dispositions import (
    Disposition,
    check_disposition,
    disposition_labels,
    make_dispositions,
    read_dispositions,
)
from workbench.execution.feedback import count_feedback, digest_feedback, pick_voices, state_feedback
from workbench.execution.feedback_codes import (
    FeedbackCode,
    check_feedback_code,
    make_feedback_codes,
    offer_feedback_codes,
    read_feedback_codes,
)
from workbench.execution.material_days import find_validity_problems, place_versions
from workbench.execution.order import WorkOrder
from workbench.execution.outcomes import OutcomeCheck, OutcomeParts, check_outcomes, lead_key, outcome_key
from workbench.execution.pace import coarsen_days, count_dispositions, judge_pace
from workbench.execution.pace_days import compare_pace, count_pace_days
from workbench.execution.pipeline import age_opportunities, age_pipeline, convert_pipeline
from workbench.execution.pipeline_forecast import forecast_pipeline, measure_chances
from workbench.execution.progress import count_days, summarise_progress
from workbench.execution.quota_forecast import forecast_quota
from workbench.execution.referral_rules import (
    ReferralKind,
    ReferralReason,
    ReferralRules,
    make_referral_rules,
    read_referral_rules,
    share_credit,
)
from workbench.execution.referrals import age_referrals, tabulate_referrals
from workbench.execution.replay import build_contacts, compare_totals
from workbench.execution.script import address, fill_script, product_name, script_language
from workbench.execution.worklist import build_worklist, personal_script

__all__ = [
    "Disposition",
    "FeedbackCode",
    "OutcomeCheck",
    "OutcomeParts",
    "ReferralKind",
    "ReferralReason",
    "ReferralRules",
    "ScriptRun",
    "WorkOrder",
    "address",
    "age_opportunities",
    "age_pipeline",
    "age_referrals",
    "assign_scripts",
    "build_contacts",
    "build_worklist",
    "check_disposition",
    "check_feedback_code",
    "check_outcomes",
    "check_script",
    "coarsen_days",
    "compare_pace",
    "compare_totals",
    "convert_pipeline",
    "count_days",
    "count_dispositions",
    "count_feedback",
    "count_pace_days",
    "digest_feedback",
    "disposition_labels",
    "expect_false_alarms",
    "fill_script",
    "find_limit_alerts",
    "find_validity_problems",
    "forecast_pipeline",
    "forecast_quota",
    "judge_pace",
    "lead_key",
    "make_dispositions",
    "make_feedback_codes",
    "make_referral_rules",
    "measure_chances",
    "offer_feedback_codes",
    "outcome_key",
    "personal_script",
    "pick_voices",
    "place_versions",
    "product_name",
    "read_dispositions",
    "read_feedback_codes",
    "read_referral_rules",
    "read_script",
    "rehearse_calls",
    "script_language",
    "share_credit",
    "state_feedback",
    "state_limit_alert",
    "summarise_progress",
    "tabulate_limits",
    "tabulate_objections",
    "tabulate_referrals",
    "tabulate_steps",
]
