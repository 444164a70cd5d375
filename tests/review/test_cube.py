"""The board's cube: any filter is a count over the customers themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from workbench.errors import ParameterProblem
from workbench.review import (
    build_cube,
    build_funnel,
    compare_members,
    compare_to_plan,
    evaluate_strategies,
    funnel_of,
    sum_cube,
    summarise_kpis,
)
from workbench.review.cube import COUNTS, first_week

FIGURES = ("value", "value_low", "value_high", "cost", "return_on_cost", "return_low", "return_high")


@pytest.fixture
def cycle(make_cycle):
    made = make_cycle(
        ("S1", 90, 27, 30, 3),
        ("S2", 60, 4, 20, 2),
        S1={"script_version": "2"},
        S2={"expected_response": 0.1, "value_per_response": 40.0, "channel": "sms"},
    )
    # Some were tried twice, some not reached, some refused; two callers.
    contacts = made.contacts.copy()
    again = contacts.iloc[:20].assign(
        contact_id=lambda rows: "again" + rows["contact_id"],
        contacted_at=lambda rows: rows["contacted_at"] + pd.Timedelta(days=9),
        disposition="refused",
    )
    contacts.loc[contacts.index[:40], "disposition"] = "no_answer"
    contacts = pd.concat([contacts, again], ignore_index=True)
    contacts["agent"] = [f"Caller {i % 2}" for i in range(len(contacts))]
    made.contacts = contacts
    made.outcomes.loc[made.outcomes.index[:5], "amount"] = 0.0
    made.customers["region"] = made.customers["branch"].map(
        {"Branch 00": "North", "Branch 01": "North", "Branch 02": "South"}
    )
    return made


@pytest.fixture
def cube(cycle):
    return build_cube(*cycle.tables(), contacts=cycle.contacts, customers=cycle.customers)


def by_hand(cycle, branch=None, strategy_id=None, weeks=None) -> dict[str, float]:
    """Count customers one by one, without a table of sums."""
    begin = pd.Timestamp("2026-07-01")

    def inside(moment) -> bool:
        return weeks is None or weeks[0] <= (moment - begin).days // 7 + 1 <= weeks[1]

    homes = dict(zip(cycle.customers["customer_id"], cycle.customers["branch"], strict=True))
    counted = dict.fromkeys([*COUNTS, "tries"], 0.0)
    contacts = dict(list(cycle.contacts.groupby("customer_id")))
    outcomes = dict(list(cycle.outcomes.groupby("customer_id")))
    for row in cycle.targets.itertuples():
        if branch not in (None, homes[row.customer_id]) or strategy_id not in (None, row.strategy_id):
            continue
        mine = contacts.get(row.customer_id, cycle.contacts.iloc[:0])
        answers = outcomes.get(row.customer_id, cycle.outcomes.iloc[:0])
        yes = len(answers) > 0 and inside(answers["recorded_at"].min())
        tried = len(mine) > 0 and inside(mine["contacted_at"].min())
        if row.arm == "control":
            counted["control"] += 1
            counted["control_responded"] += yes
            counted["control_contacted"] += tried
            continue
        spoke = mine[mine["disposition"].isin(["reached", "refused", "callback"])]
        refused = mine[mine["disposition"] == "refused"]
        counted["listed"] += 1
        counted["contacted"] += tried
        counted["reached"] += len(spoke) > 0 and inside(spoke["contacted_at"].min())
        counted["refused"] += len(refused) > 0 and inside(refused["contacted_at"].min())
        counted["responded"] += yes
        counted["bought"] += yes and answers["amount"].sum() > 0
        counted["tries"] += sum(inside(moment) for moment in mine["contacted_at"])
    return counted


@pytest.mark.parametrize(
    ("chosen", "weeks"),
    [({}, None), ({"branch": "Branch 01"}, (2, 3)), ({"branch": "Branch 02", "strategy_id": "S1"}, (1, 1))],
)
def test_any_filter_is_a_count_of_customers(cycle, cube, chosen, weeks):
    (found,) = sum_cube(cube, filters=chosen, weeks=weeks).to_dict("records")
    for name, n in by_hand(cycle, weeks=weeks, **chosen).items():
        assert found[name] == n, name


def test_the_funnel_and_the_plan_are_those_of_the_overview(cycle, cube):
    whole = sum_cube(cube)
    funnel = build_funnel(*cycle.tables(), contacts=cycle.contacts)
    pd.testing.assert_frame_equal(funnel_of(whole), funnel, check_dtype=False)
    table = compare_to_plan(*cycle.tables(), cycle.customers, contacts=cycle.contacts)
    mine = compare_members(cube, cycle.strategies, "branch").set_index("branch")
    theirs = table[table["strategy_id"].eq("")].set_index("branch")
    for ours, named in (("listed", "n"), ("responded", "responded"), ("plan_responses", "planned")):
        assert mine[ours].to_dict() == pytest.approx(theirs[named].to_dict())
    assert mine["responded_to_plan"].to_dict() == pytest.approx(theirs["to_plan"].to_dict())


def test_a_strategys_value_is_the_evaluations_and_parts_add_up_to_it(cycle, cube):
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    rows = evaluation[evaluation["arm"].eq("treatment") & evaluation["outcome"].eq("responded")]
    rows = rows.set_index("strategy_id")
    mine = compare_members(cube, cycle.strategies, "strategy_id").set_index("strategy_id")
    for name in FIGURES:
        assert mine[name].to_dict() == pytest.approx(rows[name].to_dict()), name
    for by in ("branch", "region", "person", "channel", "script", "segment"):
        parts = compare_members(cube, cycle.strategies, by)
        assert parts["value"].sum() == pytest.approx(mine["value"].sum()), by
        assert parts["listed"].sum() == 150
    whole = compare_members(cube, cycle.strategies).iloc[0]
    kpis = summarise_kpis(evaluation).set_index("kpi")
    assert whole["value"] == pytest.approx(kpis.at["value_won", "value"])
    assert whole["value_low"] == pytest.approx(kpis.at["value_won", "low"])
    assert whole["cost"] == pytest.approx(kpis.at["cost", "value"])


def test_a_values_interval_is_the_score_interval_by_search(cycle, cube):
    """Each end is where the score of the likeliest rates that far apart is 1.96: by brute force."""
    row = compare_members(cube, cycle.strategies, filters={"strategy_id": "S1"}).iloc[0]
    rates = np.linspace(1e-6, 1 - 1e-6, 20_001)

    def score(apart: float) -> float:
        both = rates[(rates + apart > 0) & (rates + apart < 1)]
        told = stats.binom.logpmf(27, 90, both + apart) + stats.binom.logpmf(3, 30, both)
        control = both[told.argmax()]
        treated = control + apart
        squared = (treated * (1 - treated) / 90 + control * (1 - control) / 30) * 120 / 119
        return float((27 / 90 - 3 / 30 - apart) / np.sqrt(squared))

    ends = [
        optimize.brentq(lambda apart, z=z: score(apart) - z, *at)
        for z, at in ((1.96, (-0.3, 0.19)), (-1.96, (0.21, 0.6)))
    ]
    assert (row["value_low"], row["value_high"]) == pytest.approx(tuple(np.array(ends) * 9_000), abs=3)


def test_a_whole_of_two_strategies_adds_variances(cycle, cube):
    row = compare_members(cube, cycle.strategies).iloc[0]
    total = 0.0
    for n, yes, m, no, worth in ((90, 27, 30, 3, 100.0), (60, 4, 20, 2, 40.0)):
        treated, control = np.repeat([1.0, 0.0], [yes, n - yes]), np.repeat([1.0, 0.0], [no, m - no])
        error = stats.sem(treated) ** 2 + stats.sem(control) ** 2
        total += np.square(worth * n) * error
    assert row["value_high"] - row["value"] == pytest.approx(1.959964 * np.sqrt(total))


def test_the_plan_is_spread_over_the_weeks_of_the_card(cycle, cube):
    weeks = sum_cube(cube, "week").set_index("week")["plan_contacts"]
    # 60 days from the first: eight whole weeks and four days.
    assert weeks.loc[1:8].tolist() == pytest.approx([150 * 7 / 60] * 8)
    assert weeks.loc[9] == pytest.approx(150 * 4 / 60)
    assert first_week(cycle.strategies) == pd.Timestamp("2026-07-01")
    some = compare_members(cube, cycle.strategies, weeks=(1, 2)).iloc[0]
    assert some["contacted_to_plan"] == pytest.approx(some["contacted"] / (150 * 14 / 60))


def test_a_budget_on_the_card_is_what_cost_is_held_against(make_cycle):
    made = make_cycle(("S1", 50, 5, 10, 1), S1={"budget": 80.0})
    cube = build_cube(*made.tables(), contacts=made.contacts, customers=made.customers)
    rows = compare_members(cube, made.strategies, "branch")
    assert rows["plan_cost"].sum() == pytest.approx(80.0)
    assert compare_members(cube, made.strategies)["cost_to_plan"].iloc[0] == pytest.approx(100 / 80)


def test_without_a_control_the_value_is_gross_and_says_so(make_cycle):
    made = make_cycle(("S1", 40, 10, 0, 0), ("S2", 40, 10, 20, 1))
    cube = build_cube(*made.tables(), contacts=made.contacts)
    rows = compare_members(cube, made.strategies, "strategy_id").set_index("strategy_id")
    assert rows["basis"].to_dict() == {"S1": "gross", "S2": "incremental"}
    assert rows.at["S1", "value"] == rows.at["S1", "gross"] == 1000.0
    assert np.isnan(rows.at["S1", "value_low"])
    assert compare_members(cube, made.strategies)["basis"].iloc[0] == "mixed"


@pytest.mark.parametrize("lists", [("S1", 40, 0, 10, 0), ("S1", 0, 0, 10, 1)])
def test_nobody_responding_and_an_empty_arm_are_no_fault(make_cycle, lists):
    made = make_cycle(lists)
    cube = build_cube(*made.tables(), contacts=made.contacts)
    row = compare_members(cube, made.strategies).iloc[0]
    assert not row["responded"] > 0
    assert not row["value"] > 0


def test_a_strategy_that_nobody_was_contacted_for_has_no_result(make_cycle):
    made = make_cycle(("S1", 40, 3, 10, 1), ("S2", 20, 2, 5, 0), contacted={"S1": 0})
    cube = build_cube(*made.tables(), contacts=made.contacts)
    rows = compare_members(cube, made.strategies, "strategy_id").set_index("strategy_id")
    assert rows.loc["S1", ["responded", "responded_to_plan", "value", "cost"]].isna().all()
    assert rows.at["S1", "basis"] == "none"
    assert rows.at["S1", "contacted_to_plan"] == 0
    assert compare_members(cube, made.strategies)["responded"].iloc[0] == 2


def test_a_customer_in_both_arms_and_an_early_outcome_count_in_none(make_cycle):
    made = make_cycle(("S1", 40, 10, 10, 1))
    both = made.targets.iloc[[0]].assign(arm="control")
    targets = pd.concat([made.targets, both], ignore_index=True)
    outcomes = made.outcomes.copy()
    outcomes.loc[1, "recorded_at"] = pd.Timestamp("2026-06-01")
    row = sum_cube(build_cube(targets, outcomes, made.strategies, contacts=made.contacts)).iloc[0]
    assert (row["listed"], row["responded"]) == (39, 8)


def test_amounts_in_another_currency_are_no_sum(make_cycle):
    made = make_cycle(("S1", 40, 10, 10, 1))
    outcomes = made.outcomes.assign(currency=["USD"] + ["CNY"] * (len(made.outcomes) - 1))
    row = sum_cube(build_cube(made.targets, outcomes, made.strategies, contacts=made.contacts)).iloc[0]
    assert np.isnan(row["amount"])
    assert row["responded"] == 10


def test_without_contacts_everybody_was_written_to(make_cycle):
    made = make_cycle(("S1", 40, 10, 10, 1))
    row = sum_cube(build_cube(*made.tables())).iloc[0]
    assert (row["contacted"], row["tries"], row["cost"]) == (40, 40, 80.0)
    assert np.isnan(row["reached"])


def test_a_plan_that_no_card_has_is_missing(make_cycle):
    made = make_cycle(("S1", 40, 10, 10, 1), S1={"expected_response": float("nan")})
    row = compare_members(build_cube(*made.tables()), made.strategies).iloc[0]
    assert np.isnan(row["plan_responses"])
    assert np.isnan(row["responded_to_plan"])


def test_a_dimension_that_there_is_not_is_said(cube):
    with pytest.raises(ParameterProblem, match="shoe_size"):
        sum_cube(cube, "shoe_size")
    with pytest.raises(ParameterProblem, match="listed"):
        sum_cube(cube, filters={"listed": "1"})
