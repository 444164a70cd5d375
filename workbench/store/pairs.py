"""What people decided of two records: one customer, or two. Nothing is ever overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from workbench.errors import Conflict, ParameterProblem
from workbench.store import schema
from workbench.store.area import Area, frame_of
from workbench.store.roles import reads, writes

if TYPE_CHECKING:
    import pandas as pd

PAIR_DECISIONS = ("same", "different", "later")
LONGEST = 1_000
"""Characters of a note."""


class Pairs(Area):
    """Decisions on doubtful pairs. They are added; the newest of a pair holds."""

    @writes("analyst")
    def decide(
        self, record_id: str, other_id: str, decision: str, note: str = "", *, expected: int | None = None
    ) -> int:
        """Decide on a pair, and return the decision's number.

        Parameters
        ----------
        record_id, other_id : str
            The records, in either order.
        decision : {"same", "different", "later"}
            One customer, two, or open again.
        note : str, default=""
            Why.
        expected : int, optional
            Number of the newest decision on this pair that was looked at, 0 for none.

        Raises
        ------
        ParameterProblem
            If there is no such decision, the note is too long, or the two are one record.
        Conflict
            If somebody else decided on the pair since.
        """
        if decision not in PAIR_DECISIONS:
            raise ParameterProblem(
                "store.error.pair_decision", decision=decision, decisions=", ".join(PAIR_DECISIONS)
            )
        if record_id == other_id:
            raise ParameterProblem("store.error.pair_of_one", record=record_id)
        if len(note) > LONGEST:
            raise ParameterProblem("store.error.long_text", n=len(note), longest=LONGEST)
        one, other = sorted((record_id, other_id))
        table = schema.pair_decisions
        with self.database.writing("pair.decide", record_id=one, other_id=other, decision=decision) as change:
            newest = change.execute(
                sa.select(table)
                .where(table.c.record_id == one, table.c.other_id == other)
                .order_by(table.c.decision_id.desc())
                .limit(1)
            ).one_or_none()
            if expected is not None and expected != (0 if newest is None else newest.decision_id):
                theirs = "" if newest is None else newest.decision
                raise Conflict(
                    "store.error.pair_conflict",
                    difference={"decision": (decision, theirs)},
                    who="" if newest is None else newest.decided_by,
                    decision=theirs,
                )
            done = change.execute(
                sa.insert(table).values(
                    record_id=one,
                    other_id=other,
                    decision=decision,
                    note=note.strip(),
                    decided_by=self.database.who,
                    decided_at=change.at,
                )
            )
            return int(done.inserted_primary_key[0])  # type: ignore[index]

    @reads
    def frame(self, *, history: bool = False) -> pd.DataFrame:
        """Return the decisions that hold, or all of them, oldest first."""
        table = schema.pair_decisions
        query = sa.select(table).order_by(table.c.decision_id)
        if not history:
            newest = sa.select(sa.func.max(table.c.decision_id)).group_by(table.c.record_id, table.c.other_id)
            query = query.where(table.c.decision_id.in_(newest))
        with self.database.reading() as connection:
            return frame_of(connection.execute(query), table.c.keys())
