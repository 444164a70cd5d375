"""Assign a million customers inside DuckDB, beside pandas and scikit-learn, in one run.

Both read the same Parquet file, scale it by the same numbers, assign with the same
centroids and write the labels to a file; each in a process of its own. Printed are time,
the peak of each process's memory, the ratios, and how many labels differ (none may).

    python benchmarks/assign_in_engine.py [--rows 1000000] [--columns 12] [--k 8] [--threads 2]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

SAMPLE = 20_000


def prepare(folder: Path, rows: int, columns: int, k: int) -> None:
    """Write the customers, and a segmenter that learned on a sample of them."""
    from workbench.insight import Segmenter

    rng = np.random.default_rng(0)
    centres = 1.5 * rng.normal(size=(k, columns))
    values = centres[rng.integers(0, k, rows)] + rng.normal(size=(rows, columns))
    units = 10.0 ** rng.integers(-2, 5, columns)
    features = pd.DataFrame(values * units, columns=[f"feature_{i:02d}" for i in range(columns)])
    segmenter = Segmenter(k).fit(features.head(SAMPLE))
    (folder / "segmenter.json").write_text(segmenter.to_json())
    features.insert(0, "customer_id", [f"C{i:08d}" for i in range(rows)])
    features.to_parquet(folder / "customers.parquet", index=False)


def ours(folder: Path, threads: int) -> float:
    """Assign in DuckDB; return the seconds taken."""
    from workbench.engine import Engine
    from workbench.insight import Segmenter, assign_in_engine

    segmenter = Segmenter.from_json((folder / "segmenter.json").read_text())
    start = time.perf_counter()
    with Engine(threads=threads) as engine:
        customers = engine.table("customers", folder / "customers.parquet")
        assigned = assign_in_engine(segmenter, customers)
        engine.write(assigned.select("customer_id", "cluster"), folder / "ours.parquet")
    return time.perf_counter() - start


def peer(folder: Path, threads: int) -> float:  # noqa: ARG001
    """Assign with scikit-learn's KMeans.predict; return the seconds taken."""
    from sklearn.cluster import KMeans

    learned = json.loads((folder / "segmenter.json").read_text())["learned"]
    means = np.array(learned["means"])
    model = KMeans(len(means), init=means, n_init=1, max_iter=1).fit(means)
    model.cluster_centers_ = means
    start = time.perf_counter()
    customers = pd.read_parquet(folder / "customers.parquet")
    values = customers.drop(columns="customer_id").to_numpy()
    scaled = (values - np.array(learned["center"])) / np.array(learned["scale"])
    labels = pd.DataFrame({"customer_id": customers["customer_id"], "cluster": model.predict(scaled)})
    labels.to_parquet(folder / "peer.parquet", index=False)
    return time.perf_counter() - start


def run(which: str, folder: Path, threads: int) -> dict[str, float]:
    """Run one of the two in a process of its own."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, str(threads))}
    command = [sys.executable, "-W", "ignore", __file__, "--only", which, "--folder", str(folder)]
    done = subprocess.run(
        [*command, "--threads", str(threads)], check=True, capture_output=True, text=True, env=environment
    )
    return json.loads(done.stdout)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=12)
    parser.add_argument("--k", type=int, default=8)
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", choices=("ours", "peer"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        cpu = time.process_time()
        seconds = {"ours": ours, "peer": peer}[arguments.only](arguments.folder, arguments.threads)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "cpu": time.process_time() - cpu, "mib": peak}))
        return
    print(
        f"{arguments.rows:,} customers, {arguments.columns} features, {arguments.k} clusters, "
        f"{arguments.threads} threads"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, arguments.rows, arguments.columns, arguments.k)
        found = {which: run(which, folder, arguments.threads) for which in ("ours", "peer")}
        for which, line in found.items():
            print(
                f"{which}: {line['seconds']:6.2f} s ({line['cpu']:.1f} s of processor with imports), "
                f"peak {line['mib']:,.0f} MiB"
            )
        labels = [pd.read_parquet(folder / f"{which}.parquet") for which in ("ours", "peer")]
    both = labels[0].merge(labels[1], on="customer_id", validate="one_to_one")
    differing = int((both["cluster_x"] != both["cluster_y"]).sum()) + abs(len(both) - arguments.rows)
    print(
        f"ratio {found['peer']['seconds'] / found['ours']['seconds']:.2f} in time, "
        f"{found['peer']['mib'] / found['ours']['mib']:.2f} in memory; labels that differ: {differing}"
    )
    if differing or found["ours"]["mib"] > 2048:
        raise SystemExit("The claim does not hold: no label may differ, and 2 GiB are allowed.")


if __name__ == "__main__":
    main()
