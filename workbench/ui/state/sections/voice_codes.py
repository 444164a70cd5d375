"""Codes of front-line feedback on the screen: named, added, retired; one that was used is never lost."""

from __future__ import annotations

from typing import Any

from workbench.ui.state.parts import Banner


class CodeEditor:
    """The codes of the section on the front line's voice.

    Parameters
    ----------
    state : SectionState
        The section that shows them.

    Attributes
    ----------
    is_open : bool
        Whether the codes are shown; to analysts only.
    """

    def __init__(self, state: Any) -> None:
        self._state = state
        self.is_open = False

    @property
    def _codes(self) -> Any:
        return self._state.project.execution.feedback.codes

    def toggle(self) -> None:
        """Show the codes, or put them away."""
        self.is_open = not self.is_open and self._state.may("analyst")
        self._state.touch()

    def rows(self) -> list[dict[str, Any]]:
        """Return the codes with both names and how often each was used."""
        return [
            {str(name): cell for name, cell in row.items()} for row in self._codes.frame().to_dict("records")
        ]

    def groups(self) -> list[tuple[str, str]]:
        """Return the groups that a code can stand in, with their names."""
        named = {entry.group: entry.group_labels[self._state.lang] for entry in self._codes.all().values()}
        return list(named.items())

    @property
    def version(self) -> int:
        """The version in force."""
        return int(self._codes.version)

    def save(self, fields: dict[str, str]) -> None:
        """Name a code anew, or add one to a group."""
        row = {name: fields.get(name, "").strip() for name in ("code", "en", "zh_CN")}
        known = self._codes.all().get(row["code"])
        row["group"] = known.group if known is not None else fields.get("group", "")
        version = fields.get("version", "")
        self._codes.put(row, expected_version=int(version) if version.isdigit() else None)
        self._done(row["code"])

    def retire(self, code: str) -> None:
        """Offer a code no more, or again."""
        known = self._codes.all().get(code)
        if known is not None:
            (self._codes.restore if known.retired else self._codes.retire)(code)
            self._done(code)

    def delete(self, code: str) -> None:
        """Delete a code that was never used."""
        self._codes.delete(code)
        self._done(code)

    def _done(self, code: str) -> None:
        self._state.load()
        values = {"code": code, "version": self.version}
        self._state.screen.banner = Banner("done", "execution_voice_page.done.codes", values)
        self._state.touch()
