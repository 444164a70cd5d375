"""A past campaign through the worklist: in its order, under leases, none lost, none twice."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import NotAllowed, ParameterProblem
from workbench.project import Project, replay
from workbench.project.lists import TargetLists
from workbench.store.lease_batches import LeaseBatches
from workbench.tables import STRATEGIES, TARGETS

CYCLE = "2026 Q3"
DAY = dt.date(2026, 7, 1)
AGAIN = {"code": "again", "en": "Again", "zh_CN": "再次", "reached": False, "next": "callback", "days": 0}
KINDS = {"cellular": "S1", "telephone": "S2", "unknown": "S3"}
EVERY = 60
"""Of the file, so many lines are stepped over for each that is played here."""
SCRIPT = """step hello: Hello
  must say [recording]: This call is recorded.
  objection: No time = It takes one minute.
  answer: Go on -> offer
step offer: The offer
  answer: Yes -> done
  answer: No -> gone
end done: reached, yes
end gone: refused, no
"""


def cards(names: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame({"strategy_id": names}).assign(
        name=names,
        objective="keep",
        segment="All",
        lifecycle_stages="",
        scenario="product",
        offer="time_deposit",
        channel="phone",
        script="{name}",
        value_per_response=900.0,
        cost_per_contact=12.0,
        expected_response=0.1,
        control_share=0.1,
        starts_on=pd.Timestamp(DAY).as_unit("us"),
        ends_on=pd.Timestamp(DAY).as_unit("us"),
    )
    return STRATEGIES.check(frame)


def launch(project: Project, rows: pd.DataFrame) -> None:
    """Launch one list a strategy; the rows name customer_id, strategy_id and arm."""
    made = cards(sorted(rows["strategy_id"].unique()))
    project.store.cards.replace(project.cycle.cycle_id, made.to_dict("records"))
    project.store.lists.four_eyes = len(rows) + 1
    for strategy_id, some in rows.groupby("strategy_id"):
        n = len(some)
        whole = some.assign(segment="All", score=[1 - k / n for k in range(n)], rank=range(1, n + 1))
        funnel = pd.DataFrame({"gate": ["all"], "n_in": [n], "n_out": [0], "applied": [True]})
        targets = TARGETS.check(whole.reset_index(drop=True))
        selected = SimpleNamespace(targets=targets, funnel=funnel, sha256=strategy_id, random_state=0)
        TargetLists(project).launch(selected, made)


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay") / "bank"
    project = wb.create_project(folder, "Replay")
    ids = [f"{n:03d}" for n in range(12)]
    refuses = pd.Series([name == "007" for name in ids], dtype="boolean")
    people = pd.DataFrame({"customer_id": ids, "kind": "retail", "do_not_contact": refuses})
    project.store.artefacts.save("import", {"customers": people}, summary={"tables": ["customers"]})
    project.store.cycles.open(CYCLE, DAY)
    project = project.at(CYCLE)
    arms = ["control" if name == "005" else "treatment" for name in ids]
    launch(project, pd.DataFrame({"customer_id": ids, "strategy_id": "S1", "arm": arms}))
    project.execution.dispositions.put(AGAIN)
    project.execution.scripts.save("S1", SCRIPT)
    return folder


@pytest.fixture
def project(launched: Path, tmp_path: Path) -> Project:
    shutil.copytree(launched, tmp_path / "bank")
    return wb.open_project(tmp_path / "bank")


def history(*rows: tuple[str, bool, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "responded", "calls"])
    frame["contacted_at"] = pd.to_datetime("2026-07-01") + pd.to_timedelta(frame.index, unit="D")
    return wb.build_contacts(
        frame.assign(amount=100.0).astype({"responded": "boolean"}), tries="calls", earlier="again"
    )


def stored(project: Project) -> set[tuple[Any, ...]]:
    columns = ["customer_id", "contacted_at", "disposition", "channel", "list_id"]
    return set(project.execution.contacts()[columns].itertuples(index=False, name=None))


def test_contacts_are_taken_and_recorded_as_presses_at_the_desk_would_be(
    project: Project, launched: Path, tmp_path: Path
) -> None:
    table = history(("000", True, 3), ("001", False, 1), ("002", False, 4), ("003", True, 1))
    report = wb.replay_contacts(project, table, agents=["lin", "chen"])
    assert (report.rows, report.recorded, report.repeated, len(report.left)) == (9, 9, 0, 0)
    assert report.totals["equal"].all()
    shutil.copytree(launched, tmp_path / "by_hand")
    other = wb.open_project(tmp_path / "by_hand")
    desk, left = (
        other.execution.desk,
        {name: list(rows.itertuples()) for name, rows in table.groupby("customer_id")},
    )
    while any(left.values()):
        lease = desk.take_next("lin", day="2027-07-01", ahead=True)
        if not left.get(lease.customer_id):
            desk.give_back(lease, "Not in the file")
            continue
        row = left[lease.customer_id].pop(0)
        answer = None if pd.isna(row.responded) else bool(row.responded)
        told = {"responded": answer, "amount": row.amount if answer else None}
        at = row.contacted_at.to_pydatetime()
        desk.record(lease, row.disposition, key=f"key {row.Index}", contacted_at=at, agent="lin", **told)
    assert stored(project) == stored(other)
    answers = [
        each.execution.outcomes().set_index("customer_id")[["responded", "amount"]].sort_index()
        for each in (project, other)
    ]
    pd.testing.assert_frame_equal(*answers)
    # The lists look alike to whoever goes on by hand.
    columns = ["customer_id", "status", "attempts", "last_disposition"]
    pd.testing.assert_frame_equal(
        *(each.execution.worklist("2026-07-20")[columns] for each in (project, other))
    )
    leases = project.store.leases.frame()
    assert leases["ended_as"].eq("recorded").all()
    assert project.store.leases.rows() == []
    assert set(leases["agent"]) == {"lin", "chen"}
    assert set(project.execution.contacts()["contact_id"]) == set(leases["contact_id"])


def test_the_same_table_again_changes_nothing_and_one_that_broke_off_goes_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = history(("000", True, 3), ("001", False, 2), ("002", False, 1))
    work, calls = LeaseBatches.work, []

    def breaks(self: LeaseBatches, *args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            kwargs["also"] = lambda done: 1 / 0
        return work(self, *args, **kwargs)

    monkeypatch.setattr(LeaseBatches, "work", breaks)
    monkeypatch.setattr(replay, "_ROUNDS", 1)
    with pytest.raises(ZeroDivisionError):
        wb.replay_contacts(project, table, agents=1)
    # The first batch stands, of the second there is no trace.
    assert len(project.execution.contacts()) == 3
    assert project.store.leases.rows() == []
    report = wb.replay_contacts(project, table, agents=1)
    assert (report.recorded, report.repeated) == (3, 3)
    assert report.totals["equal"].all()
    again = wb.replay_contacts(project, pd.concat([table, table.tail(1)]))
    assert (again.recorded, again.repeated, len(again.left)) == (0, 7, 0)
    assert again.totals["equal"].all()
    assert len(project.execution.contacts()) == 6


def test_what_the_worklist_would_not_have_shown_is_left_and_said(project: Project) -> None:
    quiet = pd.DataFrame(
        {
            "customer_id": ["001"] * 4,
            "contacted_at": pd.date_range("2026-07-01", periods=4, freq="D"),
            "disposition": "no_answer",
        }
    )
    table = pd.concat([history(("005", True, 1), ("007", True, 1), ("999", True, 1)), quiet])
    held = project.execution.desk.take("2026Q3-S1", "003", "lin")
    table = pd.concat([table, history(("003", True, 1))], ignore_index=True)
    report = wb.replay_contacts(project, table)
    assert report.recorded == 3
    assert report.left.set_index("customer_id")["why"].to_dict() == {
        "005": "control",
        "007": "do_not_contact",
        "999": "not_on_list",
        "001": "done",
        "003": "leased",
    }
    assert not report.totals["equal"].all()
    project.execution.desk.give_back(held, "Somebody calls them")
    assert wb.replay_contacts(project, table).recorded == 1


def test_calls_by_script_are_recorded_with_their_contacts(project: Project) -> None:
    table = history(*((f"{n:03d}", n % 2 == 0, 1) for n in (0, 1, 2, 3, 4)))
    script = project.execution.scripts.one("S1", 1).script
    table = wb.rehearse_calls(table.assign(script_version=1), {1: script}, hang_up=0.5, random_state=1)
    wb.replay_contacts(project, table)
    runs = project.execution.scripts.runs("S1")
    assert len(runs) == 5
    assert set(runs["contact_id"]) == set(project.execution.contacts()["contact_id"])
    steps = project.execution.scripts.step_outcomes("S1").set_index("step")
    assert (steps.loc["hello", "reached"], steps.loc["done", "reached"]) == (5, 3)
    assert steps.loc["gone", "reached"] + steps["left"].sum() >= 2
    wrong = table.assign(disposition="refused").iloc[:1]
    with pytest.raises(ParameterProblem, match="refused"):
        wb.replay_contacts(project, wrong.assign(customer_id="006"))


def test_a_table_that_can_not_be_played_is_refused(project: Project) -> None:
    table = history(("000", True, 1))
    ahead = table.assign(contacted_at=pd.Timestamp("2999-01-01"))
    for wrong, words in (
        (table.drop(columns="disposition"), "lacks: disposition"),
        (table.assign(disposition="dreamt"), "dreamt"),
        (table.assign(contacted_at=pd.NaT), "row 1"),
        (ahead, "lie ahead"),
    ):
        with pytest.raises(ParameterProblem, match=words):
            wb.replay_contacts(project, wrong)
    with pytest.raises(ParameterProblem, match="at least one"):
        wb.replay_contacts(project, table, agents=[])
    with pytest.raises(NotAllowed):
        wb.replay_contacts(wb.open_project(project.folder, role="viewer"), table)
    with pytest.raises(ParameterProblem, match="whole number"):
        wb.build_contacts(
            pd.DataFrame(
                {"customer_id": ["1"], "contacted_at": [pd.Timestamp(DAY)], "responded": [True], "n": [0]}
            ),
            tries="n",
        )
    assert project.execution.contacts().empty


@pytest.mark.cases
def test_a_real_campaign_comes_out_with_the_totals_of_its_file(cases: Path, tmp_path: Path) -> None:
    """Each 60th line; `benchmarks/replay_contacts.py` plays them all."""
    lines = (cases / "bank-marketing.csv").read_text().splitlines()
    sample = tmp_path / "bank-marketing.csv"
    sample.write_text("\n".join([lines[0], *lines[1::EVERY]]))
    with sample.open() as file:
        raw = list(csv.DictReader(file, delimiter=";"))
    project = wb.create_project(tmp_path / "bank")
    project.import_files(sample, snapshot_date="2010-12-31")
    calls = project.table("campaign_history")
    strategies = calls["contact"].fillna("unknown").map(KINDS)
    launch(
        project,
        pd.DataFrame({"customer_id": calls["customer_id"], "strategy_id": strategies, "arm": "treatment"}),
    )
    project.execution.dispositions.put(AGAIN)
    table = wb.build_contacts(calls, tries="contacts", earlier="again")
    report = wb.replay_contacts(project, table)
    assert report.left.empty
    totals = report.totals.set_index(["by", "value"])
    assert totals["equal"].all()
    tries = Counter[str]()
    for row in raw:
        tries[row["contact"]] += int(row["campaign"])
    n_yes = sum(row["y"] == "yes" for row in raw)
    everything = totals.loc[("all", "all")]
    assert everything["contacts_recorded"] == sum(tries.values()) == len(project.execution.contacts())
    assert everything["answers_recorded"] == len(raw) == len(project.execution.outcomes())
    assert everything["responses_recorded"] == n_yes
    n_again = sum(tries.values()) - len(raw)
    for code, n in (("reached", n_yes), ("refused", len(raw) - n_yes), ("again", n_again)):
        assert totals.loc[("disposition", code), "contacts_recorded"] == n
    for kind, strategy_id in KINDS.items():
        assert totals.loc[("list_id", f"2010Q4-{strategy_id}"), "contacts_recorded"] == tries[kind]
    months = Counter[str]()
    for (by, value), n in totals["answers_recorded"].items():
        if by == "month":
            months[dt.date.fromisoformat(f"{value}-01").strftime("%b").lower()] += int(n)
    assert months == Counter(row["month"] for row in raw)
