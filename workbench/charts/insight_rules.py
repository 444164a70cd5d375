"""Charts of expert rules."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis, segment_scale, share_axis
from workbench.locale import text
from workbench.theme import Mode


def segment_rules(
    told: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 40
) -> alt.LayerChart:
    """Draw how well each segment's rule finds it: precision and coverage with their intervals.

    Parameters
    ----------
    told : pandas.DataFrame
        Two rows a segment, in the order to draw: ``segment``, ``slot``, ``measure``
        (``precision`` or ``coverage``), ``value``, ``low`` and ``high`` (0 to 1).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=40
        Pixels a segment.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> told = pd.DataFrame({
    ...     "segment": ["Retirees"] * 2, "slot": [1, 1], "measure": ["precision", "coverage"],
    ...     "value": [0.83, 0.79], "low": [0.8, 0.75], "high": [0.86, 0.83],
    ... })
    >>> len(segment_rules(told).layer)
    4
    """
    tokens = theme.tokens(mode)
    names = list(dict.fromkeys(told["segment"]))
    scale = segment_scale(told, mode)
    y = alt.Y(
        "segment:N",
        sort=names,
        axis=quiet_axis(labelLimit=150, labelColor=tokens["ink"], labelPadding=8),
        scale=alt.Scale(paddingInner=0.1),
    )
    x: Any = alt.X("low:Q", axis=share_axis(), scale=alt.Scale(zero=False, nice=True))
    colour = alt.Color("segment:N", scale=scale, legend=None)
    layers: list[Any] = []
    for measure, offset in (("precision", -7), ("coverage", 7)):
        base = alt.Chart(told[told["measure"] == measure]).encode(y=y)
        layers.append(
            base.mark_rule(strokeWidth=2, yOffset=offset, opacity=0.55).encode(x=x, x2="high:Q", color=colour)
        )
        style: dict[str, Any] = {"size": 52, "filled": True, "opacity": 1, "strokeWidth": 2}
        shown = {
            "x": alt.X("value:Q"),
            "tooltip": [alt.Tooltip("segment:N"), alt.Tooltip("value:Q", format=".1%")],
        }
        if measure == "precision":
            layers.append(base.mark_point(yOffset=offset, **style).encode(color=colour, **shown))
        else:
            hollow = base.mark_point(yOffset=offset, fill=tokens["surface"], **style)
            stroke = alt.Stroke("segment:N", scale=scale, legend=None)
            layers.append(hollow.encode(stroke=stroke, **shown))
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(names), 1))
    return finish(chart, mode, description=text("insight_rules.chart.told", lang))
