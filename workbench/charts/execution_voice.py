"""The chart of front-line feedback: what was said in the newest days, against what is usual."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode

_COLUMNS = ("label", "n_new", "limit", "risen", "figures")


def feedback_codes(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 38
) -> alt.LayerChart:
    """Draw how often each code was said in the newest days, with the limit up to which that is usual.

    Parameters
    ----------
    rows : pandas.DataFrame
        In their order: ``label`` (the code in words), ``n_new``, ``limit`` (both as
        `workbench.digest_feedback` returns them; missing draws nothing), ``risen`` (whether
        beyond the limit) and ``figures`` (the numbers in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=38
        Pixels a code.

    Returns
    -------
    altair.LayerChart
        One bar a code, darker beyond its limit, which is a black tick.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Fees are too high"], "n_new": [9], "limit": [4.0],
    ...     "risen": [True], "figures": ["9, usual up to 4"]})
    >>> len(feedback_codes(rows).layer)
    5
    """
    tokens = theme.tokens(mode)
    drawn = rows[list(_COLUMNS)].reset_index(drop=True)
    drawn = drawn.astype({"n_new": "float64", "limit": "float64"})
    ends = drawn[["n_new", "limit"]].max().max()
    drawn = drawn.assign(order=range(len(drawn)), whole=max(1.0 if ends != ends else float(ends), 1.0))
    order = alt.EncodingSortField("order", op="min", order="ascending")
    base = alt.Chart(drawn).encode(y=alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(padding=0)))
    scale = alt.Scale(zero=True, nice=False)
    tip = [
        alt.Tooltip("label:N", title=text("execution_voice_page.chart.code", lang)),
        alt.Tooltip("figures:N", title=text("execution_voice_page.chart.said", lang)),
    ]
    layers = [
        base.mark_bar(height=11, color=tokens["sunken"], yOffset=9).encode(
            x=alt.X("whole:Q", scale=scale, axis=None)
        ),
        base.mark_bar(height=11, yOffset=9).encode(
            x=alt.X("n_new:Q", scale=scale, axis=None),
            color=alt.condition("datum.risen", alt.value(tokens["q6"]), alt.value(tokens["q3"])),
            tooltip=tip,
        ),
        base.mark_tick(color=tokens["ink"], thickness=2, size=17, yOffset=9).encode(
            x=alt.X("limit:Q", scale=scale, axis=None)
        ),
        base.mark_text(align="left", dy=-7, color=tokens["ink"], limit=alt.ExprRef("width - 130")).encode(
            x=alt.value(0), text="label:N"
        ),
        base.mark_text(align="right", dy=-7, fontWeight=600, color=tokens["ink"]).encode(
            x=alt.value(alt.expr("width")), text="figures:N"
        ),
    ]
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(drawn), 1))
    return finish(chart, mode, description=text("execution_voice_page.chart.title", lang))
