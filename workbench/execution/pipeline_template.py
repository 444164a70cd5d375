"""The steps of an opportunity and the questions to a company: packaged, or a project's own."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.locale import normal_language

ENDS = ("won", "lost")
KINDS = ("text", "choice", "amount", "date")
"""What an answer can be."""
LONGEST_LABEL = 80
LONGEST_TEXT = 400
MOST_DAYS = 365
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGES = ("en", "zh_CN")


@dataclass(frozen=True)
class Step:
    """One step of an opportunity.

    Parameters
    ----------
    code : str
        The word that tables hold.
    labels, exits : dict of str to str
        Its name, and what has to be done before it is left, by language.
    probability : float
        Chance of being won in the end, from 0 to 1.
    days : int
        How long it usually lasts; longer is overdue.
    retired : bool, default=False
        Whether it is readable and offered no more.
    """

    code: str
    labels: dict[str, str]
    exits: dict[str, str]
    probability: float
    days: int
    retired: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it, as `make_steps` takes it."""
        exits = {f"exit_{lang}": text for lang, text in self.exits.items()}
        figures = {"probability": self.probability, "days": self.days, "retired": self.retired}
        return {"code": self.code, **self.labels, **exits, **figures}


@dataclass(frozen=True)
class EndReason:
    """Why an opportunity was won or lost.

    Parameters
    ----------
    code : str
        The word that tables hold.
    labels : dict of str to str
        What a person reads, by language.
    ends : {"won", "lost"}
        Which end it explains.
    retired : bool, default=False
        Whether it is readable and offered no more.
    """

    code: str
    labels: dict[str, str]
    ends: str
    retired: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it, as `make_reasons` takes it."""
        return {"code": self.code, **self.labels, "ends": self.ends, "retired": self.retired}


@dataclass(frozen=True)
class Question:
    """One question to a company.

    Parameters
    ----------
    code : str
        The word that tables hold.
    labels : dict of str to str
        What is asked, by language.
    kind : {"text", "choice", "amount", "date"}
        What an answer is; an amount is in CNY.
    before : str
        The step that waits for the answer; empty where none does.
    choices : dict of str to dict
        Of a choice: each one's labels, by language.
    retired : bool, default=False
        Whether it is readable and asked no more.
    """

    code: str
    labels: dict[str, str]
    kind: str
    before: str
    choices: dict[str, dict[str, str]]
    retired: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it, as `make_questions` takes it."""
        choices = [{"code": code, **labels} for code, labels in self.choices.items()]
        about = {"kind": self.kind, "before": self.before, "choices": choices, "retired": self.retired}
        return {"code": self.code, **self.labels, **about}

    def read(self, text: str) -> str:
        """Return an answer as it is kept: stripped, an amount or a date in its plain form.

        Raises
        ------
        ParameterProblem
            If it is not an answer of this kind.

        Examples
        --------
        >>> questions = read_questions()
        >>> questions["funding"].read(" 12,000,000 "), questions["plans"].read("2027-3-1")
        ('12000000', '2027-03-01')
        """
        kept = text.strip()
        if not kept or self.kind == "text":
            return kept
        if self.kind == "choice":
            if kept not in self.choices:
                known = ", ".join(self.choices)
                raise ParameterProblem("execution_pipeline.error.choice", value=kept[:40], known=known)
            return kept
        try:
            return _amount(kept) if self.kind == "amount" else _day(kept)
        except ValueError as problem:
            key = "not_amount" if self.kind == "amount" else "not_day"
            raise ParameterProblem(_MISREAD[key], value=kept[:40]) from problem

    def shown(self, answer: str, lang: str = "en") -> str:
        """Return an answer as a person reads it.

        Examples
        --------
        >>> read_questions()["payroll"].shown("elsewhere", "zh_CN")
        '他行'
        """
        labels = self.choices.get(answer)
        return answer if labels is None else labels[normal_language(lang)]


_MISREAD = {
    "not_amount": "execution_pipeline.error.not_amount",
    "not_day": "execution_pipeline.error.not_day",
}
Steps = Mapping[str, Step]
"""Steps by their words, in their order, retired ones included."""


@cache
def _packaged() -> dict[str, Any]:
    written = resources.files(__package__).joinpath("pipeline_template.toml").read_text(encoding="utf-8")
    return tomllib.loads(written)


@cache
def read_steps() -> dict[str, Step]:
    """Return the packaged eight steps by their codes, in their order.

    Examples
    --------
    >>> [step.labels["zh_CN"] for step in read_steps().values()][:3]
    ['目标客户筛选', '客户信息收集', '拜访准备']
    """
    return make_steps(_packaged()["steps"])


@cache
def read_reasons() -> dict[str, EndReason]:
    """Return the packaged reasons of an end by their codes.

    Examples
    --------
    >>> [code for code, reason in read_reasons().items() if reason.ends == "won"][:2]
    ['best_terms', 'relationship']
    """
    return make_reasons(_packaged()["reasons"])


@cache
def read_questions() -> dict[str, Question]:
    """Return the packaged ten questions by their codes, in their order.

    Examples
    --------
    >>> [code for code, question in read_questions().items() if question.before == "proposal"]
    ['funding', 'collateral', 'decision']
    """
    return make_questions(_packaged()["questions"], read_steps())


