"""A project's own disposition codes, each change a version; a code that contacts use is never lost."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa

from workbench.store import schema
from workbench.store import schema_execution as tables
from workbench.store.roles import reads
from workbench.store.versions import Uses, Versions


class DispositionCodes(Versions):
    """Versions of the codes. Without one the packaged codes are in force; that is version 0.

    `uses` counts as ``codes`` the contacts with each, late ones that wait included.
    """

    table = tables.disposition_versions
    what = "the disposition codes"
    action = "dispositions.save"
    in_use = "execution_desk.error.code_in_use"

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

    def _count(self, connection: sa.Connection) -> Uses:
        table, late = schema.contacts, schema.late_results
        counted = sa.select(table.c.disposition, sa.func.count()).group_by(table.c.disposition)
        uses = {str(code): int(n) for code, n in connection.execute(counted)}
        waiting = sa.select(late.c.content).where(late.c.kind == "contact", late.c.admitted_at.is_(None))
        for text in connection.execute(waiting).scalars():
            code = str(json.loads(text).get("disposition"))
            uses[code] = uses.get(code, 0) + 1
        return {"codes": uses}
