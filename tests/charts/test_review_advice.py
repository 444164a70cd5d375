"""The chart of rules draws the strategies it is given between the thresholds it is given."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import theme
from workbench.charts import advice_regions

ROWS = pd.DataFrame(
    {
        "strategy_id": ["S1", "S2"],
        "label": ["S1 Call", "S2 <b>App</b>"],
        "slot": [1, 2],
        "uplift": [0.08, -0.04],
        "ci_low": [0.04, -0.07],
        "ci_high": [0.12, -0.01],
        "value": [46.0, -1.1],
        "low": [20.0, -1.8],
        "high": [70.0, -0.4],
        "proven": [True, False],
        "figures": ["+8.0", "−4.0"],
        "advice": ["✓ Scale", "✕ Stop"],
    }
)


def tables(made: dict) -> list[list[dict]]:
    return list(made["datasets"].values())


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_unproven_strategies_are_hollow_and_regions_lie_between_the_thresholds(mode, lang) -> None:
    made = advice_regions(ROWS, scale_return=3.0, min_return=1.0, lang=lang, mode=mode).to_dict()
    drawn = next(table for table in tables(made) if "colour" in table[0])
    surface = theme.tokens(mode)["surface"]
    assert [row["fill"] for row in drawn] == [theme.segment_color(1, mode), surface]
    assert [row["uplift"] for row in drawn] == [8.0, -4.0]
    regions = next(table for table in tables(made) if "tone" in table[0])
    assert [(row["tone"], row["to_y"]) for row in regions][:2] == [("warn", 1.0), ("keep", 3.0)]
    assert all(regions[n]["to_y"] == regions[n + 1]["from_y"] for n in range(2))
    assert len({row["said"] for row in regions}) == 3
    assert made["usermeta"]["mode"] == mode


def test_rules_without_these_thresholds_have_no_lines() -> None:
    made = advice_regions(ROWS).to_dict()
    assert [row["tone"] for row in next(t for t in tables(made) if "tone" in t[0])] == ["keep"]
    dashed = [layer for layer in made["layer"] if layer["mark"].get("strokeDash")]
    assert [layer["mark"]["opacity"] for layer in dashed] == [0.0]


def test_one_strategy_without_any_spread_is_drawn() -> None:
    still = ROWS.head(1).assign(uplift=0.0, ci_low=0.0, ci_high=0.0, value=0.0, low=0.0, high=0.0)
    made = advice_regions(still, min_return=1.0).to_dict()
    domain = made["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert domain[0] < 0 < domain[1]
