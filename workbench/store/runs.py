"""What was run unattended: when, on which cycle, how long each notebook took, and where it is archived."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.store import schema
from workbench.store.area import Area, frame_of
from workbench.store.content import canonical_json
from workbench.store.roles import reads, writes

if TYPE_CHECKING:
    import pandas as pd


class Runs(Area):
    """Unattended runs; one that never ended stays ``running``, so that a crash is seen."""

    @writes("analyst")
    def begin(self, cycle_id: str, folder: str, *, on_copy: bool = False) -> int:
        """Record that a run begins, and return its number.

        Parameters
        ----------
        cycle_id : str
            The cycle.
        folder : str
            Where it is archived: relative to the project where it lies inside.
        on_copy : bool, default=False
            Whether it runs on a copy of the project, because the cycle takes no writes.
        """
        with self.database.writing("run.begin", cycle_id=cycle_id, on_copy=on_copy) as change:
            done = change.execute(
                sa.insert(schema.runs).values(
                    cycle_id=cycle_id,
                    state="running",
                    folder=folder,
                    on_copy=on_copy,
                    notebooks="[]",
                    trouble="",
                    begun_at=change.at,
                    who=self.database.who,
                )
            )
            change.ids["run_id"] = number = int(done.inserted_primary_key[0])  # type: ignore[index]
            return number

    @writes("analyst")
    def end(self, run_id: int, notebooks: Sequence[Mapping[str, Any]], trouble: str = "") -> None:
        """Record how a run ended; with trouble it has failed."""
        state = "failed" if trouble else "done"
        with self.database.writing("run.end", run_id=run_id, state=state) as change:
            change.execute(
                sa.update(schema.runs)
                .where(schema.runs.c.run_id == run_id)
                .values(
                    state=state,
                    notebooks=canonical_json(list(notebooks)),
                    trouble=trouble,
                    ended_at=change.at,
                )
            )

    @reads
    def frame(self, cycle_id: str | None = None) -> pd.DataFrame:
        """Return the runs, newest first; ``notebooks`` are lists, ``seconds`` the whole."""
        table = schema.runs
        query = sa.select(table).order_by(table.c.run_id.desc())
        if cycle_id is not None:
            query = query.where(table.c.cycle_id == cycle_id)
        with self.database.reading() as connection:
            frame = frame_of(connection.execute(query), table.c.keys())
        frame["notebooks"] = [json.loads(text) for text in frame["notebooks"]]
        frame["seconds"] = [
            (ended - begun).total_seconds() if isinstance(ended, dt.datetime) and ended == ended else None
            for begun, ended in zip(frame["begun_at"], frame["ended_at"], strict=True)
        ]
        return frame
