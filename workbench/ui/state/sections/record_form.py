"""What the form of one stored row does: opened, typed into, kept, and what when somebody was faster."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.errors import Conflict

NEW = "new"


class RecordForm:
    """The form of one row, new or chosen; a section's own form builds on it.

    Parameters
    ----------
    state : SectionState
        The section that shows it.

    Attributes
    ----------
    id_name : str
        What the row's id is called in the draft.
    open : str
        The id that is edited, ``"new"``, or empty.
    typed : dict or None
        What was typed and not stored: after a mistake, a conflict or a kernel's death.
    difference : list of tuple
        After a conflict: the field, the value here, and the stored one.
    """

    id_name = ""

    def __init__(self, state: Any) -> None:
        self._state = state
        self.open = ""
        self.typed: dict[str, str] | None = None
        self.difference: list[tuple[str, str, str]] = []

    # What a section's form fills in ------------------------------------------------

    def known(self) -> Collection[str]:
        """Return the ids of the rows that can be edited."""
        raise NotImplementedError

    def stored(self, row_id: str) -> dict[str, Any]:
        """Return a stored row with its ``row_version``."""
        raise NotImplementedError

    def save(self, fields: dict[str, str]) -> None:
        """Store the form, unless somebody changed the row since it was opened."""
        raise NotImplementedError

    # What all forms share ----------------------------------------------------------

    def reopen(self) -> None:
        """Open the form again where unfinished work was kept."""
        if self.open or not self._state.may("analyst"):
            return
        kept = self._state.draft()
        if kept and kept.get(self.id_name) in {NEW, *self.known()}:
            self.open = str(kept[self.id_name])
            self.typed = {str(name): str(value) for name, value in kept.get("fields", {}).items()}

    def add(self) -> None:
        """Show an empty form."""
        self.show(NEW)

    def show(self, row_id: str) -> None:
        """Show the form of a row, to those who may change it."""
        self.close()
        self.open = row_id if self._state.may("analyst") else ""
        self._state.touch()

    def close(self) -> None:
        """Put the form away."""
        self.open, self.typed, self.difference = "", None, []

    def cancel(self) -> None:
        """Put the form away; what was typed is dropped."""
        self.close()
        self._state.discard_draft()
        self._state.touch()

    def keep_typed(self, fields: dict[str, str]) -> None:
        """Keep what was typed before anything can go wrong with it."""
        self.typed = dict(fields)
        self._state.keep_draft({self.id_name: self.open, "fields": self.typed})

    def show_conflict(self, conflict: Conflict, rows: list[tuple[str, str, str]]) -> None:
        """Show what somebody else has stored meanwhile beside what was typed."""
        self.difference = rows
        self._state.screen.banner = Banner("error", conflict.key, conflict.values)
        self._state.touch()

    def overwrite(self) -> None:
        """Store what was typed over what somebody else wrote, having seen both."""
        if self.typed is not None and self.open not in ("", NEW):
            version = str(self.stored(self.open)["row_version"])
            self.difference = []
            self.save({**self.typed, "row_version": version})

    def keep_theirs(self) -> None:
        """Drop what was typed and show the stored row."""
        self.close()
        self._state.discard_draft()
        self._state.load()
        self._state.touch()

    def fill(
        self, names: Collection[str], filled: dict[str, Any], version: int
    ) -> tuple[dict[str, Any], int]:
        """Return the fields with what was typed over what is stored, and the version that was edited."""
        if self.typed is None:
            return filled, version
        kept = self.typed.get("row_version", "")
        typed = {name: self.typed[name] for name in names if name in self.typed}
        return filled | typed, int(kept) if kept.isdigit() else version
