"""The charts of the strategy management board."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode

ROW = 42
_TICKS = "datum.value === 0 ? '0' : format(datum.value, '~s')"


def cost_and_return(rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light") -> alt.LayerChart:
    """Draw what each row brought over its control, with its interval, above what it cost.

    Parameters
    ----------
    rows : pandas.DataFrame
        In the order to draw: ``label`` (unique), ``slot`` (colour of a segment; missing is
        none), ``value``, ``low``, ``high`` (CNY; an interval may be missing), ``cost`` (CNY
        or missing), ``gross`` (bool: nothing was subtracted; drawn hollow), ``figures``
        (in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["S1"], "slot": [1], "value": [9.0], "low": [5.0], "high": [13.0],
    ...                      "cost": [3.0], "gross": [False], "figures": ["¥9"]})
    >>> len(cost_and_return(rows).layer)
    7
    """
    tokens = theme.tokens(mode)
    drawn = rows if "fill" in rows else money_table(rows, mode)
    order = alt.EncodingSortField("order", op="min", order="ascending")
    y = alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(padding=0))
    base = alt.Chart(drawn).encode(y=y)
    axis = alt.Axis(title=None, labelExpr=_TICKS, tickCount=5)
    x = alt.X("value:Q", axis=axis, scale=alt.Scale(zero=True, nice=False, padding=6))
    tip = [
        alt.Tooltip("label:N", title=text("review_board.chart.row", lang)),
        alt.Tooltip("value:Q", format=",.0f", title=text("review_board.chart.value", lang)),
        alt.Tooltip("low:Q", format=",.0f", title=text("review_board.chart.low", lang)),
        alt.Tooltip("high:Q", format=",.0f", title=text("review_board.chart.high", lang)),
        alt.Tooltip("cost:Q", format=",.0f", title=text("review_board.chart.cost", lang)),
    ]
    bar = base.mark_bar(height=11, yOffset=4, strokeWidth=1.5).encode(
        x=x,
        fill=alt.Fill("fill:N", scale=None),
        stroke=alt.Stroke("stroke:N", scale=None),
        tooltip=tip,
    )
    ends: dict[str, Any] = {"x": alt.X("low:Q"), "x2": "high:Q"}
    interval = base.transform_filter("isValid(datum.low)").mark_rule(
        color=tokens["ink"], strokeWidth=1.5, yOffset=4
    )
    cost = base.mark_bar(height=4, yOffset=15, color=tokens["ctl-line"]).encode(
        x=alt.X("cost:Q"), tooltip=tip
    )
    zero = (
        alt.Chart(pd.DataFrame({"zero": [0.0]}))
        .mark_rule(color=tokens["ink-2"])
        .encode(x=alt.X("zero:Q"), y=alt.value(0), y2=alt.value(alt.expr("height")))
    )
    rim: Any = {"stroke": tokens["surface"], "strokeWidth": 4, "strokeJoin": "round"}
    plain: Any = {}
    words = []
    for look in (rim, plain):
        name = base.mark_text(
            align="left", dy=-11, color=tokens["ink"], limit=alt.ExprRef("width - 150"), **look
        ).encode(x=alt.value(0), text="label:N")
        figures = base.mark_text(align="right", dy=-11, fontWeight=600, color=tokens["ink"], **look).encode(
            x=alt.value(alt.expr("width")), text="figures:N"
        )
        words.append(alt.layer(name, figures))
    chart = alt.layer(zero, bar, cost, interval.encode(**ends), *words, _swatches(base)).properties(
        width="container", height=ROW * max(len(drawn), 1)
    )
    return finish(chart, mode, description=text("review_board.chart.money", lang))


def _swatches(base: alt.Chart) -> alt.Chart:
    """Return a row's segment colour as a mark at the zero of its bar, where it has one."""
    return (
        base.transform_filter("datum.swatch !== ''")
        .mark_tick(thickness=4, size=22, yOffset=7)
        .encode(x=alt.value(-6), color=alt.Color("swatch:N", scale=None))
    )


def money_table(rows: pd.DataFrame, mode: Mode = "light") -> pd.DataFrame:
    """Return the rows of `cost_and_return` as the table ``rows`` of the drawn chart."""
    tokens = theme.tokens(mode)
    drawn = rows[["label", "value", "low", "high", "cost", "figures"]].reset_index(drop=True)
    gross = rows["gross"].to_numpy(dtype=bool)
    drawn["fill"] = [tokens["surface"] if hollow else tokens["q4"] for hollow in gross]
    drawn["stroke"] = tokens["q4"]
    drawn["swatch"] = [
        "" if slot is None or slot != slot else theme.segment_color(int(slot), mode) for slot in rows["slot"]
    ]
    drawn["order"] = range(len(drawn))
    drawn.attrs["table"] = "rows"
    return drawn


def money_height(n: int) -> int:
    """Return the height in pixels of `cost_and_return` with n rows, its axis included."""
    return ROW * max(n, 1) + 26
