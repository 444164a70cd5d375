"""What was accepted is what the next cycle starts from."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.review import apply_recommendations, compare_strategies
from workbench.tables import STRATEGIES


def proposal(strategy_id: str, change: dict, mean: float = 0.31, **more: object) -> dict[str, object]:
    return {
        "strategy_id": strategy_id,
        "action": "keep",
        "rule": "R2",
        "reason": "review_room.reason.keep",
        "change": json.dumps(change),
        "evidence": json.dumps({"n": 100, "mean": mean}),
    } | more


@pytest.fixture
def strategies(make_cycle):
    lists = [(f"S{i}", 9, 1, 3, 0) for i in range(1, 6)]
    return make_cycle(*lists).strategies


def test_changes_are_carried_over_and_listed(strategies):
    accepted = pd.DataFrame(
        [
            proposal("S1", {"capacity_factor": 1.5}),
            proposal("S2", {"stop": True}),
            proposal("S3", {"control_share": 0.3}),
            proposal("S4", {"lifecycle_stages": "growth,mature"}, mean=0.2),
        ]
    )
    following = STRATEGIES.check(apply_recommendations(strategies, accepted))
    cards = following.set_index("strategy_id")
    assert following["strategy_id"].tolist() == ["S1", "S3", "S4", "S5"]
    assert cards["capacity_factor"].to_dict() == {"S1": 1.5, "S3": 1.0, "S4": 1.0, "S5": 1.0}
    assert cards.at["S3", "control_share"] == 0.3
    assert cards.at["S4", "lifecycle_stages"] == "growth,mature"
    assert cards["expected_response"].to_dict() == {"S1": 0.31, "S3": 0.31, "S4": 0.2, "S5": 0.2}
    difference = compare_strategies(strategies, following)
    listed = [tuple(row) for row in difference.itertuples(index=False)]
    assert listed == [
        ("S1", "expected_response", 0.2, 0.31),
        ("S1", "capacity_factor", 1.0, 1.5),
        ("S2", "strategy_id", "S2", None),
        ("S3", "expected_response", 0.2, 0.31),
        ("S3", "control_share", 0.1, 0.3),
        ("S4", "lifecycle_stages", "", "growth,mature"),
    ]


def test_channels_tiers_and_priors_are_carried_and_a_script_is_not(strategies):
    change = {
        "channel": "app",
        "channels": "app,phone",
        "tier": "value",
        "script_version": "2",
        "script": "another",
        "expected_response": 0.11,
        "prior_a": 110.0,
        "prior_b": 890.0,
        "n_more": 7,
    }
    before = strategies.assign(channels="phone", tier="", script_version="1")
    following = apply_recommendations(before, pd.DataFrame([proposal("S2", change, posterior_mean=0.11)]))
    difference = compare_strategies(before, following)
    assert difference["strategy_id"].unique().tolist() == ["S2"]
    assert dict(zip(difference["field"], difference["after"], strict=True)) == {
        "channel": "app",
        "channels": "app,phone",
        "tier": "value",
        "expected_response": 0.11,
        "prior_a": 110.0,
        "prior_b": 890.0,
    }


def test_nothing_is_learned_where_the_rule_says_nothing_of_it(strategies):
    row = proposal("S1", {}) | {"evidence": json.dumps({"mean": 0.31, "posterior_mean": 0.29})}
    assert compare_strategies(strategies, apply_recommendations(strategies, pd.DataFrame([row]))).empty


def test_two_cycles_of_growth_multiply(strategies):
    accepted = pd.DataFrame([proposal("S1", {"capacity_factor": 1.5})])
    twice = apply_recommendations(apply_recommendations(strategies, accepted), accepted)
    assert twice.set_index("strategy_id").at["S1", "capacity_factor"] == 2.25


def test_the_given_cards_stay_as_they_are(strategies):
    before = strategies.copy()
    apply_recommendations(strategies, pd.DataFrame([proposal("S1", {"capacity_factor": 2, "stop": False})]))
    pd.testing.assert_frame_equal(strategies, before)


def test_only_accepted_ones_count(strategies):
    rows = [
        proposal("S1", {"stop": True}, status="rejected"),
        proposal("S2", {"stop": True}, status="open"),
        proposal("S3", {"stop": True}, status="accepted"),
    ]
    following = apply_recommendations(strategies, pd.DataFrame(rows))
    assert following["strategy_id"].tolist() == ["S1", "S2", "S4", "S5"]


def test_dates_move_and_keep_their_length(strategies):
    nothing = pd.DataFrame([proposal("S1", {})])
    following = apply_recommendations(strategies, nothing, starts_on="2026-10-01")
    assert (following["starts_on"] == pd.Timestamp("2026-10-01")).all()
    assert (following["ends_on"] - following["starts_on"]).dt.days.eq(59).all()
    assert following.dtypes["starts_on"] == strategies.dtypes["starts_on"]


def test_nothing_accepted_changes_nothing(strategies):
    none = pd.DataFrame([proposal("S1", {})]).iloc[:0]
    following = apply_recommendations(strategies, none)
    pd.testing.assert_frame_equal(following, strategies)
    assert compare_strategies(strategies, following).empty


def test_a_new_card_is_listed(strategies):
    difference = compare_strategies(strategies.iloc[:4], strategies)
    assert difference.values.tolist() == [["S5", "strategy_id", None, "S5"]]


def test_a_recommendation_for_no_card_is_said(strategies):
    with pytest.raises(ParameterProblem, match="no strategy card for S9"):
        apply_recommendations(strategies, pd.DataFrame([proposal("S9", {})]))
