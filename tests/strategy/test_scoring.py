from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.errors import ParameterProblem, TableProblem
from workbench.strategy import (
    CRITERIA,
    DEFAULT_WEIGHTS,
    build_criteria,
    find_flips,
    normal_weights,
    response_interval,
    score_customers,
    score_strategies,
    suggest_strategies,
)


@pytest.fixture(scope="module")
def cards(bank) -> pd.DataFrame:
    return suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12")


@pytest.fixture(scope="module")
def criteria(bank, cards) -> pd.DataFrame:
    return build_criteria(cards, bank.customers, bank.membership)


def test_criteria_against_plain_counting(bank, cards, criteria) -> None:
    joined = bank.customers.merge(bank.membership, on="customer_id")
    free = joined[joined["consent"].fillna(False).astype(bool) & ~joined["do_not_contact"]]
    for card, row in zip(cards.itertuples(), criteria.itertuples(), strict=True):
        mine = free[
            (free["segment"] == card.segment) & free["lifecycle_stage"].isin(card.lifecycle_stages.split(","))
        ]
        assert row.n == len(mine)
        each = card.expected_response * card.value_per_response - card.cost_per_contact
        assert row.expected_value == pytest.approx(0.9 * len(mine) * each)
        assert row.cost == pytest.approx(0.9 * len(mine) * card.cost_per_contact)
        assert row.balances == pytest.approx(mine["balance_total"].sum())
        assert row.satisfaction == pytest.approx(mine["satisfaction"].mean())
        assert row.expected_value_low < row.expected_value < row.expected_value_high


def test_criteria_take_a_propensity_where_there_is_one(bank, cards) -> None:
    first = cards.iloc[0]
    chance = pd.Series(0.5, index=bank.customers["customer_id"])
    planned = build_criteria(cards, bank.customers, bank.membership)
    learned = build_criteria(cards, bank.customers, bank.membership, {first["strategy_id"]: chance})
    assert learned.loc[0, "response"] == pytest.approx(0.5)
    assert learned.loc[0, "expected_value"] > planned.loc[0, "expected_value"]
    pd.testing.assert_frame_equal(learned.iloc[1:], planned.iloc[1:])


def test_no_response_rate_at_all(bank, cards) -> None:
    blank = cards.assign(expected_response=float("nan"))
    with pytest.raises(ParameterProblem) as caught:
        build_criteria(blank, bank.customers, bank.membership)
    assert caught.value.key == "strategy_room.error.no_response"
    wrong = {"S1": pd.Series(1.5, index=bank.customers["customer_id"])}
    with pytest.raises(ParameterProblem) as caught:
        build_criteria(cards, bank.customers, bank.membership, wrong)
    assert caught.value.key == "strategy_room.error.probability"


def test_interval_has_the_variance_of_the_beta_binomial() -> None:
    n, p, m = 400, 0.12, 150
    exact = stats.betabinom(n, p * m, (1 - p) * m)
    low, high = response_interval(p, n, m)
    assert low == pytest.approx(exact.ppf(0.1) / n, abs=2 / n)
    assert high == pytest.approx(exact.ppf(0.9) / n, abs=2 / n)


def test_interval_narrows_with_evidence_and_holds_what_it_says() -> None:
    assert np.ptp(response_interval(0.1, 1000, 2000)) < np.ptp(response_interval(0.1, 1000, 50))
    rng = np.random.default_rng(3)
    rates = rng.beta(0.1 * 100, 0.9 * 100, 20_000)
    shares = rng.binomial(500, rates) / 500
    low, high = response_interval(0.1, 500, 100)
    assert np.mean((shares >= low) & (shares <= high)) == pytest.approx(0.8, abs=0.015)


