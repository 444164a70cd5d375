"""Hypotheses on the screen: what viewers read, what analysts write, and what is refused."""

from __future__ import annotations

import re

import pytest

import workbench as wb
from workbench.ui.screens.review import ReviewScreen
from workbench.ui.state.review import ReviewState

NASTY = "<script>alert(1)</script>"


def opened(project, **traits):
    state = ReviewState(project, **traits)
    state.open_section("hypotheses")
    return state, ReviewScreen(state)._sections["hypotheses"]


def text(panel) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", panel.html))


def said(state) -> str:
    return state.t(state.banner.key, **state.banner.values)


def fields(section, **changes: str) -> dict[str, str]:
    values = section.form.values()
    names = ("sentence", "outcome", "segment", "direction", "threshold", "strategy_id")
    return {
        **{name: str(values[name]) for name in names},
        "row_version": str(values["row_version"]),
        **changes,
    }


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_viewer_reads_what_came_of_each(viewed, lang):
    state, view = opened(viewed, lang=lang, mode="dark")
    section = state.current_section
    frame = viewed.review.hypotheses.frame()
    counts = section.counts()
    assert sum(counts.values()) == len(frame)
    for n in counts.values():
        assert str(n) in state.heading().title
    assert len(section.rows()) == len(frame)
    shown = text(view.list)
    for row in section.rows():
        assert row["sentence"] in shown
        assert row["verdict"] in shown
    assert (lang == "zh_CN") == bool(re.search("[\u4e00-\u9fff]", section.rows()[0]["sentence"]))
    drawn = section.forest()
    assert len(drawn)
    assert drawn[["low", "mid", "high"]].abs().max().max() == pytest.approx(1.0)
    assert not re.search('data-action="(edit|save|withdraw|add|refresh)"', view.list.html + view.side.html)
    view.list.press("add")
    assert section.form.open == ""


def test_filters_leave_what_they_say(viewed):
    state, view = opened(viewed)
    section = state.current_section
    whole = section.rows()
    view.list.press("state", "open")
    assert {row["state"] for row in section.rows()} == {"open"}
    view.list.press("state", "open")
    assert len(section.rows()) == len(whole)
    segment = section.segments()[0]
    view.list.press("segment", segment)
    assert 0 < len(section.rows()) < len(whole)
    view.list.press("segment", "nobody")
    assert section.segment_filter == segment
    view.list.press("state", "refuted")
    assert "No hypothesis fits" in text(view.list)
    state.guard(section.choose, "nothing of the kind")
    assert section.detail() is not None


def test_the_forest_is_turned_towards_what_was_believed(viewed):
    section = opened(viewed)[0].current_section
    for row in section.rows():
        raw = row["raw"]
        if raw["estimate"] != raw["estimate"]:
            continue
        drawn = section.forest()
        mine = drawn[drawn["verdict"].eq(row["verdict"])]
        believed = (raw["estimate"] > raw["threshold"]) == (raw["direction"] in ("up", "higher"))
        one = next(m for _, m in mine.iterrows() if row["sentence"] in m["label"])
        assert (one["mid"] > 0) == believed
        assert one["low"] <= one["mid"] <= one["high"]


def test_an_analyst_writes_one_down_and_it_is_escaped(walked):
    state, view = opened(walked)
    section = state.current_section
    view.list.press("add")
    assert 'name="sentence"' in view.side.html
    segment = walked.review.hypotheses.segments()[0]
    typed = fields(
        section, sentence=NASTY, outcome="churn", direction="lower", segment=segment, threshold="2%"
    )
    view.side.press("save", "", typed)
    assert state.jobs.wait()
    assert state.banner.kind == "done"
    row = walked.review.hypotheses.frame()
    mine = row[row["sentence"].eq(NASTY)].iloc[0]
    assert (mine["threshold"], mine["source"], bool(mine["exploratory"])) == (0.02, "analyst", False)
    assert NASTY not in view.list.html + view.side.html
    assert "&lt;script&gt;" in view.list.html
    assert section.draft() is None
    # Its data are not in yet, so it may be changed; every version stays readable.
    view.side.press("edit")
    view.side.press("save", "", fields(section, threshold="3"))
    assert state.jobs.wait()
    assert section.detail()["raw"]["threshold"] == 0.03
    assert [entry["statement"] for entry in section.detail()["history"]] == [
        section.statement({**section.detail()["raw"], "threshold": t}) for t in (0.02, 0.03)
    ]
    view.side.press("withdraw", "", {"reason": ""})
    assert "why" in said(state).lower()
    view.side.press("withdraw", "", {"reason": "said twice"})
    assert "Withdrawn" in text(view.list)
    assert "said twice" in text(view.side)


