"""Codes that a project may have in place of the packaged ones, each change a version."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd

from workbench.errors import NotFound


class VersionedCodes:
    """What disposition codes and codes of feedback have in common.

    Attributes
    ----------
    absent : str
        Key of the sentence for a code that there is not.
    columns : tuple of str
        Of the codes as a table.
    """

    absent: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]
    _store: Any

    def _standing(self) -> Mapping[str, Any]:
        """Return the codes in force, in the order in which they are offered, retired ones included."""
        raise NotImplementedError

    def _make(self, rows: list[dict[str, Any]]) -> Mapping[str, Any]:
        """Return rows as codes, checked."""
        raise NotImplementedError

    def frame(self) -> pd.DataFrame:
        """Return the codes as a table that `save` takes back.

        Returns
        -------
        pandas.DataFrame
            Its `columns`; ``retired`` ones are offered no more, and ``n`` is how often the
            project has each.
        """
        rows = with_uses(plain_rows(self._standing()), self._store.uses()["codes"])
        return pd.DataFrame(rows, columns=list(self.columns))

    def save(
        self,
        rows: pd.DataFrame | Sequence[Mapping[str, Any]],
        *,
        expected_version: int | None = None,
        note: str = "",
    ) -> int:
        """Put codes in force in place of those there are, and return the version.

        Parameters
        ----------
        rows : pandas.DataFrame or sequence of mapping
            As `frame` returns them.
        expected_version : int, optional
            The version that was looked at; by default whatever is in force.
        note : str, default=""
            Why.

        Raises
        ------
        ParameterProblem
            If a code is not possible, or one that is in use is left out.
        Conflict
            If somebody else changed the codes first.
        NotAllowed
            If the role may not define codes.
        """
        self._store.require("analyst")
        wanted = self._make(records(rows))
        version = self.version if expected_version is None else expected_version
        removed = {"codes": [code for code in self._standing() if code not in wanted]}
        return int(self._store.save(plain_rows(wanted), removed, expected_version=version, note=note))

    @property
    def version(self) -> int:
        """The version in force; 0 is the packaged codes."""
        return int(self._store.version())

    def versions(self) -> pd.DataFrame:
        """Return who changed the codes when and why: version, note, at (UTC), who; the oldest first."""
        return versions_frame(self._store.versions())

    def put(self, row: Mapping[str, Any], *, note: str = "", expected_version: int | None = None) -> int:
        """Change one code, or add it behind the others; return the version."""
        version = self.version if expected_version is None else expected_version
        rows = with_row(plain_rows(self._standing()), row)
        return self.save(rows, expected_version=version, note=note)

    def retire(self, code: str, *, note: str = "") -> int:
        """Offer a code no more; what has it stays readable. Return the version.

        Raises
        ------
        NotFound
            If there is no such code.
        """
        return self.put({"code": self._known(code), "retired": True}, note=note)

    def restore(self, code: str, *, note: str = "") -> int:
        """Offer a retired code again, and return the version.

        Raises
        ------
        NotFound
            If there is no such code.
        """
        return self.put({"code": self._known(code), "retired": False}, note=note)

    def delete(self, code: str, *, note: str = "") -> int:
        """Delete a code that nothing has, and return the version.

        Raises
        ------
        NotFound
            If there is no such code.
        ParameterProblem
            If it is in use; the sentence says how often.
        """
        version = self.version
        self._known(code)
        rows = [entry.plain() for name, entry in self._standing().items() if name != code]
        return self.save(rows, expected_version=version, note=note)

    def _known(self, code: str) -> str:
        return known_code(code, self._standing(), self.absent)


def records(rows: pd.DataFrame | Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a table's rows, or rows as they are."""
    given: Any = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else list(rows)
    return given


def plain_numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with Python's own numbers; a table's are numpy's."""
    return {str(name): cell.item() if hasattr(cell, "item") else cell for name, cell in row.items()}


def plain_rows(entries: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return entries as JSON holds them."""
    return [entry.plain() for entry in entries.values()]


def with_uses(rows: Iterable[dict[str, Any]], uses: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return rows with ``n``, how often the code of each is used."""
    return [row | {"n": uses.get(row["code"], 0)} for row in rows]


def with_row(rows: Iterable[dict[str, Any]], row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return rows with one of them changed by its code, or added behind the others."""
    known = {entry["code"]: entry for entry in rows}
    code = str(row.get("code", ""))
    known[code] = known.get(code, {}) | dict(row)
    return list(known.values())


def known_code(code: str, known: Collection[str], absent: str) -> str:
    """Return a code that there is, or raise `NotFound` with a sentence that names those there are."""
    if code not in known:
        raise NotFound(absent, code=code, known=", ".join(known))
    return code


def versions_frame(versions: list[dict[str, Any]]) -> pd.DataFrame:
    """Return versions as a table: version, note, at (UTC), who."""
    return pd.DataFrame(versions, columns=["version", "note", "at", "who"])
