"""How the state is opened: who may write, what survives a kill, how an old one is updated."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from workbench.errors import Damaged, MachineProblem, NotFound
from workbench.store import Store, engines, open_store, schema
from workbench.store import database as database_module
from workbench.store.migrations import run as migrations


def test_the_pragmas_that_keep_the_file_whole(store: Store) -> None:
    with store.database.engine.connect() as connection:

        def pragma(name: str) -> object:
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

        assert pragma("journal_mode") == "delete"
        assert pragma("synchronous") == 2
        assert pragma("foreign_keys") == 1
        assert int(str(pragma("busy_timeout"))) >= 5_000


def test_a_write_takes_the_lock_at_its_beginning(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    statements: list[str] = []
    sa.event.listen(
        store.database.engine,
        "checkout",
        lambda made, _record, _lent: made.set_trace_callback(statements.append),
    )
    store.comments.add("insight", "x", "2026 Q2")
    assert "BEGIN IMMEDIATE" in statements
    statements.clear()
    store.comments.frame("insight", "2026 Q2")
    assert "BEGIN IMMEDIATE" not in statements


def test_migrations_make_what_the_schema_says(store: Store) -> None:
    with store.database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == schema.HEAD


def test_the_newest_migration_is_the_one_the_code_wants() -> None:
    script = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert script.get_heads() == [schema.HEAD]


def test_migrations_go_back_and_forth(store: Store) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with store.database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    store.database.prepare()
    assert store.cycles.rows() == []


def test_a_reader_says_that_an_old_state_needs_an_analyst(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with store.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(NotFound, match="An analyst must open the project once"):
        open_store(tmp_path, role="viewer")


def test_a_reader_of_nothing_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"state\.sqlite"):
        open_store(tmp_path, role="viewer")
    assert not (tmp_path / "state.sqlite").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO lineage VALUES ('a', 'b')",
        "DELETE FROM cycles",
        "DROP TABLE cycles",
        "CREATE TABLE mine (a)",
        "PRAGMA user_version = 7",
    ],
)
def test_a_viewer_can_not_write_even_by_raw_sql(store: Store, statement: str) -> None:
    viewer = open_store(store.cycles.project_folder, role="viewer")
    before = (store.cycles.project_folder / "state.sqlite").read_bytes()
    with viewer.database.engine.connect() as connection:
        # Turning the connection's own safety off is of no use: the file is open for reading.
        connection.exec_driver_sql("PRAGMA query_only = OFF")
        with pytest.raises(sa.exc.OperationalError, match="readonly"):
            connection.exec_driver_sql(statement)
    assert (store.cycles.project_folder / "state.sqlite").read_bytes() == before


def test_a_viewer_can_not_attach_the_file_for_writing(store: Store) -> None:
    viewer = open_store(store.cycles.project_folder, role="viewer")
    path = store.cycles.project_folder / "state.sqlite"
    with viewer.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = OFF")
        for name in (f"{path.as_uri()}?mode=rw", str(path), str(path.with_name("mine.sqlite"))):
            with pytest.raises(sa.exc.OperationalError, match="too many attached"):
                connection.exec_driver_sql(f"ATTACH '{name}' AS again")


def test_a_viewer_reads_what_was_written_since(store: Store) -> None:
    viewer = open_store(store.cycles.project_folder, role="viewer")
    store.comments.add("review", "new", "2026 Q2")
    assert viewer.comments.frame("review", None)["text"].tolist() == ["new"]


def test_a_failed_write_leaves_nothing(store: Store) -> None:
    before = len(store.trail.audit_log())
    with pytest.raises(sa.exc.IntegrityError):
        store.comments.add("insight", "x", "no such cycle")
    assert len(store.trail.audit_log()) == before
    assert store.comments.frame(None, None).empty


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(Damaged, match="Restore it from a copy"):
        open_store(tmp_path)


def test_a_lock_that_is_never_freed_is_said(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0)
    impatient = open_store(store.cycles.project_folder)
    blocker = sqlite3.connect(store.cycles.project_folder / "state.sqlite")
    blocker.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(MachineProblem, match="Nothing was saved"):
            impatient.comments.add("insight", "x", None)
    finally:
        blocker.rollback()
        blocker.close()


def _write_comments(folder: str, name: str, n: int) -> None:
    store = open_store(Path(folder), who=name)
    for i in range(n):
        store.comments.add("insight", f"{name} {i}", None)


def test_two_processes_lose_no_comment(tmp_path: Path) -> None:
    open_store(tmp_path)
    context = multiprocessing.get_context("spawn")
    n = 200
    writers = [context.Process(target=_write_comments, args=(str(tmp_path), name, n)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(200)
    assert [writer.exitcode for writer in writers] == [0, 0]
    found = open_store(tmp_path, role="viewer").comments.frame(None, None)
    assert sorted(found["text"]) == sorted(f"{name} {i}" for name in "ab" for i in range(n))
    assert found["comment_id"].is_unique


def _open(folder: str) -> None:
    open_store(Path(folder))


def test_two_processes_may_create_the_same_project(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    openers = [context.Process(target=_open, args=(str(tmp_path),)) for _ in range(3)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(100)
    assert [opener.exitcode for opener in openers] == [0, 0, 0]


_ENDLESS = """
import sys
from pathlib import Path
from workbench.store import open_store, schema
import sqlalchemy as sa
from workbench.store.roles import writes
from workbench.store.area import Area

