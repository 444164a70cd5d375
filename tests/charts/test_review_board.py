"""The board's chart draws the values, intervals and costs it is given."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import theme
from workbench.charts import cost_and_return
from workbench.charts.review_board import money_table

ROWS = pd.DataFrame(
    {
        "label": ["S1 <script>", "Branch 03"],
        "slot": [1, None],
        "value": [900.0, 400.0],
        "low": [200.0, float("nan")],
        "high": [1600.0, float("nan")],
        "cost": [300.0, 100.0],
        "gross": [False, True],
        "figures": ["¥900 · ¥3.00", "¥400 gross · ¥4.00"],
    }
)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_gross_is_hollow_and_a_segment_has_its_colour(mode, lang) -> None:
    made = cost_and_return(ROWS, lang=lang, mode=mode).to_dict()
    rows = next(table for table in made["datasets"].values() if "fill" in table[0])
    tokens = theme.tokens(mode)
    assert [row["fill"] for row in rows] == [tokens["q4"], tokens["surface"]]
    assert [row["swatch"] for row in rows] == [theme.segment_color(1, mode), ""]
    assert [row["value"] for row in rows] == [900.0, 400.0]
    assert made["description"]


def test_rows_are_drawn_in_their_order_and_an_interval_only_where_there_is_one() -> None:
    drawn = money_table(ROWS)
    assert drawn["order"].tolist() == [0, 1]
    assert drawn["low"].isna().tolist() == [False, True]
    layers = cost_and_return(drawn).to_dict()["layer"]
    rules = [layer for layer in layers if layer.get("mark", {}).get("type") == "rule"]
    assert any(rule.get("transform") == [{"filter": "isValid(datum.low)"}] for rule in rules)
