"""Capacity on the screen: what binds, what-ifs, hidden cells, saving, clashes, empty states."""

from __future__ import annotations

from functools import partial

import pytest

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.strategy import allocation, translate_strategies
from workbench.ui.screens.strategy import StrategyScreen
from workbench.ui.state.sections.capacity import read_limits

FIELDS = {"hours": "20", "budget": "3000", "others": "", "channels": "first", "note": "tight"}


@pytest.fixture
def coarse(monkeypatch):
    """Trace the frontier at a few amounts: what it finds at many, its own tests say."""
    monkeypatch.setattr(allocation, "build_frontier", partial(allocation.build_frontier, grid=3))


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_viewer_reads_what_binds_and_moves_sliders(viewed, lang, text, opened):
    state = opened(viewed, lang=lang)
    view = StrategyScreen(state)._sections["capacity"]
    stored = viewed.strategy.capacity.current()
    section = state.current_section
    assert len(state.kpis()) == 6
    assert not view.analyst
    assert view.form_card not in view.screen.grid.children
    before = state.heading().title
    binding = set(stored.limits.loc[stored.limits["binds"], "limit"])
    assert "agent_minutes" in binding or "budget" in binding
    # Names that nobody has edited are told in the reader's language.
    named = translate_strategies(viewed.strategy.cards(), lang).set_index("strategy_id")["name"]
    assert all(named[each] in text(view.strategies) for each in stored.by_strategy["strategy_id"])
    view.sliders.press("agent_minutes", str(section.planned("agent_minutes") / 120), {})
    assert section.is_what_if
    assert state.heading().title != before
    assert section.figures()["value"] < stored.summary["value"]
    assert section.figures()["bound"] >= section.figures()["value"]
    view.sliders.press("agent_minutes", "0", {})
    view.sliders.press("budget", "0", {})
    assert section.figures() is not None
    for nonsense in ("nan", "x", "-5", "1e99"):
        view.sliders.press("agent_minutes", nonsense, {})
        assert 0 <= section.amount("agent_minutes") <= section.most("agent_minutes")
    view.limits.press("reset", "", {})
    assert state.heading().title == before
    assert viewed.strategy.capacity.current().artefact_id == stored.artefact_id


def test_figures_are_the_stored_ones_and_small_cells_hidden(viewed, opened):
    state = opened(viewed)
    section = state.current_section
    stored = viewed.strategy.capacity.current()
    assert section.figures()["value"] == stored.summary["value"]
    curve, now = section.curve("agent_minutes")
    best = curve[curve["which"] == "optimum"]
    assert best["value"].is_monotonic_increasing
    assert now["value"].iloc[0] == stored.summary["value"]
    for row in section.strategies():
        if not row["hidden"]:
            assert int(row["customers"].replace(",", "")) >= viewed.small_cell


def test_an_analyst_saves_limits_and_cuts_lists_by_them(walked, opened, coarse):
    state = opened(walked)
    view = StrategyScreen(state)._sections["capacity"]
    assert "wb.Limits(" in view.limits.html
    view.form.press("save-limits", "", FIELDS)
    assert state.jobs.wait(300)
    assert state.banner.kind == "done"
    capacity = walked.strategy.capacity
    assert capacity.limits() == wb.Limits(agent_minutes=1200, budget=3000)
    assert capacity.scenarios()["note"].tolist() == ["tight"]
    stored = capacity.current()
    assert stored.by_strategy["minutes"].sum() <= 1200 + 1e-6
    assert not stored.settings["suggested"]
    assert stored.summary["value"] == capacity.allocate().value
    assert state.current_section.draft() is None
    assert stored.summary["greedy_value"] <= stored.summary["bound"]


def test_limits_that_clash_are_said_and_the_entries_kept(walked, opened):
    state = opened(walked)
    first = str(walked.strategy.capacity.current().by_strategy["strategy_id"].iloc[0])
    view = StrategyScreen(state)._sections["capacity"]
    others = f"minimum:{first} = 9000"
    view.form.press("save-limits", "", {**FIELDS, "others": others})
    assert state.jobs.wait(300)
    said = state.t(state.banner.key, **state.banner.values)
    assert f"minimum:{first}" in said
    assert walked.strategy.capacity.limits() is None
    assert state.current_section.form()["others"] == others


def test_a_budget_of_nothing_is_a_sentence(walked, text, opened, coarse):
    state = opened(walked)
    view = StrategyScreen(state)._sections["capacity"]
    view.form.press("save-limits", "", {**FIELDS, "hours": "", "budget": "0"})
    assert state.jobs.wait(300)
    assert state.banner.kind == "done"
    assert "nobody is listed" in state.heading().title
    assert "Nobody is listed" in text(view.strategies)


def test_senseless_fields_are_refused_and_markup_is_escaped(walked, opened):
    for field, value in (
        ("hours", "many"),
        ("budget", "-3"),
        ("others", "luck = 3"),
        ("others", "quota:S1 = x"),
    ):
        with pytest.raises(ParameterProblem):
            read_limits({**FIELDS, field: value})
    state = opened(walked)
    view = StrategyScreen(state)._sections["capacity"]
    nasty = "<img src=x onerror=alert(1)>"
    view.form.press("save-limits", "", {**FIELDS, "others": f"{nasty} = 1", "note": nasty})
    assert "<img" not in view.form.html
    assert "&lt;img" in view.form.html


def test_a_newer_plan_makes_it_stale(walked, text, opened):
    walked.strategy.approve({"expected_value": 1.0, "balances": 2.0})
    state = opened(walked)
    view = StrategyScreen(state)._sections["capacity"]
    assert state.current_section.stale
    assert "newer plan" in text(view.notes)


def test_without_a_plan_it_is_said_what_to_do(tmp_path, opened):
    wb.create_project(tmp_path / "p", "P")
    for role in ("analyst", "viewer"):
        state = opened(wb.open_project(tmp_path / "p", role=role))
        StrategyScreen(state)
        assert "approved plan" in state.heading().subtitle
        assert state.kpis() == []
