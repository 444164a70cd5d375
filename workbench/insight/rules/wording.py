"""A rule in words, as a formula, and as the Python that makes it."""

from __future__ import annotations

from typing import Any

from workbench import locale
from workbench.insight.catalogue import CHANNEL_SHARES, RULES
from workbench.insight.features import feature_label
from workbench.insight.rules.columns import SHARE
from workbench.insight.rules.condition import Condition
from workbench.insight.rules.expression import Expression
from workbench.insight.rules.groups import AllOf, AnyOf, Not
from workbench.locale import normal_language

_KEYS = {
    "<": "insight_rules.say.below",
    "<=": "insight_rules.say.at_most",
    ">": "insight_rules.say.above",
    ">=": "insight_rules.say.at_least",
    "between": "insight_rules.say.between",
    "is": "insight_rules.say.is",
    "is_not": "insight_rules.say.is_not",
    "in": "insight_rules.say.in",
    "before": "insight_rules.say.before",
    "after": "insight_rules.say.after",
    "is_missing": "insight_rules.say.is_missing",
}
_UNITS = {"months": "insight_rules.say.months", "days": "insight_rules.say.days"}
# What the screens call the values of these columns.
_VALUES = {"lifecycle_stage": "insight.lifecycle.", "tier": "insight.tier."}


def sentence(expression: Expression, lang: str = "en") -> str:
    """Return an expression as words of a language; see `Expression.describe`."""
    lang = normal_language(lang)
    if isinstance(expression, Condition):
        return _condition(expression, lang)
    if isinstance(expression, Not):
        return locale.text("insight_rules.say.not", lang, part=sentence(expression.part, lang))
    assert isinstance(expression, AllOf | AnyOf)
    word = "insight_rules.say.and" if isinstance(expression, AllOf) else "insight_rules.say.or"
    parts = []
    for part in expression.parts:
        said = sentence(part, lang)
        grouped = isinstance(part, AllOf | AnyOf) and len(part.parts) > 1
        parts.append(locale.text("insight_rules.say.group", lang, part=said) if grouped else said)
    return f" {locale.text(word, lang)} ".join(parts)


def formula(expression: Expression) -> str:
    """Return an expression as a formula: what an analyst reads at a glance."""
    if isinstance(expression, Condition):
        return _formula(expression)
    if isinstance(expression, Not):
        return f"not ({formula(expression.part)})"
    assert isinstance(expression, AllOf | AnyOf)
    parts = [
        f"({formula(part)})" if isinstance(part, AllOf | AnyOf) and len(part.parts) > 1 else formula(part)
        for part in expression.parts
    ]
    return (" and " if isinstance(expression, AllOf) else " or ").join(parts)


def python(expression: Expression, module: str = "wb.") -> str:
    """Return the Python that makes an expression."""
    if isinstance(expression, Condition):
        value = "" if expression.operator == "is_missing" else f", {_python_value(expression.value)}"
        return f"{module}Condition({expression.column!r}, {expression.operator!r}{value})"
    parts = ", ".join(python(part, module) for part in getattr(expression, "parts", ()))
    return f"{module}{type(expression).__name__}({parts})"


def value_words(column: str, value: Any, lang: str = "en") -> str:
    """Return a column's value as a reader writes it: shares in percent, money with its sign.

    Examples
    --------
    >>> value_words("share_fund", 0.62), value_words("balance_total", 50_000), value_words("age", 56)
    ('62%', '¥50.0k', '56')
    """
    if isinstance(value, bool):
        return locale.text("insight_rules.say.yes" if value else "insight_rules.say.no", lang)
    if isinstance(value, str):
        for begin in (_VALUES.get(column, ""), "insight_room.value."):
            if begin and f"{begin}{value}" in locale.keys(lang):
                return locale.text(f"{begin}{value}", lang)
        return value
    unit = column_unit(column)
    if unit == "percent":
        shown = f"{round(value * 100, 1):,.1f}".removesuffix(".0")
        return f"{shown}%".replace("-", "−")
    if unit == "money":
        return locale.money(value, lang)
    places = 0 if float(value).is_integer() else min(3, len(repr(float(value)).partition(".")[2]))
    rule, number = RULES.get(column), locale.decimal(value, places)
    if rule is not None and rule.unit in _UNITS:
        return locale.text(_UNITS[rule.unit], lang, n=number)
    return number


def column_unit(column: str) -> str:
    """Return how a column's numbers are written: ``percent``, ``money`` or ``plain``."""
    rule = RULES.get(column)
    if column.startswith((SHARE, CHANNEL_SHARES)) or (rule and rule.unit in ("share", "ratio")):
        return "percent"
    if column.startswith("balance_") or (rule and rule.unit == "cny"):
        return "money"
    return "plain"


def _condition(condition: Condition, lang: str) -> str:
    column, value = feature_label(condition.column, lang), condition.value
    key = _KEYS[condition.operator]
    if condition.operator == "is_missing":
        return locale.text(key, lang, column=column)
    if isinstance(value, bool):
        key = "insight_rules.say.is_yes" if value else "insight_rules.say.is_no"
        return locale.text(key, lang, column=column)
    if condition.operator == "between":
        low, high = (value_words(condition.column, end, lang) for end in value)
        if low == high:
            return locale.text("insight_rules.say.exactly", lang, column=column, value=low)
        return locale.text(key, lang, column=column, low=low, high=high)
    if condition.operator == "in":
        joint = locale.text("insight_rules.say.list", lang)
        return locale.text(
            key, lang, column=column, value=joint.join(value_words(condition.column, v, lang) for v in value)
        )
    if condition.operator in ("before", "after"):
        return locale.text(key, lang, column=column, value=locale.date(value, lang))
    return locale.text(key, lang, column=column, value=value_words(condition.column, value, lang))


def _formula(condition: Condition) -> str:
    column, value = condition.column, condition.value
    if condition.operator == "is_missing":
        return f"{column} is missing"
    if condition.operator == "between":
        return f"{_plain(value[0])} <= {column} <= {_plain(value[1])}"
    if condition.operator == "in":
        return f"{column} in ({', '.join(_plain(one) for one in value)})"
    if isinstance(value, bool):
        return f"{column} is {'yes' if value else 'no'}"
    return f"{column} {condition.operator.replace('_', ' ')} {_plain(value)}"


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _python_value(value: Any) -> str:
    return repr(value) if isinstance(value, str | bool | int | float | tuple) else repr(str(value))
