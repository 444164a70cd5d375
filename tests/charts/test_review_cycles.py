"""Small multiples over cycles, and the picture of a lineage."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme
from workbench.review import lay_out_graph, place_panels


def multiples(mode: str = "light") -> dict:
    figures = pd.DataFrame(
        {
            "kpi": ["uplift"] * 2 + ["cost"] * 2,
            "cycle_id": ["Q1", "Q2"] * 2,
            "value": [0.02, -0.01, 5.0, float("nan")],
            "low": [0.01, -0.03, float("nan"), float("nan")],
            "high": [0.03, 0.01, float("nan"), float("nan")],
        }
    )
    points = place_panels(figures, columns=2).assign(shown="x", interval="", label=figures["kpi"])
    panels = points.drop_duplicates("kpi")[["label", "column", "row", "y_zero"]].assign(note="")
    return charts.cycle_kpis(points, panels, mode=mode).to_dict()  # type: ignore[arg-type]


def rows_of(chart: dict, layer: dict) -> list[dict]:
    return chart["datasets"][layer["data"]["name"]]


def test_every_panel_has_its_own_scale_and_zero_where_it_lies_within() -> None:
    chart = multiples()
    rules = [layer for layer in chart["layer"] if layer["mark"]["type"] == "rule"]
    zero, intervals = (rows_of(chart, layer) for layer in rules)
    assert [row["label"] for row in zero] == ["uplift"]
    assert len(intervals) == 2
    assert all(row["y_high"] < row["y"] < row["y_low"] for row in intervals)
    line = intervals[0]["y_low"] - zero[0]["y_zero"]
    assert line < 0  # the first cycle's whole interval is above zero, drawn above it
    dots = next(layer for layer in chart["layer"] if layer["mark"]["type"] == "point")
    assert len(rows_of(chart, dots)) == 3  # what is missing has no dot


def test_panels_wrap() -> None:
    figures = pd.DataFrame({"kpi": list("abc"), "cycle_id": "Q", "value": 1.0, "low": 0.0, "high": 2.0})
    assert place_panels(figures, columns=2)[["column", "row"]].to_numpy().tolist() == [[0, 0], [1, 0], [0, 1]]


def lineage(downwards: bool = False) -> dict:
    edges = pd.DataFrame({"source": ["raw", "import"], "target": ["import", "evaluation"]})
    nodes, points = lay_out_graph(pd.DataFrame({"node_id": ["raw", "import", "evaluation"]}), edges)
    nodes = nodes.assign(
        label="<b>raw</b>",
        note="v1",
        state=["current", "superseded", "stale"],
        word=["", "replaced", "stale"],
        on=[True, True, False],
        chosen=[False, True, False],
    )
    return charts.lineage_graph(nodes, points.assign(on=True), downwards=downwards).to_dict()


@pytest.mark.parametrize("downwards", [False, True])
def test_a_node_is_picked_by_its_id(downwards: bool) -> None:
    chart = lineage(downwards)
    assert [(each["name"], each["select"]["fields"]) for each in chart["params"]] == [("pick", ["node_id"])]
    along = "y" if downwards else "x"
    dots = [
        layer for layer in chart["layer"] if layer["mark"]["type"] == "point" and "fill" in layer["encoding"]
    ]
    assert dots[0]["encoding"][along]["field"] == "x"
    # To the right, or from the top down.
    assert dots[0]["encoding"][along]["scale"]["reverse"] is downwards
    tall, flat = lineage(True)["height"], lineage(False)["height"]
    assert tall > flat


def test_states_are_told_by_fill_rim_and_sign() -> None:
    chart = lineage()
    tokens = theme.tokens("light")
    dot = next(layer for layer in chart["layer"] if "fill" in layer["encoding"])
    assert dot["encoding"]["fill"]["scale"]["range"][1] == tokens["surface"]
    assert dot["encoding"]["stroke"]["scale"]["range"][2] == tokens["warn"]
    assert any(layer["mark"].get("text") == "!" for layer in chart["layer"])
    assert multiples("dark")["config"]["background"] == theme.tokens("dark")["surface"]
