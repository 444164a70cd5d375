"""What is amiss with cards, each fault alone and together."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import TableProblem
from workbench.strategy import check_cards, draft_card

DAY = "2026-09-30"


def one(**changed) -> pd.DataFrame:
    return pd.DataFrame([draft_card("deposit_maturity", "Savers", starts_on="2026-10-12") | changed])


def found(**changed) -> list[str]:
    return check_cards(one(**changed), at=DAY, segments=["Savers"])["problem"].tolist()


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        ({}, []),
        ({"ends_on": pd.Timestamp(DAY)}, []),
        ({"ends_on": pd.Timestamp("2026-09-29")}, ["ended"]),
        ({"ends_on": pd.NaT}, ["undated"]),
        ({"starts_on": pd.NaT}, ["undated"]),
        ({"segment": "Gone"}, ["no_segment"]),
        ({"trigger": ""}, ["no_trigger"]),
        ({"budget": 0.0}, ["no_budget"]),
        ({"budget": 0.39}, ["no_budget"]),
        ({"budget": 0.4}, []),
        ({"effect": 0.06}, ["effect"]),
        ({"effect": 0.05}, []),
        ({"control_share": 0.0}, ["no_control"]),
        ({"control_share": 0.0, "budget": 0.0, "segment": "Gone"}, ["no_segment", "no_budget", "no_control"]),
    ],
)
def test_each_fault_is_told(changed, problems) -> None:
    assert found(**changed) == problems


def test_older_cards_and_no_segments_to_compare_with() -> None:
    old = one(segment="Gone").drop(columns=["trigger", "budget", "effect", "channels"])
    assert check_cards(old, at=DAY)["problem"].tolist() == []
    assert check_cards(old.iloc[:0], at=DAY).columns.tolist() == ["strategy_id", "problem"]
    with pytest.raises(TableProblem):
        check_cards(old.drop(columns="segment"), at=DAY)
