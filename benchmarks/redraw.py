"""From a slider's move to the redrawn chart: our view beside Altair's JupyterChart.

Both run in one published page each, from the move in the page over the kernel back to the
first frame after the last stroke on the canvas. JupyterChart gets a new specification,
on canvas and by its default, SVG; the offline mode, so that no host is asked.

    python benchmarks/redraw.py [--rounds 21]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from chromium import chromium, write_notebook

from workbench.publish import Dashboards

SIZES = (5_000, 20_000)
TARGETS = {5_000: 60.0, 20_000: 200.0}
TIMES_FASTER = 3.0

COMMON = """
import altair as alt
import ipywidgets as widgets
import numpy as np
import pandas as pd

alt.data_transformers.disable_max_rows()
random = np.random.default_rng(7)
n = {n}
frame = pd.DataFrame({{
    "x": random.normal(size=n).astype("float32"),
    "y": random.normal(size=n).astype("float32"),
    "segment": random.choice(list("ABCDEF"), n),
}})
start = frame["y"].to_numpy()

def chart(rows):
    return alt.Chart(rows, width=900, height=400).mark_circle(size=10).encode(
        x=alt.X("x:Q", scale=alt.Scale(domain=[-5, 5])),
        y=alt.Y("y:Q", scale=alt.Scale(domain=[-8, 8])),
        color="segment:N",
    )

slider = widgets.FloatSlider(min=-2, max=2, step=0.01, value=0)
"""
OURS = """
from workbench.ui.vega import VegaView

view = VegaView(chart(frame))
slider.observe(lambda change: view.update(y=start + np.float32(change["new"])), "value")
widgets.VBox([slider, view])
"""
PEER = """
alt.JupyterChart.enable_offline()
view = alt.JupyterChart(chart(frame), embed_options={{"renderer": "{renderer}", "actions": False}})

def draw(change):
    view.chart = chart(frame.assign(y=start + np.float32(change["new"])))

slider.observe(draw, "value")
widgets.VBox([slider, view])
"""

# Counts strokes on any canvas, and new or changed nodes of an SVG, wherever they come from.
WATCH = """
() => {
  const watch = (globalThis.watch = { last: 0, strokes: 0 });
  const note = () => { watch.last = performance.now(); watch.strokes += 1; };
  for (const name of ["clearRect", "fillRect", "fill", "stroke"]) {
    const original = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...args) {
      const result = original.apply(this, args);
      note();
      return result;
    };
  }
  new MutationObserver((changes) => {
    const drawn = ({ target }) => target.closest?.("svg") || target.querySelector?.("svg");
    if (changes.some(drawn)) note();
  }).observe(document.body, { childList: true, subtree: true, attributes: true });
}
"""
# The keyboard moves the slider by a step: what a person does, without a drag's many events.
MOVE = """
async () => {
  const watch = globalThis.watch;
  const handle = document.querySelector(".noUi-handle");
  handle.focus();
  const before = watch.strokes;
  const begun = performance.now();
  handle.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true }));
  const frame = () => new Promise((next) => requestAnimationFrame(() => next(performance.now())));
  let shown = 0;
  let seen = before;
  let quiet = 0;
  while (performance.now() - begun < 20000) {
    const now = await frame();
    if (watch.strokes !== seen) { seen = watch.strokes; shown = now; quiet = 0; }
    else if (shown && ++quiet >= 8) return shown - begun;
  }
  return NaN;
}
"""


def measure(browser: Any, address: str, rounds: int) -> list[float]:
    """Return the milliseconds of each move after three that warm up."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    page.goto(address)
    page.wait_for_selector(".noUi-handle", timeout=120_000)
    page.wait_for_selector(
        ".workbench-chart[data-marks], .vega-embed canvas, .vega-embed svg", timeout=120_000
    )
    page.wait_for_timeout(1500)
    page.evaluate(WATCH)
    times = []
    for _ in range(rounds + 3):
        times.append(page.evaluate(MOVE))
        page.wait_for_timeout(60)
    page.goto("about:blank")
    page.close()
    return times[3:]


def main() -> int:
    """Print the medians; fail where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="moves for each figure, at least 15")
    rounds = max(15, parser.parse_args().rounds)
    missed = False
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "notebooks"
        for n in SIZES:
            common = COMMON.format(n=n)
            write_notebook(folder / f"ours_{n}.ipynb", common, OURS)
            for renderer in ("canvas", "svg"):
                write_notebook(folder / f"{renderer}_{n}.ipynb", common, PEER.format(renderer=renderer))
        print(
            f"slider to redrawn chart, median of {rounds} moves (middle half), "
            f"milliseconds, {os.cpu_count()} cores"
        )
        print(
            f"{'points':>8}  {'our view':>20}  {'JupyterChart canvas':>22}"
            f"  {'JupyterChart SVG':>20}  times faster"
        )
        with (
            Dashboards(place, notebooks=folder, preheat=False, log=Path(place) / "log") as dashboards,
            chromium() as browser,
        ):
            for n in SIZES:
                runs = {
                    name: measure(browser, dashboards.address(f"{name}_{n}"), rounds)
                    for name in ("ours", "canvas", "svg")
                }
                middle = {name: statistics.median(times) for name, times in runs.items()}
                shown = {}
                for name, times in runs.items():
                    low, _, high = statistics.quantiles(times, n=4)
                    shown[name] = f"{middle[name]:.0f} ({low:.0f} to {high:.0f})"
                ratio = middle["canvas"] / middle["ours"]
                ok = middle["ours"] < TARGETS[n] and ratio >= TIMES_FASTER
                missed |= not ok
                print(
                    f"{n:>8,}  {shown['ours']:>20}  {shown['canvas']:>22}  {shown['svg']:>20}"
                    f"  {ratio:.1f} (SVG {middle['svg'] / middle['ours']:.1f})"
                    f"  target < {TARGETS[n]:.0f}, >= {TIMES_FASTER:.0f}x: {'met' if ok else 'MISSED'}",
                    flush=True,
                )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
