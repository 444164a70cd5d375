"""What somebody is in the middle of: kept, so that a kernel's death loses nothing."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema
from workbench.store.area import Area
from workbench.store.roles import reads, writes

LONGEST = 1_000_000
"""Characters of a draft as JSON text."""


class Drafts(Area):
    """Unfinished work by name, cycle and person. Only the newest state of it is kept."""

    @writes("contributor")
    def save(self, name: str, content: dict[str, Any], cycle_id: str) -> None:
        """Keep a draft in place of the person's earlier one of that name.

        Raises
        ------
        ParameterProblem
            If the draft is too large to keep.
        """
        text = json.dumps(content, ensure_ascii=False)
        if len(text) > LONGEST:
            raise ParameterProblem("store.error.long_draft", n=len(text), longest=LONGEST)
        table = schema.drafts
        with self.database.writing("draft.save", cycle_id=cycle_id, name=name) as change:
            change.execute(sa.delete(table).where(*self._mine(name, cycle_id)))
            change.execute(
                sa.insert(table).values(
                    name=name, cycle_id=cycle_id, who=self.database.who, content=text, saved_at=change.at
                )
            )

    @writes("contributor")
    def discard(self, name: str, cycle_id: str) -> None:
        """Forget a draft, because it was finished or given up."""
        with self.database.writing("draft.discard", cycle_id=cycle_id, name=name) as change:
            change.execute(sa.delete(schema.drafts).where(*self._mine(name, cycle_id)))

    @reads
    def load(self, name: str, cycle_id: str) -> dict[str, Any] | None:
        """Return the person's draft of that name, or None."""
        query = sa.select(schema.drafts.c.content).where(*self._mine(name, cycle_id))
        with self.database.reading() as connection:
            text = connection.execute(query).scalar_one_or_none()
        return None if text is None else json.loads(text)

    def _mine(self, name: str, cycle_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        table = schema.drafts
        return (table.c.name == name, table.c.cycle_id == cycle_id, table.c.who == self.database.who)
