"""Marketing material and rates, each version with the days on which it may be shown."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema_execution as tables
from workbench.store.area import Area, only_row, refuse_lost_edit
from workbench.store.database import Change
from workbench.store.roles import reads, writes
from workbench.store.room_moves import checked_text

KINDS = ("material", "rate")
LONGEST_NAME = 80
LONGEST_TITLE = 400
LONGEST_CONTENT = 20_000


class Materials(Area):
    """Versions of materials and rates. No two of one name hold on the same day; none is ever removed."""

    @writes("analyst")
    def add(
        self,
        name: str,
        *,
        kind: str,
        offer: str,
        title: str,
        title_zh: str,
        valid_from: dt.date,
        valid_to: dt.date | None = None,
        content: str = "",
        content_zh: str = "",
        value: float | None = None,
        unit: str = "",
        note: str = "",
        ends_former: bool = False,
    ) -> int:
        """Add a version, and return its number under this name.

        Parameters
        ----------
        name : str
            What all versions have in common, for example ``deposit_rate``.
        kind : {"material", "rate"}
            A rate has a value.
        offer : str
            The offer it belongs to.
        title, title_zh : str
            What a person reads, in both languages.
        valid_from, valid_to : datetime.date
            First and last day on which it may be shown; no last day is open.
        content, content_zh : str, default=""
            The text of a material.
        value : float, optional
            The rate, in its unit.
        unit : str, default=""
            Unit of the rate, for example ``% p.a.``.
        note : str, default=""
            Why.
        ends_former : bool, default=False
            Let the version that holds on the first day end the day before.

        Raises
        ------
        ParameterProblem
            If a text is empty or too long, a rate has no value, the days are out of order,
            or another version holds on one of them.
        """
        if kind not in KINDS:
            raise ParameterProblem("execution_desk.error.kind", kind=kind, kinds=", ".join(KINDS))
        if kind == "rate" and value is None:
            raise ParameterProblem("execution_desk.error.no_rate", name=name)
        if valid_to is not None and valid_to < valid_from:
            raise ParameterProblem(
                "execution_desk.error.days", first=f"{valid_from:%Y-%m-%d}", last=f"{valid_to:%Y-%m-%d}"
            )
        values = {
            "name": checked_text(name, LONGEST_NAME),
            "kind": kind,
            "offer": checked_text(offer, LONGEST_NAME),
            "title": checked_text(title, LONGEST_TITLE),
            "title_zh": checked_text(title_zh, LONGEST_TITLE),
            "content": _optional(content),
            "content_zh": _optional(content_zh),
            "value": value,
            "unit": unit[:40],
            "valid_from": valid_from,
            "valid_to": valid_to,
            "note": note,
        }
        table = tables.materials
        with self.database.writing("material.add", name=values["name"]) as change:
            there = change.execute(sa.select(table).where(table.c.name == values["name"])).all()
            standing = [row for row in there if row.withdrawn_at is None]
            for row in standing:
                if ends_former and row.valid_from < valid_from and _meets(row, valid_from, valid_from):
                    before = valid_from - dt.timedelta(days=1)
                    self._set(change, row, valid_to=before)
                elif _meets(row, valid_from, valid_to):
                    raise _overlap(row)
            version = 1 + max((row.version for row in there), default=0)
            change.execute(
                sa.insert(table).values(
                    version=version,
                    created_at=change.at,
                    created_by=self.database.who,
                    row_version=1,
                    **values,
                )
            )
            change.ids["version"] = version
            return version

    @writes("analyst")
    def end(self, name: str, version: int, valid_to: dt.date, *, expected_version: int) -> int:
        """Let a version end on another day; return its new row version.

        Raises
        ------
        NotFound
            If there is no such version.
        ParameterProblem
            If the day lies before its first, or another version would hold beside it.
        Conflict
            If somebody else changed it first.
        """
        table = tables.materials
        with self.database.writing("material.end", name=name, version=version) as change:
            row = self._row(change, name, version)
            changed = {"valid_to": valid_to}
            refuse_lost_edit(
                {"valid_to": row.valid_to}, changed, expected_version, row.row_version, f"{name} {version}"
            )
            if valid_to < row.valid_from:
                raise ParameterProblem(
                    "execution_desk.error.days",
                    first=f"{row.valid_from:%Y-%m-%d}",
                    last=f"{valid_to:%Y-%m-%d}",
                )
            others = sa.select(table).where(
                table.c.name == name, table.c.version != version, table.c.withdrawn_at.is_(None)
            )
            for other in change.execute(others):
                if _meets(other, row.valid_from, valid_to):
                    raise _overlap(other)
            self._set(change, row, valid_to=valid_to)
            return int(row.row_version) + 1

    @writes("analyst")
    def withdraw(self, name: str, version: int, note: str) -> None:
        """Take a version that was wrong out of use from now on; it stays readable. Twice is once.

        Raises
        ------
        NotFound
            If there is no such version.
        ParameterProblem
            If no reason is given.
        """
        why = checked_text(note, LONGEST_TITLE)
        with self.database.writing("material.withdraw", name=name, version=version) as change:
            row = self._row(change, name, version)
            if row.withdrawn_at is None:
                self._set(change, row, withdrawn_at=change.at, note=why)

    @reads
    def rows(self) -> list[dict[str, Any]]:
        """Return every version, by name and version."""
        table = tables.materials
        with self.database.reading() as connection:
            query = sa.select(table).order_by(table.c.name, table.c.version)
            return [dict(row._mapping) for row in connection.execute(query)]

    @reads
    def shown(self, day: dt.date, offer: str | None = None) -> list[dict[str, Any]]:
        """Return the versions that may be shown on a day, at most one of each name."""
        table = tables.materials
        query = sa.select(table).where(
            table.c.withdrawn_at.is_(None),
            table.c.valid_from <= day,
            sa.or_(table.c.valid_to.is_(None), table.c.valid_to >= day),
        )
        if offer is not None:
            query = query.where(table.c.offer == offer)
        with self.database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query.order_by(table.c.name))]

    def _row(self, change: Change, name: str, version: int) -> Any:
        table = tables.materials
        wanted = (table.c.name == name, table.c.version == version)
        absent = "execution_desk.error.no_material"
        return only_row(change, table, *wanted, absent=absent, name=name, version=version)

    @staticmethod
    def _set(change: Change, row: Any, **values: Any) -> None:
        table = tables.materials
        change.execute(
            sa.update(table)
            .where(table.c.entry_id == row.entry_id)
            .values(row_version=row.row_version + 1, **values)
        )


def _optional(text: str) -> str:
    return checked_text(text, LONGEST_CONTENT) if text.strip() else ""


def _meets(row: Any, first: dt.date, last: dt.date | None) -> bool:
    """Say whether a version holds on one of these days."""
    return (row.valid_to is None or row.valid_to >= first) and (last is None or row.valid_from <= last)


def _overlap(row: Any) -> ParameterProblem:
    return ParameterProblem(
        "execution_desk.error.material_overlaps",
        name=row.name,
        version=row.version,
        first=f"{row.valid_from:%Y-%m-%d}",
        last=f"{row.valid_to:%Y-%m-%d}" if row.valid_to else "…",
    )
