"""Referrals from the analyst's handle: who may be referred, what waits for whom, and the sums."""

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

N = 6


class Hand:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 10, 12, 1, 0)

    def __call__(self) -> dt.datetime:
        return self.now

    def on(self, **time: float) -> None:
        self.now += dt.timedelta(**time)


def import_people(project: Project, **changes: dict[str, Any]) -> None:
    """Store customers c1 … as an import does, the last one a company, with changes to some."""
    ids = [f"c{number}" for number in range(1, N + 1)]
    people = pd.DataFrame(
        {
            "customer_id": ids,
            "kind": ["retail"] * (N - 1) + ["corporate"],
            "name": "王小明",
            "phone": "13812341234",
            "branch": ["Riverside" if int(name[1]) % 2 else "Harbour" for name in ids],
            "consent": pd.Series([True] * N, dtype="boolean"),
            "do_not_contact": pd.Series([False] * N, dtype="boolean"),
        }
    ).set_index("customer_id")
    for customer, values in changes.items():
        for name, value in values.items():
            people.loc[customer, name] = value
    gone = [customer for customer, values in changes.items() if not values]
    project.store.artefacts.save(
        "import", {"customers": people.drop(index=gone).reset_index()}, summary={"tables": ["customers"]}
    )


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("referrals") / "bank"
    project = wb.create_project(folder, "Referrals", clock=Hand())
    import_people(project)
    project.store.cycles.open("2026 Q3", dt.date(2026, 9, 30))
    return folder


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def project(begun: Path, tmp_path: Path, clock: Hand) -> Project:
    shutil.copytree(begun, tmp_path / "bank")
    return wb.open_project(tmp_path / "bank", role="contributor", who="lin", clock=clock)


def other(project: Project, who: str, role: str = "contributor") -> Project:
    return wb.open_project(project.folder, role=role, who=who, clock=project.store.database.clock)


def send(project: Project, customer: str = "c1", key: str = "s", **more: Any) -> int:
    values = {"to_unit": "Private banking", "kind": "manager_to_private"} | more
    return project.execution.referrals.send(customer, key=key, **values)


def test_from_one_desk_to_the_other(project: Project, clock: Hand) -> None:
    mine, wang = project.execution.referrals, other(project, "wang").execution.referrals
    number = send(project, note="Owns a factory")
    assert mine.inbox().empty
    row = wang.inbox("Private banking").iloc[0]
    assert (row["referral_id"], row["masked_id"], row["from_unit"]) == (number, "138****1234", "Riverside")
    assert (row["held"], row["customer_kind"], row["note"]) == ("", "retail", "Owns a factory")
    assert wang.inbox("Harbour").empty
    wang.accept(number, key="a")
    with pytest.raises(Conflict, match="wang accepted"):
        other(project, "chen").execution.referrals.accept(number, key="c")
    assert wang.inbox("Harbour")["state"].tolist() == ["accepted"]
    clock.on(days=15)
    assert wang.inbox()["is_overdue"].tolist() == [True]
    wang.begin(number, key="b")
    wang.win(number, 1_000.01, key="w")
    assert mine.outbox()["state"].tolist() == ["won"]
    assert mine.history(number)["event"].tolist() == ["send", "accept", "begin", "win"]
    credit = mine.credit_sums(by_person=True).set_index("person")["amount"]
    assert credit.to_dict() == {"lin": 500.01, "wang": 500.0}
    funnel = other(project, "boss", "viewer").execution.referrals.funnel().set_index("kind")
    assert funnel.loc["manager_to_private", ["sent", "won", "rate"]].tolist() == [1, 1, 1]
    assert funnel.loc["corporate_to_retail"].isna().all()
    assert mine.units() == ["Harbour", "Private banking", "Riverside"]


def test_what_came_back_leads_the_senders_list(project: Project, clock: Hand) -> None:
    mine, wang = project.execution.referrals, other(project, "wang").execution.referrals
    first, second, third = (send(project, f"c{n}", f"s{n}") for n in (1, 2, 3))
    wang.refuse(second, "no_capacity", key="r", note="next week")
    wang.accept(third, key="a")
    clock.on(days=6)
    sent = mine.outbox()
    assert sent["is_back"].tolist() == [True, True, False]
    assert dict(zip(sent["referral_id"], sent["state"], strict=True)) == {
        first: "expired",
        second: "refused",
        third: "accepted",
    }
    with pytest.raises(ParameterProblem, match="went back to lin"):
        wang.accept(first, key="late")
    again = mine.send_again(first, key="again", to_unit="Harbour", to_person="chen")
    assert other(project, "chen").execution.referrals.inbox()["referral_id"].tolist() == [again]
    # Sent anew in the ordinary way, it is not asked for once more.
    send(project, "c2", "s22")
    assert not mine.outbox()["is_back"].any()
    with pytest.raises(ParameterProblem, match="has not come back"):
        mine.send_again(again, key="x")
    with pytest.raises(NotAllowed, match="lin sent this"):
        wang.send_again(second, key="y")


