"""What every expression of a rule can do, and what is true where data are missing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.insight.rules.columns import Cells, column_kinds

if TYPE_CHECKING:
    import pandas as pd

    from workbench.insight.rules.condition import Condition


class Truth(NamedTuple):
    """For whom an expression is true, and for whom false; neither where data are missing."""

    yes: np.ndarray
    no: np.ndarray


class Expression(ABC):
    """A condition on one customer: true, false, or unknown where a value is missing.

    A condition on a missing value is unknown: neither it nor its opposite holds. ``Not``
    of unknown is unknown; a group is decided where its known parts decide it. A rule takes
    a customer only where its expression is true, so nobody gets into a segment, or out of
    its opposite, for want of data. Who wants those customers asks for ``is_missing``. This
    is the three-valued logic of SQL, and the engine and pandas agree on it.

    Join with ``&``, ``|`` and ``~``, or with `AllOf`, `AnyOf` and `Not`.
    """

    @abstractmethod
    def truth(self, cells: Cells) -> Truth:
        """Return for whom it is true and for whom false, of a frame's cells."""

    @abstractmethod
    def to_ibis(self, table: Any) -> Any:
        """Return it as an Ibis boolean value over a table; missing where it is unknown."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""

    @abstractmethod
    def conditions(self) -> Iterator[Condition]:
        """Return the conditions in it, in order."""

    @property
    def depth(self) -> int:
        """Levels of groups."""
        return 1

    def mask(self, customers: pd.DataFrame) -> np.ndarray:
        """Return for whom of a frame's rows it is true.

        Examples
        --------
        >>> import pandas as pd
        >>> from workbench.insight import Condition
        >>> (~Condition("age", ">=", 56)).mask(pd.DataFrame({"age": [60.0, 40.0, None]})).tolist()
        [False, True, False]
        """
        cells = Cells(customers)
        self.check(cells.kinds)
        return self.truth(cells).yes

    def columns(self) -> list[str]:
        """Return the columns that it asks for, each once."""
        return list(dict.fromkeys(condition.column for condition in self.conditions()))

    def check(self, columns: Any, rule: str = "") -> None:
        """Say whether a table can answer it.

        Parameters
        ----------
        columns : mapping of str to str, pandas.DataFrame or ibis.Table
            The table, or what `column_kinds` says of it.
        rule : str, default=""
            The rule's name, for the sentence.

        Raises
        ------
        ParameterProblem
            If a column is missing, or an operator does not go with its type.
        """
        kinds = columns if isinstance(columns, Mapping) else column_kinds(columns)
        for condition in self.conditions():
            condition.check_column(kinds, rule)

    def describe(self, lang: str = "en") -> str:
        """Return it as words of a language.

        Examples
        --------
        >>> from workbench.insight import Condition
        >>> Condition("age", ">=", 56).describe(), Condition("age", ">=", 56).describe("zh_CN")
        ('age at least 56', '年龄不低于56')
        """
        from workbench.insight.rules.wording import sentence

        return sentence(self, lang)

    def python(self) -> str:
        """Return the Python that makes it."""
        from workbench.insight.rules.wording import python

        return python(self)

    def __str__(self) -> str:
        from workbench.insight.rules.wording import formula

        return formula(self)

    def __and__(self, other: Expression) -> Expression:
        from workbench.insight.rules.groups import AllOf

        return AllOf(self, other)

    def __or__(self, other: Expression) -> Expression:
        from workbench.insight.rules.groups import AnyOf

        return AnyOf(self, other)

    def __invert__(self) -> Expression:
        from workbench.insight.rules.groups import Not

        return Not(self)
