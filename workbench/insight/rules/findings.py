"""What a reader of a rule set should know before using it: contradictions, values nobody has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.errors import ParameterProblem
from workbench.insight.rules.columns import Cells
from workbench.insight.rules.condition import Condition
from workbench.insight.rules.expression import Expression
from workbench.insight.rules.groups import AllOf, AnyOf, Not
from workbench.insight.rules.ruleset import RuleSet


@dataclass(frozen=True)
class Remark:
    """One thing about one rule; `key` and `values` make its sentence.

    Parameters
    ----------
    rule : str
        The rule's name.
    level : {"error", "warn"}
        Whether the rule can't be used, or may not mean what it says.
    key : str
        The message's key.
    values : dict
        Its placeholders.
    """

    rule: str
    level: Literal["error", "warn"]
    key: str
    values: dict[str, Any] = field(default_factory=dict)


def find_remarks(rules: RuleSet, cells: Cells) -> list[Remark]:
    """Return what is wrong or odd in a rule set, by priority.

    Parameters
    ----------
    rules : RuleSet
        The rules.
    cells : Cells
        The customers.

    Returns
    -------
    list of Remark
        Errors: columns that are missing or of another type. Warnings: bounds that no number
        can meet, and texts that no customer has.
    """
    found: list[Remark] = []
    for rule in rules:
        try:
            rule.expression.check(cells.kinds, rule.name)
        except ParameterProblem as problem:
            found.append(Remark(rule.name, "error", problem.key, problem.values))
            continue
        column = contradiction(rule.expression)
        if column:
            found.append(
                Remark(
                    rule.name,
                    "warn",
                    "insight_rules.error.contradiction",
                    {"rule": rule.name, "column": column},
                )
            )
        for condition in rule.expression.conditions():
            found += _strangers(rule.name, condition, cells)
    return found


def contradiction(expression: Expression) -> str:
    """Return a column whose conditions no value can meet together, or an empty text.

    Examples
    --------
    >>> contradiction(AllOf(Condition("age", ">=", 60), Condition("age", "<", 40)))
    'age'
    """
    if isinstance(expression, AnyOf):
        inner = [contradiction(part) for part in expression.parts]
        return inner[0] if all(inner) else ""
    if isinstance(expression, Not | Condition):
        return ""
    assert isinstance(expression, AllOf)
    conditions: list[Condition] = []
    for part in _flat(expression):
        if isinstance(part, Condition):
            conditions.append(part)
        elif column := contradiction(part):
            return column
    for column in dict.fromkeys(condition.column for condition in conditions):
        mine = [condition for condition in conditions if condition.column == column]
        if not _can_hold(mine):
            return column
    return ""


def _flat(expression: AllOf) -> list[Expression]:
    parts: list[Expression] = []
    for part in expression.parts:
        parts += _flat(part) if isinstance(part, AllOf) else [part]
    return parts


def _can_hold(conditions: list[Condition]) -> bool:
    asked = {condition.operator for condition in conditions}
    if "is_missing" in asked:
        return asked == {"is_missing"}
    numbers = [one for one in conditions if one.operator in ("<", "<=", ">", ">=", "between")]
    # (value, open): an open lower end lies just above its value, an open upper one just below.
    lows = [(one.value, one.operator == ">") for one in numbers if one.operator in (">", ">=")]
    highs = [(one.value, one.operator == "<") for one in numbers if one.operator in ("<", "<=")]
    lows += [(one.value[0], False) for one in numbers if one.operator == "between"]
    highs += [(one.value[1], False) for one in numbers if one.operator == "between"]
    if lows and highs:
        low, high = max(lows), min(highs, key=lambda end: (end[0], not end[1]))
        if low[0] > high[0] or (low[0] == high[0] and (low[1] or high[1])):
            return False
    befores = [one.value for one in conditions if one.operator == "before"]
    afters = [one.value for one in conditions if one.operator == "after"]
    if befores and afters and (min(befores) - max(afters)).days < 2:
        return False
    return _text_can_hold(conditions)


def _text_can_hold(conditions: list[Condition]) -> bool:
    allowed: set[Any] | None = None
    for one in conditions:
        if one.operator in ("is", "in"):
            values = set(one.value) if one.operator == "in" else {one.value}
            allowed = values if allowed is None else allowed & values
    barred = {one.value for one in conditions if one.operator == "is_not"}
    return allowed is None or bool(allowed - barred)


def _strangers(rule: str, condition: Condition, cells: Cells) -> list[Remark]:
    if cells.kinds[condition.column] != "text" or condition.operator == "is_missing":
        return []
    known = cells.codes(condition.column)[1]
    values = condition.value if condition.operator == "in" else (condition.value,)
    return [
        Remark(
            rule,
            "warn",
            "insight_rules.error.unknown_value",
            {"rule": rule, "column": condition.column, "value": value},
        )
        for value in values
        if value not in known
    ]