def test_consent_counts_when_it_is_shown_not_when_it_was_sent(project: Project) -> None:
    mine, wang = project.execution.referrals, other(project, "wang").execution.referrals
    numbers = {name: send(project, name, name) for name in ("c1", "c2", "c3")}
    analyst = other(project, "ann", "analyst")
    import_people(analyst, c1={"do_not_contact": True}, c2={"consent": False}, c3={})
    held = wang.inbox().set_index("customer_id")["held"]
    assert held.to_dict() == {"c1": "do_not_contact", "c2": "no_consent", "c3": "unknown"}
    for name, sentence in (("c1", "asked not to be"), ("c2", "has not agreed"), ("c3", "no longer in")):
        with pytest.raises(ParameterProblem, match=sentence):
            wang.accept(numbers[name], key=f"a{name}")
    wang.refuse(numbers["c1"], "customer_declined", key="r")
    with pytest.raises(ParameterProblem, match="asked not to be"):
        mine.send_again(numbers["c1"], key="again")


def test_who_can_not_be_referred(project: Project) -> None:
    with pytest.raises(NotFound, match='no customer "c99"'):
        send(project, "c99")
    with pytest.raises(ParameterProblem, match="is for retail customers, and this one is a company"):
        send(project, f"c{N}")
    with pytest.raises(ParameterProblem, match="can't be referred as"):
        send(project, kind="sideways")
    with pytest.raises(ParameterProblem, match="at most two decimals"):
        project.execution.referrals.win(1, 0.001, key="w")
    with pytest.raises(NotFound, match="number 9"):
        project.execution.referrals.refuse(9, "no_capacity", key="r")
    assert send(project, f"c{N}", kind="corporate_to_retail", to_unit="Riverside") == 1
    assert list(project.execution.referrals.kinds("zh_CN", "corporate").values()) == [
        "公司 → 零售（代发、关键人）"
    ]
    viewer = other(project, "boss", "viewer").execution.referrals
    for call in (lambda: viewer.inbox(), lambda: viewer.suggest(), lambda: viewer.open_of("c1")):
        with pytest.raises(NotAllowed):
            call()


def test_rules_of_the_projects_own(project: Project) -> None:
    send(project)
    rules = other(project, "ann", "analyst").execution.referrals.rules
    assert rules.version == 0
    assert rules.put_kind({"code": "manager_to_private", "sender_share": 70, "accept_days": 2}) == 1
    visit = {"code": "visit", "en": "Branch visit", "zh_CN": "到店", "customer": "", "accept_days": 1}
    rules.put_kind({**visit, "work_days": 2, "sender_share": 0}, note="new")
    kinds = rules.kinds().set_index("code")
    assert kinds.loc["manager_to_private", ["sender_share", "n"]].tolist() == [70, 1]
    assert "visit" in project.execution.referrals.kinds()
    with pytest.raises(ParameterProblem, match="in use"):
        rules.delete("manager_to_private")
    rules.retire("manager_to_private")
    assert "manager_to_private" not in project.execution.referrals.kinds()
    assert "manager_to_private" in project.execution.referrals.labels()
    rules.restore("manager_to_private")
    rules.delete("visit")
    project.execution.referrals.withdraw(1, "by_mistake", key="w")
    with pytest.raises(ParameterProblem, match=r"in use.*: 1"):
        rules.delete("by_mistake")
    rules.put_reason({"code": "price", "en": "Too dear"})
    assert project.execution.referrals.reasons("lose")["price"] == "Too dear"
    assert rules.reasons().set_index("code").loc["by_mistake", "n"] == 1
    with pytest.raises(NotFound, match='no "nonsense"'):
        rules.retire("nonsense")
    assert rules.versions()["note"].tolist().count("new") == 1
    # A table goes back in as it came out.
    assert rules.save(rules.kinds(), rules.reasons()) == rules.version
    with pytest.raises(Conflict):
        rules.put_kind({"code": "manager_to_private", "accept_days": 9}, expected_version=0)
    with pytest.raises(NotAllowed):
        project.execution.referrals.rules.retire("price")
