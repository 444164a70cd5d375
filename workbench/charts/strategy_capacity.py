"""The chart of the section on capacity."""

from __future__ import annotations

from typing import Literal

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis
from workbench.locale import text
from workbench.theme import Mode

Amount = Literal["hours", "money"]


def limit_curve(
    curve: pd.DataFrame,
    now: pd.DataFrame,
    *,
    of: Amount = "hours",
    lang: str = "en",
    mode: Mode = "light",
    height: int = 230,
) -> alt.LayerChart:
    """Draw what amounts of a limit are worth: the optimum, and the list filled by score.

    Parameters
    ----------
    curve : pandas.DataFrame
        ``which`` ("optimum", "greedy"), ``amount``, ``value`` and ``label`` (in words, at
        the line's end; empty elsewhere).
    now : pandas.DataFrame
        One row, the amount in force: ``amount``, ``value``, ``label``.
    of : {"hours", "money"}, default="hours"
        What the amounts are.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=230
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> curve = pd.DataFrame({"which": ["optimum"] * 2 + ["greedy"] * 2, "amount": [0, 9] * 2,
    ...                       "value": [0.0, 8.0, 0.0, 7.0], "label": ["", "optimum", "", "by score"]})
    >>> now = pd.DataFrame({"amount": [4.0], "value": [5.0], "label": ["now ¥5"]})
    >>> len(limit_curve(curve, now).layer)
    7
    """
    tokens = theme.tokens(mode)
    words = {"optimum": tokens["accent"], "greedy": tokens["ink-3"]}
    curve = _named(curve, "curve")
    x = alt.X(
        "amount:Q",
        axis=quiet_axis(tickCount=5) if of == "hours" else money_axis(lang),
        scale=alt.Scale(zero=True, nice=False),
    )
    y = alt.Y("value:Q", axis=money_axis(lang), scale=alt.Scale(zero=True))
    colour = alt.Color(
        "which:N", scale=alt.Scale(domain=list(words), range=list(words.values())), legend=None
    )
    dash = alt.StrokeDash("which:N", scale=alt.Scale(domain=list(words), range=[[1, 0], [4, 3]]), legend=None)
    base = alt.Chart(curve).encode(x=x, y=y, color=colour)
    line = base.mark_line(strokeWidth=2).encode(strokeDash=dash)
    ends = [
        base.transform_filter(alt.datum.which == which).mark_text(align="right", dy=dy).encode(text="label:N")
        for which, dy in (("optimum", -9), ("greedy", 14))
    ]
    hover = base.mark_point(size=70, opacity=0).encode(
        tooltip=[
            alt.Tooltip("amount:Q", format=",.0f", title=text(f"strategy_capacity.chart.{of}", lang)),
            alt.Tooltip("value:Q", format=",.0f", title=text("strategy_capacity.chart.value", lang)),
        ]
    )
    mark = alt.Chart(_named(now, "now")).encode(x="amount:Q")
    rule = mark.mark_rule(color=tokens["ink-3"], strokeDash=[3, 3])
    dot = mark.mark_point(size=70, filled=True, opacity=1, color=tokens["accent"]).encode(y="value:Q")
    here = mark.mark_text(dy=-10, dx=-8, align="right", fontWeight=600, color=tokens["ink"]).encode(
        y="value:Q", text="label:N"
    )
    chart = alt.layer(line, rule, dot, *ends, here, hover).properties(width="container", height=height)
    return finish(chart, mode, description=text("strategy_capacity.chart.description", lang))


MESSAGE_PREFIXES = ("strategy_capacity.chart.",)


def curve_tables(curve: pd.DataFrame, now: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the two tables of `limit_curve` as they are sent when a slider moves.

    Examples
    --------
    >>> curve = pd.DataFrame({"which": ["optimum"], "amount": [0.0], "value": [0.0], "label": [""]})
    >>> curve_tables(curve, curve)[0].columns.tolist()
    ['which', 'amount', 'value', 'label']
    """
    return _named(curve, "curve"), _named(now, "now")


def _named(rows: pd.DataFrame, table: str) -> pd.DataFrame:
    rows = rows.copy()
    rows.attrs["table"] = table
    return rows


def money_axis(lang: str) -> alt.Axis:
    """Return an axis of money: ¥400k, 40万."""
    size = "abs(datum.value)"
    if lang == "zh_CN":
        words = (
            f"{size} >= 1e8 ? format(datum.value / 1e8, '~g') + '亿' : "
            f"{size} >= 1e4 ? format(datum.value / 1e4, '~g') + '万' : format(datum.value, ',')"
        )
    else:
        words = (
            f"'¥' + ({size} >= 1e9 ? format(datum.value / 1e9, '~g') + 'bn' : "
            f"{size} >= 1e6 ? format(datum.value / 1e6, '~g') + 'M' : "
            f"{size} >= 1e3 ? format(datum.value / 1e3, '~g') + 'k' : format(datum.value, ','))"
        )
    return quiet_axis(tickCount=4, labelExpr=f"datum.value == 0 ? '0' : {words}")
