"""The demo: the sample bank's raw files in the inbox, and the loop walked on them."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.project import Project, demo_room
from workbench.project.demo_room import LEADER, play_sample_room


def test_the_inbox_may_hold_the_sample_bank_itself(tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "demo")
    wb.create_sample_bank(project.inbox, customers=300, months=12)
    before = {path.relative_to(project.inbox) for path in project.inbox.rglob("*")}
    first = project.import_files(project.inbox)
    assert not first.already
    assert {path.relative_to(project.inbox) for path in project.inbox.rglob("*")} == before
    # The outcomes that a walk leaves beside the raw files are no part of an import.
    (project.inbox / "outcomes").mkdir()
    (project.inbox / "outcomes" / "outcomes 2026 Q2.csv").write_text("customer_id,responded\n1,yes\n")
    for again in (project.import_files(project.inbox), project.import_files()):
        assert again.already
        assert again.files["rows_read"].sum() == first.files["rows_read"].sum()


def test_the_truth_is_no_part_of_the_project(walked: Project) -> None:
    files = walked.imports.report().files["file"]
    assert not files.str.contains("truth").any()
    assert not (walked.inbox / "truth").exists()


def test_segments_keep_their_meaning_in_the_second_cycle(walked: Project) -> None:
    first = walked.at("2026 Q2").insight.segmentation()
    second = walked.insight.segmentation()
    assert first.model == second.model
    assert set(second.segments["segment"]) <= set(first.segments["segment"])


def test_what_was_stopped_is_not_drafted_again_in_the_same_channel(walked: Project) -> None:
    first = walked.at("2026 Q2")
    stopped = set(first.strategy.cards()["strategy_id"]) - set(walked.strategy.cards()["strategy_id"])
    names = ["segment", "offer", "channel"]
    ended = first.strategy.cards().set_index("strategy_id").loc[sorted(stopped), names]
    now = set(walked.strategy.cards()[names].itertuples(index=False, name=None))
    assert not set(ended.itertuples(index=False, name=None)) & now


def test_unreached_customers_stay_on_the_worklist(walked: Project) -> None:
    work = walked.execution.worklist("2026-11-01")
    assert {"open", "done"} <= set(work["status"])
    dispositions = set(walked.execution.contacts()["disposition"])
    assert {"reached", "no_answer"} <= dispositions


def test_the_second_cycle_has_a_room_that_says_it_was_simulated(walked: Project) -> None:
    rooms = walked.insight.rooms
    frame = rooms.frame()
    assert frame[["segment", "stage", "opened_by"]].values.tolist() == [["Happy retirees", "closed", LEADER]]
    assert walked.at("2026 Q2").insight.rooms.frame().empty
    assert "simulated" in frame["question"].iloc[0]
    room = int(frame["room_id"].iloc[0])
    assert rooms.people(room)["name"].str.contains("Simulated").all()
    assert set(rooms.moves(room)["who"]) == {LEADER, *rooms.people(room)["name"]}
    # Both sides and both languages, and views that differ.
    assert rooms.sides(room)["seen_by"].value_counts().to_dict() == {"branch": 3, "head_office": 3, "both": 1}
    ideas = rooms.ideas(room)
    assert ideas["votes"].sum() == 4 * len(rooms.people(room))
    assert 0.3 < ideas["text"].str.contains("[\u4e00-\u9fff]").mean() < 0.7
    # What comes out of it waits for the next snapshot.
    assert [each["kind"] for each in rooms.replay(room)["decisions"]] == ["hypothesis", "none"]
    written = walked.review.hypotheses.frame()
    mine = written[written["source"].eq("room")].iloc[0]
    assert (mine["state"], mine["reason"], mine["outcome"]) == ("open", "no_data", "balance_change")
    assert (mine["segment"], mine["written_by"]) == ("Happy retirees", LEADER)
    # A dashboard that is opened first finds nothing out of date.
    assert "stale" not in set(walked.status()["state"])
    assert len(walked.insight.versions()) == 2


def test_a_bank_without_that_segment_talks_about_its_largest(
    copied: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert play_sample_room(copied) is None
    told = demo_room._told()
    monkeypatch.setattr(demo_room, "_told", lambda: {**told, "segment": "Nobody here"})
    monkeypatch.setattr(type(copied.store.rooms), "rows", lambda *_: [])
    room = play_sample_room(copied)
    assert room is not None
    rooms = copied.insight.rooms
    assert rooms.one(room)["segment"] == copied.insight.segmentation().segments["segment"].iloc[0]
    texts = " ".join(rooms.ideas(room)["text"])
    assert "Call before the deposit matures" in texts
    assert "Health lecture" not in texts


def test_a_room_that_is_not_played_to_its_end_is_not_there(
    copied: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = copied.store.rooms
    before = len(stored.rows())
    monkeypatch.setattr(demo_room, "_decide", lambda *_: 1 / 0)
    monkeypatch.setattr(type(stored), "rows", lambda *_: [])
    with pytest.raises(ZeroDivisionError):
        play_sample_room(copied)
    monkeypatch.undo()
    assert len(stored.rows()) == before
