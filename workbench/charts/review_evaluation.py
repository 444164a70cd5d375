"""Charts of the section on the evaluation."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode

_TICKS = "datum.value === 0 ? '0' : format(datum.value, abs(datum.value) >= 1000 ? '+~s' : '+,~g')"
_PER_CHARACTER = 6.2


def evaluation_methods(
    rows: pd.DataFrame,
    *,
    unit: str = "points",
    slot: int = 0,
    lang: str = "en",
    mode: Mode = "light",
    row_height: int = 50,
) -> alt.LayerChart:
    """Draw one strategy's effect by several comparisons, each a dot with its interval.

    Parameters
    ----------
    rows : pandas.DataFrame
        In the order to draw: ``label`` (unique), ``about`` (n, or why it is weaker, in
        words), ``estimate``, ``ci_low``, ``ci_high`` (a missing interval draws the dot
        alone), ``figures`` (the three in words), ``randomised`` (others are grey), ``solid``
        (the interval leaves 0 out).
    unit : {"points", "money"}, default="points"
        Shares are drawn in percentage points, amounts in CNY.
    slot : int, default=0
        Colour slot of the strategy's segment.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=50
        Pixels a comparison.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["As drawn"], "about": ["n = 900"], "estimate": [0.02],
    ...     "ci_low": [0.01], "ci_high": [0.03], "figures": ["+2.0 (+1.0 to +3.0)"],
    ...     "randomised": [True], "solid": [True]})
    >>> len(evaluation_methods(rows).layer)
    8
    """
    tokens = theme.tokens(mode)
    colour = theme.segment_color(slot, mode)
    drawn = _scaled(rows, unit, ("estimate", "ci_low", "ci_high"))
    drawn = drawn.assign(
        order=range(len(rows)),
        colour=[colour if fair else tokens["ink-3"] for fair in rows["randomised"]],
    )
    solid = rows["solid"].astype(bool).to_numpy()
    drawn["fill"] = drawn["colour"].where(solid, tokens["surface"])
    base = alt.Chart(drawn).encode(y=_rows_axis())
    known = base.transform_filter("isValid(datum.ci_low)")
    x = _effect_axis("ci_low")
    tip = [
        alt.Tooltip("label:N", title=text("review_evaluation.chart.comparison", lang)),
        alt.Tooltip("figures:N", title=text("review_evaluation.chart.effect", lang)),
        alt.Tooltip("about:N", title=text("review_evaluation.chart.about", lang)),
    ]
    interval = known.mark_rule(strokeWidth=3, strokeCap="round", yOffset=12).encode(
        x=x, x2="ci_high:Q", color=alt.Color("colour:N", scale=None), tooltip=tip
    )
    dot = base.mark_point(size=100, filled=True, opacity=1, strokeWidth=2, yOffset=12).encode(
        x=_effect_axis("estimate"),
        fill=alt.Fill("fill:N", scale=None),
        stroke=alt.Stroke("colour:N", scale=None),
        tooltip=tip,
    )
    layers = [
        _zero(tokens),
        _separators(base, tokens, row_height),
        interval,
        dot,
        *_words(base, drawn, tokens),
    ]
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(rows), 1))
    return finish(chart, mode, description=text("review_evaluation.chart.methods", lang))


def evaluation_parts(
    rows: pd.DataFrame,
    *,
    unit: str = "points",
    slot: int = 0,
    lang: str = "en",
    mode: Mode = "light",
    row_height: int = 52,
) -> alt.LayerChart:
    """Draw a strategy's effect by part, as it is (hollow) and drawn towards the mean (filled).

    Parameters
    ----------
    rows : pandas.DataFrame
        In the order to draw: ``label`` (unique), ``size`` (n in words), ``uplift``,
        ``ci_low``, ``ci_high``, ``shrunken``, ``shrunken_low``, ``shrunken_high`` (missing
        where a part is too small to be pooled), ``pooled``, ``figures`` (in words).
    unit : {"points", "money"}, default="points"
        Shares are drawn in percentage points, amounts in CNY.
    slot : int, default=0
        Colour slot of the strategy's segment.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=52
        Pixels a part.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["growth"], "size": ["n = 900"], "uplift": [0.05], "ci_low": [0.01],
    ...     "ci_high": [0.09], "shrunken": [0.03], "shrunken_low": [0.01], "shrunken_high": [0.05],
    ...     "pooled": [0.02], "figures": ["+5.0, drawn to +3.0"]})
    >>> len(evaluation_parts(rows).layer)
    11
    """
    tokens = theme.tokens(mode)
    colour = theme.segment_color(slot, mode)
    ends = ("uplift", "ci_low", "ci_high", "shrunken", "shrunken_low", "shrunken_high", "pooled")
    drawn = _scaled(rows, unit, ends).assign(order=range(len(rows)), about=rows["size"])
    base = alt.Chart(drawn).encode(y=_rows_axis())
    raw = base.transform_filter("isValid(datum.ci_low)")
    firm = base.transform_filter("isValid(datum.shrunken)")
    tip = [
        alt.Tooltip("label:N", title=text("review_evaluation.chart.part", lang)),
        alt.Tooltip("figures:N", title=text("review_evaluation.chart.effect", lang)),
        alt.Tooltip("size:N", title=text("review_evaluation.chart.about", lang)),
    ]
    pooled = (
        alt.Chart(drawn.head(1))
        .transform_filter("isValid(datum.pooled)")
        .mark_rule(color=tokens["ink-3"], strokeDash=[3, 3])
        .encode(x=_effect_axis("pooled"), y=alt.value(0), y2=alt.value(alt.expr("height")))
    )
    layers = [
        _zero(tokens),
        pooled,
        _separators(base, tokens, row_height),
        raw.mark_rule(strokeWidth=1.5, color=tokens["ink-3"], yOffset=6).encode(
            x=_effect_axis("ci_low"), x2="ci_high:Q", tooltip=tip
        ),
        base.mark_point(
            size=60,
            filled=True,
            opacity=1,
            fill=tokens["surface"],
            stroke=tokens["ink-3"],
            strokeWidth=1.5,
            yOffset=6,
        ).encode(x=_effect_axis("uplift"), tooltip=tip),
        firm.mark_rule(strokeWidth=3, strokeCap="round", color=colour, yOffset=17).encode(
            x=_effect_axis("shrunken_low"), x2="shrunken_high:Q", tooltip=tip
        ),
        firm.mark_point(size=100, filled=True, opacity=1, fill=colour, stroke=colour, yOffset=17).encode(
            x=_effect_axis("shrunken"), tooltip=tip
        ),
        *_words(base, drawn, tokens),
    ]
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(rows), 1))
    return finish(chart, mode, description=text("review_evaluation.chart.parts", lang))


def _scaled(rows: pd.DataFrame, unit: str, names: tuple[str, ...]) -> pd.DataFrame:
    factor = 100 if unit == "points" else 1
    return rows.assign(**{name: rows[name].astype("float64") * factor for name in names})


def _rows_axis() -> alt.Y:
    order = alt.EncodingSortField("order", op="min", order="ascending")
    return alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(padding=0))


def _effect_axis(name: str) -> alt.X:
    axis = alt.Axis(title=None, labelExpr=_TICKS, tickCount=5, labelBound=True)
    return alt.X(f"{name}:Q", axis=axis, scale=alt.Scale(zero=True, padding=10, nice=False))


def _zero(tokens: dict[str, str]) -> alt.Chart:
    return (
        alt.Chart(pd.DataFrame({"zero": [0.0]}))
        .mark_rule(color=tokens["ink-2"])
        .encode(x=alt.X("zero:Q"), y=alt.value(0), y2=alt.value(alt.expr("height")))
    )


def _separators(base: alt.Chart, tokens: dict[str, str], row_height: int) -> alt.Chart:
    return base.mark_rule(color=tokens["line"], yOffset=row_height / 2).encode(
        x=alt.value(0), x2=alt.value(alt.expr("width"))
    )


def _words(base: alt.Chart, drawn: pd.DataFrame, tokens: dict[str, str]) -> list[alt.Chart]:
    """Return name and n left above each interval, its figures right; the grid leaves them a rim."""
    rim: Any = {"stroke": tokens["surface"], "strokeWidth": 4, "strokeJoin": "round"}
    right = alt.value(alt.expr("width"))
    words = base.transform_calculate(line="datum.label + (datum.about ? '  ·  ' + datum.about : '')")
    # A long name gives way to the figures: they are what is read.
    widest = int(_PER_CHARACTER * max((_width(each) for each in drawn["figures"]), default=0))
    layers = []
    for look, quiet in ((rim, rim), ({"color": tokens["ink"]}, {"color": tokens["ink-2"]})):
        name = words.mark_text(align="left", dy=-13, limit=alt.ExprRef(f"width - {widest + 8}"), **quiet)
        figures = base.mark_text(align="right", dy=-13, fontWeight=600, **look)
        layers += [
            name.encode(x=alt.value(0), text="line:N"),
            figures.encode(x=right, text="figures:N"),
        ]
    return layers


def _width(shown: str) -> float:
    """Return a text's length in Latin characters; a Chinese one is two wide."""
    return sum(1.9 if ord(each) > 0x2E80 else 1.0 for each in str(shown))
