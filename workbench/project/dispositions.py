"""A project's disposition codes: the packaged ones, or its own, each change a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.project.codes import VersionedCodes

if TYPE_CHECKING:
    from workbench.execution import Disposition
    from workbench.project.handle import Project

COLUMNS = ("code", "en", "zh_CN", "reached", "next", "days", "aliases", "retired", "stops", "n")
"""en and zh_CN are labels, aliases a list; `stops`: no list shows the customer any more; n: contacts."""


class Dispositions(VersionedCodes):
    """Disposition codes, at ``project.execution.dispositions``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    absent = "execution_desk.error.no_code"
    columns = COLUMNS

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

    def _standing(self) -> Mapping[str, Disposition]:
        return self.codes()

    def _make(self, rows: list[dict[str, Any]]) -> Mapping[str, Disposition]:
        from workbench.execution import make_dispositions

        return make_dispositions([{**row, "days": _whole(row.get("days", 0))} for row in rows])


def _whole(days: Any) -> Any:
    """Return a table's whole number as Python's own."""
    return int(days) if hasattr(days, "item") and float(days).is_integer() else days
