"""Action items in SQL: owner and day, versions, conflicts, roles, and the next cycle."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.store import Store, open_store

ON_BOTH = True

CYCLE, NEXT, LAST = "2026 Q2", "2026 Q3", "2026 Q4"
DUE = dt.date(2026, 10, 31)


def test_a_comment_becomes_an_action_item_with_an_owner_and_a_day(store: Store) -> None:
    comment = store.comments.add("review", "Branch 31 needs help", CYCLE)
    number = store.actions.add(CYCLE, " Visit branch 31 ", "Team A", DUE, comment)
    (row,) = store.actions.rows(CYCLE)
    assert (row["action_id"], row["comment_id"], row["text"]) == (number, comment, "Visit branch 31")
    assert (row["owner"], row["due_on"], row["state"], row["row_version"]) == ("Team A", DUE, "open", 1)
    assert not row["carried"]
    log = store.trail.audit_log(None)
    assert "action.add" in set(log["action"])


def test_a_comment_of_another_page_or_cycle_is_none_of_the_reviews(store: Store) -> None:
    store.cycles.open(NEXT, dt.date(2026, 9, 30), opened_from=CYCLE)
    elsewhere = [store.comments.add("insight", "x", CYCLE), store.comments.add("review", "x", NEXT), 99]
    for comment in elsewhere:
        with pytest.raises(NotFound, match=str(comment)):
            store.actions.add(CYCLE, "x", "A", DUE, comment)
    assert store.actions.rows(CYCLE) == []


def test_the_second_of_two_editors_sees_the_difference(store: Store) -> None:
    number = store.actions.add(CYCLE, "Visit", "Team A", DUE)
    assert store.actions.save(number, {"owner": "Team B"}, 1) == 2
    assert store.actions.save(number, {"owner": "Team B"}, 2) == 2, "the same again is no change"
    with pytest.raises(Conflict) as caught:
        store.actions.save(number, {"owner": "Team C"}, 1)
    assert caught.value.difference == {"owner": ("Team C", "Team B")}
    assert store.actions.rows(CYCLE)[0]["owner"] == "Team B"


def test_what_is_open_is_carried_into_the_next_cycle_until_it_is_ended_there(store: Store) -> None:
    done, kept = (store.actions.add(CYCLE, text, "A", DUE) for text in ("done here", "still open"))
    store.actions.save(done, {"state": "done", "note": "visited"}, 1)
    store.cycles.open(NEXT, dt.date(2026, 9, 30), opened_from=CYCLE)
    store.cycles.open(LAST, dt.date(2026, 12, 31), opened_from=NEXT)
    (carried,) = store.actions.rows(NEXT)
    assert (carried["action_id"], carried["carried"], carried["cycle_id"]) == (kept, True, CYCLE)
    store.actions.save(kept, {"state": "dropped"}, 1, NEXT)
    assert [row["state"] for row in store.actions.rows(NEXT)] == ["dropped"]
    assert store.actions.rows(LAST) == []
    assert len(store.actions.rows(CYCLE)) == 2
    store.actions.save(kept, {"state": "open"}, 2, LAST)
    assert [row["action_id"] for row in store.actions.rows(LAST)] == [kept]


@pytest.mark.parametrize(
    "changes",
    [
        {"text": " "},
        {"owner": ""},
        {"text": "x" * 4_001},
        {"owner": "x" * 121},
        {"state": "lost"},
        {"due_on": "soon"},
        {"due_on": None},
    ],
)
def test_a_bad_value_is_refused_in_words(store: Store, changes: dict[str, Any]) -> None:
    number = store.actions.add(CYCLE, "Visit", "A", DUE)
    with pytest.raises(ParameterProblem):
        store.actions.save(number, changes, 1)
    assert store.actions.rows(CYCLE)[0]["row_version"] == 1
    with pytest.raises(NotFound, match="77"):
        store.actions.save(77, {}, 1)


def test_a_viewer_reads_and_a_contributor_writes(store: Store) -> None:
    folder = store.actions.project_folder
    open_store(folder, url=store.database.url, role="contributor").actions.add(CYCLE, "Visit", "A", DUE)
    viewer = open_store(folder, url=store.database.url, role="viewer")
    assert len(viewer.actions.rows(CYCLE)) == 1
    for attempt in (
        lambda: viewer.actions.add(CYCLE, "x", "A", DUE),
        lambda: viewer.actions.save(1, {}, 1),
    ):
        with pytest.raises(NotAllowed):
            attempt()
