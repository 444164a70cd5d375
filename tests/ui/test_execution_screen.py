"""The execution screen as widgets: presses reach the state, roles see what they may, text is escaped."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench import ui
from workbench.ui.panel import Panel
from workbench.ui.screens.execution import ExecutionScreen
from workbench.ui.state.execution import ExecutionState

NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def screen(walked):
    return ExecutionScreen(ExecutionState(walked))


def whole(screen) -> str:
    return "".join(part.html for part in vars(screen).values() if isinstance(part, Panel))


def test_a_filter_repaints_what_depends_on_it_and_keeps_the_drawings(screen):
    state, figures = screen.state, screen.figures.html
    charts = [view.chart for view in (screen.progress, screen.days, screen.ended)]
    screen.controls["strategy"].value = state.progress_rows["strategy_id"].iloc[0]
    assert screen.figures.html != figures
    assert len(screen.progress.frame("rows")) == 1
    assert [view.chart for view in (screen.progress, screen.days, screen.ended)] == charts
    screen.controls["strategy"].value = ""
    assert screen.figures.html == figures
    assert len(screen.progress.frame("rows")) == len(state.progress_rows)


def test_a_row_of_the_table_filters_and_again_shows_all(screen):
    first = screen.state.progress_rows["strategy_id"].iloc[0]
    screen.table.press("strategy", first)
    assert screen.controls["strategy"].value == first
    screen.table.press("strategy", "")
    assert screen.controls["strategy"].value == ""
    screen.table.press("strategy", "no such")
    assert screen.state.strategy == ""


def test_choosing_shows_the_script_and_recording_the_next_customer(screen):
    state = screen.state
    row = state.work.rows()[1]
    screen.list.press("choose", row["mark"])
    assert f'data-value="{row["mark"]}"' in screen.customer.html
    n = len(state.contacts)
    screen.customer.press("record", row["mark"], {"disposition": "reached", "responded": "no"})
    assert len(state.contacts) == n + 1
    assert "✓" in screen.message.html
    assert row["mark"] not in screen.customer.html + screen.list.html
    assert f"{state.total('contacted'):,.0f}" in screen.figures.html


def test_more_shows_another_page(screen):
    rows = screen.list.html.count("<tr")
    if screen.state.work.n_waiting() > rows:
        screen.list.press("more")
        assert screen.list.html.count("<tr") > rows
    assert rows > 1


def test_files_are_imported_in_one_place(screen):
    screen.files.press("section", "exchange")
    assert screen.state.section == "exchange"


def test_language_and_theme_reach_every_part(screen):
    screen.top.press("lang", "zh_CN")
    assert "登记结果" in screen.customer.html
    assert screen.controls["channel"].description == "渠道"
    screen.top.press("mode", "dark")
    assert {view.mode for view in (screen.progress, screen.days, screen.ended)} == {"dark"}


def test_python_hints_are_for_analysts(screen, viewed):
    for panel in (screen.tags, screen.list, screen.customer):
        assert "project.execution." in panel.html
    screen.tags.press("hints")
    assert "project.execution." not in whole(screen)
    assert "project.execution." not in whole(ExecutionScreen(ExecutionState(viewed)))


def test_a_viewer_has_no_work_and_no_customer(viewed):
    reader = ExecutionScreen(ExecutionState(viewed))
    html = whole(reader)
    assert reader.working == []
    for action in ("choose", "record", "import", "more", "hints"):
        assert f'data-action="{action}"' not in html
    assert "****" not in html
    targets = viewed.strategy.targets()
    assert not any(one in html for one in targets["customer_id"])
    n = len(viewed.execution.contacts())
    for panel, action in ((reader.list, "record"), (reader.customer, "record"), (reader.files, "import")):
        panel.press(action, "x", {"disposition": "reached"})
    assert len(viewed.execution.contacts()) == n


def test_a_contributor_works_the_list_without_hints(walked):
    project = wb.open_project(walked.folder, role="contributor")
    screen = ExecutionScreen(ExecutionState(project))
    mark = screen.state.work.current()["mark"]
    screen.customer.press("record", mark, {"disposition": "callback"})
    assert screen.state.banner.kind == "done"
    assert "project.execution." not in whole(screen)


def test_no_whole_identifier_reaches_the_page(screen):
    screen.list.press("more")
    html = whole(screen)
    assert not any(one in html for one in screen.state.targets["customer_id"])
    assert not any(str(phone) in html for phone in screen.state.work.people["phone"].dropna())


def test_what_users_wrote_is_text(walked):
    state = ExecutionState(walked)
    state.progress_rows = state.progress_rows.assign(name=NASTY, segment=NASTY)
    state.cards = state.cards.assign(name=NASTY, script=NASTY + " {name}", segment=NASTY)
    state.kept.clear()
    screen = ExecutionScreen(state)
    html = whole(screen)
    assert NASTY not in html
    assert "&lt;img src=x" in screen.table.html
    assert "&lt;img src=x" in screen.customer.html


def test_a_closed_cycle_shows_why_nothing_is_worked(screen):
    screen.top.press("cycle", screen.state.cycle_names()[-1])
    assert "The cycle is closed" in screen.list.html
    assert screen.working[1].layout.display == screen.working[2].layout.display == "none"
    assert screen.state.banner is None


def test_an_empty_project_shows_what_to_do(tmp_path):
    screen = ExecutionScreen(ExecutionState(wb.create_project(tmp_path / "empty")))
    assert "No list is launched" in screen.title.html
    assert screen.filters.layout.display == "none"
    assert all(part.layout.display == "none" for part in [*screen.reading, *screen.working])


def test_the_function_shows_the_screen(walked):
    widget = ui.execution(walked, lang="zh_CN", channel="sms")
    assert widget.workbench_screen.state.channel == "sms"
    assert widget.workbench_screen.state.lang == "zh_CN"
