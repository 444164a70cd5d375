"""The chart of a room's two sides draws the shares it is given."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import theme
from workbench.charts import room_sides

THEMES = pd.DataFrame(
    {
        "theme": ["0", "1"],
        "label": ["Call in time", "<script>alert(1)</script>"],
        "head_office": [0.5, float("nan")],
        "branch": [0.25, 1.0],
        "votes": ["votes: 5", "votes: 0"],
        "seen": ["Both sides", "Branches only"],
    }
)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("lang, said", [("en", "branches"), ("zh_CN", "网点")])
def test_forms_tell_the_sides_apart(mode, lang, said) -> None:
    made = room_sides(THEMES, lang=lang, mode=mode).to_dict()
    marks = [layer["mark"] for layer in made["layer"]]
    office, branch = (mark for mark in marks if mark["type"] == "point")
    assert office["fill"] == theme.tokens(mode)["surface"]
    assert branch["fill"] == theme.tokens(mode)["q5"]
    assert branch["size"] < office["size"], "where both are equal, both are seen"
    assert said in made["description"]
    assert made["height"] == 2 * 46
    assert made["layer"][0]["encoding"]["y"]["sort"] == ["0", "1"]
    drawn = next(iter(made["datasets"].values()))
    assert drawn[1]["head_office"] is None, "a side without ideas has no share, not a share of none"


def test_a_room_without_ideas_is_drawn_empty() -> None:
    assert room_sides(THEMES.iloc[:0]).to_dict()["height"] == 46
