"""What a rule set does to the customers: whom it takes, twice, differently, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.insight.rules.patterns import NO_CLUSTER, Patterns, Trial, decode_counts
from workbench.insight.rules.ruleset import RuleSet

COVERAGE = (
    "rule",
    "segment",
    "priority",
    "n_matched",
    "n_assigned",
    "n_lost",
    "n_only",
    "n_unknown",
    "share_matched",
    "share_assigned",
)


@dataclass(frozen=True)
class RuleEvaluation:
    """What a rule set does to the customers it was tried on.

    Parameters
    ----------
    rules : RuleSet
        The rules.
    n : int
        Customers.
    n_covered : int
        Customers whom at least one rule takes.
    n_gap : int
        Customers whom no rule takes.
    n_overlap : int
        Customers whom two or more rules take.
    n_conflict : int
        Those of them whom rules of different segments take; the priority decides.
    coverage : pandas.DataFrame
        One row a rule by priority: rule, segment, priority, ``n_matched`` (whom it takes),
        ``n_assigned`` (of those, whom no rule before it takes), ``n_lost`` (the others),
        ``n_only`` (whom no other rule takes), ``n_unknown`` (of whom it can't tell, for
        want of data), and the shares of all customers.
    overlap : pandas.DataFrame
        One row a pair of rules: rule, other (of lower priority), ``n`` (whom both take),
        ``share`` (of the smaller rule's customers; missing where it takes nobody) and
        ``conflict`` (whether their segments differ).
    crosstab : pandas.DataFrame
        Rule that decides (empty text: none) × cluster (-9: none): ``n``.
    """

    rules: RuleSet
    n: int
    n_covered: int
    n_gap: int
    n_overlap: int
    n_conflict: int
    coverage: pd.DataFrame
    overlap: pd.DataFrame
    crosstab: pd.DataFrame

    def shadowed(self) -> list[str]:
        """Return the rules that take customers and get none: others always come before."""
        rows = self.coverage
        return list(rows.loc[(rows["n_matched"] > 0) & (rows["n_assigned"] == 0), "rule"])

    def idle(self) -> list[str]:
        """Return the rules that take nobody."""
        return list(self.coverage.loc[self.coverage["n_matched"] == 0, "rule"])

    def conflicts(self) -> pd.DataFrame:
        """Return the pairs of rules that put the same customers into different segments.

        Returns
        -------
        pandas.DataFrame
            rule (the one that decides), other, n, share; the most customers first.
        """
        rows = self.overlap[self.overlap["conflict"] & (self.overlap["n"] > 0)]
        return rows.sort_values("n", ascending=False, kind="stable", ignore_index=True).drop(
            columns="conflict"
        )

    def overlap_matrix(self) -> pd.DataFrame:
        """Return rule × rule: customers whom both take; a rule's own number on the diagonal."""
        names = list(self.coverage["rule"])
        matrix = pd.DataFrame(0, index=names, columns=names, dtype="int64")
        values = matrix.to_numpy(copy=True)
        place = {name: number for number, name in enumerate(names)}
        for row in self.overlap.itertuples():
            a, b = place[str(row.rule)], place[str(row.other)]
            values[a, b] = values[b, a] = row.n
        np.fill_diagonal(values, self.coverage["n_matched"])
        return pd.DataFrame(values, index=names, columns=names)


def evaluate_rules(
    customers: pd.DataFrame, rules: RuleSet, clusters: pd.Series | pd.DataFrame | None = None
) -> RuleEvaluation:
    """Say what a rule set does to customers: coverage, overlap, gaps, conflicts, all at once.

    For a table in an engine, count there with `count_rules`, and give the counts to
    `evaluate_counts`.

    Parameters
    ----------
    customers : pandas.DataFrame
        A portrait.
    rules : RuleSet
        The rules.
    clusters : pandas.Series or pandas.DataFrame, optional
        Cluster by customer_id, for the cross-tab: a Series with that index, or a table with
        the columns ``customer_id`` and ``cluster``.

    Returns
    -------
    RuleEvaluation

    Raises
    ------
    ParameterProblem
        If a rule asks for a column that is not there, or of another type.

    Examples
    --------
    >>> from workbench.insight import Condition, Rule
    >>> customers = pd.DataFrame({"customer_id": list("abcd"), "age": [70, 40, 20, 65]})
    >>> found = evaluate_rules(customers, RuleSet([
    ...     Rule("Old", Condition("age", ">=", 60)), Rule("Grown up", Condition("age", ">=", 30)),
    ... ]))
    >>> found.coverage[["rule", "n_matched", "n_assigned", "n_lost"]].values.tolist()
    [['Old', 2, 2, 0], ['Grown up', 3, 1, 2]]
    >>> found.n_gap, found.n_conflict
    (1, 2)
    """
    rules.check(customers)
    return summarise_patterns(Trial(customers, _by_customer(clusters)).patterns(rules), rules)


def evaluate_counts(counted: pd.DataFrame, rules: RuleSet) -> RuleEvaluation:
    """Say what a rule set does to the customers that an engine has counted.

    Parameters
    ----------
    counted : pandas.DataFrame
        What `count_rules` made, out of the engine: ``engine.frame(count_rules(…))``.
    rules : RuleSet
        The same rules.

    Returns
    -------
    RuleEvaluation
        The same as `evaluate_rules` of the same customers.

    Examples
    --------
    >>> from workbench.insight import Condition, Rule
    >>> counted = pd.DataFrame({"cluster": [0, 1], "word_0": [1, 0], "n": [30, 70], "unknown_0": [0, 2]})
    >>> evaluate_counts(counted, RuleSet([Rule("Old", Condition("age", ">=", 60))])).n_gap
    70
    """
    return summarise_patterns(decode_counts(counted, len(rules)), rules)


def apply_rules(customers: Any, rules: RuleSet) -> Any:
    """Return each customer's segment by the first rule that takes them.

    Parameters
    ----------
    customers : pandas.DataFrame or ibis.Table
        A portrait.
    rules : RuleSet
        The rules.

    Returns
    -------
    pandas.DataFrame or ibis.Table
        ``customer_id``, ``rule`` and ``segment`` (missing where no rule takes the customer)
        and ``n_rules``, how many take them. The same kind of table as came in.

    Raises
    ------
    ParameterProblem
        If a rule asks for a column that is not there, or of another type.

    Examples
    --------
    >>> from workbench.insight import Condition, Rule
    >>> customers = pd.DataFrame({"customer_id": ["a", "b"], "age": [70, 20]})
    >>> apply_rules(customers, RuleSet([Rule("Old", Condition("age", ">=", 60))])).values.tolist()
    [['a', 'Old', 'Old', 1], ['b', nan, nan, 0]]
    """
    rules.check(customers)
    if not isinstance(customers, pd.DataFrame):
        return _apply_in_engine(customers, rules)
    taken = Trial(customers).matrix(rules)
    first = taken.argmax(axis=1) if len(rules) else np.zeros(len(customers), dtype="int64")
    anyone = taken.any(axis=1)

    def named(names: list[str]) -> pd.Series:
        cells = np.array([*names, None], dtype="object")[np.where(anyone, first, len(names))]
        return pd.Series(cells, index=customers.index).astype("str")

    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"],
            "rule": named([rule.name for rule in rules]),
            "segment": named([rule.segment for rule in rules]),
            "n_rules": taken.sum(axis=1),
        }
    ).reset_index(drop=True)


