"""One seam over SQLAlchemy: how a project's state is opened, read and written."""

from __future__ import annotations

import datetime as dt
import getpass
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool

from workbench.errors import Damaged, MachineProblem, NotFound
from workbench.store import schema
from workbench.store.roles import Role, is_guarded, normal_role

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""


def current_user() -> str:
    """Return who writes: ``WORKBENCH_USER``, or the account's name."""
    named = os.environ.get("WORKBENCH_USER")
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's numeric user has no account name.
        return "unknown"


def utc_now() -> dt.datetime:
    """Return this moment in UTC, without a zone."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


class Change:
    """A running write: its connection, and the ids that its audit row will name."""

    def __init__(self, connection: sa.Connection, at: dt.datetime, ids: dict[str, Any]) -> None:
        self.connection = connection
        self.at = at
        self.ids = ids

    def execute(self, statement: Any, rows: Any = None) -> sa.CursorResult:
        """Run a statement inside the write."""
        return self.connection.execute(statement, rows) if rows else self.connection.execute(statement)


class Database:
    """The SQL side of a project.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; ``sqlite:///<absolute path>`` or ``postgresql+psycopg://…``.
    role : {"participant", "viewer", "contributor", "analyst"}
        What this handle may write. A viewer's connections are read-only in the database
        itself, so that not even raw SQL writes.
    who : str, optional
        Written to the audit log; by default `current_user`.
    clock : callable, optional
        Returns the moment of a write (UTC, naive); tests inject their own.
    """

    def __init__(
        self,
        url: str,
        *,
        role: str = "analyst",
        who: str | None = None,
        clock: Callable[[], dt.datetime] | None = None,
    ) -> None:
        self.url = sa.make_url(url)
        self.role: Role = normal_role(role)
        self.who = who or current_user()
        self.clock = clock or utc_now
        self._running = threading.local()
        self.engine = self._create_engine()

    @property
    def path(self) -> Path | None:
        """The SQLite file, or None for another engine."""
        if self.url.get_backend_name() != "sqlite" or not self.url.database:
            return None
        return Path(self.url.database)

    def _create_engine(self) -> sa.Engine:
        # NullPool: a connection must never cross a fork (dashboards fork their kernels),
        # and an idle handle must hold no file open while its folder is copied.
        path = self.path
        if path is None:
            options = {"postgresql_readonly": True} if self.role == "viewer" else {}
            return sa.create_engine(self.url, poolclass=NullPool, execution_options=options)
        mode = "ro" if self.role == "viewer" else "rwc"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )

        engine = sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)
        sa.event.listen(engine, "connect", _set_up_sqlite if mode == "rwc" else _set_up_sqlite_reader)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection to read with, inside one consistent view."""
        running = getattr(self._running, "change", None)
        if running is not None:
            yield running.connection
            return
        if self.role == "viewer" and self.path is not None:
            _roll_back_interrupted(self.path)
        with self._named_errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, action: str, **ids: Any) -> Iterator[Change]:
        """Give a transaction that also writes its audit row; all of it happens, or none.

        Inside a running write of the same thread it joins that one, with an audit row of
        its own.
        """
        if not is_guarded():
            raise RuntimeError(f"{action} writes without a role check: mark its method with @writes")
        outer = getattr(self._running, "change", None)
        if outer is not None:
            change = Change(outer.connection, outer.at, dict(ids))
            yield change
            self._audit(change, action)
            return
        with self._named_errors(), self.engine.connect() as plain:
            connection = plain.execution_options(workbench_immediate=True)
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    # Writers queue, as SQLite's do; readers are not held up.
                    connection.exec_driver_sql("LOCK TABLE audit_log IN EXCLUSIVE MODE")
                change = Change(connection, self.clock(), dict(ids))
                self._running.change = change
                try:
                    yield change
                    self._audit(change, action)
                finally:
                    self._running.change = None

    def _audit(self, change: Change, action: str) -> None:
        change.execute(
            sa.insert(schema.audit_log).values(
                at=change.at,
                who=self.who,
                role=self.role,
                action=action,
                ids=json.dumps(change.ids, ensure_ascii=False, sort_keys=True, default=str),
            )
        )

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            text = str(error.orig)
            if "locked" in text or "busy" in text:
                raise MachineProblem(
                    "store.error.busy", seconds=BUSY_SECONDS, file=str(self.path or self.url.host)
                ) from error
            if "unable to open" in text or "readonly" in text or "disk" in text:
                raise MachineProblem(
                    "store.error.unwritable", file=str(self.path or self.url.host), cause=text
                ) from error
            raise
        except DatabaseError as error:
            if "not a database" in str(error.orig) or "malformed" in str(error.orig):
                raise Damaged("store.error.damaged_state", file=str(self.path)) from error
            raise

    def prepare(self) -> None:
        """Bring the tables to the newest form; a viewer only checks that they are.

        Raises
        ------
        NotFound
            If a viewer opens a state that no analyst has created or brought up to date.
        """
        path = self.path
        if self.role == "viewer" and path is not None:
            if not path.is_file():
                raise NotFound("store.error.no_state", file=str(path))
            _roll_back_interrupted(path)
        standing = self._standing()
        if standing == schema.HEAD:
            return
        if self.role == "viewer":
            raise NotFound("store.error.old_state", standing=standing or "-", needed=schema.HEAD)
        from workbench.store.migrations.run import migrate

        with self._named_errors():
            migrate(self.engine)

    def _standing(self) -> str | None:
        version = sa.table("alembic_version", sa.column("version_num"))
        with self._named_errors(), self.engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(sa.select(version.c.version_num)).scalar()


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # A write-ahead log may corrupt the file with SQLite 3.7.0 to 3.51.2, hence DELETE.
    for pragma in (
        "journal_mode = DELETE",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_SECONDS * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _set_up_sqlite_reader(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}").close()
    connection.execute("PRAGMA query_only = ON").close()
    # The file itself is opened for reading, but ATTACH would open it again for writing.
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)


def _begin_sqlite(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("workbench_immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _roll_back_interrupted(path: Path) -> None:
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
