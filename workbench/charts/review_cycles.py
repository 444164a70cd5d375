"""The charts of the section on cycles: figures over cycles, and where a figure comes from."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode

_PANEL = 148
"""Pixels a panel is high."""
_ROW = 58
_LAYER = 66
"""Pixels between two nodes of a layer, and between two layers where they lead downwards."""


def cycle_kpis(
    points: pd.DataFrame, panels: pd.DataFrame, *, lang: str = "en", mode: Mode = "light"
) -> alt.LayerChart:
    """Draw figures over cycles as small multiples, each point with its interval.

    Parameters
    ----------
    points : pandas.DataFrame
        As `workbench.review.place_panels` places them, with ``shown`` (the figure in
        words), ``interval`` (in words) and ``label`` (the figure's name).
    panels : pandas.DataFrame
        One row a panel: ``label``, ``column``, ``row``, ``y_zero`` (missing draws no line),
        ``note`` (under the name).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> from workbench.review import place_panels
    >>> figures = pd.DataFrame({"kpi": ["a"], "cycle_id": ["Q1"], "value": [1.0], "low": 0.0, "high": 2.0})
    >>> points = place_panels(figures).assign(shown="1", interval="0 to 2", label="A")
    >>> panels = points[["label", "column", "row", "y_zero"]].assign(note="")
    >>> cycle_kpis(points, panels).to_dict()["height"]
    148
    """
    tokens = theme.tokens(mode)
    wide = int(panels["column"].max()) + 1 if len(panels) else 1
    high = int(panels["row"].max()) + 1 if len(panels) else 1
    across = alt.Scale(domain=[0, wide], nice=False, zero=False)
    down = alt.Scale(domain=[0, high], reverse=True, nice=False, zero=False)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=across, axis=None)

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=down, axis=None)

    heads = panels.assign(
        left=panels["column"] + 0.04,
        right=panels["column"] + 0.96,
        top=panels["row"] + 0.07,
        under=panels["row"] + 0.18,
    )
    named = alt.Chart(heads)
    known = points[points["y"].notna()].assign(
        foot=points["row"] + 0.95, head=points[["y", "y_high"]].min(axis=1)
    )
    base = alt.Chart(known)
    tip = [
        alt.Tooltip("label:N", title=" "),
        alt.Tooltip("cycle_id:N", title=text("review_cycles.chart.cycle", lang)),
        alt.Tooltip("shown:N", title=text("review_cycles.chart.value", lang)),
        alt.Tooltip("interval:N", title=text("review_cycles.chart.interval", lang)),
    ]
    zero = (
        alt.Chart(heads[heads["y_zero"].notna()])
        .mark_rule(color=tokens["line-2"])
        .encode(x=x("left"), x2="right:Q", y=y("y_zero"))
    )
    rim: dict[str, Any] = {"stroke": tokens["surface"], "strokeWidth": 3, "strokeJoin": "round"}
    figure: dict[str, Any] = {"dy": -9, "fontSize": 11.5, "fontWeight": 600}
    layers = [
        named.mark_text(align="left", fontWeight=600, color=tokens["ink"], limit=150).encode(
            x=x("left"), y=y("top"), text="label:N"
        ),
        named.mark_text(align="left", fontSize=11, color=tokens["ink-2"], limit=160).encode(
            x=x("left"), y=y("under"), text="note:N"
        ),
        zero,
        base.mark_line(color=tokens["line-2"], strokeWidth=1.5).encode(
            x=x("x"), y=y("y"), detail="kpi:N", order="x:Q"
        ),
        alt.Chart(known[known["y_low"].notna()])
        .mark_rule(color=tokens["q4"], strokeWidth=3, strokeCap="round")
        .encode(x=x("x"), y=y("y_low"), y2="y_high:Q"),
        base.mark_point(size=70, filled=True, opacity=1, color=tokens["q6"]).encode(
            x=x("x"), y=y("y"), tooltip=tip
        ),
        base.mark_text(**figure, **rim).encode(x=x("x"), y=y("head"), text="shown:N"),
        base.mark_text(**figure, color=tokens["ink"]).encode(x=x("x"), y=y("head"), text="shown:N"),
        base.mark_text(fontSize=11, color=tokens["ink-3"]).encode(x=x("x"), y=y("foot"), text="cycle_id:N"),
    ]
    chart = alt.layer(*layers).properties(width="container", height=_PANEL * high)
    return finish(chart, mode, description=text("review_cycles.chart.kpis", lang))


def lineage_graph(
    nodes: pd.DataFrame,
    points: pd.DataFrame,
    *,
    downwards: bool = False,
    lang: str = "en",
    mode: Mode = "light",
) -> alt.LayerChart:
    """Draw what came from what, from the raw files at the left to the figure at the right.

    Parameters
    ----------
    nodes : pandas.DataFrame
        As `workbench.lay_out_graph` places them, with ``label``, ``note``, ``state``
        (``current``, ``superseded`` or ``stale``), ``word`` (the state in words, empty for
        current), ``on`` (bool: on the way of the chosen node) and ``chosen`` (bool).
    points : pandas.DataFrame
        As it bends the edges, with ``on``.
    downwards : bool, default=False
        For a phone: the raw files stand at the top.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.

    Returns
    -------
    altair.LayerChart
        A click on a node sets its parameter ``pick``.

    Examples
    --------
    >>> from workbench.review import lay_out_graph
    >>> edges = pd.DataFrame({"source": ["a"], "target": ["b"]})
    >>> nodes, points = lay_out_graph(pd.DataFrame({"node_id": ["a", "b"]}), edges)
    >>> words = {"label": "x", "note": "", "state": "current", "word": "", "on": True, "chosen": False}
    >>> len(lineage_graph(nodes.assign(**words), points.assign(on=True)).layer) > 4
    True
    """
    tokens = theme.tokens(mode)
    last = float(nodes["x"].max()) if len(nodes) else 0.0
    most = float(nodes["y"].max()) if len(nodes) else 0.0
    along = alt.Scale(domain=[-0.45, last + 0.55], nice=False, zero=False, reverse=downwards)
    aside = alt.Scale(domain=[-0.5, most + 0.6], nice=False, zero=False, reverse=not downwards)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=aside if downwards else along, axis=None)

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=along if downwards else aside, axis=None)

    across, down = ("y", "x") if downwards else ("x", "y")
    lines = alt.Chart(points)
    curve: Any = {"interpolate": "monotone", "strokeWidth": 1.5}
    place = {"x": x(across), "y": y(down), "detail": "edge:N", "order": "step:Q"}
    base = alt.Chart(nodes).encode(x=x(across), y=y(down))
    pick = alt.selection_point(name="pick", fields=["node_id"], toggle=False)
    tip = [
        alt.Tooltip("label:N", title=" "),
        alt.Tooltip("note:N", title=text("review_cycles.chart.version", lang)),
        alt.Tooltip("word:N", title=text("review_cycles.chart.state", lang)),
    ]
    fills = alt.Scale(
        domain=["current", "superseded", "stale"],
        range=[tokens["q5"], tokens["surface"], tokens["warn-weak"]],
    )
    rims = alt.Scale(
        domain=["current", "superseded", "stale"], range=[tokens["q5"], tokens["ink-3"], tokens["warn"]]
    )
    ring = base.transform_filter("datum.chosen").mark_point(
        shape="square", size=420, filled=False, strokeWidth=2, color=tokens["accent"]
    )
    dot = base.mark_point(
        shape="square", size=150, filled=True, opacity=1, strokeWidth=2, cursor="pointer"
    ).encode(
        fill=alt.Fill("state:N", scale=fills, legend=None),
        stroke=alt.Stroke("state:N", scale=rims, legend=None),
        tooltip=tip,
    )
    align: Any = "left" if downwards else "center"
    shift: dict[str, Any] = {"align": align, "dx": 13 if downwards else 0}
    rim: dict[str, Any] = {"stroke": tokens["surface"], "strokeWidth": 4, "strokeJoin": "round"}
    words: list[alt.Chart] = []
    for look in (rim, {"color": tokens["ink"]}):
        label = base.mark_text(fontWeight=600, dy=-7 if downwards else -17, limit=122, **shift, **look)
        words.append(label.encode(text="label:N"))
    for look in (rim, {"color": tokens["ink-2"]}):
        note = base.mark_text(fontSize=11, dy=7 if downwards else 17, limit=118, **shift, **look)
        words.append(note.encode(text="note:N"))
    stale = base.transform_filter("datum.state === 'stale'").mark_text(
        text="!", fontWeight=700, color=tokens["warn"]
    )
    hit = base.mark_point(shape="square", size=1600, opacity=0, cursor="pointer", filled=True)
    chart = alt.layer(
        lines.transform_filter("!datum.on").mark_line(color=tokens["line-2"], **curve).encode(**place),
        lines.transform_filter("datum.on").mark_line(color=tokens["accent"], **curve).encode(**place),
        ring,
        dot,
        stale,
        *words,
        hit.encode(tooltip=tip).add_params(pick),
    ).properties(
        width="container",
        height=int(_LAYER * (last + 1) if downwards else _ROW * (most + 1.4)),
    )
    return finish(chart, mode, description=text("review_cycles.chart.lineage", lang))