def summarise_patterns(patterns: Patterns, rules: RuleSet) -> RuleEvaluation:
    """Return the figures that follow from the counted combinations."""
    taken, counts, n = patterns.taken, patterns.counts, patterns.n
    n_taken = taken.sum(axis=1)
    decided = patterns.decided()
    matched = counts @ taken
    assigned = np.bincount(decided[decided >= 0], counts[decided >= 0], minlength=len(rules)).astype("int64")
    only = counts[n_taken == 1] @ taken[n_taken == 1]
    segments = pd.factorize(np.array([rule.segment for rule in rules], dtype="object"))[0]
    belongs = np.zeros((len(rules), int(segments.max(initial=-1)) + 1))
    belongs[np.arange(len(rules)), segments] = 1.0
    differ = ((taken.astype("float64") @ belongs) > 0).sum(axis=1) > 1
    coverage = pd.DataFrame(
        {
            "rule": [rule.name for rule in rules],
            "segment": [rule.segment for rule in rules],
            "priority": [rule.priority for rule in rules],
            "n_matched": matched,
            "n_assigned": assigned,
            "n_lost": matched - assigned,
            "n_only": only,
            "n_unknown": patterns.unknown,
            "share_matched": matched / n if n else np.nan,
            "share_assigned": assigned / n if n else np.nan,
        }
    )
    return RuleEvaluation(
        rules=rules,
        n=n,
        n_covered=int(counts[n_taken > 0].sum()),
        n_gap=int(counts[n_taken == 0].sum()),
        n_overlap=int(counts[n_taken > 1].sum()),
        n_conflict=int(counts[differ].sum()),
        coverage=_typed(coverage),
        overlap=_overlap(patterns, rules, matched, segments),
        crosstab=_crosstab(patterns, rules, decided),
    )


