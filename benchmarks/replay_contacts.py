"""A real campaign through the worklist: every call of `bank-marketing.csv`, none lost, none twice.

Run ``python benchmarks/replay_contacts.py [--customers 45211] [--agents 20] [--no-earlier]
[--server | --url postgresql+psycopg://…]``. The file's customers come onto three lists, by the kind
of telephone; agents take them in the worklist's order, under leases, and record what the file says
came of them: the last call with its answer, and the calls before it with a disposition of their own
(``--no-earlier`` leaves them out). Prints the totals of the file beside those that were recorded, how
fast it went, and what a second run changes. Ends with 1 where a total differs.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import sqlalchemy as sa
from own_server import start_server

import workbench as wb
from workbench.project import Project
from workbench.project.lists import TargetLists
from workbench.tables import STRATEGIES, TARGETS

KINDS = {"cellular": "S1", "telephone": "S2", "unknown": "S3"}
"""The kinds of telephone in the file, and the strategy of each."""
EARLIER = {
    "code": "called_again",
    "en": "Called again later",
    "zh_CN": "之后再次致电",
    "reached": False,
    "next": "callback",
    "days": 0,
}
"""What the file says of the calls before the last one: that there were more."""


def launch(project: Project, calls: pd.DataFrame) -> None:
    """Put the customers of the calls onto lists, in the order of the file."""
    project = project.at(project.cycle.cycle_id)
    cards = _cards()
    project.store.cards.replace(project.cycle.cycle_id, cards.to_dict("records"))
    project.store.lists.four_eyes = len(calls) + 1
    columns = {
        "customer_id": calls["customer_id"],
        "strategy_id": calls["contact"].fillna("unknown").map(KINDS),
        "segment": "All",
        "score": 1.0 - calls.reset_index(drop=True).index / len(calls),
        "arm": "treatment",
    }
    rows = pd.DataFrame(columns)
    rows["rank"] = rows.groupby("strategy_id").cumcount() + 1
    for strategy_id, targets in rows.groupby("strategy_id"):
        funnel = pd.DataFrame({"gate": ["all"], "n_in": [len(targets)], "n_out": [0], "applied": [True]})
        made = SimpleNamespace(
            targets=TARGETS.check(targets.reset_index(drop=True)),
            funnel=funnel,
            sha256=f"file {strategy_id}",
            random_state=0,
        )
        TargetLists(project).launch(made, cards)


def _cards() -> pd.DataFrame:
    same = {
        "objective": "deposits",
        "segment": "All",
        "lifecycle_stages": "",
        "scenario": "product",
        "offer": "time_deposit",
        "channel": "phone",
        "script": "{name}: {product}",
        "value_per_response": 900.0,
        "cost_per_contact": 12.0,
        "expected_response": 0.12,
        "control_share": 0.1,
    }
    names = {"strategy_id": list(KINDS.values()), "name": [f"Term deposit, {kind}" for kind in KINDS]}
    frame = pd.DataFrame(names).assign(**same)
    frame["starts_on"] = pd.Timestamp("2008-05-05").as_unit("us")
    frame["ends_on"] = pd.Timestamp("2010-11-17").as_unit("us")
    return STRATEGIES.check(frame)


def play(folder: Path, options: argparse.Namespace) -> int:
    """Play the file, print what came of it, and return 1 where a total differs."""
    password = sa.make_url(options.url).password if options.url else None
    if password:
        os.environ["PGPASSWORD"] = str(password)
    project = wb.create_project(folder / "bank", "Replay", database=options.url)
    project.import_files(wb.find_case("bank-marketing"), snapshot_date="2010-12-31")
    history = project.table("campaign_history")
    every = max(1, len(history) // options.customers)
    calls = history.iloc[::every].head(options.customers)
    launch(project, calls)
    project.execution.dispositions.put(EARLIER, note="Calls before the last one")
    tries = None if options.no_earlier else "contacts"
    table = wb.build_contacts(calls, tries=tries, earlier=EARLIER["code"])
    begun = time.perf_counter(), time.process_time()
    report = wb.replay_contacts(project, table, agents=options.agents)
    seconds, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
    again = wb.replay_contacts(project, table, agents=options.agents)
    where = "SQLite" if options.url is None else options.url.split(":")[0]
    print(f"{len(calls):,} customers, {len(table):,} contacts, {options.agents} agents, {where}")
    print(
        f"recorded {report.recorded:,}   left {len(report.left)}   in {seconds:.1f} s "
        f"({report.recorded / seconds:,.0f} contacts a second, {cpu:.1f} s of processor)"
    )
    print(f"a second run: recorded {again.recorded}, repeated {again.repeated:,}, left {len(again.left)}")
    leases = project.store.leases.frame()
    contacts, outcomes = project.execution.contacts(), project.execution.outcomes()
    twice = int(leases["record_key"].duplicated().sum()) + int(contacts["contact_id"].duplicated().sum())
    open_ones = len(project.store.leases.rows())
    print(f"leases {len(leases):,}   keys or contacts twice {twice}   leases still open {open_ones}")
    with pd.option_context("display.max_rows", None, "display.width", 200):
        print(report.totals.drop(columns=["amount_given", "amount_recorded"]).to_string(index=False))
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
    whole = (
        report.totals["equal"].all()
        and not twice
        and not open_ones
        and len(contacts) == len(table) == again.repeated
        and len(outcomes) == len(calls)
        and again.recorded == 0
        and report.left.empty
    )
    print("every total is the file's" if whole else "TOTALS DIFFER")
    return int(not whole)


def main() -> int:
    """Read the options, and work in a folder that is removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=45_211)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--no-earlier", action="store_true")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--server", action="store_true")
    place.add_argument("--url", default=None)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        if options.server:
            options.url = start_server(stack, parser)
        return play(Path(stack.enter_context(tempfile.TemporaryDirectory())), options)


if __name__ == "__main__":
    sys.exit(main())
