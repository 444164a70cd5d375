"""Objectives in SQL: versions, conflicts, the audit log, and a new cycle."""

from __future__ import annotations

import datetime as dt

import pytest

from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.store import Store, open_store

CYCLE = "2026 Q2"


def row(objective_id: str, parent_id: str = "", **changes: object) -> dict[str, object]:
    return {"objective_id": objective_id, "parent_id": parent_id, "name": "More", "target": 2.0, **changes}


def test_the_order_and_versions_are_kept(store: Store) -> None:
    area = store.objectives
    area.replace(CYCLE, [row("O2"), row("O1")])
    assert [each["objective_id"] for each in area.rows(CYCLE)] == ["O2", "O1"]
    assert area.save(CYCLE, row("O1", target=3.0), 1) == 2
    assert area.save(CYCLE, row("O1", target=3.0), 2) == 2, "the same again is no change"
    area.save(CYCLE, row("O3", "O2"), None)
    assert [each["objective_id"] for each in area.rows(CYCLE)] == ["O2", "O1", "O3"]
    area.replace(CYCLE, [row("O2"), row("O3", "O2")])
    assert [each["objective_id"] for each in area.rows(CYCLE)] == ["O2", "O3"]
    assert "objectives.replace" in set(store.trail.audit_log(None)["action"])


def test_the_second_of_two_editors_sees_the_difference(store: Store) -> None:
    store.objectives.replace(CYCLE, [row("O1")])
    store.objectives.save(CYCLE, row("O1", target=3.0), 1)
    with pytest.raises(Conflict) as caught:
        store.objectives.save(CYCLE, row("O1", target=4.0, name="=cmd|' /C calc'!A1"), 1)
    assert caught.value.difference == {"target": (4.0, 3.0), "name": ("=cmd|' /C calc'!A1", "More")}
    assert store.objectives.rows(CYCLE)[0]["target"] == 3.0
    store.objectives.delete(CYCLE, "O1")
    with pytest.raises(Conflict):
        store.objectives.save(CYCLE, row("O1"), 2)


def test_only_what_has_no_parts_is_removed(store: Store) -> None:
    store.objectives.replace(CYCLE, [row("O1"), row("O2", "O1")])
    with pytest.raises(ParameterProblem, match="O2"):
        store.objectives.delete(CYCLE, "O1")
    with pytest.raises(NotFound, match="O1, O2"):
        store.objectives.delete(CYCLE, "O9")
    with pytest.raises(Conflict):
        store.objectives.delete(CYCLE, "O2", 7)
    store.objectives.delete(CYCLE, "O2", 1)
    assert len(store.objectives.rows(CYCLE)) == 1


@pytest.mark.parametrize("bad", [row("O" * 41), row("O1", name="x" * 201)])
def test_a_text_that_is_too_long_is_refused(store: Store, bad: dict[str, object]) -> None:
    with pytest.raises(ParameterProblem, match="200"):
        store.objectives.replace(CYCLE, [row("O0"), bad])
    assert store.objectives.rows(CYCLE) == []


def test_a_new_cycle_begins_with_them(store: Store) -> None:
    store.objectives.replace(CYCLE, [row("O1"), row("O2", "O1")])
    store.objectives.save(CYCLE, row("O1", target=3.0), 1)
    store.cycles.open("2026 Q9", dt.date(2026, 9, 30), opened_from=CYCLE)
    carried = store.objectives.rows("2026 Q9")
    assert [(each["objective_id"], each["target"], each["row_version"]) for each in carried] == [
        ("O1", 3.0, 1),
        ("O2", 2.0, 1),
    ]
    store.objectives.save("2026 Q9", row("O1", target=9.0), 1)
    assert store.objectives.rows(CYCLE)[0]["target"] == 3.0


def test_a_reader_changes_nothing(store: Store) -> None:
    store.objectives.replace(CYCLE, [row("O1")])
    viewer = open_store(store.objectives.project_folder, url=store.database.url, role="viewer")
    assert len(viewer.objectives.rows(CYCLE)) == 1
    with pytest.raises(NotAllowed):
        viewer.objectives.save(CYCLE, row("O1"), 1)
