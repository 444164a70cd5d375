"""Which rules take which customers: every combination once, with how many customers have it.

All figures about a rule set follow from these counts, so the engine passes over the
customers once, and nothing but the counts leaves it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.insight.rules.columns import Cells
from workbench.insight.rules.expression import Expression
from workbench.insight.rules.ruleset import RuleSet

WORD = 62
"""Rules in one whole number of the engine."""
NO_CLUSTER = -9
"""Stands for customers who are in no cluster."""
_KEPT = 2_000


class Patterns:
    """The combinations of rules that occur, and their counts.

    Parameters
    ----------
    taken : numpy.ndarray of shape (n_patterns, n_rules)
        Which rules take the customers of a combination.
    clusters : numpy.ndarray of shape (n_patterns,)
        Their cluster, `NO_CLUSTER` for none.
    counts : numpy.ndarray of shape (n_patterns,)
        Customers.
    unknown : numpy.ndarray of shape (n_rules,)
        Customers of whom data are missing, so that a rule is neither true nor false.
    """

    def __init__(
        self, taken: np.ndarray, clusters: np.ndarray, counts: np.ndarray, unknown: np.ndarray
    ) -> None:
        self.taken, self.clusters, self.counts, self.unknown = taken, clusters, counts, unknown

    @property
    def n(self) -> int:
        """All customers."""
        return int(self.counts.sum())

    def decided(self) -> np.ndarray:
        """Return the position of the rule that decides, -1 where none takes them."""
        if not self.taken.shape[1]:
            return np.full(len(self.taken), -1)
        return np.where(self.taken.any(axis=1), self.taken.argmax(axis=1), -1)


class Trial:
    """Customers in memory to try rules on; a rule that was tried before costs nothing again.

    Parameters
    ----------
    customers : pandas.DataFrame
        A portrait.
    clusters : pandas.Series, optional
        Cluster by customer_id.
    """

    def __init__(self, customers: pd.DataFrame, clusters: pd.Series | None = None) -> None:
        self.cells = Cells(customers)
        self.clusters = np.full(len(customers), NO_CLUSTER)
        if clusters is not None and "customer_id" in customers.columns:
            found = customers["customer_id"].map(clusters)
            self.clusters = found.fillna(NO_CLUSTER).to_numpy(dtype="int64")
        self._known: dict[Expression, tuple[np.ndarray, int]] = {}

    def takes(self, expression: Expression) -> tuple[np.ndarray, int]:
        """Return whom an expression takes, and of how many it can't tell."""
        found = self._known.get(expression)
        if found is None:
            if len(self._known) > _KEPT:
                self._known.clear()
            yes, no = expression.truth(self.cells)
            found = self._known[expression] = (yes, int((~yes & ~no).sum()))
        return found

    def matrix(self, rules: RuleSet) -> np.ndarray:
        """Return which rule takes whom, shape (n_customers, n_rules)."""
        if not len(rules):
            return np.zeros((len(self.cells), 0), dtype=bool)
        return np.column_stack([self.takes(rule.expression)[0] for rule in rules])

    def patterns(self, rules: RuleSet) -> Patterns:
        """Count the combinations of a rule set that fits the customers."""
        taken = self.matrix(rules)
        unknown = np.array([self.takes(rule.expression)[1] for rule in rules], dtype="int64")
        keys = {"cluster": self.clusters}
        for word, begin in enumerate(range(0, taken.shape[1], WORD)):
            part = taken[:, begin : begin + WORD]
            keys[f"word_{word}"] = part @ (np.int64(1) << np.arange(part.shape[1], dtype="int64"))
        counted = pd.DataFrame(keys).groupby(list(keys), sort=False).size().reset_index(name="n")
        return _decoded(counted, len(rules), unknown)


def count_rules(table: Any, rules: RuleSet, clusters: Any = None) -> Any:
    """Return the combinations of rules with their counts, as a table of the engine.

    It is one pass over the customers, and one row a combination comes out, however many
    customers there are. `evaluate_counts` reads it once it has left the engine.

    Parameters
    ----------
    table : ibis.Table
        A portrait.
    rules : RuleSet
        The rules.
    clusters : ibis.Table, optional
        ``customer_id`` and ``cluster``.

    Returns
    -------
    ibis.Table
        ``cluster`` (-9 for none), ``n``, ``word_0`` … (which rules, as bits) and
        ``unknown_0`` … (customers of whom a rule can't tell).

    Raises
    ------
    ParameterProblem
        If a rule asks for a column that is not there, or of another type.

    Examples
    --------
    >>> import ibis
    >>> from workbench.insight import Condition, Rule
    >>> portrait = ibis.table({"customer_id": "string", "age": "float64"}, name="portrait")
    >>> count_rules(portrait, RuleSet([Rule("Old", Condition("age", ">=", 60))])).columns
    ('cluster', 'word_0', 'n', 'unknown_0')
    """
    import ibis

    rules.check(table)
    if clusters is not None:
        table = table.left_join(clusters.select("customer_id", "cluster"), "customer_id")
        cluster = table["cluster"].fill_null(NO_CLUSTER).cast("int64")
    else:
        cluster = ibis.literal(NO_CLUSTER).cast("int64")
    names = [f"rule_{number}" for number in range(len(rules))]
    asked = table.select(
        cluster=cluster,
        **{name: rule.expression.to_ibis(table) for name, rule in zip(names, rules, strict=True)},
    )
    words = {
        f"word_{word}": _word(asked, names[begin : begin + WORD])
        for word, begin in enumerate(range(0, len(names), WORD))
    }
    unknown = {
        f"unknown_{number}": asked[name].isnull().cast("int64").sum() for number, name in enumerate(names)
    }
    return asked.group_by("cluster", **words).aggregate(n=asked.count(), **unknown)


def decode_counts(counted: pd.DataFrame, n_rules: int) -> Patterns:
    """Return the combinations that `count_rules` counted."""
    names = [f"unknown_{number}" for number in range(n_rules)]
    return _decoded(counted, n_rules, counted[names].sum().to_numpy(dtype="int64"))


def _word(asked: Any, names: list[str]) -> Any:
    bits = [asked[name].fill_null(False).cast("int64") * (1 << place) for place, name in enumerate(names)]
    total = bits[0]
    for bit in bits[1:]:
        total = total + bit
    return total


def _decoded(counted: pd.DataFrame, n_rules: int, unknown: np.ndarray) -> Patterns:
    taken = np.zeros((len(counted), n_rules), dtype=bool)
    for place in range(n_rules):
        word = counted[f"word_{place // WORD}"].to_numpy(dtype="int64")
        taken[:, place] = (word >> (place % WORD)) & 1
    clusters = counted["cluster"].to_numpy(dtype="int64")
    return Patterns(taken, clusters, counted["n"].to_numpy(dtype="int64"), unknown)
