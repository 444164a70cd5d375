"""Quotas, materials and codes on the screen: what each role reads, and what is refused with its reason."""

from __future__ import annotations

import datetime as dt

import pytest

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.ui.screens.execution import ExecutionScreen
from workbench.ui.state.execution import ExecutionState
from workbench.ui.state.sections.supply_fields import read_day, read_number

NASTY = "<script>alert(1)</script>"


class SectionAlone(ExecutionState):
    """The screen without its overview, whose figures take longer than the section's."""

    def read_results(self) -> None:
        self.today = self.project.execution.day()


def shown(project, **traits):
    state = SectionAlone(project, **traits)
    state.open_section("supply")
    return state, ExecutionScreen(state)._sections["supply"], state.current_section


def said(state) -> str:
    return state.t(state.banner.key, **state.banner.values)


def typed(form, *names: str, **changes: str) -> dict[str, str]:
    values = form.values()
    return {name: str(values[name]) for name in (*names, "row_version") if name in values} | changes


def test_a_manager_reads_what_is_left_and_no_customer(viewed, text):
    state, view, section = shown(viewed, mode="dark")
    frame = viewed.execution.quota.frame(section.day)
    few = frame["n_bookings"].between(1, viewed.small_cell - 1).tolist()
    for row, is_few, total in zip(section.findings.quotas(), few, frame["total"], strict=True):
        assert row["hidden"] == is_few
        assert (row["booked"] == "hidden") == is_few
        assert row["share"] is None or not is_few
        assert is_few or row["total"] in (f"{total:,.0f}", wb.locale.money(total))
    assert section.quotas["held"].isna().all()
    assert view.ledger_card.layout.display == "none"
    page = "".join(panel.html for panel in (view.quota, view.ledger, view.list, view.codes))
    assert "****" not in page
    assert not [word for word in ("edit", "add", "replace", "delete", "withdraw") if f'"{word}"' in page]
    assert "Simulated with the sample bank" in text(view.quota)
    assert "is used up" in text(view.quota)
    assert "✓ current" in text(view.list)
    assert len(section.drawn()) == len(viewed.execution.materials.frame())
    view.quota.press("add")
    assert section.quota_form.open == ""
    for form in (section.quota_form, section.material_form, section.code_form):
        form.add()
        assert form.open == ""
    assert "已接通" in text(view.codes)
    state.choose_language("zh_CN")
    assert "样例银行模拟数据" in text(view.quota)
    assert "已用完" in state.heading().title


def test_an_analyst_sets_raises_and_lowers_a_quota(walked, text):
    state, view, section = shown(walked)
    form, quota = section.quota_form, walked.execution.quota
    n = len(section.quotas)
    assert "****" in text(view.ledger)
    view.quota.press("add")
    about = {"offer": "time_deposit", "branch": "", "measure": "units", "total": "1,200"}
    right = typed(form, "valid_from", "valid_to", note=NASTY, **about)
    for change, words in (
        ({"total": "plenty"}, "plenty"),
        ({"total": "0"}, "above 0"),
        ({"valid_from": ""}, "Choose one"),
        ({"valid_to": "2020-01-01"}, "before the first"),
    ):
        with pytest.raises(ParameterProblem, match=words):
            form.save({**right, **change})
    assert len(quota.frame()) == n
    # Another kernel finds the form as it was left.
    again = shown(wb.open_project(walked.folder, role="analyst"))[2].quota_form
    assert (again.open, again.values()["total"]) == ("new", "1,200")
    view.quota_side.press("save", "", right)
    assert state.banner.kind == "done"
    assert NASTY not in view.quota.html + view.ledger.html
    assert "&lt;script&gt;" in view.quota.html
    number = int(quota.frame()["quota_id"].iloc[-1])
    quota.book("time_deposit", 300, key="k", customer_id="13812341234", day=walked.execution.day())
    section.load()
    assert "138****1234" in str(section.findings.ledger(1))
    # Lowering below what is booked is refused with the reason.
    view.quota.press("edit", str(number))
    view.quota_side.press("save", "", typed(form, "total", "valid_to", note="", total="299"))
    assert "300 are booked already" in said(state)
    view.quota_side.press("save", "", typed(form, "total", "valid_to", note="more", total="1500"))
    assert quota.frame()["total"].iloc[-1] == 1500
    # The second of two editors sees the difference.
    view.quota.press("edit", str(number))
    mine = typed(form, "total", "valid_to", note="", total="900")
    quota.change(number, total=1000)
    view.quota_side.press("save", "", mine)
    assert quota.frame()["total"].iloc[-1] == 1000
    assert "1000" in text(view.quota_side)
    view.quota_side.press("overwrite")
    assert quota.frame()["total"].iloc[-1] == 900
    view.quota.press("edit", "99")
    assert form.open == ""
    # Quotas are the project's: they are there before a cycle has lists.
    later = shown(walked.open_cycle("2027 Q4", walked.cycle.snapshot_date))
    assert len(later[2].quotas) == n + 1
    assert later[0].banner is None
    assert "Quotas" in text(later[1].quota)


