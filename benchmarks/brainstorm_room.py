"""A brainstorm room under load: many people in processes of their own, and processes killed.

Run ``python benchmarks/brainstorm_room.py [--people 30] [--actions 100] [--minutes 5]
[--kills 0] [--server | --url postgresql+psycopg://…] [--check]``. A facilitator leads the
room through its stages while every person, in a process of their own, joins, writes, groups
and votes, and asks once a second whether there is anything new, as the page on a phone does.
With ``--kills`` so many processes are killed (kill -9) at random moments, every second one
in the middle of a move; each comes back with its token and sends again what was not
confirmed, under the same key. ``--server`` starts a PostgreSQL server for it (Debian's
package ``postgresql``), asked over the network with a password. ``--check`` is a small room of
half a minute. Prints how many moves were confirmed, lost, doubled and half applied, whether
the room replayed from its moves is the room that stands, refusals by reason, how long moves,
votes and questions waited, and how busy the machine was besides: its load, and how late a
process woke that had only slept. Ends with 1 where a confirmed move is lost, doubled or half
applied, or a vote waited too long.
"""

from __future__ import annotations

import argparse
import collections
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
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from own_server import start_server

from workbench.errors import WorkbenchError
from workbench.insight.brainstorm import replay_moves
from workbench.store import open_store

CYCLE = "2026 Q3"
LIMIT_MS = 200.0
LOOK_SECONDS = 1.0
VOTES_EACH = 5
# Share of the time after which the room goes on.
LEAD = ((0.45, "reveal"), (0.55, "group"), (0.75, "vote"))
WORDS = ("deposit", "matures", "call before", "到期", "电话", "withdrawal", "statement", "健康讲座", "rate")


def one_person(place: dict[str, Any], number: int) -> None:
    """Join, or come back, and act until so many moves are confirmed."""
    chance = random.Random(f"{number} {place['round']}")
    folder = Path(place["folder"])
    log, plan = folder / f"person{number}.jsonl", folder / f"person{number}.next.json"
    acts = open_store(folder / "bank", url=place["url"], role="participant").room_acts
    token = folder / f"person{number}.token"
    if not token.exists():
        side = "head_office" if number % 3 == 0 else f"Branch {number:02d}"
        made = acts.join(place["code"], f"Person {number}", side)["token"]
        _keep(token, made)
    mine = token.read_text()
    written = [json.loads(line)["key"] for line in log.open()] if log.exists() else []
    if plan.exists() and json.loads(plan.read_text())["key"] in written:
        # Killed after the answer was written down, and before the plan was put away.
        plan.unlink()
    done = len(written)
    began = place["began"]
    page = Page(acts, mine, folder / f"person{number}.polls")
    with log.open("a") as out:
        while done < place["actions"]:
            due = began + place["seconds"] * (done + chance.random()) / place["actions"]
            page.look_until(due)
            if plan.exists():
                # Not confirmed before the end came: the same move again, under its key.
                move = json.loads(plan.read_text())
            else:
                move = {"key": f"{number}.{done}", **_next(page.board(), chance)}
                _keep(plan, json.dumps(move))
            start = time.perf_counter()
            try:
                found = acts.act(mine, move["key"], move["action"], move["content"])
                said = {"key": move["key"], "action": move["action"], "move_id": found["move_id"]}
            except WorkbenchError as problem:
                # The room went on between the look and the move, or somebody took the idea away.
                said = {"key": move["key"], "action": move["action"], "refused": problem.key}
            said["ms"] = (time.perf_counter() - start) * 1000
            out.write(json.dumps(said) + "\n")
            out.flush()
            os.fsync(out.fileno())
            plan.unlink()
            done += 1


class Page:
    """What a participant's page asks: every second whether there is anything new, and then for the board."""

    def __init__(self, acts: Any, token: str, log: Path) -> None:
        self.acts, self.token, self.log = acts, token, log
        self.heard = 0

    def look_until(self, due: float) -> None:
        """Look once a second until a moment."""
        while (left := due - time.time()) > 0:
            asleep = time.perf_counter()
            time.sleep(min(left, LOOK_SECONDS))
            if left > LOOK_SECONDS:
                start = time.perf_counter()
                last = self.acts.last_move(self.token)
                took, late = time.perf_counter() - start, start - asleep - LOOK_SECONDS
                with self.log.open("a") as out:
                    out.write(f"{took * 1000:.2f} {late * 1000:.2f}\n")
                if last != self.heard:
                    self.board()

    def board(self) -> dict[str, Any]:
        """Read the board."""
        found: dict[str, Any] = self.acts.board(self.token)
        self.heard = found["last_move"]
        return found


