"""The quota ledger: never more is sold than there is; and only the current material is shown."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.store import Store, open_store

DAY = dt.date(2026, 10, 9)
OFFER = "time_deposit"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty state, made once; each test works on a copy."""
    folder = tmp_path_factory.mktemp("made")
    open_store(folder)
    return folder


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Store:
    shutil.copytree(made, tmp_path / "bank")
    return open_store(tmp_path / "bank", who="lin")


def define(store: Store, total: int = 3, **more: Any) -> int:
    return store.quotas.define(OFFER, total, **{"measure": "units", "valid_from": DAY, **more})


def book(store: Store, key: str, amount: int = 1, **more: Any) -> dict[str, Any]:
    return store.quotas.book(OFFER, amount, key, **{"day": DAY, **more})


def balance(store: Store) -> int:
    return store.quotas.states()[0].balance


def test_no_more_is_booked_than_there_is(store: Store) -> None:
    define(store)
    booked = book(store, "a", 2)
    assert book(store, "a", 2) == booked
    with pytest.raises(ParameterProblem, match="1 are left, and 2 were asked for"):
        book(store, "b", 2)
    book(store, "b", 1)
    with pytest.raises(ParameterProblem, match="0 are left"):
        book(store, "c")
    ledger = store.quotas.ledger()
    assert ledger["kind"].tolist() == ["open", "book", "book"]
    assert ledger["amount"].sum() == balance(store) == 0
    with pytest.raises(ParameterProblem, match="another booking"):
        book(store, "a", 1)


def test_bookings_at_once_share_what_is_left(store: Store) -> None:
    define(store, 5)
    refused: list[str] = []
    gate = threading.Barrier(4)

    def sell(name: str) -> None:
        gate.wait(20)
        for number in range(4):
            try:
                book(store, f"{name} {number}")
            except ParameterProblem as problem:
                refused.append(problem.key)

    threads = [threading.Thread(target=sell, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger = store.quotas.ledger()
    assert refused == ["execution_desk.error.too_little"] * 11
    assert (ledger["kind"].eq("book").sum(), ledger["amount"].sum(), balance(store)) == (5, 0, 0)
    assert ledger["balance"].tolist() == ledger["amount"].cumsum().tolist()


def test_a_booking_goes_back_in_parts_and_no_further(store: Store) -> None:
    define(store, 10)
    booking = book(store, "a", 6)["entry_id"]
    store.quotas.give_back(booking, "r1", 2, "changed their mind")
    store.quotas.give_back(booking, "r1", 2)
    assert balance(store) == 6
    with pytest.raises(ParameterProblem, match="less is left"):
        store.quotas.give_back(booking, "r2", 5)
    store.quotas.give_back(booking, "r3")
    assert balance(store) == store.quotas.ledger()["amount"].sum() == 10
    with pytest.raises(ParameterProblem, match="less is left"):
        store.quotas.give_back(booking, "r4")
    with pytest.raises(NotFound, match="booking number 1 "):
        store.quotas.give_back(1, "r5")


def test_a_branch_draws_on_its_own_quota_first(store: Store) -> None:
    define(store, 5)
    define(store, 1, branch="Riverside")
    assert book(store, "a", branch="Riverside")["quota_id"] == 2
    with pytest.raises(ParameterProblem, match="0 are left"):
        book(store, "b", branch="Riverside")
    assert book(store, "c", branch="Harbour")["quota_id"] == 1


def test_quotas_of_one_offer_and_branch_never_meet(store: Store) -> None:
    end = DAY + dt.timedelta(days=30)
    define(store, valid_to=end)
    with pytest.raises(ParameterProblem, match=r"Quota 1 .* from 2026-10-09 to 2026-11-08"):
        define(store, valid_from=end)
    define(store, 7, valid_from=end + dt.timedelta(days=1))
    assert book(store, "a", day=end + dt.timedelta(days=2))["quota_id"] == 2
    with pytest.raises(ParameterProblem, match=r"No quota .* holds on 2026-10-01"):
        book(store, "b", day=dt.date(2026, 10, 1))
    with pytest.raises(NotFound, match="has no quota"):
        store.quotas.book("fund_plan", 1, "c", day=DAY)
    with pytest.raises(ParameterProblem, match="meet these days"):
        store.quotas.change(1, expected_version=1, valid_to=end + dt.timedelta(days=5))
    with pytest.raises(ParameterProblem, match="counts units"):
        define(store, measure="CNY", branch="Harbour")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"total": 0}, "amount of 0"),
        ({"measure": "kg"}, '"kg" can'),
        ({"valid_to": DAY - dt.timedelta(days=1)}, "lies before the first day"),
    ],
)
def test_an_impossible_quota_is_refused(store: Store, wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ParameterProblem, match=sentence):
        define(store, **wrong)
    assert store.quotas.states() == []


