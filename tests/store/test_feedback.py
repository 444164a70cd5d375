"""Front-line feedback: kept once, told without names to readers, and answered once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.store import Store, open_store

ON_BOTH = True
CYCLE = "2026 Q2"


def with_list(store: Store, strategy_id: str = "S1") -> str:
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
    frame = pd.DataFrame({"customer_id": ["1", "2"], "arm": "treatment"})
    artefact = store.artefacts.save("target_list", {"targets": frame}, cycle_id=CYCLE, side_by_side=True)
    store.lists.launch(
        f"L-{strategy_id}",
        cycle_id=CYCLE,
        strategy_id=strategy_id,
        artefact_id=artefact.artefact_id,
        n=2,
        n_control=0,
        sha256="-",
        seed=0,
        card=card,
    )
    return f"L-{strategy_id}"


def note(**changes: Any) -> dict[str, Any]:
    plain = {"code": "price_fees", "text": "", "strategy_id": "S1", "segment": "", "step": ""}
    return plain | dict.fromkeys(("script_version", "list_id", "lease_id", "contact_id")) | changes


def ask(store: Store, key: str = "r", **changes: Any) -> int:
    request = {"strategy_id": "S1", "code": "", "what": "Lower the fee", "why": "They say so", "evidence": {}}
    return store.feedback.ask(CYCLE, key, request | changes)


def as_role(store: Store, role: str, who: str = "wang") -> Store:
    folder, url = store.feedback.project_folder, store.database.url
    return open_store(folder, url=url.render_as_string(False), role=role, who=who, clock=store.database.clock)


def test_what_is_sent_twice_is_kept_once(store: Store) -> None:
    with_list(store)
    number = store.feedback.give(CYCLE, "k", note(text=" Fee! ", list_id="L-S1"))
    assert store.feedback.give(CYCLE, "k", note(text="Fee!", list_id="L-S1")) == number
    with pytest.raises(ParameterProblem, match="key k before"):
        store.feedback.give(CYCLE, "k", note(text="Another", list_id="L-S1"))
    with pytest.raises(ParameterProblem, match="needs a key"):
        store.feedback.give(CYCLE, "", note())
    rows = store.feedback.rows(CYCLE)
    assert [(row["text"], row["list_id"], row["who"]) for row in rows] == [("Fee!", "L-S1", "lin")]
    assert store.feedback.rows(CYCLE, "S2") == []
    log = store.trail.audit_log()
    assert "feedback.give" in set(log["action"])
    assert not log["ids"].astype("str").str.contains("Fee").any()


def test_what_it_came_out_of_must_be_the_strategys(store: Store) -> None:
    with_list(store), with_list(store, "S2")
    for source, match in (
        ({"list_id": "L-S2"}, "is on a list of S2"),
        ({"list_id": "none"}, "none"),
        ({"contact_id": "none"}, "none"),
        ({"lease_id": 9}, "9"),
        ({"strategy_id": "S9"}, "no strategy S9"),
        ({"text": "x" * 1001}, "1,?000"),
    ):
        with pytest.raises((ParameterProblem, NotFound), match=match):
            store.feedback.give(CYCLE, "k", note(**source))
    assert store.feedback.rows(CYCLE) == []


def test_a_lease_leads_to_the_contact_that_came_of_it(store: Store) -> None:
    from workbench.store.lease_rows import Wanted

    with_list(store)
    wanted = Wanted("L-S1", "S1", "1")
    lease = store.leases.take("lin", lambda _: wanted, cycle_id=CYCLE, after=(0, 0))
    assert lease is not None
    store.feedback.give(CYCLE, "k", note(lease_id=lease["lease_id"]))
    assert store.feedback.rows(CYCLE)[0]["contact_id"] is None
    contact = {"channel": "phone", "disposition": "reached"}
    made, _ = store.leases.record(lease["lease_id"], "lin", "k", contact, None)
    assert store.feedback.rows(CYCLE)[0]["contact_id"] == made


def test_who_reads_only_is_told_neither_texts_nor_names(store: Store) -> None:
    with_list(store)
    store.feedback.give(CYCLE, "k", note(text="Mrs Wang minds"))
    ask(store)
    viewer = as_role(store, "viewer")
    row, request = viewer.feedback.rows(CYCLE)[0], viewer.feedback.requests()[0]
    assert (row["code"], row["text"], row["who"]) == ("price_fees", "", "")
    assert (request["state"], request["what"], request["why"], request["asked_by"]) == ("asked", "", "", "")
    assert as_role(store, "contributor").feedback.rows(CYCLE)[0]["text"] == "Mrs Wang minds"
    for act in (lambda: viewer.feedback.give(CYCLE, "x", note()), lambda: ask(viewer, "x")):
        with pytest.raises(NotAllowed):
            act()


def test_a_mistake_is_taken_back_by_whoever_made_it(store: Store) -> None:
    with_list(store)
    number = store.feedback.give(CYCLE, "k", note())
    with pytest.raises(NotAllowed, match="another person"):
        as_role(store, "contributor").feedback.take_back(number)
    for _ in range(2):
        store.feedback.take_back(number)
    assert store.feedback.rows(CYCLE) == []
    # Its code is in use all the same: what was said stays in the book.
    assert store.feedback_codes.uses() == {"codes": {"price_fees": 1}}
    with pytest.raises(NotFound):
        store.feedback.take_back(99)


def test_a_request_is_answered_once_and_by_an_analyst(store: Store) -> None:
    with_list(store)
    caller = as_role(store, "contributor")
    first, second = ask(caller, "a"), ask(caller, "b")
    assert ask(caller, "a") == first
    with pytest.raises(NotAllowed):
        caller.feedback.decline(first, "no")
    with pytest.raises(ParameterProblem, match="empty"):
        store.feedback.decline(first, " ")
    store.feedback.decline(first, "The fee is the law's")
    with pytest.raises(ParameterProblem, match="declined by lin"):
        store.feedback.accept(first, CYCLE, lambda _: "S2")
    with pytest.raises(ParameterProblem, match="not answered"):
        store.feedback.finish(second)
    with pytest.raises(Conflict):
        store.feedback.accept(second, CYCLE, lambda _: "S2", expected_version=7)
    asked: list[str] = []

    def draft(request: dict[str, Any]) -> str:
        asked.append(request["what"])
        return "S2"

    assert store.feedback.accept(second, CYCLE, draft, answer="Yes", expected_version=1) == "S2"
    assert asked == ["Lower the fee"]
    store.feedback.finish(second)
    states = {row["request_id"]: (row["state"], row["answer"]) for row in caller.feedback.requests("S1")}
    assert states == {first: ("declined", "The fee is the law's"), second: ("done", "Yes")}
    assert store.feedback.find(second)["card_cycle_id"] == CYCLE


def test_an_acceptance_without_its_card_is_none(store: Store) -> None:
    with_list(store)
    number = ask(store)

    def fails(_: dict[str, Any]) -> str:
        store.cards.save(CYCLE, {**store.cards.rows(CYCLE)[0], "strategy_id": "S7"}, None)
        raise ParameterProblem("execution_feedback.error.no_codes")

    with pytest.raises(ParameterProblem):
        store.feedback.accept(number, CYCLE, fails)
    assert store.feedback.find(number)["state"] == "asked"
    assert [row["strategy_id"] for row in store.cards.rows(CYCLE)] == ["S1"]


def test_a_code_that_was_used_is_not_lost(store: Store) -> None:
    with_list(store)
    store.feedback.give(CYCLE, "k", note(), given_at=dt.datetime(2026, 10, 1))
    codes = [{"code": "price_fees"}, {"code": "offer_liked"}]
    assert store.feedback_codes.save(codes, {}, expected_version=0) == 1
    with pytest.raises(ParameterProblem, match=r"used 1 times"):
        store.feedback_codes.save(codes[1:], {"codes": ["price_fees"]}, expected_version=1)
    with pytest.raises(Conflict):
        store.feedback_codes.save(codes[:1], {"codes": ["offer_liked"]}, expected_version=0)
    assert store.feedback_codes.save(codes[:1], {"codes": ["offer_liked"]}, expected_version=1) == 2
    assert store.feedback_codes.content() == codes[:1]
    assert [row["version"] for row in store.feedback_codes.versions()] == [1, 2]
