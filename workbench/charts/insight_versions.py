"""Charts of two segmentations compared: the flow of customers, and the drift of features."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish
from workbench.locale import text
from workbench.theme import Mode

CONVENTIONS = (0.1, 0.25)
# Room for the names beside the nodes, as a share of the distance between both sides.
_BESIDE = 0.36


def segment_flow(
    nodes: pd.DataFrame,
    ribbons: pd.DataFrame,
    *,
    inside: bool = False,
    lang: str = "en",
    mode: Mode = "light",
    height: int = 360,
) -> alt.LayerChart:
    """Draw the flow of customers from the segments before to those after.

    Parameters
    ----------
    nodes : pandas.DataFrame
        As `workbench.insight.flow_layout` places them, with ``slot`` (the segment's
        colour), ``label`` (its name) and ``note`` (its size).
    ribbons : pandas.DataFrame
        As it places them, with ``slot``, ``emphasis`` (opacity, 0 to 1), ``from``, ``to``
        and ``shown`` (the count) for who points at one.
    inside : bool, default=False
        Whether names stand on the ribbons, for a narrow place; else beside the nodes.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    height : int, default=360
        In pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> from workbench.insight import flow_layout
    >>> sides = [pd.DataFrame({"node": [name], "n": [40]}) for name in "AB"]
    >>> flows = pd.DataFrame({"before": ["A"], "after": ["B"], "n": [40]})
    >>> nodes, ribbons = flow_layout(flows, *sides)
    >>> nodes = nodes.assign(slot=[1, 2], label=["A", "B"], note="40")
    >>> ribbons = ribbons.assign(slot=1, emphasis=0.5, shown="40", **{"from": "A", "to": "B"})
    >>> len(segment_flow(nodes, ribbons).layer) > 3
    True
    """
    tokens = theme.tokens(mode)
    ribbon = (
        alt.Chart(ribbons)
        .mark_area(line=False)
        .encode(
            x=_across("x", inside),
            y=_down("y0"),
            y2="y1:Q",
            detail="flow:N",
            color=alt.Color("slot:O", scale=_slots(mode), legend=None),
            opacity=alt.Opacity("emphasis:Q", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("from:N", title=text("insight_versions.chart.from", lang)),
                alt.Tooltip("to:N", title=text("insight_versions.chart.to", lang)),
                alt.Tooltip("shown:N", title=text("insight_versions.chart.customers", lang)),
            ],
        )
    )
    base = alt.Chart(nodes)
    bars = base.mark_rect(opacity=1).encode(
        x=_across("x0", inside),
        x2="x1:Q",
        y=_down("y0"),
        y2="y1:Q",
        color=alt.Color("slot:O", scale=_slots(mode), legend=None),
    )
    chart = alt.layer(ribbon, bars, *_names(base, tokens, inside)).properties(
        width="container", height=height
    )
    return finish(chart, mode, description=text("insight_versions.chart.flow", lang))


def _across(field: str, inside: bool) -> alt.X:
    margin = 0.0 if inside else _BESIDE
    scale = alt.Scale(domain=[-margin, 1 + margin], nice=False, zero=False)
    return alt.X(f"{field}:Q", scale=scale, axis=None)


def _down(field: str) -> alt.Y:
    return alt.Y(
        f"{field}:Q", scale=alt.Scale(domain=[0, 1], reverse=True, nice=False, zero=False), axis=None
    )


def _slots(mode: Mode) -> alt.Scale:
    slots = list(range(theme.SLOTS + 1))
    return alt.Scale(domain=slots, range=[theme.segment_color(slot, mode) for slot in slots])


def _names(base: alt.Chart, tokens: dict[str, str], inside: bool) -> list[alt.Chart]:
    """Name and size of each node: beside it, or in a halo on its ribbons."""
    layers: list[alt.Chart] = []
    halo: dict[str, Any] = {"stroke": tokens["surface"], "strokeWidth": 3, "strokeJoin": "round"}
    for side in ("before", "after"):
        left = side == "before"
        # Beside a node: away from the flow. Inside: towards it.
        end = "x1" if left == inside else "x0"
        align: Any = "left" if left == inside else "right"
        place: dict[str, Any] = {"align": align, "dx": 6 if align == "left" else -6}
        mine = base.transform_filter(f"datum.side == '{side}'").encode(
            x=_across(end, inside), y=_down("y_label")
        )
        name: dict[str, Any] = {"dy": -6, "fontWeight": 600, "color": tokens["ink"], **place}
        note: dict[str, Any] = {"dy": 8, "fontSize": 11, "color": tokens["ink-2"], **place}
        if inside:
            # Names of both sides may stand in one line.
            name["limit"], name["fontSize"] = 126, 11
        for style, field in ((name, "label:N"), (note, "note:N")):
            if inside:
                layers.append(mine.mark_text(**style, **halo).encode(text=field))
            layers.append(mine.mark_text(**style).encode(text=field))
    return layers


def drift(
    rows: pd.DataFrame,
    *,
    narrow: bool = False,
    lang: str = "en",
    mode: Mode = "light",
    row_height: int = 24,
) -> alt.LayerChart:
    """Draw the stability index of each feature beside the conventions and its critical value.

    Parameters
    ----------
    rows : pandas.DataFrame
        In the order to draw: ``label`` (the feature), ``psi``, ``critical``, ``level``
        ("stable", "watch" or "shifted") and ``shown`` (the figure with its verdict).
    narrow : bool, default=False
        Whether the place is narrow: names are cut, and the figures get more of it.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=24
        Pixels a feature.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Age"], "psi": [0.2], "critical": [0.01],
    ...                      "level": ["watch"], "shown": ["0.200 ! watch"]})
    >>> len(drift(rows).layer)
    5
    """
    tokens = theme.tokens(mode)
    most = max([float(rows["psi"].max()), float(rows["critical"].max())]) if len(rows) else 0.0
    far = max(1.15 * CONVENTIONS[0], 1.04 * most)
    y = alt.Y(
        "label:N",
        sort=list(rows["label"]),
        axis=alt.Axis(
            title=None,
            grid=False,
            labelLimit=120 if narrow else 170,
            labelColor=tokens["ink"],
            labelAlign="left",
            labelPadding=124 if narrow else 150,
        ),
    )
    scale = alt.Scale(domain=[0, far * (2.2 if narrow else 1.42)], nice=False)
    base = alt.Chart(rows).encode(y=y)
    colours = alt.Scale(
        domain=["stable", "watch", "shifted"], range=[tokens["q4"], tokens["warn"], tokens["bad"]]
    )
    bars = base.mark_bar(height=12).encode(
        x=alt.X("psi:Q", scale=scale, axis=None), color=alt.Color("level:N", scale=colours, legend=None)
    )
    critical = base.mark_tick(color=tokens["ink"], thickness=2, size=18).encode(
        x=alt.X("critical:Q", scale=scale, axis=None)
    )
    figures = base.mark_text(align="left", dx=6, color=tokens["ink-2"]).encode(
        x=alt.X("psi:Q", scale=scale, axis=None), text="shown:N"
    )
    lines = pd.DataFrame({"at": [limit for limit in CONVENTIONS if limit <= far]})
    lines["name"] = [f"{limit:g}" for limit in lines["at"]]
    marks = alt.Chart(lines).encode(x=alt.X("at:Q", scale=scale, axis=None))
    rule = marks.mark_rule(color=tokens["line-2"], strokeDash=[4, 3])
    name = marks.mark_text(dy=-7, fontSize=11, color=tokens["ink-3"], baseline="bottom").encode(
        y=alt.value(0), text="name:N"
    )
    chart = alt.layer(rule, bars, critical, figures, name).properties(
        width="container", height=row_height * max(len(rows), 1), padding={"top": 18}
    )
    return finish(chart, mode, description=text("insight_versions.chart.drift", lang))