def test_an_analyst_adds_replaces_ends_and_withdraws_material(walked, text):
    state, view, section = shown(walked)
    form, materials = section.material_form, walked.execution.materials
    view.list.press("add")
    today = walked.execution.day()
    fields = {
        "name": "test_rate",
        "kind": "rate",
        "offer": "time_deposit",
        "title": "Rate",
        "title_zh": "利率",
    }
    fields |= {"value": "1.75%", "unit": "% p.a.", "valid_from": f"{today}", "valid_to": ""}
    for change in ({"value": "much"}, {"title_zh": ""}, {"name": ""}, {"valid_from": "soon"}):
        with pytest.raises(ParameterProblem):
            form.save({**fields, **change})
    view.material_side.press("save", "", fields)
    assert state.banner.kind == "done"
    assert materials.rate("time_deposit", today)["value"] == 1.75
    view.list.press("add")
    view.material_side.press("save", "", fields)
    assert "already" in said(state)
    view.material_side.press("cancel")
    # The next version ends the former the day before.
    later = today + dt.timedelta(days=3)
    view.list.press("replace", "test_rate")
    assert form.values()["value"] == "1.75"
    kept = {**fields, "value": "1.6", "valid_from": f"{later}"}
    view.material_side.press("save", "", kept)
    rows = materials.frame().query("name == 'test_rate'")
    assert rows["valid_to"].tolist()[0] == later - dt.timedelta(days=1)
    assert section.materials.query("name == 'test_rate'")["state"].tolist() == ["current", "next"]
    # Ended earlier, a gap is said; ended later, it would meet the next.
    view.list.press("end", "test_rate:1", {"valid_to": f"{later}"})
    assert "Version 2" in said(state)
    view.list.press("end", "test_rate:1", {"valid_to": f"{later - dt.timedelta(days=2)}"})
    assert any("no version holds" in sentence for sentence in section.findings.problems("test_rate"))
    view.list.press("withdraw", "test_rate:2", {"note": "wrong"})
    assert "✕ withdrawn" in text(view.list)
    assert any("nothing follows" in sentence for sentence in section.findings.problems("test_rate"))
    view.list.press("end", "nobody:7", {"valid_to": ""})
    assert not section.drawn()["label"].eq("nobody").any()


def test_an_analyst_edits_codes_and_one_in_use_is_not_deleted(walked, text):
    state, view, section = shown(walked)
    form, dispositions = section.code_form, walked.execution.dispositions
    view.codes.press("delete", "no_answer")
    assert "can't be deleted while it is in use" in said(state)
    assert dispositions.version == 0
    view.codes.press("add")
    fields = {"code": "visit", "en": "Comes to the branch", "zh_CN": "约定到店", "next": "callback"}
    fields |= {"days": "3", "aliases": "will come, 来网点", "reached": "yes", "row_version": "0"}
    for change, words in (({"days": "soon"}, "soon"), ({"aliases": "refused"}, "refused")):
        with pytest.raises(ParameterProblem, match=words):
            form.save({**fields, **change})
    view.code_side.press("save", "", fields)
    assert dispositions.codes()["visit"].aliases == ("will come", "来网点")
    assert dispositions.codes()["visit"].reached
    assert "约定到店" in text(view.codes)
    # A box that is not ticked is not sent; the other flags stay.
    stops = [code for code, entry in dispositions.codes().items() if entry.stops]
    view.codes.press("edit", "visit")
    changed = typed(form, "en", "zh_CN", "next", "days", "aliases", en="Visits")
    dispositions.retire("callback")
    view.code_side.press("save", "", changed)
    assert dispositions.codes()["visit"].labels["en"] == "Comes to the branch"
    assert "Somebody else" in text(view.code_side)
    view.code_side.press("keep")
    form.edit("visit")
    form.save(typed(form, "en", "zh_CN", "next", "days", "aliases", en="Visits"))
    entry = dispositions.codes()["visit"]
    assert (entry.labels["en"], entry.reached, entry.days) == ("Visits", False, 3)
    assert [code for code, each in dispositions.codes().items() if each.stops] == stops
    assert dispositions.codes()["callback"].retired
    form.retire("callback")
    assert not dispositions.codes()["callback"].retired
    view.codes.press("delete", "visit")
    assert "visit" not in dispositions.codes()
    assert f"({dispositions.version})" in text(view.codes)


def test_a_quota_that_runs_out_is_told_with_its_days(opened, viewed):
    state = opened(viewed)
    section = state.current_section
    row = {"state": "runs_out", "hidden": False, "measure": "units", "per_day": 2.0}
    moments = dict.fromkeys(("runs_out", "earliest", "latest"), section.materials["created_at"].iloc[0])
    told = section.findings.forecast(row | moments)
    assert "(95%)" in told
    assert "at the earliest" in section.findings.forecast(row | moments | {"latest": float("nan")})
    assert "hidden" in section.findings.forecast(row | moments | {"hidden": True})
    assert section.findings.forecast({**row, "state": "idle"}) == ""
    assert section.day <= state.today
    with pytest.raises(ParameterProblem):
        read_number("1e99")
    with pytest.raises(ParameterProblem):
        read_day("tomorrow")
