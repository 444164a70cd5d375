"""A project's own rules of referrals, each change a version; a code that referrals use is never lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema_referrals as tables
from workbench.store.roles import reads, writes
from workbench.store.versions import Versions, save_version


class ReferralRules(Versions):
    """Versions of kinds and reasons. Without one the packaged rules are in force; that is version 0."""

    table = tables.rules
    what = "the rules of referrals"

    @reads
    def uses(self) -> dict[str, dict[str, int]]:
        """Return how many referrals have each kind, and how many acts each reason: ``kinds``, ``reasons``."""
        with self.database.reading() as connection:
            return _uses(connection)

    @writes("analyst")
    def save(
        self,
        content: Mapping[str, Any],
        removed: Mapping[str, Sequence[str]],
        *,
        expected_version: int,
        note: str = "",
    ) -> int:
        """Put rules in force, and return the new version; the same again changes nothing.

        Parameters
        ----------
        content : mapping
            ``kinds`` and ``reasons``, all of them in the order in which they are offered.
        removed : mapping
            Under the same names the codes in force that are not among them.
        expected_version : int
            The version that was looked at.
        note : str, default=""
            Why.

        Raises
        ------
        ParameterProblem
            If a referral has a kind or a reason that is removed.
        Conflict
            If somebody else changed the rules first.
        """
        with self.database.writing("referral_rules.save") as change:

            def refuse() -> None:
                uses = _uses(change.connection)
                for part, codes in removed.items():
                    for code in codes:
                        if uses[part].get(code):
                            raise ParameterProblem(
                                "execution_referral.error.code_in_use", code=code, n=uses[part][code]
                            )

            return save_version(
                change,
                self.table,
                dict(content),
                what=self.what,
                who=self.database.who,
                expected_version=expected_version,
                note=note,
                refuse=refuse,
            )


def _uses(connection: sa.Connection) -> dict[str, dict[str, int]]:
    counted = (
        ("kinds", tables.referrals.c.kind),
        ("reasons", tables.events.c.reason),
    )
    uses: dict[str, dict[str, int]] = {}
    for part, column in counted:
        rows = connection.execute(sa.select(column, sa.func.count()).group_by(column))
        uses[part] = {str(code): int(n) for code, n in rows if code}
    return uses
