"""Charts of the strategy room."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis
from workbench.locale import text
from workbench.theme import Mode

_KEEPS, _SCORE = 0, -66
"""Right edges of the two columns above the bars, from the chart's right edge."""


def ranking(
    ranked: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 36
) -> alt.LayerChart:
    """Draw the strategies by rank: expected value with its interval, and how firm the rank is.

    Parameters
    ----------
    ranked : pandas.DataFrame
        Best first: ``label``, ``slot`` (of the segment's colour), ``expected_value``,
        ``expected_value_low``, ``expected_value_high`` (CNY), ``shown``, ``score``,
        ``keeps`` and ``move`` in words, ``loose`` (whether the rank holds under few weights).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=36
        Pixels a strategy.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> ranked = pd.DataFrame({"label": ["1  S1 Call"], "slot": [1], "expected_value": [5.0],
    ...     "expected_value_low": [3.0], "expected_value_high": [8.0], "shown": ["5"],
    ...     "score": ["0.70"], "keeps": ["91%"], "move": [""], "loose": [False]})
    >>> len(ranking(ranked).layer)
    12
    """
    tokens = theme.tokens(mode)
    drawn = ranking_rows(ranked, mode)
    order = alt.EncodingSortField("order", op="min", order="ascending")
    base = alt.Chart(drawn).encode(y=alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(padding=0)))
    # Room for the figure that stands right of the longest interval.
    widest = float(drawn["expected_value_high"].max()) * 1.22 if len(drawn) else 1.0
    scale = alt.Scale(zero=True, nice=False)
    if widest > 0:
        scale.domainMax = widest
    x = alt.X("expected_value:Q", axis=_money_axis(lang, grid=False), scale=scale)
    tips = [
        alt.Tooltip("label:N", title=" "),
        alt.Tooltip("expected_value:Q", format=",.0f", title=text("strategy.chart.value", lang)),
        alt.Tooltip("expected_value_low:Q", format=",.0f", title=text("strategy.chart.low", lang)),
        alt.Tooltip("expected_value_high:Q", format=",.0f", title=text("strategy.chart.high", lang)),
    ]
    bar = base.mark_bar(height=10, yOffset=8).encode(
        x=x, color=alt.Color("colour:N", scale=None), tooltip=tips
    )
    line: dict[str, Any] = {"color": tokens["ink"], "yOffset": 8}
    interval = base.mark_rule(strokeWidth=1.4, **line).encode(
        x="expected_value_low:Q", x2="expected_value_high:Q"
    )
    ends = [
        base.mark_tick(size=8, thickness=1.4, **line).encode(x=f"expected_value_{end}:Q")
        for end in ("low", "high")
    ]
    zero = base.mark_tick(size=16, thickness=1, yOffset=8, color=tokens["ink-2"]).encode(x="zero:Q")
    name = base.mark_text(align="left", dy=-8, color=tokens["ink"], limit=250).encode(
        x=alt.value(0), text="label:N"
    )
    amount = base.mark_text(align="left", dx=6, yOffset=8, fontWeight=600, color=tokens["ink"]).encode(
        x="expected_value_high:Q", text="shown:N"
    )
    score = (
        _column(base, _SCORE).mark_text(align="right", dy=-8, color=tokens["ink-2"]).encode(text="score:N")
    )
    keeps = (
        _column(base, _KEEPS)
        .mark_text(align="right", dy=-8, fontWeight=600)
        .encode(text="keeps:N", color=alt.Color("firmness:N", scale=None))
    )
    move = (
        _column(base, _SCORE - 32)
        .mark_text(align="right", dy=-8, color=tokens["ink-2"])
        .encode(text="move:N")
    )
    heads = [
        _head(text(key, lang), tokens["ink-3"]).encode(x=alt.value(alt.expr(f"width + {place}")))
        for key, place in (("strategy.chart.score", _SCORE), ("strategy.chart.keeps", _KEEPS))
    ]
    layers = [zero, bar, interval, *ends, name, amount, move, score, keeps, *heads]
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(drawn), 1))
    return finish(chart, mode, description=text("strategy.chart.ranking", lang))


def ranking_rows(ranked: pd.DataFrame, mode: Mode = "light") -> pd.DataFrame:
    """Return the rows that `ranking` draws, to replace them when only figures have changed.

    Examples
    --------
    >>> rows = ranking_rows(pd.DataFrame({"label": ["1  S1 Call"], "slot": [1], "loose": [False]}))
    >>> rows["colour"].tolist()
    ['#D5703A']
    """
    tokens = theme.tokens(mode)
    rows = ranked.assign(
        order=range(len(ranked)),
        colour=[theme.segment_color(int(slot), mode) for slot in ranked["slot"]],
        firmness=[tokens["warn" if loose else "ink"] for loose in ranked["loose"]],
        zero=0.0,
    )
    rows.attrs["table"] = "ranking"
    return rows


