"""Time and memory of compare_k beside scikit-learn's KMeans and full silhouettes, in one run.

Ours computes all indices with 100 draws of stability. The peer does what a notebook does:
``KMeans(n_init=10)`` for each k, then ``silhouette_score`` on every row. Printed are both
times, their ratio, the inertia's difference at each k and the k that both recommend (the
peer by its largest silhouette, and by our rule on the peer's figures).

    python benchmarks/compare_k.py [--rows 200000] [--columns 12] [--k 2-12] [--threads 2]

The peer takes minutes a k at 200,000 rows. ``--peer FILE`` keeps its figures, one line a
k, so that an interrupted run goes on where it was; they hold for one machine only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SHARES = (0.30, 0.22, 0.18, 0.14, 0.10, 0.06)


def customers(rows: int, columns: int) -> Any:
    """Return six groups of unequal size and spread that touch each other."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    centres = 1.6 * rng.normal(size=(len(SHARES), columns))
    own = rng.choice(len(SHARES), rows, p=SHARES)
    spread = rng.uniform(0.7, 1.1, len(SHARES))[own, None]
    values = centres[own] + spread * rng.normal(size=(rows, columns))
    return pd.DataFrame(values, columns=[f"feature_{i:02d}" for i in range(columns)])


def ours(features: Any, arguments: argparse.Namespace) -> None:
    """Run compare_k and print what it found."""
    from workbench.insight import compare_k, recommend_k

    def tell(share: float, phase: str) -> None:
        say({"done": share, "phase": phase})

    clock = Clock()
    table = compare_k(
        features, arguments.k, n_bootstrap=arguments.draws, threads=arguments.threads, progress=tell
    )
    recommended = recommend_k(table)
    say(
        {
            **clock.read(),
            "table": table.to_dict("records"),
            "recommended": recommended.k,
            "why": recommended.explanation(),
        }
    )


def peer(features: Any, arguments: argparse.Namespace) -> None:
    """Run scikit-learn's k-means and silhouettes k by k, and print each k when it is done."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score
    from sklearn.preprocessing import StandardScaler

    points = StandardScaler().fit_transform(features)
    for k in arguments.k:
        clock = Clock()
        model = KMeans(k, n_init=10, random_state=0).fit(points)
        fitted = clock.read()
        silhouette = silhouette_score(points, model.labels_)
        whole = clock.read()
        say(
            {
                "k": k,
                **whole,
                "fit_seconds": fitted["seconds"],
                "fit_cpu": fitted["cpu"],
                "inertia": float(model.inertia_),
                "silhouette_score": float(silhouette),
                # For our rule on the peer's labels; not timed.
                "calinski_harabasz_score": float(calinski_harabasz_score(points, model.labels_)),
                "davies_bouldin_score": float(davies_bouldin_score(points, model.labels_)),
            }
        )


class Clock:
    """Elapsed and processor time, and the memory's peak, from now on."""

    def __init__(self) -> None:
        self.start, self.cpu, self.peak = time.perf_counter(), time.process_time(), _peak()

    def read(self) -> dict[str, float]:
        """Return seconds, processor seconds, and MiB beyond the peak at the start."""
        return {
            "seconds": time.perf_counter() - self.start,
            "cpu": time.process_time() - self.cpu,
            "mib": _peak() - self.peak,
        }


def _peak() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def say(line: dict[str, Any]) -> None:
    """Print one line of JSON at once."""
    print(json.dumps(line), flush=True)


