"""Steps, reasons and questions: the packaged ones are whole, and what is not possible is refused."""

from __future__ import annotations

import re

import pytest

from workbench.errors import ParameterProblem
from workbench.execution.pipeline_template import (
    make_questions,
    make_reasons,
    make_steps,
    needed_before,
    read_questions,
    read_reasons,
    read_steps,
)


def test_eight_steps_and_ten_questions_come_with_the_workbench() -> None:
    steps, questions = read_steps(), read_questions()
    assert (len(steps), len(questions)) == (8, 10)
    chances = [step.probability for step in steps.values()]
    assert chances == sorted(chances)
    assert {question.kind for question in questions.values()} == {"text", "choice", "amount", "date"}
    told = [text for step in steps.values() for text in (step.labels, step.exits)]
    told += [question.labels for question in questions.values()]
    told += [labels for question in questions.values() for labels in question.choices.values()]
    told += [reason.labels for reason in read_reasons().values()]
    for labels in told:
        assert re.search("[\u4e00-\u9fff]", labels["zh_CN"])
        assert not re.search("[\u4e00-\u9fff]", labels["en"])
    # What is needed grows from step to step.
    needed = [len(needed_before(step, questions, steps)) for step in steps]
    assert needed == sorted(needed)
    assert needed[0] == 0 < needed[-1]


def test_what_is_stored_reads_back_the_same() -> None:
    steps, questions = read_steps(), read_questions()
    assert make_steps(step.plain() for step in steps.values()) == steps
    assert make_reasons(reason.plain() for reason in read_reasons().values()) == read_reasons()
    assert make_questions((question.plain() for question in questions.values()), steps) == questions


def test_what_is_not_possible_is_refused() -> None:
    steps = [step.plain() for step in read_steps().values()]
    reasons = [reason.plain() for reason in read_reasons().values()]
    questions = [question.plain() for question in read_questions().values()]
    for change, sentence in (
        ({"code": "No good"}, "can't be a code"),
        ({"code": "research"}, "twice"),
        ({"zh_CN": ""}, "lacks its words"),
        ({"exit_en": "x" * 401}, "lacks its words"),
        ({"probability": 1.2}, "probability"),
        ({"probability": "high"}, "probability"),
        ({"days": 0}, "days"),
        ({"days": 2.5}, "days"),
    ):
        with pytest.raises(ParameterProblem, match=sentence):
            make_steps([steps[0] | change, *steps[1:]])
    with pytest.raises(ParameterProblem, match="two steps"):
        make_steps([steps[0], *(step | {"retired": True} for step in steps[1:])])
    with pytest.raises(ParameterProblem, match="won or lost"):
        make_reasons([reasons[0] | {"ends": "maybe"}])
    with pytest.raises(ParameterProblem, match="no reason"):
        make_reasons([row for row in reasons if row["ends"] == "won"])
    payroll = next(row for row in questions if row["code"] == "payroll")
    for change, sentence in (
        ({"kind": "mood"}, "kind"),
        ({"before": "nowhere"}, "nowhere"),
        ({"choices": payroll["choices"][:1]}, "two choices"),
    ):
        with pytest.raises(ParameterProblem, match=sentence):
            make_questions([payroll | change], read_steps())


def test_answers_are_read_by_their_kind() -> None:
    questions = read_questions()
    assert questions["business"].read("  valves 阀门 ") == "valves 阀门"
    assert questions["funding"].read("1,250.5") == "1250.50"
    assert questions["plans"].read("") == ""
    assert questions["payroll"].shown(questions["payroll"].read("here")) == "We do"
    for code, text in (
        ("funding", "much"), ("funding", "-1"), ("funding", "nan"), ("plans", "soon"),
        ("plans", "2027-02-30"), ("payroll", "somebody"),
    ):  # fmt: skip
        with pytest.raises(ParameterProblem):
            questions[code].read(text)
