"""A large file of outcomes: time, peak memory, how long others wait, and that a kill leaves no trace.

Run ``python benchmarks/outcomes_import.py [--rows 1000000] [--server | --url postgresql+psycopg://…]
[--kills 3]``. Makes a project with lists of as many customers as rows, and a CSV file of
results with every kind of bad row. Imports it in a process of its own, with its progress, while
an agent in another one takes customers and records; then again, which must change nothing; and
as often as asked in a process that is killed (kill -9) at a random moment, which must leave the
state as it was. Beside it, in a process of its own, what a plain ``pandas.read_csv`` and
``to_sql`` take for the same file: without a check, a key or a quarantine. Ends with 1 on any
fault, or above the memory that is allowed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from execution_load import prepare
from own_server import start_server

import workbench as wb

LIMIT_MB = 2_048.0
BAD = 1_000
"""Bad rows in the file, at most: of each kind a fifth."""


def write_file(path: Path, rows: int, day: pd.Timestamp) -> int:
    """Write a file of results, a few of them bad; return how many are."""
    rng = np.random.default_rng(7)
    number = np.arange(rows)
    seconds = rng.integers(0, 86_000, rows)
    yes = number % 9 == 0
    frame = pd.DataFrame(
        {
            "customer_id": [f"{one:010d}" for one in number],
            "contacted_at": (day + pd.to_timedelta(seconds, unit="s")).strftime("%Y-%m-%d %H:%M:%S"),
            "disposition": np.where(number % 4 == 0, "no_answer", "reached"),
            "responded": np.where(yes, "yes", "no"),
            "amount": np.where(yes, "12500.50", ""),
            "agent": [f"agent {one % 20}" for one in number],
            "note": np.where(number % 10 == 0, "客户希望下月再谈", ""),
        }
    )
    bad = min(BAD, rows // 10) // 5 * 5
    kinds = np.array_split(rng.choice(rows, bad, replace=False), 5)
    frame.loc[kinds[0], "customer_id"] = "X" + frame.loc[kinds[0], "customer_id"].str[1:]
    frame.loc[kinds[1], "contacted_at"] = "2001-01-01 09:00:00"
    frame.loc[kinds[2], "contacted_at"] = "2099-01-01 09:00:00"
    frame.loc[kinds[3], "disposition"] = "eaten by a dog"
    frame.loc[kinds[4], "amount"] = "plenty"
    frame.to_csv(path, index=False, encoding="gb18030")
    return bad


def one_import(folder: Path, file: Path) -> None:
    """Import the file, and say how far it is and what came of it."""
    project = wb.open_project(folder, role="contributor", who="file")
    began, last = time.perf_counter(), [-1.0, ""]
    phases: dict[str, float] = {}

    def tell(share: float, phase: str) -> None:
        phases.setdefault(phase.rpartition(".")[2], round(time.perf_counter() - began, 2))
        if share - float(last[0]) >= 0.1 or phase != last[1]:
            print(json.dumps({"share": round(share, 2), "phase": phase.rpartition(".")[2]}), flush=True)
            last[:] = [share, phase]

    report = project.execution.import_outcomes(file, progress=tell)
    print(
        json.dumps(
            {
                "seconds": round(time.perf_counter() - began, 1),
                "rows_read": report.rows_read,
                "loaded": report.loaded,
                "repeated": report.repeated,
                "quarantined": len(report.quarantined),
                "begun": phases,
            }
        ),
        flush=True,
    )


def one_peer(file: Path, place: Path) -> None:
    """Do what a script would: read it all, write it all."""
    began = time.perf_counter()
    frame = pd.read_csv(file, encoding="gb18030", dtype={"customer_id": "str"})
    with sqlite3.connect(place) as connection:
        frame.to_sql("outcomes", connection, index=False)
    print(json.dumps({"seconds": round(time.perf_counter() - began, 1), "rows_read": len(frame)}), flush=True)


def one_agent(folder: Path, stop: Path) -> None:
    """Take customers and record what came of them until it is said to stop; tell every wait."""
    project = wb.open_project(folder, role="contributor", who="agent")
    desk = project.execution.desk
    takes: list[float] = []
    records: list[float] = []
    while not stop.exists():
        began = time.perf_counter()
        lease = desk.take_next(ahead=True)
        if lease is None:
            break
        taken = time.perf_counter()
        desk.record(lease, "no_answer", key=f"press {len(records)}")
        takes.append(taken - began)
        records.append(time.perf_counter() - taken)
        time.sleep(0.2)
    # The first customer is taken once the lists are read.
    longest = {
        name: round(max(waits[1:], default=0.0), 2) for name, waits in (("take", takes), ("record", records))
    }
    print(json.dumps({"recorded": len(records), **longest}), flush=True)


def run(*arguments: str) -> tuple[dict[str, Any], float, list[str]]:
    """Run a part of this script; return what it said last, its peak memory in MB, and all it said."""
    started = subprocess.Popen(
        [sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    peak = [0.0]
    watched = psutil.Process(started.pid)

    def watch() -> None:
        while started.poll() is None:
            try:
                peak[0] = max(peak[0], watched.memory_info().rss / 2**20)
            except psutil.Error:
                return
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, _ = started.communicate()
    watcher.join()
    lines = out.splitlines()
    if started.returncode:
        raise SystemExit(f"{arguments[0]} ended with {started.returncode}")
    return json.loads(lines[-1]), peak[0], lines


def counts(folder: Path) -> dict[str, Any]:
    """Return what the state holds of the lists."""
    store = wb.open_project(folder, role="viewer").store
    lists = [row["list_id"] for row in store.lists.rows("2026 Q3")]
    return {**store.results.counts(lists), "log": len(store.exchanges.log(1_000))}


def kill_some(folder: Path, file: Path, kills: int, seconds: float) -> int:
    """Kill imports at random moments, each on a copy; return how many left a part of the file."""
    chance, traces = random.Random(11), 0
    copy = folder.with_name("copy")
    for _ in range(kills):
        shutil.copytree(folder, copy)
        before = counts(copy)
        started = subprocess.Popen(
            [sys.executable, __file__, "import", str(copy), str(file)], stdout=subprocess.DEVNULL
        )
        moment = seconds * chance.uniform(0.2, 1.0)
        time.sleep(moment)
        started.kill()
        started.wait()
        after = counts(copy)
        # Its one write is there as a whole, with its line in the log, or not at all.
        whole = after["log"] == 1 and after["contacts"] == after["outcomes"] > 0
        traces += after != before and not whole
        print(f"  killed after {moment:.1f} s: {'all of it was in' if whole else after}")
        shutil.rmtree(copy)
    return traces


def main() -> int:
    """Run it all and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--server", action="store_true")
    parser.add_argument("--url")
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        url = start_server(stack, parser) if asked.server else asked.url
        folder, file = Path(home) / "bank", Path(home) / "results.csv"
        project = prepare(folder, asked.rows // 2, asked.rows, url)
        today = pd.Timestamp(project.store.database.clock().date())
        bad = write_file(file, asked.rows, today)
        print(f"{asked.rows:,} rows, {file.stat().st_size / 2**20:.0f} MB in GB18030, {bad:,} of them bad")
        peer, peer_mb, _ = run("peer", str(file), str(Path(home) / "peer.sqlite"))
        print(f"plain pandas: {peer['seconds']} s, peak {peer_mb:,.0f} MB, nothing checked")
        kept = Path(home) / "kept"
        if url is None:
            shutil.copytree(folder, kept)
        stop = Path(home) / "stop"
        agent = subprocess.Popen(
            [sys.executable, __file__, "agent", str(folder), str(stop)],
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        told, mb, lines = run("import", str(folder), str(file))
        stop.touch()
        waited = json.loads(agent.communicate()[0].splitlines()[-1])
        for line in lines[:-1]:
            step = json.loads(line)
            print(f"  {step['share']:4.0%}  {step['phase']}")
        print(f"workbench:    {told['seconds']} s, peak {mb:,.0f} MB (allowed {LIMIT_MB:,.0f})")
        print(
            f"  read {told['rows_read']:,} = loaded {told['loaded']:,} + repeated {told['repeated']:,}",
            end="",
        )
        print(f" + quarantined {told['quarantined']:,}; phases begun at {told['begun']} s")
        print(
            f"  an agent recorded {waited['recorded']} meanwhile; the longest wait was"
            f" {waited['record']} s to record, {waited['take']} s to take the next customer"
        )
        again, again_mb, _ = run("import", str(folder), str(file))
        print(f"the same again: {again['seconds']} s, peak {again_mb:,.0f} MB, loaded {again['loaded']:,}")
        traces = kill_some(kept, file, asked.kills, told["seconds"] + 1) if url is None else 0
        sums = told["loaded"] + told["repeated"] + told["quarantined"] == told["rows_read"] == asked.rows
        held = told["quarantined"] == bad and again["loaded"] == 0 and not traces
        print(f"traces of killed imports: {traces}")
        return int(not (sums and held and max(mb, again_mb) < LIMIT_MB))


if __name__ == "__main__":
    parts = {"import": one_import, "peer": one_peer, "agent": one_agent}
    if len(sys.argv) > 1 and sys.argv[1] in parts:
        parts[sys.argv[1]](*map(Path, sys.argv[2:]))
    else:
        raise SystemExit(main())
