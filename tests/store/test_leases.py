"""Leases: a customer is worked on by one person, and what came of them is recorded once."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.store import Store, open_store
from workbench.store import schema_execution as tables
from workbench.store.lease_rows import Look, Wanted

CYCLE = "2026 Q2"


class Hand:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 10, 9, 2, 0)

    def __call__(self) -> dt.datetime:
        return self.now

    def on(self, minutes: float) -> None:
        self.now += dt.timedelta(minutes=minutes)


def with_list(store: Store, strategy_id: str = "S1", customers: int = 20) -> str:
    """Launch a list of customers "1", "2" …"""
    # Not above: the processes of the last test need no frames.
    import pandas as pd

    if CYCLE not in {row["cycle_id"] for row in store.cycles.rows()}:
        store.cycles.open(CYCLE, dt.date(2026, 6, 30))
    card = {
        "strategy_id": strategy_id,
        "name": "Deposits",
        "objective": "keep",
        "segment": "All",
        "scenario": "product",
        "offer": "time_deposit",
        "channel": "phone",
    }
    store.cards.save(CYCLE, card, None)
    frame = pd.DataFrame({"customer_id": [str(n) for n in range(1, customers + 1)], "arm": "treatment"})
    artefact = store.artefacts.save("target_list", {"targets": frame}, cycle_id=CYCLE, side_by_side=True)
    store.lists.launch(
        f"L-{strategy_id}",
        cycle_id=CYCLE,
        strategy_id=strategy_id,
        artefact_id=artefact.artefact_id,
        n=customers,
        n_control=0,
        sha256="-",
        seed=0,
        card=card,
    )
    return f"L-{strategy_id}"


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder with a launched list, made once; each test works on a copy."""
    folder = tmp_path_factory.mktemp("listed")
    with_list(open_store(folder, clock=Hand()))
    return folder


@pytest.fixture
def store(listed: Path, tmp_path: Path, clock: Hand) -> Store:
    shutil.copytree(listed, tmp_path / "bank")
    return open_store(tmp_path / "bank", who="lin", clock=clock)


def take(store: Store, customer: str = "1", agent: str = "lin", minutes: float = 15) -> dict[str, Any]:
    wanted = Wanted("L-S1", "S1", customer)
    found = store.leases.take(agent, lambda _: wanted, cycle_id=CYCLE, after=(0, 0), minutes=minutes)
    assert found is not None
    return found


def record(store: Store, lease: dict[str, Any], key: str = "k", **outcome: Any) -> tuple[str, bool]:
    contact = {"channel": "phone", "disposition": "reached"}
    return store.leases.record(lease["lease_id"], lease["agent"], key, contact, outcome or None)


def test_a_second_person_is_kept_out_until_it_is_over(store: Store, clock: Hand) -> None:
    first = take(store)
    assert first["expires_at"] == clock.now + dt.timedelta(minutes=15)
    with pytest.raises(Conflict, match="lin works with this customer until 02:15"):
        take(store, agent="wang")
    clock.on(15)
    assert take(store, agent="wang")["agent"] == "wang"
    rows = store.leases.frame().set_index("agent")
    assert rows.loc["lin", "ended_as"] == "expired"
    # It ended when its time was over, not when somebody noticed.
    assert rows.loc["lin", "ended_at"] == first["expires_at"]
    assert [row["agent"] for row in store.leases.rows()] == ["wang"]


def test_the_customer_is_kept_on_every_list(store: Store) -> None:
    with_list(store, "S2")
    take(store)
    with pytest.raises(Conflict):
        store.leases.take("wang", lambda _: Wanted("L-S2", "S2", "1"), cycle_id=CYCLE, after=(0, 0))


def test_the_database_itself_keeps_a_second_lease_out(store: Store) -> None:
    lease = take(store)
    with store.database.engine.begin() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.execute(
            sa.insert(tables.leased_customers).values(customer_id="1", lease_id=lease["lease_id"])
        )


def test_nobody_is_written_down_where_nobody_is_taken(store: Store) -> None:
    n = len(store.trail.audit_log())
    assert store.leases.take("lin", lambda _: None, cycle_id=CYCLE, after=(0, 0)) is None
    assert len(store.trail.audit_log()) == n


