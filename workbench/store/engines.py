"""The two kinds of database that keep a project's state, and how writers queue in each.

SQLite, a file in the project's folder, or PostgreSQL, a server named by a URL. In both one
writer works at a time and readers are not held up by it.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
import weakref
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, QueuePool

from workbench.errors import MachineProblem, ParameterProblem

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""
DRIVER = "postgresql+psycopg"
_REACH_SECONDS = 10
_IDLE_SECONDS = 300
"""A writer that says nothing for so long has lost its network, and must not hold up the others."""
_SHORTEST = 0.002
"""Seconds between the first two tries of who waits for SQLite's file; they grow up to a longest."""
_WRITER, _READER, _COMMIT = 0.02, 0.01, 0.005
"""Longest seconds between two tries; all others wait for a commit."""
_MOST_KEPT = 20
# Spreads the waiting. Not the module's own generator: forks would draw alike, and an analyst may
# have seeded it.
_chance = random.SystemRandom()
_kept: weakref.WeakKeyDictionary[sa.Engine, weakref.finalize] = weakref.WeakKeyDictionary()


def database_url(text: str | sa.URL) -> sa.URL:
    """Return the URL of a state's database.

    Raises
    ------
    ParameterProblem
        If it is no URL of a SQLite file or of a PostgreSQL database. The sentence does not
        repeat it, since a password may stand in it.

    Examples
    --------
    >>> database_url("postgresql://lin@db.bank/state").drivername
    'postgresql+psycopg'
    """
    try:
        url = sa.make_url(text)
    except (ArgumentError, ValueError) as error:
        raise ParameterProblem("store.error.url") from error
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername=DRIVER)
    is_file = url.drivername == "sqlite" and url.database not in (None, "", ":memory:")
    if not is_file and url.drivername != DRIVER:
        raise ParameterProblem("store.error.url")
    return url


def sqlite_engine(path: Path, *, read_only: bool) -> sa.Engine:
    """Return an engine on a file; a reader's connections can't write to it."""
    mode = "ro" if read_only else "rwc"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
            factory=_Patient,
        )

    def note_file(_connection: sqlite3.Connection, record: Any) -> None:
        record.info["file"] = which_file(path)

    def is_still_there(_connection: sqlite3.Connection, record: Any, _proxy: Any) -> None:
        if record.info["file"] != which_file(path):
            raise sa.exc.DisconnectionError("another file has its place")

    # One stays open for the next question: opening costs more than most questions do.
    engine = sa.create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=1, max_overflow=-1)
    sa.event.listen(engine, "connect", _set_up_reader if read_only else _set_up_writer)
    sa.event.listen(engine, "connect", note_file)
    sa.event.listen(engine, "checkout", is_still_there)
    sa.event.listen(engine, "begin", _begin_sqlite)
    _keep(engine)
    return engine


def which_file(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one put in its place; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def server_engine(url: sa.URL, *, read_only: bool, keep: bool = False) -> sa.Engine:
    """Return an engine on a PostgreSQL server; a reader's transactions are read-only.

    Parameters
    ----------
    url : sqlalchemy.URL
        The database.
    read_only : bool
        For a reader.
    keep : bool, default=False
        Whether a connection stays open for the next question, for who asks every second or
        with every press. A server counts its connections, and dashboards are many: others
        keep none.

    Raises
    ------
    MachineProblem
        If the driver is not installed.
    """
    if find_spec("psycopg") is None:
        raise MachineProblem("store.error.no_driver")
    pool: dict[str, Any] = {"poolclass": NullPool}
    if keep:
        pool = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": _MOST_KEPT, "pool_pre_ping": True}
    wanted = {"connect_timeout": _REACH_SECONDS, "application_name": "workbench"}
    engine = sa.create_engine(
        url,
        connect_args={name: value for name, value in wanted.items() if name not in url.query},
        execution_options={"postgresql_readonly": True} if read_only else {},
        use_native_hstore=False,
        **pool,
    )
    if keep:
        _keep(engine)
    return engine


def _keep(engine: sa.Engine) -> None:
    _kept[engine] = weakref.finalize(engine, engine.pool.dispose)


def _let_go(backend: str, *, close: bool) -> None:
    # Another thread may open a project meanwhile, which a list of references does not mind.
    for engine in [reference() for reference in _kept.keyrefs()]:
        if engine is not None and engine.dialect.name == backend:
            _kept[engine].detach()
            engine.dispose(close=close)
            _keep(engine)


# A connection must never cross a fork (dashboards fork their kernels): a file must be closed by
# who opened it, and a server's connection stays with the process that made it.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=partial(_let_go, "sqlite", close=True),
        after_in_child=partial(_let_go, "postgresql", close=False),
    )


