"""A project's own rules of referrals, each change a version; a code that referrals use is never lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema_referrals as tables
from workbench.store.area import Area, refuse_lost_edit
from workbench.store.content import canonical_json
from workbench.store.roles import reads, writes

LONGEST_NOTE = 400


class ReferralRules(Area):
    """Versions of kinds and reasons. Without one the packaged rules are in force; that is version 0."""

    @reads
    def version(self) -> int:
        """Return the number of the version in force; 0 is the packaged rules."""
        table = tables.rules
        with self.database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.max(table.c.version))).scalar() or 0)

    @reads
    def content(self, version: int | None = None) -> dict[str, Any] | None:
        """Return the rules of a version, by default of the newest; None where there is none."""
        table = tables.rules
        query = sa.select(table.c.content).order_by(table.c.version.desc()).limit(1)
        if version is not None:
            query = query.where(table.c.version == version)
        with self.database.reading() as connection:
            text = connection.execute(query).scalar()
        return None if text is None else json.loads(text)

    @reads
    def versions(self) -> list[dict[str, Any]]:
        """Return who changed the rules when and why: version, note, at (UTC), who; the oldest first."""
        table = tables.rules
        query = sa.select(table.c.version, table.c.note, table.c.at, table.c.who).order_by(table.c.version)
        with self.database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

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
        table = tables.rules
        text = canonical_json(dict(content))
        with self.database.writing("referral_rules.save") as change:
            query = sa.select(table).order_by(table.c.version.desc()).limit(1)
            newest = change.execute(query).one_or_none()
            version = 0 if newest is None else int(newest.version)
            if newest is not None and newest.content == text:
                change.ids.update(version=version, already=True)
                return version
            standing = {} if newest is None else json.loads(newest.content)
            refuse_lost_edit(standing, dict(content), expected_version, version, "the rules of referrals")
            uses = _uses(change.connection)
            for part, codes in removed.items():
                for code in codes:
                    if uses[part].get(code):
                        raise ParameterProblem(
                            "execution_referral.error.code_in_use", code=code, n=uses[part][code]
                        )
            change.execute(
                sa.insert(table).values(
                    version=version + 1,
                    content=text,
                    note=note.strip()[:LONGEST_NOTE],
                    at=change.at,
                    who=self.database.who,
                )
            )
            change.ids["version"] = version + 1
            return version + 1


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
