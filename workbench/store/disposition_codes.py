"""A project's own disposition codes, each change a version; a code that contacts use is never lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema
from workbench.store import schema_execution as tables
from workbench.store.area import Area, refuse_lost_edit
from workbench.store.content import canonical_json
from workbench.store.roles import reads, writes

LONGEST_NOTE = 400


class DispositionCodes(Area):
    """Versions of the codes. Without one the packaged codes are in force; that is version 0."""

    @reads
    def version(self) -> int:
        """Return the number of the version in force; 0 is the packaged codes."""
        table = tables.disposition_versions
        with self.database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.max(table.c.version))).scalar() or 0)

    @reads
    def content(self, version: int | None = None) -> list[dict[str, Any]] | None:
        """Return the codes of a version, by default of the newest; None where there is none."""
        table = tables.disposition_versions
        query = sa.select(table.c.content).order_by(table.c.version.desc()).limit(1)
        if version is not None:
            query = query.where(table.c.version == version)
        with self.database.reading() as connection:
            text = connection.execute(query).scalar()
        return None if text is None else json.loads(text)

    @reads
    def versions(self) -> list[dict[str, Any]]:
        """Return who changed the codes when and why: version, note, at (UTC), who; the oldest first."""
        table = tables.disposition_versions
        query = sa.select(table.c.version, table.c.note, table.c.at, table.c.who).order_by(table.c.version)
        with self.database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    @reads
    def uses(self) -> dict[str, int]:
        """Return how many contacts of the project have each code, those kept as late included."""
        with self.database.reading() as connection:
            return _uses(connection)

    @reads
    def customers(self, codes: Sequence[str]) -> set[str]:
        """Return the customers who have a contact with one of some codes, on any list, late ones included."""
        table, late = schema.contacts, schema.late_results
        if not codes:
            return set()
        with self.database.reading() as connection:
            query = sa.select(table.c.customer_id).where(table.c.disposition.in_(list(codes))).distinct()
            found = {str(name) for name in connection.execute(query).scalars()}
            waiting = sa.select(late.c.content).where(late.c.kind == "contact", late.c.admitted_at.is_(None))
            kept = [json.loads(text) for text in connection.execute(waiting).scalars()]
        return found | {str(row["customer_id"]) for row in kept if row.get("disposition") in codes}

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
            If a contact has a code that is removed.
        Conflict
            If somebody else changed the codes first.
        """
        table = tables.disposition_versions
        content = canonical_json([dict(code) for code in codes])
        with self.database.writing("dispositions.save") as change:
            query = sa.select(table).order_by(table.c.version.desc()).limit(1)
            newest = change.execute(query).one_or_none()
            version = 0 if newest is None else int(newest.version)
            if newest is not None and newest.content == content:
                change.ids.update(version=version, already=True)
                return version
            standing = {} if newest is None else {"codes": json.loads(newest.content)}
            refuse_lost_edit(
                standing, {"codes": list(codes)}, expected_version, version, "the disposition codes"
            )
            uses = _uses(change.connection)
            for code in removed:
                if uses.get(code):
                    raise ParameterProblem("execution_desk.error.code_in_use", code=code, n=uses[code])
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
    table, late = schema.contacts, schema.late_results
    counted = sa.select(table.c.disposition, sa.func.count()).group_by(table.c.disposition)
    uses = {str(code): int(n) for code, n in connection.execute(counted)}
    waiting = sa.select(late.c.content).where(late.c.kind == "contact", late.c.admitted_at.is_(None))
    for text in connection.execute(waiting).scalars():
        code = str(json.loads(text).get("disposition"))
        uses[code] = uses.get(code, 0) + 1
    return uses
