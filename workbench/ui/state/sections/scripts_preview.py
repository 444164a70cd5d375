"""A script walked as the coach shows it in a call, before anybody is called with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.execution.coach import Script, ScriptRun
    from workbench.ui.state.sections.scripts import ScriptsState

LANGUAGES = ("en", "zh_CN")


class ScriptPreview:
    """One walk through the script shown, or through the one that is being written.

    Parameters
    ----------
    state : ScriptsState
        The section.

    Attributes
    ----------
    run : ScriptRun or None
        The walk; None without a script that can be walked.
    lang : str
        Language of a script that has two.
    """

    def __init__(self, state: ScriptsState) -> None:
        self._state = state
        self.run: ScriptRun | None = None
        self.lang = ""

    def script(self) -> Script | None:
        """Return what is walked: the text in the editor, else the version shown."""
        from workbench.execution.coach import translate_script

        state = self._state
        stored = state.stored()
        found = state.editor.read() if state.editor.is_open else stored.script if stored else None
        return None if found is None else translate_script(found, self.lang or state.lang)

    def languages(self) -> list[str]:
        """Return the languages that the script can be shown in; none where it has one."""
        from workbench.execution.coach import has_two_languages

        script = self._whole()
        return list(LANGUAGES) if script is not None and has_two_languages(script) else []

    def _whole(self) -> Script | None:
        state = self._state
        if state.editor.is_open:
            return state.editor.read()
        stored = state.stored()
        return stored.script if stored is not None else None

    def begin(self) -> None:
        """Begin at the first step."""
        from workbench.execution.coach import ScriptRun

        script = self.script()
        walks = script is not None and bool(script.steps) and self.is_whole()
        self.run = ScriptRun.start(script) if walks and script is not None else None

    def restart(self) -> None:
        """Begin at the first step again."""
        self.begin()
        self._state.touch()

    def is_whole(self) -> bool:
        """Whether nothing keeps the script from being walked."""
        editor = self._state.editor
        return not editor.is_open or not editor.errors()

    def choose_language(self, lang: str) -> None:
        """Show a script of two languages in one of them; the walk stands where it was."""
        if lang in self.languages():
            self.lang = lang
            self._again()
            self._state.touch()

    def _again(self) -> None:
        from workbench.execution.coach import ScriptRun

        script = self.script()
        if self.run is not None and script is not None:
            self.run = ScriptRun.replay(script, self.run.moves)

    def confirm(self, name: str) -> None:
        """Confirm a mandatory sentence."""
        if self.run is not None and name in {part.must for part in self.run.at.musts}:
            self.run = self.run.confirm(name)
            self._state.touch()

    def answer(self, which: str) -> None:
        """Choose what the customer said: answers first, then objections."""
        run = self.run
        if run is None or not which.isdigit() or run.is_over:
            return
        n, answers = int(which), len(run.answers)
        if 1 <= n <= answers:
            self.run = run.answer(n)
        elif answers < n <= answers + len(run.objections):
            self.run = run.object(n - answers)
        self._state.touch()

    def back(self) -> None:
        """Take the last move back."""
        if self.run is not None and self.run.moves:
            self.run = self.run.back()
            self._state.touch()

    def shown(self) -> dict[str, Any] | None:
        """Return the step that the walk is at; None where there is nothing to walk."""
        from workbench.execution.coach import fill_fields, script_fields

        state, run = self._state, self.run
        if run is None:
            return None
        if not self.lang and run.script.language != state.lang and self.languages():
            # The screen's language was changed since.
            self._again()
            run = self.run
            assert run is not None
        script = run.script
        fields = script_fields(offer=str(state.card().get("offer", "")), lang=script.language)
        last = run.moves[-1] if run.moves else {}
        reply = ""
        if last.get("do") == "object":
            step = script.find(last["step"])
            assert step is not None
            reply = fill_fields(script.objections_at(step)[last["n"] - 1].reply, fields)
        labels = state.project.execution.dispositions.labels(state.lang)
        found = [script.find(name) for name in run.steps]
        said = [(each.text, "answer") for each in run.answers]
        said += [(each.text, "object") for each in run.objections]
        return {
            "title": script.title,
            "steps": [step.label or step.step_id if step else "" for step in found],
            "parts": [
                {
                    "text": fill_fields(part.text, fields),
                    "must": part.must,
                    "said": part.must in run.confirmed,
                }
                for part in run.at.parts
            ],
            "reply": reply,
            "said": [
                {"n": n, "text": fill_fields(text, fields), "kind": kind}
                for n, (text, kind) in enumerate(said, 1)
            ],
            "unsaid": len(run.unsaid) > 0,
            "end": labels.get(run.disposition, run.disposition) if run.is_over else "",
            "back": len(run.moves) > 0,
        }