def _column(base: alt.Chart, place: int) -> alt.Chart:
    return base.encode(x=alt.value(alt.expr(f"width + {place}")))


def _head(label: str, colour: str) -> alt.Chart:
    frame = pd.DataFrame({"head": [label]})
    return (
        alt.Chart(frame)
        .mark_text(align="right", fontSize=11, color=colour)
        .encode(y=alt.value(-6), text="head:N")
    )


def gates(
    steps: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 42
) -> alt.LayerChart:
    """Draw how many customers each gate leaves: bars, and what was lost before each.

    Parameters
    ----------
    steps : pandas.DataFrame
        In order: ``label``, ``n`` (customers left), ``shown`` (n in words), ``lost`` (in
        words, empty for none) and ``last`` (whether these are the lists).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=42
        Pixels a gate.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> steps = pd.DataFrame({"label": ["In reach", "On lists"], "n": [9, 4], "shown": ["9", "4"],
    ...                       "lost": ["", "−5"], "last": [False, True]})
    >>> len(gates(steps).layer)
    5
    """
    tokens = theme.tokens(mode)
    drawn = gate_rows(steps, mode)
    order = alt.EncodingSortField("order", op="min", order="ascending")
    base = alt.Chart(drawn).encode(y=alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(padding=0)))
    x = alt.X("n:Q", axis=None, scale=alt.Scale(zero=True, nice=False))
    right = alt.value(alt.expr("width"))
    layers = [
        base.mark_bar(height=13, yOffset=9, color=tokens["sunken"]).encode(x=alt.X("whole:Q", axis=None)),
        base.mark_bar(height=13, yOffset=9).encode(
            x=x, color=alt.Color("colour:N", scale=None), tooltip=[alt.Tooltip("label:N", title=" "), "n:Q"]
        ),
        base.mark_text(align="left", dy=-8, color=tokens["ink"]).encode(x=alt.value(0), text="label:N"),
        base.mark_text(align="right", dx=-56, dy=-8, color=tokens["ink-3"]).encode(x=right, text="lost:N"),
        base.mark_text(align="right", dy=-8, fontWeight=600, color=tokens["ink"]).encode(
            x=right, text="shown:N"
        ),
    ]
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(drawn), 1))
    return finish(chart, mode, description=text("strategy.chart.gates", lang))


def gate_rows(steps: pd.DataFrame, mode: Mode = "light") -> pd.DataFrame:
    """Return the rows that `gates` draws, to replace them when only figures have changed.

    Examples
    --------
    >>> gate_rows(pd.DataFrame({"n": [9, 4], "last": [False, True]}))["whole"].tolist()
    [9, 9]
    """
    tokens = theme.tokens(mode)
    rows = steps.assign(
        order=range(len(steps)),
        whole=steps["n"].max() if len(steps) else 0,
        colour=[tokens["q6" if last else "q4"] for last in steps["last"]],
    )
    rows.attrs["table"] = "gates"
    return rows


def capacity(
    trace: pd.DataFrame, places: int, *, lang: str = "en", mode: Mode = "light", height: int = 120
) -> alt.LayerChart:
    """Draw the expected value over the places on the lists, and where the slider stands.

    Parameters
    ----------
    trace : pandas.DataFrame
        ``capacity`` and ``expected_value``, from `workbench.strategy.trace_capacity`.
    places : int
        Where the slider stands.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=120
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> trace = pd.DataFrame({"capacity": [0, 5, 10], "expected_value": [0.0, 40.0, 60.0]})
    >>> len(capacity(trace, 5).layer)
    3
    """
    tokens = theme.tokens(mode)
    x = alt.X(
        "capacity:Q",
        axis=quiet_axis(tickCount=4, format=",d"),
        scale=alt.Scale(domainMin=0, domainMax=max(int(trace["capacity"].max()), 1), nice=False),
    )
    y = alt.Y("expected_value:Q", axis=_money_axis(lang, tickCount=4))
    tips = [
        alt.Tooltip("capacity:Q", format=",", title=text("strategy.chart.places", lang)),
        alt.Tooltip("expected_value:Q", format=",.0f", title=text("strategy.chart.value", lang)),
    ]
    line = alt.Chart(trace).mark_line(color=tokens["accent"], strokeWidth=2).encode(x=x, y=y, tooltip=tips)
    now = place_row(trace, places)
    mark = alt.Chart(now)
    rule = mark.mark_rule(color=tokens["ink-3"], strokeDash=[3, 3]).encode(x="capacity:Q")
    dot = mark.mark_point(size=60, filled=True, opacity=1, color=tokens["accent"]).encode(
        x="capacity:Q", y="expected_value:Q"
    )
    chart = alt.layer(line, rule, dot).properties(width="container", height=height)
    return finish(chart, mode, description=text("strategy.chart.trace", lang))


