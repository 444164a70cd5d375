"""A project's disposition codes: the packaged ones, or its own, each change a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.project.codes import VersionedCodes

if TYPE_CHECKING:
    from workbench.execution import Disposition
    from workbench.project.handle import Project

COLUMNS = ("code", "en", "zh_CN", "reached", "next", "days", "aliases", "retired", "stops", "n")


class Dispositions(VersionedCodes):
    """Disposition codes, at ``project.execution.dispositions``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    absent = "execution_desk.error.no_code"

    def __init__(self, project: Project) -> None:
        self._store = project.store.disposition_codes
        self._read: tuple[int, dict[str, Disposition]] | None = None

    def codes(self) -> dict[str, Disposition]:
        """Return the codes in force, in the order in which they are offered, retired ones included."""
        from workbench.execution import make_dispositions, read_dispositions

        version = self._store.version()
        if self._read is None or self._read[0] != version:
            content = self._store.content(version) if version else None
            made = read_dispositions() if content is None else make_dispositions(content)
            self._read = (version, dict(made))
        return self._read[1]

    def labels(self, lang: str = "en") -> dict[str, str]:
        """Return what a person reads for each code, retired ones included: for what was recorded."""
        from workbench.execution import disposition_labels

        return disposition_labels(lang, self.codes())

    def offered(self, lang: str = "en") -> dict[str, str]:
        """Return what a person reads for each code that may be recorded: for a form."""
        codes = self.codes()
        return {code: label for code, label in self.labels(lang).items() if not codes[code].retired}

    def asked_to_stop(self) -> set[str]:
        """Return the customers who said that they don't want to be contacted again, to whomever and when.

        They have a contact whose code ``stops``. No desk shows them, no worklist holds them,
        and no list that is cut from now on. Their own word outlives the next import.
        """
        from workbench.execution.dispositions import stopping

        return self._store.customers(stopping(self.codes()))

    def frame(self) -> pd.DataFrame:
        """Return the codes as a table that `save` takes back.

        Returns
        -------
        pandas.DataFrame
            code, en, zh_CN (labels), reached, next, days, aliases (list), retired, stops (no
            list shows the customer any more), and n: the contacts of the project that have it.
        """
        uses = self._store.uses()
        rows = [entry.plain() | {"n": uses.get(code, 0)} for code, entry in self.codes().items()]
        return pd.DataFrame(rows, columns=list(COLUMNS))

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
            As `frame` returns them; see `workbench.execution.make_dispositions`.
        expected_version : int, optional
            The version that was looked at; by default whatever is in force.
        note : str, default=""
            Why.

        Raises
        ------
        ParameterProblem
            If a code is not possible, or one that contacts have is left out.
        Conflict
            If somebody else changed the codes first.
        NotAllowed
            If the role may not define codes.
        """
        from workbench.execution import make_dispositions

        self._store.require("analyst")
        given: Any = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else list(rows)
        wanted = make_dispositions([{**row, "days": _whole(row.get("days", 0))} for row in given])
        version = self._store.version() if expected_version is None else expected_version
        removed = [code for code in self.codes() if code not in wanted]
        return self._store.save(
            [entry.plain() for entry in wanted.values()], removed, expected_version=version, note=note
        )

    def _standing(self) -> Mapping[str, Disposition]:
        return self.codes()


def _whole(days: Any) -> Any:
    """Return a table's whole number as Python's own."""
    return int(days) if hasattr(days, "item") and float(days).is_integer() else days
