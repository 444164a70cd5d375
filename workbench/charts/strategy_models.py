"""Charts of the section on propensity."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis
from workbench.locale import text
from workbench.theme import Mode


def model_reliability(
    bins: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", height: int = 220
) -> alt.LayerChart:
    """Draw whether the probabilities of two algorithms came true: dots on the diagonal did.

    Parameters
    ----------
    bins : pandas.DataFrame
        ``mean_predicted``, ``observed``, ``ci_low``, ``ci_high`` (0 to 1), ``n``, ``shown``
        (the algorithm's name) and ``chosen`` (whether it predicts).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=220
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> bins = pd.DataFrame({"mean_predicted": [0.1], "observed": [0.12], "ci_low": [0.08],
    ...                      "ci_high": [0.17], "n": [200], "shown": ["A"], "chosen": [True]})
    >>> len(model_reliability(bins).layer)
    5
    """
    tokens = theme.tokens(mode)
    axis: dict[str, Any] = {"format": "~%", "tickCount": 4, "titleFontWeight": "normal"}
    predicted, observed = text("strategy.chart.predicted", lang), text("strategy.chart.observed", lang)
    x = alt.X("mean_predicted:Q", axis=alt.Axis(title=predicted, **axis))
    y = alt.Y("ci_low:Q", axis=alt.Axis(title=observed, **axis))
    largest = float(bins[["mean_predicted", "ci_high"]].max().max()) if len(bins) else 1.0
    ends = pd.DataFrame({"mean_predicted": [0.0, largest], "ci_low": [0.0, largest]})
    line = alt.Chart(ends).mark_line(color=tokens["ink-3"], strokeDash=[4, 4], strokeWidth=1)
    layers = [line.encode(x=x, y=y)]
    tooltip = [
        alt.Tooltip("shown:N", title=text("strategy_models.figures.algorithm", lang)),
        alt.Tooltip("mean_predicted:Q", format=".2%", title=predicted),
        alt.Tooltip("observed:Q", format=".2%", title=observed),
        alt.Tooltip("n:Q", format=",", title=text("strategy.chart.customers", lang)),
    ]
    for chosen, colour in ((False, tokens["ink-3"]), (True, tokens["accent"])):
        base = alt.Chart(bins).transform_filter(alt.datum.chosen == chosen).encode(x=x)
        rule = base.mark_rule(color=colour, strokeWidth=1.4, opacity=1 if chosen else 0.6)
        layers.append(rule.encode(y=y, y2="ci_high:Q"))
        dot = base.mark_point(
            size=44, filled=True, opacity=1, fill=colour if chosen else tokens["surface"], stroke=colour
        )
        layers.append(dot.encode(y="observed:Q", tooltip=tooltip))
    chart = alt.layer(*layers).properties(width="container", height=height)
    return finish(chart, mode, description=text("strategy_models.chart.reliability", lang))


def model_gains(
    gains: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", height: int = 220
) -> alt.LayerChart:
    """Draw which share of the responses is found among which share of customers, best first.

    Parameters
    ----------
    gains : pandas.DataFrame
        As `gains_table` returns it, begun by a row at 0: ``share_customers``,
        ``share_responses``, ``shown`` (the algorithm's name) and ``chosen``.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=220
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> gains = pd.DataFrame({"share_customers": [0.0, 1.0], "share_responses": [0.0, 1.0],
    ...                       "shown": ["A", "A"], "chosen": [True, True]})
    >>> len(model_gains(gains).layer)
    5
    """
    tokens = theme.tokens(mode)
    axis: dict[str, Any] = {"format": "~%", "tickCount": 5, "titleFontWeight": "normal"}
    across = alt.Axis(title=text("strategy_models.chart.customers", lang), **axis)
    up = alt.Axis(title=text("strategy_models.chart.responses", lang), **axis)
    x, y = alt.X("share_customers:Q", axis=across), alt.Y("share_responses:Q", axis=up)
    ends = pd.DataFrame({"share_customers": [0.0, 1.0], "share_responses": [0.0, 1.0]})
    line = alt.Chart(ends).mark_line(color=tokens["ink-3"], strokeDash=[4, 4], strokeWidth=1)
    layers: list[Any] = [line.encode(x=x, y=y)]
    tooltip = [
        alt.Tooltip("shown:N", title=text("strategy_models.figures.algorithm", lang)),
        alt.Tooltip("share_customers:Q", format=".0%", title=text("strategy_models.chart.customers", lang)),
        alt.Tooltip("share_responses:Q", format=".0%", title=text("strategy_models.chart.responses", lang)),
    ]
    for chosen, colour in ((False, tokens["ink-3"]), (True, tokens["accent"])):
        base = alt.Chart(gains).transform_filter(alt.datum.chosen == chosen).encode(x=x, y=y)
        layers.append(base.mark_line(color=colour, strokeWidth=2 if chosen else 1.2))
        dot = base.mark_point(
            size=34, filled=True, opacity=1, fill=colour if chosen else tokens["surface"], stroke=colour
        )
        layers.append(dot.encode(tooltip=tooltip))
    chart = alt.layer(*layers).properties(width="container", height=height)
    return finish(chart, mode, description=text("strategy_models.chart.gains", lang))


def model_lift(
    gains: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", height: int = 240
) -> alt.LayerChart:
    """Draw the response rate of each tenth over that of all, with its interval.

    Parameters
    ----------
    gains : pandas.DataFrame
        As `gains_table` returns it: ``group``, ``lift``, ``lift_low``, ``lift_high``,
        ``rate``; and ``words``, the lift in words.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=240
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> gains = pd.DataFrame({"group": [1], "lift": [2.0], "lift_low": [1.5], "lift_high": [2.6],
    ...                       "rate": [0.1], "words": ["× 2.0"]})
    >>> len(model_lift(gains).layer)
    5
    """
    tokens = theme.tokens(mode)
    base = alt.Chart(gains).encode(
        x=alt.X("group:O", axis=quiet_axis(labelAngle=0, domain=True), scale=alt.Scale(paddingInner=0.25))
    )
    y = alt.Y("lift:Q", axis=alt.Axis(title=None, tickCount=4), scale=alt.Scale(zero=True))
    bars = base.mark_bar(color=tokens["q4"]).encode(
        y=y,
        tooltip=[
            alt.Tooltip("group:O", title=text("strategy_models.chart.tenth", lang)),
            alt.Tooltip("lift:Q", format=".2f", title=text("strategy_models.chart.lift_word", lang)),
            alt.Tooltip("rate:Q", format=".2%", title=text("strategy.chart.observed", lang)),
        ],
    )
    rule = base.mark_rule(color=tokens["ink"], strokeWidth=1.5).encode(y="lift_low:Q", y2="lift_high:Q")
    words = base.encode(y="lift_high:Q", text="words:N")
    # A halo keeps the words readable where they meet the line of chance.
    halo = words.mark_text(dy=-8, stroke=tokens["surface"], strokeWidth=4)
    label = words.mark_text(dy=-8, color=tokens["ink"])
    one = alt.Chart(pd.DataFrame({"lift": [1.0]})).mark_rule(color=tokens["ink-2"], strokeDash=[4, 3])
    chart = alt.layer(bars, one.encode(y=y), rule, halo, label).properties(width="container", height=height)
    return finish(chart, mode, description=text("strategy_models.chart.lift", lang))


def model_drivers(
    drivers: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 26
) -> alt.LayerChart:
    """Draw what a model loses without each column: a dot and its interval, hollow if it may be nothing.

    Parameters
    ----------
    drivers : pandas.DataFrame
        Rows in the order to draw: ``label``, ``importance``, ``ci_low``, ``ci_high``,
        ``sure`` (whether the interval is above 0) and ``words`` (the figure in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=26
        Pixels a column.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> drivers = pd.DataFrame({"label": ["Age"], "importance": [0.1], "ci_low": [0.05],
    ...                         "ci_high": [0.15], "sure": [True], "words": ["0.100 ↑"]})
    >>> len(model_drivers(drivers).layer)
    5
    """
    tokens = theme.tokens(mode)
    order = list(drivers["label"])
    names = alt.Axis(
        title=None,
        grid=False,
        labelLimit=140,
        labelColor=tokens["ink"],
        labelAlign="left",
        labelPadding=144,
    )
    base = alt.Chart(drivers).encode(y=alt.Y("label:N", sort=order, axis=names))
    x = alt.X("importance:Q", axis=alt.Axis(title=None, tickCount=3, format="~f"), scale=alt.Scale(padding=8))
    zero = alt.Chart(pd.DataFrame({"importance": [0.0]})).mark_rule(color=tokens["ink-2"]).encode(x=x)
    rule = base.mark_rule(color=tokens["accent"], strokeWidth=1.8).encode(x="ci_low:Q", x2="ci_high:Q")
    layers = [zero, rule]
    for sure in (False, True):
        dot = base.transform_filter(alt.datum.sure == sure).mark_point(
            size=52,
            filled=True,
            opacity=1,
            fill=tokens["accent"] if sure else tokens["surface"],
            stroke=tokens["accent"],
        )
        layers.append(dot.encode(x=x))
    figures = base.mark_text(align="left", dx=6, color=tokens["ink-2"]).encode(x="ci_high:Q", text="words:N")
    chart = alt.layer(*layers, figures).properties(
        width="container", height=row_height * max(len(order), 1), padding={"right": 56}
    )
    return finish(chart, mode, description=text("strategy_models.chart.drivers", lang))


def model_past(
    rates: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 34
) -> alt.LayerChart:
    """Draw past response rates of offers with their intervals, and the planned ones as ticks.

    Parameters
    ----------
    rates : pandas.DataFrame
        Rows in the order to draw: ``label`` (the offer), ``rate``, ``ci_low``, ``ci_high``,
        ``planned`` (missing where no card plans it) and ``words`` (the figures in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=34
        Pixels an offer.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rates = pd.DataFrame({"label": ["Fund plan"], "rate": [0.04], "ci_low": [0.03],
    ...                       "ci_high": [0.05], "planned": [0.06], "words": ["4.0%"]})
    >>> len(model_past(rates).layer)
    4
    """
    tokens = theme.tokens(mode)
    names = quiet_axis(labelLimit=140, labelColor=tokens["ink"], labelAlign="left", labelPadding=144)
    base = alt.Chart(rates).encode(y=alt.Y("label:N", sort=list(rates["label"]), axis=names))
    x = alt.X("rate:Q", axis=alt.Axis(title=None, tickCount=4, format="~%"), scale=alt.Scale(zero=True))
    rule = base.mark_rule(color=tokens["accent"], strokeWidth=2).encode(x="ci_low:Q", x2="ci_high:Q")
    dot = base.mark_point(size=56, filled=True, opacity=1, color=tokens["accent"]).encode(x=x)
    known = base.transform_filter("isValid(datum.planned)")
    planned = known.mark_tick(color=tokens["ink"], thickness=2.5, size=18).encode(x="planned:Q")
    figures = base.mark_text(align="left", dx=8, color=tokens["ink-2"]).encode(x="ci_high:Q", text="words:N")
    chart = alt.layer(rule, dot, planned, figures).properties(
        width="container", height=row_height * max(len(rates), 1), padding={"right": 70}
    )
    return finish(chart, mode, description=text("strategy_models.chart.past", lang))
