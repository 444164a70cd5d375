"""From opening a dashboard's address to its first drawn chart, and what a viewer costs.

The floor is a bare notebook with one slider under Voilà as it comes (its own template,
a cold kernel), measured in the same run to its first widget.

    python benchmarks/first_screen.py [--notebooks notebooks] [--project demo_bank]
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import psutil
from chromium import chromium, write_notebook

from workbench.publish import Dashboards

TARGET_OVER_FLOOR = 1.0
TARGET_MEMORY = 220.0
CHART = (
    "() => [...document.querySelectorAll('.workbench-chart')].some(each => Number(each.dataset.marks) > 0)"
)
WIDGET = "() => document.querySelector('.noUi-handle')"
_ONE_SLIDER = "import ipywidgets\nipywidgets.IntSlider()"


def opened(browser: Any, address: str, ready: str) -> tuple[float, Any]:
    """Return the seconds from asking for the address to what is waited for, and the page."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(address, wait_until="commit", timeout=180_000)
    page.wait_for_function(ready, timeout=180_000, polling=20)
    return time.perf_counter() - begun, page


def left(page: Any) -> None:
    """Leave a page so that its kernel ends."""
    page.goto("about:blank")
    page.context.close()


def opened_together(browser: Any, address: str, n: int) -> list[float]:
    """Open the address in n windows at once; return the seconds until each has its chart."""
    pages = [browser.new_context(viewport={"width": 1440, "height": 1000}).new_page() for _ in range(n)]
    begun = time.perf_counter()
    for page in pages:
        page.goto("about:blank")
        page.evaluate("address => { setTimeout(() => { location.href = address; }, 0); }", address)
    waiting, times = list(pages), []
    while waiting and time.perf_counter() - begun < 300:
        for page in list(waiting):
            try:
                done = page.evaluate(CHART)
            except Exception:  # the page is just being changed
                done = False
            if done:
                waiting.remove(page)
                times.append(time.perf_counter() - begun)
        time.sleep(0.05)
    for page in pages:
        left(page)
    return times


def kernels_memory(pid: int) -> list[tuple[float, float]]:
    """Return (PSS, RSS) in MB of each kernel of a server, the largest first."""
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        command = " ".join(child.cmdline())
        forked = "workbench.publish.nursery" in command and child.ppid() != pid
        if "ipykernel" in command or forked:
            memory = child.memory_full_info()
            found.append((getattr(memory, "pss", memory.uss) / 2**20, memory.rss / 2**20))
    return sorted(found, reverse=True)


@contextmanager
def bare_voila(folder: Path) -> Iterator[tuple[str, int]]:
    """Run Voilà as it comes on one notebook; yield its address and its number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    notebook = write_notebook(folder / "bare.ipynb", _ONE_SLIDER)
    command = [sys.executable, "-m", "voila", str(notebook), "--no-browser", f"--port={port}"]
    command.append("--Voila.ip=127.0.0.1")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    try:
        opener = build_opener(ProxyHandler({}))
        for _ in range(200):
            try:
                with opener.open(f"{address}voila/static/voila.js", timeout=5):
                    break
            except OSError:
                time.sleep(0.1)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def rest(seconds: float = 4.0) -> None:
    """Let what the last opening started come to an end."""
    time.sleep(seconds)


def main() -> int:
    """Print the figures; fail where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebooks", type=Path, default=Path("notebooks"))
    parser.add_argument("--project", type=Path, default=Path("demo_bank"))
    parser.add_argument("--stage", default="insight")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--together", type=int, default=10)
    options = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; median of {options.rounds} openings, seconds"
    )

    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        with bare_voila(Path(place)) as (address, pid):
            times, floor_memory = [], []
            for _ in range(options.rounds):
                seconds, page = opened(browser, address, WIDGET)
                times.append(seconds)
                floor_memory.append(kernels_memory(pid)[0])
                left(page)
                rest(1)
            floor = statistics.median(times)
        print(f"floor: bare Voilà, one slider, cold kernel        {floor:6.2f}", flush=True)

        common = {"notebooks": options.notebooks, "role": "viewer", "log": Path(place) / "log"}
        with Dashboards(options.project, preheat=False, **common) as dashboards:
            address = dashboards.address(options.stage)
            times = []
            for _ in range(options.rounds):
                seconds, page = opened(browser, address, CHART)
                times.append(seconds)
                left(page)
                rest(1)
            cold = statistics.median(times)
            print(f"cold kernel, to the first chart                   {cold:6.2f}", flush=True)
            together = opened_together(browser, address, options.together)
            n = len(together)
            print(
                f"{options.together} at once, cold: first {together[0]:.2f}, median "
                f"{statistics.median(together):.2f}, last {together[-1]:.2f} "
                f"({n} of {options.together} drawn)",
                flush=True,
            )

        with Dashboards(options.project, preheat=True, **common) as dashboards:
            address = dashboards.address(options.stage)
            times, memory = [], []
            for _ in range(options.rounds):
                if not dashboards.wait_until_warm(180):
                    print("the kernels did not get warm within three minutes")
                rest()
                seconds, page = opened(browser, address, CHART)
                times.append(seconds)
                # The viewer's kernel is the one that works; the preheated ones are like it.
                memory.append(kernels_memory(dashboards.pid)[0])
                left(page)
            preheated = statistics.median(times)
    over = preheated - floor
    pss, rss = (statistics.median(each) for each in zip(*memory, strict=True))
    floor_pss, floor_rss = (statistics.median(each) for each in zip(*floor_memory, strict=True))
    # RSS counts pages that kernels share once for each of them: the stricter reading. PSS is
    # what one viewer more costs the machine.
    fast, small = over <= TARGET_OVER_FLOOR, rss < TARGET_MEMORY
    print(
        f"preheated kernel, to the first chart              {preheated:6.2f}  ({over:+.2f} on the floor, "
        f"target <= {TARGET_OVER_FLOOR:.1f}: {'met' if fast else 'MISSED'})"
    )
    print(
        f"memory of a viewer's kernel, MB: PSS {pss:.0f}, RSS {rss:.0f} "
        f"(floor {floor_pss:.0f}, {floor_rss:.0f})"
    )
    print(f"target RSS < {TARGET_MEMORY:.0f} MB: {'met' if small else 'MISSED'}")
    return int(not (fast and small and n == options.together))


if __name__ == "__main__":
    sys.exit(main())
