"""What every part of the store has: the database, and the project's folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.errors import Conflict, NotAllowed, NotFound
from workbench.store import schema
from workbench.store.roles import Role, may, reads

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store.database import Change, Database


class Area:
    """A part of the store.

    Parameters
    ----------
    database : Database
        The SQL side.
    project_folder : pathlib.Path
        The project's folder.
    """

    def __init__(self, database: Database, project_folder: Path) -> None:
        self.database = database
        self.project_folder = project_folder

    @reads
    def require(self, minimum: Role) -> None:
        """Refuse early what a later write would refuse, before long work is done.

        Raises
        ------
        NotAllowed
            If the role does not reach the minimum.
        """
        if not may(self.database.role, minimum):
            raise NotAllowed(
                "store.error.not_allowed", role=self.database.role, minimum=minimum, action="require"
            )


def only_row(
    connection: sa.Connection | Change, table: sa.Table, *where: Any, absent: str, **words: Any
) -> Any:
    """Return the one row of a table that is asked for.

    Parameters
    ----------
    connection : sqlalchemy.Connection or Change
        Where it is looked for.
    table : sqlalchemy.Table
        The table.
    *where : Any
        Conditions that at most one row meets.
    absent : str
        Key of the sentence where there is none.
    **words : Any
        What the sentence names.

    Raises
    ------
    NotFound
        If there is no such row.
    """
    row = connection.execute(sa.select(table).where(*where)).one_or_none()
    if row is None:
        raise NotFound(absent, **words)
    return row


def record_edges(change: Change, edges: Iterable[tuple[str, str]]) -> None:
    """Store lineage edges that are not there yet."""
    table = schema.lineage
    for source, target in dict.fromkeys(edges):
        there = change.execute(
            sa.select(table.c.source).where(table.c.source == source, table.c.target == target)
        ).first()
        if there is None:
            change.execute(sa.insert(table).values(source=source, target=target))


def frame_of(rows: Iterable[Any], columns: Iterable[str]) -> pd.DataFrame:
    """Return rows as a frame with these columns, also when there are none."""
    import pandas as pd

    return pd.DataFrame([tuple(row) for row in rows], columns=list(columns))


def refuse_lost_edit(
    current: dict[str, Any], wanted: dict[str, Any], expected: int, found: int, what: str
) -> None:
    """Raise Conflict, with the difference, if somebody else changed the row first."""
    if expected == found:
        return
    difference = {
        name: (value, current.get(name)) for name, value in wanted.items() if value != current.get(name)
    }
    raise Conflict(
        "store.error.conflict",
        difference=difference,
        what=what,
        columns=", ".join(difference) or "-",
    )
