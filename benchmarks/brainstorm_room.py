"""A brainstorm room under load: many people in processes of their own, and processes killed.

Run ``python benchmarks/brainstorm_room.py [--people 30] [--actions 100] [--minutes 5]
[--kills 0] [--url postgresql+psycopg://…]``. A facilitator leads the room through its
stages while every person, in a process of their own, joins, writes, groups and votes.
With ``--kills`` so many processes are killed (kill -9) at random moments; each comes back
with its token and sends again what was not confirmed, under the same key. Prints how many
moves were confirmed, lost and doubled, whether the room replayed from its moves is the
room that stands, refusals by reason, and how long a move and a vote waited. Ends with 1
where a confirmed move is lost, doubled or half applied.
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
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.insight.brainstorm import replay_moves
from workbench.store import open_store

CYCLE = "2026 Q3"
LIMIT_MS = 200.0
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
    done = sum(1 for _ in log.open()) if log.exists() else 0
    began = place["began"]
    with log.open("a") as out:
        while done < place["actions"]:
            due = began + place["seconds"] * (done + chance.random()) / place["actions"]
            time.sleep(max(0.0, due - time.time()))
            if plan.exists():
                # Not confirmed before the end came: the same move again, under its key.
                move = json.loads(plan.read_text())
            else:
                move = {"key": f"{number}.{done}", **_next(acts.board(mine), chance)}
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
        return subprocess.Popen([sys.executable, __file__, "--person", str(number), json.dumps(place)])

    people = {number: start(number) for number in range(options.people)}
    chance = random.Random(0)
    began = float(place["began"])  # type: ignore[arg-type]
    kills = sorted(began + chance.random() * seconds * 0.95 for _ in range(options.kills))
    steps = [(began + share * seconds, stage) for share, stage in LEAD]
    killed = 0
    while any(person.poll() is None for person in people.values()) or steps:
        now = time.time()
        if steps and now >= steps[0][0]:
            version = store.rooms.find(room_id)["row_version"]
            store.rooms.lead(room_id, steps.pop(0)[1], expected_version=version)
        if kills and now >= kills[0]:
            kills.pop(0)
            alive = [number for number, person in people.items() if person.poll() is None]
            if alive:
                number = chance.choice(alive)
                people[number].send_signal(signal.SIGKILL)
                people[number].wait()
                people[number] = start(number)
                killed += 1
        time.sleep(0.02)
    failed = [number for number, person in people.items() if person.returncode]
    return report(folder, store, room_id, options, killed, failed)


def report(
    folder: Path, store: Any, room_id: int, options: argparse.Namespace, killed: int, failed: list[int]
) -> int:
    """Print what was confirmed and what stands; return 1 where they differ."""
    said = [
        json.loads(line) for file in folder.glob("person*.jsonl") for line in file.read_text().splitlines()
    ]
    confirmed = [each for each in said if "move_id" in each]
    moves = store.rooms.moves(room_id)
    stored = {move["move_id"]: move for move in moves}
    lost = [each for each in confirmed if stored.get(each["move_id"], {}).get("action") != each["action"]]
    made = [move for move in moves if move["person_id"] is not None and move["action"] != "join"]
    ids = collections.Counter(each["move_id"] for each in confirmed)
    doubled = len(made) - len(ids) + sum(count - 1 for count in ids.values())
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
    where = "SQLite" if options.url is None else options.url.split(":")[0]
    print(f"{options.people} people x {options.actions} moves in {options.minutes:g} minutes, {where}")
    print(f"confirmed {len(confirmed):,}   lost {len(lost)}   doubled {doubled}   over the votes {over}")
    print(
        f"killed {killed}   processes that failed {len(failed)}   "
        f"replay is what stands: {standing == replayed}"
    )
    print(f"refused {sum(refused.values())}: {dict(refused)}")
    for name, wanted in (("any move", None), ("a vote", "vote")):
        waited = sorted(each["ms"] for each in confirmed if wanted in (None, each["action"]))
        if len(waited) > 20:
            p95 = waited[int(len(waited) * 0.95)]
            verdict = f"   limit {LIMIT_MS:g} ms: {'met' if p95 <= LIMIT_MS else 'MISSED'}" if wanted else ""
            print(
                f"{name:9s} median {statistics.median(waited):6.1f} ms   p95 {p95:6.1f} ms   "
                f"most {waited[-1]:6.1f} ms{verdict}"
            )
    whole = not lost and not doubled and not over and not failed and standing == replayed
    return int(not whole)


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
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder), options)


if __name__ == "__main__":
    sys.exit(main())
