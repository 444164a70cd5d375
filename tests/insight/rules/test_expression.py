"""Expressions mean the same row by row in plain Python, in pandas and in the engine."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.insight.rules.conftest import random_expression
from workbench.engine import Engine
from workbench.errors import ParameterProblem
from workbench.insight import AllOf, AnyOf, Condition, Not, read_expression
from workbench.insight.rules.columns import column_kinds
from workbench.insight.rules.expression import Expression
from workbench.insight.rules.groups import DEEPEST

COMPARED: dict[str, Any] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "between": lambda a, b: b[0] <= a <= b[1],
    "is": lambda a, b: a == b,
    "is_not": lambda a, b: a != b,
    "in": lambda a, b: a in b,
    "before": lambda a, b: a.date() < b,
    "after": lambda a, b: a.date() > b,
}


def value_of(row: dict[str, Any], column: str) -> Any:
    if column == "share_fund":
        total, part = row["balance_total"], row["balance_fund"]
        if pd.isna(total):
            return None
        return min(1.0, max(0.0, (0.0 if pd.isna(part) else part) / total)) if total > 0 else 0.0
    return None if pd.isna(row[column]) else row[column]


def by_hand(expression: Expression, row: dict[str, Any]) -> bool | None:
    """The meaning, one customer at a time: True, False or None for unknown."""
    if isinstance(expression, Condition):
        value = value_of(row, expression.column)
        if expression.operator == "is_missing":
            return value is None
        return None if value is None else bool(COMPARED[expression.operator](value, expression.value))
    if isinstance(expression, Not):
        inner = by_hand(expression.part, row)
        return None if inner is None else not inner
    found = [by_hand(part, row) for part in expression.parts]
    decisive = isinstance(expression, AnyOf)
    if decisive in found:
        return decisive
    return None if None in found else not decisive


@pytest.fixture(scope="module")
def engine_table(people, tmp_path_factory):
    path = tmp_path_factory.mktemp("people") / "people.parquet"
    people.to_parquet(path)
    with Engine(threads=1) as engine:
        yield engine, engine.table("people", path)


def test_random_trees_mean_the_same_everywhere(people, engine_table):
    rng = np.random.default_rng(11)
    trees = [random_expression(rng) for _ in range(60)]
    rows = people.to_dict("records")
    engine, table = engine_table
    asked = table.select("customer_id", **{f"t{i}": tree.to_ibis(table) for i, tree in enumerate(trees)})
    found = engine.frame(asked).set_index("customer_id").loc[people["customer_id"]]
    for number, tree in enumerate(trees):
        expected = [by_hand(tree, row) for row in rows]
        assert tree.mask(people).tolist() == [one is True for one in expected], str(tree)
        said = found[f"t{number}"].astype("object")
        assert said.where(said.notna(), None).tolist() == expected, str(tree)


def test_trees_survive_json_and_say_something_in_both_languages(people):
    rng = np.random.default_rng(12)
    for _ in range(60):
        tree = random_expression(rng)
        again = read_expression(json.loads(json.dumps(tree.to_dict())))
        assert again == tree
        assert hash(again) == hash(tree)
        for lang in ("en", "zh_CN"):
            assert "{" not in tree.describe(lang)
        assert tree.python().count("(") == tree.python().count(")")


def test_a_missing_value_is_neither_the_condition_nor_its_opposite():
    customers = pd.DataFrame({"age": [60.0, 40.0, None], "region": ["North", None, "South"]})
    old = Condition("age", ">=", 56)
    assert old.mask(customers).tolist() == [True, False, False]
    assert Not(old).mask(customers).tolist() == [False, True, False]
    assert Condition("region", "is_not", "North").mask(customers).tolist() == [False, False, True]
    # The known part decides where it can.
    assert AnyOf(old, Condition("region", "is", "South")).mask(customers).tolist() == [True, False, True]
    assert AllOf(Not(old), Condition("age", "is_missing")).mask(customers).tolist() == [False] * 3


def test_not_a_number_in_the_engine_is_missing_too(tmp_path):
    pq.write_table(pa.table({"age": [-1.0, 60.0, 20.0]}), tmp_path / "ages.parquet")
    with Engine(threads=1) as engine:
        ages = engine.table("ages", tmp_path / "ages.parquet")
        table = ages.mutate(age=(ages.age < 0).ifelse(float("nan"), ages.age))
        # The engine itself takes NaN for larger than any number.
        assert engine.frame(table.select(yes=table.age >= 56))["yes"].tolist() == [True, True, False]
        found = engine.frame(table.select(yes=Condition("age", ">=", 56).to_ibis(table)))["yes"]
        assert found.isna().tolist() == [True, False, False]


def test_sentences_read_like_sentences():
    rule = AllOf(Condition("age", ">=", 56), Condition("share_time_deposit", ">=", 0.62))
    assert rule.describe() == "age at least 56 and share in time deposits at least 62%"
    assert rule.describe("zh_CN") == "年龄不低于56 且 定期占比不低于62%"
    either = AllOf(AnyOf(Condition("tier", "is", "strategic"), Condition("tenure", "<", 6)), rule)
    assert either.describe().startswith("(tier is Strategic or tenure below 6 months) and (age")
    assert Condition("product_count", "between", (1, 1)).describe() == "number of products exactly 1"
    assert Condition("last_review", "before", "2026-03-31").describe() == "last review before 31 Mar 2026"
    assert Condition("consent", "is", False).describe("zh_CN").endswith("：否")
    joined = Condition("age", "<", 30) & ~Condition("consent", "is", True) | Condition("age", ">", 80)
    assert str(joined) == "(age < 30 and not (consent is yes)) or age > 80"


@pytest.mark.parametrize(
    ("column", "operator", "value", "key"),
    [
        ("age", "==", 5, "operator"),
        ("", "<", 5, "no_column"),
        ("age", "<", None, "no_number"),
        ("age", "<", "5", "no_number"),
        ("age", "<", float("nan"), "no_number"),
        ("age", "<", float("inf"), "no_number"),
        ("age", "<", True, "no_number"),
        ("age", "between", (1,), "no_ends"),
        ("age", "between", (5, 1), "ends_crossed"),
        ("age", "between", "12", "no_ends"),
        ("region", "is", "", "no_text"),
        ("region", "in", (), "no_texts"),
        ("region", "in", ("a", 3), "no_texts"),
        ("last_seen", "before", "soon", "no_date"),
        ("last_seen", "after", 5, "no_date"),
    ],
)
def test_a_condition_that_says_nothing_is_refused(column, operator, value, key):
    with pytest.raises(ParameterProblem) as caught:
        Condition(column, operator, value)
    assert caught.value.key == f"insight_rules.error.{key}"
    assert caught.value.message("zh_CN")


@pytest.mark.parametrize("value", [dt.date(2026, 3, 31), dt.datetime(2026, 3, 31, 12), "2026-03-31"])
def test_a_day_may_be_given_in_several_ways(value):
    assert Condition("last_seen", "after", value).value == dt.date(2026, 3, 31)


def test_a_column_that_is_not_there_is_named_with_those_that_look_alike(people):
    with pytest.raises(ParameterProblem) as caught:
        Condition("fund_share", ">", 0.5).check(people, "Fund holders")
    said = str(caught.value)
    assert '"Fund holders"' in said
    assert "fund_share" in said
    assert "share_fund" in said
    with pytest.raises(ParameterProblem, match="none has a similar name"):
        Condition("zzz", ">", 0.5).check(people)


@pytest.mark.parametrize(
    "condition",
    [
        Condition("region", "<", 5),
        Condition("age", "is", "North"),
        Condition("consent", "is", "yes"),
        Condition("region", "is", True),
        Condition("age", "before", "2026-01-01"),
    ],
)
def test_an_operator_that_does_not_suit_the_column_is_refused(people, engine_table, condition):
    for table in (people, engine_table[1]):
        with pytest.raises(ParameterProblem) as caught:
            condition.check(table)
        assert caught.value.key == "insight_rules.error.wrong_kind"


def test_both_kinds_of_table_have_the_same_columns(people, engine_table):
    assert column_kinds(people) == column_kinds(engine_table[1])


@pytest.mark.parametrize("content", [None, [], "age", {"all": []}, {"any": "x"}, {"not": {}}, {"all": [3]}])
def test_what_is_no_expression_is_refused(content):
    with pytest.raises(ParameterProblem):
        read_expression(content)


def test_groups_within_groups_have_an_end():
    content: dict[str, Any] = {"column": "age", "operator": "<", "value": 5}
    for _ in range(DEEPEST + 1):
        content = {"not": content}
    with pytest.raises(ParameterProblem) as caught:
        read_expression(content)
    assert caught.value.key == "insight_rules.error.too_deep"
    with pytest.raises(ParameterProblem):
        AllOf("age < 5")  # type: ignore[arg-type]