def make_steps(rows: Iterable[Mapping[str, Any]]) -> dict[str, Step]:
    """Return steps by their codes, checked.

    Parameters
    ----------
    rows : iterable of mapping
        ``code``, ``en`` and ``zh_CN`` (names), ``exit_en`` and ``exit_zh_CN`` (what is to be done
        before it is left), ``probability`` (0 to 1), ``days`` (1 to 365) and optionally
        ``retired``, in their order.

    Raises
    ------
    ParameterProblem
        If a code, a name, a probability or the days are not possible, a code stands there
        twice, or fewer than two steps are offered.
    """
    steps: dict[str, Step] = {}
    for row in rows:
        code = _code(row, steps)
        probability, days = row.get("probability"), row.get("days")
        if isinstance(probability, bool) or not isinstance(probability, int | float):
            raise ParameterProblem("execution_pipeline.error.probability", code=code, value=str(probability))
        if not 0 <= probability <= 1:
            raise ParameterProblem("execution_pipeline.error.probability", code=code, value=probability)
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
            raise ParameterProblem("execution_pipeline.error.days", code=code, days=str(days), most=MOST_DAYS)
        exits = _labels({lang: row.get(f"exit_{lang}") for lang in _LANGUAGES}, code, LONGEST_TEXT)
        retired = bool(row.get("retired", False))
        steps[code] = Step(code, _labels(row, code), exits, float(probability), days, retired)
    if sum(not step.retired for step in steps.values()) < 2:
        raise ParameterProblem("execution_pipeline.error.few_steps")
    return steps


def make_reasons(rows: Iterable[Mapping[str, Any]]) -> dict[str, EndReason]:
    """Return reasons of an end by their codes, checked.

    Parameters
    ----------
    rows : iterable of mapping
        ``code``, ``en`` and ``zh_CN`` (names), ``ends`` (won or lost) and optionally ``retired``.

    Raises
    ------
    ParameterProblem
        If one is not possible, or an end has no reason that is offered.
    """
    reasons: dict[str, EndReason] = {}
    for row in rows:
        code = _code(row, reasons)
        if row.get("ends") not in ENDS:
            raise ParameterProblem("execution_pipeline.error.end", state=str(row.get("ends")))
        reasons[code] = EndReason(code, _labels(row, code), str(row["ends"]), bool(row.get("retired", False)))
    for end in ENDS:
        if not any(reason.ends == end and not reason.retired for reason in reasons.values()):
            raise ParameterProblem("execution_pipeline.error.few_reasons", state=end)
    return reasons


def make_questions(rows: Iterable[Mapping[str, Any]], steps: Steps) -> dict[str, Question]:
    """Return questions by their codes, checked.

    Parameters
    ----------
    rows : iterable of mapping
        ``code``, ``en`` and ``zh_CN`` (what is asked), ``kind`` (text, choice, amount or date),
        ``before`` (a step's code, or empty), of a choice ``choices`` (mappings of ``code``, ``en`` and
        ``zh_CN``) and optionally ``retired``, in their order.
    steps : mapping of str to Step
        The steps that can wait for an answer.

    Raises
    ------
    ParameterProblem
        If one is not possible, or waits for a step that there is not.
    """
    questions: dict[str, Question] = {}
    for row in rows:
        code = _code(row, questions)
        kind, before = str(row.get("kind", "")), str(row.get("before") or "")
        if kind not in KINDS:
            raise ParameterProblem(
                "execution_pipeline.error.kind", code=code, kind=kind, known=", ".join(KINDS)
            )
        if before and before not in steps:
            raise ParameterProblem("execution_pipeline.error.before", code=code, step=before)
        choices: dict[str, dict[str, str]] = {}
        for choice in row.get("choices", ()) if kind == "choice" else ():
            choices[_code(choice, choices)] = _labels(choice, str(choice["code"]))
        if kind == "choice" and len(choices) < 2:
            raise ParameterProblem("execution_pipeline.error.few_choices", code=code)
        labels = _labels(row, code, LONGEST_TEXT)
        questions[code] = Question(code, labels, kind, before, choices, bool(row.get("retired", False)))
    return questions


def needed_before(step: str, questions: Mapping[str, Question], steps: Steps) -> list[str]:
    """Return the questions that must have an answer before a step, and so before all after it.

    Examples
    --------
    >>> needed_before("needs", read_questions(), read_steps())
    ['business', 'chain', 'cash_flow']
    """
    order = list(steps)
    reached = set(order[: order.index(step) + 1])
    return [code for code, each in questions.items() if each.before in reached and not each.retired]


def tabulate_template(steps: Steps) -> pd.DataFrame:
    """Return the steps as the pipeline's figures take them: step, probability, days; in their order.

    Examples
    --------
    >>> tabulate_template(read_steps())["probability"].tolist()[:3]
    [0.05, 0.1, 0.15]
    """
    rows = [(step.code, step.probability, step.days) for step in steps.values()]
    return pd.DataFrame(rows, columns=["step", "probability", "days"])


def _code(row: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    code = str(row.get("code", ""))
    if not _CODE.fullmatch(code):
        raise ParameterProblem("execution_pipeline.error.code_form", code=code[:60])
    if code in known:
        raise ParameterProblem("execution_pipeline.error.code_twice", code=code)
    return code


def _labels(row: Mapping[str, Any], code: str, longest: int = LONGEST_LABEL) -> dict[str, str]:
    labels = {lang: str(row.get(lang) or "").strip() for lang in _LANGUAGES}
    if not all(0 < len(label) <= longest for label in labels.values()):
        raise ParameterProblem("execution_pipeline.error.label", code=code, longest=longest)
    return labels


def _amount(text: str) -> str:
    value = float(text.replace(",", "").replace("，", ""))
    if not 0 <= value < float("inf"):
        raise ValueError(text)
    return f"{value:.2f}".removesuffix(".00")


def _day(text: str) -> str:
    year, month, day = (int(part) for part in re.split(r"[-/.]", text))
    return dt.date(year, month, day).isoformat()