def test_a_quota_grows_and_shrinks_to_what_is_booked(store: Store) -> None:
    define(store, 5)
    book(store, "a", 4)
    assert store.quotas.change(1, expected_version=1, total=9) == 2
    with pytest.raises(ParameterProblem, match="4 are booked already, so the quota can't be 3"):
        store.quotas.change(1, expected_version=2, total=3)
    with pytest.raises(Conflict):
        store.quotas.change(1, expected_version=1, total=8)
    store.quotas.change(1, expected_version=2, total=4)
    assert (balance(store), store.quotas.totals()) == (0, {1: 4})
    assert store.quotas.ledger()["kind"].tolist() == ["open", "book", "change", "change"]


def test_a_contributor_books_and_does_not_define(store: Store) -> None:
    define(store)
    seller = open_store(store.quotas.project_folder, role="contributor", who="wang")
    book(seller, "a")
    with pytest.raises(NotAllowed):
        define(seller, branch="Harbour")


# Materials -----------------------------------------------------------------------------


def add(store: Store, first: dt.date = DAY, last: dt.date | None = None, **more: Any) -> int:
    values = {"kind": "rate", "offer": OFFER, "title": "Rate", "title_zh": "利率", "value": 2.35, **more}
    return store.materials.add("deposit_rate", valid_from=first, valid_to=last, **values)


def test_only_the_version_of_the_day_is_shown(store: Store) -> None:
    add(store)
    with pytest.raises(ParameterProblem, match=r"Version 1 .* from 2026-10-09 to …"):
        add(store, DAY + dt.timedelta(days=10))
    later = DAY + dt.timedelta(days=10)
    assert add(store, later, value=2.1, ends_former=True) == 2
    days = [DAY - dt.timedelta(days=1), DAY, later - dt.timedelta(days=1), later]
    shown = [[row["value"] for row in store.materials.shown(day)] for day in days]
    assert shown == [[], [2.35], [2.35], [2.1]]
    assert store.materials.shown(later, "fund_plan") == []
    store.materials.withdraw("deposit_rate", 2, "Misprint")
    assert store.materials.shown(later) == []
    # What was wrong makes room for what is right.
    assert add(store, later, value=2.2) == 3
    assert [row["version"] for row in store.materials.rows()] == [1, 2, 3]


def test_an_end_is_moved_and_no_two_meet(store: Store) -> None:
    add(store, last=DAY)
    add(store, DAY + dt.timedelta(days=1))
    with pytest.raises(ParameterProblem, match="Version 2"):
        store.materials.end("deposit_rate", 1, DAY + dt.timedelta(days=3), expected_version=1)
    assert store.materials.end("deposit_rate", 2, DAY + dt.timedelta(days=3), expected_version=1) == 2
    with pytest.raises(Conflict):
        store.materials.end("deposit_rate", 2, DAY + dt.timedelta(days=4), expected_version=1)
    with pytest.raises(ParameterProblem, match="lies before"):
        store.materials.end("deposit_rate", 2, DAY, expected_version=2)
    with pytest.raises(NotFound):
        store.materials.end("deposit_rate", 9, DAY, expected_version=1)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"value": None}, "no value"), ({"title_zh": " "}, "empty"), ({"kind": "song"}, '"song"')],
)
def test_an_impossible_material_is_refused(store: Store, wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ParameterProblem, match=sentence):
        add(store, **wrong)
