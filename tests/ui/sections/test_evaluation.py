"""The evaluation on the screen: groups first, every comparison, caveats, roles, empty states."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.project import review_parts
from workbench.project.evidence import TABLES
from workbench.review import CAVEATS
from workbench.ui.screens.review import ReviewScreen
from workbench.ui.screens.sections.evaluation import STOPPED
from workbench.ui.state.review import ReviewState

NASTY = "<img src=x onerror=alert(1)>"


def opened(project, **traits):
    state = ReviewState(project, **traits)
    state.open_section("evaluation")
    return state


def text(panel) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", panel.html))


def view_of(state):
    return ReviewScreen(state)._sections["evaluation"]


def with_table(state, name: str, frame: pd.DataFrame):
    section = state.current_section
    section.tables = {**section.tables, name: frame}
    section._kept.clear()
    return section


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_viewer_reads_every_strategy_and_chooses_by_row(viewed, lang):
    state = opened(viewed, lang=lang, mode="dark")
    section = state.current_section
    overall = viewed.review.evaluation().overall
    treated = overall[overall["arm"].eq("treatment") & overall["outcome"].eq("responded")]
    holds = int((treated["p_holm"] < 0.05).sum())
    assert str(holds) in state.heading().title
    assert len(state.kpis()) == 6
    told = viewed.review.evidence.tables()["received"].set_index(["strategy_id", "outcome", "method"])
    for strategy_id in treated["strategy_id"]:
        section.chosen = strategy_id
        for section.outcome in ("amount", "responded"):
            rows = section.figures.methods()
            if len(rows):
                drawn = told.loc[(strategy_id, section.outcome, "intention_to_treat"), "estimate"]
                assert rows["estimate"].iloc[0] == pytest.approx(drawn)
                assert rows["label"].is_unique
    for name, _ in section.levels():
        section.level = name
        for section.outcome in ("amount", "responded"):
            findings = section.findings
            said = [findings.parts_title(), findings.fishing(), findings.methods_title()]
            said += [each for pair in findings.sentences() for each in pair]
            assert not re.search(r"nan|\{", " ".join([*said, findings.heterogeneity()]))
    view = view_of(state)
    last = section.ids()[-1]
    view.table.press("strategy", last)
    view.table.press("outcome", "amount")
    view.parts_head.press("level", "strategy")
    assert (section.strategy(), section.outcome, section.current_level()) == (last, "amount", "strategy")
    shown = " ".join(text(panel) for panel in (view.table, view.side, view.before, view.methods_head))
    assert last in shown
    assert not re.search(r"nan|\{", shown)
    view.table.press("strategy", "S99")
    view.table.press("outcome", "height")
    view.parts_head.press("level", "shoe size")
    assert state.banner is None
    whole = "".join(p.html for p in (view.table, view.side, view.before, view.methods_head))
    assert "<form" not in whole
    assert "project.review" not in whole
    assert not any(each in whole for each in state.targets["customer_id"].head(300))


def test_randomised_comparisons_are_coloured_and_the_others_say_so(viewed):
    rows = opened(viewed).current_section.figures.methods().set_index("method")
    assert rows.loc[["intention_to_treat", "complier_average"], "randomised"].all()
    assert not rows.loc[["as_treated", "per_protocol"], "randomised"].any()
    assert rows.loc[["as_treated", "per_protocol"], "about"].eq("not randomised").all()
    assert (rows["solid"] == ((rows["ci_low"] > 0) | (rows["ci_high"] < 0))).all()


def test_an_alarm_stops_the_reading(viewed):
    state = opened(viewed)
    section, view = state.current_section, view_of(state)
    assert not any(STOPPED in part._dom_classes for part in view.results)
    ratio = state.evaluation.sample_ratio.copy()
    first = ratio.at[0, "strategy_id"]
    ratio.loc[0, ["alarm", "p_value"]] = [True, 1e-6]
    state.evaluation = dataclasses.replace(state.evaluation, sample_ratio=ratio)
    section._kept.clear()
    section.choose(first)
    view.paint()
    assert all(STOPPED in part._dom_classes for part in view.results)
    assert first in state.heading().title
    assert "not as they were drawn" in state.heading().title
    for panel in (view.methods_head, view.parts_head):
        assert "Find out why before reading" in text(panel)
    assert "not as drawn" in text(view.side)
    assert "Nothing in the data speaks against" not in text(view.side)
    assert "not to be read" in text(view.table)
    assert "✕" in state.kpis()[0].value
    other = next(i for i in section.ids() if i != first)
    section.choose(other)
    view.paint()
    assert not any(STOPPED in part._dom_classes for part in view.results)


def _told(key: str, **values: object) -> dict[str, str]:
    return {"strategy_id": "S1", "key": key, "values": json.dumps(values)}


ALL = [
    _told("no_control", n=900),
    _told("no_treatment", n=900),
    _told("nobody_responded", n=900),
    _told("both_arms", n=3),
    _told("early_outcomes", n=4, day="2026-07-01"),
    _told("currency_mix", currencies=["CNY", NASTY]),
    _told("dominance", share=0.97, n_paying=40),
    _told("contaminated", n=5, n_control=240),
    _told("other_strategy", n=6, n_control=240, others=["S2"]),
    _told("before_contact", n=7),
]


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_every_caveat_is_a_sentence_and_a_tag(viewed, lang, monkeypatch):
    assert [each["key"] for each in ALL] == list(CAVEATS)
    state = opened(viewed, lang=lang)
    known = state.current_section.ids()[0]
    frame = pd.DataFrame(ALL).assign(strategy_id=known)
    section = with_table(state, "caveats", frame)
    view = view_of(state)
    section.choose(known)
    view.paint()
    said = section.caveats(known)
    assert len(said) == len(CAVEATS)
    assert not any(
        re.search(r"\b[34567]\b", each) for each in said if "S2" not in each and "2026" not in each
    )
    assert "97%" not in " ".join(said)
    assert NASTY not in view.side.html
    assert "&lt;img" in view.side.html
    tables = {**viewed.review.evidence.tables(), "caveats": frame}
    monkeypatch.setattr(type(viewed.review.evidence), "tables", lambda self: tables)
    tags = state.findings.tags()
    assert len(tags) == 2 + len(CAVEATS) - 1
    assert [tone for _, tone in tags[2:]] == ["x"] * 3 + ["w"] * 6
    assert len({words for words, _ in tags}) == len(tags)


def test_small_parts_are_hidden_for_viewers_and_can_not_be_worked_out(viewed, walked):
    section = opened(viewed).current_section
    rows = section.tables["segments"].copy()
    # Two parts of ordinary size, one with 4 control customers.
    strategy = section.strategy()
    fits = rows["strategy_id"].eq(strategy) & rows["outcome"].eq("responded")
    one = rows[fits].head(1)
    made = pd.concat([one.assign(level="tier", part=part) for part in ("basic", "value", "strategic")])
    made["n"], made["n_control"] = [100, 80, 60], [40.0, 30.0, 4.0]
    made[["uplift", "ci_low", "ci_high", "shrunken", "shrunken_low", "shrunken_high"]] = [
        0.1,
        0,
        0.2,
        0.1,
        0,
        0.2,
    ]
    made["firm"] = True
    with_table(section.screen, "segments", made)
    section.choose_level("tier")
    shown = set(section.figures.parts()["part"])
    # The small one, and another one, or its size would be the total less the rest.
    assert "strategic" not in shown
    assert len(shown) == 1
    assert section.figures.n_hidden() == 2
    desk = opened(walked).current_section
    with_table(desk.screen, "segments", made)
    desk.choose_level("tier")
    assert len(desk.figures.parts()) == 3


def test_a_strategy_with_a_tiny_arm_shows_a_viewer_no_figure(viewed):
    state = opened(viewed)
    section = state.current_section
    overall = state.evaluation.overall.copy()
    name = section.ids()[0]
    overall.loc[overall["strategy_id"].eq(name) & overall["arm"].eq("control"), "n"] = 4
    state.evaluation = dataclasses.replace(state.evaluation, overall=overall)
    received = section.tables["received"].copy()
    received.loc[received["strategy_id"].eq(name), "n_control"] = 4
    with_table(state, "received", received)
    section.choose(name)
    row = next(each for each in section.figures.rows() if each["id"] == name)
    assert row["hidden"]
    assert section.figures.methods().empty
    view = view_of(state)
    assert "There is nothing to draw" in text(view.methods_head)


def test_without_an_interval_it_is_said(viewed):
    section = opened(viewed).current_section
    assert section.figures.words(0.0, np.nan, np.nan) == "0.0 (no interval)"
    assert section.figures.words(np.nan, np.nan, np.nan) == "–"


def test_matched_comparisons_are_marked_as_weaker(viewed):
    state = opened(viewed)
    section = state.current_section
    assert "Nothing needed matching" in text(view_of(state).before)
    rows = pd.DataFrame(
        {
            "scope": ["strategy", "campaign"],
            "name": [section.strategy(), NASTY],
            "outcome": ["responded"] * 2,
            "estimate": [0.03, np.nan],
            "ci_low": [0.01, np.nan],
            "ci_high": [0.05, np.nan],
            "naive": [0.06, np.nan],
            "n_treated": [200.0, np.nan],
            "n_others": [90.0, np.nan],
            "effective_treated": [150.0, np.nan],
            "effective_others": [70.0, np.nan],
            "largest_after": [0.01, np.nan],
            "balanced": [True, None],
            "problem": ["", "review_evaluation.error.no_overlap"],
            "values": ["{}", '{"share": "12%", "effective": "7"}'],
        }
    )
    with_table(state, "matched", rows)
    view = view_of(state)
    assert "weaker evidence" in text(view.before)
    assert "too different" in text(view.before)
    assert NASTY not in view.before.html
    assert section.figures.methods()["method"].iloc[-1] == "matched"


def test_an_analyst_cuts_amounts_and_evaluates_again(walked, monkeypatch):
    monkeypatch.setattr(review_parts, "PARTS", ("evidence",))
    state = opened(walked)
    section, view = state.current_section, view_of(state)
    strategy = section.strategy()
    view.side.press("winsorise", "", {"share": "5"})
    assert state.jobs.wait()
    rows = section.figures.methods().set_index("method")
    told = walked.review.evidence.winsorised(strategy, 0.05)
    assert rows.at["winsorised", "estimate"] == pytest.approx(told["estimate"])
    assert f"{told['n_cut']:,} cut at" in rows.at["winsorised", "about"]
    assert section.outcome == "amount"
    view.side.press("uncut")
    assert "winsorised" not in set(section.figures.methods()["method"])
    for share in ("none", "80"):
        view.side.press("winsorise", "", {"share": share})
        assert state.banner.kind == "error"
    assert "project.review.evidence" in view.side.html
    version = state.evaluation.version
    view.side.press("alpha", "", {"alpha": "3"})
    assert state.banner.key == "review_room.error.alpha"
    view.side.press("alpha", "", {"alpha": "0.1"})
    assert state.jobs.wait()
    assert (state.evaluation.version, state.evaluation.alpha) == (version + 1, 0.1)
    assert "90%" in state.heading().subtitle
    # A name like a script is text.
    state.cards = state.cards.assign(name=NASTY)
    view.paint()
    whole = "".join(p.html for p in (view.table, view.side, view.before, view.methods_head))
    assert NASTY not in whole
    assert "&lt;img" in whole


def test_an_evaluation_without_evidence_says_what_to_do(walked, viewed, tmp_path, monkeypatch):
    nothing = dict.fromkeys(TABLES, pd.DataFrame())
    assert set(nothing) == set(viewed.review.evidence.tables())
    monkeypatch.setattr(type(viewed.review.evidence), "artefact", lambda self: None)
    reader = opened(viewed)
    assert "An analyst evaluates again" in text(view_of(reader).empty)
    desk = opened(walked)
    assert "Evaluate again" in desk.heading().subtitle
    assert 'data-action="evaluate"' in view_of(desk).empty.html
    assert desk.kpis() == []
    # The overview falls back to what it can work out by itself.
    assert len(ReviewState(viewed).figures.daily())
    bare = opened(wb.create_project(tmp_path / "empty"))
    assert "launch one in Strategy" in text(view_of(bare).empty)
