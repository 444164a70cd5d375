"""From a filter's change on the review board to its redrawn picture.

The published review screen of a sample bank, its Board section open as a manager sees it:
the segment is changed, from the report that leaves the page over the kernel (the sums of
what may be published, plan, value with its interval, ranking, every sentence and table)
back to the first frame after the last stroke on a canvas or change of the text. Beside it,
in the same run, Altair's JupyterChart draws the same two charts of the same figures, given
new specifications, on canvas and by its default, SVG.

    python benchmarks/board_filters.py [--rounds 21] [--customers 20000]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from chromium import chromium, write_notebook
from repaint import compare, read_options, time_moves, walked_bank

import workbench as wb
from workbench.publish import Dashboards

TARGET = 200.0
PEER = """
import altair as alt
import ipywidgets as widgets
import pandas as pd

import workbench as wb
from workbench.charts import cost_and_return, funnel
from workbench.ui.state.review import ReviewState

alt.data_transformers.disable_max_rows()
alt.JupyterChart.enable_offline()
state = ReviewState(wb.open_project({folder!r}, role="viewer").at({cycle!r}))
state.open_section("board")
section = state.current_section

def charts():
    tables = section.tables
    money = cost_and_return(tables.returns()).properties(width=480)
    return funnel(tables.funnel()).properties(width=360), money

choice = widgets.Dropdown(options=[("All", ""), *((name, name) for name in section.values("segment"))])
options = {{"renderer": "{renderer}", "actions": False}}
views = [alt.JupyterChart(chart, embed_options=options) for chart in charts()]

def draw(change):
    section.choose("segment", change["new"])
    for view, chart in zip(views, charts()):
        view.chart = chart

choice.observe(draw, "value")
widgets.VBox([choice, *views])
"""
# The next choice of the segment, as a person picks it.
ACT = """
const ours = document.querySelector("[data-key=bd-segment]");
const choice = ours ?? document.querySelector(".widget-dropdown select");
choice.selectedIndex = move % choice.options.length;
choice.dispatchEvent(new Event("change", { bubbles: true }));
"""


def main() -> int:
    """Print the medians; fail where the target is missed."""
    asked = read_options(__doc__, "an evaluated project")
    with tempfile.TemporaryDirectory() as place:
        folder = walked_bank(Path(place), asked)
        project = wb.open_project(folder, role="viewer")
        # A project of several cycles is measured where it was evaluated first.
        boards = {c.cycle_id: project.at(c.cycle_id).review.board.artefact() for c in project.cycles()}
        cycle, board = next((name, found) for name, found in boards.items() if found is not None)
        notebooks, log = Path(place) / "notebooks", Path(place) / "log"
        write_notebook(
            notebooks / "review.ipynb",
            "import workbench as wb",
            f"wb.ui.review(wb.open_project({str(folder)!r}))",
        )
        for renderer in ("canvas", "svg"):
            write_notebook(
                notebooks / f"{renderer}.ipynb",
                PEER.format(renderer=renderer, folder=str(folder), cycle=cycle),
            )
        print(
            f"a filter of the Board section to its redrawn picture, {board.summary['n']:,} customers on "
            f"lists, median of {asked.rounds} changes (middle half), milliseconds, {os.cpu_count()} cores"
        )
        with (
            Dashboards(folder, role="viewer", notebooks=notebooks, preheat=False, log=log) as dashboards,
            chromium() as browser,
        ):

            def way(name: str, chosen: str, query: str = "") -> list[list[float]]:
                return time_moves(
                    browser,
                    dashboards.address(name) + query,
                    ready=f"{chosen}:visible",
                    own="select, .bd-bar",
                    act=ACT,
                    rounds=asked.rounds,
                    move=lambda number: number + 1,
                )

            query, peer = f"&section=board&cycle={quote(cycle)}", ".widget-dropdown select"
            return compare(
                (
                    ("the Board section, whole", lambda: way("review", "[data-key=bd-segment]", query)),
                    ("JupyterChart, the two charts, canvas", lambda: way("canvas", peer)),
                    ("JupyterChart, the two charts, SVG", lambda: way("svg", peer)),
                ),
                "with sending",
                TARGET,
            )


if __name__ == "__main__":
    sys.exit(main())
