"""The cycles of a project, and the colour slots that segments keep through them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import NotFound, ParameterProblem
from workbench.store import schema
from workbench.store.area import Area
from workbench.store.database import Change
from workbench.store.objectives import carry_objectives
from workbench.store.roles import reads, writes

SLOTS = 10
"""Colours that segments may have; what comes after is grey, slot 0."""


class Cycles(Area):
    """Cycles in SQL."""

    @reads
    def rows(self) -> list[dict[str, Any]]:
        """Return every cycle, oldest first."""
        table = schema.cycles
        with self.database.reading() as connection:
            query = sa.select(table).order_by(table.c.position)
            return [dict(row._mapping) for row in connection.execute(query)]

    @writes("analyst")
    def open(self, cycle_id: str, snapshot_date: dt.date, opened_from: str | None = None) -> None:
        """Open a cycle.

        Raises
        ------
        ParameterProblem
            If there is one of that name.
        """
        table = schema.cycles
        with self.database.writing("cycle.open", cycle_id=cycle_id) as change:
            if change.execute(sa.select(table).where(table.c.cycle_id == cycle_id)).first():
                raise ParameterProblem("store.error.cycle_exists", cycle=cycle_id)
            last = change.execute(sa.select(sa.func.max(table.c.position))).scalar()
            change.execute(
                sa.insert(table).values(
                    cycle_id=cycle_id,
                    position=(last or 0) + 1,
                    snapshot_date=snapshot_date,
                    state="open",
                    opened_from=opened_from,
                    opened_at=change.at,
                    opened_by=self.database.who,
                    row_version=1,
                )
            )
            if opened_from is not None:
                carry_objectives(change, opened_from, cycle_id)

    @writes("analyst")
    def close(self, cycle_id: str) -> None:
        """Close a cycle; what it holds stays readable.

        Raises
        ------
        NotFound
            If there is no such cycle.
        """
        table = schema.cycles
        with self.database.writing("cycle.close", cycle_id=cycle_id) as change:
            done = change.execute(
                sa.update(table)
                .where(table.c.cycle_id == cycle_id)
                .values(state="closed", closed_at=change.at, row_version=table.c.row_version + 1)
            )
            if done.rowcount == 0:
                known = ", ".join(change.connection.execute(sa.select(table.c.cycle_id)).scalars()) or "-"
                raise NotFound("errors.not_found.cycle", cycle=cycle_id, known=known)


class Slots(Area):
    """Which colour a segment's label has: it follows the label through the cycles."""

    @reads
    def of_cycle(self, cycle_id: str) -> dict[str, int]:
        """Return label → slot of the labels in use in a cycle."""
        table = schema.slots
        with self.database.reading() as connection:
            query = sa.select(table.c.segment, table.c.slot).where(
                table.c.cycle_id == cycle_id, table.c.in_use
            )
            return {row.segment: row.slot for row in connection.execute(query)}

    @writes("analyst")
    def assign(
        self,
        cycle_id: str,
        segments: Sequence[str],
        renamed: Mapping[str, str] | None = None,
        preferred: Mapping[str, int] | None = None,
    ) -> dict[str, int]:
        """Give every label of a segmentation its slot.

        A label keeps the slot that it has in this cycle or had in the one before. A new
        one takes the slot it prefers or else the lowest that is neither used nor resting; a
        slot that a label of the cycle before no longer uses rests for this cycle. Without a
        slot left, it is 0.

        Parameters
        ----------
        cycle_id : str
            The cycle.
        segments : sequence of str
            Every label of the segmentation, in the order in which they choose.
        renamed : mapping of str to str, optional
            New label → the old label of the same segment; the slot goes along.
        preferred : mapping of str to int, optional
            New label → the slot it gets if that is free.

        Returns
        -------
        dict
            Label → slot.
        """
        with self.database.writing("slots.assign", cycle_id=cycle_id) as change:
            here = self._rows(change, cycle_id)
            before = self._rows(change, self._cycle_before(change, cycle_id))
            chosen: dict[str, int] = {}
            for segment in segments:
                for label in (segment, (renamed or {}).get(segment)):
                    kept = (here.get(label) or before.get(label) or 0) if label else 0
                    if kept and kept not in chosen.values():
                        chosen[segment] = kept
                        break
            # What only a draft of this cycle used may be taken again when nothing else is left.
            drafts = sorted(set(here.values()) - set(before.values()))
            untouched = [
                n for n in range(1, SLOTS + 1) if n not in here.values() and n not in before.values()
            ]
            free = [n for n in [*untouched, *drafts] if n and n not in chosen.values()]
            wanted = preferred or {}
            for segment in segments:
                if segment not in chosen and wanted.get(segment) in free:
                    chosen[segment] = wanted[segment]
                    free.remove(wanted[segment])
            spoken_for = set(wanted.values())
            free.sort(key=lambda slot: slot in spoken_for)
            for segment in segments:
                if segment not in chosen:
                    chosen[segment] = free.pop(0) if free else 0
            self._store(change, cycle_id, here, chosen)
            change.ids["slots"] = {segment: chosen[segment] for segment in segments}
            return {segment: chosen[segment] for segment in segments}

    def _rows(self, change: Change, cycle_id: str | None) -> dict[str, int]:
        table = schema.slots
        query = sa.select(table.c.segment, table.c.slot).where(table.c.cycle_id == cycle_id)
        return {row.segment: row.slot for row in change.execute(query)}

    def _cycle_before(self, change: Change, cycle_id: str) -> str | None:
        table = schema.cycles
        here = sa.select(table.c.position).where(table.c.cycle_id == cycle_id).scalar_subquery()
        query = sa.select(table.c.cycle_id).where(table.c.position < here).order_by(table.c.position.desc())
        return change.execute(query.limit(1)).scalar()

    def _store(self, change: Change, cycle_id: str, here: dict[str, int], chosen: dict[str, int]) -> None:
        table = schema.slots
        change.execute(sa.update(table).where(table.c.cycle_id == cycle_id).values(in_use=False))
        for segment, slot in chosen.items():
            row = {"slot": slot, "in_use": True}
            if segment in here:
                where = (table.c.cycle_id == cycle_id, table.c.segment == segment)
                change.execute(sa.update(table).where(*where).values(**row))
            else:
                change.execute(sa.insert(table).values(cycle_id=cycle_id, segment=segment, **row))
