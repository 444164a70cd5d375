"""The leaves of a rule: one column, one operator, one value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.errors import ParameterProblem
from workbench.insight.rules.columns import Cells, Kind, column_kinds, expression_of, look_alikes
from workbench.insight.rules.expression import Expression, Truth
from workbench.insight.rules.values import KINDS_OF, OPERATORS, SYNONYMS, checked_value


@dataclass(frozen=True)
class Condition(Expression):
    """What one column must be.

    Parameters
    ----------
    column : str
        A column of the portrait, or ``share_<product>`` for a product's share of assets.
    operator : str
        Numbers: ``<``, ``<=``, ``>``, ``>=``, ``between`` (both ends belong to it); text:
        ``is``, ``is_not``, ``in``; yes-or-no columns: ``is``; dates: ``before``, ``after``
        (the day itself belongs to neither). All: ``is_missing``.
    value : number, str, bool, datetime.date, or a sequence of them
        A pair for ``between``, one or more texts for ``in``, None for ``is_missing``. A date
        may be text like ``"2026-09-30"``.

    Raises
    ------
    ParameterProblem
        If there is no such operator, or the value does not go with it.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"age": [70.0, 30.0, None], "region": ["North", "South", "North"]})
    >>> Condition("region", "is", "North").mask(customers).tolist()
    [True, False, True]
    >>> str(Condition("age", "between", (18, 35)))
    '18 <= age <= 35'
    """

    column: str
    operator: str
    value: Any = None

    def __post_init__(self) -> None:
        operator = SYNONYMS.get(self.operator, self.operator)
        if not isinstance(self.column, str) or not self.column:
            raise ParameterProblem("insight_rules.error.no_column")
        if operator not in KINDS_OF:
            known = ", ".join(KINDS_OF)
            raise ParameterProblem(
                "insight_rules.error.operator", column=self.column, operator=self.operator, known=known
            )
        object.__setattr__(self, "operator", operator)
        object.__setattr__(self, "value", checked_value(self.column, operator, self.value))

    def check_column(self, kinds: Mapping[str, Kind], rule: str = "") -> None:
        """Raise `ParameterProblem` unless a table's columns can answer it."""
        kind = kinds.get(self.column)
        if kind is None:
            alike = ", ".join(look_alikes(self.column, kinds))
            key = "insight_rules.error.missing_column" if alike else "insight_rules.error.unknown_column"
            raise ParameterProblem(key, rule=rule or str(self), column=self.column, alike=alike)
        if self.operator not in OPERATORS[kind] or (
            self.operator == "is" and (kind == "boolean") != isinstance(self.value, bool)
        ):
            raise ParameterProblem(
                "insight_rules.error.wrong_kind",
                rule=rule or str(self),
                column=self.column,
                kind=kind,
                operators=", ".join(OPERATORS[kind]),
            )

    def truth(self, cells: Cells) -> Truth:
        """See `Expression.truth`."""
        if self.operator == "is_missing":
            missing = cells.missing(self.column)
            return Truth(missing, ~missing)
        kind = cells.kinds[self.column]
        if kind == "number":
            return self._truth_of_numbers(cells.numbers(self.column))
        if kind == "boolean":
            yes, no = cells.truths(self.column)
            return Truth(yes, no) if self.value else Truth(no, yes)
        if kind == "date":
            days, day = cells.days(self.column), np.datetime64(self.value, "D")
            yes = days < day if self.operator == "before" else days > day
            return Truth(yes, ~yes & ~np.isnat(days))
        codes, code_of = cells.codes(self.column)
        wanted = self.value if self.operator == "in" else (self.value,)
        yes = np.isin(codes, [code_of[value] for value in wanted if value in code_of])
        no = ~yes & (codes >= 0)
        return Truth(no, yes) if self.operator == "is_not" else Truth(yes, no)

    def _truth_of_numbers(self, numbers: np.ndarray) -> Truth:
        if self.operator == "between":
            yes = (numbers >= self.value[0]) & (numbers <= self.value[1])
        elif self.operator == "<":
            yes = numbers < self.value
        elif self.operator == "<=":
            yes = numbers <= self.value
        elif self.operator == ">":
            yes = numbers > self.value
        else:
            yes = numbers >= self.value
        return Truth(yes, ~yes & ~np.isnan(numbers))

    def to_ibis(self, table: Any) -> Any:
        """Return it as an Ibis boolean value.

        Examples
        --------
        >>> import ibis
        >>> customers = ibis.table({"age": "float64"}, name="customers")
        >>> Condition("age", ">=", 56).to_ibis(customers).type()
        Boolean(nullable=True)
        """
        kinds = column_kinds(table)
        self.check_column(kinds)
        column = expression_of(table, self.column)
        if self.operator == "is_missing":
            return column.isnull()
        if kinds[self.column] == "date":
            day = column.date() if column.type().is_timestamp() else column
            return day < self.value if self.operator == "before" else day > self.value
        compared: dict[str, Any] = {
            "<": lambda: column < self.value,
            "<=": lambda: column <= self.value,
            ">": lambda: column > self.value,
            ">=": lambda: column >= self.value,
            "between": lambda: column.between(*self.value),
            "is": lambda: column == self.value,
            "is_not": lambda: column != self.value,
            "in": lambda: column.isin(list(self.value)),
        }
        return compared[self.operator]()

    def to_dict(self) -> dict[str, Any]:
        """See `Expression.to_dict`."""
        plain: dict[str, Any] = {"column": self.column, "operator": self.operator}
        if self.operator == "is_missing":
            return plain
        value = self.value
        if isinstance(value, tuple):
            value = list(value)
        return plain | {"value": value.isoformat() if isinstance(value, dt.date) else value}

    def conditions(self) -> Iterator[Condition]:
        """See `Expression.conditions`."""
        yield self
