"""Charts of the execution room."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis
from workbench.locale import count, percent, text
from workbench.theme import Mode

STEPS = ("responded", "reached", "contacted")
STEP_TOKENS = {"responded": "q6", "reached": "q4", "contacted": "q2"}
"""Colour token of each step of the work; what is not contacted yet is the empty track."""
PROGRESS_COLUMNS = (
    "label",
    "colour",
    "contacted",
    "reached",
    "responded",
    "due",
    "expected",
    "figures",
    "pace",
    "tone",
)
LINES = ("due", "contacted", "responded")
MESSAGE_PREFIXES = ("execution.pace.", "execution.line.")
_PLOT, _APART, _LABELS = 200, 15, 104
_TONES = {"behind": "warn", "ahead": "accent", "on_plan": "good"}


def progress(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 52
) -> alt.LayerChart:
    """Draw how far each list is: contacted, reached and responded as shares of those to contact.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `Project.execution.progress` returns it, or `progress_table` made of it.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=52
        Pixels a strategy.

    Returns
    -------
    altair.LayerChart
        One bar a strategy, as long as all its customers to contact. The darker, the
        further; a black tick marks the contacts due by now, a short one at the foot the
        responses that the plan expects of those contacted.

    Examples
    --------
    >>> rows = pd.DataFrame({"strategy_id": ["S1"], "name": ["Calls"], "treatment": [100],
    ...     "contacted": [50], "reached": [40], "responded": [6], "due": [45], "plan": [0.1]})
    >>> len(progress(rows).layer)
    9
    """
    tokens = theme.tokens(mode)
    drawn = rows if "label" in rows else progress_table(rows, lang=lang, mode=mode)
    order = alt.EncodingSortField("order", op="min", order="ascending")
    base = alt.Chart(drawn).encode(y=alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(padding=0)))
    whole = alt.Scale(domain=[0, 1], nice=False)
    drop, tall = 9, 15
    tip = [
        alt.Tooltip("label:N", title=text("execution.chart.strategy", lang)),
        alt.Tooltip("figures:N", title=text("execution.chart.contacted", lang)),
        alt.Tooltip("pace:N", title=text("execution.chart.pace", lang)),
    ]
    layers: list[Any] = [
        base.mark_bar(height=tall, color=tokens["sunken"], yOffset=drop).encode(
            x=alt.value(0), x2=alt.value(alt.expr("width")), tooltip=tip
        )
    ]
    layers += [
        base.mark_bar(height=tall, color=tokens[STEP_TOKENS[step]], yOffset=drop).encode(
            x=alt.X(f"{step}:Q", scale=whole, axis=None), tooltip=tip
        )
        for step in reversed(STEPS)
    ]
    layers += [
        base.mark_tick(color=tokens["ink"], thickness=2, size=tall + 8, yOffset=drop).encode(
            x=alt.X("due:Q", scale=whole, axis=None)
        ),
        base.mark_tick(color=tokens["ink"], thickness=2, size=7, yOffset=drop + tall / 2).encode(
            x=alt.X("expected:Q", scale=whole, axis=None)
        ),
        base.mark_circle(size=80, opacity=1, yOffset=-11).encode(
            x=alt.value(5), color=alt.Color("colour:N", scale=None)
        ),
        base.mark_text(
            align="left", dy=-11, fontWeight=600, color=tokens["ink"], limit=alt.ExprRef("width - 150")
        ).encode(x=alt.value(15), text="label:N"),
        base.mark_text(align="right", dy=-11).encode(
            x=alt.value(alt.expr("width")), text="figures:N", color=alt.Color("tone:N", scale=None)
        ),
    ]
    chart = alt.layer(*layers).properties(width="container", height=alt.Step(row_height))
    return finish(chart, mode, description=text("execution.chart.progress", lang))


def progress_table(rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light") -> pd.DataFrame:
    """Return the rows of `progress` as shares and words: the table ``rows`` of the drawn chart.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``strategy_id``, ``name``, ``treatment``, ``contacted``, ``reached``, ``responded``,
        ``due``, ``plan``; optional ``expected``, ``slot`` (segment's colour) and ``pace``. A
        missing count (hidden) draws no bar.
    lang, mode : str
        As in `progress`.

    Examples
    --------
    >>> rows = pd.DataFrame({"strategy_id": ["S1"], "name": ["Calls"], "treatment": [100],
    ...     "contacted": [50], "reached": [40], "responded": [6], "due": [45], "plan": [0.1]})
    >>> progress_table(rows)[["label", "expected", "figures"]].values.tolist()
    [['S1 Calls', 0.05, '50 of 100 · 50%']]
    """
    tokens = theme.tokens(mode)
    slots = rows["slot"] if "slot" in rows else pd.Series(0, index=rows.index)
    paces = rows["pace"] if "pace" in rows else pd.Series("on_plan", index=rows.index)
    whole = rows["treatment"].astype("float64").where(rows["treatment"] > 0)
    shares = {
        name: rows[name].astype("float64") / whole for name in ("contacted", "reached", "responded", "due")
    }
    expected = rows["expected"] if "expected" in rows else rows["plan"] * rows["contacted"]
    figures, words = [], []
    for n, total, share, pace in zip(
        rows["contacted"], rows["treatment"], shares["contacted"], paces, strict=True
    ):
        figures.append(
            text("execution.hidden", lang)
            if pd.isna(n)
            else text(
                "execution.chart.of",
                lang,
                n=count(int(n), lang),
                all=count(int(total), lang),
                share=percent(share, places=0),
            )
        )
        words.append(text(f"execution.pace.{pace}", lang))
    labels = [f"{i} {name}" for i, name in zip(rows["strategy_id"], rows["name"], strict=True)]
    table = pd.DataFrame(
        {
            "label": pd.Series(labels, dtype="str"),
            "colour": pd.Series([theme.segment_color(int(slot), mode) for slot in slots], dtype="str"),
            **{name: share.to_numpy() for name, share in shares.items()},
            "expected": (expected.astype("float64") / whole).to_numpy(),
            "figures": pd.Series(figures, dtype="str"),
            "pace": pd.Series(words, dtype="str"),
            "tone": pd.Series([tokens[_TONES.get(p, "ink-2")] for p in paces], dtype="str"),
        }
    )[list(PROGRESS_COLUMNS)].assign(order=range(len(rows)))
    return _named(table)


def pace(days: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", height: int = 230) -> alt.LayerChart:
    """Draw contacts and responses as they came along, beside the contacts due.

    Parameters
    ----------
    days : pandas.DataFrame
        As `workbench.execution.count_days` returns it; missing counts are left out of the
        lines.
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
    >>> days = pd.DataFrame({"day": pd.to_datetime(["2026-10-12"]), "due": [2.0], "contacted": [1.0],
    ...     "responded": [0.0]})
    >>> len(pace(days).layer)
    4
    """
    tokens = theme.tokens(mode)
    drawn = days if "line" in days else pace_table(days, lang=lang)
    dates = "%-m月%-d日" if lang == "zh_CN" else "%-d %b"
    x = alt.X(
        "day:T",
        axis=quiet_axis(format=dates, tickCount=5, labelOverlap="greedy", labelSeparation=10),
        scale=alt.Scale(nice=False, range=[0, alt.expr(f"width - {_LABELS}")]),
    )
    y = alt.Y("n:Q", axis=alt.Axis(title=None, tickCount=4, format=",d"), scale=alt.Scale(zero=True))
    tip = [
        alt.Tooltip("name:N", title=text("execution.chart.line", lang)),
        alt.Tooltip("day:T", title=text("execution.chart.day", lang), format="%Y-%m-%d"),
        alt.Tooltip("n:Q", title=text("execution.chart.customers", lang), format=",.0f"),
    ]
    base = alt.Chart(drawn).encode(x=x, y=y)
    made = base.transform_filter("datum.line != 'due'")
    colour = alt.Color("line:N", scale=_line_colours(tokens), legend=None)
    layers = [
        base.transform_filter("datum.line == 'due'").mark_line(
            color=tokens["ink"], strokeWidth=1.5, strokeDash=[4, 3]
        ),
        made.mark_line(strokeWidth=2.5, interpolate="linear").encode(color=colour, tooltip=tip),
        base.transform_filter("datum.last && datum.line != 'due'")
        .mark_point(size=46, filled=True, opacity=1)
        .encode(color=colour, tooltip=tip),
        base.transform_filter("datum.last")
        .mark_text(align="left", dx=7, fontSize=11.5, color=tokens["ink"])
        .encode(y="at:Q", text="label:N"),
    ]
    chart = alt.layer(*layers).properties(width="container", height=height)
    return finish(chart, mode, description=text("execution.chart.pace_days", lang))


def pace_table(days: pd.DataFrame, *, lang: str = "en") -> pd.DataFrame:
    """Return the days of `pace` as one row a line and day: the table ``rows`` of the drawn chart.

    Examples
    --------
    >>> days = pd.DataFrame({"day": pd.to_datetime(["2026-10-12", "2026-10-13"]), "due": [2.0, 4.0],
    ...     "contacted": [1.0, 2.0], "responded": [0.0, None]})
    >>> pace_table(days)[["line", "n", "last"]].values.tolist()[-3:]
    [['contacted', 1.0, False], ['contacted', 2.0, True], ['responded', 0.0, True]]
    """
    parts = []
    rises = _rises(days)
    for line in LINES:
        part = days[["day", line]].rename(columns={line: "n"}).dropna()
        name = text(f"execution.line.{line}", lang)
        last = [False] * (len(part) - 1) + [True] * (len(part) > 0)
        label = f"{name} {count(part['n'].iloc[-1], lang)}" if len(part) else ""
        parts.append(
            part.assign(
                line=line,
                name=name,
                at=part["n"] + rises[line],
                last=last,
                label=[label if ends else "" for ends in last],
            )
        )
    table = pd.concat(parts, ignore_index=True)
    return _named(table[["day", "n", "line", "name", "at", "last", "label"]])


def _rises(days: pd.DataFrame) -> dict[str, float]:
    """Return by how many customers each line's label is moved so that no two lie on each other."""
    ends = {line: days[line].dropna().iloc[-1] for line in LINES if days[line].notna().any()}
    rises = dict.fromkeys(LINES, 0.0)
    apart = max(ends.values(), default=0.0) * _APART / _PLOT
    above = None
    for line in sorted(ends, key=lambda name: -ends[name]):
        if above is not None:
            rises[line] = min(0.0, above - apart - ends[line])
        above = ends[line] + rises[line]
    # What would fall below the axis pushes the others up instead.
    lowest = min((ends[line] + rises[line] for line in ends), default=0.0)
    return {line: rise - min(lowest, 0.0) for line, rise in rises.items()}


def dispositions(
    rows: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 38
) -> alt.LayerChart:
    """Draw how tries ended: one bar a disposition, darker where the customer was spoken to.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `workbench.execution.count_dispositions` returns it, with ``label`` (the words) and
        ``figures`` (the number in words); a missing count (hidden) draws no bar.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=38
        Pixels a disposition.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Reached"], "reached": [True], "n": [9], "figures": ["9 · 100%"]})
    >>> len(dispositions(rows).layer)
    4
    """
    tokens = theme.tokens(mode)
    drawn = rows if "whole" in rows else dispositions_table(rows)
    order = alt.EncodingSortField("order", op="min", order="ascending")
    base = alt.Chart(drawn).encode(y=alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(padding=0)))
    scale = alt.Scale(zero=True, nice=False)
    tip = [
        alt.Tooltip("label:N", title=text("execution.chart.ended", lang)),
        alt.Tooltip("figures:N", title=text("execution.chart.tries", lang)),
    ]
    layers = [
        base.mark_bar(height=11, color=tokens["sunken"], yOffset=9).encode(
            x=alt.X("whole:Q", scale=scale, axis=None)
        ),
        base.mark_bar(height=11, yOffset=9).encode(
            x=alt.X("n:Q", scale=scale, axis=None),
            color=alt.condition("datum.reached", alt.value(tokens["q5"]), alt.value(tokens["q3"])),
            tooltip=tip,
        ),
        base.mark_text(align="left", dy=-7, color=tokens["ink"]).encode(x=alt.value(0), text="label:N"),
        base.mark_text(align="right", dy=-7, fontWeight=600, color=tokens["ink"]).encode(
            x=alt.value(alt.expr("width")), text="figures:N"
        ),
    ]
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(drawn), 1))
    return finish(chart, mode, description=text("execution.chart.dispositions", lang))


def dispositions_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `dispositions` as the table ``rows`` of the drawn chart."""
    kept = rows[["label", "reached", "n", "figures"]].assign(n=rows["n"].astype("float64"))
    return _named(kept.assign(order=range(len(rows)), whole=max(kept["n"].max(), 1.0)))


def _line_colours(tokens: dict[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(LINES), range=[tokens["ink"], tokens["q5"], tokens["q6"]])


def _named(table: pd.DataFrame) -> pd.DataFrame:
    table = table.reset_index(drop=True)
    table.attrs["table"] = "rows"
    return table
