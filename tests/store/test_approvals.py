"""Launch requests: who may ask, who may decide, and what one person may launch alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from workbench.errors import NotAllowed, NotFound, ParameterProblem
from workbench.store import Store, open_store
from workbench.store.approvals import LONGEST

ON_BOTH = True

_NAMED = ("name", "objective", "segment", "scenario", "offer", "channel")
CARD = {"strategy_id": "S1", **dict.fromkeys(_NAMED, "x")}


def as_person(store: Store, who: str, role: str = "analyst", four_eyes: int = 1_000) -> Store:
    return open_store(
        store.approvals.project_folder, url=store.database.url, who=who, role=role, four_eyes=four_eyes
    )


def ask(store: Store, sha256: str = "aa", **given: Any) -> int:
    artefact = store.artefacts.save(
        "launch_request", {"targets": pd.DataFrame({"customer_id": [sha256]})}, cycle_id="2026 Q2"
    )
    values: dict[str, Any] = {"seed": 3, "n": 5_000, "n_control": 900, "plan_version": 2, "note": " please "}
    return store.approvals.request(
        "2026 Q2", artefact_id=artefact.artefact_id, sha256=sha256, **(values | given)
    )


def launch(store: Store, list_id: str, n: int, selection: str) -> bool:
    artefact = store.artefacts.save(
        "target_list",
        {"targets": pd.DataFrame({"customer_id": [list_id]})},
        cycle_id="2026 Q2",
        summary={"selection": selection},
        side_by_side=True,
    )
    return store.lists.launch(
        list_id,
        cycle_id="2026 Q2",
        strategy_id="S1",
        artefact_id=artefact.artefact_id,
        n=n,
        n_control=0,
        sha256=list_id,
        seed=0,
        card=CARD,
        selection=selection,
    )


def test_a_request_is_made_once_and_only_one_is_open(store: Store) -> None:
    number = ask(store)
    assert ask(store) == number
    with pytest.raises(ParameterProblem, match=f"Request {number} by lin"):
        ask(store, "bb")
    store.approvals.withdraw(number, "too large")
    assert ask(store, "bb") != number
    row = store.approvals.find(number)
    assert (row["status"], row["closed_by"], row["note"], row["requested_by"]) == (
        "withdrawn",
        "lin",
        "please",
        "lin",
    )
    assert [each["status"] for each in store.approvals.rows("2026 Q2")] == ["withdrawn", "requested"]


@pytest.mark.parametrize("who", ["lin", " LIN "])
def test_nobody_decides_on_their_own_request(store: Store, who: str) -> None:
    number = ask(store)
    same = as_person(store, who)
    for decide in (same.approvals.approve, same.approvals.refuse):
        with pytest.raises(NotAllowed, match="second person"):
            decide(number, "fine")
    assert store.approvals.find(number)["status"] == "requested"


@pytest.mark.parametrize("role", ["contributor", "analyst"])
def test_a_second_person_approves_and_it_is_audited(store: Store, role: str) -> None:
    number = ask(store)
    as_person(store, "wang", role).approvals.approve(number, " looked at the fairness ")
    row = store.approvals.find(number)
    assert (row["status"], row["decided_by"], row["decision_note"]) == (
        "approved",
        "wang",
        "looked at the fairness",
    )
    entry = store.trail.audit_log(1).iloc[0]
    assert (entry["action"], entry["who"], entry["role"]) == ("launch.approved", "wang", role)
    assert entry["ids"] == {"request_id": number, "sha256": "aa"}


def test_a_refusal_has_a_reason_and_is_final(store: Store) -> None:
    number = ask(store)
    wang = as_person(store, "wang", "contributor")
    with pytest.raises(ParameterProblem, match="needs a reason"):
        wang.approvals.refuse(number, "  ")
    with pytest.raises(ParameterProblem, match=str(LONGEST)):
        wang.approvals.refuse(number, "x" * (LONGEST + 1))
    wang.approvals.refuse(number, "Too many of one region")
    for act in (wang.approvals.approve, store.approvals.withdraw, lambda n: store.approvals.close(n, [])):
        with pytest.raises(ParameterProblem, match="already refused, by wang"):
            act(number)


def test_a_viewer_decides_nothing(store: Store) -> None:
    number = ask(store)
    viewer = as_person(store, "wang", "viewer")
    for act in (viewer.approvals.approve, viewer.approvals.refuse, viewer.approvals.withdraw):
        with pytest.raises(NotAllowed):
            act(number, "x")
    assert viewer.approvals.find(number)["status"] == "requested"
    with pytest.raises(NotFound, match="number 9"):
        viewer.approvals.find(9)


def test_a_contributor_does_not_ask_or_launch(store: Store) -> None:
    with pytest.raises(NotAllowed):
        as_person(store, "wang", "contributor").approvals.request("2026 Q2")


def test_what_waits_is_not_launched(store: Store) -> None:
    number = ask(store)
    with pytest.raises(ParameterProblem, match="still waits"):
        store.approvals.close(number, ["L1"])


def test_the_store_refuses_large_lists_of_one_person(store: Store) -> None:
    store.cards.replace("2026 Q2", [CARD])
    with pytest.raises(ParameterProblem, match="1,001 customers"):
        launch(store, "L1", 1_001, "aa")
    # Nor in pieces.
    assert launch(store, "L1", 700, "p1")
    with pytest.raises(ParameterProblem, match="1,100 customers"):
        launch(store, "L2", 400, "p2")
    assert launch(store, "L2", 300, "p2")
    assert store.approvals.launched_alone("2026 Q2") == 1_000
    number = ask(store, "big")
    with pytest.raises(ParameterProblem, match="6,000 customers"):
        launch(store, "L3", 5_000, "big")
    as_person(store, "wang", "contributor").approvals.approve(number)
    assert launch(store, "L3", 5_000, "big")
    store.approvals.close(number, ["L3"])
    assert store.approvals.find(number)["list_ids"] == ["L3"]
    assert store.approvals.launched_alone("2026 Q2") == 1_000
    # A list that was approved is no licence for another.
    with pytest.raises(ParameterProblem):
        launch(store, "L4", 1, "other")


def test_the_size_is_the_projects(store: Store, tmp_path: Path) -> None:
    store.cards.replace("2026 Q2", [CARD])
    assert launch(as_person(store, "lin", four_eyes=5_000), "L1", 4_000, "aa")
    with pytest.raises(ParameterProblem):
        launch(as_person(store, "lin", four_eyes=0), "L2", 1, "bb")
