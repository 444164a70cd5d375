"""Hypotheses of a cycle: each is a row with a version, sealed once its data are in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import NotFound, ParameterProblem
from workbench.store import schema
from workbench.store.area import Area, record_edges, refuse_lost_edit
from workbench.store.content import canonical_json
from workbench.store.database import Change
from workbench.store.late import refuse_late
from workbench.store.roles import reads, writes
from workbench.tables.hypotheses import AFTERWARDS

LONGEST = 300
"""Characters of a sentence."""
LONGEST_NOTE = 1_000
FIELDS = ("sentence", "outcome", "segment", "direction", "threshold", "strategy_id")
SOURCES = ("analyst", "room", "sample")
"""Who a hypothesis comes from: an analyst, a brainstorm room, or the sample bank's walk."""


class Hypotheses(Area):
    """Hypotheses in SQL, with every version of them and what was known when it was written."""

    @reads
    def rows(self, cycle_id: str) -> list[dict[str, Any]]:
        """Return the hypotheses of a cycle in their order, withdrawn ones included.

        Each has its `FIELDS`, source, source_id, exploratory (whether its data were in the
        project when it was last changed), outcomes_known, written_at, written_by,
        updated_at, updated_by, withdrawn_at and row_version.
        """
        table = schema.hypotheses
        query = sa.select(table).where(table.c.cycle_id == cycle_id).order_by(table.c.position)
        with self.database.reading() as connection:
            return [_record(row) for row in connection.execute(query)]

    @reads
    def history(self, cycle_id: str, hypothesis_id: str | None = None) -> list[dict[str, Any]]:
        """Return every version of a cycle's hypotheses (or of one), oldest first."""
        table = schema.hypothesis_versions
        query = sa.select(table).where(table.c.cycle_id == cycle_id).order_by(table.c.entry_id)
        if hypothesis_id is not None:
            query = query.where(table.c.hypothesis_id == hypothesis_id)
        with self.database.reading() as connection:
            found = [dict(row._mapping) for row in connection.execute(query)]
        return [{**row, **json.loads(row.pop("content"))} for row in found]

    @reads
    def is_sealed(self, cycle_id: str, outcome: str) -> bool:
        """Say whether the data that decide a cycle's hypotheses on an outcome are in."""
        with self.database.reading() as connection:
            return _is_known({"outcome": outcome}, self._known(connection, cycle_id))

    @writes("analyst")
    def add(
        self, cycle_id: str, hypothesis: Mapping[str, Any], source: str = "analyst", source_id: str = ""
    ) -> str:
        """Write a hypothesis down, and return its id.

        Parameters
        ----------
        cycle_id : str
            The cycle whose data decide it.
        hypothesis : mapping
            Its `FIELDS`.
        source : {"analyst", "room", "sample"}, default="analyst"
            Who it comes from.
        source_id : str, default=""
            Its number there.

        Raises
        ------
        ParameterProblem
            If the sentence is empty or too long, the source unknown, or the cycle closed.
        """
        if source not in SOURCES:
            raise ParameterProblem("review_hypotheses.error.source", source=source, known=", ".join(SOURCES))
        content = _content(hypothesis)
        table = schema.hypotheses
        with self.database.writing("hypothesis.add", cycle_id=cycle_id) as change:
            refuse_late(change, cycle_id, "hypotheses")
            rows = _there(change, cycle_id)
            position = 1 + max([row.position for row in rows], default=0)
            hypothesis_id = f"H{position}"
            known = self._known(change, cycle_id)
            change.execute(
                sa.insert(table).values(
                    cycle_id=cycle_id,
                    hypothesis_id=hypothesis_id,
                    position=position,
                    content=content,
                    source=source,
                    source_id=source_id[:120],
                    written_at=change.at,
                    written_by=self.database.who,
                    updated_at=change.at,
                    updated_by=self.database.who,
                    row_version=1,
                    **known,
                )
            )
            self._remember(change, cycle_id, hypothesis_id, "written", content, "", known)
            record_edges(change, [(f"cycle:{cycle_id}", f"hypothesis:{cycle_id} {hypothesis_id}")])
            change.ids["hypothesis_id"] = hypothesis_id
            return hypothesis_id

    @writes("analyst")
    def save(
        self, cycle_id: str, hypothesis_id: str, hypothesis: Mapping[str, Any], expected_version: int
    ) -> int:
        """Change a hypothesis whose data are not in yet; return its new version.

        Raises
        ------
        NotFound
            If there is none of that name.
        Conflict
            If somebody else changed it first.
        ParameterProblem
            If its data are in, it was withdrawn, or the sentence is empty or too long.
        """
        content = _content(hypothesis)
        table = schema.hypotheses
        with self.database.writing(
            "hypothesis.save", cycle_id=cycle_id, hypothesis_id=hypothesis_id
        ) as change:
            row = self._open_row(change, cycle_id, hypothesis_id)
            refuse_lost_edit(
                json.loads(row.content),
                json.loads(content),
                expected_version,
                row.row_version,
                hypothesis_id,
            )
            if content == row.content:
                return int(row.row_version)
            known = self._known(change, cycle_id)
            version = int(row.row_version) + 1
            change.execute(
                sa.update(table)
                .where(*_key(cycle_id, hypothesis_id))
                .values(
                    content=content,
                    updated_at=change.at,
                    updated_by=self.database.who,
                    row_version=version,
                    **known,
                )
            )
            self._remember(change, cycle_id, hypothesis_id, "changed", content, "", known)
            return version

    @writes("analyst")
    def withdraw(self, cycle_id: str, hypothesis_id: str, reason: str) -> None:
        """Take a hypothesis back whose data are not in yet; it stays readable.

        Raises
        ------
        NotFound
            If there is none of that name.
        ParameterProblem
            If its data are in, it was withdrawn before, or no reason is given.
        """
        if not reason.strip():
            raise ParameterProblem("review_hypotheses.error.no_reason")
        table = schema.hypotheses
        with self.database.writing(
            "hypothesis.withdraw", cycle_id=cycle_id, hypothesis_id=hypothesis_id
        ) as change:
            row = self._open_row(change, cycle_id, hypothesis_id)
            values = {"withdrawn_at": change.at, "row_version": int(row.row_version) + 1}
            change.execute(sa.update(table).where(*_key(cycle_id, hypothesis_id)).values(**values))
            known = self._known(change, cycle_id)
            note = reason.strip()[:LONGEST_NOTE]
            self._remember(change, cycle_id, hypothesis_id, "withdrawn", row.content, note, known)

    def _open_row(self, change: Change, cycle_id: str, hypothesis_id: str) -> Any:
        """Return a row that may still be changed, or say why it may not."""
        refuse_late(change, cycle_id, "hypotheses")
        rows = _there(change, cycle_id)
        row = next((each for each in rows if each.hypothesis_id == hypothesis_id), None)
        if row is None:
            known = ", ".join(each.hypothesis_id for each in rows) or "-"
            raise NotFound("review_hypotheses.error.unknown", hypothesis=hypothesis_id, known=known)
        if row.withdrawn_at is not None:
            raise ParameterProblem("review_hypotheses.error.withdrawn", hypothesis=hypothesis_id)
        if _is_known(json.loads(row.content), self._known(change, cycle_id)):
            raise ParameterProblem("review_hypotheses.error.sealed", hypothesis=hypothesis_id)
        return row

    def _known(self, change: Change | sa.Connection, cycle_id: str) -> dict[str, Any]:
        """Say what of the cycle's data is in the project; inside a write, at its moment."""
        outcomes, lists, cycles = schema.outcomes, schema.target_lists, schema.cycles
        counted = (
            sa.select(sa.func.count())
            .select_from(outcomes.join(lists, outcomes.c.list_id == lists.c.list_id))
            .where(lists.c.cycle_id == cycle_id)
        )
        after = (
            sa.select(schema.artefacts.c.artefact_id)
            .join(cycles, cycles.c.cycle_id == schema.artefacts.c.cycle_id)
            .where(cycles.c.opened_from == cycle_id, schema.artefacts.c.kind == "portrait")
        )
        return {
            "outcomes_known": int(change.execute(counted).scalar() or 0),
            "snapshot_known": change.execute(after).first() is not None,
        }

    def _remember(
        self,
        change: Change,
        cycle_id: str,
        hypothesis_id: str,
        event: str,
        content: str,
        note: str,
        known: Mapping[str, Any],
    ) -> None:
        change.execute(
            sa.insert(schema.hypothesis_versions).values(
                cycle_id=cycle_id,
                hypothesis_id=hypothesis_id,
                event=event,
                content=content,
                note=note,
                at=change.at,
                who=self.database.who,
                **known,
            )
        )


