"""Charts of the section on customer value."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis, segment_scale, share_axis
from workbench.locale import text
from workbench.theme import Mode


def value_deciles(
    deciles: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", height: int = 210
) -> alt.LayerChart:
    """Draw how much of the expected value each tenth of the customers carries.

    Parameters
    ----------
    deciles : pandas.DataFrame
        As `workbench.value_deciles` returns it: ``group``, ``share_value``,
        ``share_low``, ``share_high``; and ``shown``, the share in words.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=210
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "group": [1, 2], "share_value": [0.8, 0.2], "share_low": [0.7, 0.1],
    ...     "share_high": [0.9, 0.3], "shown": ["80%", "20%"],
    ... })
    >>> len(value_deciles(rows).layer)
    3
    """
    tokens = theme.tokens(mode)
    base = alt.Chart(deciles).encode(
        x=alt.X("group:O", axis=quiet_axis(labelAngle=0, domain=True), scale=alt.Scale(paddingInner=0.25))
    )
    y = alt.Y("share_value:Q", axis=share_axis(), scale=alt.Scale(zero=True))
    bars = base.mark_bar(color=tokens["q4"]).encode(
        y=y,
        tooltip=[
            alt.Tooltip("group:O", title=text("charts.value_tenth", lang)),
            alt.Tooltip("share_value:Q", format=".1%", title=text("charts.value_share", lang)),
        ],
    )
    rule = base.mark_rule(color=tokens["ink"], strokeWidth=1.5).encode(y="share_low:Q", y2="share_high:Q")
    label = base.mark_text(dy=-8, color=tokens["ink"]).encode(y="share_high:Q", text="shown:N")
    chart = alt.layer(bars, rule, label).properties(width="container", height=height)
    return finish(chart, mode, description=text("charts.value_deciles", lang))


def value_segments(
    segments: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 44
) -> alt.LayerChart:
    """Draw the expected value of a customer of each segment, with its interval.

    Parameters
    ----------
    segments : pandas.DataFrame
        Rows in the order to draw: ``segment`` (its name), ``slot``, ``mean``,
        ``ci_low``, ``ci_high`` and ``shown`` (the figures in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=44
        Pixels a segment.

    Returns
    -------
    altair.LayerChart
    """
    tokens = theme.tokens(mode)
    order = list(segments["segment"])
    colour = alt.Color("segment:N", scale=segment_scale(segments, mode), legend=None)
    base = alt.Chart(segments).encode(
        y=alt.Y("segment:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.1))
    )
    axis = alt.Axis(title=None, tickCount=4, format="~s", labelFlush=True)
    x = alt.X("mean:Q", axis=axis, scale=alt.Scale(zero=True, padding=6))
    rule = base.mark_rule(strokeWidth=2.5, yOffset=7).encode(x="ci_low:Q", x2="ci_high:Q", color=colour)
    dot = base.mark_point(size=62, filled=True, opacity=1, yOffset=7).encode(x=x, color=colour)
    name = base.mark_text(align="left", fontWeight=600, dy=-6, x=2, color=tokens["ink"]).encode(
        text="segment:N"
    )
    figures = base.mark_text(align="right", dy=-6, x="width", color=tokens["ink-2"]).encode(text="shown:N")
    chart = alt.layer(rule, dot, name, figures).properties(
        width="container", height=row_height * max(len(order), 1)
    )
    return finish(chart, mode, description=text("charts.value_segments", lang))


def value_calibration(
    calibration: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", height: int = 200
) -> alt.LayerChart:
    """Draw the purchases a model foresaw against those that came.

    Parameters
    ----------
    calibration : pandas.DataFrame
        As `workbench.holdout_calibration` returns it, without its last row: ``group``,
        ``predicted``, ``actual``, ``ci_low``, ``ci_high``.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=200
        In pixels.

    Returns
    -------
    altair.LayerChart
    """
    tokens = theme.tokens(mode)
    axis = quiet_axis(labelAngle=0, domain=True)
    base = alt.Chart(calibration).encode(x=alt.X("group:N", sort=list(calibration["group"]), axis=axis))
    y = alt.Y("predicted:Q", axis=alt.Axis(title=None, tickCount=4), scale=alt.Scale(zero=True))
    line = base.mark_line(color=tokens["accent"], strokeWidth=2).encode(y=y)
    hollow = base.mark_point(
        size=56, filled=True, fill=tokens["surface"], stroke=tokens["accent"], strokeWidth=2, opacity=1
    ).encode(y=y)
    rule = base.mark_rule(color=tokens["ink"], strokeWidth=1.5).encode(y="ci_low:Q", y2="ci_high:Q")
    solid = base.mark_point(size=46, filled=True, opacity=1, color=tokens["ink"]).encode(
        y="actual:Q",
        tooltip=[
            alt.Tooltip("predicted:Q", format=".2f", title=text("charts.value_predicted", lang)),
            alt.Tooltip("actual:Q", format=".2f", title=text("charts.value_actual", lang)),
        ],
    )
    chart = alt.layer(line, hollow, rule, solid).properties(width="container", height=height)
    return finish(chart, mode, description=text("charts.value_calibration", lang))
