"""Charts of the section on scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode

# Share of the draws at which the next shade begins.
_SHADES = (0.02, 0.1, 0.3, 0.6, 0.85)
_WIDE = 26
"""From so many pixels on a cell holds a figure with its sign."""


def method_ranks(
    ranked: pd.DataFrame,
    columns: Sequence[str],
    *,
    lang: str = "en",
    mode: Mode = "light",
    row_height: int = 30,
) -> alt.LayerChart:
    """Draw at which rank each strategy stands by each method, joined by a line.

    Parameters
    ----------
    ranked : pandas.DataFrame
        A row for each strategy and method: ``strategy_id``, ``label``, ``slot`` (of the
        segment's colour), ``place`` (0 for the first method), ``method``, ``rank``,
        ``score`` in words.
    columns : sequence of str
        The methods' names in order; a bar parts two lines.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=30
        Pixels a rank.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> ranked = pd.DataFrame({"strategy_id": ["S1", "S1"], "label": ["S1  Call"] * 2,
    ...     "slot": [1, 1], "place": [0, 1], "method": ["value", "sum"], "rank": [1, 2],
    ...     "score": ["9", "0.4"]})
    >>> len(method_ranks(ranked, ["Value", "Sum"]).layer)
    4
    """
    tokens = theme.tokens(mode)
    drawn = method_rank_rows(ranked, mode)
    last = len(columns) - 1
    lowest = int(drawn["rank"].max()) if len(drawn) else 1
    # The names stand right of the last method, in about two fifths of the width.
    x = alt.X(
        "place:Q",
        scale=alt.Scale(domain=[-0.35, last + 2.5], nice=False),
        axis=alt.Axis(
            title=None,
            orient="top",
            values=list(range(len(columns))),
            labelExpr=f"split({list(columns)!r}[datum.value], '|')",
            labelFontSize=11,
            labelLineHeight=14,
            labelOverlap=False,
            labelPadding=22,
            grid=False,
            domain=False,
            ticks=False,
        ),
    )
    y = alt.Y(
        "rank:Q",
        axis=None,
        scale=alt.Scale(domain=[lowest + 0.5, 0.5], nice=False, zero=False),
    )
    base = alt.Chart(drawn).encode(x=x, y=y, detail="strategy_id:N")
    colour = alt.Color("colour:N", scale=None)
    tips = [
        alt.Tooltip("label:N", title=" "),
        alt.Tooltip("method:N", title=text("strategy_scores.chart.method", lang)),
        alt.Tooltip("rank:Q", title=text("strategy_scores.chart.rank", lang)),
        alt.Tooltip("score:N", title=text("strategy_scores.chart.score", lang)),
    ]
    layers = [
        base.mark_line(strokeWidth=2.2, opacity=0.9).encode(color=colour, order="place:Q"),
        base.mark_point(size=330, filled=True, opacity=1, fill=tokens["surface"], strokeWidth=2).encode(
            stroke=alt.Stroke("colour:N", scale=None), tooltip=tips
        ),
        base.mark_text(fontWeight=600, color=tokens["ink"], baseline="middle").encode(
            text="rank:Q", tooltip=tips
        ),
        base.transform_filter(f"datum.place == {last}")
        .mark_text(
            align="left",
            dx=16,
            baseline="middle",
            color=tokens["ink"],
            limit=alt.expr("width * 0.38 - 6"),
        )
        .encode(text="label:N"),
    ]
    chart = alt.layer(*layers).properties(width="container", height=row_height * lowest)
    return finish(chart, mode, description=text("strategy_scores.chart.ranks", lang))


def method_rank_rows(ranked: pd.DataFrame, mode: Mode = "light") -> pd.DataFrame:
    """Return the rows that `method_ranks` draws, to replace them when only ranks have changed.

    Examples
    --------
    >>> method_rank_rows(pd.DataFrame({"slot": [1]}))["colour"].tolist()
    ['#D5703A']
    """
    rows = ranked.assign(colour=[theme.segment_color(int(slot), mode) for slot in ranked["slot"]])
    rows.attrs["table"] = "methods"
    return rows


def rank_shares(
    shares: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 30
) -> alt.LayerChart:
    """Draw how often each strategy stands at each rank under sampled weights.

    Parameters
    ----------
    shares : pandas.DataFrame
        A row for each strategy and rank: ``label``, ``order`` (of the strategies from
        above), ``column`` (the rank in words), ``share`` (0 to 1), ``shown`` and ``brief``
        (for narrow cells) in words, ``own`` (whether it is the rank at the weights given;
        it is framed).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=30
        Pixels a strategy.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> shares = pd.DataFrame({"label": ["S1  Call"], "order": [1], "column": ["1"],
    ...                        "share": [1.0], "shown": ["100%"], "brief": ["100"], "own": [True]})
    >>> len(rank_shares(shares).layer)
    5
    """
    tokens = theme.tokens(mode)
    drawn = rank_share_rows(shares, mode)
    columns = list(dict.fromkeys(drawn["column"]))
    order = alt.EncodingSortField("order", op="min", order="ascending")
    n = max(int(drawn["label"].nunique()), 1)
    base = alt.Chart(drawn).encode(
        y=alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.07, paddingOuter=0)),
        x=alt.X(
            "column:N",
            sort=columns,
            # The names stand left of the cells, in two fifths of the width.
            scale=alt.Scale(range=[alt.expr("width * 0.36"), alt.expr("width")], paddingInner=0.06),
            axis=alt.Axis(
                title=None,
                orient="top",
                labelAngle=0,
                labelPadding=4,
                grid=False,
                domain=False,
                ticks=False,
            ),
        ),
    )
    tips = [
        alt.Tooltip("label:N", title=" "),
        alt.Tooltip("column:N", title=text("strategy_scores.chart.rank", lang)),
        alt.Tooltip("share:Q", format=".1%", title=text("strategy_scores.chart.share", lang)),
    ]
    layers: list[Any] = [
        base.mark_rect(cornerRadius=2).encode(color=alt.Color("colour:N", scale=None), tooltip=tips),
        base.transform_filter("datum.own")
        .mark_rect(cornerRadius=2, filled=False, strokeWidth=2, stroke=tokens["ink"])
        .encode(),
        *(
            # In narrow cells a figure stands without its sign.
            base.transform_filter(f"datum.{words} != ''")
            .mark_text(fontSize=11, baseline="middle", opacity=alt.expr(f"bandwidth('x') {wide} ? 1 : 0"))
            .encode(text=f"{words}:N", color=alt.Color("ink:N", scale=None))
            for words, wide in (("shown", f">= {_WIDE}"), ("brief", f"< {_WIDE}"))
        ),
        base.mark_text(
            align="left", baseline="middle", color=tokens["ink"], limit=alt.expr("width * 0.36 - 8")
        )
        .transform_filter("datum.first")
        .encode(x=alt.value(0), text="label:N"),
    ]
    chart = alt.layer(*layers).properties(width="container", height=row_height * n)
    return finish(chart, mode, description=text("strategy_scores.chart.shares", lang))


def rank_share_rows(shares: pd.DataFrame, mode: Mode = "light") -> pd.DataFrame:
    """Return the rows that `rank_shares` draws, to replace them when only shares have changed.

    Examples
    --------
    >>> rows = rank_share_rows(pd.DataFrame({"label": ["S1"], "share": [0.0], "own": [False]}))
    >>> rows[["colour", "first"]].values.tolist()
    [['#EEF0EE', True]]
    """
    tokens = theme.tokens(mode)
    steps = [1 + sum(share >= limit for limit in _SHADES) if share > 0 else 0 for share in shares["share"]]
    rows = shares.assign(
        colour=[tokens[f"q{step}"] if step else tokens["sunken"] for step in steps],
        ink=[tokens["surface" if step >= 5 else "ink"] for step in steps],
        first=~shares["label"].duplicated(),
    )
    rows.attrs["table"] = "shares"
    return rows
