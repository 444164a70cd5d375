"""What the execution's charts draw, and that they compute nothing but shares of what they get."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench import charts, theme
from workbench.charts.execution import dispositions_table, pace_table, progress_table

ROWS = pd.DataFrame(
    {
        "strategy_id": ["S1", "S2"],
        "name": ["Call", "<img src=x onerror=alert(1)>"],
        "treatment": [200, 0],
        "contacted": [100.0, np.nan],
        "reached": [80.0, np.nan],
        "responded": [10.0, np.nan],
        "due": [120, 0],
        "plan": [0.1, 0.2],
        "slot": [2, 3],
        "pace": ["behind", "not_begun"],
    }
)
DAYS = pd.DataFrame(
    {
        "day": pd.date_range("2026-10-12", periods=4),
        "due": [10.0, 20.0, 30.0, 40.0],
        "contacted": [12.0, 19.0, np.nan, np.nan],
        "responded": [0.0, 2.0, np.nan, np.nan],
    }
)


@pytest.mark.parametrize("mode", theme.MODES)
def test_progress_is_drawn_in_shares_of_those_to_contact(mode):
    table = progress_table(ROWS, mode=mode)
    first = table.iloc[0]
    assert first[["contacted", "reached", "responded", "due", "expected"]].tolist() == [
        0.5,
        0.4,
        0.05,
        0.6,
        0.05,
    ]
    assert first["figures"] == "100 of 200 · 50%"
    assert first["tone"] == theme.tokens(mode)["warn"]
    assert first["colour"] == theme.segment_color(2, mode)
    assert table.iloc[1][["contacted", "due"]].isna().all()
    assert table.iloc[1]["figures"] == "hidden"


def test_an_analyst_may_draw_what_the_project_returns():
    plain = ROWS.drop(columns=["slot", "pace"])
    assert progress_table(plain, lang="zh_CN")["pace"].tolist() == ["✓ 按计划"] * 2
    assert charts.progress(plain).usermeta["mode"] == "light"


def test_other_rows_are_the_same_drawing():
    one, two = charts.progress(ROWS.head(1)).to_dict(), charts.progress(ROWS).to_dict()
    one.pop("datasets"), two.pop("datasets")
    one.pop("data", None), two.pop("data", None)
    assert one["height"] == two["height"] == {"step": 52}


def test_days_are_lines_that_stop_at_today_with_their_last_count():
    table = pace_table(DAYS)
    assert table.groupby("line").size().to_dict() == {"due": 4, "contacted": 2, "responded": 2}
    ends = table[table["last"]].set_index("line")["label"]
    assert ends.to_dict() == {"due": "due 40", "contacted": "contacted 19", "responded": "responded 2"}
    assert pace_table(DAYS, lang="zh_CN")["name"].iloc[0] == "应触达"


@pytest.mark.parametrize("ends", [(40.0, 39.0, 38.0), (40.0, 40.0, 0.0), (0.0, 0.0, 0.0), (50.0, 3.0, 1.0)])
def test_labels_of_lines_never_lie_on_each_other(ends):
    days = pd.DataFrame(
        {"day": pd.to_datetime(["2026-10-12"])}
        | dict(zip(("due", "contacted", "responded"), ([e] for e in ends), strict=True))
    )
    places = np.sort(pace_table(days)["at"].to_numpy())
    assert (np.diff(places) >= max(ends) * 0.07 - 1e-9).all()
    assert places[0] >= 0


def test_a_hidden_count_draws_no_bar():
    rows = pd.DataFrame(
        {
            "label": ["Reached", "Refused"],
            "reached": [True, True],
            "n": [30.0, np.nan],
            "figures": ["30", "hidden"],
        }
    )
    table = dispositions_table(rows)
    assert table["whole"].tolist() == [30, 30]
    assert table["n"].isna().tolist() == [False, True]
    assert charts.dispositions(table).usermeta["mode"] == "light"
    assert charts.pace(DAYS, mode="dark").usermeta["mode"] == "dark"
