"""What a project may define in place of the package's own: every change a version, nothing overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import sqlalchemy as sa

from workbench.store.area import Area, refuse_lost_edit
from workbench.store.content import canonical_json
from workbench.store.database import Change
from workbench.store.roles import reads

LONGEST_NOTE = 400


class Versions(Area):
    """Versions of one definition. Without one the packaged definition is in force; that is version 0.

    Attributes
    ----------
    table : sqlalchemy.Table
        With version, content, note, at and who.
    what : str
        What is defined, as a conflict names it.
    """

    table: ClassVar[sa.Table]
    what: ClassVar[str]

    @reads
    def version(self) -> int:
        """Return the number of the version in force; 0 is the packaged definition."""
        with self.database.reading() as connection:
            return newest_version(connection, self.table)

    @reads
    def content(self, version: int | None = None) -> Any:
        """Return what a version defines, by default the newest; None where there is none."""
        with self.database.reading() as connection:
            return version_content(connection, self.table, version)

    @reads
    def versions(self) -> list[dict[str, Any]]:
        """Return who changed it when and why: version, note, at (UTC), who; the oldest first."""
        with self.database.reading() as connection:
            return list_versions(connection, self.table)


def newest_version(connection: sa.Connection, table: sa.Table, *where: Any) -> int:
    """Return the number of the newest version; 0 where there is none."""
    query = sa.select(sa.func.max(table.c.version)).where(*where)
    return int(connection.execute(query).scalar() or 0)


def version_content(connection: sa.Connection, table: sa.Table, version: int | None, *where: Any) -> Any:
    """Return the content of a version, by default of the newest; None where there is none."""
    query = sa.select(table.c.content).where(*where).order_by(table.c.version.desc()).limit(1)
    if version is not None:
        query = query.where(table.c.version == version)
    text = connection.execute(query).scalar()
    return None if text is None else json.loads(text)


def list_versions(connection: sa.Connection, table: sa.Table, *where: Any) -> list[dict[str, Any]]:
    """Return who changed it when and why, the oldest first."""
    query = sa.select(table.c.version, table.c.note, table.c.at, table.c.who)
    return [dict(row._mapping) for row in connection.execute(query.where(*where).order_by(table.c.version))]


def save_version(
    change: Change,
    table: sa.Table,
    content: Any,
    *,
    what: str,
    who: str,
    expected_version: int,
    note: str,
    refuse: Callable[[], None],
    key: Mapping[str, Any] | None = None,
) -> int:
    """Put a definition in force inside a write; the same again changes nothing.

    Parameters
    ----------
    change : Change
        The running write.
    table : sqlalchemy.Table
        Of the versions.
    content : list or dict
        All of the definition.
    what : str
        What is defined, as a conflict names it.
    who : str
        Who defines it.
    expected_version : int
        The version that was looked at.
    note : str
        Why.
    refuse : callable
        Raises if something is taken away that is in use.
    key : mapping, optional
        Columns that tell several definitions of one table apart.

    Returns
    -------
    int
        The version in force.

    Raises
    ------
    Conflict
        If somebody else changed it first.
    """
    named = dict(key or {})
    where = [table.c[name] == value for name, value in named.items()]
    text = canonical_json(content)
    query = sa.select(table).where(*where).order_by(table.c.version.desc()).limit(1)
    newest = change.execute(query).one_or_none()
    version = 0 if newest is None else int(newest.version)
    if newest is not None and newest.content == text:
        change.ids.update(version=version, already=True)
        return version
    standing = {} if newest is None else _by_name(json.loads(newest.content))
    refuse_lost_edit(standing, _by_name(content), expected_version, version, what)
    refuse()
    row = {"version": version + 1, "content": text, "note": note.strip()[:LONGEST_NOTE]}
    change.execute(sa.insert(table).values(**named, **row, at=change.at, who=who))
    change.ids["version"] = version + 1
    return version + 1


def _by_name(content: Any) -> dict[str, Any]:
    return {"codes": content} if isinstance(content, list) else dict(content)
