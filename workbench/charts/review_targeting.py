"""Charts of targeting quality: Qini curves, and uplift along an order."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode

_POINTS = "datum.value === 0 ? '0' : replace(format(datum.value * 100, '+,.3~f'), '-', '\\u2212')"
_AMOUNT = "datum.value === 0 ? '0' : replace(format(datum.value, '+,.3~f'), '-', '\\u2212')"
_NAMED_AT = (0.3, 0.62, 0.78)
"""Shares of customers at which the curves are named, so that names don't meet."""
_SIDES = (-12, 14)
"""Pixels above and below a line at which its name stands."""


def qini_curves(
    curves: pd.DataFrame,
    *,
    unit: str = "points",
    lang: str = "en",
    mode: Mode = "light",
    height: int = 260,
) -> alt.LayerChart:
    """Draw what contacting the first customers of an order brings, against a random order.

    Parameters
    ----------
    curves : pandas.DataFrame
        As `compare_orders` returns them: ``order``, ``share``, ``gain``, ``ci_low``,
        ``ci_high``, ``random``; the first order is drawn with its band. ``label`` may
        name the orders in words.
    unit : {"points", "amount"}, default="points"
        Whether gains are shares, drawn in percentage points, or amounts.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=260
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> curves = pd.DataFrame({"order": ["list"] * 2, "share": [0.0, 1.0], "gain": [0.0, 0.02],
    ...     "ci_low": [0.0, 0.01], "ci_high": [0.0, 0.03], "random": [0.0, 0.02]})
    >>> len(qini_curves(curves).layer)
    9
    """
    tokens = theme.tokens(mode)
    rows = curves if "label" in curves else curves.assign(label=curves["order"])
    names = list(rows["order"].drop_duplicates())
    across = alt.Axis(
        title=text("review_targeting.chart.share", lang),
        format="~%",
        tickCount=5,
        grid=False,
        titleFontWeight="normal",
    )
    up = alt.Axis(
        title=text(
            "review_targeting.chart.gain" if unit == "points" else "review_targeting.chart.amount", lang
        ),
        labelExpr=_POINTS if unit == "points" else _AMOUNT,
        tickCount=5,
        titleFontWeight="normal",
    )
    x = alt.X("share:Q", axis=across, scale=alt.Scale(domain=[0, 1], nice=False))
    y = alt.Y("gain:Q", axis=up)
    low = alt.Y("ci_low:Q", axis=up)
    number = "+.2%" if unit == "points" else "+,.4~f"
    tooltip = [
        alt.Tooltip("label:N", title=text("review_targeting.chart.order", lang)),
        alt.Tooltip("share:Q", format=".0%", title=text("review_targeting.chart.share", lang)),
        alt.Tooltip("gain:Q", format=number, title=text("review_targeting.chart.gained", lang)),
        alt.Tooltip("ci_low:Q", format=number, title=text("review_targeting.chart.low", lang)),
        alt.Tooltip("ci_high:Q", format=number, title=text("review_targeting.chart.high", lang)),
    ]
    first = rows[rows["order"].eq(names[0])] if names else rows
    zero = alt.Chart(pd.DataFrame({"gain": [0.0]})).mark_rule(color=tokens["ink-2"]).encode(y=y)
    band = alt.Chart(first).mark_area(color=tokens["accent"], opacity=0.16).encode(x=x, y=low, y2="ci_high:Q")
    line = alt.Chart(first).mark_line(color=tokens["ink-3"], strokeDash=[4, 4], strokeWidth=1.2)
    layers: list[Any] = [band, zero, line.encode(x=x, y=alt.Y("random:Q", axis=up))]
    labels = [_named(first, "random", 0.9, text("review_targeting.order.random", lang), "ink-3", _SIDES[1])]
    styles: tuple[tuple[float, str, list[int]], ...] = (
        (2.2, "accent", []),
        (1.6, "ink-2", []),
        (1.6, "ink-2", [2, 2]),
    )
    for i, name in enumerate(names):
        mine = rows[rows["order"].eq(name)]
        width, colour, dash = styles[min(i, 2)]
        drawn = alt.Chart(mine).mark_line(color=tokens[colour], strokeWidth=width, strokeDash=dash)
        layers.append(drawn.encode(x=x, y=y))
        dot = alt.Chart(mine).mark_point(color=tokens[colour], filled=True, size=90, opacity=0)
        layers.append(dot.encode(x=x, y=y, tooltip=tooltip))
        at = _NAMED_AT[min(i, 2)]
        labels.append(
            _named(mine, "gain", at, str(mine["label"].iloc[0]), colour, _SIDES[0] if i == 0 else _SIDES[1])
        )
    words = pd.concat(labels, ignore_index=True)
    words["colour"] = words["token"].map(tokens)
    for side in _SIDES:
        here = alt.Chart(words[words["side"].eq(side)]).encode(x=x, y=y, text="words:N")
        # A halo keeps a name readable where it meets a line.
        halo = here.mark_text(dy=side, fontWeight=600, stroke=tokens["surface"], strokeWidth=4)
        name_of = here.mark_text(dy=side, fontWeight=600)
        layers += [halo, name_of.encode(color=alt.Color("colour:N", scale=None))]
    chart = alt.layer(*layers).properties(width="container", height=height)
    return finish(chart, mode, description=text("review_targeting.chart.curves", lang))


