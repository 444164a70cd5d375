"""From a weight slider's move on the Scores section to its redrawn picture.

The published strategy screen of a sample bank, its Scores section open as a manager sees
it: the weight of the expected value is moved by a step, from the report that leaves the
page over the kernel (four methods, ranks under 4,000 sampled sets of weights, the
smallest change of weights, every sentence and table) back to the first frame after the
last stroke on a canvas or change of the text. What a person waits for besides, the
200 ms in which a hand may still be moving, is printed too and not counted. Beside it, in
the same run, Altair's JupyterChart draws the same two charts of the same figures, given
new specifications, on canvas and by its default, SVG.

    python benchmarks/weight_slider.py [--rounds 21] [--customers 20000]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from chromium import chromium, write_notebook
from repaint import compare, read_options, time_moves, walked_bank

import workbench as wb
from workbench.publish import Dashboards

TARGET = 150.0
# The page's own wait for a hand that rests, in static/panel.js.
RESTING = 200.0
PEER = """
import altair as alt
import ipywidgets as widgets
import pandas as pd

import workbench as wb
from workbench.charts import method_ranks, rank_shares
from workbench.ui.state.strategy import StrategyState

alt.data_transformers.disable_max_rows()
alt.JupyterChart.enable_offline()
state = StrategyState(wb.open_project({folder!r}, role="viewer"))
state.open_section("scores")
tables = state.current_section.tables

def charts():
    ranks = method_ranks(tables.bumps(), tables.columns()).properties(width=480)
    return ranks, rank_shares(tables.shares()).properties(width=480)

slider = widgets.FloatSlider(min=0, max=1, step=0.05, value=state.weights["expected_value"])
options = {{"renderer": "{renderer}", "actions": False}}
views = [alt.JupyterChart(chart, embed_options=options) for chart in charts()]

def draw(change):
    state.weigh("expected_value", str(change["new"]))
    for view, chart in zip(views, charts()):
        view.chart = chart

slider.observe(draw, "value")
widgets.VBox([slider, *views])
"""
# The keyboard moves the slider by a step: what a person does, without a drag's many events.
ACT = """
const ours = document.querySelector("[data-live=weight-expected_value]");
const handle = ours ?? document.querySelector(".noUi-handle");
handle.focus();
if (ours) {
  move === "ArrowRight" ? ours.stepUp() : ours.stepDown();
  ours.dispatchEvent(new Event("input", { bubbles: true }));
} else {
  handle.dispatchEvent(new KeyboardEvent("keydown", { key: move, bubbles: true, cancelable: true }));
}
"""


def main() -> int:
    """Print the medians; fail where the target is missed."""
    asked = read_options(__doc__, "a project with a plan")
    with tempfile.TemporaryDirectory() as place:
        folder = walked_bank(Path(place), asked)
        n = len(wb.open_project(folder, role="viewer").strategy.plan().criteria)
        notebooks, log = Path(place) / "notebooks", Path(place) / "log"
        write_notebook(
            notebooks / "strategy.ipynb",
            "import workbench as wb",
            f"wb.ui.strategy(wb.open_project({str(folder)!r}))",
        )
        for renderer in ("canvas", "svg"):
            write_notebook(
                notebooks / f"{renderer}.ipynb", PEER.format(renderer=renderer, folder=str(folder))
            )
        print(
            f"weight slider of the Scores section to its redrawn picture, {n} strategies, "
            f"median of {asked.rounds} moves (middle half), milliseconds, {os.cpu_count()} cores"
        )
        with (
            Dashboards(folder, role="viewer", notebooks=notebooks, preheat=False, log=log) as dashboards,
            chromium() as browser,
        ):

            def way(name: str, query: str = "") -> list[list[float]]:
                return time_moves(
                    browser,
                    dashboards.address(name) + query,
                    ready="[data-live=weight-expected_value], .noUi-handle",
                    own=".slide, .widget-slider",
                    act=ACT,
                    rounds=asked.rounds,
                    # Up and down in turn, three steps each, so that the order really changes.
                    move=lambda number: "ArrowRight" if number // 3 % 2 else "ArrowLeft",
                )

            return compare(
                (
                    ("the Scores section, whole", lambda: way("strategy", "&section=scores")),
                    ("JupyterChart, the two charts, canvas", lambda: way("canvas")),
                    ("JupyterChart, the two charts, SVG", lambda: way("svg")),
                ),
                "from the key",
                TARGET,
                f" after the hand rests ({RESTING:.0f} ms)",
            )


if __name__ == "__main__":
    sys.exit(main())
