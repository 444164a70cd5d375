"""Charts of the pace: plan against actual, and control charts."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis
from workbench.locale import count, percent, text
from workbench.theme import Mode

_LABELS = 88
_STATES = ("usual", "run", "alarm")
_RATES = ("responses", "refusals")
MESSAGE_PREFIXES = ("execution_pace_page.chart.",)


def plan_actual(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 38
) -> alt.LayerChart:
    """Draw contacts against plan: one bar a member, a black tick at what was due.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``label``, ``contacted``, ``due`` (missing: no plan) and ``figures`` (both in words),
        in the order in which they are drawn.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=38
        Pixels a member.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Phone"], "contacted": [9.0], "due": [12.0], "figures": ["9 of 12"]})
    >>> len(plan_actual(rows).layer)
    4
    """
    tokens = theme.tokens(mode)
    drawn = rows[["label", "contacted", "due", "figures"]].assign(order=range(len(rows)))
    drawn = drawn.reset_index(drop=True)
    drawn.attrs["table"] = "rows"
    order = alt.EncodingSortField("order", op="min", order="ascending")
    base = alt.Chart(drawn).encode(y=alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(padding=0)))
    scale = alt.Scale(zero=True, nice=False)
    tip = [
        alt.Tooltip("label:N", title=text("execution_pace_page.chart.who", lang)),
        alt.Tooltip("figures:N", title=text("execution_pace_page.chart.made", lang)),
    ]
    layers: list[Any] = [
        base.mark_bar(height=11, color=tokens["q4"], yOffset=9).encode(
            x=alt.X("contacted:Q", scale=scale, axis=None), tooltip=tip
        ),
        base.mark_tick(color=tokens["ink"], thickness=2, size=19, yOffset=9).encode(
            x=alt.X("due:Q", scale=scale, axis=None), tooltip=tip
        ),
        base.mark_text(
            align="left", dy=-7, color=tokens["ink"], limit=alt.ExprRef("max(60, width - 96)")
        ).encode(x=alt.value(0), text="label:N"),
        base.mark_text(align="right", dy=-7, fontWeight=600, color=tokens["ink"]).encode(
            x=alt.value(alt.expr("width")), text="figures:N"
        ),
    ]
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(drawn), 1))
    return finish(chart, mode, description=text("execution_pace_page.chart.plan", lang))


def control_chart(
    points: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", height: int = 220
) -> alt.LayerChart:
    """Draw a control chart: each day's point, the centre line, and the limit.

    Parameters
    ----------
    points : pandas.DataFrame
        Of one member and chart, as `workbench.tabulate_limits` returns them.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=220
        In pixels.

    Returns
    -------
    altair.LayerChart
        Days outside the limit are large diamonds, days of a run are hollow; the centre line
        is grey, the limit dashed.

    Examples
    --------
    >>> points = pd.DataFrame({"chart": "refusals", "day": pd.to_datetime(["2026-10-12"]), "value": [0.7],
    ...     "expected": [0.1], "limit": [0.4], "n": [20.0], "is_alarm": [True], "in_run": [False]})
    >>> len(control_chart(points).layer)
    7
    """
    tokens = theme.tokens(mode)
    drawn = control_points(points, lang=lang)
    is_rate = bool(points["chart"].isin(_RATES).any())
    dates = "%-m月%-d日" if lang == "zh_CN" else "%-d %b"
    x = alt.X(
        "day:T",
        axis=quiet_axis(format=dates, tickCount=6, labelOverlap="greedy", labelSeparation=10),
        scale=alt.Scale(nice=False, padding=6, range=[6, alt.expr(f"width - {_LABELS}")]),
    )
    axis = alt.Axis(title=None, tickCount=4, format="~%" if is_rate else "~f")
    scale = alt.Scale(zero=True)

    def y(name: str) -> alt.Y:
        return alt.Y(f"{name}:Q", axis=axis, scale=scale)

    tip = [
        alt.Tooltip("day:T", title=text("execution.chart.day", lang), format="%Y-%m-%d"),
        alt.Tooltip("figures:N", title=text("execution_pace_page.chart.value", lang)),
        alt.Tooltip("word:N", title=text("execution_pace_page.chart.limits", lang)),
    ]
    base = alt.Chart(drawn).encode(x=x)
    last = base.transform_filter("datum.last")
    alarms = base.transform_filter("datum.state === 'alarm'")
    layers: list[Any] = [
        base.mark_line(color=tokens["bad"], strokeWidth=1.5, strokeDash=[5, 3], interpolate="step").encode(
            y=y("limit")
        ),
        base.mark_line(color=tokens["ink-3"], strokeWidth=1.5, interpolate="step").encode(y=y("expected")),
        base.mark_line(color=tokens["q4"], strokeWidth=1).encode(y=y("value")),
        base.transform_filter("datum.state !== 'alarm'")
        .mark_point(size=38, opacity=1, stroke=tokens["q5"], strokeWidth=1.5)
        .encode(
            y=y("value"),
            fill=alt.condition(
                "datum.state === 'run'", alt.value(tokens["surface"]), alt.value(tokens["q5"])
            ),
            tooltip=tip,
        ),
        alarms.mark_point(size=110, opacity=1, filled=True, shape="diamond", color=tokens["bad"]).encode(
            y=y("value"), tooltip=tip
        ),
        last.mark_text(align="left", dx=8, color=tokens["ink-2"]).encode(y=y("expected_at"), text="usual:N"),
        last.mark_text(align="left", dx=8, color=tokens["bad"]).encode(y=y("limit_at"), text="edge:N"),
    ]
    chart = alt.layer(*layers).properties(width="container", height=height)
    return finish(chart, mode, description=text("execution_pace_page.chart.control", lang))


def control_points(points: pd.DataFrame, *, lang: str = "en") -> pd.DataFrame:
    """Return the points of `control_chart` with words: the table ``rows`` of the drawn chart.

    Examples
    --------
    >>> points = pd.DataFrame({"chart": "refusals", "day": pd.to_datetime(["2026-10-12"]), "value": [0.7],
    ...     "expected": [0.1], "limit": [0.4], "n": [20.0], "is_alarm": [True], "in_run": [False]})
    >>> control_points(points)[["state", "figures"]].values.tolist()
    [['alarm', '70% (n = 20)']]
    """
    rates = points["chart"].isin(_RATES)
    states = [
        "alarm" if alarm else "run" if run else "usual"
        for alarm, run in zip(points["is_alarm"], points["in_run"], strict=True)
    ]

    def shown(value: float, rate: bool) -> str:
        return percent(value, places=0) if rate else count(value, lang)

    figures = [
        text("execution_pace_page.chart.with_n", lang, value=shown(v, r), n=count(round(n), lang))
        if r
        else shown(v, r)
        for v, n, r in zip(points["value"], points["n"], rates, strict=True)
    ]
    words = {
        name: text(f"execution_pace_page.chart.{name}", lang)
        for name in (*_STATES, "centre", "plan_line", "limit")
    }
    is_last = [False] * (len(points) - 1) + [True] * (len(points) > 0)
    kept = points[["day", "value", "expected", "limit"]].reset_index(drop=True)
    kept[["value", "expected", "limit"]] = kept[["value", "expected", "limit"]].astype("float64")
    ends = [
        f"{words[_plan(name, rate)]} {shown(value, rate)}" if end and value == value else ""
        for name, column in (("centre", "expected"), ("limit", "limit"))
        for value, rate, end in zip(points[column], rates, is_last, strict=True)
    ]
    n = len(points)
    at = _apart(kept)
    table = kept.assign(
        state=states,
        figures=figures,
        word=[words[state] for state in states],
        last=is_last,
        usual=ends[:n],
        edge=ends[n:],
        expected_at=at[0],
        limit_at=at[1],
    )
    table.attrs["table"] = "rows"
    return table


def _plan(name: str, rate: bool) -> str:
    return "plan_line" if name == "centre" and not rate else name


def _apart(points: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return where the two lines' words stand, so that they don't lie on each other."""
    expected, limit = points["expected"], points["limit"]
    room = points[["value", "expected", "limit"]].max().max() * 0.08
    close = (expected - limit).abs() < room
    upper, lower = expected + room / 2, limit - room / 2
    swapped = limit > expected
    return (
        expected.where(~close, upper.where(~swapped, expected - room / 2)),
        limit.where(~close, lower.where(~swapped, limit + room / 2)),
    )
