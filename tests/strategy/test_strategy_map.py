from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.strategy import build_strategy_map, suggest_strategies
from workbench.tables import LIFECYCLE_STAGES, STRATEGIES


def card(strategy_id: str, segment: str, stages: str = "", **changes: object) -> dict[str, object]:
    plain = {
        "strategy_id": strategy_id,
        "name": strategy_id,
        "objective": "o",
        "segment": segment,
        "lifecycle_stages": stages,
        "scenario": "product",
        "offer": "time_deposit",
        "channel": "phone",
        "script": "",
        "value_per_response": 100.0,
        "cost_per_contact": 1.0,
        "expected_response": 0.1,
        "control_share": 0.1,
        "starts_on": pd.Timestamp("2026-10-12"),
        "ends_on": pd.Timestamp("2026-12-11"),
    }
    return {**plain, **changes}


def cell(frame: pd.DataFrame, segment: str, stage: str) -> pd.Series:
    return frame.set_index(["segment", "lifecycle_stage"]).loc[(segment, stage)]


@pytest.fixture
def small() -> tuple[pd.DataFrame, pd.DataFrame]:
    customers = pd.DataFrame(
        {
            "customer_id": list("abcd"),
            "lifecycle_stage": ["mature", "mature", "growth", "growth"],
            "balance_total": [60.0, 20.0, 15.0, 5.0],
        }
    )
    membership = pd.DataFrame(
        {"customer_id": list("abcd"), "cluster": [1, 0, 1, 0], "segment": ["X", "Y", "X", "Y"]}
    )
    return customers, membership


def test_cells_add_up_and_keep_the_order(bank) -> None:
    cards = suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12")
    cells = build_strategy_map(bank.customers, bank.membership, cards)
    assert len(cells) == 7 * 7
    assert cells["n"].sum() == len(bank.customers)
    assert cells["balance"].sum() == pytest.approx(bank.customers["balance_total"].sum())
    assert cells["lifecycle_stage"].tolist()[:7] == list(LIFECYCLE_STAGES)
    by_cluster = bank.membership.groupby("segment")["cluster"].min().sort_values().index.tolist()
    assert cells["segment"].drop_duplicates().tolist() == by_cluster


def test_only_the_largest_cells_miss_a_strategy(small) -> None:
    # 60 + 20 hold 80% together; 15 and 5 are not needed.
    cells = build_strategy_map(*small, STRATEGIES.empty(), valuable_share=0.8)
    flagged = cells[cells["flag"] == "no_strategy"]
    assert set(flagged["balance"]) == {60.0, 20.0}
    cells = build_strategy_map(*small, STRATEGIES.empty(), valuable_share=0.81)
    assert set(cells.loc[cells["flag"] != "", "balance"]) == {60.0, 20.0, 15.0}
    cards = pd.DataFrame([card("S1", "X", "mature")])
    cells = build_strategy_map(*small, cards)
    assert cell(cells, "X", "mature")["strategy_ids"] == "S1"
    assert cell(cells, "X", "mature")["flag"] == ""
    assert cell(cells, "Y", "mature")["flag"] == "no_strategy"


@pytest.mark.parametrize(
    "other, clashes",
    [
        ({}, True),
        ({"channel": "sms"}, False),
        ({"starts_on": pd.Timestamp("2026-12-11"), "ends_on": pd.Timestamp("2027-01-31")}, True),
        ({"starts_on": pd.Timestamp("2026-12-12"), "ends_on": pd.Timestamp("2027-01-31")}, False),
        ({"starts_on": pd.NaT, "ends_on": pd.NaT}, True),
        ({"lifecycle_stages": "growth"}, False),
        ({"segment": "Y"}, False),
    ],
)
def test_clash_means_same_customers_channel_and_dates(small, other, clashes) -> None:
    cards = pd.DataFrame([card("S1", "X", "mature"), card("S2", "X", "mature,decline") | other])
    cells = build_strategy_map(*small, cards)
    found = cell(cells, "X", "mature")
    assert (found["flag"] == "clash") is clashes
    assert found["clashing_ids"] == ("S1,S2" if clashes else "")


def test_a_bank_without_stages_or_balances(small) -> None:
    customers, membership = small
    cells = build_strategy_map(
        customers[["customer_id"]], membership, pd.DataFrame([card("S1", "X")]), valuable_share=1.0
    )
    assert cells["lifecycle_stage"].tolist() == ["unknown", "unknown"]
    assert cells["balance"].isna().all()
    assert cells.set_index("segment")["flag"].to_dict() == {"Y": "no_strategy", "X": ""}


def test_an_unknown_stage_on_a_card_is_named(small) -> None:
    with pytest.raises(ParameterProblem, match="matured"):
        build_strategy_map(*small, pd.DataFrame([card("S1", "X", "matured")]))
