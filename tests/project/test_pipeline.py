"""The pipeline from the analyst's handle: who may have an opportunity, what must be known, and the sums."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.project import Project
from workbench.project.demo_pipeline import SOURCE, play_pipeline

NOW = dt.datetime(2026, 10, 12, 1, 0)
COMPANIES = 30


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipeline") / "bank"
    project = wb.create_project(folder, "Pipeline", clock=lambda: NOW)
    ids = [f"c{number}" for number in range(COMPANIES + 1)]
    people = pd.DataFrame(
        {
            "customer_id": ids,
            "kind": ["retail"] + ["corporate"] * COMPANIES,
            "name": "河畔阀门",
            "phone": "13812341234",
            "branch": "Riverside",
            "consent": pd.Series([True] * len(ids), dtype="boolean"),
            "do_not_contact": pd.Series([name == "c2" for name in ids], dtype="boolean"),
        }
    )
    project.store.artefacts.save("import", {"customers": people}, summary={"tables": ["customers"]})
    project.store.cycles.open("2026 Q3", dt.date(2026, 9, 30))
    return folder


def handle(folder: Path, role: str = "analyst", who: str = "lin") -> Project:
    return wb.open_project(folder, role=role, who=who, clock=lambda: NOW)


@pytest.fixture
def project(begun: Path, tmp_path: Path) -> Project:
    shutil.copytree(begun, tmp_path / "bank")
    return handle(tmp_path / "bank")


@pytest.fixture(scope="module")
def played(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The demo's pipeline; read only."""
    folder = tmp_path_factory.mktemp("played") / "bank"
    shutil.copytree(begun, folder)
    play_pipeline(handle(folder))
    return handle(folder)


def opened(project: Project, customer: str = "c1", key: str = "o", **more: Any) -> int:
    about: dict[str, Any] = {"expected_close": "2026-12-31", "next_action": "Visit", "next_on": "2026-10-12"}
    return project.execution.pipeline.open(customer, "sme_loan", 1_200_000.5, key=key, **about | more)


def answer_all(project: Project, *codes: str) -> None:
    given = {"funding": "5,000,000", "collateral": "property", "plans": "2027-3-1", "payroll": "here"}
    for code in codes:
        said = given.get(code, "They make valves")
        project.execution.pipeline.answer("c1", code, said, key=f"a {code} {said}")


def test_an_opportunity_goes_from_the_first_step_to_its_end(project: Project) -> None:
    pipeline = project.execution.pipeline
    number = opened(project)
    pipeline.move(number, "research", key="m1")
    # What must be known before the visit is prepared is named, and the opportunity stays.
    with pytest.raises(ParameterProblem, match="live on, and who owns"):
        pipeline.move(number, "preparation", key="m2")
    with pytest.raises(ParameterProblem, match="靠什么经营"):
        pipeline.move(number, "preparation", key="m2", lang="zh_CN")
    answer_all(project, "business")
    pipeline.move(number, "preparation", key="m2")
    answer_all(project, "chain", "cash_flow", "funding", "collateral", "decision")
    pipeline.move(number, "proposal", key="m3", note="They asked for an offer at once")
    # Going back asks for no answers, only for a reason.
    pipeline.move(number, "needs", key="m4", note="Another plant")
    with pytest.raises(ParameterProblem, match="no reason for this end"):
        pipeline.close(number, "won", "price", key="m5")
    pipeline.close(number, "won", "speed", amount=900_000, key="m5")
    row = pipeline.frame().iloc[0]
    assert (row["state"], row["step"], row["amount"], row["answered"]) == ("won", "needs", 900_000.0, 6)
    assert (row["masked_id"], row["masked_name"], row["product"]) == ("138****1234", "河**", "business loan")
    assert [entry["event"] for entry in pipeline.history(number)] == [
        *("opened", "forward", "forward", "skipped", "back", "won"),
    ]
    pipeline.reopen(number, "Signed too early", key="m6")
    pipeline.edit(number, {"next_action": "Call", "next_on": "", "amount": 5}, key="m7")
    assert pipeline.frame().iloc[0][["state", "next_on", "amount"]].tolist() == ["open", None, 5.0]
    with pytest.raises(Conflict):
        pipeline.edit(number, {"amount": 6}, key="m8", expected_version=3)


