"""A project's own codes of front-line feedback, each change a version; a code that is used is never lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema_feedback as tables
from workbench.store.roles import reads, writes
from workbench.store.versions import Versions, save_version


class FeedbackCodes(Versions):
    """Versions of the codes. Without one the packaged codes are in force; that is version 0."""

    table = tables.code_versions
    what = "the codes of feedback"

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
        with self.database.writing("feedback_codes.save") as change:

            def refuse() -> None:
                uses = _uses(change.connection)
                for code in removed:
                    if uses.get(code):
                        raise ParameterProblem(
                            "execution_feedback.error.code_in_use", code=code, n=uses[code]
                        )

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
    table = tables.notes
    counted = sa.select(table.c.code, sa.func.count()).group_by(table.c.code)
    return {str(code): int(n) for code, n in connection.execute(counted)}
