"""Charts of the section on lists."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode


def list_gates(
    steps: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 38
) -> alt.LayerChart:
    """Draw every gate: customers left as bars, and beside them those it turned away.

    Parameters
    ----------
    steps : pandas.DataFrame
        In order: ``label``, ``n`` (customers left), ``lost_n`` (turned away), ``shown`` and
        ``lost`` (both in words, ``lost`` empty for none), ``applied`` (False for a gate
        that asked nothing) and ``last`` (whether these are the lists).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=38
        Pixels a gate.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> steps = pd.DataFrame({"label": ["All", "On lists"], "n": [9, 4], "lost_n": [0, 5],
    ...     "shown": ["9", "4"], "lost": ["", "−5"], "applied": True, "last": [False, True]})
    >>> len(list_gates(steps).layer)
    5
    """
    tokens = theme.tokens(mode)
    drawn = steps.assign(
        order=range(len(steps)),
        before=steps["n"] + steps["lost_n"],
        colour=[
            tokens["q6"] if last else tokens["q4"] if applied else tokens["line-2"]
            for last, applied in zip(steps["last"], steps["applied"], strict=True)
        ],
        ink=[tokens["ink"] if applied else tokens["ink-3"] for applied in steps["applied"]],
    )
    order = alt.EncodingSortField("order", op="min", order="ascending")
    base = alt.Chart(drawn).encode(y=alt.Y("label:N", sort=order, axis=None, scale=alt.Scale(padding=0)))
    x = alt.X("n:Q", axis=None, scale=alt.Scale(zero=True, nice=False))
    right = alt.value(alt.expr("width"))
    hints = [
        alt.Tooltip("label:N", title=" "),
        alt.Tooltip("n:Q", title=text("strategy_lists.reasons.n", lang), format=","),
        alt.Tooltip("lost_n:Q", title=text("strategy_lists.rules.n", lang), format=","),
    ]
    ink = alt.Color("ink:N", scale=None)
    layers = [
        # What the gate turned away is the pale end of the bar.
        base.mark_bar(height=11, yOffset=8, color=tokens["q2"]).encode(x=alt.X("before:Q", axis=None)),
        base.mark_bar(height=11, yOffset=8).encode(
            x=x, color=alt.Color("colour:N", scale=None), tooltip=hints
        ),
        base.mark_text(align="left", dy=-7).encode(x=alt.value(0), text="label:N", color=ink),
        base.mark_text(align="right", dx=-56, dy=-7, color=tokens["ink-3"]).encode(x=right, text="lost:N"),
        base.mark_text(align="right", dy=-7, fontWeight=600).encode(x=right, text="shown:N", color=ink),
    ]
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(drawn), 1))
    return finish(chart, mode, description=text("strategy_lists.gates.chart", lang))


def list_reasons(
    reasons: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 42
) -> alt.LayerChart:
    """Draw the rules that turn away the most customers.

    Parameters
    ----------
    reasons : pandas.DataFrame
        Largest first: ``label`` (the rule in words), ``gate`` (its name), ``n`` and
        ``shown`` (the same in words).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=42
        Pixels a rule.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["consent given"], "gate": ["Consent"], "n": [7], "shown": ["7"]})
    >>> len(list_reasons(rows).layer)
    3
    """
    tokens = theme.tokens(mode)
    # Two gates may turn customers away by the same words.
    drawn = reasons.assign(order=range(len(reasons)), key=reasons["label"] + " · " + reasons["gate"])
    order = alt.EncodingSortField("order", op="min", order="ascending")
    base = alt.Chart(drawn).encode(y=alt.Y("key:N", sort=order, axis=None, scale=alt.Scale(padding=0)))
    x = alt.X("n:Q", axis=None, scale=alt.Scale(zero=True, nice=False))
    hints = [
        alt.Tooltip("label:N", title=" "),
        alt.Tooltip("gate:N", title=text("strategy_lists.reasons.gate", lang)),
        alt.Tooltip("n:Q", title=text("strategy_lists.reasons.n", lang), format=","),
    ]
    layers = [
        base.mark_bar(height=11, yOffset=9, color=tokens["q4"]).encode(x=x, tooltip=hints),
        base.mark_text(align="left", dy=-7, color=tokens["ink"], limit=420).encode(
            x=alt.value(0), text="key:N"
        ),
        base.mark_text(align="right", dy=-7, fontWeight=600, color=tokens["ink"]).encode(
            x=alt.value(alt.expr("width")), text="shown:N"
        ),
    ]
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(drawn), 1))
    return finish(chart, mode, description=text("strategy_lists.reasons.chart", lang))
