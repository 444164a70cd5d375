"""A project's steps, reasons and questions of the pipeline: the packaged ones, or its own, by version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.codes import (
    known_code,
    plain_numbers,
    plain_rows,
    records,
    versions_frame,
    with_row,
    with_uses,
)

if TYPE_CHECKING:
    from workbench.execution.pipeline_template import EndReason, Question, Step
    from workbench.project.handle import Project

PARTS = ("steps", "reasons", "questions")
_HOMES = {"steps": "steps", "reasons": "steps", "questions": "questions"}


class PipelineTemplate:
    """Steps, reasons of an end, and questions, at ``project.execution.pipeline.template``.

    Steps and reasons are one template, questions another; each change is a version.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._store = project.store.pipeline_templates
        self._read: dict[str, tuple[int, dict[str, Any]]] = {}

    def version(self, part: str = "steps") -> int:
        """Return the version in force of the template that a part is in; 0 is the packaged one."""
        return int(self._store.version(name=_HOMES[_known_part(part)]))

    def steps(self) -> dict[str, Step]:
        """Return the steps by their codes, in their order, retired ones included."""
        found: dict[str, Step] = self._content("steps")["steps"]
        return found

    def offered(self) -> dict[str, Step]:
        """Return the steps that an opportunity can be moved to."""
        return {code: step for code, step in self.steps().items() if not step.retired}

    def reasons(self, end: str = "") -> dict[str, EndReason]:
        """Return the reasons by their codes: all, or those that are offered for an end."""
        found: dict[str, EndReason] = self._content("steps")["reasons"]
        if not end:
            return found
        return {code: each for code, each in found.items() if each.ends == end and not each.retired}

    def questions(self) -> dict[str, Question]:
        """Return the questions by their codes, in their order, retired ones included."""
        found: dict[str, Question] = self._content("questions")["questions"]
        return found

    def _content(self, name: str) -> dict[str, Any]:
        from workbench.execution import pipeline_template as packaged

        version = self._store.version(name=name)
        if name not in self._read or self._read[name][0] != version:
            content = self._store.content(version, name=name) if version else None
            if name == "steps":
                made: dict[str, Any] = {
                    "steps": packaged.make_steps(content["steps"]) if content else packaged.read_steps(),
                    "reasons": (
                        packaged.make_reasons(content["reasons"]) if content else packaged.read_reasons()
                    ),
                }
            else:
                steps = self.steps()
                questions = (
                    packaged.make_questions(content["questions"], steps)
                    if content
                    else packaged.read_questions()
                )
                made = {"questions": questions}
            self._read[name] = (version, made)
        return self._read[name][1]

    def frame(self, part: str = "steps") -> pd.DataFrame:
        """Return a part as a table that `save` takes back.

        Parameters
        ----------
        part : {"steps", "reasons", "questions"}, default="steps"
            Which.

        Returns
        -------
        pandas.DataFrame
            As `workbench.execution.pipeline_template` makes them from rows, and ``n``: how often each is
            in use.
        """
        uses = self._store.uses()[_known_part(part)]
        return pd.DataFrame(with_uses(plain_rows(self._part(part)), uses))

    def _part(self, part: str) -> Mapping[str, Any]:
        parts: Mapping[str, Any] = self._content(_HOMES[_known_part(part)])[part]
        return parts

    def versions(self, part: str = "steps") -> pd.DataFrame:
        """Return who changed it when and why: version, note, at (UTC), who; the oldest first."""
        return versions_frame(self._store.versions(name=_HOMES[_known_part(part)]))

    def save(
        self,
        part: str,
        rows: pd.DataFrame | Iterable[Mapping[str, Any]],
        *,
        expected_version: int | None = None,
        note: str = "",
    ) -> int:
        """Put a part in force in place of the one there is, and return the template's version.

        Parameters
        ----------
        part : {"steps", "reasons", "questions"}
            Which.
        rows : pandas.DataFrame or iterable of mapping
            As `frame` returns them, in their order.
        expected_version : int, optional
            The version that was looked at; by default whatever is in force.
        note : str, default=""
            Why.

        Raises
        ------
        ParameterProblem
            If something is not possible, or what is left out is in use.
        Conflict
            If somebody else changed the template first.
        NotAllowed
            If the role may not change it.
        """
        from workbench.execution.pipeline_template import make_questions, make_reasons, make_steps

        self._store.require("analyst")
        home = _HOMES[_known_part(part)]
        version = self._store.version(name=home) if expected_version is None else expected_version
        given = [_plain(row) for row in records(rows)]
        steps, reasons, questions = self.steps(), self.reasons(), self.questions()
        taken_away: dict[str, list[str]] = {}
        content: dict[str, Any]
        if part == "questions":
            wanted = make_questions(given, steps)
            taken_away = _questions_taken(questions, wanted)
            content = {"questions": plain_rows(wanted)}
        else:
            new_steps = make_steps(given) if part == "steps" else steps
            new_reasons = make_reasons(given) if part == "reasons" else reasons
            # No question may wait for a step that there is no more.
            make_questions(plain_rows(questions), new_steps)
            retired = [code for code, step in new_steps.items() if step.retired]
            taken_away = {
                "steps": [code for code in steps if code not in new_steps],
                "standing": [code for code in retired if code in steps and not steps[code].retired],
                "reasons": [code for code in reasons if code not in new_reasons],
            }
            content = {"steps": plain_rows(new_steps), "reasons": plain_rows(new_reasons)}
        return self._store.save(content, taken_away, expected_version=version, note=note, name=home)

    def put(
        self, part: str, row: Mapping[str, Any], *, expected_version: int | None = None, note: str = ""
    ) -> int:
        """Change one entry, or add it behind the others; return the version."""
        version = self.version(part) if expected_version is None else expected_version
        rows = with_row(plain_rows(self._part(part)), row)
        return self.save(part, rows, expected_version=version, note=note)

    def retire(self, part: str, code: str, *, note: str = "") -> int:
        """Offer an entry no more; what has it stays readable. Return the version.

        Raises
        ------
        NotFound
            If there is no such code.
        ParameterProblem
            If it is a step in which open opportunities stand.
        """
        return self.put(part, {"code": self._known(part, code), "retired": True}, note=note)

    def restore(self, part: str, code: str, *, note: str = "") -> int:
        """Offer a retired entry again, and return the version.

        Raises
        ------
        NotFound
            If there is no such code.
        """
        return self.put(part, {"code": self._known(part, code), "retired": False}, note=note)

    def delete(self, part: str, code: str, *, note: str = "") -> int:
        """Delete an entry that is not in use, and return the version.

        Raises
        ------
        NotFound
            If there is no such code.
        ParameterProblem
            If it is in use; the sentence says how often.
        """
        version = self.version(part)
        self._known(part, code)
        rows = [entry.plain() for name, entry in self._part(part).items() if name != code]
        return self.save(part, rows, expected_version=version, note=note)

    def _known(self, part: str, code: str) -> str:
        return known_code(code, self._part(part), "execution_pipeline.error.no_code")


def _questions_taken(old: Mapping[str, Question], new: Mapping[str, Question]) -> dict[str, list[str]]:
    """Return what stored answers could no longer be read by."""
    kept = {code: (each, new[code]) for code, each in old.items() if code in new}
    gone = [code for code in old if code not in new]
    gone += [code for code, (before, after) in kept.items() if before.kind != after.kind]
    choices = [
        f"{code}:{choice}"
        for code, (before, after) in kept.items()
        for choice in before.choices
        if before.kind == after.kind and choice not in after.choices
    ]
    return {"questions": gone, "choices": choices}


def _known_part(part: str) -> str:
    if part not in PARTS:
        raise ParameterProblem("execution_pipeline.error.part", part=part, known=", ".join(PARTS))
    return part


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table's row with Python's own numbers, and without what only a table has."""
    plain = plain_numbers(row)
    plain.pop("n", None)
    days = plain.get("days")
    if isinstance(days, float) and days.is_integer():
        plain["days"] = int(days)
    return plain
