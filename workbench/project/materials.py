"""Marketing material and rates of a project: only what holds today is shown."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound
from workbench.project.cycles import as_day

if TYPE_CHECKING:
    from workbench.project.handle import Project

SHOWN = (
    "name",
    "version",
    "kind",
    "offer",
    "title",
    "title_zh",
    "content",
    "content_zh",
    "value",
    "unit",
    "valid_from",
    "valid_to",
)
COLUMNS = (*SHOWN, "withdrawn_at", "note", "created_at", "created_by", "row_version")


class Materials:
    """Material and rates, at ``project.execution.materials``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store.materials

    def add(
        self,
        name: str,
        *,
        offer: str,
        title: str,
        title_zh: str,
        valid_from: dt.date | str,
        valid_to: dt.date | str | None = None,
        kind: str = "material",
        content: str = "",
        content_zh: str = "",
        value: float | None = None,
        unit: str = "",
        note: str = "",
        ends_former: bool = False,
    ) -> int:
        """Add a version of a material or rate, and return its number.

        Parameters
        ----------
        name : str
            What all its versions have in common.
        offer : str
            The offer it belongs to.
        title, title_zh : str
            What a person reads, in both languages.
        valid_from, valid_to : datetime.date or str
            First and last day on which it may be shown; no last day is open.
        kind : {"material", "rate"}, default="material"
            A rate has a value.
        content, content_zh : str, default=""
            The text of a material.
        value : float, optional
            The rate, in its unit.
        unit : str, default=""
            For example ``% p.a.``.
        note : str, default=""
            Why.
        ends_former : bool, default=False
            Let the version that holds on the first day end the day before.

        Raises
        ------
        ParameterProblem
            If a text is empty, the days are out of order, or another version holds on one of them.
        """
        first = as_day(valid_from)
        assert first is not None
        return self._store.add(
            name,
            kind=kind,
            offer=offer,
            title=title,
            title_zh=title_zh,
            valid_from=first,
            valid_to=as_day(valid_to),
            content=content,
            content_zh=content_zh,
            value=value,
            unit=unit,
            note=note,
            ends_former=ends_former,
        )

    def end(
        self, name: str, version: int, valid_to: dt.date | str, *, expected_version: int | None = None
    ) -> int:
        """Let a version end on another day; return its new row version.

        Raises
        ------
        NotFound
            If there is no such version.
        ParameterProblem
            If the day lies before its first, or another version would hold beside it.
        Conflict
            If somebody else changed it since the expected version.
        """
        day = as_day(valid_to)
        assert day is not None
        rows = [row for row in self._store.rows() if (row["name"], row["version"]) == (name, version)]
        standing = rows[0]["row_version"] if rows else 0
        expected = standing if expected_version is None else expected_version
        return self._store.end(name, version, day, expected_version=expected)

    def withdraw(self, name: str, version: int, note: str) -> None:
        """Take a version that was wrong out of use from now on; it stays readable.

        Raises
        ------
        NotFound
            If there is no such version.
        """
        self._store.withdraw(name, version, note)

    def shown(self, offer: str | None = None, day: dt.date | str | None = None) -> pd.DataFrame:
        """Return what may be shown on a day, of one offer or all: at most one version of each name.

        Returns
        -------
        pandas.DataFrame
            name, version, kind, offer, title, title_zh, content, content_zh, value, unit,
            valid_from, valid_to.
        """
        return _frame(self._store.shown(self._day(day), offer), SHOWN)

    def current(self, name: str, day: dt.date | str | None = None) -> dict[str, Any]:
        """Return the version of a material or rate that may be shown on a day.

        Raises
        ------
        NotFound
            If none may.
        """
        on = self._day(day)
        for row in self._store.shown(on):
            if row["name"] == name:
                return {column: row[column] for column in SHOWN}
        raise NotFound("execution_desk.error.nothing_shown", name=name, day=f"{on:%Y-%m-%d}")

    def rate(self, offer: str, day: dt.date | str | None = None) -> dict[str, Any] | None:
        """Return the rate of an offer that holds on a day; None where there is none."""
        rates = [row for row in self._store.shown(self._day(day), offer) if row["kind"] == "rate"]
        return {column: rates[0][column] for column in SHOWN} if rates else None

    def frame(self) -> pd.DataFrame:
        """Return every version there ever was, by name and version."""
        return _frame(self._store.rows(), COLUMNS)

    def placed(self, day: dt.date | str | None = None) -> pd.DataFrame:
        """Return every version with a word on whether it holds; see `workbench.place_versions`."""
        from workbench.execution import place_versions

        return place_versions(self.frame(), today=self._day(day))

    def problems(self, day: dt.date | str | None = None) -> pd.DataFrame:
        """Return where no version or two hold; see `workbench.find_validity_problems`."""
        from workbench.execution import find_validity_problems

        return find_validity_problems(self.frame(), today=self._day(day))

    def _day(self, day: dt.date | str | None) -> dt.date:
        return as_day(day) or self._project.store.database.clock().date()


def _frame(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame([[row[name] for name in columns] for row in rows], columns=list(columns))
