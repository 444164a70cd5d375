"""How long a sample bank takes to make, and how much memory.

Claims: 20,000 customers in under 20 s; 1,000,000 in minutes and under 8 GiB. The peer is
``pandas.DataFrame.to_csv`` writing the same month-end balances, in the same run.

::

    python benchmarks/sample_bank.py              # 20,000 customers
    python benchmarks/sample_bank.py 1000000      # 12 GB of free disk are plenty
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from workbench.sample_bank import create_sample_bank, written
from workbench.sample_bank.balances import month_ends
from workbench.sample_bank.blocks import draw_block
from workbench.sample_bank.core_export import PRODUCT_CODES, export_holdings
from workbench.sample_bank.effects import plant_effects
from workbench.sample_bank.population import draw_population
from workbench.sample_bank.seeds import generator

LAST = np.datetime64("2026-09-30")


def peak_memory() -> float:
    """Return the most memory this process has held, GiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def make(customers: int, months: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        begun = time.perf_counter()
        folder = create_sample_bank(Path(scratch) / "bank", customers=customers, months=months)
        seconds = time.perf_counter() - begun
        files = json.loads((folder / "truth/manifest.json").read_text(encoding="utf-8"))["files"]
    rows, size = sum(file["rows"] for file in files.values()), sum(file["bytes"] for file in files.values())
    print(
        f"{customers:,} customers, {months} months: {rows:,} rows, {size / 1e6:,.0f} MB, {len(files)} files"
    )
    print(f"  {seconds:.1f} s, {rows / seconds:,.0f} rows a second, peak memory {peak_memory():.2f} GiB")


def compare_writing(customers: int = 5_000) -> None:
    ends = month_ends(LAST, 24)
    population = draw_population(customers, LAST, generator(7, "population"))
    block = draw_block(population, plant_effects(), ends, LAST, 7, 0)
    clean = block.balances.holdings
    with tempfile.TemporaryDirectory() as scratch:
        begun = time.perf_counter()
        columns, _ = export_holdings(clean, ends, generator(7, "mess"))
        (Path(scratch) / "ours.csv").write_bytes(written.lines(columns))
        ours = time.perf_counter() - begun
        begun = time.perf_counter()
        frame = clean.assign(
            number=clean["number"].map("{:010d}".format),
            product=np.array(PRODUCT_CODES)[clean["product"]],
            month=np.char.replace(ends.astype(str), "-", "")[clean["month"]],
            balance=clean["balance"].map("{:,.2f}".format),
        )
        frame.to_csv(Path(scratch) / "peer.csv", index=False, date_format="%Y%m%d")
        peer = time.perf_counter() - begun
    times = peer / ours
    print(f"writing {len(clean):,} balances: {ours:.2f} s here, {peer:.2f} s by pandas ({times:.1f} times)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("customers", nargs="?", type=int, default=20_000)
    parser.add_argument("--months", type=int, default=24)
    arguments = parser.parse_args()
    make(arguments.customers, arguments.months)
    compare_writing()


if __name__ == "__main__":
    main()
