"""Funnel and result against plan, counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.review import build_funnel, compare_to_plan, evaluate_strategies, summarise_kpis


def test_funnel_counts_the_treated(make_cycle):
    cycle = make_cycle(("S1", 90, 27, 10, 1), ("S2", 40, 4, 10, 1), contacted={"S1": 60})
    contacts = cycle.contacts.copy()
    contacts.loc[contacts.index[:20], "disposition"] = "no_answer"
    contacts.loc[contacts.index[20:25], "disposition"] = "refused"
    outcomes = cycle.outcomes.copy()
    outcomes.loc[outcomes.index[:7], "amount"] = 0.0
    funnel = build_funnel(cycle.targets, outcomes, cycle.strategies, contacts=contacts).set_index("step")
    assert funnel["n"].tolist() == [130, 100, 80, 31, 24]
    assert funnel["plan"].tolist()[:2] == [130, 130]
    assert funnel.loc["responded", "plan"] == pytest.approx(26)
    assert funnel["of_previous"].tolist()[1:] == pytest.approx([100 / 130, 0.8, 31 / 80, 24 / 31])


def test_funnel_agrees_with_the_key_figures(make_cycle):
    cycle = make_cycle(("S1", 90, 27, 10, 1), ("S2", 40, 4, 10, 1))
    funnel = build_funnel(*cycle.tables(), contacts=cycle.contacts).set_index("step")
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    kpis = summarise_kpis(evaluation).set_index("kpi")
    assert funnel.loc["responded", "n"] == kpis.loc["responded", "value"]
    assert funnel.loc["contacted", "of_previous"] == kpis.loc["contacted_share", "value"]


def test_funnels_of_strategies_add_up(make_cycle):
    cycle = make_cycle(("S1", 90, 27, 10, 1), ("S2", 40, 4, 10, 1))
    whole = build_funnel(*cycle.tables(), contacts=cycle.contacts)
    parts = build_funnel(*cycle.tables(), contacts=cycle.contacts, per_strategy=True)
    assert parts.groupby("step", sort=False)["n"].sum().tolist() == whole["n"].tolist()


def test_funnel_without_contacts_is_missing_past_the_list(make_cycle):
    cycle = make_cycle(("S1", 90, 0, 10, 0), contacted={"S1": 0})
    funnel = build_funnel(*cycle.tables(), contacts=cycle.contacts)
    assert funnel["n"].tolist()[:2] == [90, 0]
    assert funnel["n"].iloc[2:].isna().all()
    assert funnel["of_previous"].iloc[2:].isna().all()


def test_branches_are_held_against_the_plan(make_cycle):
    cycle = make_cycle(("S1", 90, 27, 10, 1), ("S2", 60, 3, 10, 1))
    result = compare_to_plan(*cycle.tables(), cycle.customers, by="branch", contacts=cycle.contacts)
    joined = cycle.targets.merge(cycle.customers, on="customer_id")
    joined["responded"] = joined["customer_id"].isin(cycle.outcomes["customer_id"])
    joined = joined[joined["arm"] == "treatment"]
    for (branch, strategy_id), rows in joined.groupby(["branch", "strategy_id"]):
        cell = result[result["branch"].eq(branch) & result["strategy_id"].eq(strategy_id)].iloc[0]
        assert cell["n"] == len(rows)
        assert cell["responded"] == rows["responded"].sum()
        assert cell["to_plan"] == pytest.approx(rows["responded"].mean() / 0.2)
    totals = result[result["strategy_id"].eq("")]
    assert totals["n"].sum() == 150
    assert totals["to_plan"].is_monotonic_decreasing
    assert result["strategy_id"].tolist() == ["S1", "S2", ""] * 3


def test_branches_without_contacts_have_no_rate(make_cycle):
    cycle = make_cycle(("S1", 9, 0, 3, 0), contacted={"S1": 1})
    result = compare_to_plan(*cycle.tables(), cycle.customers, contacts=cycle.contacts)
    rates = result[result["strategy_id"].eq("S1")].set_index("branch")
    assert rates["rate"].notna().sum() == 1
    assert rates["to_plan"].isna().sum() == 2


def test_without_a_plan_nothing_is_compared(make_cycle):
    cycle = make_cycle(("S1", 9, 2, 3, 0), S1={"expected_response": np.nan})
    result = compare_to_plan(*cycle.tables(), cycle.customers)
    assert result["to_plan"].isna().all()
    assert result["rate"].notna().all()


def test_customers_of_no_branch_are_a_row_of_their_own(make_cycle):
    cycle = make_cycle(("S1", 90, 27, 10, 1))
    customers = cycle.customers.assign(branch=cycle.customers["branch"].where(cycle.customers.index > 9))
    result = compare_to_plan(*cycle.tables(), customers)
    assert result.loc[result["strategy_id"].eq(""), "n"].sum() == 90
    assert pd.isna(result["branch"]).sum() == 2
