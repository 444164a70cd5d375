"""Where things came from: raw files, lineage edges, the audit log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.store import schema
from workbench.store.area import Area, frame_of, record_edges
from workbench.store.roles import reads, writes

if TYPE_CHECKING:
    import pandas as pd


class Trail(Area):
    """Lineage and audit.

    A node is an artefact's id, or begins with ``raw:``, ``results:``,
    ``recommendation:`` or ``cycle:``.
    """

    @writes("contributor")
    def add_raw_file(self, sha256: str, name: str, size: int) -> None:
        """Remember a raw file by its content; a name it had before stays."""
        table = schema.raw_files
        with self.database.writing("raw_file.add", sha256=sha256, name=name) as change:
            if not change.execute(sa.select(table).where(table.c.sha256 == sha256)).first():
                change.execute(
                    sa.insert(table).values(sha256=sha256, name=name, bytes=size, first_seen_at=change.at)
                )

    @writes("analyst")
    def add_edges(self, edges: Sequence[tuple[str, str]]) -> None:
        """Add lineage edges (source, target)."""
        with self.database.writing("lineage.add", n=len(edges)) as change:
            record_edges(change, edges)

    @reads
    def edges(self) -> list[tuple[str, str]]:
        """Return every lineage edge."""
        table = schema.lineage
        with self.database.reading() as connection:
            query = sa.select(table.c.source, table.c.target).order_by(table.c.source, table.c.target)
            return [(row.source, row.target) for row in connection.execute(query)]

    @reads
    def raw_files(self) -> list[dict[str, Any]]:
        """Return every raw file that was ever read, the earliest first."""
        table = schema.raw_files
        with self.database.reading() as connection:
            return [
                dict(r._mapping)
                for r in connection.execute(sa.select(table).order_by(table.c.first_seen_at, table.c.name))
            ]

    @reads
    def audit_log(self, limit: int | None = None) -> pd.DataFrame:
        """Return the audit log, oldest first; ``ids`` are dictionaries."""
        table = schema.audit_log
        query = sa.select(table).order_by(table.c.entry_id.desc()).limit(limit)
        with self.database.reading() as connection:
            rows = [(*row[:-1], json.loads(row.ids)) for row in connection.execute(query)]
        return frame_of(reversed(rows), table.c.keys())