def _content(hypothesis: Mapping[str, Any]) -> str:
    sentence = str(hypothesis["sentence"]).strip()
    if not sentence or len(sentence) > LONGEST:
        raise ParameterProblem("review_hypotheses.error.sentence", longest=LONGEST, n=len(sentence))
    fields = {name: str(hypothesis[name] or "") for name in FIELDS if name not in ("sentence", "threshold")}
    return canonical_json({"sentence": sentence, "threshold": float(hypothesis["threshold"]), **fields})


def _is_known(hypothesis: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Say whether the data of a hypothesis's outcome are in."""
    return bool(known["snapshot_known" if hypothesis["outcome"] in AFTERWARDS else "outcomes_known"])


def _record(row: Any) -> dict[str, Any]:
    values = {name: value for name, value in row._mapping.items() if name not in ("content", "position")}
    content = json.loads(row.content)
    return {**values, **content, "exploratory": _is_known(content, values)}


def _there(change: Change, cycle_id: str) -> Sequence[Any]:
    table = schema.hypotheses
    return change.execute(
        sa.select(table).where(table.c.cycle_id == cycle_id).order_by(table.c.position)
    ).all()


def _key(cycle_id: str, hypothesis_id: str) -> tuple[Any, Any]:
    table = schema.hypotheses
    return table.c.cycle_id == cycle_id, table.c.hypothesis_id == hypothesis_id
