"""The chart of strategy cards: what is drawn of which rows, in both languages and modes."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme

ROWS = pd.DataFrame(
    {
        "label": ["S1  Call", "S2  =cmd|<b>", "S3  New"],
        "segment": ["Savers", "Owners", "Savers"],
        "slot": [1, 5, 1],
        "detectable": [0.03, 0.06, None],
        "effect": [0.05, 0.02, None],
        "found": [True, False, False],
        "shown": ["900 of 500", "200 of 900", "–"],
    }
)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_bars_ends_dots_and_names(lang, mode) -> None:
    spec = charts.card_power(ROWS, lang=lang, mode=mode).to_dict()
    marks = [layer["mark"]["type"] for layer in spec["layer"]]
    assert marks == ["bar", "tick", "point", "point", "text", "text"]
    assert spec["height"] == 3 * 44
    colours = spec["layer"][2]["encoding"]["color"]["scale"]
    assert colours["domain"] == ["Savers", "Owners"]
    assert colours["range"] == [theme.segment_color(slot, mode) for slot in (1, 5)]
    assert spec["layer"][3]["mark"]["fill"] == theme.tokens(mode)["surface"]
    assert spec["layer"][0]["encoding"]["x"]["scale"]["zero"] is True
    assert spec["usermeta"]["mode"] == mode
    titles = [each["title"] for each in spec["layer"][0]["encoding"]["tooltip"]]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in "".join(titles)) is (lang == "zh_CN")


def test_nothing_to_draw() -> None:
    assert charts.card_power(ROWS.iloc[:0]).to_dict()["height"] == 44
