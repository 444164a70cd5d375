"""The cycles of a project, and the colour slots that segments keep through them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import NotFound, ParameterProblem
from workbench.store import schema
from workbench.store.area import Area
from workbench.store.content import canonical_json, hash_text
from workbench.store.database import Change
from workbench.store.late import refuse_late
from workbench.store.objectives import carry_objectives
from workbench.store.roles import reads, writes

MESSAGE_PREFIXES = ("review_cycles.already.",)
LONGEST = 1_000
"""Characters of a reason."""
_HASHED = ("frozen", "closed")
_DECIDED = (
    "strategy_id",
    "action",
    "rule",
    "change",
    "status",
    "decided_by",
    "decided_at",
    "decision_reason",
)
SLOTS = 10
"""Colours that segments may have; what comes after is grey, slot 0."""


class Cycles(Area):
    """Cycles in SQL."""

    @reads
    def rows(self) -> list[dict[str, Any]]:
        """Return every cycle, oldest first."""
        return [dict(row) for row in self.database.remember("cycles", self._rows)]

    def _rows(self) -> list[dict[str, Any]]:
        table = schema.cycles
        with self.database.reading() as connection:
            query = sa.select(table).order_by(table.c.position)
            return [dict(row._mapping) for row in connection.execute(query)]

    @writes("analyst")
    def open(
        self, cycle_id: str, snapshot_date: dt.date, opened_from: str | None = None, reason: str = ""
    ) -> None:
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
            self._remember(change, cycle_id, "opened", reason)
            if opened_from is not None:
                carry_objectives(change, opened_from, cycle_id)

    @writes("analyst")
    def freeze(self, cycle_id: str, reason: str = "") -> str:
        """Freeze a cycle's evaluation: nothing that it rests on is written any more.

        Returns
        -------
        str
            SHA-256 over the cycle's artefacts, cards, lists, counts of results and decisions.

        Raises
        ------
        NotFound
            If there is no such cycle.
        ParameterProblem
            If it is frozen or closed already.
        """
        with self.database.writing("cycle.freeze", cycle_id=cycle_id) as change:
            self._standing(change, cycle_id, ("open",))
            self._set(change, cycle_id, state="frozen")
            return self._remember(change, cycle_id, "frozen", reason)

    @writes("analyst")
    def close(self, cycle_id: str, reason: str = "") -> str:
        """Close a cycle; what it holds stays readable, and takes nothing more.

        Returns
        -------
        str
            SHA-256 as of `freeze`.

        Raises
        ------
        NotFound
            If there is no such cycle.
        ParameterProblem
            If it is closed already.
        """
        with self.database.writing("cycle.close", cycle_id=cycle_id) as change:
            self._standing(change, cycle_id, ("open", "frozen"))
            self._set(change, cycle_id, state="closed", closed_at=change.at)
            return self._remember(change, cycle_id, "closed", reason)

    @writes("analyst")
    def reopen(self, cycle_id: str, reason: str) -> None:
        """Open a frozen or closed cycle again; the reason is kept.

        Raises
        ------
        NotFound
            If there is no such cycle.
        ParameterProblem
            If no reason is given, or the cycle is open.
        """
        if not reason.strip():
            raise ParameterProblem("review_cycles.error.reopen_reason")
        with self.database.writing("cycle.reopen", cycle_id=cycle_id, reason=reason.strip()) as change:
            self._standing(change, cycle_id, ("frozen", "closed"))
            self._set(change, cycle_id, state="open", closed_at=None)
            self._remember(change, cycle_id, "reopened", reason)

    @reads
    def events(self, cycle_id: str | None = None) -> list[dict[str, Any]]:
        """Return what cycles went through, oldest first; ``content`` is what the hash is of."""
        table = schema.cycle_events
        query = sa.select(table).order_by(table.c.event_id)
        if cycle_id is not None:
            query = query.where(table.c.cycle_id == cycle_id)
        with self.database.reading() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
        return [row | {"content": json.loads(row["content"] or "{}")} for row in rows]

    @reads
    def content(self, cycle_id: str) -> dict[str, Any]:
        """Return what a cycle holds now: every artefact, card, list and decision with its hash."""
        with self.database.reading() as connection:
            return _content(connection, cycle_id)

    def _standing(self, change: Change, cycle_id: str, wanted: tuple[str, ...]) -> None:
        table = schema.cycles
        row = change.execute(sa.select(table).where(table.c.cycle_id == cycle_id)).one_or_none()
        if row is None:
            known = ", ".join(change.connection.execute(sa.select(table.c.cycle_id)).scalars()) or "-"
            raise NotFound("errors.not_found.cycle", cycle=cycle_id, known=known)
        if row.state not in wanted:
            raise ParameterProblem(f"review_cycles.already.{row.state}", cycle=cycle_id)

    def _set(self, change: Change, cycle_id: str, **values: Any) -> None:
        table = schema.cycles
        change.execute(
            sa.update(table)
            .where(table.c.cycle_id == cycle_id)
            .values(row_version=table.c.row_version + 1, **values)
        )

    def _remember(self, change: Change, cycle_id: str, event: str, reason: str) -> str:
        if len(reason) > LONGEST:
            raise ParameterProblem("store.error.long_text", n=len(reason), longest=LONGEST)
        text = canonical_json(_content(change.connection, cycle_id)) if event in _HASHED else ""
        sha256 = hash_text(text) if text else ""
        change.execute(
            sa.insert(schema.cycle_events).values(
                cycle_id=cycle_id,
                event=event,
                reason=reason.strip(),
                sha256=sha256,
                content=text,
                at=change.at,
                who=self.database.who,
            )
        )
        if sha256:
            change.ids["sha256"] = sha256
        return sha256


def _content(connection: sa.Connection, cycle_id: str) -> dict[str, Any]:
    """Return everything of a cycle that its hash is of, so that a difference can be named."""
    artefacts, cards, lists = schema.artefacts, schema.strategies, schema.target_lists
    made = schema.recommendations
    listed = {
        row.list_id: row.sha256
        for row in connection.execute(sa.select(lists).where(lists.c.cycle_id == cycle_id))
    }
    counts = {
        name: connection.execute(
            sa.select(sa.func.count()).select_from(table).where(table.c.list_id.in_(list(listed)))
        ).scalar()
        for name, table in (("contacts", schema.contacts), ("outcomes", schema.outcomes))
    }
    return {
        "cycle_id": cycle_id,
        "artefacts": {
            row.artefact_id: row.identity
            for row in connection.execute(sa.select(artefacts).where(artefacts.c.cycle_id == cycle_id))
        },
        "cards": {
            row.strategy_id: hash_text(row.card)
            for row in connection.execute(sa.select(cards).where(cards.c.cycle_id == cycle_id))
        },
        "lists": listed,
        "results": counts,
        "decisions": {
            row.recommendation_id: hash_text(canonical_json([getattr(row, name) for name in _DECIDED]))
            for row in connection.execute(sa.select(made).where(made.c.cycle_id == cycle_id))
        },
    }


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
            in_use = {row.segment: row.slot for row in self._in_use(change, cycle_id)}
            if chosen != in_use:
                refuse_late(change, cycle_id, "labels")
                self._store(change, cycle_id, here, chosen)
            change.ids["slots"] = {segment: chosen[segment] for segment in segments}
            return {segment: chosen[segment] for segment in segments}

    def _in_use(self, change: Change, cycle_id: str) -> Sequence[Any]:
        table = schema.slots
        return change.execute(sa.select(table).where(table.c.cycle_id == cycle_id, table.c.in_use)).all()

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