def test_only_companies_that_may_be_contacted_have_one(project: Project) -> None:
    pipeline = project.execution.pipeline
    for customer, problem, sentence in (
        ("c0", ParameterProblem, "no company"),
        ("c2", ParameterProblem, "may not be contacted"),
        ("nobody", NotFound, "no customer"),
    ):
        with pytest.raises(problem, match=sentence):
            opened(project, customer)
    for more, sentence in (
        ({"step": "nowhere"}, "nowhere"),
        ({"expected_close": "soon"}, "soon"),
        ({"strategy_id": "S9"}, "S9"),
        ({"step": "needs"}, "live on"),
        ({"currency": "yuan"}, "yuan"),
    ):
        with pytest.raises((ParameterProblem, NotFound), match=sentence):
            opened(project, **more)
    assert pipeline.frame().empty
    assert set(pipeline.companies()["customer_id"]) == {f"c{n}" for n in range(1, COMPANIES + 1)}
    # Whoever refuses later is shown as such, and nothing is lost.
    number = opened(project)
    assert pipeline.frame()["held"].tolist() == [""]
    assert pipeline.currencies() == ["CNY"]
    assert number == opened(project)


def test_answers_are_kept_and_a_viewer_never_reads_them(project: Project) -> None:
    pipeline = project.execution.pipeline
    answer_all(project, "business", "payroll")
    pipeline.answer("c1", "business", "They trade valves", key="a2")
    form = {row["code"]: row for row in pipeline.kyc("c1", "zh_CN")}
    assert len(form) == 10
    assert form["business"]["shown"] == "They trade valves"
    assert [(row["shown"], row["who"]) for row in form["business"]["older"]] == [("They make valves", "lin")]
    assert form["payroll"]["shown"] == "我行"
    for code, said, problem in (
        ("plans", "soon", ParameterProblem),
        ("payroll", "somebody", ParameterProblem),
        ("mood", "good", NotFound),
    ):
        with pytest.raises(problem):
            pipeline.answer("c1", code, said, key="a3")
    number = opened(project)
    viewer = handle(project.folder, "viewer").execution.pipeline
    for ask in (
        lambda: viewer.kyc("c1"),
        lambda: viewer.frame(),
        lambda: viewer.history(number),
        lambda: viewer.companies(),
        lambda: viewer.move(number, "research", key="v"),
    ):
        with pytest.raises(NotAllowed):
            ask()
    assert viewer.ageing()["n"].sum() == 1
    # Who works on opportunities answers and moves, and changes no template.
    worker = handle(project.folder, "contributor").execution.pipeline
    worker.answer("c1", "risks", "none known", key="a4")
    with pytest.raises(NotAllowed):
        worker.template.retire("questions", "risks")


def test_templates_are_changed_by_version_and_what_is_used_stays(project: Project) -> None:
    pipeline = project.execution.pipeline
    template = pipeline.template
    number = opened(project)
    answer_all(project, "payroll")
    for act, sentence in (
        (lambda: template.delete("steps", "target"), "is used 1 times"),
        (lambda: template.retire("steps", "target"), "stand in it: 1"),
        (lambda: template.delete("questions", "payroll"), "is used 1 times"),
        (lambda: template.put("questions", {"code": "payroll", "kind": "text"}), "another kind"),
        # A question waits for this step.
        (lambda: template.delete("steps", "preparation"), "no such step"),
        (lambda: template.put("steps", {"code": "target", "days": 0}), "days"),
        (lambda: template.frame("words"), "words"),
    ):
        with pytest.raises(ParameterProblem, match=sentence):
            act()
    fewer = template.frame("questions")
    payroll = fewer["code"].eq("payroll")
    fewer.loc[payroll, "choices"] = fewer.loc[payroll, "choices"].map(lambda all_: all_[1:])
    with pytest.raises(ParameterProblem, match="payroll:here"):
        template.save("questions", fewer)
    assert (template.version("steps"), template.version("questions")) == (0, 0)
    # What nobody uses goes; what is used is retired and stays readable.
    assert template.delete("questions", "owner_family") == 1
    assert template.retire("questions", "payroll", note="asked elsewhere") == 2
    assert [row["code"] for row in pipeline.kyc("c1")].count("payroll") == 1
    with pytest.raises(ParameterProblem, match="asked no more"):
        pipeline.answer("c1", "payroll", "here", key="late")
    table = template.frame("steps")
    table.loc[0, "days"] = 3
    assert template.save("steps", table, note="faster") == 1
    assert template.steps()["target"].days == 3
    template.retire("steps", "research")
    template.put("reasons", {"code": "moved", "en": "Moved away", "zh_CN": "企业外迁", "ends": "lost"})
    pipeline.close(number, "lost", "moved", key="end")
    with pytest.raises(ParameterProblem, match="is used 1 times"):
        template.delete("reasons", "moved")
    template.restore("steps", "research")
    assert template.versions("steps")["note"].tolist() == ["faster", "", "", ""]
    with pytest.raises(NotFound):
        template.retire("steps", "nothing")
    with pytest.raises(Conflict):
        template.put("steps", {"code": "target", "days": 4}, expected_version=1)