def test_scores_by_hand() -> None:
    criteria = pd.DataFrame(
        {
            "strategy_id": ["A", "B", "C"],
            "expected_value": [10.0, 20.0, 30.0],
            "balances": [5.0, 5.0, 5.0],
            "satisfaction": [8.0, 6.0, np.nan],
            "cost": [100.0, 300.0, 200.0],
        }
    )
    weights = {"expected_value": 2, "balances": 1, "satisfaction": 1, "cost": 1}
    scored = score_strategies(criteria, weights).set_index("strategy_id")
    # equal balances are 0.5, a missing score is 0.5, cost is reversed
    assert scored.loc["A", "score"] == pytest.approx((0 + 0.5 + 1 + 1) / 5)
    assert scored.loc["B", "score"] == pytest.approx((2 * 0.5 + 0.5 + 0 + 0) / 5)
    assert scored.loc["C", "score"] == pytest.approx((2 * 1 + 0.5 + 0.5 + 0.5) / 5)
    assert scored["rank"].to_dict() == {"C": 1, "A": 2, "B": 3}
    parts = scored[[f"contribution_{name}" for name in CRITERIA]].sum(axis=1)
    np.testing.assert_allclose(parts, scored["score"])


def test_weights_need_not_sum_to_one(criteria) -> None:
    tenfold = {name: 10 * weight for name, weight in DEFAULT_WEIGHTS.items()}
    once, ten = score_strategies(criteria), score_strategies(criteria, tenfold)
    pd.testing.assert_frame_equal(once, ten)
    assert ten.attrs["weights"] == pytest.approx(DEFAULT_WEIGHTS)


def test_rank_stability_against_counting_each_draw(criteria) -> None:
    weights = normal_weights({"expected_value": 0.5, "balances": 0.3, "cost": 0.2})
    scored = score_strategies(criteria, weights, draws=600, concentration=40, random_state=5)
    positive = [name for name in CRITERIA if weights[name] > 0]
    draws = np.random.default_rng(5).dirichlet([40 * weights[name] for name in positive], size=600)
    scaled = (criteria[positive] - criteria[positive].min()) / np.ptp(criteria[positive].to_numpy(), axis=0)
    scaled["cost"] = 1 - scaled["cost"]
    kept = dict.fromkeys(criteria["strategy_id"], 0)
    ranks = scored.set_index("strategy_id")["rank"]
    for draw in draws:
        order = (scaled * draw).sum(axis=1).rank(ascending=False, method="first")
        for strategy_id, rank in zip(criteria["strategy_id"], order, strict=True):
            kept[strategy_id] += int(rank == ranks[strategy_id])
    expected = scored["strategy_id"].map(kept) / 600
    np.testing.assert_allclose(scored["rank_stability"], expected)
    assert 0 < scored["rank_stability"].min() < 1


def test_stability_is_whole_under_one_criterion_and_seeded(criteria) -> None:
    alone = score_strategies(criteria, {"balances": 1})
    assert (alone["rank_stability"] == 1).all()
    again = score_strategies(criteria, random_state=9)
    pd.testing.assert_frame_equal(again, score_strategies(criteria, random_state=9))


@pytest.mark.parametrize(
    "weights, key",
    [
        ({"fame": 1}, "strategy_room.error.unknown_criterion"),
        ({"cost": -0.1}, "strategy_room.error.weight"),
        ({"cost": float("nan")}, "strategy_room.error.weight"),
        ({"cost": 0}, "strategy_room.error.no_weight"),
        ({}, "strategy_room.error.no_weight"),
    ],
)
def test_unusable_weights(criteria, weights, key) -> None:
    with pytest.raises(ParameterProblem) as caught:
        score_strategies(criteria, weights)
    assert caught.value.key == key


def test_missing_criteria_are_named(criteria) -> None:
    with pytest.raises(TableProblem, match="balances"):
        score_strategies(criteria.drop(columns="balances"))


def test_one_strategy_and_none(criteria) -> None:
    one = score_strategies(criteria.iloc[:1])
    assert one["score"].tolist() == [0.5]
    assert score_strategies(criteria.iloc[:0]).empty
    assert find_flips(criteria.iloc[:1]).empty


