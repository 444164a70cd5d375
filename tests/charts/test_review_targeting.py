"""The charts of targeting draw the curves and intervals they are given."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import theme
from workbench.charts import qini_curves, uplift_tenths


def curves(*orders: str) -> pd.DataFrame:
    share = [0.0, 0.25, 0.5, 0.75, 1.0]
    return pd.concat(
        pd.DataFrame(
            {
                "order": name,
                "label": f"<b>{name}</b>",
                "share": share,
                "gain": [0.02 * s**power for s in share],
                "ci_low": [0.01 * s for s in share],
                "ci_high": [0.03 * s for s in share],
                "random": [0.02 * s for s in share],
            }
        )
        for power, name in enumerate(orders, 1)
    )


def layers(chart) -> list[dict]:
    return chart.to_dict()["layer"]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_the_first_order_has_the_band_and_the_accent(mode, lang):
    made = layers(qini_curves(curves("list", "propensity"), lang=lang, mode=mode))
    accent = theme.tokens(mode)["accent"]
    bands = [each for each in made if each["mark"].get("type") == "area"]
    assert [each["mark"]["color"] for each in bands] == [accent]
    lines = [each["mark"] for each in made if each["mark"].get("type") == "line"]
    assert [line["color"] for line in lines].count(accent) == 1
    assert len(lines) == 3, "the random order and the two given"


def test_every_order_is_named_once():
    made = qini_curves(curves("list", "propensity", "uplift")).to_dict()
    words = [row["words"] for table in made["datasets"].values() for row in table if "words" in row]
    # Each is drawn twice: a halo, and the name on it.
    assert sorted(words) == sorted(["<b>list</b>", "<b>propensity</b>", "<b>uplift</b>", "random order"])


def test_amounts_have_their_own_axis():
    points, amounts = (
        next(
            each for each in layers(qini_curves(curves("a"), unit=unit)) if each["mark"].get("type") == "area"
        )
        for unit in ("points", "amount")
    )
    assert points["encoding"]["y"]["axis"]["labelExpr"] != amounts["encoding"]["y"]["axis"]["labelExpr"]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_what_may_be_nothing_is_hollow(mode):
    rows = pd.DataFrame(
        {
            "part": ["0–50%", "50–100%"],
            "uplift": [0.02, 0.0],
            "ci_low": [0.01, -0.01],
            "ci_high": [0.03, 0.01],
            "sure": [True, False],
            "overall": 0.01,
        }
    )
    made = layers(uplift_tenths(rows, mode=mode))
    dots = [each for each in made if each["mark"].get("type") == "point"]
    assert [each["mark"]["fill"] for each in dots] == [
        theme.tokens(mode)[name] for name in ("surface", "accent")
    ]
    assert ["true" in each["transform"][0]["filter"] for each in dots] == [False, True]
