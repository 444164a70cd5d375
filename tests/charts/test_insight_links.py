"""The bars say what the table says."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme
from workbench.locale import LANGUAGES


@pytest.fixture
def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": ["1. 瑞澜", "1. 瑞澜", '2. <b>"Rui"</b>'],
            "part": ["paid", "unpaid", "unknown"],
            "n": [12, 30, 20],
            "total": [42, 42, 20],
            "shown": ["12 of 42", "12 of 42", "20"],
        }
    )


@pytest.mark.parametrize("mode", theme.MODES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_part_has_its_colour_and_paid_stands_first(rows, mode, lang):
    bars, ends = charts.company_bars(rows, lang=lang, mode=mode).to_dict()["layer"]
    tokens = theme.tokens(mode)
    scale = bars["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == {
        "paid": tokens["q5"],
        "unpaid": tokens["q2"],
        "unknown": tokens["line-2"],
    }
    assert bars["encoding"]["order"]["field"] == "place"
    assert bars["encoding"]["y"]["sort"] == ["1. 瑞澜", '2. <b>"Rui"</b>']
    assert bars["encoding"]["x"]["scale"]["zero"]
    assert ends["encoding"]["text"]["field"] == "shown"


def test_a_reader_of_the_screen_hears_what_it_is(rows):
    assert "employer" in charts.company_bars(rows).to_dict()["description"]
