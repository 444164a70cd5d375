"""Propensity on the screen: figures, hidden cells, roles, learning anew, empty states."""

from __future__ import annotations

import re
import shutil

import pytest

import workbench as wb
from workbench.ui.screens.strategy import StrategyScreen

NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def modelled(modelled_folder, tmp_path):
    """Free to change."""
    shutil.copytree(modelled_folder, tmp_path / "modelled")
    return wb.open_project(tmp_path / "modelled", role="analyst")


def as_viewer(project):
    return wb.open_project(project.folder, role="viewer")


def test_the_finding_and_the_figures_are_the_models(modelled, opened):
    state = opened(as_viewer(modelled))
    section = state.current_section
    model = section.shown.model
    assert f"{model.auc_ * 100:.0f}% of pairs" in state.heading().title
    assert f"{model.n_validation_:,} later contacts" in state.heading().subtitle
    figures = {kpi.label: kpi.value for kpi in state.kpis()}
    assert len(figures) == 6
    assert figures["Brier score"] == f"{model.brier_:.4f}"
    assert figures["ALIFT"] == f"{model.alift_:.2f}"
    drift = section.drift()
    assert figures["Columns that moved"] == f"{drift['level'].ne('stable').sum()} / {len(drift)}"
    rows = section.findings.figures()
    assert [row["chosen"] for row in rows] == [True, False, False]
    assert rows[-1]["cells"][1][0] == f"{model.brier_base_:.4f}"


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_viewer_reads_everything_and_can_write_nothing(modelled, lang, text, opened):
    project = as_viewer(modelled)
    screen = StrategyScreen(opened(project, lang=lang, mode="dark"))
    view = screen._sections["models"]
    assert screen.state.banner is None
    for panel in (view.figures, view.refused, *view.heads.values()):
        assert len(text(panel)) > 20
    assert 'data-action="learn"' not in view.figures.html
    assert "py" not in re.findall(r'class="(\w+)"', view.figures.html)
    assert "ALIFT" in text(view.figures)
    everything = " ".join(text(panel) for panel in (view.figures, view.refused, view.score))
    assert not any(str(name) in everything for name in modelled.customers()["customer_id"].head(300))
    assert not [name for name, each in view.views.items() if each.layout.display == "none"]


def test_the_leak_stands_first_among_the_refused(modelled, opened):
    section = opened(as_viewer(modelled)).current_section
    first = section.refused()[0]
    assert (first["column"], first["tone"]) == ("tenure", "bad")
    assert "known only after the contact" in first["reason"]


def test_another_offer_is_chosen_and_its_name_is_escaped(modelled, opened):
    state = opened(as_viewer(modelled))
    view = StrategyScreen(state)._sections["models"]
    before = state.heading().title
    view.figures.press("offer", NASTY, {})
    assert state.current_section.offer == NASTY
    assert state.heading().title != before
    assert "<img" not in view.figures.html
    assert "&lt;img" in view.figures.html
    view.figures.press("offer", "no such offer", {})
    assert state.current_section.offer == NASTY


def test_small_groups_are_not_shown(modelled, text, opened):
    section = opened(as_viewer(modelled)).current_section
    assert (section.reliability()["n"] >= modelled.small_cell).all()
    model = section.shown.model
    gains, bins = model.gains_.copy(), model.reliability_by_algorithm_.copy()
    gains.loc[0, "n"] = 5
    bins.loc[0, "n"] = 5
    model.gains_, model.reliability_by_algorithm_ = gains, bins
    section._kept.clear()
    assert section.gains().empty
    shown = section.reliability()
    mine = shown[shown["algorithm"].eq(bins.loc[0, "algorithm"])]
    all_bins = bins["algorithm"].eq(bins.loc[0, "algorithm"]).sum()
    # The next smallest goes too, so that the first can't be told from the rest.
    assert len(mine) == all_bins - 2
    view = StrategyScreen(section.screen)._sections["models"]
    assert "too few contacts" in text(view.heads["gains"])
    assert view.views["gains"].layout.display == "none"


def test_what_must_be_known_of_the_figures_is_said(modelled, opened):
    section = opened(as_viewer(modelled)).current_section
    model = section.shown.model
    assert any("day after their contact" in line for line in section.findings.warnings())
    model.calibration_, model.brier_uncalibrated_ = "platt", model.brier_ / 2
    model.time_ordered_ = "row order"
    lines = section.findings.warnings()
    assert any("calibration made it worse" in line for line in lines)
    assert any("no dates" in line for line in lines)
    table = model.algorithms_.copy()
    table.loc[~table["chosen"], "auc"] = 0.99
    model.algorithms_ = table
    assert any("AUC 0.99 against" in line for line in section.findings.warnings())
    model.auc_low_ = 0.4
    assert "no better than chance" in section.heading().title


def test_drift_says_what_moved_and_whether_the_score_did(modelled, opened):
    section = opened(as_viewer(modelled)).current_section
    rows = section.drift_rows()
    assert rows["feature"].eq("propensity").sum() == 1
    moved = section.moved.copy()
    moved["level"], moved["exceeds"] = "stable", False
    section.moved = moved
    section._kept.clear()
    assert section.findings.drift_title()[0].startswith("None of")
    assert "stable" in section.findings.score_note()
    moved.loc[moved["feature"].eq("age"), ["level", "exceeds"]] = ["shifted", True]
    moved.loc[moved["feature"].eq("propensity"), ["level", "exceeds"]] = ["watch", True]
    assert section.findings.drift_title()[0].startswith("Age differ")
    assert "has moved" in section.findings.score_note()
    section.moved = moved.iloc[:0]
    assert section.findings.drift_title() == ("How far customers have moved since the contacts", "")


def test_an_analyst_learns_anew(modelled, opened):
    state = opened(modelled)
    section = StrategyScreen(state)._sections["models"]
    assert "project.strategy.models.learn()" in section.figures.html
    before = state.plan.version
    section.figures.press("learn", "", {})
    assert state.jobs.wait()
    assert state.plan.version > before
    assert state.banner.kind == "done"
    assert NASTY not in {each.offer for each in state.current_section.models}


def test_without_models_it_is_said_what_to_do(walked, tmp_path, text, opened):
    strategy = walked.strategy
    plan = strategy.plan()
    strategy.save_scores(strategy.scores(), {"balances": 1.0}, plan.criteria, None)
    state = opened(as_viewer(walked))
    view = StrategyScreen(state)._sections["models"]
    assert "planned response rates" in state.heading().title
    assert "too few responses" in text(view.missing)
    assert state.kpis() == []
    # Without a model there is what past campaigns gave, beside what the cards plan.
    past = state.current_section.past()
    history = walked.table("campaign_history").dropna(subset=["responded"])
    treated = history[history["arm"].eq("treatment")]
    rates = treated.groupby("offer")["responded"].mean()
    assert past.set_index("offer")["rate"].to_dict() == pytest.approx(rates.to_dict())
    assert view.past_card.layout.display == ""
    assert "planned" in text(view.past_head).lower()
    assert "past campaigns" in text(view.past_head)
    wb.create_project(tmp_path / "new", "New")
    for role in ("analyst", "viewer"):
        fresh = opened(wb.open_project(tmp_path / "new", role=role))
        view = StrategyScreen(fresh)._sections["models"]
        assert "no plan yet" in text(view.missing)
        assert 'data-action="learn"' not in view.missing.html
        assert fresh.banner is None
