"""The chart of the supply: on which days versions of materials and rates hold."""

from __future__ import annotations

import datetime as dt
from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis
from workbench.locale import text
from workbench.theme import Mode

_AHEAD = pd.Timedelta(days=30)
"""How far an open version is drawn beyond today and the last known day."""


def material_days(
    versions: pd.DataFrame,
    *,
    today: dt.date | str,
    lang: str = "en",
    mode: Mode = "light",
    row_height: int = 44,
) -> alt.LayerChart:
    """Draw the versions of materials and rates on a time line, the current ones filled.

    Parameters
    ----------
    versions : pandas.DataFrame
        One row a version: ``label`` (of the material), ``begin``, ``end`` (missing: open),
        ``state`` (current, next, past), ``text`` on the bar and ``words`` of the tooltip.
    today : datetime.date or str
        Where the rule is drawn.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=44
        Pixels a material.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> versions = pd.DataFrame({"label": ["Rate"], "begin": pd.to_datetime(["2026-10-01"]),
    ...     "end": [pd.NaT], "state": ["current"], "text": ["3.95%"], "words": ["since 1 Oct"]})
    >>> len(material_days(versions, today="2026-10-12").layer)
    6
    """
    tokens = theme.tokens(mode)
    drawn = material_table(versions, today=today)
    dates = "%-m月%-d日" if lang == "zh_CN" else "%-d %b"
    x = alt.X(
        "begin:T",
        axis=quiet_axis(format=dates, tickCount=6, labelOverlap="greedy", labelSeparation=10),
        scale=alt.Scale(nice=False),
    )
    order = alt.EncodingSortField("order", op="min", order="ascending")
    y = alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(padding=0))
    tip = [
        alt.Tooltip("label:N", title=text("execution_supply_page.chart.material", lang)),
        alt.Tooltip("text:N", title=text("execution_supply_page.chart.version", lang)),
        alt.Tooltip("words:N", title=text("execution_supply_page.chart.days", lang)),
    ]
    base = alt.Chart(drawn).encode(y=y)
    bars = base.mark_bar(height=16, yOffset=9, stroke=tokens["surface"], strokeWidth=1).encode(
        x=x,
        x2="until:T",
        tooltip=tip,
        color=alt.Color("fill:N", scale=_fills(tokens), legend=None),
    )
    now = pd.DataFrame({"today": [pd.Timestamp(today)]})
    rule = alt.Chart(now).mark_rule(color=tokens["ink"], strokeWidth=1.5).encode(x="today:T")
    layers: list[Any] = [
        bars,
        base.transform_filter("datum.state === 'current'")
        .mark_text(align="left", dx=5, dy=9, color=tokens["surface"], clip=True)
        .encode(x="begin:T", text="text:N"),
        base.transform_filter("datum.state !== 'current'")
        .mark_text(align="left", dx=5, dy=9, color=tokens["ink"], clip=True)
        .encode(x="begin:T", text="text:N"),
        base.transform_filter("datum.first")
        .mark_text(align="left", dy=-10, fontWeight=600, color=tokens["ink"])
        .encode(x=alt.value(0), text="label:N"),
        rule,
        base.transform_filter("datum.open")
        .mark_text(align="right", dx=-5, dy=9, color=tokens["surface"])
        .encode(x=alt.value(alt.expr("width")), text=alt.value("▸")),
    ]
    height = row_height * max(drawn["label"].nunique(), 1)
    chart = alt.layer(*layers).properties(width="container", height=height)
    return finish(chart, mode, description=text("execution_supply_page.chart.about", lang))


def material_table(versions: pd.DataFrame, *, today: dt.date | str) -> pd.DataFrame:
    """Return the versions of `material_days` with their last drawn day: the table ``rows``.

    Examples
    --------
    >>> versions = pd.DataFrame({"label": ["Rate"], "begin": pd.to_datetime(["2026-10-01"]),
    ...     "end": [pd.NaT], "state": ["current"], "text": ["3.95%"], "words": [""]})
    >>> material_table(versions, today="2026-10-12")[["open", "first"]].values.tolist()
    [[True, True]]
    """
    now = pd.Timestamp(today)
    far = max([now, *versions["begin"], *versions["end"].dropna()]) + _AHEAD
    rows = versions.reset_index(drop=True)
    order = {label: place for place, label in enumerate(dict.fromkeys(rows["label"]))}
    table = rows[["label", "begin", "state", "text", "words"]].assign(
        # A version holds on its last day too.
        until=(rows["end"] + pd.Timedelta(days=1)).fillna(far),
        open=rows["end"].isna() & rows["state"].eq("current"),
        first=~rows["label"].duplicated(),
        order=[order[label] for label in rows["label"]],
        fill=rows["state"],
    )
    table.attrs["table"] = "rows"
    return table


def _fills(tokens: dict[str, str]) -> alt.Scale:
    return alt.Scale(domain=["current", "next", "past"], range=[tokens["q5"], tokens["q2"], tokens["line"]])
