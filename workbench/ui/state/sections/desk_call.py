"""The script of a call as it is walked: the words now, what the customer may say, and what must be said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.execution.coach import ScriptRun
    from workbench.project.desk import Lease
    from workbench.ui.state.sections.desk import DeskState

KEYS = 9
"""Answers and objections that number keys press."""
_RATE, _DATE = ("{rate}", "{利率}"), ("{date}", "{日期}")


class DeskCall:
    """One call with a branching script, or with the card's plain text.

    Parameters
    ----------
    state : DeskState
        The desk.

    Attributes
    ----------
    run : ScriptRun or None
        The call; None where the strategy has no branching script.
    version : int or None
        The script's version.
    """

    def __init__(self, state: DeskState) -> None:
        self._state = state
        self.run: ScriptRun | None = None
        self.version: int | None = None
        self.trial = False
        self._fields: dict[str, str] = {}

    def begin(
        self, lease: Lease | None, moves: Iterable[Mapping[str, Any]] = (), version: Any = None
    ) -> None:
        """Begin the call with a customer, or take it up where it was kept."""
        from workbench.execution.coach import ScriptRun, translate_script

        self.run, self.version, self.trial, self._fields = None, None, False, {}
        if lease is None:
            return
        scripts = self._state.project.execution.scripts
        stored = scripts.current(lease.strategy_id, lease.customer_id)
        if stored is None:
            return
        self.version, self.trial = stored.version, scripts.trial(lease.strategy_id) is not None
        script = translate_script(stored.script, self._state.lang)
        self.run = ScriptRun.start(script)
        if version == stored.version:
            try:
                self.run = ScriptRun.replay(script, moves)
            except WorkbenchError:
                # The codes were changed since; the call begins again.
                self.run = ScriptRun.start(script)
        self._fields = self._state.project.execution.desk.fields(lease, script.language)

    @property
    def moves(self) -> list[dict[str, Any]]:
        """The call's moves so far."""
        return [] if self.run is None else [dict(move) for move in self.run.moves]

    # Moving ----------------------------------------------------------------------

    def answer(self, which: str) -> None:
        """Choose what the customer said by its number: answers first, then objections."""
        run = self.run
        if run is None or not which.isdigit():
            return
        n, answers = int(which), len(run.answers)
        if 1 <= n <= answers:
            self._go(run.answer(n))
        elif answers < n <= answers + len(run.objections):
            self._go(run.object(n - answers))

    def confirm(self, name: str) -> None:
        """Confirm that a mandatory sentence was said."""
        run = self.run
        if run is not None and name in {part.must for part in run.at.musts}:
            self._go(run.confirm(name))

    def back(self) -> None:
        """Take the last move back."""
        if self.run is not None and self.run.moves:
            self._go(self.run.back())

    def _go(self, run: ScriptRun) -> None:
        state = self._state
        state.work_on()
        if state.lease is None:
            return
        was_over = self.run is not None and self.run.is_over
        self.run = run
        if run.is_over:
            said = {True: "yes", False: "no", None: ""}[run.responded]
            state.record.take_from_script(run.disposition, said)
        elif was_over:
            state.record.choose("")
        state.keep()
        state.touch()

    def ended(self, code: str) -> ScriptRun | None:
        """Return the call as it ended with a disposition: at the script's end, or broken off."""
        run = self.run
        if run is None or (run.is_over and run.disposition == code):
            return run
        # The script's end was not what came of it in the end: it broke off before.
        while run.at.is_end and run.moves:
            run = run.back()
        return run.stop(code)

    def missing(self) -> list[str]:
        """Return the sentences of this step that were not confirmed yet."""
        return [] if self.run is None else [self._filled(part.text) for part in self.run.unsaid]

    # Shown -----------------------------------------------------------------------

    def _filled(self, text: str) -> str:
        from workbench.execution.coach import fill_fields

        return fill_fields(text, self._fields)

    def shown(self) -> dict[str, Any] | None:
        """Return the step that the call is at; None without a customer."""
        state, run = self._state, self.run
        if state.lease is None:
            return None
        if run is None:
            plain = state.lease.script or state.t("execution.work.no_script")
            return {"plain": plain, "title": "", "version": None, "trial": False}
        step = run.at
        parts = [
            {"text": self._filled(part.text), "must": part.must, "said": part.must in run.confirmed}
            for part in step.parts
        ]
        said: list[tuple[str, str]] = [(each.text, "answer") for each in run.answers]
        said += [(each.text, "object") for each in run.objections]
        labels = [run.script.find(name) for name in run.steps]
        words = " ".join(str(part["text"]) for part in parts)
        reply = self._reply()
        return {
            "plain": "",
            "title": run.script.title,
            "version": self.version,
            "trial": self.trial,
            "step": step.label or step.step_id,
            "parts": parts,
            "said": [
                {"n": n, "text": text, "kind": kind, "key": str(n) if n <= KEYS else ""}
                for n, (text, kind) in enumerate(said, 1)
            ],
            "reply": reply,
            "unsaid": bool(run.unsaid),
            "over": run.is_over,
            "back": bool(run.moves),
            "steps": [each.label or each.step_id for each in labels if each is not None],
            "unknown": self._unknown(f"{words} {reply}"),
        }

    def _reply(self) -> str:
        """Return the answer to the objection that was raised last in this step."""
        run = self.run
        if run is None or not run.moves or run.is_over:
            return ""
        move = run.moves[-1]
        step = run.script.find(move["step"])
        if move["do"] != "object" or step is None:
            return ""
        return self._filled(run.script.objections_at(step)[move["n"] - 1].reply)

    def _unknown(self, words: str) -> list[str]:
        """Return what is said of live fields that nothing is known for."""
        t = self._state.t
        found = []
        if any(field in words for field in _RATE):
            found.append(t("execution_desk_page.script.no_rate"))
        if any(field in words for field in _DATE):
            found.append(t("execution_desk_page.script.no_date"))
        return found
