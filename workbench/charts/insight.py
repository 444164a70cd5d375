"""Charts of the insight room."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis, segment_scale, share_axis
from workbench.locale import text
from workbench.theme import Mode


def embedding(
    points: pd.DataFrame,
    labels: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    lang: str = "en",
    mode: Mode = "light",
    height: int = 300,
) -> alt.LayerChart:
    """Draw the picture of the customers; its axes have no unit.

    Parameters
    ----------
    points : pandas.DataFrame
        One row a customer: ``x``, ``y``, ``segment`` and ``emphasis`` (opacity, 0 to 1).
    labels : pandas.DataFrame
        One row a segment: ``x``, ``y`` where its name stands, ``segment``, ``label``
        (the name) and ``note`` (size and share).
    segments : pandas.DataFrame
        Columns ``segment`` and ``slot``.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=300
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> points = pd.DataFrame({"x": [0.0], "y": [1.0], "segment": ["A"], "emphasis": [0.6]})
    >>> labels = pd.DataFrame({"x": [0.0], "y": [1.0], "segment": ["A"], "label": ["A"], "note": ["1"]})
    >>> chart = embedding(points, labels, pd.DataFrame({"segment": ["A"], "slot": [1]}))
    >>> len(chart.layer)
    3
    """
    tokens = theme.tokens(mode)
    plain = alt.Axis(labels=False, grid=False, title=None)
    x = alt.X("x:Q", axis=plain, scale=alt.Scale(zero=False, nice=False, padding=24))
    y = alt.Y("y:Q", axis=plain, scale=alt.Scale(zero=False, nice=False, padding=36))
    cloud = (
        alt.Chart(points)
        .mark_circle(size=10)
        .encode(
            x=x,
            y=y,
            color=alt.Color("segment:N", scale=segment_scale(segments, mode), legend=None),
            opacity=alt.Opacity("emphasis:Q", scale=None, legend=None),
        )
    )
    halo: dict[str, Any] = {
        "stroke": tokens["sunken"],
        "strokeWidth": 4,
        "strokeJoin": "round",
        "strokeOpacity": 0.9,
    }
    name = alt.Chart(labels).encode(x=x, y=y)
    back = name.mark_text(fontSize=12, fontWeight=600, dy=-22, **halo).encode(text="label:N")
    front = alt.layer(
        name.mark_text(fontSize=12, fontWeight=600, dy=-22, color=tokens["ink"]).encode(text="label:N"),
        name.mark_text(fontSize=11, dy=-8, **halo).encode(text="note:N"),
        name.mark_text(fontSize=11, dy=-8, color=tokens["ink-2"]).encode(text="note:N"),
    )
    chart = alt.layer(cloud, back, front).properties(
        width="container", height=height, view=alt.ViewBackground(fill=tokens["sunken"], cornerRadius=6)
    )
    return finish(chart, mode, description=text("charts.embedding", lang))


def shares(
    summary: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 46
) -> alt.LayerChart:
    """Draw share of customers against share of balances, one row a segment.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row a segment, in the order to draw: ``segment``, ``slot``,
        ``share_customers`` and ``share_balance`` (0 to 1). With ``emphasis`` (opacity, 0 to
        1) rows are dimmed by it.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=46
        Pixels a segment.

    Returns
    -------
    altair.LayerChart
        A click on a row sets its parameter ``pick``.
    """
    tokens = theme.tokens(mode)
    order = list(summary["segment"])
    dim: Any = alt.value(1)
    if "emphasis" in summary:
        dim = alt.Opacity("emphasis:Q", scale=None, legend=None)
    scale = segment_scale(summary, mode)
    colour = alt.Color("segment:N", scale=scale, legend=None)
    base = alt.Chart(summary).encode(
        y=alt.Y("segment:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.1)), opacity=dim
    )
    pick = alt.selection_point(name="pick", fields=["segment"], toggle=False)
    hit = (
        alt.Chart(summary)
        .mark_bar(opacity=0, cursor="pointer")
        .encode(y=alt.Y("segment:N", sort=order, axis=None), x=alt.value(0), x2=alt.value("width"))
        .add_params(pick)
    )
    axis_x = alt.X("share_customers:Q", axis=share_axis(), scale=alt.Scale(zero=True))
    rule = base.mark_rule(strokeWidth=2.5, yOffset=8).encode(x=axis_x, x2="share_balance:Q", color=colour)
    hollow = base.mark_point(size=58, filled=True, fill=tokens["surface"], strokeWidth=2, yOffset=8).encode(
        x="share_customers:Q", stroke=alt.Stroke("segment:N", scale=scale, legend=None)
    )
    solid = base.mark_point(size=62, filled=True, yOffset=8).encode(x="share_balance:Q", color=colour)
    name = base.mark_text(align="left", fontWeight=600, dy=-9, x=2, color=tokens["ink"]).encode(
        text="segment:N"
    )
    ends = []
    for field, other in (("share_customers", "share_balance"), ("share_balance", "share_customers")):
        lower = f"datum.{field} < datum.{other}"
        sides: tuple[Any, ...] = ((lower, "right", -8), (f"!({lower})", "left", 8))
        for side, align, dx in sides:
            ends.append(
                base.transform_filter(side)
                .mark_text(align=align, dx=dx, yOffset=8, color=tokens["ink-2"])
                .encode(x=f"{field}:Q", text=alt.Text(f"{field}:Q", format=".0%"))
            )
    chart = alt.layer(rule, hollow, solid, name, *ends, hit).properties(
        width="container", height=row_height * max(len(order), 1)
    )
    return finish(chart, mode, description=text("charts.shares", lang))


def differences(
    profile: pd.DataFrame,
    *,
    slot: int = 0,
    lang: str = "en",
    mode: Mode = "light",
    row_height: int = 22,
) -> alt.LayerChart:
    """Draw what sets a segment apart: standardised differences from all others.

    Parameters
    ----------
    profile : pandas.DataFrame
        Rows in the order to draw: ``label`` (the feature's name), ``difference`` and
        ``shown`` (its figure). With ``low`` and ``high`` the interval is drawn.
    slot : int, default=0
        The segment's colour slot, for the differences above zero.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=22
        Pixels a feature.

    Returns
    -------
    altair.LayerChart
    """
    tokens = theme.tokens(mode)
    base = alt.Chart(profile).encode(
        y=alt.Y(
            "label:N",
            sort=list(profile["label"]),
            axis=quiet_axis(labelLimit=140, labelColor=tokens["ink"], labelAlign="left", labelPadding=140),
        )
    )
    x = alt.X("difference:Q", axis=None, scale=alt.Scale(padding=40, nice=False))
    above, below = "datum.difference >= 0", "datum.difference < 0"
    bars = base.mark_bar(height=13).encode(
        x=x,
        color=alt.condition(above, alt.value(theme.segment_color(slot, mode)), alt.value(tokens["line-2"])),
    )
    zero = (
        alt.Chart(pd.DataFrame({"zero": [0.0]}))
        .mark_rule(color=tokens["ink-2"])
        .encode(x=alt.X("zero:Q", axis=None))
    )
    spanned = {"low", "high"} <= set(profile.columns)
    sides: tuple[Any, ...] = ((above, "left", 5, "high"), (below, "right", -5, "low"))
    ends = [
        base.transform_filter(side)
        .mark_text(align=align, dx=dx, color=tokens["ink"])
        .encode(x=alt.X(f"{end if spanned else 'difference'}:Q", axis=None), text=alt.Text("shown:N"))
        for side, align, dx, end in sides
    ]
    intervals = []
    if spanned:
        span = base.mark_rule(color=tokens["ink"], strokeWidth=1.2)
        intervals = [span.encode(x=alt.X("low:Q", axis=None), x2="high:Q")]
    chart = alt.layer(bars, *intervals, zero, *ends).properties(
        width="container", height=row_height * max(len(profile), 1)
    )
    return finish(chart, mode, description=text("charts.differences", lang))
