"""The chart of the section on rules: where strategies lie between the thresholds."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode

MESSAGE_PREFIXES = ("review_advice.region.",)
_STEEP = 1.0
"""Returns up to this are drawn in proportion, larger ones by their logarithm."""
_ROOM = 0.12


def advice_regions(
    rows: pd.DataFrame,
    *,
    scale_return: float | None = None,
    min_return: float | None = None,
    lang: str = "en",
    mode: Mode = "light",
    height: int = 320,
) -> alt.LayerChart:
    """Draw each strategy's uplift and return, with intervals, between the thresholds of the rules.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a strategy: ``strategy_id``, ``label``, ``slot`` (colour), ``uplift``,
        ``ci_low``, ``ci_high`` (shares), ``value``, ``low``, ``high`` (return on 1 spent),
        ``proven`` (bool; hollow where not), ``figures`` and ``advice`` (in words).
    scale_return, min_return : float, optional
        Returns from which a list grows, and below which it does not pay; None draws no line.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=320
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"strategy_id": ["S1"], "label": ["S1 Call"], "slot": [1], "uplift": [0.02],
    ...     "ci_low": [0.01], "ci_high": [0.03], "value": [4.0], "low": [2.0], "high": [6.0],
    ...     "proven": [True], "figures": ["+2.0"], "advice": ["Scale"]})
    >>> len(advice_regions(rows, scale_return=3.0, min_return=1.0).layer)
    10
    """
    tokens = theme.tokens(mode)
    drawn = rows.assign(
        **{name: rows[name] * 100 for name in ("uplift", "ci_low", "ci_high")},
        colour=[theme.segment_color(int(slot), mode) for slot in rows["slot"]],
    )
    drawn["fill"] = [
        colour if proven else tokens["surface"]
        for colour, proven in zip(drawn["colour"], drawn["proven"], strict=True)
    ]
    lines = [value for value in (min_return, scale_return) if value is not None]
    left, right = _ends([*drawn["ci_low"], *drawn["ci_high"], 0.0])
    below, above = _ends([*drawn["low"], *drawn["high"], 0.0, *lines])
    x_scale = alt.Scale(domain=[left, right], nice=False)
    y_scale = alt.Scale(type="symlog", constant=_STEEP, domain=[below, above], nice=False)
    x = alt.X(
        "uplift:Q",
        scale=x_scale,
        axis=alt.Axis(
            title=text("review_advice.chart.uplift", lang),
            titleAnchor="end",
            labelExpr="datum.value === 0 ? '0' : format(datum.value, '+~g')",
            tickCount=6,
            grid=False,
        ),
    )
    ticks = [
        tick for tick in (-100, -10, -1, 0, 1, 3, 10, 30, 100, 300, 1_000, 10_000) if below < tick < above
    ]
    y = alt.Y(
        "value:Q",
        scale=y_scale,
        axis=alt.Axis(
            title=text("review_advice.chart.return", lang),
            titleAngle=0,
            titleAlign="left",
            titleAnchor="end",
            titleX=0,
            titleY=-10,
            values=ticks,
            format="~s",
        ),
    )
    regions = _regions(below, above, max(right, 0.0), scale_return, min_return, lang)
    ground = (
        alt.Chart(regions)
        .mark_rect(opacity=1)
        .encode(
            x=alt.X("from_x:Q", scale=x_scale),
            x2="to_x:Q",
            y=alt.Y("from_y:Q", scale=y_scale),
            y2="to_y:Q",
            color=alt.Color(
                "tone:N",
                scale=alt.Scale(
                    domain=["good", "warn", "keep"],
                    range=[tokens["good-weak"], tokens["warn-weak"], tokens["accent-weak"]],
                ),
                legend=None,
            ),
        )
    )
    said = (
        alt.Chart(regions)
        .mark_text(align="right", baseline="top", dx=-6, dy=5, fontSize=11, color=tokens["ink-2"])
        .encode(x=alt.X("to_x:Q", scale=x_scale), y=alt.Y("to_y:Q", scale=y_scale), text="said:N")
    )
    edges = (
        alt.Chart(pd.DataFrame({"value": lines or [0.0]}))
        .mark_rule(color=tokens["ink-3"], strokeDash=[3, 3], opacity=1.0 if lines else 0.0)
        .encode(y=alt.Y("value:Q", scale=y_scale))
    )
    zero = (
        alt.Chart(pd.DataFrame({"uplift": [0.0]}))
        .mark_rule(color=tokens["ink-2"])
        .encode(x=alt.X("uplift:Q", scale=x_scale))
    )
    base = alt.Chart(drawn).encode(x=x, y=y)
    colour = alt.Color("colour:N", scale=None)
    across = base.mark_rule(strokeWidth=1.5, opacity=0.55).encode(
        x=alt.X("ci_low:Q", scale=x_scale), x2="ci_high:Q", stroke=alt.Stroke("colour:N", scale=None)
    )
    up = base.mark_rule(strokeWidth=1.5, opacity=0.55).encode(
        y=alt.Y("low:Q", scale=y_scale), y2="high:Q", stroke=alt.Stroke("colour:N", scale=None)
    )
    tips = [
        alt.Tooltip("label:N", title=" "),
        alt.Tooltip("figures:N", title=text("review_advice.chart.figures", lang)),
        alt.Tooltip("advice:N", title=text("review_advice.chart.advice", lang)),
    ]
    dot = base.mark_point(size=110, filled=True, opacity=1, strokeWidth=2).encode(
        fill=alt.Fill("fill:N", scale=None), stroke=alt.Stroke("colour:N", scale=None), tooltip=tips
    )
    # The name stands on intervals and regions: a rim of the ground keeps it readable.
    rim = base.mark_text(
        align="left", dx=9, dy=-9, fontWeight=600, stroke=tokens["surface"], strokeWidth=4, strokeJoin="round"
    ).encode(text="strategy_id:N")
    name = base.mark_text(align="left", dx=9, dy=-9, fontWeight=600, color=tokens["ink"]).encode(
        text="strategy_id:N"
    )
    hold = base.mark_point(opacity=0, size=400).encode(tooltip=tips, color=colour)
    layers = [ground, edges, zero, across, up, said, dot, rim, name, hold]
    chart = alt.layer(*layers).properties(width="container", height=height)
    return finish(chart, mode, description=text("review_advice.chart.regions", lang))


def _ends(values: list[float]) -> tuple[float, float]:
    """Return the ends of an axis with room around the values."""
    known = [float(value) for value in values if value == value]
    low, high = min(known), max(known)
    room = _ROOM * (high - low) if high > low else 1.0
    return low - room, high + room


def _regions(
    below: float, above: float, right: float, scale_return: float | None, min_return: float | None, lang: str
) -> pd.DataFrame:
    """Return the regions right of zero: too dear, kept, grown."""
    top = above if scale_return is None else min(max(scale_return, below), above)
    bottom = below if min_return is None else min(max(min_return, below), top)
    spans = [("warn", below, bottom, "dear"), ("keep", bottom, top, "keep"), ("good", top, above, "scale")]
    rows = [
        (tone, 0.0, right, low, high, text(f"review_advice.region.{name}", lang))
        for tone, low, high, name in spans
        if high > low
    ]
    return pd.DataFrame(rows, columns=["tone", "from_x", "to_x", "from_y", "to_y", "said"])
