"""Codes that a project may have in place of the packaged ones, each change a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd

from workbench.errors import NotFound


class VersionedCodes:
    """What disposition codes and codes of feedback have in common.

    Attributes
    ----------
    absent : str
        Key of the sentence for a code that there is not.
    """

    absent: ClassVar[str]
    _store: Any

    def _standing(self) -> Mapping[str, Any]:
        """Return the codes in force, in the order in which they are offered, retired ones included."""
        raise NotImplementedError

    def save(
        self,
        rows: pd.DataFrame | Sequence[Mapping[str, Any]],
        *,
        expected_version: int | None = None,
        note: str = "",
    ) -> int:
        """Put codes in force in place of those there are, and return the version."""
        raise NotImplementedError

    @property
    def version(self) -> int:
        """The version in force; 0 is the packaged codes."""
        return int(self._store.version())

    def versions(self) -> pd.DataFrame:
        """Return who changed the codes when and why: version, note, at (UTC), who; the oldest first."""
        return pd.DataFrame(self._store.versions(), columns=["version", "note", "at", "who"])

    def put(self, row: Mapping[str, Any], *, note: str = "", expected_version: int | None = None) -> int:
        """Change one code, or add it behind the others; return the version."""
        version = self.version if expected_version is None else expected_version
        rows = {code: entry.plain() for code, entry in self._standing().items()}
        code = str(row.get("code", ""))
        rows[code] = rows.get(code, {}) | dict(row)
        return self.save(list(rows.values()), expected_version=version, note=note)

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
        known = self._standing()
        if code not in known:
            raise NotFound(self.absent, code=code, known=", ".join(known))
        return code
