"""Writing a script: typed, checked at every pause, kept, and saved as a version."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from workbench.errors import Conflict, ParameterProblem
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.execution.coach import Script
    from workbench.ui.state.sections.scripts import ScriptsState

_AROUND = 1


class ScriptEditor:
    """The editor of one strategy's script.

    Parameters
    ----------
    state : ScriptsState
        The section.

    Attributes
    ----------
    is_open : bool
        Whether a script is being written.
    text, note : str
        What was typed.
    base : int
        The newest version when writing began; 0 for none.
    difference : list of tuple
        After a conflict: a sign (``-`` theirs, ``+`` mine, empty for both) and a line.
    round : int
        Counts how often a text was put into the field: what was typed before does not stay in it.
    """

    def __init__(self, state: ScriptsState) -> None:
        self._state = state
        self.is_open = False
        self.text = self.note = self.begun = ""
        self.base = self.round = 0
        self.difference: list[tuple[str, str]] = []
        self._checked: tuple[str, str, list[dict[str, Any]]] = ("", "", [])

    # Opening -------------------------------------------------------------------------

    def open(self) -> None:
        """Write the next version of the script shown, or the first one."""
        state = self._state
        if not state.may_edit or not state.strategy:
            return
        stored = state.stored()
        text = (
            stored.text
            if stored is not None
            else state.t("execution_scripts.editor.sample", name="{name}", product="{product}")
        )
        self._put(text, max(state.numbers(), default=0))
        state.preview.restart()

    def _put(self, text: str, base: int, note: str = "") -> None:
        self.is_open, self.text, self.begun, self.base, self.note = True, text, text, base, note
        self.difference = []
        self.round += 1

    def reopen(self) -> None:
        """Open the editor again where unfinished work was kept."""
        state = self._state
        if self.is_open or not state.may_edit:
            return
        kept = state.draft()
        if kept and kept.get("strategy") in state.ids:
            state.strategy, state.version = str(kept["strategy"]), 0
            self._put(str(kept.get("text", "")), int(kept.get("base", 0)), str(kept.get("note", "")))

    def cancel(self) -> None:
        """Put the editor away; what was typed is dropped."""
        self.is_open, self.difference = False, []
        self._state.discard_draft()
        self._state.preview.restart()

    # Typing --------------------------------------------------------------------------

    def type(self, text: str) -> None:
        """Take what was typed, keep it, and check it."""
        if self.is_open and text != self.text:
            self.text = text
            self._keep()
            self._state.preview.restart()

    def type_note(self, note: str) -> None:
        """Take the reason."""
        if self.is_open:
            self.note = note
            self._keep()

    def _keep(self) -> None:
        state = self._state
        state.keep_draft(
            {"strategy": state.strategy, "text": self.text, "base": self.base, "note": self.note}
        )

    def read(self) -> Script | None:
        """Return what was typed as a script; None where it is too long to be one."""
        from workbench.execution.coach import read_script

        try:
            return read_script(self.text, self._state.project.execution.dispositions.codes())
        except ParameterProblem:
            return None

    def faults(self) -> list[dict[str, Any]]:
        """Return what is wrong with the text, by line."""
        state = self._state
        if self._checked[:2] != (self.text, state.lang):
            try:
                found = state.project.execution.scripts.check(state.strategy, self.text, state.lang)
                rows = [{str(n): v for n, v in row.items()} for row in found.to_dict("records")]
            except ParameterProblem as problem:
                rows = [{"line": 1, "severity": "error", "sentence": problem.message(state.lang)}]
            self._checked = (self.text, state.lang, rows)
        return self._checked[2]

    def errors(self) -> int:
        """Return how many faults keep the script from being saved."""
        return sum(row["severity"] == "error" for row in self.faults())

    # Saving --------------------------------------------------------------------------

    def save(self, fields: dict[str, str]) -> None:
        """Save the text as a version, unless somebody saved one since it was opened.

        Raises
        ------
        ParameterProblem
            If the script has errors, for example lacks its mandatory sentence.
        """
        state = self._state
        if not self.is_open:
            return
        self.type(fields.get("text", self.text).replace("\r\n", "\n"))
        self.type_note(fields.get("note", self.note))
        before = state.in_use()
        use = before is None or fields.get("use", "") == "on"
        try:
            version = state.project.execution.scripts.save(
                state.strategy,
                self.text,
                note=self.note,
                expected_version=self.base,
                use=use,
                lang=state.lang,
            )
        except Conflict as conflict:
            mine, theirs = conflict.difference["text"]
            self.difference = show_difference(theirs, mine)
            state.screen.banner = Banner("error", conflict.key, conflict.values)
            state.touch()
            return
        self.is_open = False
        state.discard_draft()
        state.load()
        state.version = version
        state.preview.begin()
        key = "execution_scripts.done.saved_used" if use else "execution_scripts.done.saved"
        state.screen.banner = Banner("done", key, {"version": version, "strategy": state.strategy})
        state.touch()

    def overwrite(self) -> None:
        """Save what was typed as the version after somebody else's, having seen both."""
        if self.difference:
            self._state.load()
            self.base, self.difference = max(self._state.numbers(), default=0), []
            self.save({})

    def take_theirs(self) -> None:
        """Go on writing from what somebody else has saved."""
        if self.difference:
            state = self._state
            state.load()
            newest = max(state.numbers(), default=0)
            self._put(state.project.execution.scripts.one(state.strategy, newest).text, newest)
            self._keep()
            state.preview.restart()

    def python(self) -> str:
        """Return the Python that does the same."""
        return f"project.execution.scripts.save({self._state.strategy!r}, text, expected_version={self.base})"


def show_difference(theirs: str, mine: str) -> list[tuple[str, str]]:
    r"""Return two texts as lines with a sign: ``-`` only theirs, ``+`` only mine, and a few around.

    Examples
    --------
    >>> show_difference("a\nb\nc", "a\nB\nc")
    [('', 'a'), ('-', 'b'), ('+', 'B'), ('', 'c')]
    """
    lines = difflib.unified_diff(theirs.splitlines(), mine.splitlines(), lineterm="", n=_AROUND)
    return [(line[0].strip(), line[1:]) for line in list(lines)[2:] if not line.startswith("@@")]