def wait_for_turn(connection: sa.Connection) -> None:
    """Let one writer at a time into a server's database; SQLite's file does so by itself.

    The lock belongs to the tables' schema and is given back with the transaction, however
    it ends. Who waits too long is told so.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"SET LOCAL lock_timeout = {round(BUSY_SECONDS * 1000)}; "
            f"SET LOCAL idle_in_transaction_session_timeout = {_IDLE_SECONDS * 1000}; "
            "SELECT pg_advisory_xact_lock(hashtext('workbench'), hashtext(current_schema()))"
        )


def place_of(url: sa.URL) -> str:
    """Return where a database is, without account and password.

    Examples
    --------
    >>> place_of(sa.make_url("postgresql+psycopg://lin:secret@db.bank:5433/state"))
    'db.bank:5433/state'
    """
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or url.query.get("host") or os.environ.get("PGHOST") or "localhost"
    port = url.port or url.query.get("port") or os.environ.get("PGPORT") or ""
    named = "".join(host) if isinstance(host, tuple) else str(host)
    name = url.database or os.environ.get("PGDATABASE") or ""
    return f"{named}{f':{port}' if port else ''}/{name}"


def without_password(url: str) -> str:
    """Return a database's URL as it may be written down.

    Examples
    --------
    >>> without_password("postgresql://lin:secret@db.bank/state?sslmode=require&password=secret")
    'postgresql+psycopg://lin@db.bank/state?sslmode=require'
    """
    known = database_url(url)
    kept = {name: value for name, value in known.query.items() if name != "password"}
    return known._replace(password=None).set(query=kept).render_as_string(hide_password=False)


class _Patient(sqlite3.Connection):
    """A connection that waits for its commit in short steps: whoever reads is soon done."""

    def commit(self) -> None:
        """Commit; a commit that met a reader has changed nothing, and can be tried again."""
        _patiently(super().commit, _COMMIT)


def _patiently(attempt: Callable[[], object], longest: float) -> None:
    """Try until others let go of the file, for `BUSY_SECONDS` at most.

    SQLite's own waiting sleeps ever longer, up to a tenth of a second: who has waited
    longest loses to who comes new, and all wait for a commit that sleeps on after the
    last reader has gone.
    """
    until = time.monotonic() + BUSY_SECONDS
    pause = _SHORTEST
    while True:
        try:
            attempt()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
        time.sleep(pause * _chance.uniform(0.5, 1.5))
        pause = min(pause * 1.5, longest)


def _run(connection: sqlite3.Connection, statement: str) -> None:
    connection.execute(statement).close()


def _set_up_writer(connection: sqlite3.Connection, _record: Any) -> None:
    # A write-ahead log may corrupt the file with SQLite 3.7.0 to 3.51.2, hence DELETE.
    for pragma in ("journal_mode = DELETE", "synchronous = FULL", "foreign_keys = ON"):
        _patiently(partial(_run, connection, f"PRAGMA {pragma}"), _READER)
    _run(connection, f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")


def _set_up_reader(connection: sqlite3.Connection, _record: Any) -> None:
    _run(connection, "PRAGMA query_only = ON")
    _run(connection, f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")
    # The file itself is opened for reading, but ATTACH would open it again for writing.
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)


def _begin_sqlite(connection: sa.Connection) -> None:
    raw: Any = connection.connection.dbapi_connection
    immediate = connection.get_execution_options().get("workbench_immediate")
    _run(raw, "PRAGMA busy_timeout = 0")
    try:
        if immediate:
            _patiently(partial(_run, raw, "BEGIN IMMEDIATE"), _WRITER)
            # Its commit waits by itself.
            return
        _run(raw, "BEGIN")
        # Takes the reader's lock now, where waiting for it is short.
        _patiently(partial(_run, raw, "SELECT count(*) FROM sqlite_master"), _READER)
    except sqlite3.OperationalError as error:
        if raw.in_transaction:
            raw.rollback()
        raise sa.exc.OperationalError("BEGIN", None, error) from error
    except sqlite3.DatabaseError as error:
        raise sa.exc.DatabaseError("BEGIN", None, error) from error
    _run(raw, f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")


def roll_back_interrupted(path: Path) -> None:
    """Let SQLite undo what a killed writer left half done; a reader may not do it.

    Only the undoing is done here: the connection reads one row and closes.
    """
    if not path.with_name(path.name + "-journal").exists():
        return
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)
    except sqlite3.OperationalError:
        return
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # The folder is read-only for this account: the first read says so in a sentence.
        return
    finally:
        connection.close()
