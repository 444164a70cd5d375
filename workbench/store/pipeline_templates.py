"""A project's own steps and questions of the pipeline, each change a version; nothing in use is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from workbench.store import schema_pipeline as tables
from workbench.store.database import Change
from workbench.store.roles import reads, writes
from workbench.store.versions import Removed, Uses, Versions, refuse_used

CHOICE = ":"
"""Stands between a question and its choice, where both are named in one word."""


class PipelineTemplates(Versions):
    """Versions of ``steps`` and ``questions``. Without one the packaged template is in force: version 0.

    `uses` counts as ``steps`` the opportunities that ever were in each step, as ``standing`` the
    open ones that are in it now, as ``reasons`` the moves and ends with each reason, and as
    ``questions`` the companies that have answered each.
    """

    table = tables.templates
    in_use = "execution_pipeline.error.code_in_use"

    @reads
    def version(self, name: str) -> int:
        """Return the number of the version in force; 0 is the packaged template."""
        return self._version(name=name)

    @reads
    def content(self, name: str, version: int | None = None) -> dict[str, Any] | None:
        """Return the content of a version, by default of the newest; None where there is none."""
        found: dict[str, Any] | None = self._content(version, name=name)
        return found

    @reads
    def versions(self, name: str) -> list[dict[str, Any]]:
        """Return who changed it when and why: version, note, at (UTC), who; the oldest first."""
        return self._versions(name=name)

    @writes("analyst")
    def save(
        self,
        name: str,
        content: Mapping[str, Any],
        taken_away: Removed,
        *,
        expected_version: int,
        note: str = "",
    ) -> int:
        """Put a template in force, and return its version; the same again changes nothing.

        Parameters
        ----------
        name : {"steps", "questions"}
            Which.
        content : mapping
            All of it.
        taken_away : mapping
            What is offered no more: ``steps``, ``reasons`` and ``questions`` that are deleted,
            ``standing``: steps that are retired, ``choices``: "question:choice".
        expected_version : int
            The template's version that was looked at.
        note : str, default=""
            Why it is changed.

        Raises
        ------
        ParameterProblem
            If something that is taken away is in use.
        Conflict
            If somebody else changed the template first.
        """
        with self.database.writing("pipeline_template.save", template=name) as change:
            return self._put(
                change,
                dict(content),
                taken_away,
                what=f"the template {name}",
                expected_version=expected_version,
                note=note,
                name=name,
            )

    def _refuse(self, change: Change, removed: Removed) -> None:
        uses = self._count(change.connection)
        standing = "execution_pipeline.error.step_standing"
        refuse_used(removed.get("standing", ()), uses["standing"], standing)
        for part in ("steps", "reasons", "questions"):
            refuse_used(removed.get(part, ()), uses[part], self.in_use)
        choices = removed.get("choices", ())
        refuse_used(choices, {both: _count_choice(change, both) for both in choices}, self.in_use)

    def _count(self, connection: sa.Connection) -> Uses:
        events, answers, rows = tables.events, tables.answers, tables.opportunities
        once = sa.func.count(sa.distinct(events.c.opportunity_id))
        counted = {
            "steps": sa.select(events.c.to_step, once).group_by(events.c.to_step),
            "standing": sa.select(rows.c.step, sa.func.count())
            .where(rows.c.state == "open")
            .group_by(rows.c.step),
            "reasons": sa.select(events.c.reason, sa.func.count()).group_by(events.c.reason),
            "questions": sa.select(
                answers.c.question, sa.func.count(sa.distinct(answers.c.customer_id))
            ).group_by(answers.c.question),
        }
        return {
            part: {str(code): int(n) for code, n in connection.execute(query) if code}
            for part, query in counted.items()
        }


def _count_choice(change: Change, both: str) -> int:
    question, _, choice = both.partition(CHOICE)
    table = tables.answers
    counted = sa.select(sa.func.count()).where(table.c.question == question, table.c.answer == choice)
    return int(change.execute(counted).scalar() or 0)
