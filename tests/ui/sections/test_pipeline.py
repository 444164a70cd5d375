"""The pipeline on the screen: sums for viewers, and the board for those who work on it."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from workbench.project import Project
from workbench.project.demo_pipeline import play_pipeline
from workbench.ui.screens.execution import ExecutionScreen
from workbench.ui.screens.sections.pipeline import PipelineSection

NOW = dt.datetime(2026, 10, 12, 1, 0)
NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with nothing but companies and the demo's pipeline."""
    folder = tmp_path_factory.mktemp("pipeline") / "bank"
    project = wb.create_project(folder, "Pipeline", clock=lambda: NOW)
    ids = [f"88000{number:04d}" for number in range(24)]
    people = pd.DataFrame({"customer_id": ids, "kind": "corporate", "name": "河畔", "phone": "13812341234"})
    project.store.artefacts.save("import", {"customers": people}, summary={"tables": ["customers"]})
    project.store.cycles.open("2026 Q3", dt.date(2026, 9, 30))
    play_pipeline(project)
    # One more company, with which nobody has spoken yet.
    more = pd.concat([people, people.iloc[:1].assign(customer_id="880009999")], ignore_index=True)
    project.store.artefacts.save("import", {"customers": more}, summary={"tables": ["customers"]})
    return folder


