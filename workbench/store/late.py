"""Whether a cycle still takes a write; what came too late is kept, counted, and let in when it reopens."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema
from workbench.store.area import Area, frame_of
from workbench.store.content import canonical_json
from workbench.store.database import Change
from workbench.store.roles import reads, writes

if TYPE_CHECKING:
    import pandas as pd

STATES = ("open", "frozen", "closed")
MESSAGE_PREFIXES = ("review_cycles.late.",)
EVALUATED_FROM = frozenset(
    {
        "portrait",
        "features",
        "lifecycle",
        "identity",
        "companies",
        "value",
        "segmentation",
        "segment_rules",
        "rules",
        "rule_evaluation",
        "scores",
        "allocation",
        "limits",
        "playbooks",
        "journeys",
        "launch_request",
        "target_list",
        "fairness",
        "outcomes",
        "evaluation",
        "evidence",
    }
)
"""Kinds of artefact that an evaluation rests on, and the evaluation: a frozen cycle takes none of them."""
_MOMENTS = ("contacted_at", "recorded_at")
_WHEN_CLOSED = ("decisions", "ideas", "hypotheses")
"""What a frozen cycle still takes, and a closed one no longer."""


def refuse_late(change: Change, cycle_id: str | None, what: str, kind: str = "") -> None:
    """Refuse, inside a write, what comes after a cycle was frozen or closed.

    Parameters
    ----------
    change : Change
        The running write.
    cycle_id : str or None
        The cycle that is written to; None belongs to no cycle and is let through.
    what : str
        What is written, a key under ``review_cycles.late``.
    kind : str, default=""
        Kind of an artefact.

    Raises
    ------
    ParameterProblem
        If the cycle no longer takes it; the sentence says where it can go instead.
    """
    table = schema.cycles
    row = change.execute(sa.select(table).where(table.c.cycle_id == cycle_id)).one_or_none()
    if row is None or row.state == "open":
        return
    if row.state == "frozen" and (what in _WHEN_CLOSED or (kind and kind not in EVALUATED_FROM)):
        return
    raise ParameterProblem(f"review_cycles.late.{what}", **_told(change, row), kind=kind)


def refuse_late_lists(change: Change, list_ids: Iterable[str]) -> None:
    """Refuse, inside a write, results of lists whose cycle was frozen or closed."""
    lists = schema.target_lists
    query = sa.select(lists.c.cycle_id).where(lists.c.list_id.in_(list(list_ids))).distinct()
    for cycle_id in sorted(change.connection.execute(query).scalars()):
        refuse_late(change, cycle_id, "results")


def _told(change: Change, row: Any) -> dict[str, Any]:
    events, cycles = schema.cycle_events, schema.cycles
    last = change.execute(
        sa.select(events.c.at).where(events.c.cycle_id == row.cycle_id).order_by(events.c.event_id.desc())
    ).first()
    newest = change.connection.execute(
        sa.select(cycles.c.cycle_id).where(cycles.c.state == "open").order_by(cycles.c.position.desc())
    ).scalar()
    since = last.at if last is not None else row.closed_at
    return {
        "cycle": row.cycle_id,
        "since": f"{since:%Y-%m-%d %H:%M}" if since else "-",
        "open": newest or "-",
    }


class Late(Area):
    """Contacts and outcomes that came after their cycle was frozen; nothing of them is lost."""

    @writes("contributor")
    def keep(
        self,
        contacts: Sequence[Mapping[str, Any]],
        outcomes: Sequence[Mapping[str, Any]] = (),
        source: str | None = None,
    ) -> int:
        """Keep results beside those that count; return how many were not kept before.

        Parameters
        ----------
        contacts, outcomes : sequence of mapping
            As `Results.add` takes them.
        source : str, optional
            The lineage node they came from.
        """
        wanted = {
            f"{kind}:{row[f'{kind}_id']}": (kind, row)
            for kind, rows in (("contact", contacts), ("outcome", outcomes))
            for row in rows
        }
        table, lists = schema.late_results, schema.target_lists
        with self.database.writing("results.late") as change:
            named = sorted({str(row["list_id"]) for _, row in wanted.values()})
            kept = sa.select(table.c.result_id).where(table.c.list_id.in_(named))
            there = set(change.connection.execute(kept).scalars())
            where = sa.select(lists.c.list_id, lists.c.cycle_id).where(lists.c.list_id.in_(named))
            homes = {row.list_id: row.cycle_id for row in change.execute(where)}
            new = [
                {
                    "result_id": result_id,
                    "kind": kind,
                    "cycle_id": homes[str(row["list_id"])],
                    "list_id": str(row["list_id"]),
                    "content": canonical_json({name: _plain(cell) for name, cell in row.items()}),
                    "source": source,
                    "at": change.at,
                    "who": self.database.who,
                }
                for result_id, (kind, row) in wanted.items()
                if result_id not in there
            ]
            if new:
                change.execute(sa.insert(table), new)
            change.ids.update(n=len(new), list_ids=sorted(homes))
            return len(new)

    @reads
    def counts(self, cycle_id: str) -> dict[str, int]:
        """Return how many contacts and outcomes wait since they came too late."""
        table = schema.late_results
        query = (
            sa.select(table.c.kind, sa.func.count())
            .where(table.c.cycle_id == cycle_id, table.c.admitted_at.is_(None))
            .group_by(table.c.kind)
        )
        with self.database.reading() as connection:
            found = {str(kind): int(n) for kind, n in connection.execute(query)}
        return {"contacts": found.get("contact", 0), "outcomes": found.get("outcome", 0)}

    @reads
    def frame(self, cycle_id: str) -> pd.DataFrame:
        """Return what waits, oldest first; ``content`` is a dictionary."""
        table = schema.late_results
        query = (
            sa.select(table)
            .where(table.c.cycle_id == cycle_id, table.c.admitted_at.is_(None))
            .order_by(table.c.at, table.c.result_id)
        )
        with self.database.reading() as connection:
            frame = frame_of(connection.execute(query), table.c.keys())
        return frame.assign(content=[json.loads(text) for text in frame["content"]])

    @writes("analyst")
    def admit(self, cycle_id: str) -> tuple[int, int]:
        """Let in what waits, and return how many contacts and outcomes are new.

        Raises
        ------
        ParameterProblem
            If the cycle is not open again.
        """
        from workbench.store.results import Results

        table = schema.late_results
        with self.database.writing("results.admit", cycle_id=cycle_id) as change:
            refuse_late(change, cycle_id, "results")
            waiting = (table.c.cycle_id == cycle_id, table.c.admitted_at.is_(None))
            rows = change.execute(sa.select(table).where(*waiting).order_by(table.c.at)).all()
            results = Results(self.database, self.project_folder)
            new = [0, 0]
            for source in dict.fromkeys(row.source for row in rows):
                mine = [row for row in rows if row.source == source]
                contacts = [_read(row.content) for row in mine if row.kind == "contact"]
                outcomes = [_read(row.content) for row in mine if row.kind == "outcome"]
                added = results.add(contacts, outcomes, source=source)
                new = [n + more for n, more in zip(new, added, strict=True)]
            change.execute(sa.update(table).where(*waiting).values(admitted_at=change.at))
            change.ids.update(contacts=new[0], outcomes=new[1])
            return new[0], new[1]


def _plain(cell: Any) -> Any:
    """Return a cell as JSON holds it: moments as ISO text, missing values as null."""
    if cell is None or cell != cell:
        return None
    if hasattr(cell, "isoformat"):
        return cell.isoformat()
    return cell.item() if hasattr(cell, "item") else cell


def _read(text: str) -> dict[str, Any]:
    """Return a kept row as it came: its moments are moments again."""
    row = json.loads(text)
    return {
        name: dt.datetime.fromisoformat(cell) if cell and name in _MOMENTS else cell
        for name, cell in row.items()
    }
