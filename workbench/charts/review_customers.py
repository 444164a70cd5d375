"""Charts of customers over time: what moved the money, who was lost, and the parts of a first cycle."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode


def _rows(frame: pd.DataFrame, name: str, **columns: Any) -> alt.Chart:
    drawn = frame.assign(order=range(len(frame)), **columns)
    drawn["row"] = [f"{i}" for i in range(len(drawn))]
    drawn.attrs["table"] = name
    return alt.Chart(drawn)


def _down() -> alt.Y:
    order = alt.EncodingSortField("order", op="min", order="ascending")
    return alt.Y("row:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.0, paddingOuter=0.0))


def _words(base: alt.Chart, tokens: dict[str, str], dy: int) -> list[alt.Chart]:
    """Return the name above a mark, and its figures at the right."""
    name = base.mark_text(
        align="left", dy=dy, x=7, fontWeight=600, color=tokens["ink"], limit=alt.ExprRef("width - 130")
    ).encode(text="label:N")
    figures = base.mark_text(align="right", dy=dy, x="width", color=tokens["ink-2"]).encode(text="shown:N")
    return [name, figures]


def value_bridge(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 40
) -> alt.LayerChart:
    """Draw what changed the money step by step, each beginning where the last one ended.

    Parameters
    ----------
    rows : pandas.DataFrame
        In order: ``label``, ``kind`` (``up``, ``down`` or ``total``), ``begin`` and ``end`` (CNY
        since the earlier snapshot), ``shown`` (the amount in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=40
        Pixels a step.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Joined", "In all"], "kind": ["up", "total"], "begin": [0.0, 0.0],
    ...                      "end": [5.0, 5.0], "shown": ["+¥5", "+¥5"]})
    >>> len(value_bridge(rows).layer)
    4
    """
    tokens = theme.tokens(mode)
    colours = {"up": tokens["p2"], "down": tokens["n2"], "total": tokens["q5"]}
    base = _rows(rows, "bridge", colour=[colours[str(kind)] for kind in rows["kind"]]).encode(y=_down())
    scale = alt.Scale(zero=True, nice=False, padding=2)
    bars = base.mark_bar(height=12, yOffset=8).encode(
        x=alt.X("begin:Q", scale=scale, axis=None),
        x2="end:Q",
        color=alt.Color("colour:N", scale=None),
        tooltip=[
            alt.Tooltip("label:N", title=text("review_customers.chart.step", lang)),
            alt.Tooltip("shown:N", title=text("review_customers.chart.amount", lang)),
        ],
    )
    zero = (
        alt.Chart(pd.DataFrame({"zero": [0.0]}))
        .mark_rule(color=tokens["ink-2"])
        .encode(x=alt.X("zero:Q", axis=None), y=alt.value(0), y2=alt.value(alt.expr("height")))
    )
    chart = alt.layer(zero, bars, *_words(base, tokens, -10)).properties(
        width="container", height=row_height * max(len(rows), 1)
    )
    return finish(chart, mode, description=text("review_customers.chart.bridge", lang))


def churn_rates(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 36
) -> alt.LayerChart:
    """Draw a rate of each part as a dot with its interval.

    Parameters
    ----------
    rows : pandas.DataFrame
        In order: ``label``, ``slot`` (colour), ``rate``, ``low``, ``high`` (shares), ``shown`` (the three
        in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=36
        Pixels a part.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["A"], "slot": [1], "rate": [0.1], "low": [0.08], "high": [0.13],
    ...                      "shown": ["10%"]})
    >>> len(churn_rates(rows).layer)
    5
    """
    tokens = theme.tokens(mode)
    colours = [theme.segment_color(int(slot), mode) for slot in rows["slot"]]
    base = _rows(rows, "rates", colour=colours, zero=0.0).encode(y=_down())
    far = max(0.01, 1.03 * float(rows["high"].max())) if len(rows) else 1.0
    scale = alt.Scale(domain=[0, far], nice=False)
    axis = alt.Axis(format="~%", title=None, tickCount=4, domain=False, ticks=False)
    track = base.mark_rule(color=tokens["line"], yOffset=9).encode(
        x=alt.X("zero:Q", scale=scale, axis=axis), x2=alt.value(alt.expr("width"))
    )
    tip = [
        alt.Tooltip("label:N", title=text("review_customers.chart.part", lang)),
        alt.Tooltip("shown:N", title=text("review_customers.chart.rate", lang)),
    ]
    colour = alt.Color("colour:N", scale=None)
    interval = base.mark_rule(strokeWidth=3, strokeCap="round", yOffset=9).encode(
        x=alt.X("low:Q", scale=scale), x2="high:Q", color=colour, tooltip=tip
    )
    dot = base.mark_point(size=80, filled=True, opacity=1, yOffset=9).encode(
        x=alt.X("rate:Q", scale=scale), color=colour, tooltip=tip
    )
    chart = alt.layer(track, interval, dot, *_words(base, tokens, -7)).properties(
        width="container", height=row_height * max(len(rows), 1)
    )
    return finish(chart, mode, description=text("review_customers.chart.churn", lang))


def part_shares(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 36
) -> alt.LayerChart:
    """Draw how large each segment or stage is.

    Parameters
    ----------
    rows : pandas.DataFrame
        In order: ``label``, ``slot`` (colour), ``share`` (of all customers), ``shown`` (in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=36
        Pixels a part.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Mature"], "slot": [0], "share": [0.4], "shown": ["40%"]})
    >>> len(part_shares(rows).layer)
    3
    """
    tokens = theme.tokens(mode)
    # Grey would say that a part has no meaning; stages are of one kind.
    colours = [theme.segment_color(int(slot), mode) if slot else tokens["q4"] for slot in rows["slot"]]
    base = _rows(rows, "shares", colour=colours).encode(y=_down())
    bars = base.mark_bar(height=12, yOffset=8).encode(
        x=alt.X("share:Q", scale=alt.Scale(zero=True, nice=False), axis=None),
        color=alt.Color("colour:N", scale=None),
        tooltip=[
            alt.Tooltip("label:N", title=text("review_customers.chart.part", lang)),
            alt.Tooltip("shown:N", title=text("review_customers.chart.customers", lang)),
        ],
    )
    chart = alt.layer(bars, *_words(base, tokens, -9)).properties(
        width="container", height=row_height * max(len(rows), 1)
    )
    return finish(chart, mode, description=text("review_customers.chart.shares", lang))
