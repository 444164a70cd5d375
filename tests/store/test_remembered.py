"""What is remembered of the state is what stands in it, whoever wrote last."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path

import pytest

from workbench.store import open_store
from workbench.store.remembered import Remembered


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "state.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE told (word TEXT)")
    connection.close()
    return path


class Asking:
    """Asks a file for its words, and counts how often."""

    def __init__(self, path: Path) -> None:
        self.path, self.n, self.remembered = path, 0, Remembered(path)

    def __call__(self) -> list[str]:
        return self.remembered.answer("words", self._read)

    def _read(self) -> list[str]:
        self.n += 1
        connection = sqlite3.connect(self.path)
        words = [word for (word,) in connection.execute("SELECT word FROM told")]
        connection.close()
        return words


def tell(path: Path, word: str, *, keep: bool = True) -> None:
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO told VALUES (?)", (word,))
    if keep:
        connection.commit()
    connection.close()


def test_it_is_asked_once_between_two_writes(file: Path) -> None:
    ask = Asking(file)
    assert [ask(), ask(), ask()] == [[], [], []]
    assert ask.n == 1
    tell(file, "one")
    assert [ask(), ask()] == [["one"], ["one"]]
    assert ask.n == 2


def test_many_writes_are_each_seen_at_once(file: Path) -> None:
    ask = Asking(file)
    for number in range(60):
        tell(file, str(number))
        assert len(ask()) == number + 1


def test_a_write_that_was_given_up_changes_no_answer(file: Path) -> None:
    ask = Asking(file)
    ask()
    tell(file, "never", keep=False)
    assert ask() == []


def test_a_copy_put_in_its_place_is_another_file(file: Path, tmp_path: Path) -> None:
    shutil.copyfile(file, tmp_path / "kept.sqlite")
    ask = Asking(file)
    tell(file, "one")
    assert ask() == ["one"]
    # As many commits, of another word.
    tell(tmp_path / "kept.sqlite", "other")
    shutil.copyfile(tmp_path / "kept.sqlite", file)
    assert ask() == ["other"]


def test_what_was_written_while_it_was_read_is_not_remembered(file: Path) -> None:
    remembered = Remembered(file)

    def read_and_be_overtaken() -> str:
        tell(file, "meanwhile")
        return "old"

    assert remembered.answer("words", read_and_be_overtaken) == "old"
    assert remembered.answer("words", lambda: "new") == "new"


def test_a_file_that_is_gone_is_asked_again(file: Path) -> None:
    remembered = Remembered(file)
    assert remembered.answer("words", lambda: 1) == 1
    file.unlink()
    assert remembered.answer("words", lambda: 2) == 2


def test_a_store_sees_what_another_writes_and_what_it_writes_itself(tmp_path: Path) -> None:
    import datetime as dt

    store, other = open_store(tmp_path), open_store(tmp_path)
    reader = open_store(tmp_path, role="viewer")
    assert store.cycles.rows() == reader.cycles.rows() == []
    other.cycles.open("2026 Q1", dt.date(2026, 3, 31))
    assert [row["cycle_id"] for row in reader.cycles.rows()] == ["2026 Q1"]
    rows = store.cycles.rows()
    rows[0]["cycle_id"] = "changed by whoever asked"
    assert [row["cycle_id"] for row in store.cycles.rows()] == ["2026 Q1"]
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(len(store.cycles.rows())))
    store.cycles.open("2026 Q2", dt.date(2026, 6, 30), "2026 Q1")
    thread.start()
    thread.join()
    assert found == [2]