class Slow(Area):
    @writes("analyst")
    def add(self):
        with self.database.writing("slow") as change:
            # More than the page cache holds, so that half of it reaches the file.
            change.execute(sa.text("PRAGMA cache_size = 5"))
            for i in range(3000):
                row = {"stage": "insight", "text": "half " * 200, "author": "a", "written_at": change.at}
                change.execute(sa.insert(schema.comments).values(**row))
            print("midway", flush=True)
            sys.stdin.read()

folder = Path(sys.argv[1])
Slow(open_store(folder).database, folder).add()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
def test_a_writer_killed_midway_leaves_a_readable_store(tmp_path: Path) -> None:
    before = open_store(tmp_path)
    before.comments.add("insight", "whole", None)
    watching = open_store(tmp_path, role="viewer")
    child = subprocess.Popen(
        [sys.executable, "-c", _ENDLESS, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    try:
        assert child.stdout.readline().strip() == "midway"
        child.send_signal(signal.SIGKILL)
        child.wait(20)
    finally:
        child.kill()
        child.stdout.close()
        child.stdin.close()
    assert (tmp_path / "state.sqlite-journal").exists()
    assert watching.comments.frame(None, None)["text"].tolist() == ["whole"]
    viewer = open_store(tmp_path, role="viewer")
    assert viewer.comments.frame(None, None)["text"].tolist() == ["whole"]
    open_store(tmp_path).comments.add("insight", "after", None)
    assert viewer.comments.frame(None, None)["text"].tolist() == ["whole", "after"]


def test_the_clock_and_the_name_are_those_given(store: Store) -> None:
    store.comments.add("insight", "x", "2026 Q2")
    row = store.comments.frame("insight", None).iloc[0]
    assert str(row["written_at"])[:10] == "2026-10-09"
    assert row["author"] == "lin"


def test_who_is_the_environment_or_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_USER", "王芳")
    assert database_module.current_user() == "王芳"
    monkeypatch.delenv("WORKBENCH_USER")
    assert database_module.current_user()


def test_opening_is_quick_for_a_reader(store: Store) -> None:
    started = time.perf_counter()
    open_store(store.cycles.project_folder, role="viewer")
    # Alembic is not imported for it; a second would mean that it was.
    assert time.perf_counter() - started < 1


def test_a_look_at_the_commits_drops_no_lock(store: Store) -> None:
    """Closing any handle on a file drops the process's locks on it: nothing may do so."""
    rows = store.cycles.rows
    path = str(store.database.path)
    attempt = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)\n"
        "try:\n    connection.execute('BEGIN IMMEDIATE')\n"
        "except sqlite3.OperationalError as error:\n    print(error)\n"
    )
    with (
        store.database.engine.connect() as plain,
        plain.execution_options(workbench_immediate=True).begin(),
    ):
        assert len(rows()) == 1
        assert len(open_store(Path(path).parent).cycles.rows()) == 1
        said = subprocess.run(
            [sys.executable, "-c", attempt, path], capture_output=True, text=True, check=True
        )
    assert said.stdout.strip() == "database is locked"


def test_a_file_put_in_its_place_is_read(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    store, other = open_store(tmp_path / "one"), open_store(tmp_path / "other")
    store.cycles.open("2026 Q1", dt.date(2026, 3, 31))
    other.cycles.open("2026 Q2", dt.date(2026, 6, 30))
    assert [row["cycle_id"] for row in store.cycles.rows()] == ["2026 Q1"]
    (tmp_path / "other" / "state.sqlite").replace(tmp_path / "one" / "state.sqlite")
    assert [row["cycle_id"] for row in store.cycles.rows()] == ["2026 Q2"]
    store.cycles.open("2026 Q3", dt.date(2026, 9, 30), "2026 Q2")
    assert len(open_store(tmp_path / "one").cycles.rows()) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_takes_no_open_file_along(store: Store) -> None:
    assert len(store.cycles.rows()) == 1
    name = str(store.database.path)

    def opened() -> list[str]:
        folder = Path("/proc/self/fd")
        return [link for link in (os.path.realpath(fd) for fd in folder.iterdir()) if link == name]

    assert opened(), "the file stays open for the next question"
    reads, writes = os.pipe()
    child = os.fork()
    if not child:  # pragma: no cover - in another process
        found = len(opened())
        # It reads and writes on a connection of its own.
        store.comments.add("insight", "from the fork", "2026 Q2")
        os.write(writes, str(found).encode())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(reads, 8) == b"0"
    os.close(reads)
    os.close(writes)
    assert list(store.comments.frame("insight", "2026 Q2")["text"]) == ["from the fork"]
