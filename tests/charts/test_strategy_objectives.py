"""The chart of objectives draws the shares it is given."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import theme
from workbench.charts import objective_progress

ROWS = pd.DataFrame(
    {
        "objective_id": ["O1", "O2"],
        "label": ["More", "<script>"],
        "shown": ["17%", "220%"],
        "share": [0.17, 2.2],
        "share_low": [0.1, 1.9],
        "share_high": [0.3, 2.6],
    }
)
PARTS = pd.DataFrame(
    {
        "objective_id": ["O1", "O1", "O2"],
        "strategy_id": ["S1", "S2", "S3"],
        "name": ["a", "b", "c"],
        "slot": [1, 2, 0],
        "begin": [0.0, 0.15, 0.0],
        "end": [0.15, 0.17, 2.2],
        "amount": ["1", "2", "3"],
    }
)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_shares_have_their_segments_colours(mode, lang) -> None:
    made = objective_progress(ROWS, PARTS, lang=lang, mode=mode).to_dict()
    tables = list(made["datasets"].values())
    parts = next(table for table in tables if "colour" in table[0])
    assert [row["colour"] for row in parts] == [theme.segment_color(slot, mode) for slot in (1, 2, 0)]
    assert [row["tag"] for row in parts] == ["S1", "", "S3"], "a narrow share has no room for its name"
    assert made["height"] == 2 * 48


def test_what_overshoots_is_cut_off() -> None:
    made = objective_progress(ROWS, PARTS).to_dict()
    domains = {tuple(layer["encoding"]["x"]["scale"]["domain"]) for layer in made["layer"] if "scale" in layer["encoding"].get("x", {})}  # noqa: E501  # fmt: skip
    assert domains == {(0, 1.5)}


def test_targets_without_strategies_are_drawn_empty() -> None:
    made = objective_progress(ROWS.head(1).assign(share=0.0, share_low=0.0, share_high=0.0), PARTS.iloc[:0])
    assert made.to_dict()["height"] == 48
