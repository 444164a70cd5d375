"""What lists are worth, against sums done by hand and lists cut again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.strategy import (
    build_criteria,
    build_strategy_map,
    price_targets,
    response_interval,
    score_customers,
    select_targets,
    suggest_strategies,
    summarise_map,
    total_value,
    trace_capacity,
    value_lists,
)


@pytest.fixture
def cut():
    random = np.random.default_rng(3)
    n = 400
    customers = pd.DataFrame(
        {
            "customer_id": [f"{i:04d}" for i in range(n)],
            "balance_total": random.lognormal(10, 1, n).round(2),
            "age": random.integers(20, 80, n).astype(float),
        }
    )
    membership = pd.DataFrame(
        {
            "customer_id": customers["customer_id"],
            "cluster": np.arange(n) % 2,
            "segment": np.where(np.arange(n) % 2, "A", "B"),
        }
    )
    cards = suggest_strategies(customers, membership, starts_on="2026-10-12", control_share=0.2)
    scores = score_customers(customers, membership, cards)
    return customers, membership, cards, scores


def test_the_first_rows_are_what_a_capacity_would_list(cut):
    customers, membership, cards, scores = cut
    everybody = select_targets(scores, cards, customers, membership)
    priced = price_targets(everybody.targets, scores, cards)
    assert len(priced) == len(everybody.targets)
    for capacity in (0, 1, 57, 399):
        fewer = select_targets(scores, cards, customers, membership, capacity=capacity)
        assert set(priced.head(capacity)["customer_id"]) == set(fewer.targets["customer_id"])


def test_values_are_sums_over_those_contacted(cut):
    customers, membership, cards, scores = cut
    targets = select_targets(scores, cards, customers, membership).targets
    valued = value_lists(price_targets(targets, scores, cards)).set_index("strategy_id")
    treated = targets[targets["arm"].eq("treatment")].merge(scores, on=["customer_id", "strategy_id"])
    wanted = treated.groupby("strategy_id")["expected_value"].sum()
    assert valued["expected_value"].to_dict() == pytest.approx(wanted.to_dict())
    costs = cards.set_index("strategy_id")["cost_per_contact"]
    assert valued["cost"].to_dict() == pytest.approx((valued["contacts"] * costs).dropna().to_dict())
    assert (valued["n"] == valued["contacts"] + valued["n_control"]).all()


def test_the_interval_is_that_of_the_response_rate():
    priced = pd.DataFrame(
        {"strategy_id": "S1", "arm": "treatment", "propensity": [0.1] * 50, "value": 200.0, "cost": 3.0}
    ).assign(minutes=float("nan"))
    row = value_lists(priced, evidence={"S1": 400}).iloc[0]
    low, high = response_interval(0.1, 50, 400)
    assert row["expected_value_low"] == pytest.approx(50 * low * 200 - 150)
    assert row["expected_value_high"] == pytest.approx(50 * high * 200 - 150)
    assert np.isnan(row["minutes"])


def test_the_total_s_interval_holds_what_simulation_says(cut):
    customers, membership, cards, _ = cut
    criteria = build_criteria(cards, customers, membership)
    random = np.random.default_rng(0)
    draws = np.zeros(40_000)
    for row, card in zip(criteria.to_dict("records"), cards.to_dict("records"), strict=True):
        rate = random.beta(row["response"] * 100, (1 - row["response"]) * 100, len(draws))
        responses = random.binomial(round(row["contacts"]), rate)
        draws += responses * card["value_per_response"] - row["cost"]
    total = total_value(criteria)
    spread = np.quantile(draws, 0.9) - np.quantile(draws, 0.1)
    width = total["expected_value_high"] - total["expected_value_low"]
    assert total["expected_value"] == pytest.approx(draws.mean(), rel=0.03)
    assert width == pytest.approx(spread, rel=0.08)


def test_the_trace_ends_at_the_total(cut):
    customers, membership, cards, scores = cut
    targets = select_targets(scores, cards, customers, membership).targets
    priced = price_targets(targets, scores, cards)
    trace = trace_capacity(priced, points=37)
    valued = value_lists(priced)
    assert trace["capacity"].tolist() == sorted(set(trace["capacity"]))
    assert trace.iloc[0].tolist() == [0.0, 0.0, 0.0]
    assert trace.iloc[-1]["expected_value"] == pytest.approx(valued["expected_value"].sum())
    assert trace.iloc[-1]["cost"] == pytest.approx(valued["cost"].sum())
    middle = trace.iloc[len(trace) // 2]
    half = value_lists(priced.head(int(middle["capacity"])))
    assert middle["expected_value"] == pytest.approx(half["expected_value"].sum())


def test_empty_lists_are_worth_nothing(cut):
    _, _, cards, scores = cut
    from workbench.tables import TARGETS

    priced = price_targets(TARGETS.empty(), scores, cards)
    assert value_lists(priced).empty
    assert total_value(value_lists(priced))["expected_value"] == 0
    assert trace_capacity(priced)["capacity"].tolist() == [0]


def test_a_customer_without_a_score_is_named(cut):
    customers, membership, cards, scores = cut
    targets = select_targets(scores, cards, customers, membership).targets
    with pytest.raises(ParameterProblem, match=f"no score for strategy {targets['strategy_id'].iloc[0]}"):
        price_targets(targets, scores.iloc[:0], cards)


def test_the_map_s_summary_counts_customers_where_there_are_no_balances(cut):
    customers, membership, cards, _ = cut
    bare = build_strategy_map(customers.drop(columns="balance_total"), membership, cards.iloc[:1])
    known = summarise_map(bare)
    covered = bare.loc[bare["strategy_ids"] != "", "n"].sum() / bare["n"].sum()
    assert known["share_covered"] == pytest.approx(covered)
    assert np.isnan(known["balance_gaps"])
    assert known["n_gaps"] == 1
