"""Brainstorm rooms: who may do what, when; nothing twice, nothing lost, no vote too many."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.insight.brainstorm import replay_moves
from workbench.store import Store, open_store, schema_rooms
from workbench.store.database import utc_now

ON_BOTH = True

QUESTION = "What would keep them from moving money out?"
NASTY = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "👵🏽 家里人一起来",
    "\u202eمرحبا\u202c",
    "x" * 10_000,
)


@pytest.fixture
def room(store: Store) -> dict[str, Any]:
    number = store.rooms.open(
        "2026 Q2", segmentation="segmentation/v0001-1", segment="Happy retirees", question=QUESTION
    )
    return store.rooms.find(number)


@pytest.fixture
def participants(store: Store) -> Store:
    """The same store as a process of participants opens it."""
    return open_store(
        store.artefacts.project_folder, url=store.database.url, role="participant", clock=store.database.clock
    )


def _join(store: Store, room: dict[str, Any], name: str = "Lin", side: str = "Branch 12") -> str:
    return str(store.room_acts.join(room["code"], name, side)["token"])


def _lead(store: Store, room: dict[str, Any], stage: str, seconds: int | None = None) -> None:
    version = store.rooms.find(room["room_id"])["row_version"]
    store.rooms.lead(room["room_id"], stage, expected_version=version, seconds=seconds)


def _write(store: Store, token: str, text: str, key: str) -> int:
    return int(store.room_acts.act(token, key, "write", {"text": text})["content"]["idea_id"])


def test_from_the_question_to_the_decision(store: Store, participants: Store, room: dict[str, Any]) -> None:
    branch = _join(participants, room)
    office = _join(participants, room, "Chen", "head_office")
    mine = _write(participants, branch, " Call before the deposit matures ", "a1")
    theirs = _write(participants, office, "A better rate", "b1")
    # Private while everybody writes: one's own, and how many there are.
    board = participants.room_acts.board(branch)
    assert [(i["text"], i["mine"]) for i in board["ideas"]] == [("Call before the deposit matures", True)]
    assert (board["n_ideas"], board["n_people"], board["room"]["stage"]) == (2, 2, "write")
    _lead(store, room, "reveal")
    board = participants.room_acts.board(branch)
    assert [(i["idea_id"], i["side"], i["mine"]) for i in board["ideas"]] == [
        (mine, "Branch 12", True),
        (theirs, "head_office", False),
    ]
    _lead(store, room, "group")
    made = participants.room_acts.act(
        office, "b2", "move", {"idea_id": mine, "new_group": "Reach them in time"}
    )
    group = made["content"]["group_id"]
    participants.room_acts.act(branch, "a2", "move", {"idea_id": theirs, "group_id": group})
    participants.room_acts.act(branch, "a3", "move", {"idea_id": theirs})
    participants.room_acts.act(branch, "a4", "name_group", {"group_id": group, "name": "In time"})
    _lead(store, room, "vote")
    participants.room_acts.act(branch, "a5", "vote", {"idea_id": mine})
    left = participants.room_acts.act(office, "b5", "vote", {"idea_id": mine})
    assert left["content"]["left"] == 4
    participants.room_acts.act(office, "b6", "vote", {"idea_id": theirs})
    participants.room_acts.act(office, "b7", "unvote", {"idea_id": theirs})
    board = participants.room_acts.board(office)
    assert [(i["group_id"], i["votes"]) for i in board["ideas"]] == [(group, 2), (None, 0)]
    assert (board["me"]["votes"], board["groups"]) == ([mine], [{"group_id": group, "name": "In time"}])
    assert [i["votes"] for i in store.rooms.ideas(room["room_id"])] == [2, 0]
    _lead(store, room, "decide")
    decision = {"kind": "hypothesis", "idea_ids": [mine], "hypothesis_id": "H1"}
    number = store.rooms.decide(room["room_id"], decision, "d1")
    assert store.rooms.decide(room["room_id"], decision, "d1") == number
    store.rooms.close(room["room_id"])
    # Every move is there, in its order, with its time and who made it.
    moves = store.rooms.moves(room["room_id"])
    assert [m["action"] for m in moves] == [
        *("open", "join", "join", "write", "write", "lead", "lead", "move", "move", "move"),
        *("name_group", "lead", "vote", "vote", "vote", "unvote", "lead", "decide", "close"),
    ]
    assert [m["at"] for m in moves] == sorted(m["at"] for m in moves)
    assert {m["who"] for m in moves} == {"lin", "Lin", "Chen"}
    assert participants.room_acts.last_move(branch) == moves[-1]["move_id"]
    # What stands can be built again from them alone, and so can what stood before.
    room_again = replay_moves(moves)
    assert room_again["stage"] == "closed"
    assert {
        i: (each["text"], each["group_id"], len(each["votes"])) for i, each in room_again["ideas"].items()
    } == {i["idea_id"]: (i["text"], i["group_id"], i["votes"]) for i in store.rooms.ideas(room["room_id"])}
    assert room_again["groups"] == {g["group_id"]: g["name"] for g in store.rooms.groups(room["room_id"])}
    assert room_again["decisions"] == [decision]
    before = replay_moves(moves, until=made["move_id"])
    assert (before["stage"], before["groups"]) == ("group", {group: "Reach them in time"})


def test_a_participant_does_and_sees_nothing_else(
    store: Store, participants: Store, room: dict[str, Any]
) -> None:
    _join(participants, room)
    for forbidden in (
        lambda: participants.rooms.rows(),
        lambda: participants.rooms.moves(room["room_id"]),
        lambda: participants.comments.add("insight", "x", None),
        lambda: participants.cycles.rows(),
        lambda: participants.artefacts.versions(),
        lambda: participants.rooms.close(room["room_id"]),
    ):
        with pytest.raises(NotAllowed):
            forbidden()
    with pytest.raises(NotAllowed, match="viewer"):
        open_store(store.artefacts.project_folder, url=store.database.url, role="viewer").room_acts.join(
            room["code"], "x", "y"
        )


@pytest.mark.parametrize("token", ["", "guess", "\ud800"])
def test_nobody_acts_with_a_token_that_is_nobodys(store: Store, room: dict[str, Any], token: str) -> None:
    for call in (
        lambda: store.room_acts.act(token, "k", "write", {"text": "x"}),
        lambda: store.room_acts.board(token),
        lambda: store.room_acts.last_move(token),
        lambda: store.room_acts.keep_draft(token, "x"),
        lambda: store.room_acts.be_here(token),
    ):
        with pytest.raises(NotAllowed, match="Join again"):
            call()


def test_the_token_is_not_in_the_database(store: Store, room: dict[str, Any]) -> None:
    token = _join(store, room)
    with store.database.reading() as connection:
        kept = connection.execute(sa.select(schema_rooms.people)).all()
    assert len(kept) == 1
    assert token not in str(kept)
    assert store.database.path is None or token.encode() not in store.database.path.read_bytes()


def test_a_move_sent_again_happens_once(store: Store, room: dict[str, Any]) -> None:
    token = _join(store, room)
    first = store.room_acts.act(token, "k1", "write", {"text": "Once"})
    again = store.room_acts.act(token, "k1", "write", {"text": "Once"})
    assert again["move_id"] == first["move_id"]
    assert again["content"] == first["content"]
    assert len(store.rooms.ideas(room["room_id"])) == 1
    # The keys of two people have nothing to do with each other.
    _write(store, _join(store, room, "Chen"), "Once", "k1")
    assert len(store.rooms.ideas(room["room_id"])) == 2


def test_who_comes_back_is_not_counted_twice(store: Store, room: dict[str, Any]) -> None:
    first = store.room_acts.join(room["code"], "Lin", "Branch 12")
    again = store.room_acts.join(f"{room['code'][:3]} {room['code'][3:]}", "Lin", "Branch 12", first["token"])
    assert again == first
    assert len(store.rooms.people(room["room_id"])) == 1
    stranger = store.room_acts.join(room["code"], "Lin", "Branch 12", "somebody else's")
    assert stranger["person_id"] != first["person_id"]


@pytest.mark.parametrize("text", NASTY, ids=["script", "formula", "emoji", "right-to-left", "long"])
def test_any_text_is_kept_as_it_is(store: Store, room: dict[str, Any], text: str) -> None:
    token = _join(store, room)
    _write(store, token, text, "k")
    assert store.room_acts.board(token)["ideas"][0]["text"] == text
    assert store.rooms.moves(room["room_id"])[-1]["content"]["text"] == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "empty"), (" \n\t ", "empty"), ("\0", "empty"), ("x" * 10_001, "10001 characters; at most 10000")],
)
def test_no_text_and_too_much_are_refused(
    store: Store, room: dict[str, Any], text: str, sentence: str
) -> None:
    with pytest.raises(ParameterProblem, match=sentence):
        _write(store, _join(store, room), text, "k")
    assert store.rooms.ideas(room["room_id"]) == []


@pytest.mark.parametrize(
    ("stage", "action", "sentence"),
    [
        ("write", "vote", "still writing"),
        ("write", "move", "still writing"),
        ("reveal", "vote", "being read"),
        ("group", "vote", "being grouped"),
        ("vote", "move", "can't be moved"),
        ("decide", "write", "deciding"),
        ("decide", "vote", "deciding"),
    ],
)
def test_each_stage_takes_its_own_moves(
    store: Store, room: dict[str, Any], stage: str, action: str, sentence: str
) -> None:
    token = _join(store, room)
    idea = _write(store, token, "x", "k")
    if stage != "write":
        _lead(store, room, stage)
    with pytest.raises(ParameterProblem, match=sentence):
        store.room_acts.act(token, "k2", action, {"idea_id": idea, "text": "y"})


def test_when_the_time_is_up_the_draft_is_kept(store: Store, room: dict[str, Any]) -> None:
    token = _join(store, room)
    _lead(store, room, "write", seconds=2)
    store.room_acts.be_here(token)
    store.room_acts.be_here(token)
    store.room_acts.keep_draft(token, "Half a sent")
    with pytest.raises(ParameterProblem, match="time is up"):
        _write(store, token, "Half a sentence", "k")
    assert store.room_acts.board(token)["me"]["draft"] == "Half a sent"
    _lead(store, room, "write", seconds=60)
    _write(store, token, "Half a sentence", "k")
    assert store.room_acts.board(token)["me"]["draft"] == ""


def test_a_wrong_or_closed_code_says_what_to_do(store: Store, room: dict[str, Any]) -> None:
    wrong = f"{(int(room['code']) + 1) % 1_000_000:06d}"
    with pytest.raises(NotFound, match="Check the six digits"):
        store.room_acts.join(wrong, "Lin", "Branch 12")
    token = _join(store, room)
    store.rooms.close(room["room_id"])
    with pytest.raises(NotFound, match="No open room"):
        store.room_acts.join(room["code"], "Lin", "Branch 12")
    with pytest.raises(ParameterProblem, match="is closed"):
        _write(store, token, "Late", "k")
    assert store.room_acts.board(token)["room"]["stage"] == "closed"
    with pytest.raises(ParameterProblem, match="is closed"):
        _lead(store, room, "write")


def test_only_whoever_wrote_an_idea_changes_it(store: Store, room: dict[str, Any]) -> None:
    lin, chen = _join(store, room), _join(store, room, "Chen")
    idea = _write(store, lin, "Mine", "k")
    for action in ("edit", "withdraw"):
        with pytest.raises(NotFound, match="Only whoever wrote"):
            store.room_acts.act(chen, action, action, {"idea_id": idea, "text": "Theirs"})
    store.room_acts.act(lin, "e", "edit", {"idea_id": idea, "text": "Still mine"})
    assert store.rooms.moves(room["room_id"])[-1]["content"]["before"] == "Mine"
    _lead(store, room, "vote")
    store.room_acts.act(chen, "v", "vote", {"idea_id": idea})
    store.room_acts.act(lin, "w", "withdraw", {"idea_id": idea})
    assert store.rooms.ideas(room["room_id"]) == []
    # The vote is back in the hand that gave it.
    assert store.room_acts.board(chen)["me"]["votes"] == []


def test_another_rooms_ideas_are_out_of_reach(store: Store, room: dict[str, Any]) -> None:
    other = store.rooms.find(
        store.rooms.open("2026 Q2", segmentation="s", segment="", question="Another?", votes_each=1)
    )
    assert other["code"] != room["code"]
    idea = _write(store, _join(store, other), "Elsewhere", "k")
    token = _join(store, room)
    _lead(store, room, "vote")
    with pytest.raises(NotFound, match="not there any more"):
        store.room_acts.act(token, "v", "vote", {"idea_id": idea})
    with pytest.raises(ParameterProblem, match=f"no ideas {idea}"):
        store.rooms.arrange(room["room_id"], [("Stolen", [idea])], "a")


def _at_once(store: Store, n: int, do: Callable[[Store, int], Any]) -> list[Any]:
    """Do something so many times at one moment, each from a store of its own; return what came of it."""
    found: list[Any] = []
    gate = threading.Barrier(n)

    def run(number: int) -> None:
        mine = open_store(
            store.artefacts.project_folder, url=store.database.url, role="participant", clock=utc_now
        )
        gate.wait()
        try:
            found.append(do(mine, number))
        except ParameterProblem as problem:
            found.append(problem)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_twenty_votes_at_once_do_not_pass_the_limit(store: Store, room: dict[str, Any]) -> None:
    token = _join(store, room)
    ideas = [_write(store, token, f"Idea {n}", f"w{n}") for n in range(20)]
    _lead(store, room, "vote")
    found = _at_once(
        store, 20, lambda mine, n: mine.room_acts.act(token, f"v{n}", "vote", {"idea_id": ideas[n]})
    )
    refused = [str(each) for each in found if isinstance(each, ParameterProblem)]
    assert len(found) == 20
    assert len(refused) == 15
    assert all("All your 5 votes" in each for each in refused)
    assert sum(idea["votes"] for idea in store.rooms.ideas(room["room_id"])) == 5
    assert sum(m["action"] == "vote" for m in store.rooms.moves(room["room_id"])) == 5


def test_one_move_sent_ten_times_at_once_happens_once(store: Store, room: dict[str, Any]) -> None:
    token = _join(store, room)
    found = _at_once(store, 10, lambda mine, _: mine.room_acts.act(token, "k", "write", {"text": "Once"}))
    assert len({each["move_id"] for each in found}) == 1
    assert len(found) == 10
    assert len(store.rooms.ideas(room["room_id"])) == 1


def test_who_comes_back_twice_at_once_is_one_person(store: Store, room: dict[str, Any]) -> None:
    token = _join(store, room)
    found = _at_once(store, 2, lambda mine, _: mine.room_acts.join(room["code"], "Lin", "Branch 12", token))
    assert found[0] == found[1]
    assert len(store.rooms.people(room["room_id"])) == 1


def test_what_no_database_compares_is_refused_in_words(store: Store, room: dict[str, Any]) -> None:
    token = _join(store, room)
    for key in ("a\0b", "\ud800", "x" * 61):
        with pytest.raises(ParameterProblem, match="no key"):
            store.room_acts.act(token, key, "write", {"text": "x"})
    with pytest.raises(ParameterProblem, match="idea_id"):
        store.room_acts.act(token, "k", "withdraw", {"idea_id": 10**30})
    with pytest.raises(NotFound, match="Check the six digits"):
        store.room_acts.join("12\0\ud8003", "Lin")


def test_the_second_facilitator_sees_that_the_room_moved(store: Store, room: dict[str, Any]) -> None:
    store.rooms.lead(room["room_id"], "reveal", expected_version=1)
    with pytest.raises(Conflict) as caught:
        store.rooms.lead(room["room_id"], "group", expected_version=1)
    assert caught.value.difference == {"stage": ("group", "reveal")}


def test_an_arrangement_replaces_the_groups_once(store: Store, room: dict[str, Any]) -> None:
    token = _join(store, room)
    ideas = [_write(store, token, f"Idea {n}", f"w{n}") for n in range(3)]
    _lead(store, room, "group")
    store.room_acts.act(token, "m", "move", {"idea_id": ideas[2], "new_group": "By hand"})
    for _ in range(2):
        store.rooms.arrange(room["room_id"], [("Time", ideas[:2]), ("Rate", [])], "proposal 1")
    groups = store.rooms.groups(room["room_id"])
    assert [g["name"] for g in groups] == ["Time", "Rate"]
    assert [i["group_id"] for i in store.rooms.ideas(room["room_id"])] == [groups[0]["group_id"]] * 2 + [None]
    with pytest.raises(ParameterProblem, match="two groups"):
        store.rooms.arrange(room["room_id"], [("a", [ideas[0]]), ("b", [ideas[0]])], "p2")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"question": " "}, "empty"),
        ({"votes_each": 0}, "from 1 to 20"),
        ({"votes_each": 21}, "from 1 to 20"),
    ],
)
def test_a_room_needs_a_question_and_votes(store: Store, change: dict[str, Any], sentence: str) -> None:
    wanted = {"segmentation": "s", "segment": "", "question": QUESTION, **change}
    with pytest.raises(ParameterProblem, match=sentence):
        store.rooms.open("2026 Q2", **wanted)


def test_unknown_moves_stages_and_clocks_are_said(store: Store, room: dict[str, Any]) -> None:
    token = _join(store, room)
    with pytest.raises(ParameterProblem, match='no move "sing"'):
        store.room_acts.act(token, "k", "sing", {})
    with pytest.raises(ParameterProblem, match="no key"):
        store.room_acts.act(token, "", "write", {"text": "x"})
    with pytest.raises(ParameterProblem, match="idea_id"):
        store.room_acts.act(token, "k", "withdraw", {"idea_id": "1"})
    with pytest.raises(ParameterProblem, match='no stage "closed"'):
        store.rooms.lead(room["room_id"], "closed", expected_version=1)
    with pytest.raises(ParameterProblem, match="0 seconds"):
        store.rooms.lead(room["room_id"], "reveal", expected_version=1, seconds=0)
    with pytest.raises(NotFound, match="number 99"):
        store.rooms.find(99)


def test_a_closed_cycle_opens_no_room(store: Store) -> None:
    store.cycles.close("2026 Q2")
    with pytest.raises(ParameterProblem):
        store.rooms.open("2026 Q2", segmentation="s", segment="", question=QUESTION)


def test_a_moved_clock_is_the_stores(tmp_path: Path) -> None:
    now = [dt.datetime(2026, 10, 9, 2, 0)]
    store = open_store(tmp_path, clock=lambda: now[0])
    store.cycles.open("2026 Q2", dt.date(2026, 6, 30))
    room = store.rooms.find(store.rooms.open("2026 Q2", segmentation="s", segment="", question=QUESTION))
    token = _join(store, room)
    store.rooms.lead(room["room_id"], "write", expected_version=1, seconds=180)
    assert store.rooms.find(room["room_id"])["ends_at"] == dt.datetime(2026, 10, 9, 2, 3)
    now[0] += dt.timedelta(seconds=180)
    _write(store, token, "Just in time", "k1")
    now[0] += dt.timedelta(seconds=1)
    with pytest.raises(ParameterProblem, match="time is up"):
        _write(store, token, "Too late", "k2")


def test_who_leads_moves_ideas_and_names_groups(store: Store, room: dict[str, Any]) -> None:
    token = _join(store, room)
    idea = _write(store, token, "Mine", "k")
    lead = (room["room_id"], "move", {"idea_id": idea, "new_group": "In time"})
    with pytest.raises(ParameterProblem, match="still writing"):
        store.rooms.regroup(*lead, "m1")
    _lead(store, room, "vote", seconds=1)
    made = store.rooms.regroup(*lead, "m1")
    assert store.rooms.regroup(*lead, "m1") == made
    store.rooms.regroup(
        room["room_id"], "name_group", {"group_id": made["group_id"], "name": " Earlier "}, "n"
    )
    assert [g["name"] for g in store.rooms.groups(room["room_id"])] == ["Earlier"]
    assert store.rooms.ideas(room["room_id"])[0]["group_id"] == made["group_id"]
    assert replay_moves(store.rooms.moves(room["room_id"]))["groups"] == {made["group_id"]: "Earlier"}
    with pytest.raises(ParameterProblem, match='no move "vote"'):
        store.rooms.regroup(room["room_id"], "vote", {"idea_id": idea}, "v")
    contributor = open_store(store.artefacts.project_folder, url=store.database.url, role="contributor")
    with pytest.raises(NotAllowed):
        contributor.rooms.regroup(*lead, "m2")
    store.rooms.close(room["room_id"])
    with pytest.raises(ParameterProblem, match="is closed"):
        store.rooms.regroup(*lead, "m3")