def _typed(coverage: pd.DataFrame) -> pd.DataFrame:
    whole = {name: "int64" for name in COVERAGE if name.startswith("n_") or name == "priority"}
    return coverage[list(COVERAGE)].astype(
        {"rule": "str", "segment": "str", "share_matched": "float64", "share_assigned": "float64", **whole}
    )


def _overlap(patterns: Patterns, rules: RuleSet, matched: np.ndarray, segments: np.ndarray) -> pd.DataFrame:
    # Customers whom fewer than two rules take are in no pair.
    several = patterns.taken.sum(axis=1) > 1
    taken = patterns.taken[several].astype("float64")
    both = np.rint(taken.T @ (taken * patterns.counts[several][:, None])).astype("int64")
    a, b = np.triu_indices(len(rules), k=1)
    smaller = np.minimum(matched[a], matched[b])
    names = np.array([rule.name for rule in rules], dtype="object")
    share = np.divide(both[a, b], smaller, out=np.full(len(a), np.nan), where=smaller > 0)
    return pd.DataFrame(
        {
            "rule": names[a],
            "other": names[b],
            "n": both[a, b],
            "share": share,
            "conflict": segments[a] != segments[b],
        }
    ).astype({"rule": "str", "other": "str", "n": "int64", "share": "float64", "conflict": "bool"})


def _crosstab(patterns: Patterns, rules: RuleSet, decided: np.ndarray) -> pd.DataFrame:
    clusters = sorted(set(patterns.clusters.tolist()), key=lambda number: (number == NO_CLUSTER, number))
    place = {number: at for at, number in enumerate(clusters)}
    table = np.zeros((len(rules) + 1, len(clusters)), dtype="int64")
    at = np.array([place[number] for number in patterns.clusters.tolist()], dtype="int64")
    np.add.at(table, (decided, at), patterns.counts)
    names = [*(rule.name for rule in rules), ""]
    return pd.DataFrame(
        {
            "rule": np.repeat(np.array(names, dtype="object"), len(clusters)),
            "cluster": np.tile(np.array(clusters, dtype="int64"), len(names)),
            "n": table.ravel(),
        }
    ).astype({"rule": "str", "n": "int64"})


def _apply_in_engine(table: Any, rules: RuleSet) -> Any:
    import ibis

    names = [f"rule_{number}" for number in range(len(rules))]
    asked = table.select(
        "customer_id",
        **{
            name: rule.expression.to_ibis(table).fill_null(False)
            for name, rule in zip(names, rules, strict=True)
        },
    )
    nothing = ibis.null("string")
    if not len(rules):
        return asked.mutate(rule=nothing, segment=nothing, n_rules=ibis.literal(0))
    taken = asked[names[0]].cast("int64")
    for name in names[1:]:
        taken = taken + asked[name].cast("int64")
    decides = [(asked[name], rule) for name, rule in zip(names, rules, strict=True)]
    return asked.select(
        "customer_id",
        rule=ibis.cases(*((yes, rule.name) for yes, rule in decides), else_=nothing),
        segment=ibis.cases(*((yes, rule.segment) for yes, rule in decides), else_=nothing),
        n_rules=taken,
    )


def _by_customer(clusters: Any) -> pd.Series | None:
    if clusters is None or isinstance(clusters, pd.Series):
        return clusters
    if isinstance(clusters, pd.DataFrame) and {"customer_id", "cluster"} <= set(clusters.columns):
        return clusters.set_index("customer_id")["cluster"]
    raise ParameterProblem("insight_rules.error.clusters", found=type(clusters).__name__)
