"""Tidy table in, Altair chart out; nothing is computed here.

Charts are ordinary Altair objects, so that an analyst can take one away and change it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.charts.execution import dispositions, pace, progress
    from workbench.charts.execution_pace import control_chart, plan_actual
    from workbench.charts.execution_pipeline import pipeline_ageing, pipeline_forecast
    from workbench.charts.execution_referrals import referral_funnel
    from workbench.charts.execution_scripts import script_arms, script_steps
    from workbench.charts.execution_supply import material_days
    from workbench.charts.execution_voice import feedback_codes
    from workbench.charts.insight import differences, embedding, shares
    from workbench.charts.insight_kchoice import cluster_stability, compare_k
    from workbench.charts.insight_links import company_bars
    from workbench.charts.insight_portrait import source_ages, stage_shares
    from workbench.charts.insight_room import room_sides
    from workbench.charts.insight_rules import segment_rules
    from workbench.charts.insight_value import value_calibration, value_deciles, value_segments
    from workbench.charts.insight_versions import drift, segment_flow
    from workbench.charts.review import funnel, uplift
    from workbench.charts.review_advice import advice_regions
    from workbench.charts.review_board import cost_and_return
    from workbench.charts.review_customers import churn_rates, part_shares, value_bridge
    from workbench.charts.review_cycles import cycle_kpis, lineage_graph
    from workbench.charts.review_daily import daily
    from workbench.charts.review_evaluation import evaluation_methods, evaluation_parts
    from workbench.charts.review_hypotheses import hypothesis_forest
    from workbench.charts.review_targeting import qini_curves, uplift_tenths
    from workbench.charts.strategy import (
        capacity,
        gate_rows,
        gates,
        place_row,
        ranking,
        ranking_rows,
        reliability,
    )
    from workbench.charts.strategy_capacity import curve_tables, limit_curve
    from workbench.charts.strategy_cards import card_power
    from workbench.charts.strategy_corporate import industry_potential, journey_reach
    from workbench.charts.strategy_launch import fairness
    from workbench.charts.strategy_lists import list_gates, list_reasons
    from workbench.charts.strategy_models import (
        model_drivers,
        model_gains,
        model_lift,
        model_past,
        model_reliability,
    )
    from workbench.charts.strategy_objectives import objective_progress
    from workbench.charts.strategy_scores import (
        method_rank_rows,
        method_ranks,
        rank_share_rows,
        rank_shares,
    )

_HOME = {
    "advice_regions": "review_advice",
    "capacity": "strategy",
    "card_power": "strategy_cards",
    "churn_rates": "review_customers",
    "cluster_stability": "insight_kchoice",
    "company_bars": "insight_links",
    "compare_k": "insight_kchoice",
    "control_chart": "execution_pace",
    "cost_and_return": "review_board",
    "curve_tables": "strategy_capacity",
    "cycle_kpis": "review_cycles",
    "daily": "review_daily",
    "differences": "insight",
    "dispositions": "execution",
    "drift": "insight_versions",
    "embedding": "insight",
    "evaluation_methods": "review_evaluation",
    "evaluation_parts": "review_evaluation",
    "fairness": "strategy_launch",
    "feedback_codes": "execution_voice",
    "funnel": "review",
    "gate_rows": "strategy",
    "gates": "strategy",
    "hypothesis_forest": "review_hypotheses",
    "industry_potential": "strategy_corporate",
    "journey_reach": "strategy_corporate",
    "limit_curve": "strategy_capacity",
    "lineage_graph": "review_cycles",
    "list_gates": "strategy_lists",
    "list_reasons": "strategy_lists",
    "material_days": "execution_supply",
    "method_rank_rows": "strategy_scores",
    "method_ranks": "strategy_scores",
    "model_drivers": "strategy_models",
    "model_gains": "strategy_models",
    "model_lift": "strategy_models",
    "model_past": "strategy_models",
    "model_reliability": "strategy_models",
    "objective_progress": "strategy_objectives",
    "pace": "execution",
    "part_shares": "review_customers",
    "place_row": "strategy",
    "pipeline_ageing": "execution_pipeline",
    "pipeline_forecast": "execution_pipeline",
    "plan_actual": "execution_pace",
    "progress": "execution",
    "qini_curves": "review_targeting",
    "rank_share_rows": "strategy_scores",
    "rank_shares": "strategy_scores",
    "ranking": "strategy",
    "ranking_rows": "strategy",
    "referral_funnel": "execution_referrals",
    "reliability": "strategy",
    "room_sides": "insight_room",
    "script_arms": "execution_scripts",
    "script_steps": "execution_scripts",
    "segment_flow": "insight_versions",
    "segment_rules": "insight_rules",
    "shares": "insight",
    "source_ages": "insight_portrait",
    "stage_shares": "insight_portrait",
    "uplift": "review",
    "uplift_tenths": "review_targeting",
    "value_bridge": "review_customers",
    "value_calibration": "insight_value",
    "value_deciles": "insight_value",
    "value_segments": "insight_value",
}

__all__ = [
    "advice_regions",
    "capacity",
    "card_power",
    "churn_rates",
    "cluster_stability",
    "company_bars",
    "compare_k",
    "control_chart",
    "cost_and_return",
    "curve_tables",
    "cycle_kpis",
    "daily",
    "differences",
    "dispositions",
    "drift",
    "embedding",
    "evaluation_methods",
    "evaluation_parts",
    "fairness",
    "feedback_codes",
    "funnel",
    "gate_rows",
    "gates",
    "hypothesis_forest",
    "industry_potential",
    "journey_reach",
    "limit_curve",
    "lineage_graph",
    "list_gates",
    "list_reasons",
    "material_days",
    "method_rank_rows",
    "method_ranks",
    "model_drivers",
    "model_gains",
    "model_lift",
    "model_past",
    "model_reliability",
    "objective_progress",
    "pace",
    "part_shares",
    "pipeline_ageing",
    "pipeline_forecast",
    "place_row",
    "plan_actual",
    "progress",
    "qini_curves",
    "rank_share_rows",
    "rank_shares",
    "ranking",
    "ranking_rows",
    "referral_funnel",
    "reliability",
    "room_sides",
    "script_arms",
    "script_steps",
    "segment_flow",
    "segment_rules",
    "shares",
    "source_ages",
    "stage_shares",
    "uplift",
    "uplift_tenths",
    "value_bridge",
    "value_calibration",
    "value_deciles",
    "value_segments",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        import_module("workbench.charts.light")
        return getattr(import_module(f"workbench.charts.{_HOME[name]}"), name)
    raise AttributeError(f"module 'workbench.charts' has no attribute {name!r}")
