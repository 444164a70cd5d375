"""Evaluate five million contacts inside DuckDB, beside pandas, statsmodels and scipy, in one run.

Both read the same Parquet files (lists, outcomes, contacts), join them by intention to
treat and compare treatment with control in every strategy and segment: response rates by
the score test, money by Welch with its interval; each in a process of its own. Printed are
time, the peak of each process's memory and the ratios, after checking that both say the same.

    python benchmarks/evaluate_in_engine.py [--customers 5000000] [--threads 2]
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

STRATEGIES, SEGMENTS, CONTROL_SHARE = 10, 20, 0.1
SECONDS, MEBIBYTES = 20, 4096
KEY, BY = ["strategy_id", "customer_id"], ["strategy_id", "segment"]
FIRST = pd.Timestamp("2026-07-01")


def prepare(folder: Path, n: int) -> dict[str, int]:
    """Write lists, contacts and outcomes: every treated customer contacted once or twice."""
    rng = np.random.default_rng(0)
    ids = pd.array(np.char.add("C", np.arange(n).astype(str)), dtype="string[pyarrow]")
    strategy, segment = rng.integers(0, STRATEGIES, n), rng.integers(0, SEGMENTS, n)
    treated = rng.random(n) >= CONTROL_SHARE

    def named(codes: np.ndarray, prefix: str) -> pd.Categorical:
        return pd.Categorical.from_codes(codes, [f"{prefix}{i + 1}" for i in range(codes.max() + 1)])

    pd.DataFrame(
        {
            "customer_id": ids,
            "strategy_id": named(strategy, "S").astype(str),
            "segment": named(segment, "segment ").astype(str),
            "arm": np.where(treated, "treatment", "control"),
        }
    ).to_parquet(folder / "targets.parquet", index=False)
    tries = np.flatnonzero(treated)
    tries = np.sort(np.concatenate([tries, rng.choice(tries, max(n - len(tries), 0))]))
    day = rng.integers(0, 60, len(tries)).astype("timedelta64[D]")
    pd.DataFrame(
        {
            "customer_id": ids[tries],
            "strategy_id": named(strategy[tries], "S").astype(str),
            "contacted_at": FIRST.to_datetime64().astype("datetime64[us]") + day,
            "disposition": rng.choice(["reached", "no_answer", "refused"], len(tries)),
        }
    ).to_parquet(folder / "contacts.parquet", index=False)
    rate = 0.04 + 0.002 * segment + np.where(treated, 0.004 * strategy, 0.0)
    answered = np.flatnonzero(rng.random(n) < rate)
    pd.DataFrame(
        {
            "customer_id": ids[answered],
            "strategy_id": named(strategy[answered], "S").astype(str),
            "recorded_at": FIRST.to_datetime64().astype("datetime64[us]")
            + rng.integers(0, 60, len(answered)).astype("timedelta64[D]"),
            "responded": True,
            "amount": rng.lognormal(9, 1, len(answered)).round(2),
        }
    ).to_parquet(folder / "outcomes.parquet", index=False)
    return {"customers": n, "contacts": len(tries), "outcomes": len(answered)}


def cards() -> pd.DataFrame:
    """Return the strategies' cards."""
    names = [f"S{i + 1}" for i in range(STRATEGIES)]
    return pd.DataFrame({"strategy_id": names, "name": names, "objective": "o", "segment": "all"}).assign(
        lifecycle_stages="",
        scenario="lifecycle",
        offer="time_deposit",
        channel="phone",
        script="",
        value_per_response=100.0,
        cost_per_contact=2.0,
        expected_response=0.08,
        control_share=CONTROL_SHARE,
        starts_on=FIRST,
        ends_on=FIRST + pd.Timedelta(days=59),
    )


def ours(folder: Path, threads: int) -> float:
    """Evaluate in DuckDB; return the seconds taken, with importing and opening the engine."""
    start = time.perf_counter()
    from workbench.engine import Engine
    from workbench.review import evaluate_in_engine, follow_up_in_engine

    with Engine(threads=threads, memory=3072) as engine:
        tables = {
            name: engine.table(name, folder / f"{name}.parquet")
            for name in ("targets", "outcomes", "contacts")
        }
        rows = follow_up_in_engine(
            tables["targets"], tables["outcomes"], cards(), contacts=tables["contacts"], by=["segment"]
        )
        evaluate_in_engine(rows, by=BY).to_parquet(folder / "ours.parquet")
    return time.perf_counter() - start