def test_flips_change_the_first_place_and_nothing_nearer_does(criteria) -> None:
    weights = normal_weights(DEFAULT_WEIGHTS)
    flips = find_flips(criteria, weights)
    assert not flips.empty
    leader = score_strategies(criteria, weights)["strategy_id"].iloc[0]
    for flip in flips.itertuples():
        for step, first in ((-0.01, leader), (0.01, flip.first)):
            at = flip.flips_at + step * np.sign(flip.change)
            rest = 1 - weights[flip.criterion]
            moved = {name: weight * (1 - at) / rest for name, weight in weights.items()}
            moved[flip.criterion] = at
            assert score_strategies(criteria, moved)["strategy_id"].iloc[0] == first
    assert flips["change"].abs().is_monotonic_increasing


def test_scoring_strategies_is_fast_enough_for_a_slider(criteria) -> None:
    many = pd.concat([criteria] * 2, ignore_index=True).iloc[:20]
    score_strategies(many)
    times = []
    for _ in range(9):
        begin = time.process_time()
        score_strategies(many)
        times.append(time.process_time() - begin)
    assert np.median(times) < 0.04


def test_customers_are_scored_for_the_strategies_of_their_segment(bank, cards) -> None:
    scores = score_customers(bank.customers, bank.membership, cards)
    segments = bank.membership.set_index("customer_id")["segment"]
    target = cards.set_index("strategy_id")["segment"]
    assert (scores["customer_id"].map(segments) == scores["strategy_id"].map(target)).all()
    assert len(scores) == sum(segments.eq(segment).sum() for segment in cards["segment"])
    assert scores["score"].between(0, 1).all()
    card = cards.set_index("strategy_id").loc["S1"]
    mine = scores[scores["strategy_id"] == "S1"]
    expected = card["expected_response"] * card["value_per_response"] - card["cost_per_contact"]
    np.testing.assert_allclose(mine["expected_value"], expected)


def test_customer_scores_are_weighted_ranks(bank, cards) -> None:
    rng = np.random.default_rng(0)
    chance = {
        strategy_id: pd.Series(rng.random(len(bank.customers)), index=bank.customers["customer_id"])
        for strategy_id in cards["strategy_id"]
    }
    scores = score_customers(bank.customers, bank.membership, cards, chance, {"expected_value": 1})
    expected = (stats.rankdata(scores["expected_value"]) - 1) / (len(scores) - 1)
    np.testing.assert_allclose(scores["score"], expected)
    looked_up = [chance[s][c] for s, c in zip(scores["strategy_id"], scores["customer_id"], strict=True)]
    np.testing.assert_allclose(scores["propensity"], looked_up)


def test_a_customer_the_model_does_not_know_gets_the_planned_rate(bank, cards) -> None:
    some = pd.Series(0.9, index=bank.customers["customer_id"].iloc[:100])
    scores = score_customers(bank.customers, bank.membership, cards, {"S1": some})
    mine = scores[scores["strategy_id"] == "S1"]
    known = mine["customer_id"].isin(some.index)
    assert (mine.loc[known, "propensity"] == 0.9).all()
    assert (mine.loc[~known, "propensity"] == cards["expected_response"].iloc[0]).all()


def test_a_missing_probability_is_the_planned_rate(bank, cards) -> None:
    chance = pd.Series(np.nan, index=bank.customers["customer_id"])
    learned = build_criteria(cards, bank.customers, bank.membership, {"S1": chance})
    assert learned.loc[0, "response"] == pytest.approx(cards["expected_response"].iloc[0])


def test_no_strategies_give_no_scores(bank, cards) -> None:
    scores = score_customers(bank.customers, bank.membership, cards.iloc[:0])
    assert scores.empty


def test_portraits_of_two_dates_are_refused(bank, cards) -> None:
    twice = pd.concat([bank.customers, bank.customers])
    with pytest.raises(ParameterProblem) as caught:
        score_customers(twice, bank.membership, cards)
    assert caught.value.key == "strategy_room.error.repeated_customers"
