"""The chart of one strategy's days."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis
from workbench.locale import text
from workbench.theme import Mode


def daily(
    days: pd.DataFrame, *, slot: int = 0, lang: str = "en", mode: Mode = "light", height: int = 210
) -> alt.LayerChart:
    """Draw how a strategy's effect grew from day to day, with each day's interval.

    Parameters
    ----------
    days : pandas.DataFrame
        One row a day: ``day`` (1 is the first), ``uplift``, ``ci_low``, ``ci_high`` as
        shares (missing where it was too early), as `workbench.review.track_uplift` returns
        them for one strategy; may have ``since`` (words at the day from which the effect was
        told from zero, else empty), ``end`` and ``end_interval`` (words at the last day).
    slot : int, default=0
        Colour slot of the strategy's segment.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=210
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> days = pd.DataFrame({"day": [1], "uplift": [0.01], "ci_low": [-0.01], "ci_high": [0.03]})
    >>> len(daily(days).layer)
    8
    """
    tokens = theme.tokens(mode)
    before, after = text("review.chart.day_n", lang).split("{n}")
    drawn = days if "colour" in days else daily_table(days, slot, mode)
    colour = alt.Color("colour:N", scale=None)
    base = alt.Chart(drawn).encode(
        x=alt.X(
            "day:Q",
            axis=quiet_axis(tickCount=6, format="d", labelExpr=f"'{before}' + datum.label + '{after}'"),
            scale=alt.Scale(zero=False, nice=False, padding=4),
        ),
        tooltip=[
            alt.Tooltip("day:Q", title=text("review.chart.day", lang)),
            alt.Tooltip("uplift:Q", format="+.2%", title=text("review.chart.uplift_points", lang)),
            alt.Tooltip("ci_low:Q", format="+.2%", title=text("review.chart.low", lang)),
            alt.Tooltip("ci_high:Q", format="+.2%", title=text("review.chart.high", lang)),
        ],
    )
    axis = alt.Axis(
        title=None, labelExpr="datum.value === 0 ? '0' : format(datum.value * 100, '+~g')", tickCount=6
    )
    known = base.transform_filter("isValid(datum.ci_low)")
    band = known.mark_area(opacity=0.16).encode(y=alt.Y("ci_low:Q", axis=axis), y2="ci_high:Q", color=colour)
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=tokens["ink-2"]).encode(y=alt.Y("zero:Q"))
    line = base.mark_line(strokeWidth=2).encode(y=alt.Y("uplift:Q", axis=axis), color=colour)
    since = base.transform_filter("datum.since !== ''")
    mark = since.mark_rule(color=tokens["ink-2"], strokeDash=[3, 3]).encode(
        y=alt.value(0), y2=alt.value(height)
    )
    # Late in the run the words stand before the day, where there is room.
    sides: tuple[tuple[str, Any, int], ...] = (("!datum.late", "left", 5), ("datum.late", "right", -5))
    words = [
        since.transform_filter(fits).mark_text(align=side, dx=dx, dy=6, color=tokens["ink-2"])
        for fits, side, dx in sides
    ]
    words = [each.encode(y=alt.value(0), text="since:N") for each in words]
    last = base.transform_filter("datum.end !== ''")
    right = alt.value(alt.expr("width + 6"))
    lines: tuple[tuple[str, int, Any, str], ...] = (
        ("end", -7, 600, "ink"),
        ("end_interval", 7, 400, "ink-2"),
    )
    ends = [
        last.mark_text(align="left", dy=dy, fontWeight=weight, color=tokens[ink]).encode(
            x=right, y=alt.Y("uplift:Q", axis=axis), text=f"{name}:N"
        )
        for name, dy, weight, ink in lines
    ]
    chart = alt.layer(band, zero, line, mark, *words, *ends).properties(width="container", height=height)
    return finish(chart, mode, description=text("review.chart.daily", lang))


def daily_table(days: pd.DataFrame, slot: int = 0, mode: Mode = "light") -> pd.DataFrame:
    """Return the days of `daily` as the table ``rows`` of the drawn chart."""
    kept = days[["day", "uplift", "ci_low", "ci_high"]]
    words = {name: days.get(name, "") for name in ("since", "end", "end_interval")}
    late = kept["day"] > (kept["day"].min() + kept["day"].max()) / 2
    table = kept.assign(colour=theme.segment_color(slot, mode), **words, late=late).reset_index(drop=True)
    table.attrs["table"] = "rows"
    return table
