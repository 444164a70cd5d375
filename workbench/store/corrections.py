"""Corrections of customer data that others propose, and what an analyst decided on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.errors import Conflict, ParameterProblem
from workbench.store import schema_exchange as tables
from workbench.store.area import Area, frame_of, only_row
from workbench.store.roles import reads, writes

if TYPE_CHECKING:
    import pandas as pd

STATES = ("open", "accepted", "declined")
LONGEST = 1_000
"""Characters of a value, a note or a reason."""
_GIVEN = (
    "correction_key",
    "customer_id",
    "column_name",
    "old_value",
    "new_value",
    "source",
    "said_by",
    "said_at",
    "note",
)
_BATCH = 500


class Corrections(Area):
    """Proposed corrections. What was proposed is never changed; only whether it holds."""

    @writes("contributor")
    def propose(self, rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
        """Keep proposals, and return how many are new and how many were there already.

        Parameters
        ----------
        rows : sequence of mapping
            correction_key (sent again, it is one proposal), customer_id, column_name,
            old_value, new_value, source, said_by, said_at (UTC), note.

        Raises
        ------
        ParameterProblem
            If a value or a note is too long.
        """
        for row in rows:
            longest = max(len(str(row[name] or "")) for name in ("old_value", "new_value", "note"))
            if longest > LONGEST:
                raise ParameterProblem("store.error.long_text", n=longest, longest=LONGEST)
        table = tables.corrections
        with self.database.writing("corrections.propose") as change:
            wanted = {str(row["correction_key"]): row for row in rows}
            keys = list(wanted)
            for start in range(0, len(keys), _BATCH):
                some = keys[start : start + _BATCH]
                query = sa.select(table.c.correction_key).where(table.c.correction_key.in_(some))
                for key in change.connection.execute(query).scalars():
                    del wanted[key]
            made = {"proposed_at": change.at, "proposed_by": self.database.who, "status": "open"}
            new = [
                {**{name: row[name] for name in _GIVEN}, **made, "reason": "", "row_version": 1}
                for row in wanted.values()
            ]
            if new:
                change.execute(sa.insert(table), new)
            sources = sorted({str(row["source"]) for row in rows})
            change.ids.update(new=len(new), repeated=len(rows) - len(new), sources=sources)
            return len(new), len(rows) - len(new)

    @writes("analyst")
    def decide(
        self, correction_id: int, status: str, reason: str = "", *, expected_version: int | None = None
    ) -> None:
        """Accept or decline a proposal that is open.

        Raises
        ------
        NotFound
            If there is no such proposal.
        ParameterProblem
            If there is no such decision, or a proposal is declined without a reason.
        Conflict
            If it was decided already.
        """
        if status not in STATES[1:]:
            raise ParameterProblem(
                "execution_exchange.error.decision", decision=status, known=", ".join(STATES[1:])
            )
        if status == "declined" and not reason.strip():
            raise ParameterProblem("store.error.no_reason")
        if len(reason) > LONGEST:
            raise ParameterProblem("store.error.long_text", n=len(reason), longest=LONGEST)
        table = tables.corrections
        with self.database.writing(f"correction.{status}", correction_id=correction_id) as change:
            row = only_row(
                change,
                table,
                table.c.correction_id == correction_id,
                absent="execution_exchange.error.no_correction",
                correction=correction_id,
            )
            if row.status != "open" or expected_version not in (None, row.row_version):
                raise Conflict(
                    "execution_exchange.error.decided",
                    difference={"status": (status, row.status)},
                    correction=correction_id,
                    status=row.status,
                    who=row.decided_by,
                    at=f"{row.decided_at:%Y-%m-%d %H:%M}" if row.decided_at else "-",
                )
            change.execute(
                sa.update(table)
                .where(table.c.correction_id == correction_id)
                .values(
                    status=status,
                    reason=reason.strip(),
                    decided_at=change.at,
                    decided_by=self.database.who,
                    row_version=row.row_version + 1,
                )
            )
            change.ids.update(column=row.column_name, source=row.source)

    @reads
    def frame(self, status: str | None = None, *, limit: int | None = None) -> pd.DataFrame:
        """Return the proposals, the decided ones in the order of their decision, the open ones as they came.

        Parameters
        ----------
        status : {"open", "accepted", "declined"}, optional
            Only these.
        limit : int, optional
            At most so many.
        """
        table = tables.corrections
        query = sa.select(table).order_by(table.c.decided_at, table.c.correction_id).limit(limit)
        if status is not None:
            query = query.where(table.c.status == status)
        with self.database.reading() as connection:
            return frame_of(connection.execute(query), table.c.keys())

    @reads
    def counts(self) -> dict[str, int]:
        """Return how many proposals are open, accepted and declined."""
        table = tables.corrections
        query = sa.select(table.c.status, sa.func.count()).group_by(table.c.status)
        with self.database.reading() as connection:
            found = {str(status): int(n) for status, n in connection.execute(query)}
        return {status: found.get(status, 0) for status in STATES}

    @reads
    def last_accepted(self) -> int:
        """Return how many proposals were accepted ever: it rises with each."""
        return self.counts()["accepted"]
