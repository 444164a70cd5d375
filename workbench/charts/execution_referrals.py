"""The chart of referrals: how far those of each kind get."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode

REFERRAL_STEPS = (("sent", "q2"), ("accepted", "q3"), ("worked", "q4"), ("won", "q6"))
"""Steps and the token of each one's colour, light to dark."""


def referral_funnel(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 46
) -> alt.LayerChart:
    """Draw how many referrals of each kind were sent, and of these accepted, worked and won.

    The bars lie in each other, the later step is the darker one.

    Parameters
    ----------
    rows : pandas.DataFrame
        In order: ``label`` (the kind in words), ``sent``, ``accepted``, ``worked``, ``won``
        (missing where nothing was sent or the count is hidden) and ``shown`` (the counts in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=46
        Pixels a kind.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Branch → manager"], "sent": [60.0], "accepted": [48.0],
    ...     "worked": [40.0], "won": [14.0], "shown": ["60 → 48 → 40 → 14"]})
    >>> len(referral_funnel(rows).layer)
    6
    """
    tokens = theme.tokens(mode)
    drawn = rows.assign(order=range(len(rows)), row=[str(i) for i in range(len(rows))])
    drawn.attrs["table"] = "referrals"
    order = alt.EncodingSortField("order", op="min", order="ascending")
    y = alt.Y("row:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.0, paddingOuter=0.0))
    base = alt.Chart(drawn).encode(y=y)
    most = drawn["sent"].max()
    scale = alt.Scale(domain=[0, float(most) if most == most else 1.0], nice=False)
    names = [(step, text(f"execution_referrals.step.{step}", lang)) for step, _ in REFERRAL_STEPS]
    tip = [
        alt.Tooltip("label:N", title=text("execution_referrals.chart.kind", lang)),
        *(alt.Tooltip(f"{step}:Q", title=name, format=",") for step, name in names),
    ]
    bars = [
        base.mark_bar(height=height, color=tokens[token], yOffset=9, cornerRadius=1).encode(
            x=alt.X(f"{step}:Q", axis=None, scale=scale), tooltip=tip
        )
        for (step, token), height in zip(REFERRAL_STEPS, (20, 16, 12, 8), strict=True)
    ]
    label = base.mark_text(
        align="left", dy=-12, fontWeight=600, color=tokens["ink"], limit=alt.ExprRef("width - 130")
    ).encode(x=alt.value(0), text="label:N")
    shown = base.mark_text(align="right", dy=-12, color=tokens["ink-2"]).encode(
        x=alt.value(alt.expr("width")), text="shown:N"
    )
    chart = alt.layer(*bars, label, shown).properties(
        width="container", height=row_height * max(len(rows), 1)
    )
    return finish(chart, mode, description=text("execution_referrals.chart.funnel", lang))
