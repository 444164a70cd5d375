"""Referrals on the screen: what viewers read, who works what, and what is refused."""

from __future__ import annotations

import re
import shutil

import pytest

import workbench as wb
from workbench.project.demo_referrals import play_referrals
from workbench.ui.screens.execution import ExecutionScreen
from workbench.ui.state.execution import ExecutionState

NASTY = "<script>alert(1)</script>"


class SectionAlone(ExecutionState):
    """The screen without its overview, whose figures take longer than the section's."""

    def _load_overview(self) -> None:
        pass


@pytest.fixture(scope="module")
def played_folder(walked_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("referred") / "walked"
    shutil.copytree(walked_folder, folder)
    play_referrals(wb.open_project(folder, role="analyst"))
    return folder


@pytest.fixture
def played(played_folder, tmp_path):
    shutil.copytree(played_folder, tmp_path / "bank")
    return tmp_path / "bank"


def opened(folder, role="viewer", who="boss", **traits):
    project = wb.open_project(folder, role=role, who=who)
    state = SectionAlone(project, section="referrals", **traits)
    return state, ExecutionScreen(state)._sections["referrals"]


def text(panel) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", panel.html))


def said(state) -> str:
    return state.t(state.banner.key, **state.banner.values)


def test_a_viewer_reads_sums_and_nobody(played_folder):
    state, view = opened(played_folder, mode="dark")
    section = state.current_section
    whole = state.project.execution.referrals.funnel("whole").iloc[0]
    assert f"{int(whole['won'])} of {int(whole['settled'])}" in state.heading().title
    assert "simulated" in state.heading().subtitle
    assert section.boxes == {}
    everything = view.table.html + view.credit.html + view.head.html
    assert "****" not in everything
    assert "simulated" not in everything
    # What is shown by kind and by unit leaves no small count to be worked out.
    for by in ("kind", "from_unit"):
        section.choose_group(by)
        raw = section.tables[by].set_index(by)
        shown = section.hiding.apply(by, section.tables[by]).set_index(by)
        for column in ("sent", "accepted", "worked", "won", "settled", "overdue"):
            small = raw[column].between(1, state.project.small_cell - 1)
            assert shown.loc[small, column].isna().all()
            if small.sum() == 1 and not section.hiding.hides_total(column):
                assert shown[column].isna().sum() > 1
        assert text(view.table).count("hidden") >= int(shown[["sent", "won"]].isna().sum().sum())
    view.list.press("choose", "1")
    view.side.press("accept")
    assert len(view.cards) == 3
    # The overview's areas are gone, or the cards would stand in them.
    assert not {"wb-grid-execution", "ex-reading"} & set(view.screen.grid._dom_classes)
    state.choose_language("zh_CN")
    assert "成功率" in text(view.table)
    assert "网点 → 客户经理" in section.drawn()["label"].tolist()


def test_a_contributor_accepts_works_and_wins(played):
    state, view = opened(played, "contributor", "mei", lang="en")
    section = state.current_section
    waiting = [row for row in section.rows() if row["state"] == "sent"]
    assert waiting
    number = waiting[0]["id"]
    section.choose(str(number))
    assert waiting[0]["who"] in text(view.side)
    view.side.press("accept")
    assert f"Referral {number} is yours" in said(state)
    view.side.press("begin")
    view.side.press("win", fields={"amount": "a lot"})
    assert "no amount" in said(state)
    view.side.press("win", fields={"amount": "12,000.50"})
    stored = state.project.store.referrals.find(number)
    assert (stored["state"], stored["accepted_by"], stored["amount"]) == ("won", "mei", 1_200_050)
    # A press that comes late finds nothing to do.
    view.side.press("win", fields={"amount": "5"})
    assert state.project.store.referrals.find(number)["amount"] == 1_200_050
    assert "rf-rules" not in "".join(panel.html for panel in (view.list, view.side))


def test_refusing_says_why_and_sending_reaches_the_other(played):
    state, view = opened(played, "contributor", "mei", lang="en")
    section = state.current_section
    number = next(row["id"] for row in section.rows() if row["state"] == "sent")
    section.choose(str(number))
    view.side.press("refuse", fields={"reason": "", "note": ""})
    assert "A reason is missing" in said(state)
    view.side.press("refuse", fields={"reason": "no_capacity", "note": NASTY})
    assert state.project.store.referrals.find(number)["state"] == "refused"
    taken = {row["customer_id"] for row in state.project.store.referrals.rows()}
    people = state.project.table("customers")
    fine = people["consent"].fillna(True) & ~people["do_not_contact"].fillna(False)
    free = people[fine & people["kind"].eq("retail") & ~people["customer_id"].isin(taken)]
    customer = str(free["customer_id"].iloc[0])
    view.list.press("choose", "0")
    fields = {"customer_id": "nobody", "kind": "manager_to_private", "to_unit": "Private", "note": NASTY}
    view.side.press("send", fields=fields)
    assert 'no customer "nobody"' in said(state)
    view.side.press("send", fields=fields | {"customer_id": customer})
    assert section.box == "outbox"
    assert NASTY not in view.side.html
    assert "&lt;script&gt;" in view.side.html
    assert customer not in text(view.side) + text(view.list)
    view.side.press("withdraw", fields={"reason": "by_mistake"})
    assert state.project.store.referrals.find(section.chosen or number)["state"] in ("withdrawn", "refused")
    view.list.press("unit", "Private")
    view.list.press("box", "inbox")
    assert all("Private" in row["to"] for row in section.rows() if row["state"] == "sent")
    # A contributor has no rules to change, whatever the page sends.
    section.rules.save({"code": "manager_to_private", "accept_days": "9"})
    section.rules.turn("price")
    assert state.project.execution.referrals.rules.version == 0


def test_an_analyst_helps_and_changes_the_rules(played):
    state, view = opened(played, "analyst", "ann", lang="en")
    section = state.current_section
    assert "hidden" not in text(view.table)
    view.list.press("box", "all")
    back = next(row for row in section.rows() if row["state"] == "expired")
    section.choose(str(back["id"]))
    assert section.detail()["acts"] == ["again", "withdraw"]
    view.side.press("again", fields={"to_unit": "Wealth", "to_person": ""})
    assert section.detail()["to_unit"] == "Wealth"
    terms = {"accept_days": "2", "work_days": "6", "sender_share": "33.3%"}
    view.rules.press("save-kind", fields={"code": "manager_to_private", "version": "0", **terms})
    kind = state.project.execution.referrals.rules.current().kinds["manager_to_private"]
    assert (kind.accept_days, kind.work_days, kind.sender_share) == (2, 6, 3_330)
    assert "version 1" in text(view.rules)
    view.rules.press(
        "save-kind", fields={"code": "manager_to_private", "version": "0", **terms, "work_days": "7"}
    )
    assert "changed" in said(state)
    view.rules.press(
        "save-kind", fields={"code": "manager_to_private", "version": "1", **terms, "work_days": "x"}
    )
    assert "no number" in said(state)
    view.rules.press("turn", "price")
    assert "price" not in state.project.execution.referrals.reasons("lose")
    view.rules.press("turn", "by_mistake")
    assert "customer_declined" in state.project.execution.referrals.reasons("withdraw")
    view.rules.press("turn", "customer_declined")
    assert 'reason for "withdraw"' in said(state)


def test_a_cycle_in_which_nothing_was_sent(played):
    project = wb.open_project(played, role="contributor", who="mei", cycle="2026 Q2")
    state = SectionAlone(project, section="referrals", lang="en")
    view = ExecutionScreen(state)._sections["referrals"]
    assert "No customer has been referred" in state.heading().title
    assert state.kpis() == []
    assert all(card.layout.display == "none" for card in view.reading)
    view.list.press("choose", "0")
    assert "Customer number" in text(view.side)
    assert "Suggested by ties" in text(view.side)


def test_the_demo_is_played_once_and_says_so(played):
    project = wb.open_project(played, role="analyst")
    rows = project.store.referrals.rows()
    assert play_referrals(project) == 0
    assert {name.rsplit(" ", 1)[-1] for row in rows for name in (row["sent_by"],)} == {"(simulated)"}
    states = {row["state"] for row in rows}
    assert {"sent", "accepted", "worked", "won", "lost", "refused", "expired"} <= states
