"""What is wrong with a script before anybody is called with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from workbench.execution.coach.live_fields import FIELDS, unknown_fields
from workbench.execution.coach.mandatory import Mandatory, read_mandatory
from workbench.execution.coach.script_text import Answer, Objection, Script, ScriptProblem, Step, read_script
from workbench.execution.dispositions import Codes, read_dispositions

Ways = dict[str, list[str]]


def check_script(
    script: Script | str,
    *,
    offer: str | None = None,
    channel: str = "phone",
    mandatory: Mapping[str, Mandatory] | None = None,
    codes: Codes | None = None,
    lang: str = "en",
) -> pd.DataFrame:
    r"""Return what is wrong with a script, each with its line and in a sentence.

    Parameters
    ----------
    script : Script or str
        A script, or its text.
    offer : str, optional
        What is offered; decides which sentences are mandatory. Without one, those that all offers need.
    channel : str, default="phone"
        How it is said.
    mandatory : mapping of str to Mandatory, optional
        The mandatory sentences; by default `read_mandatory`.
    codes : mapping of str to Disposition, optional
        The dispositions that ends can have; by default the packaged ones.
    lang : str, default="en"
        Language of the sentences.

    Returns
    -------
    pandas.DataFrame
        ``line``, ``severity``, ``problem``, ``step``, ``sentence``, by line. Errors keep a script
        from being used: lines not understood (``line``, ``no_name`` …), ``no_steps``, ``no_end``,
        ``twice`` (two steps of one name), ``unknown_step``, ``dead_end``, ``endless`` (a
        loop without exit), ``disposition``, ``mandatory_missing``, ``mandatory_skipped`` (a way
        leads past it). Warnings: ``unreachable``, ``unknown_field``, ``silent`` (a step says
        nothing), ``agreed_unspoken`` (an end where somebody agrees who was not spoken to).

    Examples
    --------
    >>> text = "step hello\n  say: Hi {nmae}\n  answer: Yes -> dnoe\nend done: reached, yes"
    >>> check_script(text)[["line", "problem"]].values.tolist()
    [[1, 'mandatory_missing'], [2, 'unknown_field'], [3, 'unknown_step'], [4, 'unreachable']]
    """
    known = read_dispositions() if codes is None else codes
    read = read_script(script, known) if isinstance(script, str) else script
    wanted = read_mandatory() if mandatory is None else mandatory
    asked = {name: one for name, one in wanted.items() if one.applies(offer, channel)}
    found = [
        *read.unread,
        *_about_ends(read, known),
        *_about_ways(read),
        *_about_fields(read),
        *_about_mandatory(read, asked, known, lang),
    ]
    rows = [(p.line, p.severity, p.cause, p.step, p.sentence(lang)) for p in found]
    frame = pd.DataFrame(rows, columns=["line", "severity", "problem", "step", "sentence"])
    frame = frame.astype({"line": "int64", **dict.fromkeys(frame.columns[1:], "str")})
    return frame.sort_values(["line", "severity"], kind="stable", ignore_index=True)


def _about_ends(script: Script, codes: Codes) -> Iterable[ScriptProblem]:
    if not any(not step.is_end for step in script.steps) or script.steps[0].is_end:
        yield ScriptProblem("no_steps", script.steps[0].line if script.steps else 1)
    if not any(step.is_end for step in script.steps):
        yield ScriptProblem("no_end", script.steps[-1].line if script.steps else 1)
    seen: dict[str, int] = {}
    for step in script.steps:
        if step.step_id in seen:
            yield ScriptProblem("twice", step.line, step=step.step_id, values={"before": seen[step.step_id]})
        seen.setdefault(step.step_id, step.line)
        if step.is_end and (step.disposition not in codes or codes[step.disposition].retired):
            known = ", ".join(code for code, entry in codes.items() if not entry.retired)
            values = {"code": step.disposition or "-", "known": known}
            yield ScriptProblem("disposition", step.line, step=step.step_id, values=values)
        elif step.is_end and step.responded and not _was_spoken_to(step, codes):
            yield ScriptProblem("agreed_unspoken", step.line, "warn", step.step_id)
        if not step.is_end and not step.parts:
            yield ScriptProblem("silent", step.line, "warn", step.step_id)


def _about_ways(script: Script) -> Iterable[ScriptProblem]:
    ways, lost = _ways(script), set()
    for step in script.steps:
        for to, line in _leads(step):
            if script.find(to) is None:
                lost.add(step.step_id)
                known = ", ".join(dict.fromkeys(each.step_id for each in script.steps))
                values = {"to": to, "known": known}
                yield ScriptProblem("unknown_step", line, step=step.step_id, values=values)
    for objection in script.objections:
        if objection.to and script.find(objection.to) is None:
            known = ", ".join(dict.fromkeys(each.step_id for each in script.steps))
            yield ScriptProblem("unknown_step", objection.line, values={"to": objection.to, "known": known})
    ends = {step.step_id for step in script.steps if step.is_end}
    # Where a way out is misspelt, or nothing can be answered, that is the problem, not the loop.
    dead = {step.step_id for step in script.steps if not step.is_end and not step.answers}
    reached = _behind(ways, script.steps[0].step_id) if script.steps else set()
    for step in script.steps:
        if step.step_id not in reached:
            yield ScriptProblem("unreachable", step.line, "warn", step.step_id)
        if step.step_id in dead:
            yield ScriptProblem("dead_end", step.line, step=step.step_id)
        elif not step.is_end and not (_behind(ways, step.step_id) & (ends | dead | lost)):
            yield ScriptProblem("endless", step.line, step=step.step_id)


def _about_fields(script: Script) -> Iterable[ScriptProblem]:
    known = ", ".join(f"{{{name}}}" for name in FIELDS)
    for step_id, part in script.parts():
        for name in unknown_fields(part.text):
            values = {"field": f"{{{name}}}", "known": known}
            yield ScriptProblem("unknown_field", part.line, "warn", step_id, values)


def _about_mandatory(
    script: Script, asked: Mapping[str, Mandatory], codes: Codes, lang: str
) -> Iterable[ScriptProblem]:
    for name, sentence in asked.items():
        said = {step.step_id for step in script.steps if any(sentence.is_named(p.must) for p in step.musts)}
        values = {"name": name, "says": sentence.label(lang)}
        if not said:
            yield ScriptProblem("mandatory_missing", 1, values=values)
            continue
        # A step that holds the sentence can't be left before it is said.
        ways = {step: ([] if step in said else to) for step, to in _ways(script).items()}
        passed = _behind(ways, script.steps[0].step_id)
        for step in script.steps:
            counts = step.responded is True or (sentence.before == "end" and _was_spoken_to(step, codes))
            if step.is_end and step.step_id in passed - said and counts:
                yield ScriptProblem("mandatory_skipped", step.line, step=step.step_id, values=values)


def _was_spoken_to(end: Step, codes: Codes) -> bool:
    return end.disposition not in codes or codes[end.disposition].reached


def _leads(step: Step) -> list[tuple[str, int]]:
    """Return where a step's answers and its own objections lead, with their lines."""
    said: list[Answer | Objection] = [*step.answers, *step.objections]
    return [(each.to, each.line) for each in said if each.to]


def _ways(script: Script) -> Ways:
    """Return the steps that each step can lead to."""
    names = {step.step_id for step in script.steps}
    ways: Ways = {}
    for step in script.steps:
        if step.step_id not in ways:
            said: list[Answer | Objection] = [*step.answers, *script.objections_at(step)]
            ways[step.step_id] = [each.to for each in said if each.to in names]
    return ways


def _behind(ways: Ways, first: str) -> set[str]:
    """Return a step and all that it can lead to."""
    seen, waiting = {first}, [first]
    while waiting:
        for to in ways[waiting.pop()]:
            if to not in seen:
                seen.add(to)
                waiting.append(to)
    return seen
