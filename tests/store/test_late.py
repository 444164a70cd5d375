"""What comes after a cycle is frozen or closed: refused with a sentence, and results kept all the same."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable

import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.store import Store

ON_BOTH = True

CARD = {
    "strategy_id": "S1",
    "name": "Renew",
    "objective": "Keep",
    "segment": "a",
    "scenario": "event",
    "offer": "time_deposit",
    "channel": "phone",
}
FRAME = pd.DataFrame({"n": [1]})
OPTIONS = {"n": 1, "n_control": 0, "sha256": "x", "seed": 1}


def contact(number: int) -> dict:
    day = pd.Timestamp("2026-08-09 10:00")
    return {"contact_id": f"c{number}", "contacted_at": day, "disposition": "reached", **_of()}


def outcome(number: int) -> dict:
    day = dt.datetime(2026, 8, 9)
    return {
        "outcome_id": f"o{number}",
        "recorded_at": day,
        "responded": True,
        "amount": float("nan"),
        **_of(),
    }


def _of() -> dict:
    return {"list_id": "L1", "strategy_id": "S1", "customer_id": "1"}


@pytest.fixture
def worked(store: Store) -> Store:
    """A cycle with a card, an idea, a list, a result, a request and a recommendation."""
    store.cards.replace("2026 Q2", [CARD])
    store.slots.assign("2026 Q2", ["a"])
    store.ideas.add("Salary day", "a", "2026 Q2")
    artefact = store.artefacts.save("target_list", {"targets": FRAME}, cycle_id="2026 Q2")
    store.lists.launch(
        "L1",
        cycle_id="2026 Q2",
        strategy_id="S1",
        artefact_id=artefact.artefact_id,
        card=CARD,
        **OPTIONS,
    )
    store.results.add([contact(1)], [outcome(1)])
    given = {"sha256": "y", "seed": 1, "n": 1, "n_control": 0, "plan_version": None, "note": ""}
    store.approvals.request("2026 Q2", artefact_id=artefact.artefact_id, **given)
    evaluation = store.artefacts.save("evaluation", {"overall": FRAME}, cycle_id="2026 Q2")
    propose(store, evaluation.artefact_id)
    store.cycles.open("2026 Q3", dt.date(2026, 9, 30), "2026 Q2")
    return store


def propose(store: Store, evaluation_id: str, action: str = "scale") -> list[str]:
    row = {"strategy_id": "S1", "rule": "R1", "reason": "k", "change": "{}", "evidence": "{}"}
    return store.decisions.propose("2026 Q2", evaluation_id, [row | {"action": action}])


# What changes the inputs of an evaluation, or the evaluation itself.
INPUTS: dict[str, Callable[[Store], object]] = {
    "cards.replace": lambda s: s.cards.replace("2026 Q2", [CARD]),
    "cards.save": lambda s: s.cards.save("2026 Q2", CARD | {"name": "x"}, None),
    "cards.remove": lambda s: s.cards.remove("2026 Q2", "S1"),
    "objectives.replace": lambda s: s.objectives.replace("2026 Q2", []),
    "objectives.save": lambda s: s.objectives.save("2026 Q2", {"objective_id": "O1", "name": "x"}, None),
    "objectives.delete": lambda s: s.objectives.delete("2026 Q2", "O1"),
    "labels": lambda s: s.slots.assign("2026 Q2", ["b"]),
    "approvals.withdraw": lambda s: s.approvals.withdraw(1),
    "lists": lambda s: s.lists.launch(
        "L2", cycle_id="2026 Q2", strategy_id="S1", artefact_id="x", card=CARD, **OPTIONS
    ),
    "contacts": lambda s: s.results.add([contact(2)]),
    "outcomes": lambda s: s.results.add([], [outcome(2)]),
    "artefact": lambda s: s.artefacts.save("evaluation", {"overall": FRAME + 1}, cycle_id="2026 Q2"),
}
DECISIONS: dict[str, Callable[[Store], object]] = {
    "decide": lambda s: s.decisions.decide("2026 Q2 S1", "accepted", "x"),
    "propose": lambda s: propose(s, "evaluation/x", "stop"),
    "idea": lambda s: s.ideas.add("x", "a", "2026 Q2"),
    "vote": lambda s: s.ideas.vote(1),
    "derived": lambda s: s.artefacts.save("board", {"cells": FRAME}, cycle_id="2026 Q2"),
}


@pytest.mark.parametrize("write", INPUTS)
def test_a_frozen_cycle_takes_nothing_its_evaluation_rests_on(worked: Store, write: str) -> None:
    before = worked.cycles.content("2026 Q2")
    worked.cycles.freeze("2026 Q2")
    with pytest.raises(ParameterProblem, match=r"2026 Q2 is frozen since 2026-10-09 .* UTC") as caught:
        INPUTS[write](worked)
    # It says where it can go instead.
    assert "2026 Q3" in str(caught.value) or "late" in str(caught.value)
    assert "2026 Q2" in caught.value.message("zh_CN")
    assert worked.cycles.content("2026 Q2") == before


def test_a_closed_cycle_takes_no_decision_either(worked: Store) -> None:
    worked.cycles.freeze("2026 Q2")
    for write in ("idea", "vote", "derived"):
        DECISIONS[write](worked)
    worked.cycles.close("2026 Q2")
    before = worked.cycles.content("2026 Q2")
    writes = {
        **INPUTS,
        **DECISIONS,
        "derived": lambda s: s.artefacts.save("b", {"x": FRAME}, cycle_id="2026 Q2"),
    }
    for write in writes.values():
        with pytest.raises(ParameterProblem, match=r"2026 Q2 is (frozen|closed) since"):
            write(worked)
    assert worked.cycles.content("2026 Q2") == before
    # What is said of it stays possible, and so is what the other cycle takes.
    worked.comments.add("review", "Well done", "2026 Q2")
    worked.cards.replace("2026 Q3", [CARD])


def test_the_same_again_is_no_write(worked: Store) -> None:
    evaluation = worked.artefacts.latest("evaluation", "2026 Q2")
    worked.cycles.close("2026 Q2")
    assert worked.artefacts.save("evaluation", {"overall": FRAME}, cycle_id="2026 Q2") == evaluation
    assert worked.slots.assign("2026 Q2", ["a"]) == {"a": 1}
    assert propose(worked, evaluation.artefact_id) == ["2026 Q2 S1"]


def test_what_is_decided_when_frozen_goes_into_the_next_cycle(worked: Store) -> None:
    worked.cycles.freeze("2026 Q2")
    worked.decisions.carry("2026 Q2 S1", "Good", into="2026 Q3", opening=None, changed=lambda cards: cards)
    assert [card["strategy_id"] for card in worked.cards.rows("2026 Q3")] == ["S1"]
    worked.cycles.freeze("2026 Q3")
    worked.cycles.reopen("2026 Q2", "again")
    with pytest.raises(ParameterProblem, match="2026 Q3 is frozen"):
        worked.cards.replace("2026 Q3", [])


def test_the_hash_is_of_what_the_cycle_holds(worked: Store) -> None:
    sha256 = worked.cycles.freeze("2026 Q2", "board on Friday")
    event = worked.cycles.events("2026 Q2")[-1]
    text = json.dumps(event["content"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert sha256 == event["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert event["content"] == worked.cycles.content("2026 Q2")
    assert set(event["content"]["artefacts"]) == {
        a.artefact_id for a in worked.artefacts.versions(cycle_id="2026 Q2")
    }
    assert event["content"]["results"] == {"contacts": 1, "outcomes": 1}
    worked.decisions.decide("2026 Q2 S1", "rejected", "no")
    now = worked.cycles.content("2026 Q2")
    assert {name for name in now if now[name] != event["content"][name]} == {"decisions"}
    assert worked.cycles.close("2026 Q2") != sha256


def test_reopening_takes_a_reason_that_is_kept(worked: Store) -> None:
    worked.cycles.freeze("2026 Q2")
    with pytest.raises(ParameterProblem, match="frozen already"):
        worked.cycles.freeze("2026 Q2")
    with pytest.raises(ParameterProblem, match="needs a reason"):
        worked.cycles.reopen("2026 Q2", " ")
    worked.cycles.close("2026 Q2")
    with pytest.raises(ParameterProblem, match="closed already"):
        worked.cycles.close("2026 Q2")
    worked.cycles.reopen("2026 Q2", "Branch 4 sent its file late")
    with pytest.raises(ParameterProblem, match="nothing to reopen"):
        worked.cycles.reopen("2026 Q2", "x")
    worked.cards.save("2026 Q2", CARD | {"name": "New"}, None)
    events = [(e["event"], e["reason"], e["who"]) for e in worked.cycles.events("2026 Q2")]
    assert events[-1] == ("reopened", "Branch 4 sent its file late", "lin")
    assert [event for event, *_ in events] == ["opened", "frozen", "closed", "reopened"]
    entry = worked.trail.audit_log().iloc[-2]
    assert (entry["action"], entry["ids"]["reason"]) == ("cycle.reopen", "Branch 4 sent its file late")
    with pytest.raises(ParameterProblem, match=r"1,?001 characters"):
        worked.cycles.freeze("2026 Q2", "x" * 1_001)


def test_late_results_are_kept_counted_and_let_in(worked: Store) -> None:
    worked.cycles.close("2026 Q2")
    assert worked.late.keep([contact(2)], [outcome(2), outcome(3)], source="raw:f") == 3
    assert worked.late.keep([contact(2)], [outcome(2)]) == 0
    assert worked.late.counts("2026 Q2") == {"contacts": 1, "outcomes": 2}
    assert worked.results.counts(["L1"]) == {"contacts": 1, "outcomes": 1}
    kept = worked.late.frame("2026 Q2")
    assert kept["content"].map(lambda row: row["customer_id"]).tolist() == ["1", "1", "1"]
    with pytest.raises(ParameterProblem, match="frozen since"):
        worked.late.admit("2026 Q2")
    worked.cycles.reopen("2026 Q2", "late file")
    assert worked.late.admit("2026 Q2") == (1, 2)
    assert worked.late.admit("2026 Q2") == (0, 0)
    assert worked.late.counts("2026 Q2") == {"contacts": 0, "outcomes": 0}
    rows = worked.results.outcomes(["L1"]).set_index("outcome_id")
    assert rows.loc["o2", "recorded_at"] == pd.Timestamp("2026-08-09")
    assert pd.isna(rows.loc["o2", "amount"])
    assert worked.results.contacts(["L1"])["contacted_at"].nunique() == 1
    assert ("raw:f", "results:L1") in worked.trail.edges()


def test_runs_are_remembered_also_those_that_broke_off(store: Store) -> None:
    first = store.runs.begin("2026 Q2", "exports/runs/a")
    second = store.runs.begin("2026 Q2", "/elsewhere", on_copy=True)
    store.runs.begin("2026 Q2", "exports/runs/c")
    store.runs.end(first, [{"name": "01_insight.ipynb", "seconds": 3.5}])
    store.runs.end(second, [], "cell 4: boom")
    runs = store.runs.frame("2026 Q2")
    assert runs["state"].tolist() == ["running", "failed", "done"]
    assert runs["seconds"].isna().tolist() == [True, False, False]
    assert runs.iloc[2]["notebooks"] == [{"name": "01_insight.ipynb", "seconds": 3.5}]
    assert bool(runs.iloc[1]["on_copy"])
    assert store.runs.frame("2031 Q1").empty
