"""The exchange with other systems: large files of results let in at once, answers kept, and the log."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.store import schema, schema_exchange
from workbench.store.area import Area, frame_of, record_edges
from workbench.store.late import refuse_late_lists
from workbench.store.roles import reads, writes
from workbench.store.staging import Staging, staging

if TYPE_CHECKING:
    import pandas as pd

LOGGED = (
    "leads.export",
    "outcomes.import",
    "corrections.propose",
    "correction.accepted",
    "correction.declined",
)
"""Actions of the audit log that are exchanges with others."""


class Exchanges(Area):
    """What came from other systems and went to them."""

    @writes("contributor")
    @contextmanager
    def staging(self) -> Iterator[Staging]:
        """Give a place of one's own to put the rows of a large file, until they are let in.

        It is no part of the project's state: it belongs to one connection, and goes with it
        whatever ends the process. Nobody waits while it is filled.
        """
        with staging(self.database) as found:
            yield found

    @writes("contributor")
    def let_in(
        self,
        staged: Staging,
        *,
        source: str,
        raw: tuple[str, str, int] | None = None,
        tell: Callable[[float], None] | None = None,
        **facts: Any,
    ) -> tuple[int, int]:
        """Let what was staged into the project, all of it in one write; return what was new.

        Parameters
        ----------
        staged : Staging
            Contacts and outcomes.
        source : str
            The lineage node that they came from.
        raw : (str, str, int), optional
            Hash, name and size of the file.
        tell : callable, optional
            Told the share done; what it raises undoes all of it.
        **facts : Any
            What the log says of it.

        Returns
        -------
        (int, int)
            New contacts and new outcomes.

        Raises
        ------
        ParameterProblem
            If the cycle of a list is frozen or closed.
        """
        with self.database.writing("outcomes.import", on=staged.connection) as change:
            refuse_late_lists(change, staged.list_ids)
            new = [0, 0]
            for n, (kind, table) in enumerate((("contact", schema.contacts), ("outcome", schema.outcomes))):
                new[n] = staged.move(change, kind, table, tell=_half(tell, n))
            if raw is not None:
                _remember(change, *raw)
            lists = sorted(staged.list_ids)
            origins = sa.select(schema.target_lists.c.list_id, schema.target_lists.c.artefact_id)
            found = change.execute(origins.where(schema.target_lists.c.list_id.in_(lists)))
            record_edges(change, [(row.artefact_id, f"results:{row.list_id}") for row in found])
            record_edges(change, [(source, f"results:{name}") for name in lists])
            change.ids.update(contacts=new[0], outcomes=new[1], list_ids=lists, **facts)
            return new[0], new[1]

    @reads
    def known_keys(self, list_ids: Sequence[str]) -> set[str]:
        """Return the ids of contacts and outcomes that some lists have."""
        contacts, outcomes = schema.contacts, schema.outcomes
        one = sa.select(contacts.c.contact_id).where(contacts.c.list_id.in_(list_ids))
        other = sa.select(outcomes.c.outcome_id).where(outcomes.c.list_id.in_(list_ids))
        with self.database.reading() as connection:
            return {row[0] for row in connection.execute(sa.union(one, other))}

    @reads
    def known_results(self, list_ids: Sequence[str], size: int = 50_000) -> Iterator[pd.DataFrame]:
        """Yield the outcomes that some lists have: list_id, customer_id, recorded_at, responded, amount."""
        table = schema.outcomes
        names = ["list_id", "customer_id", "recorded_at", "responded", "amount"]
        query = sa.select(*(table.c[name] for name in names)).where(table.c.list_id.in_(list_ids))
        with self.database.reading() as connection:
            rows = connection.execution_options(stream_results=True).execute(query)
            while some := rows.fetchmany(size):
                yield frame_of(some, names)

    @reads
    def newest(self, list_ids: Sequence[str]) -> dt.datetime | None:
        """Return the newest moment of some lists' contacts and outcomes, or None."""
        contacts, outcomes = schema.contacts, schema.outcomes
        with self.database.reading() as connection:
            found = [
                connection.execute(
                    sa.select(sa.func.max(moment)).where(moment.table.c.list_id.in_(list_ids))
                ).scalar()
                for moment in (contacts.c.contacted_at, outcomes.c.recorded_at)
            ]
        return max((moment for moment in found if moment is not None), default=None)

    # Answers ---------------------------------------------------------------------

    @reads
    def answer(self, key: str) -> dict[str, Any] | None:
        """Return what was answered under a key, or None."""
        table = schema_exchange.answers
        with self.database.reading() as connection:
            row = connection.execute(sa.select(table).where(table.c.request_key == key)).one_or_none()
        return None if row is None else dict(row._mapping)

    @writes("contributor")
    def keep_answer(self, key: str, path: str, sha256: str, status: int, content: str) -> None:
        """Keep what was answered under a key; the first answer stays."""
        table = schema_exchange.answers
        with self.database.writing("exchange.answer", path=path, status=status) as change:
            if change.execute(sa.select(table.c.status).where(table.c.request_key == key)).first() is None:
                change.execute(
                    sa.insert(table).values(
                        request_key=key,
                        path=path,
                        sha256=sha256,
                        status=status,
                        content=content,
                        at=change.at,
                        who=self.database.who,
                    )
                )

    # The log ---------------------------------------------------------------------

    @reads
    def log(self, limit: int = 50) -> list[dict[str, Any]]:
        """Return the newest exchanges, the newest first: at, who, action, and the facts of each."""
        table = schema.audit_log
        query = (
            sa.select(table).where(table.c.action.in_(LOGGED)).order_by(table.c.entry_id.desc()).limit(limit)
        )
        with self.database.reading() as connection:
            return [
                {"entry_id": row.entry_id, "at": row.at, "who": row.who, "action": row.action}
                | {"facts": json.loads(row.ids)}
                for row in connection.execute(query)
            ]


def _half(tell: Callable[[float], None] | None, n: int) -> Callable[[float], None]:
    return lambda share: tell((n + share) / 2) if tell else None


def _remember(change: Any, sha256: str, name: str, size: int) -> None:
    table = schema.raw_files
    if not change.execute(sa.select(table).where(table.c.sha256 == sha256)).first():
        values: Mapping[str, Any] = {"sha256": sha256, "name": name, "bytes": size}
        change.execute(sa.insert(table).values(first_seen_at=change.at, **values))
