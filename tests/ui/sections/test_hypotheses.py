"""Hypotheses on the screen: what viewers read, what analysts write, and what is refused."""

from __future__ import annotations

import re

import pytest

import workbench as wb
from workbench.ui.screens.review import ReviewScreen
from workbench.ui.state.review import ReviewState

NASTY = "<script>alert(1)</script>"
MISTAKES = [
    ({"threshold": "plenty"}, "plenty"),
    ({"sentence": " "}, "1 to 300"),
    ({"strategy_id": ""}, "which one"),
    ({"outcome": "churn", "direction": "higher", "strategy_id": ""}, "say which segment"),
    ({"outcome": "luck"}, "luck"),
]


class SectionAlone(ReviewState):
    """The screen without its overview, whose figures take longer than the section's."""

    def _load_overview(self) -> None:
        self.segments = self._read_segments()


def opened(project, **traits):
    state = SectionAlone(project, section="hypotheses", **traits)
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


def test_a_viewer_reads_what_came_of_each(viewed):
    state, view = opened(viewed, mode="dark")
    section = state.current_section
    frame = viewed.review.hypotheses.frame()
    counts = section.counts()
    assert sum(counts.values()) == len(frame) == len(section.rows())
    assert all(str(n) in state.heading().title for n in counts.values())
    for lang in ("en", "zh_CN"):
        state.choose_language(lang)
        shown = text(view.list)
        for row in section.rows():
            assert row["sentence"] in shown
            assert row["verdict"] in shown
            assert (lang == "zh_CN") == bool(re.search("[\u4e00-\u9fff]", row["statement"]))
    state.choose_language("en")
    assert not re.search('data-action="(edit|save|withdraw|add|refresh)"', view.list.html + view.side.html)
    view.list.press("add")
    assert section.form.open == ""
    # The chart is turned towards what was believed.
    drawn = section.forest()
    assert drawn[["low", "mid", "high"]].abs().max().max() == pytest.approx(1.0)
    for row in section.rows():
        raw = row["raw"]
        if raw["estimate"] == raw["estimate"]:
            mine = drawn[drawn["label"].str.endswith(row["sentence"]) & drawn["verdict"].eq(row["verdict"])]
            believed = (raw["estimate"] > raw["threshold"]) == (raw["direction"] in ("up", "higher"))
            assert (mine["mid"].iloc[0] > 0) == believed
    # Filters leave what they say.
    whole = section.rows()
    view.list.press("state", "open")
    assert {row["state"] for row in section.rows()} == {"open"}
    view.list.press("state", "open")
    view.list.press("segment", section.segments()[0])
    assert 0 < len(section.rows()) < len(whole)
    view.list.press("segment", "nobody")
    view.list.press("state", "refuted")
    assert "No hypothesis fits" in text(view.list)
    state.guard(section.choose, "nothing of the kind")
    assert section.detail() is not None


def test_an_analyst_writes_changes_and_withdraws_one(walked):
    state, view = opened(walked)
    section = state.current_section
    hypotheses = walked.review.hypotheses
    view.list.press("add")
    assert 'name="sentence"' in view.side.html
    segment = hypotheses.segments()[0]
    about = {"outcome": "churn", "direction": "lower", "segment": segment, "threshold": "2%"}
    view.side.press("save", "", fields(section, sentence=NASTY, **about))
    assert state.jobs.wait()
    assert state.banner.kind == "done"
    rows = hypotheses.frame()
    mine = rows[rows["sentence"].eq(NASTY)].iloc[0]
    assert (mine["threshold"], mine["source"], bool(mine["exploratory"])) == (0.02, "analyst", False)
    assert NASTY not in view.list.html + view.side.html
    assert "&lt;script&gt;" in view.list.html
    assert section.draft() is None
    # Its data are not in yet, so it may be changed; the second of two editors sees the difference.
    view.side.press("edit")
    typed = fields(section, sentence="Mine")
    hypotheses.save(mine["hypothesis_id"], {"sentence": "Theirs"}, 1)
    view.side.press("save", "", typed)
    assert hypotheses.one(mine["hypothesis_id"])["sentence"] == "Theirs"
    assert "Mine" in text(view.side)
    assert "Theirs" in text(view.side)
    view.side.press("overwrite")
    assert state.jobs.wait()
    assert hypotheses.one(mine["hypothesis_id"])["sentence"] == "Mine"
    view.side.press("edit")
    view.side.press("keep")
    assert section.form.open == ""
    view.side.press("withdraw", "", {"reason": ""})
    assert "why" in said(state).lower()
    view.side.press("withdraw", "", {"reason": "said twice"})
    assert "Withdrawn" in text(view.list)
    assert "said twice" in text(view.side)
    assert [entry["sentence"] for entry in section.detail()["history"]] == [NASTY, "Theirs", "Mine", "Mine"]


def test_mistakes_are_said_and_what_comes_after_the_data_is_marked(walked):
    state, view = opened(walked)
    section = state.current_section
    strategy = walked.review.hypotheses.frame()["strategy_id"].iloc[0]
    n = len(walked.review.hypotheses.frame())
    view.list.press("add")
    right = fields(section, sentence="I knew it", outcome="uplift", strategy_id=strategy)
    for changes, sentence in MISTAKES:
        view.side.press("save", "", {**right, **changes})
        assert sentence in said(state)
    assert len(walked.review.hypotheses.frame()) == n
    # Another kernel finds the form as it was left.
    again = opened(wb.open_project(walked.folder, role="analyst"))[0].current_section
    assert again.form.open == "new"
    assert again.form.values()["sentence"] == "I knew it"
    view.side.press("save", "", right)
    assert state.jobs.wait()
    assert state.banner.kind == "warn"
    assert "exploratory" in said(state)
    detail = section.detail()
    assert "Exploratory" in detail["verdict"]
    assert "stays as it was written" in text(view.side)
    view.side.press("edit")
    assert section.form.open == ""
    # The next cycle begins without hypotheses of its own, and decides what waited for it.
    later = walked.open_cycle("2027 Q4", walked.cycle.snapshot_date)
    state, view = opened(later)
    assert {row["cycle"] for row in state.current_section.rows()} <= {walked.cycle.cycle_id}
    assert "Add a hypothesis" in text(view.list)


def test_the_overview_counts_them(viewed):
    state = ReviewState(viewed)
    kpi = state.kpis()[-1]
    counts = viewed.review.hypotheses.counts()
    assert (kpi.label, kpi.value) == ("Hypotheses", str(counts["supported"]))
    assert f"{counts['open']} open" in kpi.note
    state.segment = state.cards["segment"].iloc[0]
    assert state.kpis()[-1].label == "Strategies proven"
