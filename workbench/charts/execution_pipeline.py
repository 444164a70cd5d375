"""The charts of the pipeline: how long opportunities stand in their step, and what they will bring."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode


def _labels(base: alt.Chart, tokens: dict[str, str]) -> list[alt.Chart]:
    """Return the name above each row, and its figures at the right."""
    wide = alt.ExprRef("width - 150")
    look: dict[str, Any] = {"align": "left", "dy": -13, "fontWeight": 600, "color": tokens["ink"]}
    label = base.mark_text(limit=wide, **look).encode(x=alt.value(0), text="label:N")
    shown = base.mark_text(align="right", dy=-13, color=tokens["ink-2"]).encode(
        x=alt.value(alt.expr("width")), text="shown:N"
    )
    return [label, shown]


def _rows(rows: pd.DataFrame, table: str) -> alt.Chart:
    drawn = rows.assign(order=range(len(rows)), row=[str(i) for i in range(len(rows))])
    drawn.attrs["table"] = table
    order = alt.EncodingSortField("order", op="min", order="ascending")
    scale = alt.Scale(paddingInner=0.0, paddingOuter=0.0)
    return alt.Chart(drawn).encode(y=alt.Y("row:N", sort=order, axis=None, scale=scale))


def pipeline_ageing(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 40
) -> alt.LayerChart:
    """Draw the median days that open opportunities have been in each step, beside the days allowed.

    Parameters
    ----------
    rows : pandas.DataFrame
        In the order of the steps: ``label``, ``median_days`` and ``days_allowed`` (missing where there
        is none), and ``shown`` (the figures in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=40
        Pixels a step.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["5 Find the need"], "median_days": [24.0],
    ...     "days_allowed": [21.0], "shown": ["6 open, 2 overdue"]})
    >>> len(pipeline_ageing(rows).layer)
    4
    """
    tokens = theme.tokens(mode)
    base = _rows(rows, "pipeline_ageing")
    most = rows[["median_days", "days_allowed"]].max().max()
    scale = alt.Scale(domain=[0, float(most) * 1.05 if most == most and most > 0 else 1.0], nice=False)
    tip = [
        alt.Tooltip("label:N", title=text("execution_pipeline_page.chart.step", lang)),
        alt.Tooltip("median_days:Q", title=text("execution_pipeline_page.chart.median", lang), format=".1f"),
        alt.Tooltip("days_allowed:Q", title=text("execution_pipeline_page.chart.allowed", lang)),
        alt.Tooltip("shown:N", title=text("execution_pipeline_page.chart.open", lang)),
    ]
    bar = base.mark_bar(height=10, color=tokens["q4"], yOffset=8, cornerRadius=1).encode(
        x=alt.X("median_days:Q", axis=None, scale=scale), tooltip=tip
    )
    plan = base.mark_tick(thickness=2, size=18, color=tokens["ink"], yOffset=8).encode(
        x=alt.X("days_allowed:Q", axis=None, scale=scale), tooltip=tip
    )
    chart = alt.layer(bar, plan, *_labels(base, tokens)).properties(
        width="container", height=row_height * max(len(rows), 1)
    )
    return finish(chart, mode, description=text("execution_pipeline_page.chart.ageing", lang))


def pipeline_forecast(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 44
) -> alt.LayerChart:
    """Draw what open opportunities will bring by month, with its interval, within what they are worth.

    Parameters
    ----------
    rows : pandas.DataFrame
        In the order of the months: ``label``, ``weighted``, ``low``, ``high``, ``amount`` (the unweighted
        sum; all in one unit) and ``shown`` (the figures in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=44
        Pixels a month.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["2026-12"], "weighted": [8.4e6], "low": [4.9e6],
    ...     "high": [1.02e7], "amount": [1.02e7], "shown": ["¥8.4M (4.9M to 10.2M)"]})
    >>> len(pipeline_forecast(rows).layer)
    5
    """
    tokens = theme.tokens(mode)
    base = _rows(rows, "pipeline_forecast")
    most = rows["amount"].max()
    scale = alt.Scale(domain=[0, float(most) * 1.02 if most == most and most > 0 else 1.0], nice=False)
    tip = [
        alt.Tooltip("label:N", title=text("execution_pipeline_page.chart.month", lang)),
        alt.Tooltip("shown:N", title=text("execution_pipeline_page.chart.weighted", lang)),
        alt.Tooltip("amount:Q", title=text("execution_pipeline_page.chart.amount", lang), format=",.0f"),
    ]
    whole = base.mark_bar(height=16, color=tokens["line"], yOffset=9, cornerRadius=1).encode(
        x=alt.X("amount:Q", axis=None, scale=scale), tooltip=tip
    )
    bar = base.mark_bar(height=10, color=tokens["q4"], yOffset=9, cornerRadius=1).encode(
        x=alt.X("weighted:Q", axis=None, scale=scale), tooltip=tip
    )
    interval = base.mark_rule(strokeWidth=2, color=tokens["ink"], yOffset=9).encode(
        x=alt.X("low:Q", axis=None, scale=scale), x2="high:Q", tooltip=tip
    )
    chart = alt.layer(whole, bar, interval, *_labels(base, tokens)).properties(
        width="container", height=row_height * max(len(rows), 1)
    )
    return finish(chart, mode, description=text("execution_pipeline_page.chart.forecast", lang))
