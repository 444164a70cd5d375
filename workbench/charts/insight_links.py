"""Charts of the ties: how many of a company's people are paid here."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis
from workbench.locale import text
from workbench.theme import Mode

PARTS = ("paid", "unpaid", "unknown")
_LONGEST = 200


def company_bars(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 25
) -> alt.LayerChart:
    """Draw one bar a company: its employees among the customers, paid here and not yet.

    Parameters
    ----------
    rows : pandas.DataFrame
        In the order to draw: ``label`` (the company), ``part`` (paid, unpaid or unknown),
        ``n`` (customers), ``total`` (of the company) and ``shown`` (the words at the end).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=25
        Pixels a company.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "label": ["1. Rui Foods"] * 2, "part": ["paid", "unpaid"], "n": [12, 30],
    ...     "total": [42, 42], "shown": ["12 of 42"] * 2,
    ... })
    >>> len(company_bars(rows).layer)
    2
    """
    tokens = theme.tokens(mode)
    order = list(dict.fromkeys(rows["label"]))
    axis = quiet_axis(labelLimit=_LONGEST, labelColor=tokens["ink"], ticks=False, domain=False)
    y = alt.Y("label:N", sort=order, axis=axis, scale=alt.Scale(paddingInner=0.35))
    drawn = rows.assign(place=rows["part"].map({part: place for place, part in enumerate(PARTS)}))
    colours = [tokens["q5"], tokens["q2"], tokens["line-2"]]
    bars = (
        alt.Chart(drawn)
        .mark_bar()
        .encode(
            x=alt.X("n:Q", axis=None, stack="zero", scale=alt.Scale(padding=58, nice=False, zero=True)),
            y=y,
            color=alt.Color("part:N", scale=alt.Scale(domain=list(PARTS), range=colours), legend=None),
            order=alt.Order("place:Q"),
            tooltip=[alt.Tooltip("label:N", title=" "), alt.Tooltip("shown:N", title=" ")],
        )
    )
    ends = (
        alt.Chart(drawn.drop_duplicates("label"))
        .mark_text(align="left", dx=5, color=tokens["ink"], fontSize=11.5)
        .encode(x=alt.X("total:Q", axis=None), y=y, text="shown:N")
    )
    chart = alt.layer(bars, ends).properties(width="container", height=row_height * max(len(order), 1))
    return finish(chart, mode, description=text("insight_links.bars.described", lang))
