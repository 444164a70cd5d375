"""Rooms of a project: what ideas become, all at once or not at all."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import NotFound, ParameterProblem
from workbench.project import Project


@pytest.fixture
def room(copied: Project) -> dict[str, Any]:
    """A room on the first segment, with ideas of two sides, at its last stage."""
    rooms = copied.insight.rooms
    segment = str(copied.insight.segmentation().segments["segment"].iloc[0])
    number = rooms.open("What would keep them?", segment, minutes={"vote": 3})
    code = rooms.one(number)["code"]
    acts = wb.open_project(copied.folder, role="analyst").store.room_acts
    office = acts.join(code, "Chen")["token"]
    branch = acts.join(code, "Lin", "Branch 12")["token"]
    for key, token, text in (
        ("1", office, "Call before the deposit matures"),
        ("1", branch, "Call when a deposit matures"),
        ("2", branch, "发放生日礼物"),
    ):
        acts.act(token, key, "write", {"text": text})
    rooms.lead(number, "decide")
    return rooms.one(number)


def _numbers(project: Project, room: dict[str, Any]) -> list[int]:
    """The room's ideas, whatever the sample bank's own room has."""
    return [int(number) for number in project.insight.rooms.ideas(room["room_id"])["idea_id"]]


def _made(project: Project, room: dict[str, Any], kind: str, **made: Any) -> dict[str, Any]:
    return project.insight.rooms.decide(room["room_id"], kind, _numbers(project, room)[:2], **made)


def test_a_proposal_becomes_groups_and_the_sides_are_compared(copied: Project, room: dict[str, Any]) -> None:
    rooms = copied.insight.rooms
    proposal = rooms.propose_groups(room["room_id"])
    assert proposal["group"].tolist() == [0, 0, pd.NA]
    rooms.arrange(room["room_id"], proposal)
    assert rooms.groups(room["room_id"])["name"].tolist() == ["Call before the deposit matures"]
    sides = rooms.sides(room["room_id"])
    assert sides["seen_by"].tolist() == ["both", "branch"]
    # Proposed again and put in place again: there is nothing new to arrange by hand.
    assert len(rooms.people(room["room_id"])) == 2
    assert rooms.replay(room["room_id"])["ideas"][_numbers(copied, room)[2]]["text"] == "发放生日礼物"


def test_an_idea_becomes_a_label(copied: Project, room: dict[str, Any]) -> None:
    before = copied.insight.segmentation()
    found = _made(copied, room, "label", segment="Wait for a call", segment_zh="等一个电话")
    now = copied.insight.segmentation()
    assert now.version == found["version"] == before.version + 1
    row = now.segments[now.segments["segment"] == "Wait for a call"].iloc[0]
    assert row["segment_zh"] == "等一个电话"
    # Its colour went along.
    assert row["slot"] == before.segments.set_index("segment").loc[room["segment"], "slot"]
    assert room["code"] in now.note
    assert _made(copied, room, "label", segment="Wait for a call", segment_zh="等一个电话") == found
    assert copied.insight.segmentation().version == now.version


def test_an_idea_becomes_a_description_a_draft_and_a_hypothesis(
    copied: Project, room: dict[str, Any]
) -> None:
    _made(copied, room, "description", description="They wait for a call.")
    rows = copied.insight.segmentation().segments.set_index("segment")
    assert rows.loc[room["segment"], "description"] == "They wait for a call."
    cards = copied.strategy.cards()
    drafted = _made(copied, room, "strategy", template="deposit_maturity", name="=cmd|' /C calc'!A0")
    new = copied.strategy.card(drafted["strategy_id"])
    assert (new["segment"], new["name"]) == (room["segment"], "=cmd|' /C calc'!A0")
    assert len(copied.strategy.cards()) == len(cards) + 1
    found = _made(
        copied, room, "hypothesis", sentence="A call keeps them.", outcome="churn", direction="lower"
    )
    assert (
        _made(copied, room, "hypothesis", sentence="A call keeps them.", outcome="churn", direction="lower")
        == found
    )
    written = copied.review.hypotheses.frame().set_index("hypothesis_id").loc[found["hypothesis_id"]]
    assert (written["source"], written["segment"]) == ("room", room["segment"])
    numbers = _numbers(copied, room)
    assert written["source_id"].startswith(f"{room['room_id']}:{numbers[0]},{numbers[1]}")
    left = copied.insight.rooms.decide(room["room_id"], "none", numbers[2:], reason="Too dear")
    assert left["made"] == {"reason": "Too dear"}
    kinds = [m["kind"] for m in copied.insight.rooms.replay(room["room_id"])["decisions"]]
    assert kinds == ["description", "strategy", "hypothesis", "none"]


def test_after_a_label_the_rest_is_about_the_segment_by_its_new_name(
    copied: Project, room: dict[str, Any]
) -> None:
    moved = copied.insight.rooms.move(room["room_id"], _numbers(copied, room)[2], new_group="Gifts")
    copied.insight.rooms.name_group(room["room_id"], moved["group_id"], "Birthdays")
    assert copied.insight.rooms.groups(room["room_id"])["name"].tolist() == ["Birthdays"]
    last = _numbers(copied, room)[2]
    assert copied.insight.rooms.move(room["room_id"], last)["before"] == moved["group_id"]
    _made(copied, room, "label", segment="Wait for a call")
    _made(copied, room, "description", description="They wait.")
    rows = copied.insight.segmentation().segments.set_index("segment")
    assert rows.loc["Wait for a call", "description"] == "They wait."
    drafted = _made(copied, room, "strategy", template="deposit_maturity")
    assert copied.strategy.card(drafted["strategy_id"])["segment"] == "Wait for a call"
    found = _made(copied, room, "hypothesis", sentence="They stay.", outcome="churn", direction="lower")
    written = copied.review.hypotheses.one(found["hypothesis_id"])
    assert written["segment"] == copied.insight.rooms.segment_now(room["room_id"]) == "Wait for a call"


def test_what_is_refused_is_not_written_down(
    copied: Project, room: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards, moves = copied.strategy.cards(), copied.insight.rooms.moves(room["room_id"])
    with pytest.raises(ParameterProblem):
        _made(copied, room, "strategy", template="no such template")
    with pytest.raises(ParameterProblem):
        _made(copied, room, "hypothesis", sentence="", outcome="churn")
    # Nor is what was made kept where the room could not write it down.
    store = copied.store.rooms
    monkeypatch.setattr(store, "_record", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        _made(copied, room, "strategy", template="deposit_maturity")
    monkeypatch.undo()
    pd.testing.assert_frame_equal(copied.strategy.cards(), cards)
    assert len(copied.insight.rooms.moves(room["room_id"])) == len(moves)


def test_bad_input_is_said(copied: Project, room: dict[str, Any]) -> None:
    rooms = copied.insight.rooms
    with pytest.raises(NotFound, match="no segment"):
        rooms.open("Why?", "Nobody")
    with pytest.raises(ParameterProblem, match="clock of 0 seconds"):
        rooms.open("Why?", minutes={"write": 0})
    with pytest.raises(ParameterProblem, match="nothing that an idea can become"):
        _made(copied, room, "poem")
    with pytest.raises(ParameterProblem, match="no ideas 99"):
        rooms.decide(room["room_id"], "none", [99])
    everybody = rooms.open("Why?")
    rooms.lead(everybody, "decide")
    with pytest.raises(ParameterProblem, match="no segment to label"):
        rooms.decide(everybody, "label", [], segment="x")
    early = rooms.open("Why?", room["segment"])
    with pytest.raises(ParameterProblem, match="not come to its last stage"):
        rooms.decide(early, "none", [])
    assert rooms.frame()["stage"].tolist() == ["write", "decide", "decide", "closed"]


def test_the_clock_is_as_the_room_was_opened(copied: Project, room: dict[str, Any]) -> None:
    rooms = copied.insight.rooms
    rooms.lead(room["room_id"], "vote")
    assert rooms.one(room["room_id"])["ends_at"] is not None
    rooms.lead(room["room_id"], "group")
    assert rooms.one(room["room_id"])["ends_at"] is None
    rooms.close(room["room_id"])
    assert rooms.one(room["room_id"])["stage"] == "closed"