@pytest.fixture
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the charts out where every press would draw them again; other tests draw them."""
    monkeypatch.setattr(PipelineSection, "_paint_charts", lambda _: None)


@pytest.fixture
def bank(played: Path, tmp_path: Path) -> Project:
    shutil.copytree(played, tmp_path / "bank")
    return handle(tmp_path / "bank")


def handle(folder: Path, role: str = "analyst") -> Project:
    return wb.open_project(folder, role=role, who="lin", clock=lambda: NOW)


def show(opened: Any, project: Project, **traits: Any) -> tuple[Any, Any]:
    state = opened(project, **traits)
    return state, ExecutionScreen(state)._sections["pipeline"]


def said(state: Any) -> str:
    return state.t(state.banner.key, **state.banner.values)


def test_a_viewer_is_told_sums_and_nothing_of_one_company(opened, text, played) -> None:
    project = handle(played, "viewer")
    state, view = show(opened, project, mode="dark")
    section = state.current_section
    whole = project.execution.pipeline.forecast().iloc[-1]
    assert str(int(whole["n"])) in state.heading().title
    shown = "".join(panel.html for panel in (view.age_head, view.forecast_head, view.chances, view.steps))
    assert view.board.html == view.side.html == view.due.html == ""
    assert "****" not in shown
    assert "RM-" not in shown
    assert "data-action" not in shown
    minimum = project.small_cell
    assert section.ageing["companies"].min() >= minimum
    assert section.forecast["companies"].min() >= minimum
    # A rate says so little that no count under the smallest cell can be worked out.
    for row, rate in zip(section.findings.chance_rows(), section.conversion.to_dict("records"), strict=True):
        if row["mid"] is not None:
            assert rate["companies"] >= minimum
            steps = {round(row["mid"] / step, 6) % 1 for step in (0.05, 0.1, 0.2)}
            assert 0.0 in steps
    for act in ("open", "forward", "won", "answer", "save-entry"):
        view.side.press(act, "", {"reason": "price"})
    assert project.execution.pipeline.forecast().iloc[-1]["n"] == whole["n"]
    state.choose_language("zh_CN")
    assert "加权" in state.heading().title
    assert "模板" in text(view.chances)


def test_the_boards_columns_hold_what_is_open(opened, text, played) -> None:
    state, view = show(opened, handle(played, "contributor"))
    section = state.current_section
    rows = section.frame[section.frame["state"].eq("open")]
    board = section.board()
    assert len(board) == 8
    assert sum(column["n"] for column in board) == len(rows) == section.count("all")
    first = next(column for column in board if column["n"] > 1)
    overdue = [card["is_overdue"] for card in first["cards"]]
    assert overdue == sorted(overdue, reverse=True)
    assert not re.search(r"88000\d{4}", view.board.html + view.side.html + view.due.html)
    view.board.press("view", "overdue")
    assert sum(column["n"] for column in section.board()) == section.count("overdue") < len(rows)
    view.board.press("view", "mine")
    assert section.queue() == []
    view.board.press("view", "all")
    # The keys go through the cards, column by column, and round.
    queue = section.queue()
    view.board.press("choose", str(queue[-1]))
    view.board.press("step", "1")
    assert section.chosen == queue[0]
    view.board.press("step", "-1")
    assert section.chosen == queue[-1]
    view.board.press("choose", "999999")
    assert section.chosen == queue[-1]
    assert len(section.due()) == section.count("due") > 0
    assert view.templates.html == ""


def test_an_opportunity_is_opened_moved_answered_and_closed_by_hand(opened, text, bank, no_charts) -> None:
    state, view = show(opened, handle(bank.folder, "contributor"))
    section, pipeline = state.current_section, bank.execution.pipeline
    view.board.press("new")
    assert "New opportunity" in text(view.side)
    # A company that has answered nothing yet.
    place = section.companies["customer_id"].tolist().index("880009999")
    fields = {"company": str(place), "offer": "sme_loan", "amount": "plenty", "title": NASTY}
    fields |= {"expected_close": "2026-12-31", "next_action": "Visit", "next_on": "2026-10-12"}
    view.side.press("open", "", fields | {"company": ""})
    assert "No company" in said(state)
    view.side.press("open", "", fields)
    assert "plenty" in said(state)
    view.side.press("open", "", fields | {"amount": "2,000,000"})
    assert state.banner.kind == "done"
    number = section.chosen
    assert NASTY not in view.board.html + view.side.html
    assert "&lt;img" in view.side.html
    view.side.press("forward")
    view.side.press("forward")
    assert "has not answered" in said(state)
    assert section.detail()["step_code"] == "research"
    assert [each["code"] for each in section.detail()["kyc"] if each["is_needed"]] == ["business"]
    view.side.press("answer", "business", {"answer": "They make valves", "answer_id": "0"})
    assert section.detail()["answered"] == 1
    view.side.press("forward")
    assert section.detail()["step_code"] == "preparation"
    view.side.press("move", "", {"to_step": "target", "note": ""})
    assert "goes back" in said(state)
    view.side.press("move", "", {"to_step": "target", "note": "The visit was cancelled"})
    # The second of two editors is shown both, and nothing is overwritten.
    looked = str(section.detail()["version"])
    pipeline.edit(number, {"amount": 5}, key="theirs")
    view.side.press("edit", "", {"amount": "7", "owner": "wang", "row_version": looked})
    assert (
        section.acts.difference == [("amount", "7", "5")] or ("amount", "7", "5") in section.acts.difference
    )
    assert "Somebody else was faster" in text(view.side)
    assert pipeline.frame().set_index("opportunity_id").loc[number, "amount"] == 5
    view.side.press("edit", "", {"owner": "wang"})
    assert "wang" in text(view.side)
    view.side.press("lost", "", {"reason": ""})
    assert "no reason" in said(state)
    view.side.press("won", "", {"reason": "speed", "amount": "9"})
    assert section.detail()["state"] == "won"
    assert "The visit was cancelled" in text(view.side)
    view.side.press("reopen", "", {"note": "Too early"})
    assert section.detail()["state"] == "open"
    view.side.press("edit", "", {"expected_close": "soon"})
    assert "soon" in said(state)


def test_an_analyst_changes_the_template_on_the_screen(opened, text, bank, no_charts) -> None:
    # Without a screen nothing is painted between the presses.
    state = opened(bank)
    section = state.current_section
    form = section.templates
    template = bank.execution.pipeline.template
    row = section.templates.values()["rows"][4]
    fields = {name: str(row[name]) for name in ("en", "zh_CN", "exit_en", "exit_zh_CN", "percent", "days")}
    state.guard(form.save, "needs", fields | {"days": "18", "version": "0"})
    assert template.steps()["needs"].days == 18
    state.guard(form.save, "needs", fields | {"days": "19", "version": "0"})
    assert "first" in said(state) or "changed" in said(state)
    state.guard(form.save, "needs", fields | {"percent": "much"})
    assert "much" in said(state)
    state.guard(form.turn, "needs")
    assert "can't be retired" in said(state)
    state.guard(form.show, "questions")
    new = {"code": "green", "en": "Any green plans?", "zh_CN": "有绿色项目吗？", "kind": "choice"}
    state.guard(form.save, "+", new | {"before": "", "choices": "yes"})
    assert "is not a choice" in said(state)
    state.guard(form.save, "+", new | {"before": "", "choices": "yes | Yes | 有\nno | No | 无"})
    assert "Any green plans?" in [each["question"] for each in section.detail()["kyc"]]
    state.guard(form.turn, "green")
    assert template.questions()["green"].retired
    state.guard(form.turn, "green")
    state.guard(form.delete, "green")
    assert "green" not in template.questions()
    view = ExecutionScreen(state)._sections["pipeline"]
    view.templates.press("part", "reasons")
    view.templates.press("save-entry", "price", {"en": NASTY, "zh_CN": "价格", "ends": "lost"})
    assert "&lt;img" in view.templates.html
    assert NASTY not in view.templates.html + view.side.html


def test_where_nothing_is_open_it_says_what_to_do(opened, text, tmp_path) -> None:
    project = wb.create_project(tmp_path / "new", "New", clock=lambda: NOW)
    project.store.cycles.open("2026 Q3", dt.date(2026, 9, 30))
    for role, words in (("analyst", "Open one"), ("viewer", "Relationship managers")):
        state, view = show(opened, handle(tmp_path / "new", role))
        assert words in state.heading().subtitle
        assert state.kpis() == []
        assert "No opportunity" in text(view.age_head)