def run(which: str, arguments: argparse.Namespace, ks: list[int]) -> Any:
    """Yield the lines of one of the two, in a process of its own."""
    environment = {
        **os.environ,
        **{
            name: str(arguments.threads)
            for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        },
    }
    command = [sys.executable, __file__, "--only", which, "--rows", str(arguments.rows), "--columns"]
    command += [str(arguments.columns), "--k", ",".join(map(str, ks)), "--threads", str(arguments.threads)]
    command += ["--draws", str(arguments.draws)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode:
        raise SystemExit(process.returncode)


def measure_ours(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run ours, telling each tenth of the way."""
    told, result = -1, {}
    for line in run("ours", arguments, arguments.k):
        if "phase" in line:
            if int(line["done"] * 10) > told:
                told = int(line["done"] * 10)
                print(f"  ours {line['done']:4.0%} {line['phase'].rsplit('.', 1)[-1]}", flush=True)
        else:
            result = line
    return result


def measure_peer(arguments: argparse.Namespace) -> dict[int, dict[str, Any]]:
    """Run the peer for each k that is not known yet."""
    setting = {"rows": arguments.rows, "columns": arguments.columns, "threads": arguments.threads}
    kept = []
    if arguments.peer and Path(arguments.peer).exists():
        kept = [json.loads(line) for line in Path(arguments.peer).read_text().splitlines()]
    found = {line["k"]: line for line in kept if {name: line.get(name) for name in setting} == setting}
    if found:
        print(f"  peer: k = {', '.join(map(str, sorted(found)))} kept from {arguments.peer}")
    missing = [k for k in arguments.k if k not in found]
    for line in run("peer", arguments, missing) if missing else ():
        found[line["k"]] = line
        print(
            f"  peer k = {line['k']}: {line['seconds']:.0f} s ({line['cpu']:.0f} s of processor)",
            flush=True,
        )
        if arguments.peer:
            with Path(arguments.peer).open("a") as file:
                file.write(json.dumps({**line, **setting}) + "\n")
    return {k: found[k] for k in arguments.k}


def report(mine: dict[str, Any], theirs: dict[int, dict[str, Any]]) -> None:
    """Print the comparison."""
    import pandas as pd

    from workbench.insight import recommend_k
    from workbench.tables import K_COMPARISON

    print("\n  k   inertia ours   inertia peer   difference   silhouette ours   peer (all rows)")
    for row in mine["table"]:
        other = theirs[row["k"]]
        print(
            f"{row['k']:3d} {row['inertia']:14.0f} {other['inertia']:14.0f}"
            f" {row['inertia'] / other['inertia'] - 1:12.4%}"
            f" {row['silhouette_score']:17.4f} {other['silhouette_score']:17.4f}"
        )
    seconds, cpu = (sum(line[name] for line in theirs.values()) for name in ("seconds", "cpu"))
    print(f"\nours {mine['seconds']:8.1f} s, {mine['cpu']:8.1f} s of processor, {mine['mib']:6.0f} MiB more")
    most = max(line["mib"] for line in theirs.values())
    print(f"peer {seconds:8.1f} s, {cpu:8.1f} s of processor, {most:6.0f} MiB more")
    print(
        f"ratio {seconds / mine['seconds']:.1f} in time, {cpu / mine['cpu']:.1f} in processor time"
        " (claim: 15 in time)"
    )
    worst = max(row["inertia"] / theirs[row["k"]]["inertia"] - 1 for row in mine["table"])
    print(f"inertia at most {worst:+.4%} of the peer's (claim: within 1%)")
    by_silhouette = max(theirs, key=lambda k: theirs[k]["silhouette_score"])
    required = [column.name for column in K_COMPARISON.columns if column.required]
    by_rule = recommend_k(pd.DataFrame(list(theirs.values())).reindex(columns=required))
    print(
        f"recommended k: ours {mine['recommended']} ({mine['why']}) "
        f"peer {by_silhouette} by silhouette, {by_rule.k} by our rule on its figures"
    )


def numbers(words: str) -> list[int]:
    """Read ``2-12`` or ``2,4,6``."""
    if "-" in words:
        low, high = map(int, words.split("-"))
        return list(range(low, high + 1))
    return [int(word) for word in words.split(",")]


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--columns", type=int, default=12)
    parser.add_argument("--k", type=numbers, default=numbers("2-12"))
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--peer", metavar="FILE")
    parser.add_argument("--only", choices=("ours", "peer"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        {"ours": ours, "peer": peer}[arguments.only](customers(arguments.rows, arguments.columns), arguments)
        return
    print(
        f"{arguments.rows:,} customers, {arguments.columns} features, k = {arguments.k[0]} to "
        f"{arguments.k[-1]}, {arguments.threads} threads"
    )
    mine = measure_ours(arguments)
    report(mine, measure_peer(arguments))


if __name__ == "__main__":
    main()
