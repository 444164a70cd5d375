"""The charts of two segmentations compared: complete, in both modes and languages, valid Vega-Lite."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import theme
from workbench.charts import drift, segment_flow
from workbench.insight import flow_layout


@pytest.fixture
def flow():
    flows = pd.DataFrame({"before": ["A", "A", "B"], "after": ["A", "C", "C"], "n": [30, 20, 50]})
    before = pd.DataFrame({"node": ["A", "B"], "n": [50, 50]})
    after = pd.DataFrame({"node": ["A", "C"], "n": [30, 70]})
    nodes, ribbons = flow_layout(flows, before, after)
    nodes = nodes.assign(slot=[1, 2, 1, 3], label=["A", "B", "A", "C"], note="50 · 50%")
    ribbons = ribbons.assign(slot=1, emphasis=0.5, shown="30")
    return nodes, ribbons.rename(columns={}).assign(**{"from": ribbons["before"], "to": ribbons["after"]})


@pytest.mark.parametrize("mode", theme.MODES)
@pytest.mark.parametrize("inside", [False, True])
def test_the_flow_keeps_the_segments_colours(flow, mode, inside):
    spec = segment_flow(*flow, inside=inside, mode=mode, lang="zh_CN").to_dict()
    colours = spec["layer"][0]["encoding"]["color"]["scale"]
    assert colours["range"][1] == theme.segment_color(1, mode)
    assert colours["domain"] == list(range(theme.SLOTS + 1))
    texts = [layer for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    # Name and size on each side; a halo behind each where they stand on the ribbons.
    assert len(texts) == (8 if inside else 4)
    assert spec["width"] == "container"
    assert spec["description"]


@pytest.mark.parametrize("narrow", [False, True])
def test_the_drift_is_drawn_with_conventions_and_critical_values(narrow):
    rows = pd.DataFrame(
        {
            "label": ["Inflow", "Age"],
            "psi": [0.31, 0.02],
            "critical": [0.01, 0.01],
            "level": ["shifted", "stable"],
            "shown": ["0.310 ✕ shifted", "0.020 ✓ stable"],
        }
    )
    spec = drift(rows, narrow=narrow).to_dict()
    values = [row["name"] for data in spec["datasets"].values() for row in data if "name" in row]
    assert values == ["0.1", "0.25"]
    kinds = [layer["mark"]["type"] for layer in spec["layer"]]
    assert kinds == ["rule", "bar", "tick", "text", "text"]
    small = drift(rows.assign(psi=0.01)).to_dict()
    values = [row["name"] for data in small["datasets"].values() for row in data if "name" in row]
    assert values == ["0.1"]
