"""Tables of what a project may define in place of the package's own, by version."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Integer, String, Table, Text

from workbench.store.schema import metadata


def versions_table(name: str, *key: Column[str]) -> Table:
    """Return a table of versions; key columns tell several definitions apart."""
    return Table(
        name,
        metadata,
        *key,
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("content", Text, nullable=False),
        Column("note", Text, nullable=False),
        Column("at", DateTime, nullable=False),
        Column("who", String(120), nullable=False),
    )
