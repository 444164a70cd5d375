"""Strategies by intention to treat, counted by hand and against the core."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from workbench.errors import ParameterProblem
from workbench.review import (
    Sums,
    compare_proportions,
    evaluate_strategies,
    plan_sample_size,
    recommend,
    relative_lift,
    summarise_kpis,
)
from workbench.review.strategies import EXTRA_COLUMNS
from workbench.tables import EVALUATION


def row(evaluation: pd.DataFrame, strategy_id: str, arm: str = "treatment", outcome: str = "responded"):
    fits = evaluation["strategy_id"].eq(strategy_id) & evaluation["arm"].eq(arm)
    return evaluation[fits & evaluation["outcome"].eq(outcome)].iloc[0]


@pytest.fixture
def cycle(make_cycle):
    return make_cycle(("S1", 900, 270, 100, 10), ("S2", 450, 60, 50, 5), ("S3", 90, 9, 10, 1))


def test_uplift_is_treated_minus_control_of_everybody_drawn(cycle):
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    EVALUATION.check(evaluation)
    treated, held = row(evaluation, "S1"), row(evaluation, "S1", "control")
    assert (treated["n"], held["n"]) == (900, 100)
    assert (treated["mean"], held["mean"]) == pytest.approx((0.3, 0.1), abs=1e-12)
    expected = compare_proportions(270, 900, 10, 100)
    for name, figure in (
        ("uplift", expected.estimate),
        ("ci_low", expected.ci_low),
        ("ci_high", expected.ci_high),
        ("p_value", expected.p_value),
        ("standard_error", expected.standard_error),
    ):
        assert treated[name] == pytest.approx(float(figure)), name
    lift = relative_lift(Sums(900, 270, 270), Sums(100, 10, 10))
    assert treated["lift"] == pytest.approx(2.0)
    assert treated["lift_low"] == pytest.approx(float(lift.ci_low))
    amount = row(evaluation, "S1", outcome="amount")
    assert amount["mean"] == pytest.approx(0.3 * 50)
    assert held[["uplift", "p_value", "value", "p_holm"]].isna().all()


def test_columns_and_order(cycle):
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    assert evaluation.columns.tolist() == ["strategy_id", *EVALUATION.names, *EXTRA_COLUMNS]
    assert evaluation["strategy_id"].tolist() == [s for s in ("S1", "S2", "S3") for _ in range(4)]
    assert evaluation["arm"].tolist() == ["treatment", "treatment", "control", "control"] * 3


def test_holm_runs_over_the_strategies_of_one_outcome(cycle):
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    for outcome in ("responded", "amount"):
        treated = evaluation[evaluation["arm"].eq("treatment") & evaluation["outcome"].eq(outcome)]
        assert treated["p_holm"].to_numpy() == pytest.approx(
            multipletests(treated["p_value"], method="holm")[1]
        )


def test_being_missed_by_the_callers_does_not_take_a_customer_out(make_cycle):
    cycle = make_cycle(("S1", 900, 270, 100, 10), contacted={"S1": 300})
    treated = row(evaluate_strategies(*cycle.tables(), contacts=cycle.contacts), "S1")
    assert treated["n"] == 900
    assert treated["mean"] == pytest.approx(0.3)
    assert treated["n_contacted"] == 300
    assert treated["cost"] == 300 * 2.0


def test_value_cost_and_return(cycle):
    treated = row(evaluate_strategies(*cycle.tables(), contacts=cycle.contacts), "S1")
    assert treated["value"] == pytest.approx(0.2 * 900 * 100)
    assert treated["value_low"] == pytest.approx(treated["ci_low"] * 900 * 100)
    assert treated["cost"] == 1_800
    assert treated["return_on_cost"] == pytest.approx(10)
    assert treated["return_high"] == pytest.approx(treated["value_high"] / 1_800)
    assert treated["break_even_uplift"] == pytest.approx(0.02)
    assert treated["planned_uplift"] == pytest.approx(0.1)
    assert treated["n_needed"] == plan_sample_size(0.1, 0.1, control_share=0.1)


def test_return_is_missing_where_nothing_was_spent(make_cycle):
    cycle = make_cycle(("S1", 900, 270, 100, 10), S1={"cost_per_contact": 0.0})
    treated = row(evaluate_strategies(*cycle.tables(), contacts=cycle.contacts), "S1")
    assert treated["cost"] == 0
    assert np.isnan(treated["return_on_cost"])


def test_without_contacts_every_figure_is_missing_and_never_zero(make_cycle):
    cycle = make_cycle(("S1", 90, 0, 10, 0), ("S2", 90, 9, 10, 1), contacted={"S1": 0})
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    silent = evaluation[evaluation["strategy_id"].eq("S1")]
    figures = ["mean", "uplift", "ci_low", "ci_high", "p_value", "p_holm", "lift", "value", "cost", "verdict"]
    assert silent[figures].isna().all(axis=None)
    assert silent["n"].tolist() == [90, 90, 10, 10]
    assert row(evaluation, "S2")["mean"] == pytest.approx(0.1)


def test_a_card_without_a_list_is_there_with_nobody(cycle):
    cards = pd.concat([cycle.strategies, cycle.strategies.iloc[[0]].assign(strategy_id="S9")])
    evaluation = evaluate_strategies(cycle.targets, cycle.outcomes, cards, contacts=cycle.contacts)
    assert row(evaluation, "S9")["n"] == 0
    assert np.isnan(row(evaluation, "S9")["mean"])


def test_control_customers_who_were_called_are_counted_and_stay_control(cycle):
    called = cycle.targets[cycle.targets["arm"].eq("control") & cycle.targets["strategy_id"].eq("S1")].head(7)
    extra = cycle.contacts.head(7).assign(
        contact_id=[f"x{i}" for i in range(7)], customer_id=called["customer_id"].to_numpy()
    )
    plain = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    evaluation = evaluate_strategies(*cycle.tables(), contacts=pd.concat([cycle.contacts, extra]))
    assert row(evaluation, "S1")["n_contaminated"] == 7
    assert row(evaluation, "S2")["n_contaminated"] == 0
    assert row(evaluation, "S1")["uplift"] == row(plain, "S1")["uplift"]
    assert row(evaluation, "S1")["cost"] == row(plain, "S1")["cost"] + 14


def test_several_outcomes_of_one_customer_are_one_response_and_their_sum(cycle):
    again = cycle.outcomes.assign(outcome_id=lambda rows: rows["outcome_id"] + "-2")
    refused = again.head(20).assign(outcome_id=lambda r: r["outcome_id"] + "-3", responded=False, amount=0.0)
    both = pd.concat([cycle.outcomes, again, refused])
    evaluation = evaluate_strategies(cycle.targets, both, cycle.strategies, contacts=cycle.contacts)
    assert row(evaluation, "S1")["mean"] == pytest.approx(0.3)
    assert row(evaluation, "S1", outcome="amount")["mean"] == pytest.approx(30)


def test_without_amounts_there_is_no_amount(cycle):
    outcomes = cycle.outcomes.assign(amount=np.nan)
    evaluation = evaluate_strategies(cycle.targets, outcomes, cycle.strategies, contacts=cycle.contacts)
    assert np.isnan(row(evaluation, "S1", outcome="amount")["mean"])
    assert row(evaluation, "S1")["mean"] == pytest.approx(0.3)


def test_without_a_contact_log_everybody_treated_counts_as_contacted_once(cycle):
    treated = row(evaluate_strategies(*cycle.tables()), "S1")
    assert treated["n_contacted"] == 900
    assert treated["cost"] == 1_800
    assert np.isnan(treated["n_contaminated"])
    assert np.isnan(treated["n_reached"])


def test_parts_add_up_and_are_not_corrected(cycle):
    parts = evaluate_strategies(
        *cycle.tables(), contacts=cycle.contacts, customers=cycle.customers, by="lifecycle_stage"
    )
    whole = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    assert parts["p_holm"].isna().all()
    for name in ("n", "n_responded", "cost"):
        sums = parts[parts["outcome"].eq("responded")].groupby(["strategy_id", "arm"])[name].sum()
        for strategy_id in ("S1", "S2", "S3"):
            assert sums[strategy_id, "treatment"] == row(whole, strategy_id)[name]
    growth = cycle.customers["lifecycle_stage"].eq("growth").to_numpy()
    kept = cycle.targets["strategy_id"].eq("S1") & growth
    alone = evaluate_strategies(
        cycle.targets[kept], cycle.outcomes, cycle.strategies, contacts=cycle.contacts
    )
    part = parts[parts["lifecycle_stage"].eq("growth")]
    assert row(part, "S1")["uplift"] == pytest.approx(row(alone, "S1")["uplift"])


def test_parts_may_be_a_column_of_the_lists(cycle):
    parts = evaluate_strategies(*cycle.tables(), by="segment")
    assert parts["segment"].unique().tolist() == ["segment S1", "segment S2", "segment S3"]


def test_customers_of_no_known_part_stay_in(cycle):
    known = cycle.customers.iloc[10:]
    parts = evaluate_strategies(*cycle.tables(), customers=known, by="branch")
    whole = evaluate_strategies(*cycle.tables())
    assert parts["n"].sum() == whole["n"].sum()
    assert parts["branch"].isna().any()


def test_what_cannot_be_evaluated_is_said(cycle):
    with pytest.raises(ParameterProblem, match="no strategy card for S3"):
        evaluate_strategies(cycle.targets, cycle.outcomes, cycle.strategies.head(2))
    with pytest.raises(ParameterProblem, match='"branch" is neither in the lists'):
        evaluate_strategies(*cycle.tables(), by="branch")


def test_verdicts_follow_holm(make_cycle):
    cycle = make_cycle(("S1", 900, 270, 300, 30), ("S2", 900, 45, 300, 45), ("S3", 900, 92, 300, 30))
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    assert [row(evaluation, s)["verdict"] for s in ("S1", "S2", "S3")] == ["works", "harms", "open"]


def test_a_control_of_ten_without_a_response_proves_nothing(make_cycle):
    # Welch's p would be .002, because ten zeros have no variance; Fisher's exact p is .59.
    cycle = make_cycle(("S1", 90, 9, 10, 0))
    treated = row(evaluate_strategies(*cycle.tables()), "S1")
    assert treated["p_holm"] == pytest.approx(0.30, abs=0.01)
    assert treated["expected_count"] == pytest.approx(10 * 9 / 100)
    assert treated["verdict"] == "open"


def test_an_evaluation_survives_being_stored(cycle):
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    stored = io.BytesIO()
    evaluation.to_parquet(stored)
    again = pd.read_parquet(stored)
    pd.testing.assert_frame_equal(again, evaluation, check_dtype=False)
    pd.testing.assert_frame_equal(summarise_kpis(again), summarise_kpis(evaluation))
    pd.testing.assert_frame_equal(recommend(again, cycle.strategies), recommend(evaluation, cycle.strategies))


def test_ids_stored_as_categories_are_read_alike(cycle):
    targets = cycle.targets.astype({"strategy_id": "category", "arm": "category", "customer_id": "category"})
    pd.testing.assert_frame_equal(
        evaluate_strategies(targets, cycle.outcomes, cycle.strategies, contacts=cycle.contacts),
        evaluate_strategies(*cycle.tables(), contacts=cycle.contacts),
    )