def test_the_demo_says_that_it_is_made_up(played: Project) -> None:
    pipeline = played.execution.pipeline
    rows = pipeline.frame()
    assert set(rows["state"]) == {"open", "won", "lost"}
    assert pipeline.sources() == [SOURCE]
    assert rows["opened_by"].eq(SOURCE).all()
    assert play_pipeline(played) == 0
    # Every history is one that people could have made.
    last = played.store.opportunities.events()["at"].max()
    assert last <= pd.Timestamp(NOW)
    known = played.store.kyc_answers.answered()
    past = rows[rows["step"].isin(["needs", "proposal", "signing", "delivery"])]
    assert set(past["customer_id"]) <= set(known.loc[known["question"].eq("chain"), "customer_id"])


def test_sums_are_those_of_the_single_opportunities(played: Project) -> None:
    pipeline = played.execution.pipeline
    rows = pipeline.frame()
    standing = rows[rows["state"].eq("open")]
    ages = pipeline.ageing().set_index("step")
    assert ages["n"].to_dict() == {
        step: int((standing["step"] == step).sum()) for step in pipeline.template.steps()
    }
    assert ages["overdue"].sum() == standing["is_overdue"].sum()
    forecast = pipeline.forecast().set_index("period")
    assert forecast.loc["all", "amount"] == pytest.approx(standing["amount"].sum())
    assert forecast.loc["all", "weighted"] == pytest.approx(ages["weighted"].sum())
    assert forecast["low"].le(forecast["weighted"]).all()
    conversion = pipeline.conversion().set_index("step")
    assert conversion.loc["target", "entered"] == len(rows)
    assert conversion.loc["delivery", "advanced"] == rows["state"].eq("won").sum()
    assert pipeline.ageing(currency="USD")["n"].sum() == 0
    assert pipeline.forecast(currency="USD").empty


def test_another_systems_history_is_checked_before_it_is_let_in(project: Project) -> None:
    pipeline = project.execution.pipeline
    row = {"key": "77", "customer_id": "c1", "offer": "sme_loan", "amount": 10, "owner": "wang"}
    row |= {"expected_close": "2026-12-31"}
    rows = pd.DataFrame([row])
    right = [
        {"key": "77", "event": "opened", "to_step": "target", "at": "2026-08-01", "who": "crm"},
        {"key": "77", "event": "skipped", "to_step": "needs", "at": "2026-08-09", "who": "crm"},
        {"key": "77", "event": "lost", "to_step": "", "at": "2026-09-01", "who": "crm", "reason": "price"},
    ]
    for number, wrong in (
        (0, {"event": "forward"}),
        (1, {"to_step": "nowhere"}),
        (1, {"event": "lost", "reason": "price"}),
        (2, {"reason": "speed"}),
        (2, {"at": "2027-09-01"}),
    ):
        moves = [entry | (wrong if at == number else {}) for at, entry in enumerate(right)]
        with pytest.raises(ParameterProblem, match="opportunity 77"):
            pipeline.load(rows, pd.DataFrame(moves), source="CRM")
    with pytest.raises(ParameterProblem, match="opportunity 77"):
        pipeline.load(rows, pd.DataFrame(right).iloc[:0], source="CRM")
    assert pipeline.load(rows, pd.DataFrame(right), source="CRM") == 1
    assert pipeline.load(rows, pd.DataFrame(right), source="CRM") == 0
    assert pipeline.frame()[["state", "step", "source"]].values.tolist() == [["lost", "needs", "CRM"]]
