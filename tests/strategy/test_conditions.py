from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.strategy.conditions import (
    OPERATORS,
    Condition,
    describe_condition,
    meets,
    read_conditions,
    write_conditions,
)


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 300
    return pd.DataFrame(
        {
            "customer_id": [f"{i:04d}" for i in range(n)],
            "age": pd.Series(rng.integers(15, 90, n).astype(float)).mask(rng.random(n) < 0.1),
            "region": pd.Series(rng.choice(["North", "East", "West"], n), dtype="str").mask(
                rng.random(n) < 0.1
            ),
            "consent": pd.Series(rng.choice([True, False, None], n)).astype("boolean"),
            "next_maturity": pd.Series(
                pd.Timestamp("2026-10-01") + pd.to_timedelta(rng.integers(0, 90, n), unit="D")
            ).mask(rng.random(n) < 0.4),
            "product_count": rng.integers(0, 6, n),
        }
    )


def by_hand(row: dict, condition: Condition) -> bool:
    """Read one condition off one row, in plain Python."""
    cell = row[condition.column]
    name, value = condition.operator, condition.value
    if name == "missing":
        return pd.isna(cell)
    if pd.isna(cell):
        return False
    if name in ("is_true", "is_false"):
        return bool(cell) is (name == "is_true")
    if isinstance(cell, pd.Timestamp):
        cell = cell.date().isoformat()
    if name == "at_least":
        return cell >= value
    if name == "at_most":
        return cell <= value
    if name == "between":
        return value[0] <= cell <= value[1]
    if name == "is":
        return cell == value
    if name == "is_not":
        return cell != value
    return cell in value


CASES = [
    Condition("age", "at_least", 40),
    Condition("age", "at_most", 40.5),
    Condition("age", "between", (18, 65)),
    Condition("age", "missing"),
    Condition("region", "is", "North"),
    Condition("region", "is_not", "North"),
    Condition("region", "one_of", ["North", "East"]),
    Condition("region", "missing"),
    Condition("consent", "is_true"),
    Condition("consent", "is_false"),
    Condition("next_maturity", "at_most", "2026-11-01"),
    Condition("next_maturity", "between", ("2026-10-10", dt.date(2026, 11, 20))),
    Condition("next_maturity", "is", "2026-10-20"),
    Condition("product_count", "is", 3),
    Condition("product_count", "is_not", 3),
    Condition("product_count", "one_of", (1, 4)),
]


@pytest.mark.parametrize("condition", CASES, ids=lambda c: f"{c.column} {c.operator}")
def test_a_condition_agrees_with_reading_each_row(people, condition) -> None:
    expected = [by_hand(row, condition) for row in people.to_dict("records")]
    assert meets(people, [condition]).tolist() == expected
    assert 0 < sum(expected) < len(people)


def test_all_conditions_must_hold(people) -> None:
    both = (CASES[0], CASES[4])
    expected = [all(by_hand(row, c) for c in both) for row in people.to_dict("records")]
    assert meets(people, both).tolist() == expected
    assert meets(people, ()).all()
    assert meets(people.iloc[:0], both).empty


def test_every_operator_is_tried_and_written_and_read_back() -> None:
    assert {condition.operator for condition in CASES} == set(OPERATORS)
    assert read_conditions(write_conditions(CASES)) == tuple(CASES)
    assert read_conditions(None) == read_conditions("  ") == read_conditions(float("nan")) == ()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("not json", "not_conditions"),
        ("{}", "not_conditions"),
        ("[1]", "not_conditions"),
        ('[{"column": "age", "operator": "at_least", "value": 1, "sql": "x"}]', "not_conditions"),
        ('[{"column": "", "operator": "is", "value": 1}]', "no_column"),
        ('[{"column": "age", "operator": "__import__", "value": 1}]', "operator"),
        ('[{"column": "age", "operator": "at_least", "value": "old"}]', "no_measure"),
        ('[{"column": "age", "operator": "at_least", "value": true}]', "no_measure"),
        ('[{"column": "age", "operator": "at_least", "value": NaN}]', "no_measure"),
        ('[{"column": "age", "operator": "at_least"}]', "no_measure"),
        ('[{"column": "age", "operator": "is", "value": " "}]', "no_value"),
        ('[{"column": "age", "operator": "is", "value": [1]}]', "no_value"),
        ('[{"column": "age", "operator": "one_of", "value": []}]', "no_values"),
        ('[{"column": "age", "operator": "between", "value": [1]}]', "no_ends"),
        ('[{"column": "age", "operator": "between", "value": [9, 1]}]', "ends_crossed"),
        ('[{"column": "age", "operator": "between", "value": [1, "2026-01-01"]}]', "ends_crossed"),
        (json.dumps([{"column": "a", "operator": "missing"}] * 51), "many_conditions"),
        ("[" * 100_000, "not_conditions"),
    ],
)
def test_what_is_no_condition_is_said(text, key) -> None:
    with pytest.raises(ParameterProblem) as caught:
        read_conditions(text)
    assert caught.value.key == f"strategy_lists.error.{key}"
    assert caught.value.message("zh_CN")


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        (Condition("risk_rating", "missing"), "missing_column"),
        (Condition("region", "at_least", 3), "wrong_kind"),
        (Condition("region", "is_true"), "wrong_kind"),
        (Condition("age", "at_least", "2026-10-01"), "wrong_kind"),
    ],
)
def test_a_column_that_does_not_go_with_it_is_named(people, condition, key) -> None:
    with pytest.raises(ParameterProblem, match=condition.column) as caught:
        meets(people, [condition])
    assert caught.value.key == f"strategy_lists.error.{key}"


def test_an_empty_column_of_another_type_meets_nothing() -> None:
    empty = pd.DataFrame({"x": pd.Series([None, None], dtype="object")})
    for operator, value in (("at_least", 1), ("at_most", "2026-01-01"), ("is_true", None), ("is_not", "a")):
        assert not meets(empty, [Condition("x", operator, value)]).any()
    assert meets(empty, [Condition("x", "missing")]).all()


@pytest.mark.parametrize("condition", CASES, ids=lambda c: f"{c.column} {c.operator}")
def test_conditions_in_words(condition) -> None:
    english, chinese = (describe_condition(condition, lang) for lang in ("en", "zh_CN"))
    assert english != chinese
    assert all("{" not in said and len(said) > 3 for said in (english, chinese))


def test_values_are_written_as_the_screens_write_them() -> None:
    said = describe_condition(Condition("tier", "is", "value"))
    assert said == f"tier is {locale.text('insight.tier.value')}"
    assert describe_condition(Condition("balance_change_3m", "at_most", -0.2)).endswith("−20.0%")
    assert describe_condition(Condition("shoe_size", "is", 42)) == "shoe size is 42"