def place_row(trace: pd.DataFrame, places: int) -> pd.DataFrame:
    """Return the point of `capacity` where the slider stands: the nearest of the curve.

    Examples
    --------
    >>> trace = pd.DataFrame({"capacity": [0, 5, 10], "expected_value": [0.0, 40.0, 60.0]})
    >>> place_row(trace, 6).values.tolist()
    [[6.0, 40.0]]
    """
    nearest = trace.iloc[(trace["capacity"] - places).abs().argsort().iloc[:1]]
    row = pd.DataFrame(
        {"capacity": [places] * len(nearest), "expected_value": nearest["expected_value"].array}
    )
    row.attrs["table"] = "places"
    return row


def reliability(
    bins: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", height: int = 150
) -> alt.LayerChart:
    """Draw whether predicted response rates came true: dots on the diagonal did.

    Parameters
    ----------
    bins : pandas.DataFrame
        ``mean_predicted``, ``observed``, ``ci_low``, ``ci_high`` (0 to 1) and ``n``, as
        ``Propensity.reliability_``.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=150
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> bins = pd.DataFrame({"mean_predicted": [0.1], "observed": [0.12], "ci_low": [0.08],
    ...                      "ci_high": [0.17], "n": [200]})
    >>> len(reliability(bins).layer)
    3
    """
    tokens = theme.tokens(mode)
    percent: dict[str, Any] = {"format": "~%", "tickCount": 4, "titleFontWeight": "normal"}
    x = alt.X("mean_predicted:Q", axis=alt.Axis(title=text("strategy.chart.predicted", lang), **percent))
    y = alt.Y("ci_low:Q", axis=alt.Axis(title=text("strategy.chart.observed", lang), **percent))
    largest = float(bins[["mean_predicted", "ci_high"]].max().max()) if len(bins) else 1.0
    ends = pd.DataFrame({"mean_predicted": [0.0, largest], "ci_low": [0.0, largest]})
    diagonal = (
        alt.Chart(ends).mark_line(color=tokens["ink-3"], strokeDash=[4, 4], strokeWidth=1).encode(x=x, y=y)
    )
    base = alt.Chart(bins).encode(x=x)
    interval = base.mark_rule(color=tokens["accent"], strokeWidth=1.4).encode(y=y, y2="ci_high:Q")
    dot = base.mark_point(size=42, filled=True, opacity=1, color=tokens["accent"]).encode(
        y="observed:Q",
        tooltip=[
            alt.Tooltip("mean_predicted:Q", format=".1%", title=text("strategy.chart.predicted", lang)),
            alt.Tooltip("observed:Q", format=".1%", title=text("strategy.chart.observed", lang)),
            alt.Tooltip("n:Q", format=",", title=text("strategy.chart.customers", lang)),
        ],
    )
    chart = alt.layer(diagonal, interval, dot).properties(width="container", height=height)
    return finish(chart, mode, description=text("strategy.chart.reliability", lang))


def _money_axis(lang: str, **options: Any) -> alt.Axis:
    """Return an axis of money: ¥4M, 400万元."""
    size = "abs(datum.value)"
    if lang == "zh_CN":
        words = (
            f"{size} >= 1e8 ? format(datum.value / 1e8, '~g') + '亿' : "
            f"{size} >= 1e4 ? format(datum.value / 1e4, '~g') + '万' : format(datum.value, ',')"
        )
    else:
        words = (
            "(datum.value < 0 ? '−¥' : '¥') + "
            f"({size} >= 1e9 ? format({size} / 1e9, '~g') + 'bn' : "
            f"{size} >= 1e6 ? format({size} / 1e6, '~g') + 'M' : "
            f"{size} >= 1e3 ? format({size} / 1e3, '~g') + 'k' : format({size}, ','))"
        )
    return alt.Axis(title=None, labelExpr=f"datum.value == 0 ? '0' : {words}", **{"tickCount": 5, **options})
