"""Action items: what somebody promised to do after a review, by when, and what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from workbench.errors import NotFound, ParameterProblem
from workbench.store import schema
from workbench.store.area import Area, refuse_lost_edit
from workbench.store.database import Change
from workbench.store.roles import reads, writes

STATES = ("open", "done", "dropped")
LONGEST_TEXT = 4_000
LONGEST_OWNER = 120
EDITABLE = ("text", "owner", "due_on", "state", "note")


class Actions(Area):
    """Action items; each is a row with a version, and stays visible in later cycles while open."""

    @writes("contributor")
    def add(
        self, cycle_id: str, text: str, owner: str, due_on: dt.date, comment_id: int | None = None
    ) -> int:
        """Add an action item and return its number.

        Raises
        ------
        ParameterProblem
            If the text or the owner is empty or too long.
        NotFound
            If the cycle's review has no such comment.
        """
        values = _checked({"text": text, "owner": owner, "due_on": due_on, "state": "open", "note": ""})
        with self.database.writing("action.add", cycle_id=cycle_id) as change:
            if comment_id is not None:
                _need_comment(change, cycle_id, comment_id)
                change.ids["comment_id"] = comment_id
            done = change.execute(
                sa.insert(schema.action_items).values(
                    cycle_id=cycle_id,
                    comment_id=comment_id,
                    created_at=change.at,
                    created_by=self.database.who,
                    updated_at=change.at,
                    updated_by=self.database.who,
                    row_version=1,
                    **values,
                )
            )
            number = int(done.inserted_primary_key[0])  # type: ignore[index]
            change.ids["action_id"] = number
            return number

    @writes("contributor")
    def save(
        self, action_id: int, changes: Mapping[str, Any], expected_version: int, cycle_id: str | None = None
    ) -> int:
        """Change an action item, and return its new version.

        Parameters
        ----------
        action_id : int
            Which.
        changes : mapping
            New values of text, owner, due_on, state or note.
        expected_version : int
            The ``row_version`` of the one that was edited.
        cycle_id : str, optional
            The cycle in which it is ended; by default the one it was added in.

        Raises
        ------
        NotFound
            If there is none of that number.
        ParameterProblem
            If a value is none that it can have.
        Conflict
            If somebody else changed it first; ``difference`` shows what differs.
        """
        table = schema.action_items
        with self.database.writing("action.save", action_id=action_id) as change:
            row = change.execute(sa.select(table).where(table.c.action_id == action_id)).first()
            if row is None:
                raise NotFound("review_board.error.no_action", action=action_id)
            stored = {name: getattr(row, name) for name in EDITABLE}
            wanted = _checked({**stored, **{n: v for n, v in changes.items() if n in EDITABLE}})
            refuse_lost_edit(stored, wanted, expected_version, row.row_version, f"#{action_id}")
            if wanted == stored:
                return int(row.row_version)
            ended = None if wanted["state"] == "open" else (row.ended_in or cycle_id or row.cycle_id)
            version = int(row.row_version) + 1
            change.execute(
                sa.update(table)
                .where(table.c.action_id == action_id)
                .values(
                    row_version=version,
                    ended_in=ended,
                    updated_at=change.at,
                    updated_by=self.database.who,
                    **wanted,
                )
            )
            change.ids["state"] = wanted["state"]
            return version

    @reads
    def rows(self, cycle_id: str) -> list[dict[str, Any]]:
        """Return a cycle's action items, and those of earlier cycles that it still has to do with.

        These are open, or were ended in this cycle; ``carried`` says so. What is due first
        comes first.
        """
        table, cycles = schema.action_items, schema.cycles
        here = sa.select(cycles.c.position).where(cycles.c.cycle_id == cycle_id).scalar_subquery()
        query = (
            sa.select(table)
            .join(cycles, cycles.c.cycle_id == table.c.cycle_id)
            .where(
                (table.c.cycle_id == cycle_id)
                | ((cycles.c.position < here) & ((table.c.state == "open") | (table.c.ended_in == cycle_id)))
            )
            .order_by(table.c.due_on, table.c.action_id)
        )
        with self.database.reading() as connection:
            return [
                {**row._mapping, "carried": row.cycle_id != cycle_id} for row in connection.execute(query)
            ]


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    read = dict(values)
    for name, longest in (("text", LONGEST_TEXT), ("owner", LONGEST_OWNER), ("note", LONGEST_TEXT)):
        read[name] = str(read[name] or "").strip()
        if len(read[name]) > longest:
            raise ParameterProblem("review_board.error.too_long", n=len(read[name]), longest=longest)
    if not read["text"] or not read["owner"]:
        raise ParameterProblem("review_board.error.incomplete")
    if type(read["due_on"]) is not dt.date:
        raise ParameterProblem("review_board.error.bad_day", value=read["due_on"] or "–")
    if read["state"] not in STATES:
        raise ParameterProblem("review_board.error.bad_state", state=read["state"], states=", ".join(STATES))
    return read


def _need_comment(change: Change, cycle_id: str, comment_id: int) -> None:
    table = schema.comments
    found = change.execute(
        sa.select(table.c.comment_id).where(
            table.c.comment_id == comment_id, table.c.cycle_id == cycle_id, table.c.stage == "review"
        )
    ).first()
    if found is None:
        raise NotFound("review_board.error.no_comment", comment=comment_id)
