"""What was said against what is usual, as drawn."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_tick_marks_the_limit_and_a_hidden_count_draws_nothing(mode: str) -> None:
    rows = pd.DataFrame(
        {
            "label": ["<b>Fees</b>", "Hidden"],
            "n_new": [9.0, float("nan")],
            "limit": [12.0, float("nan")],
            "risen": [False, True],
            "figures": ["9 (usual up to 12)", "hidden"],
        }
    )
    drawn = charts.feedback_codes(rows, lang="zh_CN", mode=mode).to_dict()  # type: ignore[arg-type]
    stored = next(iter(drawn["datasets"].values()))
    assert [(row["label"], row["n_new"], row["whole"]) for row in stored] == [
        ("<b>Fees</b>", 9.0, 12.0),
        ("Hidden", None, 12.0),
    ]
    tick = next(layer for layer in drawn["layer"] if layer["mark"]["type"] == "tick")
    assert tick["encoding"]["x"]["field"] == "limit"
    assert tick["mark"]["color"] == theme.tokens(mode)["ink"]  # type: ignore[arg-type]
    assert charts.feedback_codes(rows.iloc[1:]).to_dict()["height"] == 38
