"""Referrals: one open at a time, accepted by one person, and every act done once."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.execution.referral_rules import read_referral_rules
from workbench.store import Store, open_store
from workbench.store import schema_referrals as tables

ON_BOTH = True
CYCLE = "2026 Q2"


def send(store: Store, customer: str = "7", key: str = "s1", by: str = "lin", **more: Any) -> int:
    given = {
        "customer_id": customer,
        "kind": "branch_to_manager",
        "from_unit": "Harbour",
        "to_unit": "Wealth",
        **more,
    }
    return store.referrals.send(CYCLE, given, by=by, key=key)


def won(store: Store, amount: int = 10_001, customer: str = "7") -> int:
    number = send(store, customer, f"send {customer}")
    for act, more in (("accept", {}), ("begin", {}), ("win", {"amount": amount})):
        store.referrals.act(number, act, by="wang", key=f"{act} {customer}", **more)
    return number


def days(store: Store, n: float) -> None:
    store.database.clock.now += dt.timedelta(days=n)  # type: ignore[attr-defined]


def as_role(store: Store, role: str, who: str = "wang") -> Store:
    return open_store(
        store.referrals.project_folder,
        url=store.database.url.render_as_string(hide_password=False),
        role=role,
        who=who,
        clock=store.database.clock,
    )


def test_from_sending_to_both_sides_credit(store: Store) -> None:
    number = won(store)
    row = store.referrals.find(number)
    assert (row["state"], row["accepted_by"], row["amount"]) == ("won", "wang", 10_001)
    assert row["sent_at"] < row["accepted_at"] < row["worked_at"] < row["ended_at"]
    assert store.referrals.events(number)["event"].tolist() == ["send", "accept", "begin", "win"]
    credit = store.referrals.credit(CYCLE, by_person=True).set_index("side")
    assert credit["amount"].to_dict() == {"sender": 4_000, "receiver": 6_001}
    assert credit["person"].to_dict() == {"sender": "lin", "receiver": "wang"}
    assert credit["unit"].to_dict() == {"sender": "Harbour", "receiver": "Wealth"}
    # It is over, so the same customer can be referred again.
    assert send(store, key="again") > number


def test_a_press_that_comes_twice_counts_once(store: Store) -> None:
    number = send(store)
    assert send(store) == number
    for _ in range(2):
        assert store.referrals.act(number, "accept", by="wang", key="a") == "accepted"
    assert store.referrals.act(number, "accept", by="wang", key="another press") == "accepted"
    assert store.referrals.events(number)["event"].tolist() == ["send", "accept"]
    with pytest.raises(ParameterProblem, match="used for something else"):
        store.referrals.act(number, "begin", by="wang", key="a")
    with pytest.raises(ParameterProblem, match="used for something else"):
        send(store, customer="8")
    with pytest.raises(ParameterProblem, match="no key"):
        send(store, customer="8", key="")


def test_one_is_open_per_customer_and_kind(store: Store) -> None:
    send(store)
    with pytest.raises(Conflict, match="lin referred this customer in the same way on 2026-10-09, to Wealth"):
        send(store, key="s2", by="wang")
    send(store, key="s3", kind="manager_to_private")
    twice = {"customer_id": "7", "kind": "branch_to_manager", "referral_id": 1}
    with store.database.engine.begin() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.execute(sa.insert(tables.open_referrals).values(**twice))


def test_of_two_who_accept_at_once_one_reads_who_has_it(store: Store) -> None:
    number = send(store)
    gate, got = threading.Barrier(2), {}

    def accept(who: str) -> None:
        gate.wait(10)
        try:
            got[who] = store.referrals.act(number, "accept", by=who, key=who)
        except Conflict as error:
            got[who] = str(error)

    both = [threading.Thread(target=accept, args=(who,)) for who in ("wang", "chen")]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    winner = store.referrals.find(number)["accepted_by"]
    loser = "chen" if winner == "wang" else "wang"
    assert got[winner] == "accepted"
    assert got[loser].startswith(f"{winner} accepted this referral")
    assert store.referrals.events(number)["event"].tolist() == ["send", "accept"]


def test_what_nobody_accepts_goes_back_and_is_not_lost(store: Store) -> None:
    number = send(store)
    days(store, 3)
    with pytest.raises(ParameterProblem, match="went back to lin"):
        store.referrals.act(number, "accept", by="wang", key="late")
    assert [(row["state"], row["was_sent_again"]) for row in store.referrals.rows(is_open=True)] == [
        ("expired", False)
    ]
    again = send(store, key="again", to_unit="Private")
    assert store.referrals.find(again)["previous_id"] == number
    first = store.referrals.find(number)
    # It ended when its time was over, not when somebody noticed.
    assert (first["state"], first["ended_at"]) == ("expired", first["accept_by"])
    with pytest.raises(ParameterProblem, match="went back"):
        store.referrals.act(number, "withdraw", by="lin", key="w", reason="by_mistake")
    assert [row["referral_id"] for row in store.referrals.rows(is_open=True)] == [again]


def test_an_expired_one_can_be_withdrawn(store: Store) -> None:
    number = send(store)
    days(store, 4)
    assert store.referrals.act(number, "withdraw", by="lin", key="w", reason="by_mistake") == "withdrawn"
    assert store.referrals.rows(is_open=True) == []


def test_refusing_needs_a_reason_that_is_for_it(store: Store) -> None:
    number = send(store)
    for reason, sentence in (("", "A reason is missing"), ("price", '"price" can\'t be the reason')):
        with pytest.raises(ParameterProblem, match=sentence):
            store.referrals.act(number, "refuse", by="wang", key="r", reason=reason)
    assert store.referrals.act(number, "refuse", by="wang", key="r", reason="no_capacity") == "refused"
    with pytest.raises(ParameterProblem, match=r"was refused at .* lin, who can send it again"):
        store.referrals.act(number, "accept", by="wang", key="a")


STEPS = [
    ("begin", {}, "nobody has accepted it yet"),
    ("win", {"amount": 5}, "nobody has accepted it yet"),
    ("accept", {}, ""),
    ("refuse", {"reason": "no_capacity"}, "wang accepted this referral"),
    ("win", {"amount": 5}, "What comes next is the work"),
    ("begin", {}, ""),
    ("begin", {}, "has been working on this"),
    ("win", {"amount": 0}, "an amount above 0"),
    ("lose", {"reason": "price"}, ""),
    ("win", {"amount": 5}, "ended as lost"),
]


def test_a_step_comes_after_the_one_before(store: Store) -> None:
    number = send(store)
    for step, (act, more, sentence) in enumerate(STEPS):
        if not sentence:
            store.referrals.act(number, act, by="wang", key=f"{step}", **more)
            continue
        with pytest.raises(ParameterProblem, match=sentence):
            store.referrals.act(number, act, by="wang", key=f"{step}", **more)
    with pytest.raises(ParameterProblem, match="can't be done"):
        store.referrals.act(number, "eat", by="wang", key="x")
    with pytest.raises(NotFound, match="number 99"):
        store.referrals.act(99, "accept", by="wang", key="x")


def test_what_belongs_to_whom(store: Store) -> None:
    lin, wang, chen = (as_role(store, "contributor", who) for who in ("lin", "wang", "chen"))
    number = send(lin, to_person="wang")
    with pytest.raises(NotAllowed, match="for wang"):
        chen.referrals.act(number, "accept", by="chen", key="c")
    with pytest.raises(ParameterProblem, match="You sent this referral yourself"):
        lin.referrals.act(number, "accept", by="lin", key="l")
    with pytest.raises(NotAllowed, match="lin sent this"):
        wang.referrals.act(number, "withdraw", by="wang", key="w", reason="by_mistake")
    wang.referrals.act(number, "accept", by="wang", key="a")
    with pytest.raises(NotAllowed, match="wang accepted"):
        chen.referrals.act(number, "begin", by="chen", key="b")
    store.referrals.act(number, "begin", by="chen", key="analyst helps")
    for given, sentence in (({"to_person": "lin"}, "to yourself"), ({"to_unit": " "}, "needs a unit")):
        with pytest.raises(ParameterProblem, match=sentence):
            send(lin, "9", "k", **given)


def test_a_viewer_reads_sums_and_nobody(store: Store) -> None:
    won(store)
    viewer = as_role(store, "viewer")
    for call in (
        lambda: viewer.referrals.rows(),
        lambda: viewer.referrals.find(1),
        lambda: viewer.referrals.events(1),
        lambda: viewer.referrals.credit(by_person=True),
        lambda: send(viewer, "9", "k"),
        lambda: viewer.referral_rules.save({}, {}, expected_version=0),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert not {"customer_id", "sent_by", "accepted_by", "note"} & set(viewer.referrals.flow(CYCLE))
    assert viewer.referrals.credit(CYCLE)["amount"].sum() == 10_001
    with pytest.raises(NotAllowed):
        as_role(store, "contributor").referral_rules.save({}, {}, expected_version=0)


def test_later_rules_change_nothing_that_was_sent_or_credited(store: Store) -> None:
    before = won(store)
    running = send(store, "8", "s8")
    rules = read_referral_rules().plain()
    rules["kinds"][0] |= {"sender_share": 100, "accept_days": 30}
    assert store.referral_rules.save(rules, {}, expected_version=0, note="new year") == 1
    assert store.referral_rules.save(rules, {}, expected_version=0) == 1
    assert store.referrals.credit(CYCLE)["amount"].sum() == 10_001
    row = store.referrals.find(running)
    assert (row["accept_by"] - row["sent_at"], row["sender_share"]) == (dt.timedelta(days=3), 4_000)
    fresh = store.referrals.find(send(store, "9", "s9"))
    assert (fresh["accept_by"] - fresh["sent_at"], fresh["rules_version"]) == (dt.timedelta(days=30), 1)
    assert store.referrals.find(before)["rules_version"] == 0
    with pytest.raises(Conflict, match="rules of referrals"):
        store.referral_rules.save({**rules, "kinds": []}, {}, expected_version=0)


def test_a_code_in_use_is_not_deleted(store: Store) -> None:
    number = send(store)
    store.referrals.act(number, "refuse", by="wang", key="r", reason="no_capacity")
    for removed in ({"reasons": ["no_capacity"]}, {"kinds": ["branch_to_manager"]}):
        with pytest.raises(ParameterProblem, match=r"can't be deleted while it is in use.*: 1"):
            store.referral_rules.save({"kinds": []}, removed, expected_version=0)
    assert store.referral_rules.version() == 0


def test_the_past_comes_in_by_the_same_states(store: Store) -> None:
    at = dt.datetime(2026, 9, 1, 3)

    def told(customer: str, *acts: dict[str, Any]) -> dict[str, Any]:
        return {
            "customer_id": customer,
            "kind": "branch_to_manager",
            "from_unit": "Harbour",
            "to_unit": "Wealth",
            "sent_by": "lin",
            "sent_at": at,
            "acts": [{"by": "wang", **act} for act in acts],
        }

    hours = dt.timedelta(hours=1)
    accept, begin = {"act": "accept", "at": at + hours}, {"act": "begin", "at": at + 2 * hours}
    win = {"act": "win", "at": at + 3 * hours, "amount": 300}
    assert store.referrals.bring_in(CYCLE, [told("1", accept, begin, win), told("2", accept), told("3")]) == 3
    assert [row["state"] for row in store.referrals.rows()] == ["won", "accepted", "expired"]
    assert store.referrals.credit()["amount"].tolist() == [180, 120]
    with pytest.raises(ParameterProblem, match="nobody has accepted"):
        store.referrals.bring_in(CYCLE, [told("4", accept, begin, win), told("5", win)])
    assert len(store.referrals.rows()) == 3


def test_the_audit_log_names_no_customer(store: Store) -> None:
    won(store, customer="C-17")
    log = store.trail.audit_log()
    assert {"referral.send", "referral.accept", "referral.win"} <= set(log["action"])
    assert not log["ids"].astype("str").str.contains("C-17").any()
