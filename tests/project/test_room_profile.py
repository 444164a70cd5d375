"""What participants of a room may see of its segment, and what is too few to be told."""

from __future__ import annotations

from dataclasses import replace

from workbench.insight import describe_cluster
from workbench.project import Project
from workbench.project.room_profile import MOST_SENTENCES, segment_profile


def test_a_room_tells_its_people_what_their_segment_is_like(copied: Project) -> None:
    segmentation = copied.insight.segmentation()
    row = segmentation.segments.iloc[0]
    number = copied.insight.rooms.open("What would keep them?", row["segment"], minutes={"write": 5})
    room = copied.insight.rooms.one(number)
    assert room["settings"]["minutes"] == {"write": 5}
    acts = copied.store.room_acts
    token = acts.join(room["code"], "Lin", "Branch 12")["token"]
    told = acts.board(token)["room"]["profile"]
    assert told == room["settings"]["profile"]
    assert {name: told[name] for name in ("segment", "segment_zh", "description")} == {
        name: row[name] for name in ("segment", "segment_zh", "description")
    }
    assert (told["n"], told["slot"]) == (row["n"], row["slot"])
    assert told["share"] == row["n"] / segmentation.n
    assert told["snapshot_date"] == copied.cycle.snapshot_date.isoformat()
    # The strongest difference is the one that the insight screen names first.
    whole = describe_cluster(segmentation.profile, int(row["cluster"]), "en")
    sentences = told["sentences"]["en"]
    assert 0 < len(sentences) <= MOST_SENTENCES
    assert whole.startswith(sentences[0].rstrip("."))
    assert len(sentences) == len(told["sentences"]["zh_CN"])
    # The clock's whole length goes along with what is left of it.
    assert acts.board(token)["room"]["seconds"] is None
    copied.insight.rooms.lead(number, "write")
    assert acts.board(token)["room"]["seconds"] == 300


def test_too_few_are_not_told_of(walked: Project) -> None:
    segmentation = walked.insight.segmentation()
    row = segmentation.segments.iloc[0]
    name, n = str(row["segment"]), int(row["n"])
    day = walked.cycle.snapshot_date
    hidden = segment_profile(segmentation, name, day, smallest=n + 1)
    assert hidden["segment"] == name
    assert not {"n", "share", "sentences"} & set(hidden)
    # All but a few: set apart from those few, the figures would be theirs.
    assert segment_profile(segmentation, name, day, smallest=n)["n"] == n
    told = segment_profile(replace(segmentation, n=n + 10), name, day, smallest=11)
    assert told["n"] == n
    assert told["sentences"] == {"en": [], "zh_CN": []}


def test_a_room_about_everybody_is_about_everybody(walked: Project) -> None:
    segmentation = walked.insight.segmentation()
    told = segment_profile(segmentation, "", None, smallest=11)
    assert (told["n"], told["share"], told["slot"], told["snapshot_date"]) == (segmentation.n, 1.0, 0, "")
    assert told["sentences"] == {"en": [], "zh_CN": []}
    assert "n" not in segment_profile(segmentation, "", None, smallest=segmentation.n + 1)
