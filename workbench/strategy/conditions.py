"""Conditions of a strategy card: what must be true of a customer, typed and in words."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas.api import types

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.locale import normal_language

MESSAGE_PREFIXES = (
    "strategy_lists.say.",
    "strategy_lists.column.",
    "strategy_lists.kyc.",
    "strategy_lists.risk.",
    "insight_room.feature.",
    "insight_room.value.",
)
OPERATORS = (
    "at_least",
    "at_most",
    "between",
    "is",
    "is_not",
    "one_of",
    "is_true",
    "is_false",
    "missing",
)
MOST = 50
"""Conditions that one card may have."""
_ALONE = ("is_true", "is_false", "missing")
_KEYS = ("column", "operator", "value")
_MONEY = ("balance_", "inflow_", "large_inflow_", "maturing_", "contribution", "potential", "monetary_value")
# What the screens call the values of these columns.
_VALUES = {
    "lifecycle_stage": "strategy.stage.",
    "tier": "insight.tier.",
    "kind": "insight_portrait.kind.",
    "kyc_level": "strategy_lists.kyc.",
    "risk_rating": "strategy_lists.risk.",
}


@dataclass(frozen=True)
class Condition:
    """One thing that must be true of a customer.

    Parameters
    ----------
    column : str
        Column of the portrait.
    operator : str
        ``at_least``, ``at_most`` and ``between`` compare numbers or days, both ends
        included; ``is``, ``is_not`` and ``one_of`` compare values; ``is_true`` and
        ``is_false`` read a flag; ``missing`` asks for an empty cell.
    value : number, text, day (``"2026-09-30"``), tuple or None, default=None
        What it is compared with: two values for ``between``, one or more for ``one_of``,
        none for flags and ``missing``.

    Raises
    ------
    ParameterProblem
        If the operator is unknown, or the value does not go with it.

    Examples
    --------
    >>> describe_condition(Condition("age", "between", (18, 65)))
    'age from 18 to 65'
    """

    column: str
    operator: str
    value: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.column, str) or not self.column.strip():
            raise ParameterProblem("strategy_lists.error.no_column")
        if self.operator not in OPERATORS:
            raise ParameterProblem(
                "strategy_lists.error.operator",
                column=self.column,
                operator=self.operator,
                known=", ".join(OPERATORS),
            )
        object.__setattr__(self, "value", self._checked())

    def _checked(self) -> Any:
        name, value = self.operator, self.value
        if name in _ALONE:
            return None
        if name in ("at_least", "at_most"):
            return self._measure(value)
        if name in ("between", "one_of"):
            several = tuple(value) if isinstance(value, list | tuple) else ()
            if name == "one_of":
                if not several:
                    raise ParameterProblem("strategy_lists.error.no_values", column=self.column)
                return tuple(self._plain(each) for each in several)
            if len(several) != 2:
                raise ParameterProblem("strategy_lists.error.no_ends", column=self.column)
            low, high = (self._measure(each) for each in several)
            if isinstance(low, str) != isinstance(high, str) or low > high:  # type: ignore[operator]
                raise ParameterProblem(
                    "strategy_lists.error.ends_crossed", column=self.column, low=low, high=high
                )
            return low, high
        return self._plain(value)

    def _measure(self, value: Any) -> float | str:
        """Return a number or a day as ISO text; anything else can't be more or less."""
        if isinstance(value, str):
            try:
                return dt.date.fromisoformat(value.strip()).isoformat()
            except ValueError:
                pass
        elif _is_number(value):
            return _tidy(value)
        elif isinstance(value, dt.date):
            return value.isoformat()[:10]
        raise ParameterProblem(
            "strategy_lists.error.no_measure", column=self.column, value=_short(value) or "–"
        )

    def _plain(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, bool):
            return value
        if _is_number(value):
            return _tidy(value)
        raise ParameterProblem(
            "strategy_lists.error.no_value", column=self.column, value=_short(value) or "–"
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _tidy(value: float) -> float:
    return int(value) if float(value).is_integer() else float(value)


def _short(value: Any) -> str:
    return "" if value is None else str(value)[:60]


def read_conditions(text: object) -> tuple[Condition, ...]:
    """Return the conditions that a card's text holds; none where it is empty.

    Parameters
    ----------
    text : str
        A JSON list of objects with ``column``, ``operator`` and, where the operator
        needs one, ``value``. Nothing of it is ever run.

    Returns
    -------
    tuple of Condition

    Raises
    ------
    ParameterProblem
        If it is not such a list, or a condition makes no sense.

    Examples
    --------
    >>> read_conditions('[{"column": "age", "operator": "at_least", "value": 18}]')
    (Condition(column='age', operator='at_least', value=18),)
    >>> read_conditions("")
    ()
    """
    if not isinstance(text, str) or not text.strip():
        return ()
    try:
        given = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ParameterProblem("strategy_lists.error.not_conditions", text=_short(text)) from error
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ParameterProblem("strategy_lists.error.not_conditions", text=_short(text))
    if len(given) > MOST:
        raise ParameterProblem("strategy_lists.error.many_conditions", n=len(given), most=MOST)
    for each in given:
        if not set(each) <= set(_KEYS):
            raise ParameterProblem("strategy_lists.error.not_conditions", text=_short(json.dumps(each)))
    return tuple(
        Condition(each.get("column", ""), str(each.get("operator", "")), each.get("value")) for each in given
    )


def write_conditions(conditions: Iterable[Condition]) -> str:
    """Return conditions as the text that a card keeps; `read_conditions` reads it back.

    Parameters
    ----------
    conditions : iterable of Condition
        In their order.

    Returns
    -------
    str
        A JSON list; empty for no conditions.

    Examples
    --------
    >>> write_conditions([Condition("consent", "is_true")])
    '[{"column": "consent", "operator": "is_true"}]'
    >>> write_conditions([])
    ''
    """
    rows: list[dict[str, Any]] = []
    for condition in conditions:
        row: dict[str, Any] = {"column": condition.column, "operator": condition.operator}
        if condition.operator not in _ALONE:
            value = condition.value
            row["value"] = list(value) if isinstance(value, tuple) else value
        rows.append(row)
    return json.dumps(rows, ensure_ascii=False) if rows else ""


def meets(customers: pd.DataFrame, conditions: Iterable[Condition]) -> pd.Series:
    """Say for each customer whether all conditions hold.

    A missing value meets nothing but ``missing``: who is not known to be of age is not
    treated as if they were.

    Parameters
    ----------
    customers : pandas.DataFrame
        Table PORTRAIT, or any table with the columns asked for.
    conditions : iterable of Condition
        None of them: everybody meets them.

    Returns
    -------
    pandas.Series of bool
        By the customers' index.

    Raises
    ------
    ParameterProblem
        If a column is missing, or is not of the kind that the operator compares.

    Examples
    --------
    >>> people = pd.DataFrame({"age": [17, 40, None], "region": ["North", "East", "East"]})
    >>> meets(people, [Condition("age", "at_least", 18), Condition("region", "is", "East")]).tolist()
    [False, True, False]
    """
    held = pd.Series(True, index=customers.index, dtype=bool)
    for condition in conditions:
        if condition.column not in customers.columns:
            present = ", ".join(sorted(map(str, customers.columns))) or "–"
            raise ParameterProblem(
                "strategy_lists.error.missing_column", column=condition.column, present=present
            )
        held &= _holds(customers[condition.column], condition)
    return held


def _holds(cells: pd.Series, condition: Condition) -> pd.Series:
    name, value = condition.operator, condition.value
    if name == "missing":
        return cells.isna().astype(bool)
    if name in ("is_true", "is_false"):
        return _known(_flags(cells, condition).eq(name == "is_true"))
    if name == "is":
        return _known(_equal(cells, value))
    if name == "is_not":
        return _known(~_known(_equal(cells, value)) & cells.notna())
    if name == "one_of":
        found = pd.Series(False, index=cells.index)
        for each in value:
            found |= _known(_equal(cells, each))
        return found
    low, high = value if name == "between" else (value, value)
    measured = _measured(cells, condition, isinstance(low, str))
    ends = [pd.Timestamp(end) if isinstance(end, str) else end for end in (low, high)]
    if name == "at_least":
        return _known(measured >= ends[0])
    if name == "at_most":
        return _known(measured <= ends[1])
    return _known((measured >= ends[0]) & (measured <= ends[1]))


def _known(answers: pd.Series) -> pd.Series:
    return answers.astype("boolean").fillna(False).astype(bool)


def _flags(cells: pd.Series, condition: Condition) -> pd.Series:
    if types.is_bool_dtype(cells.dtype):
        return cells.astype("boolean")
    if types.is_numeric_dtype(cells.dtype) and cells.dropna().isin([0, 1]).all():
        return cells.astype("Float64").astype("boolean")
    if cells.notna().any():
        raise _wrong_kind(cells, condition)
    return pd.Series(pd.NA, index=cells.index, dtype="boolean")


def _measured(cells: pd.Series, condition: Condition, is_day: bool) -> pd.Series:
    if is_day and types.is_datetime64_any_dtype(cells.dtype):
        # A day includes all of its hours.
        return cells.dt.normalize()
    if not is_day and types.is_numeric_dtype(cells.dtype) and not types.is_bool_dtype(cells.dtype):
        return cells
    if cells.notna().any():
        raise _wrong_kind(cells, condition)
    empty = "datetime64[us]" if is_day else "float64"
    return pd.Series(index=cells.index, dtype=empty)


def _equal(cells: pd.Series, value: Any) -> pd.Series:
    if isinstance(value, str):
        if types.is_datetime64_any_dtype(cells.dtype):
            return cells.dt.strftime("%Y-%m-%d").eq(value)
        return cells.where(cells.isna(), cells.astype("str")).eq(value) & cells.notna()
    if types.is_numeric_dtype(cells.dtype):
        return cells.eq(value)
    return cells.astype("str").eq(str(value)) & cells.notna()


def _wrong_kind(cells: pd.Series, condition: Condition) -> ParameterProblem:
    return ParameterProblem(
        "strategy_lists.error.wrong_kind",
        column=condition.column,
        operator=condition.operator,
        kind=str(cells.dtype),
    )


# In words ------------------------------------------------------------------------


def describe_condition(condition: Condition, lang: str = "en") -> str:
    """Return a condition in words of a language.

    Parameters
    ----------
    condition : Condition
        The condition.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.

    Returns
    -------
    str

    Examples
    --------
    >>> describe_condition(Condition("balance_total", "at_least", 50_000))
    'balance at least ¥50.0k'
    >>> describe_condition(Condition("tier", "one_of", ["value", "strategic"]), "zh_CN")
    '客户层级属于 价值客群、战略客群'
    """
    lang = normal_language(lang)
    column, value = column_words(condition.column, lang), condition.value
    words: dict[str, str] = {}
    if condition.operator == "between":
        words = {
            "low": _value(condition.column, value[0], lang),
            "high": _value(condition.column, value[1], lang),
        }
    elif condition.operator == "one_of":
        parts = [_value(condition.column, each, lang) for each in value]
        words = {"value": locale.text("strategy_lists.say.list", lang).join(parts)}
    elif condition.operator not in _ALONE:
        words = {"value": _value(condition.column, value, lang)}
    return locale.text(f"strategy_lists.say.{condition.operator}", lang, column=column, **words)


def column_words(column: str, lang: str = "en") -> str:
    """Return what a column of the portrait is called; a bank's own keeps its name."""
    for key in (f"insight_room.feature.{column}", f"strategy_lists.column.{column}"):
        if key in locale.keys(lang):
            return locale.text(key, lang)
    return column.replace("_", " ")


def _value(column: str, value: Any, lang: str) -> str:
    if isinstance(value, bool):
        return locale.text("strategy_lists.say.yes" if value else "strategy_lists.say.no", lang)
    if isinstance(value, str):
        for key in (f"{_VALUES.get(column, 'insight_room.value.')}{value}", f"insight_room.value.{value}"):
            if key in locale.keys(lang):
                return locale.text(key, lang)
        return value
    if column.startswith(_MONEY) and "share" not in column and "change" not in column:
        return locale.money(value, lang)
    if "share" in column or "change" in column:
        return locale.percent(value)
    return f"{value:,}"
