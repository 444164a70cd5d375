"""Expressions joined: all of, any of, not; and how they are read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from workbench.errors import ParameterProblem
from workbench.insight.rules.columns import Cells
from workbench.insight.rules.condition import Condition
from workbench.insight.rules.expression import Expression, Truth

DEEPEST = 12
"""Levels of groups within groups."""


class _Group(Expression):
    """Several expressions joined; the parts are flat data."""

    parts: tuple[Expression, ...]
    _word = ""

    def _set(self, parts: Sequence[Expression]) -> None:
        if not parts:
            raise ParameterProblem("insight_rules.error.empty")
        strange = next((part for part in parts if not isinstance(part, Expression)), None)
        if strange is not None:
            raise ParameterProblem("insight_rules.error.not_an_expression", found=type(strange).__name__)
        object.__setattr__(self, "parts", tuple(parts))
        if self.depth > DEEPEST:
            raise ParameterProblem("insight_rules.error.too_deep", deepest=DEEPEST)

    @property
    def depth(self) -> int:
        """See `Expression.depth`."""
        return 1 + max(part.depth for part in self.parts)

    def to_dict(self) -> dict[str, Any]:
        """See `Expression.to_dict`."""
        return {self._word: [part.to_dict() for part in self.parts]}

    def conditions(self) -> Iterator[Condition]:
        """See `Expression.conditions`."""
        for part in self.parts:
            yield from part.conditions()


@dataclass(frozen=True, init=False)
class AllOf(_Group):
    """True where every part is true.

    Parameters
    ----------
    *parts : Expression
        At least one.

    Examples
    --------
    >>> str(AllOf(Condition("age", ">=", 56), Condition("share_time_deposit", ">=", 0.62)))
    'age >= 56 and share_time_deposit >= 0.62'
    """

    parts: tuple[Expression, ...]
    _word = "all"

    def __init__(self, *parts: Expression) -> None:
        self._set(parts)

    def truth(self, cells: Cells) -> Truth:
        """See `Expression.truth`."""
        found = [part.truth(cells) for part in self.parts]
        return Truth(reduce(and_, (one.yes for one in found)), reduce(or_, (one.no for one in found)))

    def to_ibis(self, table: Any) -> Any:
        """See `Expression.to_ibis`."""
        return reduce(and_, (part.to_ibis(table) for part in self.parts))


@dataclass(frozen=True, init=False)
class AnyOf(_Group):
    """True where at least one part is true.

    Parameters
    ----------
    *parts : Expression
        At least one.

    Examples
    --------
    >>> str(AnyOf(Condition("tier", "is", "strategic"), Condition("balance_total", ">", 1e6)))
    'tier is "strategic" or balance_total > 1000000'
    """

    parts: tuple[Expression, ...]
    _word = "any"

    def __init__(self, *parts: Expression) -> None:
        self._set(parts)

    def truth(self, cells: Cells) -> Truth:
        """See `Expression.truth`."""
        found = [part.truth(cells) for part in self.parts]
        return Truth(reduce(or_, (one.yes for one in found)), reduce(and_, (one.no for one in found)))

    def to_ibis(self, table: Any) -> Any:
        """See `Expression.to_ibis`."""
        return reduce(or_, (part.to_ibis(table) for part in self.parts))


@dataclass(frozen=True, init=False)
class Not(_Group):
    """True where a part is false; unknown where that is unknown.

    Parameters
    ----------
    part : Expression
        What must be false.

    Examples
    --------
    >>> str(Not(Condition("tier", "is", "basic")))
    'not (tier is "basic")'
    """

    parts: tuple[Expression, ...]
    _word = "not"

    def __init__(self, part: Expression) -> None:
        self._set((part,))

    @property
    def part(self) -> Expression:
        """What must be false."""
        return self.parts[0]

    def truth(self, cells: Cells) -> Truth:
        """See `Expression.truth`."""
        yes, no = self.part.truth(cells)
        return Truth(no, yes)

    def to_ibis(self, table: Any) -> Any:
        """See `Expression.to_ibis`."""
        return ~self.part.to_ibis(table)

    def to_dict(self) -> dict[str, Any]:
        """See `Expression.to_dict`."""
        return {self._word: self.part.to_dict()}


def read_expression(content: Any) -> Expression:
    """Return the expression that `Expression.to_dict` wrote.

    Parameters
    ----------
    content : dict
        ``{"all": [...]}``, ``{"any": [...]}``, ``{"not": {...}}`` or a condition's
        ``column``, ``operator`` and ``value``.

    Returns
    -------
    Expression

    Raises
    ------
    ParameterProblem
        If it is none of these.

    Examples
    --------
    >>> read_expression({"not": {"column": "age", "operator": "<", "value": 18}})
    Not(parts=(Condition(column='age', operator='<', value=18),))
    """
    return _read(content, 1)


def _read(content: Any, level: int) -> Expression:
    if level > DEEPEST:
        raise ParameterProblem("insight_rules.error.too_deep", deepest=DEEPEST)
    if not isinstance(content, Mapping):
        raise ParameterProblem("insight_rules.error.not_an_expression", found=type(content).__name__)
    for word, group in (("all", AllOf), ("any", AnyOf)):
        if word in content:
            parts = content[word]
            if not isinstance(parts, list | tuple):
                raise ParameterProblem("insight_rules.error.not_an_expression", found=type(parts).__name__)
            return group(*(_read(part, level + 1) for part in parts))
    if "not" in content:
        return Not(_read(content["not"], level + 1))
    return Condition(content.get("column") or "", str(content.get("operator", "")), content.get("value"))
