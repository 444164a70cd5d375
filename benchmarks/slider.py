"""From a slider's move on the insight dashboard to its redrawn picture, at 20,000 points.

The published insight screen of a bank of 20,000 customers, all of them drawn: "Highlight
the richest" is moved by a step, from the key in the page over the kernel back to the
first frame after the last stroke on a canvas. Beside it, in the same run, Altair's
JupyterChart draws the same chart alone in a page, given a new specification, on canvas
and by its default, SVG.

    python benchmarks/slider.py [--rounds 21]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from chromium import chromium, write_notebook
from redraw import MOVE, WATCH

import workbench as wb
from workbench.publish import Dashboards

POINTS = 20_000
TARGET = 150.0
# The slider stands at its upper end.
BACK = MOVE.replace("ArrowRight", "ArrowLeft")
MAPPING = """
[[file]]
pattern = "people.csv"
table = "customers"
[file.columns]
customer_id = "id"
kind = { constant = "retail" }
age = "age"
tenure = { from = "tenure", type = "number" }
balance_total = { from = "balance", type = "number" }
"""
PEER = """
import altair as alt
import ipywidgets as widgets
import pandas as pd

import workbench.charts.insight as charts

alt.data_transformers.disable_max_rows()
alt.JupyterChart.enable_offline()
points = pd.read_parquet({points!r})
labels, segments = pd.read_parquet({labels!r}), pd.read_parquet({segments!r})

def chart(share):
    rows = points[["x", "y", "segment"]].assign(emphasis=(points["rank"] <= share / 100) * 0.55 + 0.08)
    return charts.embedding(rows, labels, segments, height=350).properties(width=900)

slider = widgets.IntSlider(min=1, max=100, value=100)
view = alt.JupyterChart(chart(100), embed_options={{"renderer": "{renderer}", "actions": False}})

def draw(change):
    view.chart = chart(change["new"])

slider.observe(draw, "value")
widgets.VBox([slider, view])
"""


def make_bank(folder: Path) -> Any:
    """Return a project of so many customers in six groups, every one of them drawn."""
    raw = folder / "raw"
    raw.mkdir(parents=True)
    random = np.random.default_rng(7)
    group = random.integers(0, 6, POINTS)
    ids = [f"{i:07d}" for i in range(POINTS)]
    pd.DataFrame(
        {
            "id": ids,
            "age": (25 + 9 * group + random.normal(0, 3, POINTS)).round(),
            "tenure": (20 + 40 * (group % 3) + random.normal(0, 6, POINTS)).clip(1).round(),
            "balance": random.lognormal(8 + group % 4, 0.5).round(2),
        }
    ).to_csv(raw / "people.csv", index=False)
    (raw / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    project = wb.create_project(folder / "bank")
    project.import_files(raw, snapshot_date="2026-09-30")
    features = wb.build_features(project.customers())
    segmenter = wb.Segmenter(n_clusters=6).fit(features)
    project.insight.approve(segmenter, features, embedding=wb.embed(features, method="pca"))
    return wb.open_project(folder / "bank", role="viewer")


def measure(browser: Any, address: str, rounds: int) -> list[float]:
    """Return the milliseconds of each move after three that warm up."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(address)
    page.wait_for_selector(".noUi-handle", timeout=120_000)
    drawn = ".workbench-chart[data-marks], .vega-embed canvas, .vega-embed svg"
    page.wait_for_selector(drawn, timeout=120_000)
    page.wait_for_timeout(2500)
    page.evaluate(WATCH)
    times = []
    for _ in range(rounds + 3):
        times.append(page.evaluate(BACK))
        page.wait_for_timeout(60)
    page.goto("about:blank")
    page.close()
    return times[3:]


def main() -> int:
    """Print the medians; fail where the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="moves for each figure, at least 15")
    rounds = max(15, parser.parse_args().rounds)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        project = make_bank(folder)
        shown = wb.ui.insight(project).workbench_screen
        state = shown.state
        drawn = state.map_points()
        if len(drawn) != POINTS:
            raise SystemExit(f"{len(drawn)} points are drawn; {POINTS} were wanted")
        ranks = drawn.assign(rank=state.customers["balance_total"].rank(ascending=False, pct=True).to_numpy())
        tables = {"points": ranks, "labels": state.map_labels(), "segments": state.segments()}
        files = {name: str(folder / f"{name}.parquet") for name in tables}
        for name, rows in tables.items():
            rows.to_parquet(files[name])
        notebooks = folder / "notebooks"
        write_notebook(
            notebooks / "insight.ipynb",
            "import workbench as wb",
            f"wb.ui.insight(wb.open_project({str(project.folder)!r}))",
        )
        for renderer in ("canvas", "svg"):
            write_notebook(notebooks / f"{renderer}.ipynb", PEER.format(renderer=renderer, **files))
        print(
            f"slider of the insight dashboard to its redrawn picture, {POINTS:,} points, "
            f"median of {rounds} moves (middle half), milliseconds, {os.cpu_count()} cores"
        )
        middle = {}
        with (
            Dashboards(
                project.folder, role="viewer", notebooks=notebooks, preheat=False, log=folder / "log"
            ) as dashboards,
            chromium() as browser,
        ):
            for name, words in (
                ("insight", "the insight dashboard"),
                ("canvas", "JupyterChart, new specification, canvas"),
                ("svg", "JupyterChart, new specification, SVG"),
            ):
                times = measure(browser, dashboards.address(name), rounds)
                low, middle[name], high = statistics.quantiles(times, n=4)
                print(f"{words:>42}  {middle[name]:>6.0f} ({low:.0f} to {high:.0f})", flush=True)
        ok = middle["insight"] < TARGET
        print(
            f"times faster: {middle['canvas'] / middle['insight']:.1f} (SVG "
            f"{middle['svg'] / middle['insight']:.1f})  target < {TARGET:.0f} ms: {'met' if ok else 'MISSED'}"
        )
    return int(not ok)


if __name__ == "__main__":
    sys.exit(main())
