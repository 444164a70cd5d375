"""Rules, rule sets, how they are written down, and what is odd about them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.insight.rules.conftest import random_expression
from workbench.errors import ParameterProblem
from workbench.insight import AllOf, AnyOf, Condition, Not, Rule, RuleSet
from workbench.insight.rules.columns import Cells
from workbench.insight.rules.findings import contradiction, find_remarks

OLD = Condition("age", ">=", 60)
NASTY = "<img src=x onerror=alert(1)>"


def random_rules(seed: int, n: int, depth: int = 3) -> RuleSet:
    rng = np.random.default_rng(seed)
    return RuleSet(
        [
            Rule(
                f"rule {i}",
                random_expression(rng, depth),
                segment=f"segment {rng.integers(0, max(2, n // 2))}",
            )
            for i in range(n)
        ]
    )


def test_rules_stand_by_priority_and_are_numbered():
    rules = RuleSet([Rule("b", OLD, priority=2), Rule("new", OLD), Rule("a", OLD, priority=1)])
    assert [(rule.name, rule.priority) for rule in rules] == [("a", 1), ("b", 2), ("new", 3)]
    assert rules["b"].segment == "b"
    with pytest.raises(ParameterProblem, match="no rule"):
        rules["c"]


def test_a_rule_set_survives_json_and_toml():
    rules = RuleSet(
        [*random_rules(3, 12), Rule(NASTY, OLD, segment='quo"te\\ \n', segment_zh="老年", note="über\x7f")],
        otherwise="Rest",
    )
    assert RuleSet.from_json(rules.to_json()) == rules
    assert RuleSet.from_toml(rules.to_toml()) == rules
    assert rules.to_toml().count("[[rules]]") == 13
    assert RuleSet.from_toml(RuleSet().to_toml()) == RuleSet()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1}', '{"format": 2, "rules": []}', '{"format": 1, "rules": [3]}']
)
def test_what_is_no_rule_set_is_refused(text):
    with pytest.raises(ParameterProblem):
        RuleSet.from_json(text)
    with pytest.raises(ParameterProblem):
        RuleSet.from_toml(text)


def test_a_rule_in_a_file_can_lack_its_expression():
    content = {"format": 1, "rules": [{"name": "Old", "expression": {"all": []}}]}
    with pytest.raises(ParameterProblem, match="holds no condition"):
        RuleSet.from_json(json.dumps(content))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Rule("", OLD),
        lambda: Rule("x" * 61, OLD),
        lambda: Rule("a", "age > 3"),
        lambda: RuleSet(["a"]),
        lambda: RuleSet([Rule("a", OLD), Rule("a", OLD)]),
        lambda: RuleSet([Rule(str(i), OLD) for i in range(501)]),
    ],
)
def test_a_bad_rule_is_refused_with_a_sentence(make):
    with pytest.raises(ParameterProblem) as caught:
        make()
    assert caught.value.message("zh_CN")


@pytest.mark.parametrize(
    ("expression", "column"),
    [
        (AllOf(Condition("age", ">=", 60), Condition("age", "<", 40)), "age"),
        (AllOf(Condition("age", ">", 60), AllOf(Condition("age", "<=", 60), OLD)), "age"),
        (AllOf(Condition("age", ">=", 60), Condition("age", "<=", 60)), ""),
        (AllOf(Condition("age", "between", (1, 5)), Condition("age", ">", 5)), "age"),
        (AllOf(Condition("region", "is", "A"), Condition("region", "is", "B")), "region"),
        (AllOf(Condition("region", "in", ["A", "B"]), Condition("region", "is_not", "A")), ""),
        (AllOf(Condition("region", "in", ["A"]), Condition("region", "is_not", "A")), "region"),
        (AllOf(Condition("age", "is_missing"), OLD), "age"),
        (AllOf(Condition("d", "after", "2026-01-01"), Condition("d", "before", "2026-01-02")), "d"),
        (AllOf(Condition("d", "after", "2026-01-01"), Condition("d", "before", "2026-01-03")), ""),
        (AnyOf(OLD, AllOf(Condition("age", ">=", 60), Condition("age", "<", 40))), ""),
        (AllOf(OLD, AnyOf(AllOf(Condition("x", ">", 2), Condition("x", "<", 1)))), "x"),
        (Not(AllOf(Condition("age", ">=", 60), Condition("age", "<", 40))), ""),
    ],
)
def test_bounds_that_nobody_can_meet_are_found(expression, column):
    assert contradiction(expression) == column


def test_no_contradiction_is_claimed_where_a_customer_meets_the_conditions(people):
    rng = np.random.default_rng(21)
    for _ in range(150):
        expression = random_expression(rng)
        if contradiction(expression):
            assert not expression.mask(people).any(), str(expression)


def test_remarks_say_what_is_wrong_and_leave_the_rest(people):
    rules = RuleSet(
        [
            Rule("gone", Condition("agee", ">", 5)),
            Rule("typo", Condition("region", "is", "Nroth")),
            Rule("never", AllOf(Condition("age", ">", 60), Condition("age", "<", 5))),
            Rule("fine", OLD),
        ]
    )
    found = [
        (remark.rule, remark.level, remark.key.rpartition(".")[2])
        for remark in find_remarks(rules, Cells(people))
    ]
    assert found == [
        ("gone", "error", "missing_column"),
        ("typo", "warn", "unknown_value"),
        ("never", "warn", "contradiction"),
    ]
