"""Charts of the review room."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis
from workbench.locale import count, points, signed, text
from workbench.theme import Mode

TONES = {"good": "good", "warn": "warn", "bad": "bad", "accent": "accent", "": "ink-2"}
"""Token of each tone that a verdict can have."""
UPLIFT_COLUMNS = (
    "label",
    "size",
    "uplift",
    "ci_low",
    "ci_high",
    "proven",
    "figures",
    "verdict",
)
ALPHA = 0.05
"""An effect with a p-value under this is drawn solid."""
_TICKS = "datum.value === 0 ? '0' : format(datum.value, abs(datum.value) >= 1000 ? '+~s' : '+,~g')"
_PHONE = 33
_NAME, _LIST, _FIGURES, _VERDICT, _RIGHT = 190, 12, 122, 132, 208


def uplift(
    rows: pd.DataFrame,
    *,
    outcome: str = "responded",
    unit: str = "points",
    of: str = "strategy",
    lang: str = "en",
    mode: Mode = "light",
    narrow: bool = False,
    row_height: int = 29,
) -> alt.LayerChart:
    """Draw each strategy's effect as a dot with its interval; hollow is not proven.

    Parameters
    ----------
    rows : pandas.DataFrame
        What `workbench.evaluate_campaign`, `evaluate_strategies` or `evaluate_history`
        returned, of which the rows of one `outcome` with an uplift are drawn; or rows in
        the order to draw: ``label`` (unique), ``slot`` (colour), ``size`` (customers, in
        words), ``uplift``, ``ci_low``, ``ci_high`` (missing draws no dot), ``proven``
        (bool), ``figures`` (the three in words), ``verdict`` (sign and word) and ``tone``
        (a key of `TONES`).
    outcome : str, default="responded"
        Which outcome of an evaluation; without such rows, its first.
    unit : {"points", "money"}, default="points"
        Shares are drawn in percentage points, amounts in CNY.
    of : {"strategy", "campaign"}, default="strategy"
        What a row is.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    narrow : bool, default=False
        For a phone: the words stand above each interval and not beside it.
    row_height : int, default=29
        Pixels a strategy.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"arm": ["Mens E-Mail"], "outcome": ["visit"], "n": [21307],
    ...     "uplift": [0.077], "ci_low": [0.070], "ci_high": [0.083], "p_value": [1e-99]})
    >>> uplift(rows).usermeta["mode"]
    'light'
    """
    if "figures" not in rows:
        rows = _of_evaluation(rows, outcome, unit, lang)
    tokens = theme.tokens(mode)
    height = (row_height + _PHONE if narrow else row_height) * max(len(rows), 1)
    drawn = rows if "colour" in rows else uplift_table(rows, mode, unit)
    base = alt.Chart(drawn).encode(y=_row_axis(narrow, tokens))
    shown = base.transform_filter("isValid(datum.uplift)")
    drop = 4 if narrow else 0
    x = alt.X(
        "ci_low:Q",
        axis=alt.Axis(title=None, labelExpr=_TICKS, tickCount=5),
        scale=alt.Scale(zero=True, padding=10, nice=False),
    )
    tip = [
        alt.Tooltip("label:N", title=text("review.chart.strategy", lang)),
        alt.Tooltip("figures:N", title=text("review.chart.uplift_ci", lang)),
        alt.Tooltip("verdict:N", title=text("review.chart.verdict", lang)),
    ]
    interval = shown.mark_rule(strokeWidth=3, strokeCap="round", yOffset=drop).encode(
        x=x, x2="ci_high:Q", color=alt.Color("colour:N", scale=None), tooltip=tip
    )
    dot = shown.mark_point(size=110, filled=True, opacity=1, strokeWidth=2, yOffset=drop).encode(
        x=alt.X("uplift:Q"),
        fill=alt.Fill("fill:N", scale=None),
        stroke=alt.Stroke("colour:N", scale=None),
        tooltip=tip,
    )
    zero = (
        alt.Chart(pd.DataFrame({"zero": [0.0]}))
        .mark_rule(color=tokens["ink-2"])
        .encode(x=alt.X("zero:Q"), y=alt.value(0), y2=alt.value(alt.expr("height")))
    )
    words = (
        _words_above(base, tokens) if narrow else _words_beside(base, uplift_heads(unit, lang, of), tokens)
    )
    separators = base.mark_rule(
        color=tokens["line"], yOffset=(row_height + _PHONE if narrow else row_height) / 2
    ).encode(
        x=alt.value(0 if narrow else -_NAME - 14),
        x2=alt.value(alt.expr(f"width + {0 if narrow else _RIGHT}")),
    )
    chart = alt.layer(separators, zero, interval, dot, *words).properties(width="container", height=height)
    return finish(chart, mode, description=text("review.chart.uplift", lang))


def _of_evaluation(evaluation: pd.DataFrame, outcome: str, unit: str, lang: str) -> pd.DataFrame:
    """Put an evaluation's rows into words."""
    rows = evaluation[evaluation["uplift"].notna()]
    wanted = rows["outcome"].eq(outcome)
    rows = rows[wanted if wanted.any() or rows.empty else rows["outcome"].eq(rows["outcome"].iloc[0])]
    named = next(name for name in ("strategy_id", "campaign", "arm") if name in rows)
    p_value = rows["p_holm"] if "p_holm" in rows and rows["p_holm"].notna().any() else rows["p_value"]
    return rows.assign(
        label=rows[named].astype("str"),
        slot=0,
        size=[count(n, lang) for n in rows["n"]],
        proven=p_value < ALPHA,
        figures=[
            effect(*row, unit, lang)
            for row in zip(rows["uplift"], rows["ci_low"], rows["ci_high"], strict=True)
        ],
        verdict="",
        tone="",
    ).reset_index(drop=True)


