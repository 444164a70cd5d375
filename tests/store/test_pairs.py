"""Decisions on doubtful pairs are added, never overwritten."""

from __future__ import annotations

import pytest

from workbench.errors import Conflict, ParameterProblem
from workbench.store import Store, open_store


def test_the_newest_decision_holds_and_all_stay(store: Store) -> None:
    first = store.pairs.decide("b", "a", "same", " the same shop ", expected=0)
    store.pairs.decide("a", "b", "different", expected=first)
    store.pairs.decide("a", "c", "later")
    held = store.pairs.frame()
    assert held[["record_id", "other_id", "decision"]].to_numpy().tolist() == [
        ["a", "b", "different"],
        ["a", "c", "later"],
    ]
    history = store.pairs.frame(history=True)
    assert list(history["decision"]) == ["same", "different", "later"]
    assert history.loc[0, "note"] == "the same shop"
    assert set(history["decided_by"]) == {store.database.who}
    assert list(store.trail.audit_log()["action"][-3:]) == ["pair.decide"] * 3


def test_the_loser_of_two_decisions_is_told_who_was_first(store: Store) -> None:
    other = open_store(store.pairs.project_folder, url=store.database.url, who="someone else")
    other.pairs.decide("a", "b", "different", expected=0)
    with pytest.raises(Conflict, match="someone else") as caught:
        store.pairs.decide("a", "b", "same", expected=0)
    assert caught.value.difference == {"decision": ("same", "different")}
    assert list(store.pairs.frame()["decision"]) == ["different"]


@pytest.mark.parametrize("given", [("a", "b", "perhaps"), ("a", "a", "same"), ("a", "b", "same", "x" * 1001)])
def test_what_is_no_decision_is_refused(store: Store, given: tuple[str, ...]) -> None:
    with pytest.raises(ParameterProblem):
        store.pairs.decide(*given)
    assert store.pairs.frame().empty
