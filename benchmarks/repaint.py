"""From a hand's move on a page to its redrawn picture: what the benchmarks of repainting share."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import workbench as wb

# Strokes on any canvas, and text or marks that change anywhere but in the control itself.
_WATCH = """
(own) => {
  const watch = (globalThis.watch = { changes: 0, sent: 0 });
  const note = () => { watch.changes += 1; };
  for (const name of ["clearRect", "fillRect", "fill", "stroke", "fillText"]) {
    const original = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...args) {
      const result = original.apply(this, args);
      note();
      return result;
    };
  }
  new MutationObserver((found) => {
    if (found.some(({ target }) => !(target.parentElement ?? target).closest?.(own))) note();
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...args) {
    watch.sent ||= performance.now();
    return send.apply(this, args);
  };
}
"""
# The move, then frames until nothing has changed for fifteen of them.
_TIME = """
async (move) => {{
  const watch = globalThis.watch;
  watch.sent = 0;
  let seen = watch.changes;
  const begun = performance.now();
  {act}
  const frame = () => new Promise((next) => requestAnimationFrame(() => next(performance.now())));
  let shown = 0;
  let quiet = 0;
  while (performance.now() - begun < 20000) {{
    const now = await frame();
    if (!watch.sent) {{ seen = watch.changes; continue; }}
    if (watch.changes !== seen) {{ seen = watch.changes; shown = now; quiet = 0; }}
    else if (shown && ++quiet >= 15) return [shown - watch.sent, shown - begun];
  }}
  return [NaN, NaN];
}}
"""
_WARM_UP = 3


def read_options(description: str | None, project: str) -> argparse.Namespace:
    """Read rounds, customers and project from the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=21, help="moves for each figure, at least 15")
    parser.add_argument("--customers", type=int, default=20_000, help="customers of the sample bank")
    parser.add_argument("--project", help=f"{project} to measure instead; it is not changed")
    asked = parser.parse_args()
    asked.rounds = max(15, asked.rounds)
    return asked


def walked_bank(place: Path, asked: argparse.Namespace) -> Path:
    """Return the project that was asked for, or a sample bank walked now."""
    if asked.project:
        return Path(asked.project)
    raw = wb.create_sample_bank(place / "raw", customers=asked.customers, months=12)
    made = wb.create_project(place / "bank")
    made.walk(raw, embedding="pca", sample_size=400, k_range=range(5, 8))
    return place / "bank"


def time_moves(
    browser: Any, address: str, *, ready: str, own: str, act: str, rounds: int, move: Callable[[int], Any]
) -> list[list[float]]:
    """Return of each move, after three that warm up, the milliseconds from the report and from the hand.

    ``ready`` is a selector that is there once the page is; ``own`` that of the control,
    whose own changes don't count; ``act`` the script that moves it, given ``move``.
    """
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(address)
    page.wait_for_selector(ready, timeout=120_000)
    drawn = ".workbench-chart[data-marks], .vega-embed canvas, .vega-embed svg"
    page.wait_for_function(f"document.querySelectorAll({drawn!r}).length >= 2", timeout=120_000)
    page.wait_for_timeout(2500)
    page.evaluate(_WATCH, own)
    times = []
    for number in range(rounds + _WARM_UP):
        times.append(page.evaluate(_TIME.format(act=act), move(number)))
        page.wait_for_timeout(120)
    page.goto("about:blank")
    page.close()
    return times[_WARM_UP:]


def compare(
    ways: Sequence[tuple[str, Callable[[], list[list[float]]]]], besides: str, target: float, note: str = ""
) -> int:
    """Print the median of each way, ours first, and how much faster ours is; return 1 over the target."""
    middle = []
    for words, measure in ways:
        times = measure()
        low, median, high = statistics.quantiles([first for first, _ in times], n=4)
        middle.append(median)
        whole = statistics.median(second for _, second in times)
        print(f"{words:>38}  {median:>6.0f} ({low:.0f} to {high:.0f}); {besides} {whole:.0f}", flush=True)
    ours, canvas, svg = middle
    print(
        f"times faster: {canvas / ours:.1f} (SVG {svg / ours:.1f})  target < {target:.0f} ms{note}: "
        f"{'met' if ours < target else 'MISSED'}"
    )
    return int(ours >= target)
