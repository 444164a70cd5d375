"""The chart of capacity: both lines, the point, both modes and languages."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme


@pytest.mark.parametrize("mode", theme.MODES)
@pytest.mark.parametrize("of", ["hours", "money"])
def test_two_lines_and_the_point_in_force(mode, of):
    curve = pd.DataFrame(
        {
            "which": ["optimum"] * 2 + ["greedy"] * 2,
            "amount": [0.0, 9.0] * 2,
            "value": [0.0, 8.0, 0.0, 7.0],
            "label": ["", "optimum", "", "by score"],
        }
    )
    now = pd.DataFrame({"amount": [4.0], "value": [5.0], "label": ["now ¥5"]})
    spec = charts.limit_curve(curve, now, of=of, mode=mode, lang="zh_CN").to_dict()
    line = spec["layer"][0]
    assert line["encoding"]["color"]["scale"]["range"][0] == theme.tokens(mode)["accent"]
    assert line["encoding"]["y"]["scale"] == {"zero": True}
    assert "限额" in spec["description"]
    sent = charts.curve_tables(curve, now)
    assert [table.attrs["table"] for table in sent] == ["curve", "now"]
