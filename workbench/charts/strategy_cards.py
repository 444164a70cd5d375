"""The chart of the section on strategy cards."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, segment_scale, share_axis
from workbench.locale import text
from workbench.theme import Mode


def card_power(
    cards: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 44
) -> alt.LayerChart:
    """Draw the smallest uplift that each card's list finds against the uplift hoped for.

    The bar covers what the list can't tell from nothing; a dot beyond its end is found, a
    hollow one inside it is not.

    Parameters
    ----------
    cards : pandas.DataFrame
        Rows in the order to draw: ``label``, ``segment``, ``slot``, ``detectable`` and
        ``effect`` (absolute, missing where unknown), ``found`` (whether the list is large
        enough) and ``shown`` (its size in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=44
        Pixels a card.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "label": ["S1 Call"], "segment": ["Savers"], "slot": [1], "detectable": [0.03],
    ...     "effect": [0.05], "found": [True], "shown": ["900 of 500"],
    ... })
    >>> len(card_power(rows).layer)
    6
    """
    tokens = theme.tokens(mode)
    order = list(cards["label"])
    scale = segment_scale(cards, mode)
    colour = alt.Color("segment:N", scale=scale, legend=None)
    base = alt.Chart(cards).encode(
        y=alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.1))
    )
    x = alt.X("detectable:Q", axis=share_axis(), scale=alt.Scale(zero=True, nice=False, padding=8))
    tooltip = [
        alt.Tooltip("label:N", title=text("strategy_cards.chart.card", lang)),
        alt.Tooltip("detectable:Q", format=".2%", title=text("strategy_cards.chart.detectable", lang)),
        alt.Tooltip("effect:Q", format=".2%", title=text("strategy_cards.chart.effect", lang)),
    ]
    bar = base.mark_bar(size=9, yOffset=9, color=tokens["line-2"]).encode(x=x, tooltip=tooltip)
    end = base.mark_tick(thickness=2, size=15, yOffset=9, color=tokens["ink-2"]).encode(x=x)
    known = alt.datum.effect != None  # noqa: E711 - Vega's comparison
    dot = alt.MarkDef(type="point", size=74, opacity=1, yOffset=9, filled=True)
    solid = base.transform_filter(known & alt.datum.found).properties(mark=dot)
    ring = alt.MarkDef(
        type="point", size=74, opacity=1, yOffset=9, filled=True, fill=tokens["surface"], strokeWidth=2
    )
    hollow = base.transform_filter(known & ~alt.datum.found).properties(mark=ring)
    name = base.mark_text(align="left", fontWeight=600, dy=-8, color=tokens["ink"], limit=260).encode(
        x=alt.value(0), text="label:N"
    )
    figures = base.mark_text(align="right", dy=-8, color=tokens["ink-2"]).encode(
        x=alt.value("width"), text="shown:N"
    )
    chart = alt.layer(
        bar,
        end,
        solid.encode(x="effect:Q", color=colour, tooltip=tooltip),
        hollow.encode(
            x="effect:Q", stroke=alt.Stroke("segment:N", scale=scale, legend=None), tooltip=tooltip
        ),
        name,
        figures,
    ).properties(width="container", height=row_height * max(len(order), 1))
    return finish(chart, mode, description=text("strategy_cards.chart.description", lang))
