"""A project's own steps and questions of the pipeline, each change a version; nothing in use is lost."""

from __future__ import annotations

import sqlalchemy as sa

from workbench.store import schema_pipeline as tables
from workbench.store.database import Change
from workbench.store.versions import Removed, Uses, Versions, refuse_used

CHOICE = ":"
"""Stands between a question and its choice, where both are named in one word."""


class PipelineTemplates(Versions):
    """Versions of ``steps`` and ``questions``. Without one the packaged template is in force: version 0.

    `uses` counts as ``steps`` the opportunities that ever were in each step, as ``standing`` the
    open ones that are in it now, as ``reasons`` the moves and ends with each reason, and as
    ``questions`` the companies that have answered each. Removed are, by the same parts, what is
    deleted, as ``standing`` the steps that are retired, and as ``choices`` "question:choice".
    Each method wants the template's ``name``: "steps" or "questions".
    """

    table = tables.templates
    what = "the template {name}"
    action = "pipeline_template.save"
    in_use = "execution_pipeline.error.code_in_use"

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
