"""Customers' scores are the same however cleverly they are computed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.strategy import CRITERIA, normal_weights, score_customers, suggest_strategies
from workbench.strategy.customer_scores import rank_shares
from workbench.tables import SCORES


@pytest.fixture(scope="module")
def cards(bank) -> pd.DataFrame:
    """Cards of all segments, three segments twice, and one that nobody is in."""
    drafted = suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12")
    again = drafted.iloc[:3].assign(strategy_id=["X1", "X2", "X3"], cost_per_contact=[1.0, 1.0, 9.0])
    nobody = drafted.iloc[:1].assign(strategy_id="N1", segment="Nobody")
    return pd.concat([drafted, again, nobody], ignore_index=True).astype(drafted.dtypes.to_dict())


@pytest.fixture(scope="module")
def chances(bank, cards) -> dict[str, pd.Series]:
    rng = np.random.default_rng(4)
    known = bank.customers["customer_id"].to_numpy()[rng.permutation(3000)[:2500]]
    return {
        strategy_id: pd.Series(rng.random(2500).round(2), index=known)
        for strategy_id in cards["strategy_id"].iloc[::2]
    }


def row_by_row(bank, cards, chances, weights) -> pd.DataFrame:
    """Return the scores as the definition has them: all rows put together, then ranked by pandas."""
    joined = bank.customers.merge(bank.membership, on="customer_id")
    pieces = []
    for card in cards.to_dict("records"):
        mine = joined[joined["segment"] == card["segment"]]
        chance = pd.Series(card["expected_response"], index=mine["customer_id"])
        if card["strategy_id"] in chances:
            chance = chances[card["strategy_id"]].reindex(chance.index).fillna(card["expected_response"])
        pieces.append(
            pd.DataFrame(
                {
                    "customer_id": mine["customer_id"].to_numpy(),
                    "strategy_id": card["strategy_id"],
                    "propensity": chance.to_numpy(),
                    "expected_value": chance.to_numpy() * card["value_per_response"]
                    - card["cost_per_contact"],
                    "balances": mine["balance_total"].to_numpy(),
                    "satisfaction": mine["satisfaction"].to_numpy(),
                    "cost": -card["cost_per_contact"],
                }
            )
        )
    rows = pd.concat(pieces, ignore_index=True)
    shares = normal_weights(weights)
    rows["score"] = 0.0
    for name in CRITERIA:
        if shares[name]:
            among = (rows[name].rank() - 1) / (rows[name].notna().sum() - 1)
            rows["score"] += shares[name] * among.fillna(0.5)
    return rows[list(SCORES.names)]


@pytest.mark.parametrize(
    "weights",
    [
        {"expected_value": 0.45, "balances": 0.3, "satisfaction": 0.15, "cost": 0.1},
        {"satisfaction": 1, "cost": 2},
        {"expected_value": 1},
    ],
)
def test_the_same_as_ranking_all_rows(bank, cards, chances, weights) -> None:
    for learned in ({}, chances):
        found = score_customers(bank.customers, bank.membership, cards, learned, weights)
        expected = row_by_row(bank, cards, learned, weights)
        pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-13)
        assert SCORES.check(found) is found


def test_cells_that_stand_for_many_rows_are_ranked_as_so_many() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        values = rng.integers(0, 6, 30).astype(float)
        values[rng.random(30) < 0.2] = np.nan
        counts = rng.integers(0, 4, 30)
        spread = pd.Series(np.repeat(values, counts))
        n = int(spread.notna().sum())
        expected = ((spread.rank() - 1) / (n - 1)).fillna(0.5)
        np.testing.assert_allclose(np.repeat(rank_shares(values, counts), counts), expected)


def test_one_series_is_looked_up_in_another_order(bank, cards) -> None:
    # A frame of chances, as models give it: one index, in no special order.
    rng = np.random.default_rng(1)
    ids = rng.permutation(bank.customers["customer_id"].to_numpy())
    frame = pd.DataFrame({name: rng.random(len(ids)) for name in cards["strategy_id"]}, index=ids)
    found = score_customers(bank.customers, bank.membership, cards, {name: frame[name] for name in frame})
    expected = [frame.at[c, s] for c, s in zip(found["customer_id"], found["strategy_id"], strict=True)]
    np.testing.assert_array_equal(found["propensity"], expected)


def test_chances_outside_0_to_1_and_chances_of_nobody(bank, cards) -> None:
    wrong = {"S1": pd.Series(1.5, index=bank.customers["customer_id"])}
    with pytest.raises(ParameterProblem) as caught:
        score_customers(bank.customers, bank.membership, cards, wrong)
    assert caught.value.key == "strategy_room.error.probability"
    unplanned = cards.assign(expected_response=float("nan"))
    with pytest.raises(ParameterProblem) as caught:
        score_customers(bank.customers, bank.membership, unplanned)
    assert caught.value.key == "strategy_room.error.no_response"
    none = {"S1": pd.Series([], index=pd.Index([], dtype="str"), dtype="float64")}
    found = score_customers(bank.customers, bank.membership, cards, none)
    assert (found.loc[found["strategy_id"] == "S1", "propensity"] == cards["expected_response"][0]).all()


def test_a_card_for_nobody_has_no_rows(bank, cards) -> None:
    found = score_customers(bank.customers, bank.membership, cards[cards["strategy_id"] == "N1"])
    assert found.empty
    assert list(found.columns) == list(SCORES.names)
