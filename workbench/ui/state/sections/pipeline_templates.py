"""Editing the pipeline's steps, reasons and questions, for analysts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterProblem
from workbench.locale import normal_language
from workbench.project.pipeline_template import PARTS
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.ui.state.sections.pipeline import PipelineState

NEW = "+"
_TEXTS = {
    "steps": ("en", "zh_CN", "exit_en", "exit_zh_CN"),
    "reasons": ("en", "zh_CN", "ends"),
    "questions": ("en", "zh_CN", "kind", "before"),
}


class PipelineTemplateForm:
    """The templates of the pipeline.

    Parameters
    ----------
    state : PipelineState
        The section.

    Attributes
    ----------
    part : {"steps", "questions", "reasons"}
        Which is shown.
    """

    def __init__(self, state: PipelineState) -> None:
        self._state = state
        self.part = "steps"

    def show(self, part: str) -> None:
        """Show steps, questions or reasons."""
        if part in PARTS:
            self.part = part
            self._state.touch()

    def values(self) -> dict[str, Any]:
        """Return the part shown, entry by entry, with the version that is looked at."""
        state = self._state
        template = state.project.execution.pipeline.template
        tongue = normal_language(state.lang)
        rows = template.frame(self.part).to_dict("records")
        steps = [(code, state.step_name(code)) for code in template.offered()]
        return {
            "part": self.part,
            "version": template.version(self.part),
            "steps": steps,
            "rows": [
                {
                    **{str(name): value for name, value in row.items()},
                    "label": row[tongue],
                    "retired": bool(row["retired"]),
                    "percent": f"{row['probability'] * 100:g}" if self.part == "steps" else "",
                    "before_name": state.step_name(row["before"]) if row.get("before") else "",
                    "choices_text": _choices_text(row.get("choices")),
                }
                for row in rows
            ],
        }

    def save(self, code: str, fields: dict[str, str]) -> None:
        """Put a changed or a new entry in force.

        Raises
        ------
        ParameterProblem
            If it is not possible, or what it takes away is in use.
        Conflict
            If somebody else changed the template first.
        """
        state = self._state
        if not state.may("analyst"):
            return
        row: dict[str, Any] = {name: fields.get(name, "").strip() for name in _TEXTS[self.part]}
        row["code"] = fields.get("code", "").strip() if code == NEW else code
        if self.part == "steps":
            row["probability"] = _number(fields.get("percent", "")) / 100
            row["days"] = int(_number(fields.get("days", "")))
        if self.part == "questions" and row["kind"] == "choice":
            row["choices"] = _read_choices(fields.get("choices", ""))
        looked = fields.get("version", "")
        state.project.execution.pipeline.template.put(
            self.part, row, expected_version=int(looked) if looked.isdigit() else None
        )
        self._done(row["code"])

    def turn(self, code: str) -> None:
        """Retire an entry, or offer it again.

        Raises
        ------
        ParameterProblem
            If open opportunities stand in the step.
        """
        state = self._state
        if not state.may("analyst"):
            return
        template = state.project.execution.pipeline.template
        rows = template.frame(self.part).set_index("code")
        if code in rows.index and bool(rows.loc[code, "retired"]):
            template.restore(self.part, code)
        else:
            template.retire(self.part, code)
        self._done(code)

    def delete(self, code: str) -> None:
        """Delete an entry that is not in use.

        Raises
        ------
        ParameterProblem
            If it is in use.
        """
        if self._state.may("analyst"):
            self._state.project.execution.pipeline.template.delete(self.part, code)
            self._done(code)

    def _done(self, code: str) -> None:
        self._state.load()
        self._state.screen.banner = Banner("done", "execution_pipeline_page.done.template", {"code": code})
        self._state.touch()


def _choices_text(choices: Any) -> str:
    """Return choices as they are edited: a line each, code | English | Chinese."""
    if not isinstance(choices, list):
        return ""
    return "\n".join(f"{each['code']} | {each['en']} | {each['zh_CN']}" for each in choices)


def _read_choices(text: str) -> list[dict[str, str]]:
    """Return choices from lines of code | English | Chinese.

    Examples
    --------
    >>> _read_choices("here | We do | 我行")
    [{'code': 'here', 'en': 'We do', 'zh_CN': '我行'}]
    """
    rows = []
    for line in text.splitlines():
        if line.strip():
            parts = [part.strip() for part in line.split("|")]
            if len(parts) != 3:
                raise ParameterProblem("execution_pipeline_page.error.choices", line=line.strip()[:60])
            rows.append(dict(zip(("code", "en", "zh_CN"), parts, strict=True)))
    return rows


def _number(text: str) -> float:
    try:
        return float(text.strip().rstrip("%"))
    except ValueError as problem:
        raise ParameterProblem("execution_pipeline_page.error.number", value=text[:40]) from problem