def test_the_audit_log_names_no_customer(store: Store) -> None:
    record(store, take(store, "17"))
    log = store.trail.audit_log()
    assert {"lease.take", "lease.record"} <= set(log["action"])
    assert not log["ids"].astype("str").str.contains('"17"').any()


def test_a_lease_is_renewed_also_late_while_nobody_took_the_customer(store: Store, clock: Hand) -> None:
    lease = take(store)
    clock.on(20)
    assert store.leases.renew(lease["lease_id"], "lin", 10) == clock.now + dt.timedelta(minutes=10)
    with pytest.raises(Conflict):
        take(store, agent="wang")
    clock.on(10)
    take(store, agent="wang")
    with pytest.raises(ParameterProblem, match=r"wang took them at 2026-10-09 02:30"):
        store.leases.renew(lease["lease_id"], "lin")


def test_a_record_ends_the_lease_and_stands_once(store: Store) -> None:
    lease = take(store)
    contact_id, is_late = record(store, lease, responded=True, amount=500.0, note="yes")
    assert not is_late
    assert record(store, lease, responded=True, amount=500.0) == (contact_id, False)
    contacts, outcomes = store.results.contacts(["L-S1"]), store.results.outcomes(["L-S1"])
    assert contacts[["contact_id", "customer_id", "agent"]].values.tolist() == [[contact_id, "1", "lin"]]
    assert outcomes[["customer_id", "responded", "amount"]].values.tolist() == [["1", True, 500.0]]
    assert store.leases.rows() == []
    with pytest.raises(ParameterProblem, match="recorded at"):
        record(store, lease, "another key")
    with pytest.raises(ParameterProblem, match="no key"):
        record(store, lease, "")


def test_an_expired_lease_records_until_somebody_else_has_the_customer(store: Store, clock: Hand) -> None:
    first, second = take(store, "1"), take(store, "2")
    clock.on(16)
    record(store, first)
    assert len(store.results.contacts(["L-S1"])) == 1
    other = take(store, "2", "wang")
    with pytest.raises(ParameterProblem, match="tell wang"):
        record(store, second)
    # Nor after the other one has let go.
    store.leases.give_back(other["lease_id"], "wang", "Not my branch")
    with pytest.raises(ParameterProblem, match="Nothing was recorded"):
        record(store, second)
    assert len(store.results.contacts(["L-S1"])) == 1


def test_giving_back_needs_a_reason_and_happens_once(store: Store) -> None:
    lease = take(store)
    with pytest.raises(ParameterProblem, match="empty"):
        store.leases.give_back(lease["lease_id"], "lin", " ")
    for _ in range(2):
        store.leases.give_back(lease["lease_id"], "lin", "Speaks Cantonese")
    assert take(store, agent="wang")["lease_id"] > lease["lease_id"]
    with pytest.raises(ParameterProblem, match="given back"):
        record(store, lease)
    assert store.leases.frame()["reason"].tolist() == ["Speaks Cantonese", ""]


def test_only_the_holder_records_and_an_analyst_may_give_back(store: Store, clock: Hand) -> None:
    lease = take(store)
    wang = open_store(store.leases.project_folder, role="contributor", who="wang", clock=clock)
    contact = {"channel": "phone", "disposition": "reached"}
    for call in (
        lambda: wang.leases.record(lease["lease_id"], "wang", "k", contact),
        lambda: wang.leases.renew(lease["lease_id"], "wang"),
        lambda: wang.leases.give_back(lease["lease_id"], "wang", "mine"),
    ):
        with pytest.raises(NotAllowed, match="lin holds this customer"):
            call()
    store.leases.give_back(lease["lease_id"], "chen", "lin went home")
    with pytest.raises(NotFound, match="number 99"):
        store.leases.renew(99, "lin")


