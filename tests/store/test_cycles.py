"""Cycles, and the colours that segments keep through them."""

from __future__ import annotations

import datetime as dt

import pytest

from workbench.errors import NotFound, ParameterProblem
from workbench.store import Store

ON_BOTH = True

DAY = dt.date(2026, 9, 30)


def test_cycles_keep_their_order_and_their_origin(store: Store) -> None:
    store.cycles.open("2026 Q3", DAY, "2026 Q2")
    rows = store.cycles.rows()
    assert [row["cycle_id"] for row in rows] == ["2026 Q2", "2026 Q3"]
    assert rows[1]["opened_from"] == "2026 Q2"
    assert rows[1]["snapshot_date"] == DAY


def test_a_name_is_taken_once(store: Store) -> None:
    with pytest.raises(ParameterProblem, match="already a cycle"):
        store.cycles.open("2026 Q2", DAY)


def test_closing(store: Store) -> None:
    store.cycles.close("2026 Q2")
    assert store.cycles.rows()[0]["state"] == "closed"
    with pytest.raises(NotFound, match="2026 Q2"):
        store.cycles.close("2031 Q1")


def test_new_labels_take_the_lowest_free_slot(store: Store) -> None:
    assert store.slots.assign("2026 Q2", ["a", "b", "c"]) == {"a": 1, "b": 2, "c": 3}
    assert store.slots.of_cycle("2026 Q2") == {"a": 1, "b": 2, "c": 3}


def test_a_label_keeps_its_slot_whatever_its_place(store: Store) -> None:
    store.slots.assign("2026 Q2", ["a", "b", "c"])
    assert store.slots.assign("2026 Q2", ["c", "d", "a"]) == {"c": 3, "d": 4, "a": 1}


def test_slots_follow_labels_and_freed_ones_rest_a_cycle(store: Store) -> None:
    store.slots.assign("2026 Q2", ["a", "b", "c"])
    store.cycles.open("2026 Q3", DAY, "2026 Q2")
    assert store.slots.assign("2026 Q3", ["b", "new"]) == {"b": 2, "new": 4}
    store.cycles.open("2026 Q4", DAY, "2026 Q3")
    # Slots 1 and 3 were freed in Q3 and have rested since.
    assert store.slots.assign("2026 Q4", ["b", "new", "x", "y"]) == {"b": 2, "new": 4, "x": 1, "y": 3}


def test_a_renamed_segment_takes_its_colour_along(store: Store) -> None:
    store.slots.assign("2026 Q2", ["a", "b"])
    assert store.slots.assign("2026 Q2", ["a2", "b"], {"a2": "a"}) == {"a2": 1, "b": 2}


def test_the_eleventh_is_grey(store: Store) -> None:
    slots = store.slots.assign("2026 Q2", [f"s{i:02d}" for i in range(12)])
    assert sorted(slots.values()) == [0, 0, *range(1, 11)]


def test_drafts_of_a_cycle_do_not_use_the_colours_up(store: Store) -> None:
    store.slots.assign("2026 Q2", [f"a{i}" for i in range(6)])
    slots = store.slots.assign("2026 Q2", [f"b{i}" for i in range(6)])
    assert 0 not in slots.values()
    assert len(set(slots.values())) == 6
    assert [slots[f"b{i}"] for i in range(4)] == [7, 8, 9, 10]


def test_no_two_labels_share_a_slot(store: Store) -> None:
    store.slots.assign("2026 Q2", ["a", "b"])
    slots = store.slots.assign("2026 Q2", ["a", "b", "c"], {"c": "a"})
    assert len(set(slots.values())) == 3
