"""Charts of the section on companies: potential by industry, reach along a journey."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis
from workbench.locale import text
from workbench.theme import Mode

WORLDS = ("online", "offline")
_LONGEST = 190
_ROOM = 1.75


def industry_potential(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 38
) -> alt.LayerChart:
    """Draw what each industry brings a year, and what more its companies could bring.

    Parameters
    ----------
    rows : pandas.DataFrame
        In the order to draw: ``label``, ``contribution`` and ``potential`` (CNY a year),
        ``shown`` (the words at the end) and ``chosen``.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=38
        Pixels an industry.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Software"], "contribution": [2e6], "potential": [1e6],
    ...                      "shown": ["+¥1.0M"], "chosen": [True]})
    >>> len(industry_potential(rows).layer)
    2
    """
    tokens = theme.tokens(mode)
    order = list(rows["label"])
    parts = rows.melt(
        id_vars=["label", "shown", "chosen"],
        value_vars=["contribution", "potential"],
        var_name="part",
        value_name="amount",
    )
    axis = quiet_axis(labelLimit=_LONGEST, labelColor=tokens["ink"], ticks=False, domain=False)
    y = alt.Y("label:N", sort=order, axis=axis, scale=alt.Scale(paddingInner=0.4))
    # Room for the words at the end of the longest bar.
    longest = float((rows["contribution"] + rows["potential"]).max())
    scale = alt.Scale(domain=[0, longest * _ROOM], nice=False)
    bars = (
        alt.Chart(parts.assign(place=parts["part"].eq("potential").astype(int)))
        .mark_bar()
        .encode(
            x=alt.X("amount:Q", axis=None, stack="zero", scale=scale),
            y=y,
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=["contribution", "potential"], range=[tokens["q3"], tokens["accent"]]),
                legend=None,
            ),
            order=alt.Order("place:Q"),
            opacity=alt.condition("datum.chosen", alt.value(1.0), alt.value(0.72)),
            tooltip=[
                alt.Tooltip("label:N", title=" "),
                alt.Tooltip("amount:Q", format=",.0f", title=text("strategy_corporate.chart.amount", lang)),
            ],
        )
    )
    ends = (
        alt.Chart(rows.assign(total=rows["contribution"] + rows["potential"]))
        .mark_text(align="left", dx=5, color=tokens["ink"], fontSize=11.5)
        .encode(x=alt.X("total:Q", axis=None, scale=scale), y=y, text="shown:N")
    )
    chart = alt.layer(bars, ends).properties(width="container", height=row_height * max(len(order), 1))
    return finish(chart, mode, description=text("strategy_corporate.chart.potential", lang))


def journey_reach(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 46
) -> alt.LayerChart:
    """Draw which share of the customers comes to each step of a journey, and takes the offer there.

    Parameters
    ----------
    rows : pandas.DataFrame
        In the order of the steps: ``label``, ``reach`` and ``won`` (shares of those who
        start), ``world`` (online or offline) and ``shown`` (the words at the end).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=46
        Pixels a step.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["1. App"], "reach": [1.0], "won": [0.1],
    ...                      "world": ["online"], "shown": ["100%"]})
    >>> len(journey_reach(rows).layer)
    4
    """
    tokens = theme.tokens(mode)
    order = list(rows["label"])
    y = alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.1))
    x = alt.X("reach:Q", axis=None, scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(rows).encode(y=y)
    colours = alt.Color(
        "world:N", scale=alt.Scale(domain=list(WORLDS), range=[tokens["q3"], tokens["q5"]]), legend=None
    )
    tooltip = [
        alt.Tooltip("label:N", title=" "),
        alt.Tooltip("reach:Q", format=".1%", title=text("strategy_corporate.chart.reach", lang)),
        alt.Tooltip("won:Q", format=".1%", title=text("strategy_corporate.chart.won", lang)),
    ]
    bars = base.mark_bar(height=11, yOffset=9).encode(x=x, color=colours, tooltip=tooltip)
    won = base.mark_bar(height=11, yOffset=9, color=tokens["good"]).encode(
        x=alt.X("won:Q", axis=None), tooltip=tooltip
    )
    names = base.mark_text(align="left", dy=-8, x=1, color=tokens["ink"], fontSize=12).encode(text="label:N")
    figures = base.mark_text(align="right", dy=-8, x="width", color=tokens["ink-2"], fontSize=11.5).encode(
        text="shown:N"
    )
    chart = alt.layer(bars, won, names, figures).properties(
        width="container", height=row_height * max(len(order), 1)
    )
    return finish(chart, mode, description=text("strategy_corporate.chart.journey", lang))
