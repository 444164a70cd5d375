"""The objectives of a cycle: what is to be reached, and by when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import Conflict, NotFound, ParameterProblem
from workbench.store import schema
from workbench.store.area import Area, refuse_lost_edit
from workbench.store.content import canonical_json
from workbench.store.database import Change
from workbench.store.late import refuse_late
from workbench.store.roles import reads, writes

LONGEST_NAME = 200
LONGEST_ID = 40


class Objectives(Area):
    """The objectives of a cycle; each is a row with a version."""

    @reads
    def rows(self, cycle_id: str) -> list[dict[str, Any]]:
        """Return the objectives of a cycle in their order, each with its ``row_version``."""
        table = schema.objectives
        query = sa.select(table).where(table.c.cycle_id == cycle_id).order_by(table.c.position)
        with self.database.reading() as connection:
            return [
                json.loads(row.objective)
                | {
                    "row_version": row.row_version,
                    "updated_at": row.updated_at,
                    "updated_by": row.updated_by,
                }
                for row in connection.execute(query)
            ]

    @writes("analyst")
    def replace(self, cycle_id: str, objectives: Sequence[Mapping[str, Any]]) -> None:
        """Make these the cycle's objectives."""
        table = schema.objectives
        with self.database.writing("objectives.replace", cycle_id=cycle_id) as change:
            refuse_late(change, cycle_id, "objectives")
            there = {row.objective_id: row for row in _there(change, cycle_id)}
            wanted = [str(row["objective_id"]) for row in objectives]
            for objective_id in set(there) - set(wanted):
                change.execute(sa.delete(table).where(*_key(cycle_id, objective_id)))
            for position, row in enumerate(objectives, 1):
                self._put(change, cycle_id, position, row, there.get(str(row["objective_id"])))
            change.ids["objective_ids"] = wanted

    @writes("analyst")
    def save(self, cycle_id: str, objective: Mapping[str, Any], expected_version: int | None) -> int:
        """Change one objective, or add it behind the others; return its new version.

        Raises
        ------
        Conflict
            If the version is not the expected one: somebody changed or removed it first.
        """
        objective_id = str(objective["objective_id"])
        with self.database.writing("objective.save", cycle_id=cycle_id, objective_id=objective_id) as change:
            refuse_late(change, cycle_id, "objectives")
            rows = _there(change, cycle_id)
            row = next((each for each in rows if each.objective_id == objective_id), None)
            if row is None and expected_version is not None:
                raise Conflict("store.error.removed", difference={}, what=objective_id)
            if row is not None and expected_version is not None:
                stored = json.loads(row.objective)
                refuse_lost_edit(stored, dict(objective), expected_version, row.row_version, objective_id)
            position = row.position if row is not None else 1 + max([r.position for r in rows], default=0)
            return self._put(change, cycle_id, position, objective, row)

    @writes("analyst")
    def delete(self, cycle_id: str, objective_id: str, expected_version: int | None = None) -> None:
        """Remove an objective that has no parts.

        Raises
        ------
        NotFound
            If there is none of that name.
        ParameterProblem
            If it has parts.
        Conflict
            If somebody changed it first.
        """
        with self.database.writing(
            "objective.delete", cycle_id=cycle_id, objective_id=objective_id
        ) as change:
            refuse_late(change, cycle_id, "objectives")
            rows = _there(change, cycle_id)
            row = next((each for each in rows if each.objective_id == objective_id), None)
            if row is None:
                known = ", ".join(each.objective_id for each in rows) or "-"
                raise NotFound("strategy_objectives.error.unknown", objective=objective_id, known=known)
            parts = [each.objective_id for each in rows if each.parent_id == objective_id]
            if parts:
                raise ParameterProblem(
                    "strategy_objectives.error.has_parts", objective=objective_id, parts=", ".join(parts)
                )
            if expected_version is not None and expected_version != row.row_version:
                stored = json.loads(row.objective)
                raise Conflict("strategy_objectives.error.changed", difference=stored, objective=objective_id)
            change.execute(sa.delete(schema.objectives).where(*_key(cycle_id, objective_id)))

    def _put(
        self, change: Change, cycle_id: str, position: int, objective: Mapping[str, Any], there: Any
    ) -> int:
        objective_id, name = str(objective["objective_id"]), str(objective["name"])
        if len(objective_id) > LONGEST_ID or len(name) > LONGEST_NAME:
            raise ParameterProblem(
                "strategy_objectives.error.too_long", name=LONGEST_NAME, objective=LONGEST_ID
            )
        table = schema.objectives
        values = {
            "position": position,
            "parent_id": str(objective.get("parent_id") or ""),
            "name": name,
            "objective": canonical_json(dict(objective)),
            "updated_at": change.at,
            "updated_by": self.database.who,
        }
        if there is None:
            key = {"cycle_id": cycle_id, "objective_id": objective_id, "row_version": 1}
            change.execute(sa.insert(table).values(**key, **values))
            return 1
        if there.objective == values["objective"] and there.position == position:
            return int(there.row_version)
        version = int(there.row_version) + 1
        change.execute(
            sa.update(table).where(*_key(cycle_id, objective_id)).values(row_version=version, **values)
        )
        return version


def carry_objectives(change: Change, before: str, cycle_id: str) -> None:
    """Let a new cycle begin with the objectives of the one before, in the write that opens it."""
    table = schema.objectives
    rows = _there(change, before)
    for row in rows:
        values = {**row._mapping, "cycle_id": cycle_id, "row_version": 1}
        change.execute(sa.insert(table).values(**values))
    if rows:
        change.ids["objective_ids"] = [row.objective_id for row in rows]


def _there(change: Change, cycle_id: str) -> Sequence[Any]:
    table = schema.objectives
    return change.execute(
        sa.select(table).where(table.c.cycle_id == cycle_id).order_by(table.c.position)
    ).all()


def _key(cycle_id: str, objective_id: str) -> tuple[Any, Any]:
    table = schema.objectives
    return table.c.cycle_id == cycle_id, table.c.objective_id == objective_id
