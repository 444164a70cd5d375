"""The lists' own order against chance and propensity, each list and all together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.review import measure_targeting, qini_coefficient


def with_order(cycle, strategy_id: str = "S1", *, by_response: bool):
    """Rank those first whom the contact moved, or nobody in particular."""
    targets = cycle.targets.copy()
    came = cycle.outcomes.groupby(["strategy_id", "customer_id"])["responded"].max()
    key = pd.MultiIndex.from_frame(targets[["strategy_id", "customer_id"]])
    responded = came.reindex(key).fillna(False).to_numpy(dtype=bool)
    treated = targets["arm"].eq("treatment").to_numpy()
    wanted = (
        np.where(responded, 1.0, 0.0) * np.where(treated, 1.0, -1.0) if by_response else np.zeros(len(key))
    )
    noise = np.random.default_rng(0).random(len(targets))
    targets["rank"] = (
        pd.Series(wanted + noise).groupby(targets["strategy_id"].to_numpy()).rank(ascending=False).astype(int)
    )
    return targets


def test_a_list_that_puts_the_moved_first_is_better_than_chance(make_cycle):
    cycle = make_cycle(("S1", 400, 120, 200, 20))
    targets = with_order(cycle, by_response=True)
    chance = targets[["customer_id", "strategy_id"]].assign(propensity=np.random.default_rng(1).random(600))
    found = measure_targeting(targets, cycle.outcomes, cycle.strategies, chance, contacts=cycle.contacts)
    assert found["lists"]["problem"].tolist() == ["", ""]
    assert found["lists"]["uplift"].tolist() == pytest.approx([0.2, 0.2])
    table = found["coefficients"].set_index(["strategy_id", "order", "measure"])
    assert table.loc[("S1", "list", "qini"), "ci_low"] > 0
    better = found["differences"].set_index(["strategy_id", "other"]).loc[("S1", "propensity")]
    assert better["ci_low"] > 0
    assert set(found["curves"]["strategy_id"]) == {"S1", ""}
    assert found["curves"].groupby(["strategy_id", "order"]).size().max() <= 200


def test_one_list_alone_and_all_together_agree(make_cycle):
    cycle = make_cycle(("S1", 300, 90, 100, 10))
    targets = with_order(cycle, by_response=False)
    found = measure_targeting(targets, cycle.outcomes, cycle.strategies, contacts=cycle.contacts)
    table = found["coefficients"].set_index(["strategy_id", "measure"])["value"]
    assert table[("S1", "qini")] == pytest.approx(table[("", "qini")])
    came = set(cycle.outcomes.loc[cycle.outcomes["responded"], "customer_id"])
    outcome = targets["customer_id"].isin(came).to_numpy()
    by_hand = qini_coefficient(outcome, targets["arm"].eq("treatment"), -targets["rank"])
    assert table[("S1", "qini")] == pytest.approx(by_hand)


def test_what_is_wrong_with_a_list_is_kept_beside_the_others(make_cycle):
    cycle = make_cycle(
        ("S1", 300, 90, 100, 10),
        ("S2", 50, 9, 0, 0),
        ("S3", 0, 0, 50, 5),
        ("S4", 20, 5, 10, 1),
        ("S5", 100, 0, 100, 0),
    )
    targets = with_order(cycle, by_response=False)
    found = measure_targeting(targets, cycle.outcomes, cycle.strategies, contacts=cycle.contacts)
    lists = found["lists"].set_index("strategy_id")
    assert lists["problem"].to_dict() == {
        "S1": "",
        "S2": "no_control",
        "S3": "no_treated",
        "S4": "too_few",
        "S5": "all_zero",
        "": "",
    }
    # The small list counts among all; those without both arms can't.
    assert lists.loc["", "n"] == 400 + 30 + 200
    assert lists.loc["S4", "needed"] == 30
    assert set(found["coefficients"]["strategy_id"]) == {"S1", ""}


def test_a_list_that_was_never_worked_did_not_take_place(make_cycle):
    cycle = make_cycle(("S1", 300, 90, 100, 10))
    nobody = cycle.contacts.iloc[:0]
    targets = with_order(cycle, by_response=False)
    found = measure_targeting(targets, cycle.outcomes, cycle.strategies, contacts=nobody)
    assert found["lists"]["problem"].tolist() == ["not_contacted", "no_control"]
    assert found["curves"].empty


def test_a_score_that_is_missing_for_somebody_leaves_the_order_out(make_cycle):
    cycle = make_cycle(("S1", 300, 90, 100, 10))
    targets = with_order(cycle, by_response=False)
    scores = targets[["customer_id", "strategy_id"]].assign(propensity=0.5).iloc[1:]
    found = measure_targeting(targets, cycle.outcomes, cycle.strategies, scores, contacts=cycle.contacts)
    assert set(found["coefficients"]["order"]) == {"list"}


def test_points_and_groups_hold_enough_of_the_smaller_arm(make_cycle):
    cycle = make_cycle(("S1", 300, 90, 60, 10))
    found = measure_targeting(
        with_order(cycle, by_response=False), cycle.outcomes, cycle.strategies, contacts=cycle.contacts
    )
    assert found["lists"].set_index("strategy_id").loc["S1", "n_groups"] == 2
    mine = found["curves"][found["curves"]["strategy_id"].eq("S1")]
    assert len(mine) == 60 // 11 + 1
