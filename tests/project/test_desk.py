"""The desk: who is shown to whom at this moment, and what becomes of it."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.project import Project, cutting
from workbench.project.desk import Lease
from workbench.project.lists import TargetLists
from workbench.tables import STRATEGIES, TARGETS

CYCLE = "2026 Q3"
START = dt.datetime(2026, 10, 12, 1, 0)
N = 8


class Hand:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        return self.now

    def on(self, **time: float) -> None:
        self.now += dt.timedelta(**time)


def import_people(project: Project, **changes: dict[str, Any]) -> None:
    """Store customers 101 … and 201 … as an import does, with changes to some by number."""
    ids = [str(number) for base in (101, 201) for number in range(base, base + N)]
    people = pd.DataFrame(
        {
            "customer_id": ids,
            "kind": "retail",
            "name": "王小明",
            "gender": "M",
            "phone": "13812341234",
            "branch": ["Riverside" if int(number) % 2 else "Harbour" for number in ids],
            "consent": pd.Series([True] * len(ids), dtype="boolean"),
            "do_not_contact": pd.Series([False] * len(ids), dtype="boolean"),
        }
    ).set_index("customer_id")
    for number, values in changes.items():
        for name, value in values.items():
            people.loc[number.lstrip("c"), name] = value
    gone = [number.lstrip("c") for number, values in changes.items() if not values]
    frame = people.drop(index=gone).reset_index()
    project.store.artefacts.save("import", {"customers": frame}, summary={"tables": ["customers"]})


def _cards() -> pd.DataFrame:
    days = pd.Series(pd.to_datetime(["2026-10-12"] * 2)).astype("datetime64[us]")
    frame = pd.DataFrame(
        {
            "strategy_id": ["S1", "S2"],
            "name": ["Deposits", "Reviews"],
            "offer": ["time_deposit", "wealth_review"],
            "channel": ["phone", "sms"],
            "script": ["{name}您好，{product}", "Dear {name}: {product}"],
            "starts_on": days,
            # The second list is spread over eight days, one customer a day.
            "ends_on": days + pd.to_timedelta([0, N - 1], unit="D"),
        }
    ).assign(
        objective="keep",
        segment="All",
        lifecycle_stages="",
        scenario="product",
        value_per_response=900.0,
        cost_per_contact=12.0,
        expected_response=0.1,
        control_share=0.1,
    )
    return STRATEGIES.check(frame)


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk") / "bank"
    project = wb.create_project(folder, "Desk", clock=Hand())
    import_people(project)
    project.store.cycles.open(CYCLE, START.date())
    cards = _cards()
    project.store.cards.replace(CYCLE, cards.to_dict("records"))
    for strategy_id, base in (("S1", 101), ("S2", 201)):
        rows = {
            "customer_id": [str(number) for number in range(base, base + N)],
            "strategy_id": strategy_id,
            "segment": "All",
            "score": [1 - number / 20 for number in range(N)],
            "rank": range(1, N + 1),
            # The second of the first list is held back.
            "arm": ["control" if number == 102 else "treatment" for number in range(base, base + N)],
        }
        made = SimpleNamespace(
            targets=TARGETS.check(pd.DataFrame(rows)),
            funnel=pd.DataFrame({"gate": ["all"], "n_in": [N], "n_out": [0], "applied": [True]}),
            sha256=strategy_id,
            random_state=0,
        )
        TargetLists(project.at(CYCLE)).launch(made, cards)
    return folder


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def folder(launched: Path, tmp_path: Path) -> Path:
    shutil.copytree(launched, tmp_path / "bank")
    return tmp_path / "bank"


def opened(folder: Path, clock: Hand, who: str = "lin", role: str = "analyst") -> Project:
    project = wb.open_project(folder, role=role)
    project.store.database.clock, project.store.database.who = clock, who
    return project


@pytest.fixture
def project(folder: Path, clock: Hand) -> Project:
    return opened(folder, clock)


def take(project: Project, **options: Any) -> str | None:
    lease = project.execution.desk.take_next(**options)
    return None if lease is None else lease.customer_id


def record(project: Project, lease: Lease | None, disposition: str = "reached", **more: Any) -> str:
    assert lease is not None
    key = f"k{lease.lease_id}"
    return project.execution.desk.record(lease, disposition, **{"key": key, "agent": lease.agent, **more})


def test_the_next_customer_comes_with_all_that_is_needed(project: Project) -> None:
    lease = project.execution.desk.take_next()
    assert lease is not None
    assert (lease.customer_id, lease.masked_id, lease.branch) == ("101", "138****1234", "Riverside")
    assert (lease.strategy, lease.channel, lease.status) == ("Deposits", "phone", "open")
    assert (lease.script, lease.product) == ("王先生您好，定期存款", "定期存款")
    assert (lease.seconds_left, lease.due_on, lease.day) == (900, START.date(), START.date())
    assert lease.agent == "lin"


def test_two_people_are_shown_different_customers_in_the_worklists_order(
    project: Project, folder: Path, clock: Hand
) -> None:
    work = project.execution.worklist(today=START.date())
    due = work.loc[work["due_on"].le(pd.Timestamp(START.date())), "customer_id"].tolist()
    other = opened(folder, clock, "wang", "contributor")
    shown = [take(project if number % 2 else other) for number in range(4)]
    assert shown == due[:4]
    assert "102" not in due
    assert {lease.customer_id for lease in other.execution.desk.mine()} == {due[0], due[2]}
    counts = project.execution.desk.open_leases()
    assert counts[["agent", "n", "expired"]].groupby("agent").sum().values.tolist() == [[2, 0], [2, 0]]
    assert project.execution.desk.passed == {"leased": 3}
    clock.on(minutes=20)
    assert project.execution.desk.open_leases()["expired"].sum() == 4
    # Time is over: whom nobody recorded is shown to the next.
    assert take(project) == due[0]


def test_consent_is_read_when_the_customer_is_shown(project: Project) -> None:
    assert take(project) == "101"
    import_people(project, c103={"do_not_contact": True}, c104={"consent": False}, c105={})
    assert take(project) == "201"
    assert take(project) == "106"
    assert project.execution.desk.passed == {
        "leased": 2,
        "do_not_contact": 1,
        "no_consent": 1,
        "unknown": 1,
    }
    for number, sentence in (
        ("103", "asked not to be"),
        ("104", "withdrawn consent"),
        ("105", "newest import"),
    ):
        with pytest.raises(ParameterProblem, match=sentence):
            project.execution.desk.take("2026Q3-S1", number)
    # Who agrees again is shown again.
    import_people(project, c104={"consent": False})
    assert take(project) == "103"


def test_what_is_recorded_moves_the_customer(project: Project, clock: Hand) -> None:
    desk = project.execution.desk
    record(project, desk.take_next(), "callback")
    record(project, desk.take_next(strategy_id="S1"), "no_answer")
    record(project, desk.take_next(channel="sms"), responded=True, amount=9.0)
    assert take(project, channel="sms") is None
    clock.on(days=1)
    # A callback that was asked for comes before all first tries.
    lease = desk.take_next()
    assert lease is not None
    assert (lease.customer_id, lease.status, lease.attempts) == ("101", "callback", 1)
    assert lease.last_disposition == "callback"
    record(project, lease, "refused", responded=False)
    clock.on(days=1)
    first = [take(project) for _ in range(2)]
    assert "103" not in first
    clock.on(days=30)
    done = {"101", "201"}
    seen: set[str] = set()
    while (lease := desk.take_next()) is not None:
        seen.add(lease.customer_id)
        record(project, lease)
    assert not seen & done
    outcomes = project.execution.outcomes()
    assert sorted(outcomes["customer_id"]) == ["101", "201"]


def test_a_callback_waits_for_whoever_promised_it_on_its_day(
    project: Project, folder: Path, clock: Hand
) -> None:
    record(project, project.execution.desk.take_next(), "callback")
    clock.on(days=1)
    other = opened(folder, clock, "wang", "contributor")
    assert take(other) != "101"
    assert other.execution.desk.passed["promised"] == 1
    clock.on(days=1)
    assert take(other) == "101"


def test_what_comes_from_elsewhere_is_heard_of(project: Project) -> None:
    assert take(project) == "101"
    project.execution.record("2026Q3-S1", "103", disposition="reached")
    raw = {"customer_id": ["104", "201"], "responded": ["yes", "no"], "contacted_at": "2026-10-12"}
    project.execution.import_outcomes(pd.DataFrame(raw), today="2026-10-12")
    assert take(project) == "105"
    # A contact of long ago that is loaded now counts just as well.
    raw = {"customer_id": ["106"], "disposition": ["拒绝"], "contacted_at": "2026-10-01"}
    project.execution.import_outcomes(pd.DataFrame(raw), since="2026-01-01")
    assert take(project) == "107"


def test_results_from_before_they_were_numbered_count(project: Project) -> None:
    project.execution.record("2026Q3-S1", "101", disposition="reached")
    project.execution.record("2026Q3-S1", "103", disposition="reached", responded=True)
    with project.store.database.engine.begin() as connection:
        for table in ("contacts", "outcomes"):
            connection.exec_driver_sql(f"UPDATE {table} SET position = NULL")
    assert take(project) == "201"
    project.execution.record("2026Q3-S1", "104", disposition="reached")
    assert take(project) == "105"


def test_the_old_way_to_record_respects_who_holds_the_customer(
    project: Project, folder: Path, clock: Hand
) -> None:
    assert take(project) == "101"
    other = opened(folder, clock, "wang", "contributor").execution
    with pytest.raises(Conflict, match="lin works with this customer"):
        other.record("2026Q3-S1", "101", disposition="reached")
    clock.on(minutes=16)
    assert other.record("2026Q3-S1", "101", disposition="reached")


def test_ahead_goes_on_with_later_first_tries(project: Project) -> None:
    desk = project.execution.desk
    record(project, desk.take_next(strategy_id="S2"), "no_answer")
    assert take(project, strategy_id="S2") is None
    assert take(project, strategy_id="S2", ahead=True) == "202"
    # Another try that is due goes by its score, like a first one.
    assert [take(project, strategy_id="S2", day="2026-10-14") for _ in range(2)] == ["201", "203"]
    with pytest.raises(NotFound, match="strategy S9"):
        desk.take_next(strategy_id="S9")


def test_an_offer_whose_quota_is_used_up_is_not_shown(project: Project) -> None:
    quota, desk = project.execution.quota, project.execution.desk
    assert quota.left("time_deposit") is None
    quota.define("time_deposit", 1, valid_from="2026-10-12", valid_to="2026-10-20", branch="Riverside")
    quota.define("time_deposit", 1, valid_from="2026-10-12")
    riverside = desk.take_next(strategy_id="S1")
    assert riverside is not None
    booking = quota.book("time_deposit", 1, key="b", lease=riverside)
    assert quota.frame()[["branch", "total", "booked", "left"]].values.tolist() == [
        ["Riverside", 1.0, 1.0, 0.0],
        ["", 1.0, 0.0, 1.0],
    ]
    # Harbour still has the bank's; Riverside's own is gone.
    harbour = desk.take_next(strategy_id="S1")
    assert harbour is not None
    assert (harbour.customer_id, harbour.branch) == ("104", "Harbour")
    assert desk.passed == {"leased": 1, "used_up": 1}
    quota.book("time_deposit", 1, key="c", lease=harbour)
    with pytest.raises(ParameterProblem, match="0 are left"):
        quota.book("time_deposit", 1, key="d", lease=harbour)
    # Nobody is found: all are gone through, to say why.
    assert take(project, strategy_id="S1") is None
    assert desk.passed["used_up"] > 1
    stopped = desk.stopped()
    assert stopped[["strategy_id", "branch", "why"]].values.tolist() == [
        ["S1", "Riverside", "used_up"],
        ["S1", "", "used_up"],
    ]
    assert "全行" in desk.stopped(lang="zh_CN")["sentence"].iloc[1]
    with pytest.raises(ParameterProblem, match="used up"):
        desk.take("2026Q3-S1", "105")
    # The other strategy goes on; and what comes back can be sold again.
    assert take(project) == "201"
    assert "used_up" not in desk.passed
    record(project, harbour, "refused", responded=False)
    assert take(project, strategy_id="S1") == "106"
    quota.give_back(booking, key="r")
    ledger = quota.ledger()
    assert ledger["kind"].tolist() == ["open", "open", "book", "book", "return", "return"]
    assert ledger.groupby("quota_id")["amount"].sum().tolist() == [1.0, 1.0]
    assert desk.stopped().empty
    # A customer taken for another day is sold from what holds on that day: the bank's.
    early = desk.take_next(strategy_id="S1", day="2026-10-21")
    assert early is not None
    assert (early.customer_id, early.branch) == ("103", "Riverside")
    quota.book("time_deposit", 1, key="e", lease=early)
    assert quota.ledger()["quota_id"].iloc[-1] == 2


def test_money_is_counted_to_the_fen(project: Project) -> None:
    quota = project.execution.quota
    number = quota.define("wealth_review", 100.3, measure="CNY", valid_from="2026-10-12")
    for key in range(3):
        quota.book("wealth_review", 33.1, key=str(key), customer_id=str(key))
    assert quota.left("wealth_review") == 1.0
    quota.give_back(2, key="r", amount=0.1)
    assert (quota.left("wealth_review"), quota.ledger(number)["amount"].iloc[-1]) == (1.1, 0.1)
    quota.change(number, total=99.2)
    assert quota.left("wealth_review") == 0.0
    # Before its first day there is none to sell.
    assert quota.left("wealth_review", "2026-10-11") == 0.0
    with pytest.raises(ParameterProblem, match=r"amount of 0\.001"):
        quota.book("wealth_review", 0.001, key="x")
    assert "customer_id" not in quota.ledger()


def test_a_press_that_is_sent_again_is_recorded_once(project: Project) -> None:
    desk = project.execution.desk
    lease = desk.take_next()
    assert lease is not None
    first = desk.record(lease, "reached", key="page 1", responded=True)
    assert desk.record(lease.lease_id, "reached", key="page 1", responded=True) == first
    assert len(project.execution.contacts()) == len(project.execution.outcomes()) == 1
    assert project.execution.contacts()["channel"].tolist() == ["phone"]
    with pytest.raises(ParameterProblem, match='"maybe" is not a disposition'):
        record(project, desk.take_next(), "maybe")
    held = desk.mine()[0]
    with pytest.raises(ParameterProblem, match="note"):
        desk.record(held, "reached", key="n", note="lost without an answer")


def test_one_customer_is_taken_by_name(project: Project, folder: Path, clock: Hand) -> None:
    desk = project.execution.desk
    lease = desk.take("2026Q3-S2", "205")
    assert (lease.customer_id, lease.due_on) == ("205", dt.date(2026, 10, 16))
    with pytest.raises(Conflict, match="lin works with this customer"):
        opened(folder, clock, "wang").execution.desk.take("2026Q3-S2", "205")
    record(project, lease)
    with pytest.raises(ParameterProblem, match="All is done"):
        desk.take("2026Q3-S2", "205")
    for customer in ("102", "999"):
        with pytest.raises(NotFound, match="2026Q3-S1"):
            desk.take("2026Q3-S1", customer)
    kept = desk.take("2026Q3-S2", "206")
    assert desk.renew(kept, minutes=30) == clock.now + dt.timedelta(minutes=30)
    desk.give_back(kept, "Asked for a colleague")
    assert desk.mine() == []
    # Who gave a customer back is shown others; a colleague is shown this one.
    on = {"day": "2026-10-17", "strategy_id": "S2"}
    assert [take(project, **on) for _ in range(5)] == ["201", "202", "203", "204", None]
    assert desk.passed == {"leased": 4, "given_back": 1}
    assert take(opened(folder, clock, "wang"), **on) == "206"
    clock.on(hours=13)
    assert take(project, strategy_id="S2", day="2026-10-17") == "201"


def test_a_viewer_sees_counts_and_takes_nobody(project: Project, folder: Path, clock: Hand) -> None:
    take(project)
    viewer = opened(folder, clock, role="viewer").execution
    assert viewer.desk.open_leases().columns.tolist() == ["strategy_id", "n", "expired", "since"]
    for call in (viewer.desk.take_next, viewer.desk.mine):
        with pytest.raises(NotAllowed):
            call()
    with pytest.raises(NotAllowed):
        viewer.quota.book("time_deposit", 1, key="k")
    seller = opened(folder, clock, role="contributor").execution
    for define in (
        lambda: seller.quota.define("time_deposit", 1, valid_from="2026-10-12"),
        lambda: seller.dispositions.retire("refused"),
        lambda: seller.materials.withdraw("x", 1, "y"),
    ):
        with pytest.raises(NotAllowed):
            define()


def test_a_code_in_use_is_retired_and_not_deleted(project: Project) -> None:
    execution = project.execution
    codes = execution.dispositions
    own = {"code": "visit", "en": "Comes in", "zh_CN": "到店", "reached": True, "next": "callback", "days": 2}
    assert (codes.version, codes.put(own, note="branches asked for it")) == (0, 1)
    record(project, execution.desk.take_next(), "visit")
    assert codes.frame().set_index("code").loc["visit", "n"] == 1
    with pytest.raises(ParameterProblem, match=r"can't be deleted.* have it: 1\."):
        codes.delete("visit")
    assert codes.delete("wrong_number") == codes.retire("visit") - 1 == 2
    assert list(codes.offered()) == ["reached", "no_answer", "refused", "callback", "do_not_contact"]
    assert codes.labels("zh_CN")["visit"] == "到店"
    with pytest.raises(ParameterProblem, match="retired"):
        record(project, execution.desk.take_next(), "visit")
    # What was recorded still means what it meant.
    work = execution.worklist(today="2026-10-12").set_index("customer_id")
    assert work.loc["101", "status"] == "callback"
    changed = codes.frame().assign(days=7)
    with pytest.raises(Conflict):
        codes.save(changed, expected_version=1)
    assert codes.save(codes.frame(), expected_version=1) == 3
    assert codes.restore("visit") == 4
    assert codes.versions()["note"].tolist()[0] == "branches asked for it"
    with pytest.raises(NotFound, match='code "maybe"'):
        codes.retire("maybe")


def test_only_the_current_rate_is_given(project: Project) -> None:
    materials = project.execution.materials
    words = {"offer": "time_deposit", "title": "Rate", "title_zh": "利率", "kind": "rate", "unit": "% p.a."}
    materials.add("rate", value=2.35, valid_from="2026-10-01", valid_to="2026-10-12", **words)
    materials.add("rate", value=2.1, valid_from="2026-10-13", **words)
    assert [materials.current("rate", day)["value"] for day in (None, "2026-10-13")] == [2.35, 2.1]
    rate = materials.rate("time_deposit", "2026-10-20")
    assert rate is not None
    assert rate["value"] == 2.1
    assert materials.rate("fund_plan") is None
    with pytest.raises(NotFound, match="may be shown on 2026-09-30"):
        materials.current("rate", "2026-09-30")
    assert materials.end("rate", 2, "2026-10-31") == 2
    materials.withdraw("rate", 2, "Misprint")
    assert materials.shown(day="2026-10-20").empty
    assert materials.frame()["version"].tolist() == [1, 2]


def test_who_asks_not_to_be_called_again_is_on_no_list_any_more(
    project: Project, folder: Path, clock: Hand
) -> None:
    other = opened(folder, clock, "wang", "contributor")
    assert take(other, strategy_id="S2") == "201"
    lease = project.execution.desk.take_next()
    record(project, lease, "do_not_contact", responded=False)
    assert project.execution.dispositions.asked_to_stop() == {"101"}
    assert "101" not in set(project.execution.worklist()["customer_id"])
    # A customer who says so when called for one list is passed over for every other, and at once.
    about = {"list_id": "2026Q3-S1", "strategy_id": "S1", "customer_id": "202", "channel": "phone"}
    said = {"contact_id": "c", "contacted_at": clock(), "disposition": "do_not_contact", "agent": "lin"}
    project.store.results.add([about | said])
    assert take(other, strategy_id="S2", ahead=True) == "203"
    assert other.execution.desk.passed == {"leased": 1, "asked_to_stop": 1}
    with pytest.raises(ParameterProblem, match="told a caller"):
        other.execution.desk.take("2026Q3-S2", "202")
    # Lists that are cut later leave them out, whatever the newest import says.
    people = pd.DataFrame({"customer_id": ["101", "103"]})
    assert cutting._silenced(people, {"101"})["do_not_contact"].tolist() == [True, False]
    codes = project.execution.dispositions
    with pytest.raises(ParameterProblem, match="stop all contacts"):
        codes.put({"code": "callback", "stops": True})
    # A code that stops no longer lets them be called again.
    codes.put({"code": "do_not_contact", "stops": False})
    assert codes.asked_to_stop() == set()
