"""How long a dashboard waits for its data: open, status, segmentation, five columns.

Run ``python benchmarks/open_project.py [customers]``. It makes a project in a temporary
folder, and prints the time of each read in a process that has imported everything, beside
the floor: the same Parquet columns read with pyarrow alone.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

import workbench as wb
from workbench.project import Project

COLUMNS = ["customer_id", "lifecycle_stage", "balance_total", "age", "tier"]
LIMIT_MS = 150


class Halves:
    """A segmenter that needs no fitting: what is measured is reading."""

    random_state = 0

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return six clusters."""
        return np.arange(len(features)) % 6

    def to_json(self) -> str:
        """Return a model of nothing."""
        return json.dumps({"features": []})


def make_project(folder: Path, customers: int) -> Project:
    wb.create_sample_bank(folder / "raw", customers=customers, months=12)
    project = wb.create_project(folder / "bank")
    project.import_files(folder / "raw")
    features = wb.build_features(project.customers())
    labels = {i: f"Segment {i}" for i in range(6)}
    project.insight.approve(Halves(), features, labels=labels)
    return project


def median_ms(call: Callable[[], object], repeats: int = 15) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(1_000 * (time.perf_counter() - started))
    return statistics.median(times)


def main(customers: int) -> int:
    with tempfile.TemporaryDirectory() as place:
        project = make_project(Path(place), customers)
        folder = project.folder
        portrait = project.imports.portrait()
        assert portrait is not None
        path = project.store.artefacts.path(portrait, "customers.parquet")

        def everything() -> None:
            opened = wb.open_project(folder, role="viewer")
            opened.status()
            opened.insight.segmentation()
            opened.customers(COLUMNS)

        def viewer() -> Project:
            return wb.open_project(folder, role="viewer")

        steps = {
            "floor: pyarrow reads the five columns": lambda: pq.read_table(path, columns=COLUMNS).to_pandas(),
            "open_project": viewer,
            "open + status": lambda: viewer().status(),
            "open + segmentation": lambda: viewer().insight.segmentation(),
            "open + five columns": lambda: viewer().customers(COLUMNS),
            "all of it": everything,
        }
        figures = {name: median_ms(call) for name, call in steps.items()}
    print(f"{customers:,} customers, median of 15, milliseconds")
    for name, figure in figures.items():
        print(f"  {name:<40} {figure:8.1f}")
    held = figures["all of it"] < LIMIT_MS
    print(f"  all of it under {LIMIT_MS} ms: {'yes' if held else 'NO'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
