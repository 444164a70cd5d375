"""A project's own codes of front-line feedback, each change a version; a code that is used is never lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema_feedback as tables
from workbench.store.area import Area, refuse_lost_edit
from workbench.store.content import canonical_json
from workbench.store.roles import reads, writes

LONGEST_NOTE = 400


class FeedbackCodes(Area):
    """Versions of the codes. Without one the packaged codes are in force; that is version 0."""

    @reads
    def version(self) -> int:
        """Return the number of the version in force; 0 is the packaged codes."""
        table = tables.code_versions
        with self.database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.max(table.c.version))).scalar() or 0)

    @reads
    def content(self, version: int | None = None) -> list[dict[str, Any]] | None:
        """Return the codes of a version, by default of the newest; None where there is none."""
        table = tables.code_versions
        query = sa.select(table.c.content).order_by(table.c.version.desc()).limit(1)
        if version is not None:
            query = query.where(table.c.version == version)
        with self.database.reading() as connection:
            text = connection.execute(query).scalar()
        return None if text is None else json.loads(text)

    @reads
    def versions(self) -> list[dict[str, Any]]:
        """Return who changed the codes when and why: version, note, at (UTC), who; the oldest first."""
        table = tables.code_versions
        query = sa.select(table.c.version, table.c.note, table.c.at, table.c.who).order_by(table.c.version)
        with self.database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    @reads
    def uses(self) -> dict[str, int]:
        """Return how often the project has each code, what was taken back included."""
        with self.database.reading() as connection:
            return _uses(connection)

    @writes("analyst")
    def save(
        self,
        codes: Sequence[Mapping[str, Any]],
        removed: Sequence[str],
        *,
        expected_version: int,
        note: str = "",
    ) -> int:
        """Put codes in force, and return the new version; the same again changes nothing.

        Parameters
        ----------
        codes : sequence of mapping
            All codes, in the order in which they are offered.
        removed : sequence of str
            Codes in force that are not among them.
        expected_version : int
            The version that was looked at.
        note : str, default=""
            Why.

        Raises
        ------
        ParameterProblem
            If something was said under a code that is removed.
        Conflict
            If somebody else changed the codes first.
        """
        table = tables.code_versions
        content = canonical_json([dict(code) for code in codes])
        with self.database.writing("feedback_codes.save") as change:
            query = sa.select(table).order_by(table.c.version.desc()).limit(1)
            newest = change.execute(query).one_or_none()
            version = 0 if newest is None else int(newest.version)
            if newest is not None and newest.content == content:
                change.ids.update(version=version, already=True)
                return version
            standing = {} if newest is None else {"codes": json.loads(newest.content)}
            refuse_lost_edit(
                standing, {"codes": list(codes)}, expected_version, version, "the codes of feedback"
            )
            uses = _uses(change.connection)
            for code in removed:
                if uses.get(code):
                    raise ParameterProblem("execution_feedback.error.code_in_use", code=code, n=uses[code])
            change.execute(
                sa.insert(table).values(
                    version=version + 1,
                    content=content,
                    note=note.strip()[:LONGEST_NOTE],
                    at=change.at,
                    who=self.database.who,
                )
            )
            change.ids["version"] = version + 1
            return version + 1


def _uses(connection: sa.Connection) -> dict[str, int]:
    table = tables.notes
    counted = sa.select(table.c.code, sa.func.count()).group_by(table.c.code)
    return {str(code): int(n) for code, n in connection.execute(counted)}