def effect(uplift: float, low: float, high: float, unit: str = "points", lang: str = "en") -> str:
    """Return an effect with its interval in words.

    Examples
    --------
    >>> effect(0.029, 0.021, 0.037), effect(12.5, -3.0, 28.0, "money")
    ('+2.9 (+2.1 to +3.7)', '+12.50 (−3.00 to +28.00)')
    """
    shown = [points(x, lang, unit=False) if unit == "points" else signed(x) for x in (uplift, low, high)]
    return text("review.chart.effect", lang, uplift=shown[0], low=shown[1], high=shown[2])


def uplift_table(rows: pd.DataFrame, mode: Mode = "light", unit: str = "points") -> pd.DataFrame:
    """Return the rows of `uplift` as they are drawn: the table ``rows`` of the chart.

    A view that shows the chart already is given this table, which is quicker than
    drawing the chart again.
    """
    tokens = theme.tokens(mode)
    colours = [theme.segment_color(int(slot), mode) for slot in rows["slot"]]
    ends = ["uplift", "ci_low", "ci_high"]
    rows = rows.assign(**{end: rows[end] * (100 if unit == "points" else 1) for end in ends})
    return _named(
        rows.assign(
            order=range(len(rows)),
            colour=colours,
            fill=[
                colour if proven else tokens["surface"]
                for colour, proven in zip(colours, rows["proven"], strict=True)
            ],
            ink=[tokens[TONES[tone]] for tone in rows["tone"]],
        )[[*UPLIFT_COLUMNS, "order", "colour", "fill", "ink"]]
    )


def uplift_height(n: int, narrow: bool = False) -> int:
    """Return how high `uplift` is with so many rows, its heads and axis included."""
    return (29 + _PHONE if narrow else 29) * max(n, 1) + (30 if narrow else 50)


def uplift_heads(unit: str = "points", lang: str = "en", of: str = "strategy") -> pd.DataFrame:
    """Return what stands above the columns of `uplift`: the table ``heads`` of the chart."""
    return _named(
        pd.DataFrame(
            {
                "zero": [0.0],
                "strategy": text(
                    "review.chart.strategy" if of == "strategy" else "review.chart.campaign", lang
                ),
                "list": text("review.chart.list", lang),
                "figures": text(
                    "review.chart.head_points" if unit == "points" else "review.chart.head_money", lang
                ),
                "verdict": text("review.chart.verdict", lang),
                "worse": text("review.chart.worse", lang),
                "better": text("review.chart.better", lang),
            }
        ),
        "heads",
    )


def _named(table: pd.DataFrame, name: str = "rows") -> pd.DataFrame:
    table = table.reset_index(drop=True)
    table.attrs["table"] = name
    return table


def _row_axis(narrow: bool, tokens: dict[str, str]) -> alt.Y:
    axis = None
    if not narrow:
        axis = quiet_axis(
            labelLimit=136, labelColor=tokens["ink"], labelAlign="left", labelPadding=_NAME, labelFontSize=12
        )
    order = alt.EncodingSortField("order", op="min", order="ascending")
    return alt.Y("label:N", sort=order, axis=axis, scale=alt.Scale(padding=0))


