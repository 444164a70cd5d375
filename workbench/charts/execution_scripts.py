"""Charts of scripts: the steps that calls reach and where they are lost, and two scripts side by side."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode

_LEFT, _RIGHT = 0.54, 0.6
_INDENT, _DEEPEST = 10, 4
"""Pixels that a step stands further in than the one before it, and how often at most."""


def script_steps(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 44
) -> alt.LayerChart:
    """Draw a script's steps: at the left how many reach each, at the right how many leave there.

    Parameters
    ----------
    rows : pandas.DataFrame
        In the script's order: ``label``, ``depth`` (steps before it), ``is_end``, ``share`` of all customers
        called with its interval ``share_low``, ``share_high``, ``loss`` (share of those who
        reached it) with ``loss_low``, ``loss_high`` (missing for ends), and in words
        ``reached``, ``lost``, ``rate``.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=44
        Pixels a step.

    Returns
    -------
    altair.LayerChart
        Steps are dark bars, ends light ones; whiskers are the intervals.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Opening"], "depth": [0], "is_end": [False],
    ...     "share": [1.0], "share_low": [0.9], "share_high": [1.0], "loss": [0.25], "loss_low": [0.1],
    ...     "loss_high": [0.5], "reached": ["20"], "lost": ["25%"], "rate": ["10%"]})
    >>> len(script_steps(rows).layer)
    11
    """
    tokens = theme.tokens(mode)
    drawn = rows.assign(order=range(len(rows)), row=[str(n) for n in range(len(rows))], none=0.0, whole=1.0)
    drawn["indent"] = rows["depth"].clip(upper=_DEEPEST) * _INDENT
    drawn.attrs["table"] = "rows"
    order = alt.EncodingSortField("order", op="min", order="ascending")
    y = alt.Y("row:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.0, paddingOuter=0.0))
    base = alt.Chart(drawn).encode(y=y)
    left = alt.Scale(domain=[0, 1], range=[0, alt.expr(f"width * {_LEFT}")], nice=False)
    right = alt.Scale(domain=[0, 1], range=[alt.expr(f"width * {_RIGHT}"), alt.expr("width - 4")], nice=False)
    tip = [
        alt.Tooltip("label:N", title=text("execution_scripts.chart.step", lang)),
        alt.Tooltip("reached:N", title=text("execution_scripts.chart.reached", lang)),
        alt.Tooltip("lost:N", title=text("execution_scripts.chart.lost", lang)),
        alt.Tooltip("rate:N", title=text("execution_scripts.chart.rate", lang)),
    ]

    def x(name: str, scale: alt.Scale) -> alt.X:
        return alt.X(f"{name}:Q", scale=scale, axis=None)

    # Nobody is lost at an end, so its words have the whole width.
    sides = (("!datum.is_end", f"width * {_LEFT}"), ("datum.is_end", "(width - 4)"))
    colour = alt.condition("datum.is_end", alt.value(tokens["q2"]), alt.value(tokens["q4"]))
    layers: list[Any] = [
        base.mark_bar(height=11, color=tokens["sunken"], yOffset=9).encode(x=x("none", left), x2="whole"),
        base.mark_bar(height=11, yOffset=9).encode(x=x("share", left), color=colour, tooltip=tip),
        base.mark_rule(color=tokens["ink"], strokeWidth=1.5, yOffset=9).encode(
            x=x("share_low", left), x2="share_high"
        ),
        *(
            base.transform_filter(which)
            .mark_text(align="left", dy=-8, color=tokens["ink"], limit=alt.expr(f"{room} - 84"))
            .encode(x=alt.X("indent:Q", scale=None, axis=None), text="label:N")
            for which, room in sides
        ),
        *(
            base.transform_filter(which)
            .mark_text(align="right", dy=-8, fontWeight=600, color=tokens["ink"])
            .encode(x=alt.value(alt.expr(room)), text="reached:N")
            for which, room in sides
        ),
        base.transform_filter("!datum.is_end")
        .mark_bar(height=1, color=tokens["line-2"], yOffset=9)
        .encode(x=x("none", right), x2="whole"),
        base.mark_rule(color=tokens["n3"], strokeWidth=3, yOffset=9).encode(
            x=x("loss_low", right), x2="loss_high"
        ),
        base.mark_point(filled=True, size=70, opacity=1, color=tokens["n3"], yOffset=9).encode(
            x=x("loss", right), tooltip=tip
        ),
        base.mark_text(align="right", dy=-8, color=tokens["ink-2"]).encode(
            x=alt.value(alt.expr("width - 4")), text="lost:N"
        ),
    ]
    chart = alt.layer(*layers).resolve_scale(x="independent")
    chart = chart.properties(width="container", height=row_height * max(len(drawn), 1))
    return finish(chart, mode, description=text("execution_scripts.chart.steps", lang))


def script_arms(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 44
) -> alt.LayerChart:
    """Draw the rates of two scripts with their intervals.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``label``, ``rate``, ``low``, ``high`` and ``figures`` (in words) of each script.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=44
        Pixels a script.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Script 1"], "rate": [0.2], "low": [0.1], "high": [0.3],
    ...     "figures": ["20%"]})
    >>> len(script_arms(rows).layer)
    5
    """
    tokens = theme.tokens(mode)
    drawn = rows.assign(order=range(len(rows)), row=[str(n) for n in range(len(rows))], none=0.0)
    drawn.attrs["table"] = "rows"
    most = float(drawn["high"].max()) if drawn["high"].notna().any() else 1.0
    drawn["whole"] = most
    order = alt.EncodingSortField("order", op="min", order="ascending")
    y = alt.Y("row:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.0, paddingOuter=0.0))
    scale = alt.Scale(domain=[0, most or 1.0], nice=False, range=[4, alt.expr("width - 6")])
    base = alt.Chart(drawn).encode(y=y)
    tip = [
        alt.Tooltip("label:N", title=text("execution_scripts.chart.script", lang)),
        alt.Tooltip("figures:N", title=text("execution_scripts.chart.rate", lang)),
    ]

    def x(name: str) -> alt.X:
        return alt.X(f"{name}:Q", scale=scale, axis=None)

    layers: list[Any] = [
        base.mark_rule(color=tokens["line-2"], yOffset=9).encode(x=x("none"), x2="whole"),
        base.mark_rule(color=tokens["q5"], strokeWidth=3, yOffset=9).encode(x=x("low"), x2="high"),
        base.mark_point(filled=True, size=80, opacity=1, color=tokens["q5"], yOffset=9).encode(
            x=x("rate"), tooltip=tip
        ),
        base.mark_text(align="left", dy=-8, color=tokens["ink"]).encode(x=alt.value(0), text="label:N"),
        base.mark_text(align="right", dy=-8, fontWeight=600, color=tokens["ink"]).encode(
            x=alt.value(alt.expr("width")), text="figures:N"
        ),
    ]
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(drawn), 1))
    return finish(chart, mode, description=text("execution_scripts.chart.arms", lang))
