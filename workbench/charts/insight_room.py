"""The chart of a brainstorm room: the weight that head office and branches give each theme."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode


def room_sides(
    themes: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 46
) -> alt.LayerChart:
    """Draw each theme's share of head office's ideas against its share of the branches' ideas.

    Parameters
    ----------
    themes : pandas.DataFrame
        Rows in the order to draw: ``theme`` (text, its own for each row), ``label`` (its
        name), ``head_office`` and ``branch`` (shares of the side's ideas, 0 to 1; missing
        for a side without ideas), ``votes`` and ``seen`` (in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=46
        Pixels a theme.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> themes = pd.DataFrame({"theme": ["0"], "label": ["Call in time"], "head_office": [0.5],
    ...     "branch": [0.25], "votes": ["5 votes"], "seen": ["both"]})
    >>> len(room_sides(themes).layer)
    5
    """
    tokens = theme.tokens(mode)
    order = list(themes["theme"])
    tip = [
        alt.Tooltip("label:N", title=text("insight_brainstorm.chart.theme", lang)),
        alt.Tooltip("head_office:Q", title=text("insight_brainstorm.chart.head_office", lang), format=".0%"),
        alt.Tooltip("branch:Q", title=text("insight_brainstorm.chart.branch", lang), format=".0%"),
        alt.Tooltip("seen:N", title=text("insight_brainstorm.chart.seen", lang)),
        alt.Tooltip("votes:N", title=text("insight_brainstorm.chart.given", lang)),
    ]
    base = alt.Chart(themes).encode(
        y=alt.Y("theme:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.0, paddingOuter=0.0))
    )
    scale = alt.Scale(domainMin=0, nice=True, zero=True)
    axis = alt.Axis(format="~%", title=None, tickCount=5)
    between = base.mark_rule(strokeWidth=2.5, color=tokens["line-2"], yOffset=8).encode(
        x=alt.X("head_office:Q", scale=scale, axis=axis), x2="branch:Q"
    )
    # Form tells the sides apart, so that no colour has to; where both are equal, one holds the other.
    look: dict[str, Any] = {
        "strokeWidth": 2.2,
        "opacity": 1.0,
        "yOffset": 8,
        "stroke": tokens["q5"],
        "filled": True,
    }
    office = base.mark_point(fill=tokens["surface"], size=150, **look).encode(
        x=alt.X("head_office:Q", scale=scale, axis=axis), tooltip=tip
    )
    branch = base.mark_point(fill=tokens["q5"], size=50, **look).encode(
        x=alt.X("branch:Q", scale=scale, axis=axis), tooltip=tip
    )
    name = base.mark_text(
        align="left", dy=-11, x=2, fontWeight=600, color=tokens["ink"], limit=alt.ExprRef("width - 70")
    ).encode(text="label:N")
    given = base.mark_text(align="right", dy=-11, x="width", color=tokens["ink-2"]).encode(text="votes:N")
    chart = alt.layer(between, office, branch, name, given).properties(
        width="container", height=row_height * max(len(order), 1)
    )
    return finish(chart, mode, description=text("insight_brainstorm.chart.description", lang))