def _keep(file: Path, text: str) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(file)


def _next(board: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Choose what a person would do on this board."""
    stage, ideas, groups = board["room"]["stage"], board["ideas"], board["groups"]
    text = " ".join(chance.choices(WORDS, k=5))
    mine = [idea["idea_id"] for idea in ideas if idea["mine"]]
    if stage == "vote" and ideas:
        given = board["me"]["votes"]
        if len(given) >= board["room"]["votes_each"]:
            return {"action": "unvote", "content": {"idea_id": chance.choice(given)}}
        return {"action": "vote", "content": {"idea_id": chance.choice(ideas)["idea_id"]}}
    if stage == "group" and ideas:
        where: dict[str, Any] = {"idea_id": chance.choice(ideas)["idea_id"]}
        if len(groups) < 8:
            where["new_group"] = f"Group {text[:20]}"
        else:
            where["group_id"] = chance.choice(groups)["group_id"]
        return {"action": "move", "content": where}
    if mine and chance.random() < 0.3:
        return {"action": "edit", "content": {"idea_id": chance.choice(mine), "text": text}}
    if mine and chance.random() < 0.05:
        return {"action": "withdraw", "content": {"idea_id": chance.choice(mine)}}
    return {"action": "write", "content": {"text": text}}


def run(folder: Path, options: argparse.Namespace) -> int:
    """Play the room, and compare what was confirmed with what stands."""
    (folder / "bank").mkdir()
    store = open_store(folder / "bank", url=options.url)
    if CYCLE not in {row["cycle_id"] for row in store.cycles.rows()}:
        store.cycles.open(CYCLE, dt.date(2026, 9, 30))
    room_id = store.rooms.open(
        CYCLE, segmentation="benchmark", segment="", question="What would keep them?", votes_each=VOTES_EACH
    )
    room = store.rooms.find(room_id)
    seconds = options.minutes * 60
    place = {
        "folder": str(folder),
        "url": options.url,
        "code": room["code"],
        "actions": options.actions,
        "seconds": seconds,
        "began": time.time() + 2 + options.people * 0.4,
        "round": 0,
    }

    def start(number: int) -> subprocess.Popen[bytes]:
        place["round"] += 1
        # A session of its own for each, as a server's kernels have: none shares another's turn on a core.
        return subprocess.Popen(
            [sys.executable, __file__, "--person", str(number), json.dumps(place)], start_new_session=True
        )

    people = {number: start(number) for number in range(options.people)}
    chance = random.Random(0)
    began = float(place["began"])  # type: ignore[arg-type]
    kills = sorted(began + chance.random() * seconds * 0.95 for _ in range(options.kills))
    steps = [(began + share * seconds, stage) for share, stage in LEAD]
    killed = midway = 0
    loads: list[float] = []
    try:
        while any(person.poll() is None for person in people.values()) or steps:
            now = time.time()
            if steps and now >= steps[0][0]:
                version = store.rooms.find(room_id)["row_version"]
                store.rooms.lead(room_id, steps.pop(0)[1], expected_version=version)
            if kills and now >= kills[0]:
                alive = [number for number, person in people.items() if person.poll() is None]
                # Every second one is killed while its move is on its way, as soon as one is.
                amid = [number for number in alive if (folder / f"person{number}.next.json").exists()]
                wanted = amid if len(kills) % 2 else alive
                if wanted:
                    kills.pop(0)
                    number = chance.choice(wanted)
                    people[number].send_signal(signal.SIGKILL)
                    people[number].wait()
                    midway += (folder / f"person{number}.next.json").exists()
                    people[number] = start(number)
                    killed += 1
                elif not alive:
                    kills.clear()
            loads.append(os.getloadavg()[0])
            time.sleep(0.002 if kills and now >= kills[0] else 0.02)
    finally:
        for person in people.values():
            person.kill()
            person.wait()
    failed = [number for number, person in people.items() if person.returncode]
    print(
        f"{options.people} people x {options.actions} moves in {options.minutes:g} minutes, "
        f"{'SQLite' if options.url is None else 'PostgreSQL'}, {os.cpu_count()} cores, "
        f"load average {min(loads):.1f} to {max(loads):.1f}"
    )
    print(f"killed {killed}, {midway} of them in the middle of a move   processes that failed {len(failed)}")
    return report(folder, store, room_id) or int(bool(failed))


def report(folder: Path, store: Any, room_id: int) -> int:
    """Print what was confirmed and what stands; return 1 where they differ or votes waited too long."""
    said = [
        json.loads(line) for file in folder.glob("person*.jsonl") for line in file.read_text().splitlines()
    ]
    confirmed = [each for each in said if "move_id" in each]
    moves = store.rooms.moves(room_id)
    stored = {move["move_id"]: move for move in moves}
    by_key: dict[str, set[int]] = {}
    for each in confirmed:
        by_key.setdefault(each["key"], set()).add(each["move_id"])
    # Each confirmed move is there, as what it was, and no two are the same one.
    lost = [each for each in confirmed if stored.get(each["move_id"], {}).get("action") != each["action"]]
    told = {number for numbers in by_key.values() for number in numbers}
    n_lost = len(lost) + sum(map(len, by_key.values())) - len(told)
    # No key made two moves, and nothing is there that nobody was told of.
    made = {move["move_id"] for move in moves if move["person_id"] is not None and move["action"] != "join"}
    doubled = sum(len(numbers) - 1 for numbers in by_key.values()) + len(made - told)
    again = replay_moves(moves)
    standing = {
        idea["idea_id"]: (idea["text"], idea["group_id"], idea["votes"])
        for idea in store.rooms.ideas(room_id)
    }
    replayed = {
        number: (idea["text"], idea["group_id"], len(idea["votes"]))
        for number, idea in again["ideas"].items()
        if not idea["withdrawn"]
    }
    by_person = collections.Counter(person for idea in again["ideas"].values() for person in idea["votes"])
    over = sum(count > VOTES_EACH for count in by_person.values())
    refused = collections.Counter(each["refused"] for each in said if "refused" in each)
    # A move, what it changed and its row in the audit log come together.
    logged = collections.Counter(
        ids["move_id"]
        for ids in store.trail.audit_log()["ids"]
        if ids.get("room_id") == room_id and "move_id" in ids
    )
    half = len(set(logged) ^ set(stored)) + sum(count > 1 for count in logged.values())
    whole = not half and standing == replayed
    print(
        f"confirmed {len(by_key):,}   lost {n_lost}   doubled {doubled}   half applied {half}   "
        f"over the votes {over}   replay is what stands: {standing == replayed}"
    )
    print(f"refused {sum(refused.values())}: {dict(refused)}")
    polls = [
        [float(word) for word in line.split()]
        for file in folder.glob("person*.polls")
        for line in file.open()
        # A line that a kill cut short.
        if line.endswith("\n")
    ]
    waited = {
        "any move": [each["ms"] for each in confirmed],
        "a vote": [each["ms"] for each in confirmed if each["action"] == "vote"],
        "a poll": [poll[0] for poll in polls],
        # What a process waited for its turn on a core after a second's sleep: the machine's own share.
        "waking": [poll[1] for poll in polls],
    }
    slow = False
    for name, found in waited.items():
        if len(found) > 20:
            found.sort()
            p95 = found[int(len(found) * 0.95)]
            verdict = ""
            if name == "a vote":
                slow = p95 > LIMIT_MS
                verdict = f"   limit {LIMIT_MS:g} ms: {'MISSED' if slow else 'met'}"
            print(
                f"{name:9s} {len(found):6,}   median {statistics.median(found):6.1f} ms   "
                f"p95 {p95:6.1f} ms   most {found[-1]:6.1f} ms{verdict}"
            )
    return int(bool(n_lost or doubled or over or slow or not whole))


def main() -> int:
    """Read the options, and play in a folder that is removed afterwards."""
    if sys.argv[1:2] == ["--person"]:
        one_person(json.loads(sys.argv[3]), int(sys.argv[2]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--actions", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--url", default=None)
    parser.add_argument("--server", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        options.people, options.actions, options.minutes, options.kills = 6, 20, 0.5, 4
    # Ended from outside, it still ends its people and its server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if options.server:
            options.url = start_server(stack, parser)
        return run(folder, options)


if __name__ == "__main__":
    sys.exit(main())
