"""A project's own disposition codes, each change a version; a code that contacts use is never lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema
from workbench.store import schema_execution as tables
from workbench.store.roles import reads, writes
from workbench.store.versions import Versions, save_version


class DispositionCodes(Versions):
    """Versions of the codes. Without one the packaged codes are in force; that is version 0."""

    table = tables.disposition_versions
    what = "the disposition codes"

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
        with self.database.writing("dispositions.save") as change:

            def refuse() -> None:
                uses = _uses(change.connection)
                for code in removed:
                    if uses.get(code):
                        raise ParameterProblem("execution_desk.error.code_in_use", code=code, n=uses[code])

            return save_version(
                change,
                self.table,
                [dict(code) for code in codes],
                what=self.what,
                who=self.database.who,
                expected_version=expected_version,
                note=note,
                refuse=refuse,
            )


def _uses(connection: sa.Connection) -> dict[str, int]:
    table, late = schema.contacts, schema.late_results
    counted = sa.select(table.c.disposition, sa.func.count()).group_by(table.c.disposition)
    uses = {str(code): int(n) for code, n in connection.execute(counted)}
    waiting = sa.select(late.c.content).where(late.c.kind == "contact", late.c.admitted_at.is_(None))
    for text in connection.execute(waiting).scalars():
        code = str(json.loads(text).get("disposition"))
        uses[code] = uses.get(code, 0) + 1
    return uses
