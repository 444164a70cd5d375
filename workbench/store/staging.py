"""Where the rows of a large file wait until they are let in, all at once.

They wait in temporary tables of one connection: no part of the project's state, gone with the
connection however it ends, and filled without a lock that anybody else waits for. Letting them
in is one statement after another inside one short write, where the rows are there already and
in the order of their keys.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from workbench.store.database import Change, Database

CONTACT = (
    "contact_id",
    "list_id",
    "strategy_id",
    "customer_id",
    "contacted_at",
    "channel",
    "disposition",
    "agent",
)
OUTCOME = (
    "outcome_id",
    "list_id",
    "strategy_id",
    "customer_id",
    "recorded_at",
    "responded",
    "amount",
    "note",
    "source",
)
_NAMES = {"contact": CONTACT, "outcome": OUTCOME}
_TYPES = {"responded": "BOOLEAN", "amount": "DOUBLE PRECISION"}
_MOMENTS = ("contacted_at", "recorded_at")
_STEP = 100_000
"""Rows that are let in between two looks at whether it was cancelled."""


class Staging:
    """Rows that wait on one connection.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        On which they wait.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.list_ids: set[str] = set()
        self._n = {"contact": 0, "outcome": 0}
        self._is_server = connection.dialect.name == "postgresql"
        raw = self._raw
        for kind, names in _NAMES.items():
            columns = ", ".join(f"{name} {self._type(name)}" for name in names)
            raw.execute(f"CREATE TEMPORARY TABLE staged_{kind} (n INTEGER PRIMARY KEY, {columns})")
        raw.commit()

    @property
    def _raw(self) -> Any:
        return self.connection.connection.dbapi_connection

    def _type(self, name: str) -> str:
        if name in _MOMENTS and self._is_server:
            return "TIMESTAMP"
        return _TYPES.get(name, "TEXT")

    def put(self, kind: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows of contacts or outcomes, in the order of their ids.

        Parameters
        ----------
        kind : {"contact", "outcome"}
            Which.
        rows : iterable of sequence
            Cells in the order of `CONTACT` or `OUTCOME`; moments as text of
            `moment_text`, None where there is nothing.
        """
        names = _NAMES[kind]
        begin = self._n[kind]
        numbered = [(number, *row) for number, row in enumerate(rows, begin + 1)]
        self._n[kind] += len(numbered)
        self.list_ids.update(row[2] for row in numbered)
        raw = self._raw
        if self._is_server:
            with raw.cursor() as cursor, cursor.copy(f"COPY staged_{kind} FROM STDIN") as copy:
                for row in numbered:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * (len(names) + 1))
            raw.execute("BEGIN")
            # A kind and marks of our own; the cells are bound.
            raw.executemany(f"INSERT INTO temp.staged_{kind} VALUES ({marks})", numbered)  # noqa: S608
        raw.commit()

    def move(self, change: Change, kind: str, table: sa.Table, *, tell: Callable[[float], None]) -> int:
        """Let the rows of a kind in, inside a write; return how many were not there yet."""
        names, key = _NAMES[kind], f"{kind}_id"
        waiting = sa.table(f"staged_{kind}", sa.column("n"), *(sa.column(name) for name in names))
        position = change.connection.execute(sa.select(sa.func.max(table.c.position))).scalar() or 0
        there = sa.select(table.c[key]).where(table.c[key] == waiting.c[key]).exists()
        total, new = self._n[kind], 0
        for begin in range(0, total, _STEP):
            tell(begin / total)
            rows = (
                sa.select(*(waiting.c[name] for name in names), waiting.c.n + position)
                .where(waiting.c.n > begin, waiting.c.n <= begin + _STEP, ~there)
                .order_by(waiting.c.n)
            )
            insert = sa.insert(table).from_select([*names, "position"], rows)
            done = change.execute(insert.execution_options(preserve_rowcount=True))
            new += done.rowcount
        return new


@contextmanager
def staging(database: Database) -> Iterator[Staging]:
    """Give a place to wait on a connection of its own; it is gone at the end."""
    with database.connected() as connection:
        yield Staging(connection)


def moment_text(moment: dt.datetime) -> str:
    """Return a moment as both databases keep it.

    Examples
    --------
    >>> moment_text(dt.datetime(2026, 10, 12, 9, 30))
    '2026-10-12 09:30:00.000000'
    """
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
