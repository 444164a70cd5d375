"""What a project may define in place of the package's own: every change a version, nothing overwritten."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store.area import Area, refuse_lost_edit
from workbench.store.content import canonical_json
from workbench.store.database import Change
from workbench.store.roles import reads, writes

LONGEST_NOTE = 400
Uses = dict[str, dict[str, int]]
"""How often each code is used, by the part of the definition that it is of."""
Removed = Mapping[str, Sequence[str]]
"""Codes that are taken away, by the same parts."""


class Versions(Area):
    """Versions of definitions, of which no code that is in use is taken away.

    Without a version the packaged definition is in force; that is version 0.

    Attributes
    ----------
    table : sqlalchemy.Table
        With version, content, note, at and who. Further key columns tell several definitions apart.
    what : str
        What is defined, as a conflict names it; the key columns stand in braces.
    action : str
        What the audit log calls a change.
    in_use : str
        Key of the sentence for a code that is in use, with ``code`` and ``n``.
    """

    table: ClassVar[sa.Table]
    what: ClassVar[str]
    action: ClassVar[str]
    in_use: ClassVar[str]

    @reads
    def uses(self) -> Uses:
        """Return what is in use and how often, by part and code."""
        with self.database.reading() as connection:
            return self._count(connection)

    def _count(self, connection: sa.Connection) -> Uses:
        raise NotImplementedError

    def _refuse(self, change: Change, removed: Removed) -> None:
        """Raise if something is taken away that is in use."""
        uses = self._count(change.connection)
        for part, codes in removed.items():
            refuse_used(codes, uses[part], self.in_use)

    def _where(self, key: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
        keys = [column for column in self.table.primary_key if column.name != "version"]
        return [column == key[column.name] for column in keys]

    @reads
    def version(self, **key: str) -> int:
        """Return the number of the version in force; 0 is the packaged definition."""
        query = sa.select(sa.func.max(self.table.c.version)).where(*self._where(key))
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    @reads
    def content(self, version: int | None = None, **key: str) -> Any:
        """Return what a version defines, by default the newest; None where there is none."""
        table = self.table
        query = sa.select(table.c.content).where(*self._where(key)).order_by(table.c.version.desc()).limit(1)
        if version is not None:
            query = query.where(table.c.version == version)
        with self.database.reading() as connection:
            text = connection.execute(query).scalar()
        return None if text is None else json.loads(text)

    @reads
    def versions(self, **key: str) -> list[dict[str, Any]]:
        """Return who changed it when and why: version, note, at (UTC), who; the oldest first."""
        table = self.table
        query = sa.select(table.c.version, table.c.note, table.c.at, table.c.who).where(*self._where(key))
        with self.database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query.order_by(table.c.version))]

    @writes("analyst")
    def save(
        self,
        content: list[dict[str, Any]] | dict[str, Any],
        removed: Removed,
        *,
        expected_version: int,
        note: str = "",
        **key: str,
    ) -> int:
        """Put a definition in force, and return the new version; the same again changes nothing.

        Parameters
        ----------
        content : list or dict
            All codes, in the order in which they are offered; several lists by their names.
        removed : mapping
            Codes in force that are not among them, by the parts that `uses` names.
        expected_version : int
            The version that was looked at.
        note : str, default=""
            Why.
        **key : str
            Which definition, where the table holds several.

        Raises
        ------
        ParameterProblem
            If a code that is removed is in use.
        Conflict
            If somebody else changed the definition first.
        """
        with self.database.writing(self.action) as change:
            change.ids.update(key)
            table = self.table
            text = canonical_json(content)
            query = sa.select(table).where(*self._where(key)).order_by(table.c.version.desc()).limit(1)
            newest = change.execute(query).one_or_none()
            version = 0 if newest is None else int(newest.version)
            if newest is not None and newest.content == text:
                change.ids.update(version=version, already=True)
                return version
            standing = {} if newest is None else _by_name(json.loads(newest.content))
            refuse_lost_edit(standing, _by_name(content), expected_version, version, self.what.format(**key))
            self._refuse(change, removed)
            row = {"version": version + 1, "content": text, "note": note.strip()[:LONGEST_NOTE]}
            change.execute(sa.insert(table).values(**key, **row, at=change.at, who=self.database.who))
            change.ids["version"] = version + 1
            return version + 1


def refuse_used(codes: Iterable[str], uses: Mapping[str, int], sentence: str) -> None:
    """Raise `ParameterProblem` for the first code that is in use; the sentence names it and ``n``."""
    for code in codes:
        if uses.get(code):
            raise ParameterProblem(sentence, code=code, n=uses[code])


def _by_name(content: Any) -> dict[str, Any]:
    return {"codes": content} if isinstance(content, list) else dict(content)
