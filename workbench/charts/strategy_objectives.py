"""The chart of the section on objectives."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode

_FARTHEST = 1.5
"""A contribution beyond this share of what was missing is cut off; its figure stands beside it."""
_WIDE = 0.07


def objective_progress(
    objectives: pd.DataFrame,
    parts: pd.DataFrame,
    *,
    lang: str = "en",
    mode: Mode = "light",
    row_height: int = 48,
) -> alt.LayerChart:
    """Draw how much of what is missing to each target the plan brings, strategy by strategy.

    Parameters
    ----------
    objectives : pandas.DataFrame
        Rows in the order to draw: ``objective_id``, ``label``, ``shown`` (the figures in
        words), ``share``, ``share_low``, ``share_high`` (of what is missing; 1 is the target).
    parts : pandas.DataFrame
        One row a strategy's share: ``objective_id``, ``strategy_id``, ``name``, ``slot``,
        ``begin``, ``end`` (shares of what is missing), ``amount`` (in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=48
        Pixels an objective.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"objective_id": ["O1"], "label": ["More balances"], "shown": ["17%"],
    ...     "share": [0.17], "share_low": [0.12], "share_high": [0.22]})
    >>> parts = pd.DataFrame({"objective_id": ["O1"], "strategy_id": ["S1"], "name": ["Call"], "slot": [1],
    ...     "begin": [0.0], "end": [0.17], "amount": ["¥1M"]})
    >>> len(objective_progress(rows, parts).layer)
    8
    """
    tokens = theme.tokens(mode)
    order = list(objectives["objective_id"])
    y = alt.Y("objective_id:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.0, paddingOuter=0.0))
    farthest = max(1.05, min(_FARTHEST, float(objectives["share_high"].max())))
    scale = alt.Scale(domain=[0, farthest], clamp=True, nice=False)
    axis = alt.Axis(
        title=None, format="~%", values=[0, 0.25, 0.5, 0.75, 1], grid=False, domain=False, ticks=False
    )
    rows = objectives.assign(origin=0.0, target=1.0)
    base = alt.Chart(rows).encode(y=y)
    track = base.mark_bar(height=10, yOffset=8, color=tokens["sunken"]).encode(
        x=alt.X("origin:Q", scale=scale, axis=axis), x2="target:Q"
    )
    coloured = parts.assign(
        colour=[theme.segment_color(int(slot), mode) for slot in parts["slot"]],
        tag=[
            name if end - begin >= _WIDE and begin < farthest else ""
            for name, begin, end in zip(parts["strategy_id"], parts["begin"], parts["end"], strict=True)
        ],
    )
    shares = (
        alt.Chart(coloured)
        .mark_bar(height=10, yOffset=8, stroke=tokens["surface"], strokeWidth=1)
        .encode(
            y=y,
            x=alt.X("begin:Q", scale=scale),
            x2="end:Q",
            color=alt.Color("colour:N", scale=None),
            tooltip=[
                alt.Tooltip("strategy_id:N", title=text("strategy_objectives.chart.strategy", lang)),
                alt.Tooltip("name:N", title=text("strategy_objectives.chart.name", lang)),
                alt.Tooltip("amount:N", title=text("strategy_objectives.chart.brings", lang)),
            ],
        )
    )
    # Beneath its share, in ink: white on a light segment's colour would not be read.
    tags = (
        alt.Chart(coloured)
        .mark_text(align="left", dx=1, yOffset=20, fontSize=11, color=tokens["ink-2"])
        .encode(y=y, x=alt.X("begin:Q", scale=scale), text="tag:N")
    )
    ends = {"x": alt.X("share_low:Q", scale=scale), "x2": "share_high:Q"}
    # A halo, so that the line is seen on a dark segment's colour too.
    halo = base.mark_rule(color=tokens["surface"], strokeWidth=3.5, yOffset=8).encode(**ends)
    interval = base.mark_rule(color=tokens["ink"], strokeWidth=1.5, yOffset=8).encode(**ends)
    target = base.mark_tick(color=tokens["ink"], thickness=2, size=16, yOffset=8).encode(
        x=alt.X("target:Q", scale=scale)
    )
    name = base.mark_text(
        align="left", dy=-9, x=2, fontWeight=600, color=tokens["ink"], limit=alt.ExprRef("width - 50")
    ).encode(text="label:N")
    figures = base.mark_text(align="right", dy=-9, x="width", color=tokens["ink-2"]).encode(text="shown:N")
    chart = alt.layer(track, shares, tags, halo, interval, target, name, figures).properties(
        width="container", height=row_height * max(len(order), 1)
    )
    return finish(chart, mode, description=text("strategy_objectives.chart.progress", lang))
