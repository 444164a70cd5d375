"""The chart of hypotheses: where each estimate lies from its threshold."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.charts.review import TONES
from workbench.locale import text
from workbench.theme import Mode

_SIDES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"align": "right", "dx": -8}, "against"),
    ({"align": "left", "dx": 8}, "believed"),
)


def hypothesis_forest(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 62
) -> alt.LayerChart:
    """Draw each hypothesis's estimate and interval on a scale of its own; the line is its threshold.

    Parameters
    ----------
    rows : pandas.DataFrame
        In order: ``label`` (the sentence), ``low``, ``mid``, ``high`` (−1 to 1 from the threshold;
        right of it is as believed), ``proven`` (bool; else hollow), ``figures`` and ``verdict``
        (in words), ``tone`` (a key of `workbench.charts.review.TONES`).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=62
        Pixels a hypothesis.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["H1 Calls work"], "low": [0.1], "mid": [0.5], "high": [1.0],
    ...     "proven": [True], "figures": ["+5 pts"], "verdict": ["✓ Supported"], "tone": ["good"]})
    >>> len(hypothesis_forest(rows).layer)
    9
    """
    tokens = theme.tokens(mode)
    inks = [tokens[TONES[str(tone)]] for tone in rows["tone"]]
    drawn = rows.assign(
        order=range(len(rows)),
        row=[str(i) for i in range(len(rows))],
        ink=inks,
        fill=[ink if proven else tokens["surface"] for ink, proven in zip(inks, rows["proven"], strict=True)],
    )
    drawn.attrs["table"] = "hypotheses"
    order = alt.EncodingSortField("order", op="min", order="ascending")
    y = alt.Y("row:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.0, paddingOuter=0.0))
    base = alt.Chart(drawn).encode(y=y)
    scale = alt.Scale(domain=[-1.06, 1.06], nice=False)
    colour = alt.Color("ink:N", scale=None)
    tip = [
        alt.Tooltip("label:N", title=text("review_hypotheses.chart.hypothesis", lang)),
        alt.Tooltip("figures:N", title=text("review_hypotheses.chart.estimate", lang)),
        alt.Tooltip("verdict:N", title=text("review_hypotheses.chart.verdict", lang)),
    ]
    interval = base.mark_rule(strokeWidth=3, strokeCap="round", yOffset=4).encode(
        x=alt.X("low:Q", scale=scale, axis=None), x2="high:Q", color=colour, tooltip=tip
    )
    dot = base.mark_point(size=110, filled=True, opacity=1, strokeWidth=2, yOffset=4).encode(
        x=alt.X("mid:Q", scale=scale, axis=None),
        fill=alt.Fill("fill:N", scale=None),
        stroke=alt.Stroke("ink:N", scale=None),
        tooltip=tip,
    )
    heads = pd.DataFrame(
        {
            "zero": [0.0],
            "against": [text("review_hypotheses.chart.against", lang)],
            "believed": [text("review_hypotheses.chart.believed", lang)],
        }
    )
    middle = alt.Chart(heads)
    zero = middle.mark_rule(color=tokens["ink-2"]).encode(
        x=alt.X("zero:Q", scale=scale, axis=None), y=alt.value(0), y2=alt.value(alt.expr("height"))
    )
    look: dict[str, Any] = {"color": tokens["ink-3"], "fontSize": 11}
    sides = [
        middle.mark_text(**place, **look).encode(
            x=alt.X("zero:Q", scale=scale, axis=None), y=alt.value(-10), text=f"{field}:N"
        )
        for place, field in _SIDES
    ]
    # The words stand on the threshold's line: a rim of the ground keeps them readable.
    rim = {"stroke": tokens["surface"], "strokeWidth": 4, "strokeJoin": "round"}
    wide = alt.ExprRef("width - 110")
    names = [
        base.mark_text(align="left", dy=-15, x=2, fontWeight=600, limit=wide, **look).encode(text="label:N")
        for look in (rim, {"color": tokens["ink"]})
    ]
    verdict = base.mark_text(align="right", dy=-15, x="width", fontWeight=600).encode(
        text="verdict:N", color=colour
    )
    figures = base.mark_text(align="left", dy=21, x=2, color=tokens["ink-2"]).encode(text="figures:N")
    chart = alt.layer(zero, *sides, interval, dot, *names, verdict, figures).properties(
        width="container", height=row_height * max(len(rows), 1), padding={"top": 20}
    )
    return finish(chart, mode, description=text("review_hypotheses.chart.forest", lang))
