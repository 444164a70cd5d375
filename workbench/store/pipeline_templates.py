"""A project's own steps and questions of the pipeline, each change a version; nothing in use is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema_pipeline as tables
from workbench.store.area import Area
from workbench.store.database import Change
from workbench.store.roles import reads, writes
from workbench.store.versions import list_versions, newest_version, save_version, version_content

CHOICE = ":"
"""Stands between a question and its choice, where both are named in one word."""


class PipelineTemplates(Area):
    """Versions of ``steps`` and ``questions``. Without one the packaged template is in force: version 0."""

    @reads
    def version(self, name: str) -> int:
        """Return the number of the version in force; 0 is the packaged template."""
        table = tables.templates
        with self.database.reading() as connection:
            return newest_version(connection, table, table.c.name == name)

    @reads
    def content(self, name: str, version: int | None = None) -> dict[str, Any] | None:
        """Return the content of a version, by default of the newest; None where there is none."""
        table = tables.templates
        with self.database.reading() as connection:
            found: dict[str, Any] | None = version_content(connection, table, version, table.c.name == name)
            return found

    @reads
    def versions(self, name: str) -> list[dict[str, Any]]:
        """Return who changed it when and why: version, note, at (UTC), who; the oldest first."""
        table = tables.templates
        with self.database.reading() as connection:
            return list_versions(connection, table, table.c.name == name)

    @reads
    def uses(self) -> dict[str, dict[str, int]]:
        """Return what is in use and how often.

        Returns
        -------
        dict of str to dict
            ``steps``: opportunities that ever were in each step; ``standing``: open ones that
            are in it now; ``reasons``: moves and ends with each reason; ``questions``: companies
            that have answered each.
        """
        with self.database.reading() as connection:
            return _uses(connection)

    @writes("analyst")
    def save(
        self,
        name: str,
        content: Mapping[str, Any],
        taken_away: Mapping[str, Sequence[str]],
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
            The version that was looked at.
        note : str, default=""
            Why.

        Raises
        ------
        ParameterProblem
            If something that is taken away is in use.
        Conflict
            If somebody else changed the template first.
        """
        with self.database.writing("pipeline_template.save", template=name) as change:
            return save_version(
                change,
                tables.templates,
                dict(content),
                what=f"the template {name}",
                who=self.database.who,
                expected_version=expected_version,
                note=note,
                refuse=lambda: _refuse_used(change, taken_away),
                key={"name": name},
            )


def _refuse_used(change: Change, taken_away: Mapping[str, Sequence[str]]) -> None:
    uses = _uses(change.connection)
    for code in taken_away.get("standing", ()):
        if uses["standing"].get(code):
            raise ParameterProblem(
                "execution_pipeline.error.step_standing", code=code, n=uses["standing"][code]
            )
    for part in ("steps", "reasons", "questions"):
        for code in taken_away.get(part, ()):
            if uses[part].get(code):
                raise ParameterProblem("execution_pipeline.error.code_in_use", code=code, n=uses[part][code])
    table = tables.answers
    for both in taken_away.get("choices", ()):
        question, _, choice = both.partition(CHOICE)
        counted = sa.select(sa.func.count()).where(table.c.question == question, table.c.answer == choice)
        n = change.execute(counted).scalar()
        if n:
            raise ParameterProblem("execution_pipeline.error.code_in_use", code=both, n=n)


def _uses(connection: sa.Connection) -> dict[str, dict[str, int]]:
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
