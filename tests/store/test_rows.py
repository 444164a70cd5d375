"""Comments, ideas, cards, lists, results, decisions and the audit log."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pandas as pd
import pytest

from workbench.errors import Conflict, NotFound, ParameterProblem
from workbench.store import Store

ON_BOTH = True

CARD = {
    "strategy_id": "S1",
    "name": "Renew at maturity",
    "objective": "Keep",
    "segment": "a",
    "lifecycle_stages": "",
    "scenario": "event",
    "offer": "time_deposit",
    "channel": "phone",
    "script": None,
    "value_per_response": 10.0,
    "cost_per_contact": 1.0,
    "expected_response": float("nan"),
    "control_share": 0.1,
    "starts_on": pd.Timestamp("2026-10-08"),
    "ends_on": pd.NaT,
}


def _launched(store: Store) -> str:
    store.cards.replace("2026 Q2", [CARD])
    artefact = store.artefacts.save("target_list", {"targets": pd.DataFrame({"customer_id": ["1"]})})
    given: dict[str, Any] = {"artefact_id": artefact.artefact_id, "n": 1, "n_control": 0, "sha256": "x"}
    store.lists.launch("L1", cycle_id="2026 Q2", strategy_id="S1", seed=1, card=CARD, **given)
    return "L1"


def _contact(number: int, list_id: str = "L1") -> dict[str, Any]:
    return {
        "contact_id": f"c{number}",
        "list_id": list_id,
        "strategy_id": "S1",
        "customer_id": "1",
        "contacted_at": pd.Timestamp("2026-10-09 10:00"),
        "channel": "phone",
        "disposition": "reached",
    }


def _outcome(number: int) -> dict[str, Any]:
    return {
        "outcome_id": f"o{number}",
        "list_id": "L1",
        "strategy_id": "S1",
        "customer_id": "1",
        "recorded_at": dt.date(2026, 10, 9),
        "responded": True,
        "amount": float("nan"),
    }


def test_comments_are_kept_with_author_and_moment(store: Store) -> None:
    number = store.comments.add("insight", "  <b>看起来不错</b> ", "2026 Q2")
    row = store.comments.frame("insight", "2026 Q2").iloc[0]
    assert (row["comment_id"], row["text"], row["author"]) == (number, "<b>看起来不错</b>", "lin")
    assert store.comments.frame("review", "2026 Q2").empty


@pytest.mark.parametrize("stage,text", [("insight", "  "), ("insight", "x" * 4001), ("lunch", "x")])
def test_a_comment_must_be_one(store: Store, stage: str, text: str) -> None:
    with pytest.raises(ParameterProblem):
        store.comments.add(stage, text, "2026 Q2")


def test_a_vote_stands_once_and_can_be_taken_back(store: Store) -> None:
    idea = store.ideas.add("Salary day offers", "a", "2026 Q2")
    store.ideas.add("Another", "", "2026 Q2")
    assert store.ideas.vote(idea)
    assert store.ideas.vote(idea, voter="wang")
    assert store.ideas.frame("2026 Q2")["votes"].tolist() == [2, 0]
    assert not store.ideas.vote(idea)
    assert store.ideas.frame("2026 Q2")["votes"].tolist() == [1, 0]
    with pytest.raises(NotFound):
        store.ideas.vote(99)


def test_cards_come_back_in_their_order(store: Store) -> None:
    store.cards.replace("2026 Q2", [CARD | {"strategy_id": "S2"}, CARD])
    rows = store.cards.rows("2026 Q2")
    assert [row["strategy_id"] for row in rows] == ["S2", "S1"]
    assert rows[1]["starts_on"] == "2026-10-08"
    assert rows[1]["ends_on"] is rows[1]["expected_response"] is None


def test_the_loser_of_two_edits_sees_the_difference(store: Store) -> None:
    store.cards.replace("2026 Q2", [CARD])
    assert store.cards.save("2026 Q2", CARD | {"name": "Hers"}, 1) == 2
    with pytest.raises(Conflict) as caught:
        store.cards.save("2026 Q2", CARD | {"name": "Mine", "offer": "fund_plan"}, 1)
    assert caught.value.difference["name"] == ("Mine", "Hers")
    assert caught.value.difference["offer"] == ("fund_plan", "time_deposit")
    assert "starts_on" not in caught.value.difference
    assert store.cards.rows("2026 Q2")[0]["name"] == "Hers"


def test_an_unchanged_card_keeps_its_version(store: Store) -> None:
    store.cards.replace("2026 Q2", [CARD])
    assert store.cards.save("2026 Q2", dict(CARD), 1) == 1
    store.cards.replace("2026 Q2", [CARD])
    assert store.cards.rows("2026 Q2")[0]["row_version"] == 1


def test_a_card_that_was_removed_is_a_conflict(store: Store) -> None:
    with pytest.raises(Conflict, match="removed"):
        store.cards.save("2026 Q2", CARD, 3)
    assert store.cards.save("2026 Q2", CARD, None) == 1


def test_a_launched_card_stays(store: Store) -> None:
    _launched(store)
    with pytest.raises(ParameterProblem, match="S1"):
        store.cards.replace("2026 Q2", [CARD | {"strategy_id": "S2"}])


def test_a_list_is_launched_once(store: Store) -> None:
    _launched(store)
    row = store.lists.find("L1")
    assert not store.lists.launch(
        "L1",
        cycle_id="2026 Q2",
        strategy_id="S1",
        artefact_id=row["artefact_id"],
        n=5,
        n_control=1,
        sha256="y",
        seed=2,
        card=CARD,
    )
    assert store.lists.find("L1")["n"] == 1
    assert store.lists.find("L1")["card"]["name"] == "Renew at maturity"
    with pytest.raises(NotFound, match="L9"):
        store.lists.find("L9")


def test_results_with_a_known_id_change_nothing(store: Store) -> None:
    _launched(store)
    assert store.results.add([_contact(1), _contact(2)], [_outcome(1)], source="raw:f") == (2, 1)
    changed = _outcome(1) | {"responded": False}
    assert store.results.add([_contact(2), _contact(3)], [changed]) == (1, 0)
    assert store.results.outcomes(["L1"])["responded"].tolist() == [True]
    assert store.results.outcomes(["L1"])["amount"].isna().all()
    assert len(store.results.contacts(["L1"])) == 3
    assert store.results.counts(["L1"]) == {"contacts": 3, "outcomes": 1}
    assert store.results.outcome_ids(["L1"]) == {"o1"}
    artefact_id = store.lists.find("L1")["artefact_id"]
    assert {("raw:f", "results:L1"), (artefact_id, "results:L1")} <= set(store.trail.edges())


def test_more_results_than_a_batch(store: Store) -> None:
    _launched(store)
    assert store.results.add([_contact(i) for i in range(1_234)]) == (1_234, 0)
    assert store.results.add([_contact(i) for i in range(1_300)]) == (66, 0)


def _recommended(store: Store, *ids: str) -> list[str]:
    evaluation = store.artefacts.save("evaluation", {"overall": pd.DataFrame({"n": [len(ids)]})})
    rows = [
        {"strategy_id": i, "action": "scale", "rule": "R1", "reason": "k", "change": "{}", "evidence": "{}"}
        for i in ids
    ]
    return store.decisions.propose("2026 Q2", evaluation.artefact_id, rows)


def test_decisions_are_made_once(store: Store) -> None:
    store.cards.replace("2026 Q2", [CARD, CARD | {"strategy_id": "S2"}])
    first, second = _recommended(store, "S1", "S2")
    with pytest.raises(ParameterProblem, match="reason"):
        store.decisions.decide(first, "rejected", " ")
    store.decisions.decide(first, "rejected", "too few")
    with pytest.raises(Conflict, match="already rejected, by lin"):
        store.decisions.decide(first, "accepted", "")
    frame = store.decisions.frame("2026 Q2").set_index("recommendation_id")
    assert frame.loc[first, "status"] == "rejected"
    assert frame.loc[first, "decision_reason"] == "too few"
    assert frame.loc[second, "status"] == "open"
    with pytest.raises(NotFound):
        store.decisions.decide("nothing", "accepted", "")


def test_proposing_again_keeps_what_was_decided(store: Store) -> None:
    store.cards.replace("2026 Q2", [CARD, CARD | {"strategy_id": "S2"}])
    first, _ = _recommended(store, "S1", "S2")
    store.decisions.decide(first, "accepted", "")
    assert _recommended(store, "S1", "S2", "S3") == ["2026 Q2 S2", "2026 Q2 S3"]
    assert store.decisions.find(first)["status"] == "accepted"


def test_carrying_happens_whole_or_not_at_all(store: Store) -> None:
    store.cards.replace("2026 Q2", [CARD])
    (first,) = _recommended(store, "S1")
    opening = {"cycle_id": "2026 Q3", "snapshot_date": dt.date(2026, 9, 30), "opened_from": "2026 Q2"}

    def broken(_: list[dict[str, Any]]) -> list[dict[str, Any]]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.decisions.carry(first, "", into="2026 Q3", opening=opening, changed=broken)
    assert store.decisions.find(first)["status"] == "open"
    assert len(store.cycles.rows()) == 1
    store.decisions.carry(first, "", into="2026 Q3", opening=opening, changed=lambda cards: cards)
    assert store.cards.rows("2026 Q3")[0]["name"] == "Renew at maturity"
    assert (f"recommendation:{first}", "cycle:2026 Q3") in store.trail.edges()


def test_every_write_is_in_the_audit_log(store: Store) -> None:
    store.comments.add("insight", "x", "2026 Q2")
    log = store.trail.audit_log()
    assert log["action"].tolist() == ["cycle.open", "comment.add"]
    assert log["who"].tolist() == ["lin", "lin"]
    assert log["ids"].iloc[1] == {"comment_id": 1, "cycle_id": "2026 Q2", "stage": "insight"}
    assert store.trail.audit_log(limit=1)["action"].tolist() == ["comment.add"]


def test_a_raw_file_is_known_by_its_content(store: Store) -> None:
    store.trail.add_raw_file("ab", "customers.csv", 10)
    store.trail.add_raw_file("ab", "copy.csv", 10)
    assert [row["name"] for row in store.trail.raw_files()] == ["customers.csv"]


def test_json_of_a_card_reads_the_same_everywhere(store: Store) -> None:
    store.cards.replace("2026 Q2", [CARD | {"name": "到期续存"}])
    with store.database.reading() as connection:
        text = connection.exec_driver_sql("SELECT card FROM strategies").scalar()
    assert json.loads(text)["name"] == "到期续存"