def test_what_is_written_after_the_data_is_marked(walked):
    state, view = opened(walked)
    section = state.current_section
    strategy = walked.review.hypotheses.frame()["strategy_id"].iloc[0]
    view.list.press("add")
    view.side.press("save", "", fields(section, sentence="I knew it", outcome="uplift", strategy_id=strategy))
    assert state.jobs.wait()
    assert state.banner.kind == "warn"
    assert "exploratory" in said(state)
    detail = section.detail()
    assert "Exploratory" in detail["verdict"]
    assert not detail["editable"]
    assert "stays as it was written" in text(view.side)
    view.side.press("edit")
    assert section.form.open == ""


MISTAKES = [
    ({"threshold": "plenty"}, "plenty"),
    ({"sentence": " "}, "1 to 300"),
    ({"strategy_id": ""}, "which one"),
    ({"outcome": "churn", "direction": "higher", "strategy_id": ""}, "say which segment"),
    ({"outcome": "luck"}, "luck"),
]


def test_a_mistake_is_said_and_what_was_typed_is_kept(walked):
    state, view = opened(walked)
    section = state.current_section
    strategy = walked.review.hypotheses.strategies()[0]
    n = len(walked.review.hypotheses.frame())
    view.list.press("add")
    right = fields(section, sentence="Mine", outcome="uplift", strategy_id=strategy)
    for changes, sentence in MISTAKES:
        view.side.press("save", "", {**right, **changes})
        assert sentence in said(state)
    assert len(walked.review.hypotheses.frame()) == n
    # Another kernel finds the form as it was left.
    again = opened(wb.open_project(walked.folder, role="analyst"))[0].current_section
    assert again.form.open == "new"
    assert again.form.values()["sentence"] == "Mine"
    again.form.cancel()
    assert again.draft() is None


def test_the_second_of_two_editors_sees_the_difference(walked):
    state, view = opened(walked)
    section = state.current_section
    mine = next(row for row in section.rows() if not row["cycle"] and row["raw"]["outcome"] == "churn")
    view.list.press("hypothesis", mine["key"])
    view.side.press("edit")
    typed = fields(section, sentence="Mine")
    walked.review.hypotheses.save(mine["id"], {"sentence": "Theirs"}, 1)
    view.side.press("save", "", typed)
    assert walked.review.hypotheses.one(mine["id"])["sentence"] == "Theirs"
    assert "Mine" in text(view.side)
    assert "Theirs" in text(view.side)
    view.side.press("overwrite")
    assert walked.review.hypotheses.one(mine["id"])["sentence"] == "Mine"
    state.jobs.wait()
    view.side.press("edit")
    view.side.press("keep")
    assert section.form.open == ""


def test_the_overview_counts_them(viewed):
    state = ReviewState(viewed)
    kpi = state.kpis()[-1]
    counts = viewed.review.hypotheses.counts()
    assert (kpi.label, kpi.value) == ("Hypotheses", str(counts["supported"]))
    assert f"{counts['open']} open" in kpi.note
    state.segment = state.cards["segment"].iloc[0]
    assert state.kpis()[-1].label == "Strategies proven"


def test_without_hypotheses_it_is_said_what_to_do(walked):
    later = walked.open_cycle("2027 Q4", walked.cycle.snapshot_date)
    state, view = opened(later)
    shown = text(view.list)
    carried = state.current_section.rows()
    # Those of the cycle before still wait for this snapshot.
    assert all(row["cycle"] == walked.cycle.cycle_id for row in carried)
    assert "Add a hypothesis" in shown
