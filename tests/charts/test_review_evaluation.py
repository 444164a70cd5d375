"""Comparisons and parts: dots without an interval, grey where not randomised, shrunken beside raw."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme

METHODS = pd.DataFrame(
    {
        "label": ["As drawn", "As treated"],
        "about": ["n = 900", "not randomised"],
        "estimate": [0.02, 0.05],
        "ci_low": [0.01, None],
        "ci_high": [0.03, None],
        "figures": ["+2.0 (+1.0 to +3.0)", "+5.0 (no interval)"],
        "randomised": [True, False],
        "solid": [True, False],
    }
)
PARTS = pd.DataFrame(
    {
        "label": ["growth", "mature"],
        "size": ["n = 900", "n = 30"],
        "uplift": [0.05, 0.01],
        "ci_low": [0.01, -0.2],
        "ci_high": [0.09, 0.2],
        "shrunken": [0.03, None],
        "shrunken_low": [0.01, None],
        "shrunken_high": [0.05, None],
        "pooled": [0.02, 0.02],
        "figures": ["+5.0 → +3.0", "+1.0"],
    }
)


def rows_of(spec: dict) -> list[dict]:
    """Return the rows that the chart carries."""
    return next(rows for rows in spec["datasets"].values() if "label" in rows[0])


@pytest.mark.parametrize("mode", theme.MODES)
def test_what_is_not_randomised_is_grey_and_hollow_where_zero_is_inside(mode):
    spec = charts.evaluation_methods(METHODS, slot=3, mode=mode).to_dict()
    rows = rows_of(spec)
    tokens = theme.tokens(mode)
    assert [row["colour"] for row in rows] == [theme.segment_color(3, mode), tokens["ink-3"]]
    assert [row["fill"] for row in rows] == [theme.segment_color(3, mode), tokens["surface"]]
    assert rows[0]["estimate"] == pytest.approx(2.0)
    interval = next(
        layer for layer in spec["layer"] if layer["encoding"].get("x2", {}).get("field") == "ci_high"
    )
    assert {"filter": "isValid(datum.ci_low)"} in interval["transform"]


def test_a_part_has_both_dots_and_one_too_small_only_its_own():
    spec = charts.evaluation_parts(PARTS, unit="money").to_dict()
    fields = [layer["encoding"].get("x", {}).get("field") for layer in spec["layer"]]
    assert {"uplift", "shrunken", "pooled"} <= set(fields)
    assert rows_of(spec)[0]["uplift"] == pytest.approx(0.05)
    shrunken = spec["layer"][fields.index("shrunken")]
    assert {"filter": "isValid(datum.shrunken)"} in shrunken["transform"]


def test_words_are_in_the_readers_language():
    for lang, word in (("en", "comparison"), ("zh_CN", "比较")):
        assert word in charts.evaluation_methods(METHODS, lang=lang).to_dict()["description"]
        assert charts.evaluation_parts(PARTS, lang=lang).to_dict()["description"]