def _words_beside(base: alt.Chart, titles: pd.DataFrame, tokens: dict[str, str]) -> list[alt.Chart]:
    """Return the columns left and right of the intervals, with their heads."""
    figures = alt.expr(f"width + {_FIGURES}")
    verdict = alt.expr(f"width + {_VERDICT}")
    swatch = base.mark_circle(size=80, opacity=1).encode(
        x=alt.value(-_NAME - 9), color=alt.Color("colour:N", scale=None)
    )
    size = base.mark_text(align="right", color=tokens["ink-2"]).encode(x=alt.value(-_LIST), text="size:N")
    figure: Any = {"align": "right", "color": tokens["ink"]}
    proven = base.transform_filter("datum.proven").mark_text(fontWeight=600, **figure)
    unproven = base.transform_filter("!datum.proven").mark_text(fontWeight=400, **figure)
    shown = [part.encode(x=alt.value(figures), text="figures:N") for part in (proven, unproven)]
    word = base.mark_text(align="left", fontWeight=600, fontSize=12).encode(
        x=alt.value(verdict), text="verdict:N", color=alt.Color("ink:N", scale=None)
    )
    top = alt.Chart(titles).encode(y=alt.value(-14))
    look: Any = {"color": tokens["ink-3"], "fontSize": 11}
    heads = [
        top.mark_text(align="left", **look).encode(x=alt.value(-_NAME - 14), text="strategy:N"),
        top.mark_text(align="right", **look).encode(x=alt.value(-_LIST), text="list:N"),
        top.mark_text(align="right", **look).encode(x=alt.value(figures), text="figures:N"),
        top.mark_text(align="left", **look).encode(x=alt.value(verdict), text="verdict:N"),
        top.mark_text(align="right", dx=-8, **look).encode(x="zero:Q", text="worse:N"),
        top.mark_text(align="left", dx=8, **look).encode(x="zero:Q", text="better:N"),
    ]
    return [swatch, size, *shown, word, *heads]


def _words_above(base: alt.Chart, tokens: dict[str, str]) -> list[alt.Chart]:
    # The words stand on the grid: a rim of the ground keeps them readable.
    rim: Any = {"stroke": tokens["surface"], "strokeWidth": 4, "strokeJoin": "round"}
    right = alt.value(alt.expr("width"))
    layers = []
    for look in (rim, {"color": tokens["ink"]}):
        name = base.mark_text(align="left", dy=-18, fontWeight=600, limit=210, **look)
        figures = base.mark_text(align="left", dy=21, **look)
        layers += [
            name.encode(x=alt.value(0), text="label:N"),
            figures.encode(x=alt.value(0), text="figures:N"),
        ]
    word = base.mark_text(align="right", dy=-18, fontWeight=600).encode(
        x=right, text="verdict:N", color=alt.Color("ink:N", scale=None)
    )
    size = base.mark_text(align="right", dy=21, color=tokens["ink-2"]).encode(x=right, text="size:N")
    return [*layers, word, size]


def funnel(
    steps: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 45
) -> alt.LayerChart:
    """Draw the way from the list to the sale: bars, the plan as a tick, the share kept.

    Parameters
    ----------
    steps : pandas.DataFrame
        In order: ``label``, ``n`` (customers, missing where unknown), ``plan`` (customers or
        missing), ``shown`` (n in words) and ``kept`` (share of the step before, in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=45
        Pixels a step.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> steps = pd.DataFrame({"label": ["On lists"], "n": [9.0], "plan": [9.0], "shown": ["9"],
    ...     "kept": [""]})
    >>> len(funnel(steps).layer)
    6
    """
    tokens = theme.tokens(mode)
    drawn = steps if "whole" in steps else funnel_table(steps)
    order = alt.EncodingSortField("order", op="min", order="ascending")
    base = alt.Chart(drawn).encode(y=alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(padding=0)))
    x = alt.X("n:Q", axis=None, scale=alt.Scale(zero=True, nice=False))
    end = alt.value(alt.expr("width + 52"))
    layers = [
        base.mark_bar(height=16, color=tokens["sunken"], yOffset=8).encode(x=alt.X("whole:Q", axis=None)),
        base.mark_bar(height=16, color=tokens["q5"], yOffset=8).encode(x=x),
        base.mark_tick(color=tokens["ink"], thickness=2, size=24, yOffset=8).encode(x=alt.X("plan:Q")),
        base.mark_text(align="left", dy=-10, color=tokens["ink"]).encode(x=alt.value(0), text="label:N"),
        base.mark_text(align="right", dy=-10, fontWeight=600, color=tokens["ink"]).encode(
            x=alt.value(alt.expr("width")), text="shown:N"
        ),
        base.mark_text(align="right", yOffset=8, color=tokens["ink-2"]).encode(x=end, text="kept:N"),
    ]
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(steps), 1))
    return finish(chart, mode, description=text("review.chart.funnel", lang))


def funnel_table(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the steps of `funnel` as the table ``rows`` of the drawn chart."""
    kept = steps[["label", "n", "plan", "shown", "kept"]]
    return _named(kept.assign(order=range(len(steps)), whole=steps[["n", "plan"]].max().max()))
