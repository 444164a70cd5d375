"""Charts of the section on launching lists."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode


def fairness(
    rows: pd.DataFrame,
    *,
    threshold: float = 0.8,
    lang: str = "en",
    mode: Mode = "light",
    row_height: int = 34,
) -> alt.LayerChart:
    """Draw each group's adverse-impact ratio as a dot with its interval; hollow is undecided.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `workbench.check_fairness` in the order to draw, with a ratio; and
        ``label`` (unique), ``shown`` (the figures in words).
    threshold : float, default=0.8
        Where the dashed line stands.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=34
        Pixels a group.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "label": ["Gender · F", "Gender · M"], "shown": ["30%", "60%"], "ratio": [0.5, 1.0],
    ...     "ci_low": [0.4, None], "ci_high": [0.6, None], "reference": [False, True],
    ...     "verdict": ["below", "reference"],
    ... })
    >>> len(fairness(rows).layer)
    9
    """
    tokens = theme.tokens(mode)
    colours = {"below": tokens["n3"], "fair": tokens["accent"], "reference": tokens["ink"]}
    colour = [colours.get(verdict, tokens["ink-3"]) for verdict in rows["verdict"]]
    fill = [
        tokens["surface"] if verdict == "too_few" else one
        for verdict, one in zip(rows["verdict"], colour, strict=True)
    ]
    drawn = rows.assign(colour=colour, fill=fill, order=range(len(rows)))
    most = min(2.0, float(max(1.15, rows["ratio"].max(), rows["ci_high"].max())))
    least = max(0.0, min(0.6, rows["ratio"].min(), rows["ci_low"].min()) - 0.05)
    ticks = [at / 10 for at in range(0, 21, 2) if least <= at / 10 <= most]
    order = alt.EncodingSortField("order", op="min", order="ascending")
    base = alt.Chart(drawn).encode(
        y=alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.1))
    )
    x = alt.X(
        "ratio:Q",
        axis=alt.Axis(title=None, values=ticks, format=".1f", labelOverlap=False),
        scale=alt.Scale(domain=[least, most], clamp=True, nice=False),
    )
    tip = [
        alt.Tooltip("label:N", title=text("strategy_launch.chart.group", lang)),
        alt.Tooltip("ratio:Q", format=".3f", title=text("strategy_launch.chart.ratio", lang)),
        alt.Tooltip("ci_low:Q", format=".3f", title=text("strategy_launch.chart.low", lang)),
        alt.Tooltip("ci_high:Q", format=".3f", title=text("strategy_launch.chart.high", lang)),
        alt.Tooltip("shown:N", title=text("strategy_launch.chart.figures", lang)),
    ]
    lines = pd.DataFrame(
        {"at": [threshold], "word": [text("strategy_launch.chart.threshold", lang, at=f"{threshold:g}")]}
    )
    limit = (
        alt.Chart(lines).mark_rule(color=tokens["warn"], strokeDash=[4, 3], strokeWidth=1.5).encode(x="at:Q")
    )
    word = (
        alt.Chart(lines)
        .mark_text(color=tokens["warn"], align="right", baseline="bottom", dx=-4, dy=-2, fontSize=11)
        .encode(x="at:Q", y=alt.value(0), text="word:N")
    )
    one = alt.Chart(pd.DataFrame({"at": [1.0]})).mark_rule(color=tokens["ink-3"]).encode(x="at:Q")
    rule = (
        base.transform_filter("isValid(datum.ci_low)")
        .mark_rule(strokeWidth=3, strokeCap="round", yOffset=7)
        .encode(x=alt.X("ci_low:Q"), x2="ci_high:Q", color=alt.Color("colour:N", scale=None))
    )
    dot = base.mark_point(size=80, filled=True, opacity=1, strokeWidth=2, yOffset=7).encode(
        x=x,
        fill=alt.Fill("fill:N", scale=None),
        stroke=alt.Stroke("colour:N", scale=None),
        shape=alt.condition("datum.reference", alt.value("diamond"), alt.value("circle")),
        tooltip=tip,
    )
    # The words stand on the grid: a rim of the ground keeps them readable.
    rim: Any = {"stroke": tokens["surface"], "strokeWidth": 4, "strokeJoin": "round"}
    words = []
    for place, column, align, colour_of in (
        (alt.value(0), "label", "left", tokens["ink"]),
        (alt.value(alt.expr("width")), "shown", "right", tokens["ink-2"]),
    ):
        weight = 600 if column == "label" else 400
        for rimmed in (rim, dict[str, Any]()):
            look: Any = {"align": align, "fontWeight": weight, "color": colour_of, **rimmed}
            words.append(base.mark_text(dy=-7, **look).encode(x=place, text=f"{column}:N"))
    chart = alt.layer(one, limit, rule, dot, *words, word).properties(
        width="container", height=row_height * max(len(rows), 1)
    )
    return finish(chart, mode, description=text("strategy_launch.chart.description", lang))
