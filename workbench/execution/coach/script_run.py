"""One call with a script: where it is, what may come next, and what may not be skipped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.errors import ParameterProblem
from workbench.execution.coach.script_text import Answer, Objection, Part, Script, Step

MOVES = ("confirm", "answer", "object", "stop")
_MOST_MOVES = 1_000


@dataclass(frozen=True)
class ScriptRun:
    r"""One call with a script. Nothing changes it: every move returns the run after it.

    Parameters
    ----------
    script : Script
        The script.
    steps : tuple of str
        Steps and ends reached, in order; one that was come back to stands again.
    confirmed : frozenset of str
        Mandatory sentences that the caller has confirmed as said.
    moves : tuple of dict
        What was done: ``do`` (confirm, answer, object, stop), ``step``, and ``name``, ``n``
        (the answer or objection, from 1) or ``disposition``.
    stopped : str
        Disposition with which the call broke off; empty where it did not.

    Examples
    --------
    >>> from workbench.execution.coach import read_script
    >>> script = read_script("step hello\n  must say [recording]: This call is recorded.\n"
    ...                      "  answer: Yes -> done\nend done: reached, yes")
    >>> run = ScriptRun.start(script).confirm("recording").answer(1)
    >>> run.is_over, run.disposition, run.responded, run.steps
    (True, 'reached', True, ('hello', 'done'))
    """

    script: Script
    steps: tuple[str, ...]
    confirmed: frozenset[str] = frozenset()
    moves: tuple[dict[str, Any], ...] = ()
    stopped: str = ""

    @classmethod
    def start(cls, script: Script) -> ScriptRun:
        """Begin a call at the script's first step.

        Raises
        ------
        ParameterProblem
            If the script has no step.
        """
        if not script.steps:
            raise ParameterProblem("execution_coach.error.no_steps")
        return cls(script, (script.steps[0].step_id,))

    @classmethod
    def replay(cls, script: Script, moves: Iterable[Mapping[str, Any]]) -> ScriptRun:
        """Make a run again from its moves; what the script does not allow is refused.

        Raises
        ------
        ParameterProblem
            If a move is not one, or not possible where it stands.
        """
        run = cls.start(script)
        for number, move in enumerate(moves, 1):
            if number > _MOST_MOVES:
                raise ParameterProblem("execution_coach.error.many_moves", n=_MOST_MOVES)
            run = run._make(move)
        return run

    # Where it is -------------------------------------------------------------------

    @property
    def at(self) -> Step:
        """The step that the call is at."""
        found = self.script.find(self.steps[-1])
        assert found is not None
        return found

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What the customer may answer here."""
        return () if self.is_over else self.at.answers

    @property
    def objections(self) -> tuple[Objection, ...]:
        """What the customer may object here."""
        return () if self.is_over else self.script.objections_at(self.at)

    @property
    def unsaid(self) -> tuple[Part, ...]:
        """The sentences of this step that must still be confirmed before it can be left."""
        return tuple(part for part in self.at.musts if part.must not in self.confirmed)

    @property
    def is_over(self) -> bool:
        """Whether the call has ended, with all said that its end must say, or broken off."""
        return bool(self.stopped) or (self.at.is_end and not self.unsaid)

    @property
    def disposition(self) -> str:
        """What came of the call; empty while it goes on."""
        return self.stopped or (self.at.disposition if self.is_over else "")

    @property
    def responded(self) -> bool | None:
        """Whether the customer agreed, as the end says; None where it does not, or before it."""
        return self.at.responded if self.is_over and not self.stopped else None

    @property
    def raised(self) -> tuple[str, ...]:
        """What the customer has objected, in order."""
        found = []
        for move in self.moves:
            step = self.script.find(move["step"])
            if move["do"] == "object" and step is not None:
                found.append(self.script.objections_at(step)[move["n"] - 1].text)
        return tuple(found)

    # What may come next ------------------------------------------------------------

    def confirm(self, name: str) -> ScriptRun:
        """Confirm that a sentence of this step was said.

        Raises
        ------
        ParameterProblem
            If the step has no such sentence, or the call is over.
        """
        self._refuse_over()
        if name not in {part.must for part in self.at.musts}:
            known = ", ".join(part.must for part in self.at.musts) or "-"
            raise ParameterProblem(
                "execution_coach.error.no_sentence", name=name, step=self.steps[-1], known=known
            )
        return self._went({"do": "confirm", "name": name}, confirmed=self.confirmed | {name})

    def answer(self, which: int) -> ScriptRun:
        """Choose what the customer answered, by its number from 1, and go where it leads.

        Raises
        ------
        ParameterProblem
            If there is no such answer, a sentence of this step was not confirmed, or the
            call is over.
        """
        self._refuse_over()
        chosen = self._chosen(which, self.at.answers)
        return self._led({"do": "answer", "n": int(which)}, chosen.to)

    def object(self, which: int) -> ScriptRun:
        """Raise an objection, by its number from 1; the call stays here or goes where it leads.

        Raises
        ------
        ParameterProblem
            If there is no such objection, it leads on and a sentence of this step was not
            confirmed, or the call is over.
        """
        self._refuse_over()
        chosen = self._chosen(which, self.objections)
        move = {"do": "object", "n": int(which)}
        return self._led(move, chosen.to) if chosen.to else self._went(move)

    def stop(self, disposition: str) -> ScriptRun:
        """End the call where it is, because the customer has gone or nobody answered.

        Raises
        ------
        ParameterProblem
            If there is no disposition, or the call is over.
        """
        self._refuse_over()
        if not disposition:
            raise ParameterProblem("execution_coach.error.no_disposition")
        return self._went({"do": "stop", "disposition": disposition}, stopped=disposition)

    def back(self) -> ScriptRun:
        """Take the last move back, for a slip of the hand; at the beginning nothing happens."""
        return ScriptRun.replay(self.script, self.moves[:-1])

    # Making moves ------------------------------------------------------------------

    def _make(self, move: Mapping[str, Any]) -> ScriptRun:
        do, n = move.get("do"), move.get("n")
        if do in ("answer", "object") and isinstance(n, int):
            return self.answer(n) if do == "answer" else self.object(n)
        if do == "confirm":
            return self.confirm(str(move.get("name", "")))
        if do == "stop":
            return self.stop(str(move.get("disposition", "")))
        raise ParameterProblem("execution_coach.error.move", move=str(do)[:40], moves=", ".join(MOVES))

    def _refuse_over(self) -> None:
        if self.is_over:
            raise ParameterProblem("execution_coach.error.over", step=self.steps[-1])

    def _chosen(self, which: int, among: tuple[Any, ...]) -> Any:
        if not 1 <= which <= len(among):
            raise ParameterProblem(
                "execution_coach.error.no_such", which=which, step=self.steps[-1], n=len(among)
            )
        return among[which - 1]

    def _led(self, move: dict[str, Any], to: str) -> ScriptRun:
        if self.unsaid:
            raise ParameterProblem(
                "execution_coach.error.unsaid", step=self.steps[-1], sentence=self.unsaid[0].text
            )
        if self.script.find(to) is None:
            raise ParameterProblem("execution_coach.error.no_step", step=to)
        return self._went(move, steps=(*self.steps, to))

    def _went(self, move: dict[str, Any], **changes: Any) -> ScriptRun:
        return replace(self, moves=(*self.moves, {"step": self.steps[-1], **move}), **changes)
