from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_gates_are_drawn_in_their_order_with_what_each_turned_away(mode) -> None:
    steps = pd.DataFrame(
        {
            "label": ["All", "Consent", "Suitable · not asked", "On lists"],
            "n": [100, 70, 70, 40],
            "lost_n": [0, 30, 0, 30],
            "shown": ["100", "70", "70", "40"],
            "lost": ["", "−30", "", "−30"],
            "applied": [True, True, False, True],
            "last": [False, False, False, True],
        }
    )
    drawn = charts.list_gates(steps, mode=mode).to_dict()
    rows = next(iter(drawn["datasets"].values()))
    assert [row["before"] for row in rows] == [100, 100, 70, 70]
    assert len({row["colour"] for row in rows}) == 3
    assert drawn["height"] == 4 * 38


def test_reasons_of_two_gates_stay_apart() -> None:
    reasons = pd.DataFrame(
        {"label": ["age at least 70"] * 2, "gate": ["Eligible", "Suitable"], "n": [9, 5], "shown": ["9", "5"]}
    )
    drawn = charts.list_reasons(reasons, lang="zh_CN").to_dict()
    rows = next(iter(drawn["datasets"].values()))
    assert len({row["key"] for row in rows}) == 2
    assert drawn["height"] == 2 * 42