def peer(folder: Path, threads: int) -> float:  # noqa: ARG001
    """Join with pandas and test in a loop; return the seconds taken, with importing."""
    start = time.perf_counter()
    from statsmodels.stats.proportion import test_proportions_2indep as score_test
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    targets, outcomes, contacts = (
        pd.read_parquet(folder / f"{name}.parquet") for name in ("targets", "outcomes", "contacts")
    )
    outcomes = outcomes.assign(responded=outcomes["responded"].astype(float))
    answers = outcomes.groupby(KEY, as_index=False).agg(
        responded=("responded", "max"), amount=("amount", "sum")
    )
    tries = contacts.groupby(KEY, as_index=False).agg(tries=("disposition", "size"))
    rows = targets.merge(answers, how="left", on=KEY).merge(tries, how="left", on=KEY)
    rows[["responded", "amount", "tries"]] = rows[["responded", "amount", "tries"]].fillna(0.0)
    found = []
    for part, group in rows.groupby(BY):
        treated = group["arm"].eq("treatment").to_numpy()
        responded, amount = group["responded"].to_numpy(), group["amount"].to_numpy()
        counts = responded[treated].sum(), treated.sum(), responded[~treated].sum(), (~treated).sum()
        test = score_test(*counts, compare="diff", method="score")
        found.append((*part, "responded", counts[0] / counts[1] - counts[2] / counts[3], test.pvalue))
        both = CompareMeans(DescrStatsW(amount[treated]), DescrStatsW(amount[~treated]))
        low, high = both.tconfint_diff(usevar="unequal")
        p_value = both.ttest_ind(usevar="unequal")[1]
        uplift = amount[treated].mean() - amount[~treated].mean()
        found.append((*part, "amount", uplift, p_value, low, high))
    columns = [*BY, "outcome", "uplift", "p_value", "ci_low", "ci_high"]
    pd.DataFrame(found, columns=columns).to_parquet(folder / "peer.parquet")
    return time.perf_counter() - start


def run(which: str, folder: Path, threads: int) -> dict[str, float]:
    """Run one of the two in a process of its own."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, str(threads))}
    command = [sys.executable, "-W", "ignore", __file__, "--only", which, "--folder", str(folder)]
    done = subprocess.run(
        [*command, "--threads", str(threads)], check=True, capture_output=True, text=True, env=environment
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def check(folder: Path) -> int:
    """Hold both results against each other; return the comparisons made."""
    ours, peer = (pd.read_parquet(folder / f"{which}.parquet") for which in ("ours", "peer"))
    both = ours[ours["arm"] == "treatment"].merge(
        peer, on=[*BY, "outcome"], suffixes=("", "_peer"), validate="1:1"
    )
    assert len(both) == len(peer) == len(ours) // 2
    for name in ("uplift", "p_value", "ci_low", "ci_high"):
        rows = both[both[f"{name}_peer"].notna()]
        assert len(rows) >= len(both) // 2
        np.testing.assert_allclose(rows[name], rows[f"{name}_peer"], rtol=1e-7, atol=1e-12, err_msg=name)
    return len(both)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--customers", type=int, default=5_000_000)
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
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = prepare(folder, arguments.customers)
        print(
            f"{sizes['customers']:,} customers drawn, {sizes['contacts']:,} contacts, "
            f"{sizes['outcomes']:,} outcomes; {STRATEGIES} strategies, {SEGMENTS} segments, "
            f"{arguments.threads} threads"
        )
        found = {which: run(which, folder, arguments.threads) for which in ("ours", "peer")}
        same = check(folder)
    for which, line in found.items():
        print(
            f"{which}: {line['seconds']:6.2f} s ({line['cpu']:.1f} s of processor), "
            f"peak {line['mib']:,.0f} MiB"
        )
    print(
        f"ratio {found['peer']['seconds'] / found['ours']['seconds']:.2f} in time, "
        f"{found['peer']['mib'] / found['ours']['mib']:.2f} in memory; {same} comparisons say the same"
    )
    if found["ours"]["seconds"] > SECONDS or found["ours"]["mib"] > MEBIBYTES:
        raise SystemExit(f"The claim does not hold: {SECONDS} s and {MEBIBYTES:,} MiB are allowed.")


if __name__ == "__main__":
    main()
