"""Features of 50 million transactions: Ibis on DuckDB beside the same in pandas, in one run.

    python benchmarks/transaction_features.py [--rows 50000000] [--only workbench]

Writes transactions of two years in parts to a temporary folder, runs each side in a
process of its own (so that neither inherits the other's memory), checks that both give
the same features, and prints seconds, the whole process's peak memory, and the ratio.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DAY = dt.date(2026, 9, 30)
FIRST = dt.datetime(2024, 10, 1)
PART = 2_000_000
PER_CUSTOMER = 100
TYPES = ("card", "cash", "payment", "pension", "salary", "transfer")
ENGINE_MEMORY = 1_600
CHOSEN = {"period": "week", "months": 12}


def write_parts(folder: Path, rows: int) -> None:
    """Write the transactions: customers of very different activity, amounts in cents."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    n_customers = max(1, rows // PER_CUSTOMER)
    ids = pa.array([f"{number:010d}" for number in range(n_customers)])
    activity = np.cumsum(rng.gamma(1.0, 1.0, n_customers))
    seconds = int((dt.datetime.combine(DAY, dt.time()) - FIRST).total_seconds())
    for number, begin in enumerate(range(0, rows, PART)):
        n = min(PART, rows - begin)
        who = np.searchsorted(activity, rng.random(n) * activity[-1])
        moments = np.datetime64(FIRST, "us") + rng.integers(0, seconds, n).astype("timedelta64[s]")
        table = pa.table(
            {
                "transaction_id": pa.array(np.arange(begin, begin + n)).cast(pa.string()),
                "customer_id": ids.take(pa.array(who)),
                "occurred_at": pa.array(moments.astype("datetime64[us]")),
                "amount": pa.array(np.round(rng.normal(0, 400, n), 2)),
                "type": pa.array(TYPES).take(pa.array(rng.integers(0, len(TYPES), n))),
            }
        )
        pq.write_table(table, folder / f"part-{number:03d}.parquet")


def ours(folder: Path, into: Path) -> None:
    from workbench.engine import Engine
    from workbench.insight import summarise_transactions

    with Engine(memory=ENGINE_MEMORY) as engine:
        table = engine.table("transactions", sorted(folder.glob("part-*.parquet")))
        engine.write(summarise_transactions(table, DAY, **CHOSEN), into)


def pandas(folder: Path, into: Path) -> None:
    import numpy as np
    import pandas as pd

    from workbench.insight.periods import days_of, last_period, months_before

    moves = pd.read_parquet(folder, columns=["customer_id", "occurred_at", "amount"])
    moves["amount"] = moves["amount"].abs()
    end = pd.Timestamp(DAY) + pd.Timedelta(days=1)
    moves = moves[(moves["amount"] > 0) & (moves["amount"] < 1e12) & (moves["occurred_at"] < end)]
    days = (moves["occurred_at"].dt.normalize() - pd.Timestamp("1970-01-01")).dt.days
    period = (days + 3) // 7
    last_whole = last_period(DAY, "week")
    whole = moves[period <= last_whole].assign(period=period)
    per = whole.groupby(["customer_id", "period"], sort=True)["amount"].sum().reset_index()
    grouped = per.groupby("customer_id")
    found = pd.DataFrame(
        {
            "x": grouped.size() - 1,
            "t_x": grouped["period"].max() - grouped["period"].min(),
            "T": last_whole - grouped["period"].min(),
            "amount_first": grouped["amount"].first(),
        }
    )
    total = grouped["amount"].sum()
    found["m_x"] = (total - found["amount_first"]) / found["x"].where(found["x"] > 0)
    found["recency"] = days_of(DAY) - days.groupby(moves["customer_id"]).max()
    begin = pd.Timestamp(months_before(DAY, 12)) + pd.Timedelta(days=1)
    recent = moves[moves["occurred_at"] >= begin]
    amounts = recent.groupby("customer_id")["amount"]
    found["frequency"] = amounts.size().astype("float64")
    found["amount_12m"] = amounts.sum()
    found["monetary_value"] = amounts.mean()
    found["largest_12m"] = amounts.max()
    found = found.fillna({"frequency": 0.0, "amount_12m": 0.0})
    found["monetary_value"] = found["monetary_value"].where(found["frequency"] > 0, np.nan)
    found.reset_index().to_parquet(into)


def measure(which: str, folder: Path, into: Path) -> None:
    """Run one of the two in this process and print time and memory."""
    # What both need is loaded before the clock starts.
    import pandas as pd  # noqa: F401

    import workbench.insight.movements  # noqa: F401

    if which == "workbench":
        import ibis

        ibis.duckdb.connect().disconnect()
    start, cpu = time.perf_counter(), time.process_time()
    {"workbench": ours, "pandas": pandas}[which](folder, into)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "cpu": cpu, "gib": peak / 2**20}))


def check_same(one: Path, other: Path) -> int:
    import numpy as np
    import pandas as pd

    frames = [pd.read_parquet(path).sort_values("customer_id", ignore_index=True) for path in (one, other)]
    if frames[0]["customer_id"].tolist() != frames[1]["customer_id"].tolist():
        raise SystemExit("the two have different customers")
    for name in frames[0].columns.drop("customer_id"):
        mine, theirs = (frame[name].to_numpy(dtype="float64") for frame in frames)
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-6, err_msg=name)
    return len(frames[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--only", choices=("workbench", "pandas"))
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        which, folder, into = asked.measure
        measure(which, Path(folder), Path(into))
        return
    with tempfile.TemporaryDirectory(prefix="transactions-") as scratch:
        parts = Path(scratch) / "parts"
        parts.mkdir()
        write_parts(parts, asked.rows)
        size = sum(path.stat().st_size for path in parts.iterdir()) / 2**30
        print(f"{asked.rows:,} transactions in {len(list(parts.iterdir()))} files, {size:.2f} GiB")
        results = {}
        for which in ("workbench", "pandas"):
            if asked.only not in (None, which):
                continue
            command = [sys.executable, __file__, "--measure", which, str(parts), f"{scratch}/{which}.parquet"]
            run = subprocess.run(command, capture_output=True, text=True, cwd=scratch, check=False)
            if run.returncode:
                raise SystemExit(f"{which} failed:\n{run.stderr}")
            results[which] = json.loads(run.stdout)
            took = "{seconds:7.1f} s   {cpu:7.1f} s of processor   peak {gib:5.2f} GiB".format(
                **results[which]
            )
            print(f"{which:<10} {took}")
        if len(results) == 2:
            n = check_same(Path(scratch) / "workbench.parquet", Path(scratch) / "pandas.parquet")
            print(f"the same features of {n:,} customers")
            ratio = {
                name: results["pandas"][name] / results["workbench"][name] for name in ("seconds", "cpu")
            }
            # On a busy machine two threads get less than their due: the processor's time says more.
            print(f"{ratio['seconds']:.1f} times faster, {ratio['cpu']:.1f} times in processor time")


if __name__ == "__main__":
    main()
