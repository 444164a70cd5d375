"""Allocate 200,000 customers to 8 strategies by 4 channels, beside HiGHS on the whole assignment.

Run ``python benchmarks/allocation.py [customers] [seconds]``. Customers get at most one of
the 32 options under agent minutes, a budget, a quota by strategy and a capacity by channel.
Prints value, bound, gap, time and peak memory of both. The peer (``scipy.optimize.milp``
with a gap of 0.5% allowed) runs in processes of their own, at sizes it can finish and at
the full size; stopped after so many seconds (default 600) or at 14 GB, its time is a lower
bound, and so is the ratio.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

CUSTOMERS, STRATEGIES, CHANNELS = 200_000, 8, 4
SECONDS = 600
ALLOWED_GAP = 0.005
LARGEST_BYTES = 14_000_000_000
MINUTES = np.array([8.0, 35.0, 0.5, 0.0])
COST = np.array([10.0, 40.0, 1.5, 0.3])
REACH = np.array([1.0, 1.25, 0.55, 0.4])


def make_assignment(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values (n, j), resources (r, j) and limits (r,); a third of the options are none."""
    rng = np.random.default_rng(0)
    worth = rng.lognormal(6.5, 0.6, STRATEGIES)
    taste = rng.beta(1.2, 12.0, (n, STRATEGIES)).repeat(CHANNELS, axis=1)
    reach = np.tile(REACH, STRATEGIES) * rng.uniform(0.6, 1.4, (n, STRATEGIES * CHANNELS))
    values = taste * reach * worth.repeat(CHANNELS) - np.tile(COST, STRATEGIES)
    values[rng.random((n, STRATEGIES)).repeat(CHANNELS, axis=1) < 1 / 3] = -np.inf
    strategy, channel = np.divmod(np.arange(STRATEGIES * CHANNELS), CHANNELS)
    resources = np.vstack(
        [
            np.tile(MINUTES, STRATEGIES),
            np.tile(COST, STRATEGIES),
            *(strategy == s for s in range(STRATEGIES)),
            *(channel == c for c in range(CHANNELS)),
        ]
    ).astype("float64")
    limits = n * np.array([3.0, 5.0, *[0.09] * STRATEGIES, 0.3, 0.04, 0.2, 0.25])
    return values, resources, limits


def ours(n: int) -> dict[str, Any]:
    from workbench.strategy import allocate_matrix

    values, resources, limits = make_assignment(n)
    # What a first call loads and compiles is not the allocation's.
    allocate_matrix(values[:200], resources, limits / n * 200)
    start = time.perf_counter()
    found = allocate_matrix(values, resources, limits)
    seconds = time.perf_counter() - start
    assert (found.used <= limits * (1 + 1e-9)).all()
    assert (np.bincount(found.customer) <= 1).all()
    return {"seconds": seconds, "value": found.value, "bound": found.bound, "optimal": found.is_optimal}


def peer(n: int) -> dict[str, Any]:
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    values, resources, limits = make_assignment(n)
    start = time.perf_counter()
    customer, option = np.nonzero(np.isfinite(values))
    m = len(customer)
    rows = sparse.vstack(
        [
            sparse.csr_array(resources[:, option]),
            sparse.csr_array((np.ones(m), (customer, np.arange(m))), shape=(n, m)),
        ],
        format="csr",
    )
    found = milp(
        -values[customer, option],
        constraints=LinearConstraint(rows, -np.inf, np.concatenate([limits, np.ones(n)])),
        integrality=np.ones(m),
        bounds=Bounds(0.0, 1.0),
        options={"mip_rel_gap": ALLOWED_GAP},
    )
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "value": -float(found.fun),
        "bound": -float(found.mip_dual_bound),
        "optimal": found.status == 0,
    }


def run(which: str, n: int, seconds: float) -> dict[str, Any]:
    """Run one side in a process of its own; without figures where it did not finish."""
    command = [sys.executable, str(Path(__file__)), "--" + which, str(n)]
    start = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return {"stopped": f"not finished after {seconds:.0f} s", "seconds": seconds}
    if done.returncode != 0:
        spent = time.perf_counter() - start
        reason = done.stderr.strip().splitlines()[-1:] or [f"exit {done.returncode}"]
        return {"stopped": f"gave up after {spent:.0f} s ({reason[0]})", "seconds": spent}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def show(name: str, n: int, figures: dict[str, Any]) -> None:
    if "stopped" in figures:
        print(f"{name:<10} {n:>9,} customers   {figures['stopped']}", flush=True)
        return
    gap = 1 - figures["value"] / figures["bound"]
    print(
        f"{name:<10} {n:>9,} customers {figures['seconds']:9.2f} s   value {figures['value']:14,.0f}   "
        f"bound {figures['bound']:14,.0f}   gap {gap:.5%}   peak {figures['megabytes']:6,.0f} MB",
        flush=True,
    )


def main(n: int = CUSTOMERS, seconds: float = SECONDS) -> None:
    j = STRATEGIES * CHANNELS
    print(f"{n:,} customers x {STRATEGIES} strategies x {CHANNELS} channels = {n * j:,} options, 14 limits")
    for size in (*(size for size in (2_000, 10_000) if size < n), n):
        mine, other = run("ours", size, seconds), run("peer", size, seconds)
        show("workbench", size, mine)
        show("milp", size, other)
        if "stopped" not in mine:
            least = "at least " if "stopped" in other else ""
            print(f"{'':<10} {least}{other['seconds'] / mine['seconds']:.0f} times faster", flush=True)
        if size == n and "stopped" not in mine:
            assert 1 - mine["value"] / mine["bound"] < ALLOWED_GAP


if __name__ == "__main__":
    if sys.argv[1:2] in (["--ours"], ["--peer"]):
        if sys.argv[1] == "--peer":
            resource.setrlimit(resource.RLIMIT_AS, (LARGEST_BYTES, LARGEST_BYTES))
        figures = (ours if sys.argv[1] == "--ours" else peer)(int(sys.argv[2]))
        figures["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(figures))
    else:
        main(*(int(argument) for argument in sys.argv[1:3]))