def _named(rows: pd.DataFrame, of: str, at: float, words: str, token: str, side: int) -> pd.DataFrame:
    if rows.empty:
        return pd.DataFrame(columns=["share", "gain", "words", "token", "side"])
    near = rows.iloc[[int((rows["share"] - at).abs().to_numpy().argmin())]]
    return pd.DataFrame(
        {"share": near["share"], "gain": near[of], "words": words, "token": token, "side": side}
    )


def uplift_tenths(
    tenths: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", height: int = 280
) -> alt.LayerChart:
    """Draw the uplift in each part of an order with its interval: hollow may be nothing.

    Parameters
    ----------
    tenths : pandas.DataFrame
        Rows in the order to draw: ``part`` (in words: ``1–10%``), ``uplift``, ``ci_low``,
        ``ci_high`` (shares of one, drawn in percentage points), ``sure`` (whether the
        interval leaves 0 out) and ``overall`` (the uplift of all).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=280
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> tenths = pd.DataFrame({"part": ["0–10%"], "uplift": [0.02], "ci_low": [0.01],
    ...     "ci_high": [0.03], "sure": [True], "overall": [0.01]})
    >>> len(uplift_tenths(tenths).layer)
    5
    """
    tokens = theme.tokens(mode)
    axis = alt.Axis(title=None, labelAngle=0, grid=False, domain=False, labelOverlap=True)
    x = alt.X("part:N", sort=list(tenths["part"]), axis=axis)
    up = alt.Axis(
        title=text("review_targeting.chart.uplift", lang),
        labelExpr=_POINTS,
        tickCount=5,
        titleFontWeight="normal",
    )
    y = alt.Y("ci_low:Q", axis=up, scale=alt.Scale(zero=True))
    base = alt.Chart(tenths).encode(x=x)
    zero = alt.Chart(pd.DataFrame({"ci_low": [0.0]})).mark_rule(color=tokens["ink-2"]).encode(y=y)
    overall = (
        alt.Chart(tenths.head(1)).mark_rule(color=tokens["ink-3"], strokeDash=[4, 4]).encode(y="overall:Q")
    )
    tooltip = [
        alt.Tooltip("part:N", title=text("review_targeting.chart.part", lang)),
        alt.Tooltip("uplift:Q", format="+.2%", title=text("review_targeting.chart.uplift", lang)),
        alt.Tooltip("ci_low:Q", format="+.2%", title=text("review_targeting.chart.low", lang)),
        alt.Tooltip("ci_high:Q", format="+.2%", title=text("review_targeting.chart.high", lang)),
    ]
    rule = base.mark_rule(color=tokens["accent"], strokeWidth=2.5, strokeCap="round")
    layers: list[Any] = [zero, overall, rule.encode(y=y, y2="ci_high:Q")]
    for sure in (False, True):
        dot = base.transform_filter(alt.datum.sure == sure).mark_point(
            size=80,
            filled=True,
            opacity=1,
            strokeWidth=2,
            fill=tokens["accent"] if sure else tokens["surface"],
            stroke=tokens["accent"],
        )
        layers.append(dot.encode(y="uplift:Q", tooltip=tooltip))
    chart = alt.layer(*layers).properties(width="container", height=height)
    return finish(chart, mode, description=text("review_targeting.chart.tenths", lang))
