"""The work on the lists under load: many agents in processes of their own, and processes killed.

Run ``python benchmarks/execution_load.py [--agents 20] [--outcomes 500] [--minutes 4.3]
[--kills 50] [--customers 0] [--server | --url postgresql+psycopg://…]``. Every agent, in a process of
their own, takes the next customer, and records what came of it with a piece of the quota where
the offer has one, in one press as the desk does or booked by a press of its own, until so many
are confirmed; now and then one is given back. So many processes are killed (kill -9) at random
moments, every other one within a press; each comes back and goes on with what it holds, under
the same keys. ``--kills 0`` leaves them alone; ``--minutes 0`` lets all go as fast as they can;
``--server`` starts a PostgreSQL server for it. Prints how many outcomes were confirmed, lost and
doubled, customers worked on twice at once, pieces sold beyond the quota, and how long each press
waited. Ends with 1 on any fault.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import datetime as dt
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from own_server import start_server

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.project import Project
from workbench.project.desk import Lease
from workbench.project.lists import TargetLists
from workbench.tables import STRATEGIES, TARGETS

CYCLE = "2026 Q3"
LIMIT_MS = 200.0
OFFER = "time_deposit"
"""The offer that has a quota; the other one has none, so that the work never ends with it."""
PRESSES = ("take", "book", "record", "give_back")
SLOWEST = 20


def prepare(folder: Path, n: int, quota: int, url: str | None) -> Project:
    """Make a project with two launched lists of so many customers each, and a quota."""
    project = wb.create_project(folder, "Load", database=url)
    store = project.store
    today = store.database.clock().date()
    ids = [f"{number:010d}" for number in range(2 * n)]
    people = pd.DataFrame(
        {
            "customer_id": ids,
            "kind": "retail",
            "name": "王小明",
            "gender": "M",
            "phone": "13812341234",
            # Who may not be contacted is never to be shown.
            "do_not_contact": pd.Series([number % 50 == 0 for number in range(2 * n)], dtype="boolean"),
            "consent": pd.Series([number % 50 != 1 for number in range(2 * n)], dtype="boolean"),
        }
    )
    store.artefacts.save("import", {"customers": people}, summary={"tables": ["customers"]})
    store.cycles.open(CYCLE, today)
    project = project.at(CYCLE)
    cards = _cards(pd.Timestamp(today))
    store.cards.replace(CYCLE, cards.to_dict("records"))
    store.lists.four_eyes = 4 * n
    score = np.linspace(1.0, 0.0, n)
    for number, (strategy_id, some) in enumerate((("S1", ids[:n]), ("S2", ids[n:]))):
        rows = {"customer_id": some, "strategy_id": strategy_id, "segment": "All", "score": score}
        targets = TARGETS.check(pd.DataFrame({**rows, "rank": range(1, n + 1), "arm": "treatment"}))
        funnel = pd.DataFrame({"gate": ["all"], "n_in": [n], "n_out": [0], "applied": [True]})
        made = SimpleNamespace(targets=targets, funnel=funnel, sha256=f"load {number}", random_state=0)
        TargetLists(project).launch(made, cards)
    project.execution.quota.define(OFFER, quota, valid_from=today)
    return project


def _cards(today: pd.Timestamp) -> pd.DataFrame:
    columns = {
        "strategy_id": ["S1", "S2"],
        "name": ["Deposits", "Reviews"],
        "offer": [OFFER, "wealth_review"],
        "value_per_response": [900.0, 200.0],
    }
    same = {
        "objective": "keep",
        "segment": "All",
        "lifecycle_stages": "",
        "scenario": "product",
        "channel": "phone",
        "script": "{name}您好，{product}",
        "cost_per_contact": 12.0,
        "expected_response": 0.1,
        "control_share": 0.1,
    }
    frame = pd.DataFrame(columns).assign(**same)
    frame["starts_on"] = frame["ends_on"] = pd.Series([today] * 2).astype("datetime64[us]")
    return STRATEGIES.check(frame)


def one_agent(place: dict[str, Any], number: int) -> None:
    """Work until so many outcomes are confirmed; what was in hand when the end came is done first."""
    chance = random.Random(f"{number} {place['round']}")
    folder = Path(place["folder"])
    log, plan = folder / f"agent{number}.jsonl", folder / f"agent{number}.next.json"
    who = f"agent {number}"
    os.environ["WORKBENCH_USER"] = who
    project = wb.open_project(folder / "bank", role="contributor")
    desk = project.execution.desk
    said = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    done = sum("contact_id" in each for each in said)
    if plan.exists() and json.loads(plan.read_text())["lease_id"] in {each.get("done") for each in said}:
        # Killed after the answer was written down, and before the plan was put away.
        plan.unlink()
    with log.open("a") as out:

        def tell(row: dict[str, Any]) -> None:
            out.write(json.dumps(row) + "\n")
            out.flush()
            os.fsync(out.fileno())

        # As the desk's page does when it is opened: from then on the lists are at hand.
        desk.callbacks()
        began = _wait_for_all(folder, number)
        busy = folder / f"agent{number}.busy"
        while done < place["outcomes"]:
            if place["seconds"]:
                share = (done + chance.random()) / place["outcomes"]
                time.sleep(max(0.0, began + place["seconds"] * share - time.time()))
            # Within a press, for whoever kills.
            busy.touch()
            step = json.loads(plan.read_text()) if plan.exists() else None
            lease = None
            if step is None:
                # Taken, and the answer never came: it is in hand all the same.
                held = desk.mine()
                start = time.perf_counter()
                lease = held[0] if held else desk.take_next(minutes=5)
                took = time.perf_counter() - start
                if lease is None:
                    raise SystemExit(f"{who} found nobody to contact: {desk.passed}")
                step = {
                    "lease_id": lease.lease_id,
                    "customer_id": lease.customer_id,
                    "offer": lease.offer,
                    "taken": time.time(),
                    "back": chance.random() < 0.03,
                    "together": chance.random() < 0.5,
                    "answer": chance.choice(["reached", "reached", "refused", "no_answer", "callback"]),
                }
                _keep(plan, json.dumps(step))
                if not held:
                    tell({"press": "take", "ms": took * 1000})
            _work(project, step, lease, tell, plan)
            done += not step["back"]
            plan.unlink()
            busy.unlink(missing_ok=True)


def _wait_for_all(folder: Path, number: int) -> float:
    """Say that this agent is there, and return when all begin: once everybody has come."""
    (folder / f"agent{number}.ready").touch()
    begin = folder / "begin"
    while not begin.exists():
        time.sleep(0.05)
    return float(begin.read_text())


def _work(project: Project, step: dict[str, Any], lease: Lease | None, tell: Any, plan: Path) -> None:
    """Record, or give back; a second time under the same keys where the first was not heard."""
    execution, lease_id = project.execution, step["lease_id"]
    start = time.perf_counter()
    if step["back"]:
        execution.desk.give_back(lease_id, "Wrong branch")
        tell({"press": "give_back", "done": lease_id, "ms": (time.perf_counter() - start) * 1000})
        return
    answer = step["answer"]
    responded = {"reached": True, "refused": False}.get(answer)
    asks = responded is True and step["offer"] == OFFER and not step.get("sold_out")
    # An agent that comes back knows only its number.
    mine = [lease] if lease else [each for each in execution.desk.mine() if each.lease_id == lease_id]
    booking = None
    if asks and not step["together"]:
        start = time.perf_counter()
        try:
            booking = execution.quota.book(
                OFFER,
                1,
                key=f"book {lease_id}",
                lease=mine[0] if mine else None,
                customer_id=step["customer_id"],
            )
        except ParameterProblem as problem:
            asks = _sold_out(step, plan, problem, tell)
        tell({"press": "book", "ms": (time.perf_counter() - start) * 1000})
    start = time.perf_counter()
    key, booked = f"record {lease_id}", None
    try:
        booked = 1 if asks and step["together"] else None
        yes = responded and not step.get("sold_out")
        contact_id = execution.desk.record(lease_id, answer, key=key, responded=yes, booked=booked)
    except ParameterProblem as problem:
        if not booked:
            raise
        asks = _sold_out(step, plan, problem, tell)
        start = time.perf_counter()
        contact_id = execution.desk.record(lease_id, answer, key=key, responded=False)
    tell(
        {
            "press": "record",
            "done": lease_id,
            "ms": (time.perf_counter() - start) * 1000,
            "contact_id": contact_id,
            "customer_id": step["customer_id"],
            "agent": project.store.database.who,
            "booking": booking,
            "booked": bool(asks and step["together"]),
            "from": step["taken"],
            "until": time.time() - (time.perf_counter() - start),
        }
    )


def _sold_out(step: dict[str, Any], plan: Path, problem: ParameterProblem, tell: Any) -> bool:
    """Keep in mind that nothing is left, before anything else: killed after it, the agent knows."""
    if problem.key not in ("execution_desk.error.too_little", "execution_desk.error.no_quota_now"):
        raise problem
    step["sold_out"] = True
    _keep(plan, json.dumps(step))
    tell({"press": "refused", "key": problem.key})
    return False


def _keep(file: Path, text: str) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(file)


def run(folder: Path, options: argparse.Namespace) -> int:
    """Let the agents work, and compare what was confirmed with what stands."""
    wanted = options.agents * options.outcomes
    # Enough on each list that nobody runs out, whatever the quota and the kills do.
    n = options.customers // 2 or round(wanted * 1.1) + 50
    quota = max(1, round(wanted * 0.1))
    password = sa.make_url(options.url).password if options.url else None
    if password:
        # It isn't written into the project, where the agents look.
        os.environ["PGPASSWORD"] = str(password)
    project = prepare(folder / "bank", n, quota, options.url)
    place = {
        "folder": str(folder),
        "outcomes": options.outcomes,
        "seconds": options.minutes * 60,
        "round": 0,
    }

    def start(number: int) -> subprocess.Popen[bytes]:
        place["round"] += 1
        return subprocess.Popen([sys.executable, __file__, "--agent", str(number), json.dumps(place)])

    agents = {number: start(number) for number in range(options.agents)}
    chance = random.Random(0)
    killed, within = 0, 0
    try:
        while any(not (folder / f"agent{number}.ready").exists() for number in agents):
            if any(agent.poll() is not None for agent in agents.values()):
                raise SystemExit("an agent ended before all had begun")
            time.sleep(0.1)
        clock = time.monotonic()
        _keep(folder / "begin", str(time.time()))
        next_kill = time.time() + chance.random() * 2
        while any(agent.poll() is None for agent in agents.values()):
            if killed < options.kills and time.time() >= next_kill:
                number = _victim(folder, agents, chance, killed % 2 == 1)
                if agents[number].poll() is None:
                    agents[number].send_signal(signal.SIGKILL)
                    agents[number].wait()
                    busy = folder / f"agent{number}.busy"
                    within += busy.exists()
                    busy.unlink(missing_ok=True)
                    agents[number] = start(number)
                    killed += 1
                spread = place["seconds"] * 0.75 / options.kills if place["seconds"] else 2.0
                next_kill = time.time() + 2 * spread * chance.random()
            time.sleep(0.02)
    finally:
        for agent in agents.values():
            if agent.poll() is None:
                agent.kill()
    failed = [number for number, agent in agents.items() if agent.returncode]
    return report(folder, project, options, (killed, within), failed, quota, time.monotonic() - clock)


def _victim(
    folder: Path, agents: dict[int, subprocess.Popen[bytes]], chance: random.Random, pressing: bool
) -> int:
    """Return whom to kill: anybody, or somebody some moment after a press began."""
    until = time.time() + 2
    while pressing and time.time() < until:
        found = [n for n, agent in agents.items() if agent.poll() is None and _is_busy(folder, n)]
        if found:
            time.sleep(0.012 * chance.random())
            return chance.choice(found)
        time.sleep(0.001)
    return chance.choice([n for n, agent in agents.items() if agent.poll() is None] or [0])


def _is_busy(folder: Path, number: int) -> bool:
    return (folder / f"agent{number}.busy").exists()


def report(
    folder: Path,
    project: Project,
    options: argparse.Namespace,
    killed: tuple[int, int],
    failed: list[int],
    quota: int,
    seconds: float,
) -> int:
    """Print what was confirmed and what stands; return 1 where they differ."""
    said = [
        json.loads(line) for file in folder.glob("agent*.jsonl") for line in file.read_text().splitlines()
    ]
    confirmed = [each for each in said if "contact_id" in each]
    contacts = project.execution.contacts().set_index("contact_id")
    leases = project.store.leases.frame()
    stored = {key: (row.customer_id, row.agent) for key, row in contacts.iterrows()}
    lost = [
        each for each in confirmed if stored.get(each["contact_id"]) != (each["customer_id"], each["agent"])
    ]
    heard = collections.Counter(each["contact_id"] for each in confirmed)
    doubled = len(stored) - len(heard) + sum(count - 1 for count in heard.values())
    doubled += int(leases.loc[leases["ended_as"].eq("recorded"), "contact_id"].duplicated().sum())
    twice = _overlaps([(row.customer_id, row.taken_at, _end(row)) for row in leases.itertuples()])
    twice += _overlaps([(each["customer_id"], each["from"], each["until"]) for each in confirmed])
    people = project.table("customers").set_index("customer_id")
    refusing = people.index[people["do_not_contact"].fillna(False) | ~people["consent"].fillna(True)]
    shown = int(leases["customer_id"].isin(refusing).sum())
    entries = project.execution.quota.ledger()
    sold = -entries.loc[entries["kind"].isin(["book", "return"]), "amount"].sum()
    oversold = max(0, round(sold - quota), round(-entries["left"].min()))
    books_fit = round(entries["amount"].sum()) == round(project.execution.quota.left(OFFER) or 0)
    bookings = {each["booking"] for each in confirmed if each["booking"] is not None}
    unbooked = bookings - set(entries.loc[entries["kind"].eq("book"), "entry_id"])
    together = sum(bool(each["booked"]) for each in confirmed)
    books_fit = books_fit and not unbooked and round(sold) == len(bookings) + together
    where = "SQLite" if options.url is None else options.url.split(":")[0]
    print(f"{options.agents} agents x {options.outcomes} outcomes, {len(people):,} customers, {where}")
    print(
        f"confirmed {len(confirmed):,} in {seconds:,.0f} s   lost {len(lost)}   doubled {doubled}   "
        f"worked on twice at once {twice}   shown against their will {shown}"
    )
    print(
        f"quota {quota}   sold {round(sold)}   oversold {oversold}   ledger and bookings agree: {books_fit}"
    )
    print(f"killed {killed[0]}, of these {killed[1]} within a press   processes that failed {len(failed)}")
    print(f"refused: {dict(collections.Counter(each['key'] for each in said if 'key' in each))}")
    for press in (None, *PRESSES):
        waited = sorted(each["ms"] for each in said if "ms" in each and press in (None, each["press"]))
        if len(waited) > SLOWEST:
            p95 = waited[int(len(waited) * 0.95)]
            verdict = (
                f"   limit {LIMIT_MS:g} ms: {'met' if p95 <= LIMIT_MS else 'MISSED'}" if not press else ""
            )
            print(
                f"{press or 'any press':9s} median {statistics.median(waited):6.1f} ms   p95 {p95:6.1f} ms   "
                f"most {waited[-1]:6.1f} ms{verdict}"
            )
    whole = not lost and not doubled and not twice and not oversold and not failed and not shown
    enough = len(heard) == options.agents * options.outcomes
    return int(not (whole and books_fit and enough))


def _end(row: Any) -> dt.datetime:
    return row.expires_at if pd.isna(row.ended_at) else row.ended_at


def _overlaps(spans: list[tuple[str, Any, Any]]) -> int:
    """Count how often a customer was begun with before the one who had them was done."""
    count = 0
    ends: dict[str, Any] = {}
    for customer, begin, end in sorted(spans, key=lambda span: span[1]):
        count += customer in ends and begin < ends[customer]
        ends[customer] = max(end, ends.get(customer, end))
    return count


def main() -> int:
    """Read the options, and work in a folder that is removed afterwards."""
    if sys.argv[1:2] == ["--agent"]:
        one_agent(json.loads(sys.argv[3]), int(sys.argv[2]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--outcomes", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=4.3)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--customers", type=int, default=0)
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--server", action="store_true")
    place.add_argument("--url", default=None)
    options = parser.parse_args()
    # Ended from outside, it still ends its agents and its server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as stack:
        if options.server:
            options.url = start_server(stack, parser)
        return run(Path(stack.enter_context(tempfile.TemporaryDirectory())), options)


if __name__ == "__main__":
    sys.exit(main())