def test_nobody_hoards_customers(store: Store, clock: Hand) -> None:
    for number in range(1, 6):
        take(store, str(number))
    with pytest.raises(ParameterProblem, match="hold 5 customers"):
        take(store, "6")
    clock.on(16)
    take(store, "6")
    for minutes in (0, 1441):
        with pytest.raises(ParameterProblem, match=f"{minutes} minutes"):
            take(store, "7", minutes=minutes)


def test_what_was_worked_when_the_cycle_froze_is_kept_as_late(store: Store) -> None:
    lease = take(store)
    store.cycles.close(CYCLE)
    assert record(store, lease, responded=True) == (f"lease-{lease['lease_id']}", True)
    assert store.late.counts(CYCLE) == {"contacts": 1, "outcomes": 1}
    assert store.results.contacts(["L-S1"]).empty
    assert store.leases.rows() == []
    with pytest.raises(ParameterProblem):
        take(store, "2")


def test_a_chooser_is_shown_what_is_new_to_it(store: Store) -> None:
    record(store, take(store, "1"), responded=False)
    take(store, "2", "wang")
    seen: list[Look] = []

    def choose(look: Look) -> None:
        seen.append(look)

    store.leases.take("lin", choose, cycle_id=CYCLE, after=(0, 0))
    news = seen[0].news
    assert [(row.customer_id, row.disposition, row.position) for row in news.contacts] == [
        ("1", "reached", 1)
    ]
    assert [(row.customer_id, row.responded) for row in news.outcomes] == [("1", False)]
    assert seen[0].leased == {"2": "wang"}
    assert seen[0].stamp == (1, 0, 0) == store.leases.stamp(CYCLE)
    store.leases.take("lin", choose, cycle_id=CYCLE, after=(1, 1))
    assert (seen[1].news.contacts, seen[1].news.outcomes) == ([], [])


def test_a_booking_lives_with_its_lease(store: Store, clock: Hand) -> None:
    day = clock.now.date()
    store.quotas.define("time_deposit", 10, measure="units", valid_from=day)

    def book(key: str, **more: Any) -> None:
        store.quotas.book("time_deposit", 1, key, day=day, **more)

    def balance() -> int:
        return store.quotas.states()[0].balance

    def sold(customer: str) -> dict[str, Any]:
        lease = take(store, customer)
        book(customer, lease=(lease["lease_id"], "lin"))
        return lease

    record(store, sold("1"), responded=True)
    record(store, sold("2"), "k", responded=False)
    store.leases.give_back(sold("3")["lease_id"], "lin", "No time")
    record(store, sold("4"))
    assert balance() == 8
    sold("5")
    clock.on(16)
    assert balance() == 7
    # Whose time was over, and whom another person took, has sold nothing.
    take(store, "5", "wang")
    assert balance() == 8
    lease = take(store, "6", "wang")
    with pytest.raises(NotAllowed):
        book("x", lease=(lease["lease_id"], "lin"))
    with pytest.raises(ParameterProblem, match="another customer"):
        book("x", lease=(lease["lease_id"], "wang"), about={"customer_id": "7"})
    ledger = store.quotas.ledger()
    assert ledger["amount"].sum() == balance()


def _take_all(folder: str, agent: str, gate: Any) -> None:
    store = open_store(Path(folder), who=agent)
    left = {str(number) for number in range(1, 21)}

    def choose(look: Look) -> Wanted | None:
        done = {row.customer_id for row in look.news.contacts}
        free = sorted(left - done - set(look.leased))
        return Wanted("L-S1", "S1", free[0]) if free else None

    gate.wait(60)
    while (lease := store.leases.take(agent, choose, cycle_id=CYCLE, after=(0, 0))) is not None:
        record(store, lease, "k")


def test_processes_that_take_at_once_never_meet(store: Store) -> None:
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(2)
    agents = [
        context.Process(target=_take_all, args=(str(store.leases.project_folder), name, gate))
        for name in "ab"
    ]
    for agent in agents:
        agent.start()
    for agent in agents:
        agent.join(60)
    assert [agent.exitcode for agent in agents] == [0, 0]
    contacts = store.results.contacts(["L-S1"])
    assert sorted(contacts["customer_id"], key=int) == [str(number) for number in range(1, 21)]
