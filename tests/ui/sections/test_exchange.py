"""Files and systems on the screen: what is imported, exported, proposed, and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from workbench.project.demo_exchange import play_exchange
from workbench.ui.screens.execution import ExecutionScreen

NASTY = "<script>alert(1)</script>"


@pytest.fixture
def screen(walked, opened):
    play_exchange(walked)
    state = opened(walked)
    shown = ExecutionScreen(state)
    return shown, shown._sections["exchange"]


def said(state) -> str:
    return state.t(state.banner.key, **state.banner.values)


def test_a_file_is_previewed_loaded_flagged_and_quarantined_by_line(screen, text):
    shown, view = screen
    state, section = shown.state, view.state
    targets = state.targets
    waiting = state.work.waiting().iloc[0]
    control = targets[targets["arm"] == "control"].iloc[0]
    day = state.today.isoformat()
    lines = ["list_id,customer_id,responded,contacted_at,disposition"]
    lines += [f"{row['list_id']},{row['customer_id']},yes,{day},reached" for row in (waiting, control)]
    lines.append(f"{waiting['list_id']},0099999999,no,{day},reached")
    name = "outcomes of a branch.csv"
    (state.project.inbox / name).write_text("\n".join(lines), encoding="gb18030")
    touched = state.total("control_contacted")
    view.taking.press("look")
    view.taking.press("file", name)
    assert name in section.import_hint()
    view.taking.press("preview")
    assert state.jobs.wait()
    assert "Of the first 3 rows 2 could be loaded, 1 not" in text(view.taking)
    assert waiting["customer_id"] not in view.taking.html
    assert len(state.project.execution.contacts()) == len(state.contacts)
    view.taking.press("import")
    assert state.jobs.wait()
    report = section.report
    assert (report.rows_read, report.loaded, report.repeated, len(report.quarantined)) == (3, 2, 0, 1)
    assert section.flagged() == [3]
    assert [line for line, _ in section.reasons()] == [4]
    assert "0099999999" not in view.taking.html
    assert "009****9999" in view.taking.html
    assert state.total("control_contacted") == touched + 1
    assert state.findings.tags()[0][1] == "x"
    assert "2 of 3 rows loaded" in text(view.past)
    # The same file again changes nothing.
    view.taking.press("import")
    assert state.jobs.wait()
    assert (section.report.loaded, section.report.repeated) == (0, 2)
    assert state.banner.key == "execution.files.nothing_new"
    state.choose_language("zh_CN")
    assert "隔离" in text(view.taking)


def test_a_cancelled_import_leaves_no_trace(screen):
    shown, view = screen
    state, section = shown.state, view.state
    section.choose_file(section.files[0][0])
    before = (state.project.folder / "state.sqlite").read_bytes()
    real = state.project.execution.import_outcomes

    def slow(*given, progress, **more):
        state.jobs.cancel()
        return real(*given, progress=progress, **more)

    state.project.execution.import_outcomes = slow
    view.taking.press("import")
    assert state.jobs.wait()
    assert state.banner.key == "shell.cancelled"
    assert section.report is None
    assert (state.project.folder / "state.sqlite").read_bytes() == before


def test_only_what_is_offered_is_opened(screen):
    shown, view = screen
    for name in ("../project.toml", "/etc/passwd", "", "core_banking/customers.csv"):
        view.taking.press("file", name)
        assert shown.state.banner.key == "execution.error.unknown_file"
    for panel, action, given in (
        (view.taking, "mapping", "../project.toml"),
        (view.leads, "export", ""),
        (view.proposed, "accept", "1"),
        (view.proposed, "decline", "999 1"),
    ):
        shown.state.banner = None
        panel.press(action, given, {"list": "nobody", "reason": "x"})
        assert shown.state.banner.kind == "error"
    view.proposed.press("status", "nonsense")
    assert view.state.proposals.status == "open"


def test_leads_leave_masked_or_whole_with_a_reason(screen, text):
    shown, view = screen
    state, section = shown.state, view.state
    form = {"list": section.list_id, "format": "csv", "mapping": ""}
    view.leads.press("export", "", form)
    assert state.jobs.wait()
    masked = pd.read_csv(section.written.path, dtype="str", encoding="utf-8-sig")
    assert masked["customer_id"].str.contains(r"\*\*\*\*").all()
    view.leads.press("export", "", {**form, "whole": "1", "reason": ""})
    assert state.jobs.wait()
    assert state.banner.kind == "error"
    view.leads.press("export", "", {**form, "whole": "1", "reason": "nightly", "mapping": "crm.toml"})
    assert state.jobs.wait()
    assert state.banner.kind == "done"
    assert section.written.batch_id in said(state)
    assert section.written_path() in view.leads.html
    assert "leads went out" in text(view.past)


def test_proposals_are_decided_by_analysts_and_made_by_agents(screen, opened, text):
    shown, view = screen
    state, section = shown.state, view.state
    held = state.project.execution.exchange.corrections
    assert "3 proposed corrections wait" in state.heading().title
    first = section.proposals.rows()[0]
    assert "****" in first["customer"]
    assert "simulated" in text(view.proposed)
    view.proposed.press("accept", f"{first['id']} {first['version']}")
    assert state.banner.kind == "done"
    second = section.proposals.rows()[0]
    chosen = f"{second['id']} {second['version']}"
    view.proposed.press("decline", "", {"proposal": chosen, "reason": " "})
    assert state.banner.kind == "error"
    view.proposed.press("decline", "", {"proposal": chosen, "reason": NASTY})
    assert held.counts() == {"open": 1, "accepted": 1, "declined": 2}
    view.proposed.press("status", "declined")
    assert NASTY not in view.proposed.html
    assert "&lt;script&gt;" in view.proposed.html
    view.proposed.press("status", "accepted")
    assert len(section.proposals.rows()) == 1
    # An agent may propose, and sees neither the buttons nor whole numbers.
    project = wb.open_project(state.project.folder, role="contributor", who="agent 1")
    agent = ExecutionScreen(opened(project, lang="zh_CN"))
    panel = agent._sections["exchange"].proposed
    assert 'data-action="accept"' not in panel.html
    assert 'name="whole"' not in agent._sections["exchange"].leads.html
    customer = str(project.table("customers")["customer_id"].iloc[9])
    typed = {"customer": customer, "column": "branch", "value": NASTY, "note": "moved"}
    panel.press("propose", "", typed)
    assert agent.state.banner.kind == "done"
    assert customer not in panel.html
    assert NASTY not in panel.html
    panel.press("propose", "", typed)
    assert agent.state.banner.kind == "note"
    for change in ({"customer": ""}, {"customer": "nobody"}, {"column": "colour"}, {"column": "customer_id"}):
        panel.press("propose", "", {**typed, **change})
        assert agent.state.banner.kind == "error"
    open_ones = held.frame("open")["correction_id"].tolist()
    agent._sections["exchange"].proposed.press("accept", f"{open_ones[0]} 1")
    assert held.counts()["accepted"] == 1


def test_a_viewer_has_no_such_tab_and_an_empty_project_says_what_to_do(viewed, opened, tmp_path):
    state = opened(viewed)
    assert "exchange" not in state.homes
    assert state.current_section is None
    empty = opened(wb.create_project(tmp_path / "empty"))
    assert "02_strategy" in empty.heading().subtitle
    assert empty.kpis() == []
    ExecutionScreen(empty)
