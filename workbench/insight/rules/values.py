"""Which operators a type of column has, and which values go with them."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, cast

import numpy as np

from workbench.errors import ParameterProblem
from workbench.insight.rules.columns import Kind

OPERATORS: dict[Kind, tuple[str, ...]] = {
    "number": ("<", "<=", ">", ">=", "between", "is_missing"),
    "text": ("is", "is_not", "in", "is_missing"),
    "boolean": ("is", "is_missing"),
    "date": ("before", "after", "is_missing"),
}
"""The operators of each type of column."""
SYNONYMS = {"≤": "<=", "≥": ">="}
KINDS_OF = {
    name: tuple(kind for kind, names in OPERATORS.items() if name in names)
    for names in OPERATORS.values()
    for name in names
}


def checked_value(column: str, operator: str, value: Any) -> Any:
    """Return a condition's value as it is kept, or say what is wrong with it."""
    if operator == "is_missing":
        return None
    if operator in ("<", "<=", ">", ">="):
        return _number(column, value)
    if operator == "between":
        return _ends(column, value)
    if operator in ("before", "after"):
        return _day(column, value)
    if operator == "in":
        values = (value,) if isinstance(value, str) else tuple(value or ())
        if not values or not all(isinstance(one, str) and one for one in values):
            raise ParameterProblem("insight_rules.error.no_texts", column=column)
        return tuple(dict.fromkeys(values))
    if operator == "is" and isinstance(value, bool | np.bool_):
        return bool(value)
    if not isinstance(value, str) or not value:
        raise ParameterProblem("insight_rules.error.no_text", column=column)
    return value


def _number(column: str, value: Any) -> float | int:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole and not (isinstance(value, float | np.floating) and math.isfinite(value)):
        raise ParameterProblem("insight_rules.error.no_number", column=column, value=_shown(value))
    return int(value) if whole or float(value).is_integer() else float(value)


def _ends(column: str, value: Any) -> tuple[float | int, float | int]:
    ends = tuple(value) if isinstance(value, list | tuple) else ()
    if len(ends) != 2:
        raise ParameterProblem("insight_rules.error.no_ends", column=column)
    low, high = (_number(column, end) for end in ends)
    if low > high:
        raise ParameterProblem("insight_rules.error.ends_crossed", column=column, low=low, high=high)
    return low, high


def _day(column: str, value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(cast("str", value)[:10])
    except (ValueError, TypeError) as problem:
        raise ParameterProblem("insight_rules.error.no_date", column=column, value=_shown(value)) from problem


def _shown(value: Any) -> str:
    return "–" if value is None or value == "" else str(value)[:40]
