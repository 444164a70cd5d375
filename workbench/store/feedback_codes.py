"""A project's own codes of front-line feedback, each change a version; a code that is used is never lost."""

from __future__ import annotations

import sqlalchemy as sa

from workbench.store import schema_feedback as tables
from workbench.store.versions import Uses, Versions


class FeedbackCodes(Versions):
    """Versions of the codes. Without one the packaged codes are in force; that is version 0.

    `uses` counts as ``codes`` the feedback with each, what was taken back included.
    """

    table = tables.code_versions
    what = "the codes of feedback"
    action = "feedback_codes.save"
    in_use = "execution_feedback.error.code_in_use"

    def _count(self, connection: sa.Connection) -> Uses:
        table = tables.notes
        counted = sa.select(table.c.code, sa.func.count()).group_by(table.c.code)
        return {"codes": {str(code): int(n) for code, n in connection.execute(counted)}}
