"""One seam over SQLAlchemy: how a project's state is opened, read and written."""

from __future__ import annotations

import datetime as dt
import getpass
import json
import os
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from workbench.errors import MachineProblem, NotFound
from workbench.store import schema
from workbench.store.engines import (
    database_url,
    place_of,
    roll_back_interrupted,
    server_engine,
    sqlite_engine,
    wait_for_turn,
)
from workbench.store.faults import file_fault, server_fault
from workbench.store.remembered import Remembered
from workbench.store.roles import Role, is_guarded, normal_role

_Answer = TypeVar("_Answer")
_AT_WORK = ("participant", "contributor")
"""Roles that keep a server's connection open."""


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

    Raises
    ------
    ParameterProblem
        If the URL is none of SQLite or PostgreSQL, or there is no such role.
    MachineProblem
        If PostgreSQL's driver is not installed.
    """

    def __init__(
        self,
        url: str | sa.URL,
        *,
        role: str = "analyst",
        who: str | None = None,
        clock: Callable[[], dt.datetime] | None = None,
    ) -> None:
        self.url = database_url(url)
        self.role: Role = normal_role(role)
        self.who = who or current_user()
        self.clock = clock or utc_now
        self._running = threading.local()
        self._remembered = Remembered(self.path)
        self.engine = self._create_engine()

    @property
    def path(self) -> Path | None:
        """The SQLite file, or None for another engine."""
        if self.url.get_backend_name() != "sqlite" or not self.url.database:
            return None
        return Path(self.url.database)

    def _create_engine(self) -> sa.Engine:
        read_only = self.role == "viewer"
        if self.path is None:
            # Who takes part in a room asks every second, and who works at the desk with every press.
            return server_engine(self.url, read_only=read_only, keep=self.role in _AT_WORK)
        return sqlite_engine(self.path, read_only=read_only)

    def _connect(self) -> sa.Connection:
        with self._named_errors(reaching=True):
            return self.engine.connect()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection to read with, inside one consistent view."""
        running = getattr(self._running, "change", None)
        if running is not None:
            yield running.connection
            return
        if self.role == "viewer" and self.path is not None:
            roll_back_interrupted(self.path)
        with self._named_errors(), self._connect() as plain:
            connection = plain
            if self.path is None:
                # What is read in several steps must fit together, as it does in SQLite.
                connection = plain.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    def remember(self, question: Hashable, ask: Callable[[], _Answer]) -> _Answer:
        """Ask what was not asked since the last write; the answer must not be changed."""
        if getattr(self._running, "change", None) is not None:
            return ask()
        return self._remembered.answer(question, ask)

    @contextmanager
    def connected(self) -> Iterator[sa.Connection]:
        """Give a connection to keep for a while: what is temporary on it goes with it."""
        with self._named_errors(), self._connect() as connection:
            connection.detach()
            yield connection

    @contextmanager
    def writing(self, action: str, *, on: sa.Connection | None = None, **ids: Any) -> Iterator[Change]:
        """Give a transaction that also writes its audit row; all of it happens, or none.

        Inside a running write of the same thread it joins that one, with an audit row of
        its own. A connection of `connected` may be named, with what waits on it.
        """
        if not is_guarded():
            raise RuntimeError(f"{action} writes without a role check: mark its method with @writes")
        outer = getattr(self._running, "change", None)
        if outer is not None:
            change = Change(outer.connection, outer.at, dict(ids))
            yield change
            self._audit(change, action)
            return
        with self._named_errors(), nullcontext(on) if on is not None else self._connect() as plain:
            connection = plain.execution_options(workbench_immediate=True)
            with connection.begin():
                wait_for_turn(connection)
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
    def _named_errors(self, *, reaching: bool = False) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if self.path is not None:
                problem = file_fault(error, str(self.path))
            else:
                problem = server_fault(error, self.url, reaching=reaching)
            if problem is None:
                raise
            raise problem from error

    def prepare(self) -> None:
        """Bring the tables to the newest form; a viewer only checks that they are.

        Raises
        ------
        NotFound
            If a viewer opens a state that no analyst has created or brought up to date.
        MachineProblem
            If the database can't be reached, or can't hold every character.
        """
        path = self.path
        if self.role == "viewer" and path is not None:
            if not path.is_file():
                raise NotFound("store.error.no_state", file=str(path))
            roll_back_interrupted(path)
        standing = self._standing()
        if standing == schema.HEAD:
            return
        if self.role == "viewer":
            raise NotFound("store.error.old_state", standing=standing or "-", needed=schema.HEAD)
        from workbench.store.migrations.run import migrate

        with self._named_errors():
            self._refuse_encoding()
            migrate(self.engine)

    def holds_state(self) -> bool:
        """Say whether a project keeps its state here already."""
        return self._standing() is not None

    def _refuse_encoding(self) -> None:
        if self.path is not None:
            return
        with self._connect() as connection:
            encoding = str(connection.exec_driver_sql("SHOW server_encoding").scalar())
        if encoding != "UTF8":
            raise MachineProblem("store.error.encoding", place=place_of(self.url), encoding=encoding)

    def _standing(self) -> str | None:
        version = sa.table("alembic_version", sa.column("version_num"))
        with self._named_errors(), self._connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(sa.select(version.c.version_num)).scalar()
