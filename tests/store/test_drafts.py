"""Unfinished work is kept by name, cycle and person."""

from __future__ import annotations

import pytest

from workbench.errors import ParameterProblem
from workbench.store import Store, open_store
from workbench.store.drafts import LONGEST


def test_the_newest_state_of_a_draft_is_kept(store: Store) -> None:
    assert store.drafts.load("rules", "2026 Q2") is None
    store.drafts.save("rules", {"step": 1}, "2026 Q2")
    store.drafts.save("rules", {"step": 2, "name": "<b>乐退</b>"}, "2026 Q2")
    assert store.drafts.load("rules", "2026 Q2") == {"step": 2, "name": "<b>乐退</b>"}


def test_a_draft_outlives_its_process_and_can_be_discarded(store: Store) -> None:
    store.drafts.save("rules", {"step": 1}, "2026 Q2")
    again = open_store(store.drafts.project_folder, url=store.database.url, who=store.database.who)
    assert again.drafts.load("rules", "2026 Q2") == {"step": 1}
    again.drafts.discard("rules", "2026 Q2")
    assert store.drafts.load("rules", "2026 Q2") is None


def test_a_draft_is_its_writers_own(store: Store) -> None:
    store.drafts.save("rules", {"step": 1}, "2026 Q2")
    other = open_store(store.drafts.project_folder, url=store.database.url, who="someone else")
    assert other.drafts.load("rules", "2026 Q2") is None


def test_a_draft_has_a_limit(store: Store) -> None:
    with pytest.raises(ParameterProblem, match="characters"):
        store.drafts.save("rules", {"text": "x" * LONGEST}, "2026 Q2")
