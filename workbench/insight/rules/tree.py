"""A cluster told as a rule: a small decision tree, put into an expert's terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.insight import catalogue
from workbench.insight.rules.columns import SHARE, Cells
from workbench.insight.rules.condition import Condition
from workbench.insight.rules.groups import AnyOf
from workbench.insight.rules.rounding import Fit, path_expression, rounded, simplified
from workbench.insight.rules.ruleset import Rule
from workbench.insight.threads import one_thread

LEARNED_FROM = 8_000
"""Customers that a tree is learned from at most; the rest is held out."""
SMALLEST = 20
"""Customers of the cluster, and others, that are needed to learn a rule."""
MOST_LEVELS = 12
# A further path into the rule must be worth this much of the F1 score.
_WORTH_A_PATH = 0.02
_MOST_PATHS = 3
_Z = 1.959963984540054


@dataclass(frozen=True)
class ClusterRule:
    """A cluster as a rule, and how well the rule finds it.

    Parameters
    ----------
    cluster : int
        The cluster.
    rule : Rule
        The rule, its thresholds rounded; change it as you like.
    precision, coverage : float
        Of the held-out customers: the share of those whom the rule takes that are in the
        cluster, and the share of the cluster that it takes (recall). Precision is missing
        where it takes nobody.
    precision_low, precision_high, coverage_low, coverage_high : float
        Ends of their 95% intervals (Wilson).
    n_held_out, n_learned : int
        Customers that the figures are of, and those that the rule was learned from.
    precision_exact, coverage_exact : float
        The same before the thresholds were rounded.
    """

    cluster: int
    rule: Rule
    precision: float
    precision_low: float
    precision_high: float
    coverage: float
    coverage_low: float
    coverage_high: float
    n_held_out: int
    n_learned: int
    precision_exact: float
    coverage_exact: float

    @property
    def precision_lost(self) -> float:
        """Precision that the rounding cost; negative where it gained."""
        return self.precision_exact - self.precision


def learn_rule(
    customers: pd.DataFrame,
    labels: pd.Series | Sequence[int] | np.ndarray,
    cluster: int,
    *,
    max_depth: int = 3,
    held_out: float = 0.3,
    columns: Sequence[str] | None = None,
    name: str = "",
    segment_zh: str = "",
    random_state: int = 0,
) -> ClusterRule:
    """Tell a cluster as a rule on the portrait's own columns.

    A decision tree of at most `max_depth` questions is learned from some of the customers;
    of its nodes the one, or the few together, that find the cluster best (F1 score) become
    the rule. Conditions that add nothing are dropped, and thresholds are rounded as far as
    that costs next to nothing. Precision and coverage are those of the finished rule, as it
    would be applied, on customers that took no part.

    Parameters
    ----------
    customers : pandas.DataFrame
        A portrait.
    labels : pandas.Series or array-like
        Cluster of each customer: a Series by customer_id (others are left out), or one
        label a row.
    cluster : int
        The cluster to tell.
    max_depth : int, default=3
        Most questions on the way to an answer.
    held_out : float, default=0.3
        Share of customers held out, at least; at most 8,000 are learned from.
    columns : sequence of str, optional
        Columns to use; by default those that are behaviour, as in `build_features`, with
        shares of products in place of their balances.
    name, segment_zh : str, default=""
        Name of the rule and segment; by default ``Cluster 3``.
    random_state : int, default=0
        Seed of the split and the tree.

    Returns
    -------
    ClusterRule

    Raises
    ------
    ParameterProblem
        If the cluster, or what is outside it, has too few customers, a parameter is not
        allowed, or no column can tell customers apart.

    References
    ----------
    L. Breiman, J. Friedman, R. Olshen, C. Stone: Classification and Regression Trees.
    Wadsworth (1984).

    Examples
    --------
    >>> ages = np.r_[np.full(60, 25.0), np.full(60, 67.0)]
    >>> customers = pd.DataFrame({"customer_id": [str(i) for i in range(120)], "age": ages})
    >>> found = learn_rule(customers, (ages > 50).astype(int), 1)
    >>> str(found.rule.expression), found.precision, found.coverage, found.n_held_out
    ('age >= 50', 1.0, 1.0, 36)
    """
    found = learn_rules(
        customers,
        labels,
        [cluster],
        names={int(cluster): (name or f"Cluster {cluster}", segment_zh)},
        max_depth=max_depth,
        held_out=held_out,
        columns=columns,
        random_state=random_state,
    )
    problem = found[int(cluster)]
    if isinstance(problem, ParameterProblem):
        raise problem
    return problem


@one_thread
def learn_rules(
    customers: pd.DataFrame,
    labels: pd.Series | Sequence[int] | np.ndarray,
    clusters: Sequence[int],
    *,
    names: Mapping[int, tuple[str, str]] | None = None,
    max_depth: int = 3,
    held_out: float = 0.3,
    columns: Sequence[str] | None = None,
    random_state: int = 0,
) -> dict[int, ClusterRule | ParameterProblem]:
    """Tell several clusters as rules, from one split of the customers; see `learn_rule`.

    Parameters
    ----------
    customers, labels, max_depth, held_out, columns, random_state
        As in `learn_rule`.
    clusters : sequence of int
        The clusters to tell.
    names : mapping of int to (str, str), optional
        Each cluster's name, and its Chinese one.

    Returns
    -------
    dict
        Cluster → its rule, or the problem that says why there is none.
    """
    if not 1 <= max_depth <= 8 or not 0 < held_out < 1:
        raise ParameterProblem("insight_rules.error.tree", max_depth=max_depth, held_out=held_out)
    rows, numbers = _rows_and_labels(customers, labels)
    order = np.random.default_rng(random_state).permutation(len(rows))
    n_learned = min(LEARNED_FROM, len(rows) - max(1, round(held_out * len(rows))))
    learned, rest = np.sort(order[: max(0, n_learned)]), np.sort(order[max(0, n_learned) :])
    cells, held = Cells(rows.iloc[learned]), Cells(rows.iloc[rest])
    candidates: dict[str, np.ndarray] | None = None
    found: dict[int, ClusterRule | ParameterProblem] = {}
    for cluster in map(int, clusters):
        try:
            _check_enough(cluster, numbers == cluster)
            _check_enough(cluster, numbers[learned] == cluster, at_least=SMALLEST // 2)
            candidates = _candidates(cells, columns) if candidates is None else candidates
            fit = Fit(cells, numbers[learned] == cluster)
            exact = _learned(fit, candidates, max_depth, random_state)
            title, chinese = (names or {}).get(cluster) or (f"Cluster {cluster}", "")
            found[cluster] = _told(cluster, exact, fit, Fit(held, numbers[rest] == cluster), title, chinese)
        except ParameterProblem as problem:
            found[cluster] = problem
    return found


def _told(
    cluster: int, exact: list[list[Condition]], fit: Fit, held: Fit, title: str, segment_zh: str
) -> ClusterRule:
    final = rounded(simplified(exact, fit), fit)
    precision, coverage = _measured(held, final)
    exact_precision, exact_coverage = _measured(held, exact)
    return ClusterRule(
        cluster=cluster,
        rule=Rule(title, _joined(final), segment=title, segment_zh=segment_zh),
        precision=precision[0],
        precision_low=precision[1],
        precision_high=precision[2],
        coverage=coverage[0],
        coverage_low=coverage[1],
        coverage_high=coverage[2],
        n_held_out=len(held.inside),
        n_learned=len(fit.inside),
        precision_exact=exact_precision[0],
        coverage_exact=exact_coverage[0],
    )


def wilson(hits: float, n: float) -> tuple[float, float, float]:
    """Return a share and the ends of its 95% interval; all missing without cases.

    References
    ----------
    E. B. Wilson: Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association 22 (1927).

    Examples
    --------
    >>> [round(value, 3) for value in wilson(8, 10)]
    [0.8, 0.49, 0.943]
    """
    if n == 0:
        return float("nan"), float("nan"), float("nan")
    share = hits / n
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return float(share), float(max(0.0, centre - half)), float(min(1.0, centre + half))


def _rows_and_labels(
    customers: pd.DataFrame, labels: pd.Series | Sequence[int] | np.ndarray
) -> tuple[pd.DataFrame, np.ndarray]:
    if isinstance(labels, pd.Series) and "customer_id" in customers.columns:
        found = customers["customer_id"].map(labels)
        known = found.notna().to_numpy()
        return customers[known], found[known].to_numpy(dtype="int64")
    own = np.asarray(labels)
    if own.shape != (len(customers),):
        raise ParameterProblem("insight_room.error.labels_do_not_fit", n=len(customers), labels=int(own.size))
    return customers, own


def _check_enough(cluster: int, inside: np.ndarray, at_least: int = SMALLEST) -> None:
    n = int(inside.sum())
    if n < at_least or len(inside) - n < at_least:
        raise ParameterProblem(
            "insight_rules.error.too_few", cluster=cluster, n=n, others=len(inside) - n, least=SMALLEST
        )


def _candidates(cells: Cells, columns: Sequence[str] | None) -> dict[str, np.ndarray]:
    """Return the columns to learn from as numbers: ``column``, or ``column=value`` for text."""
    found: dict[str, np.ndarray] = {}
    wanted = list(columns) if columns is not None else _usual(cells)
    for name in wanted:
        if name not in cells.kinds:
            Condition(name, "is_missing").check_column(cells.kinds)
        kind = cells.kinds[name]
        missing = cells.missing(name)
        if kind == "date" or missing.mean() > catalogue.MAXIMUM_MISSING_SHARE:
            continue
        if kind == "number":
            numbers = np.where(np.isfinite(cells.numbers(name)), cells.numbers(name), np.nan)
            # Only to learn by: the rule itself takes nobody whose value is missing.
            found[name] = np.where(np.isnan(numbers), np.nanmedian(numbers), numbers)
        elif kind == "boolean":
            found[name] = cells.truths(name)[0].astype("float64")
        elif len(cells.codes(name)[1]) <= MOST_LEVELS:
            codes, values = cells.codes(name)
            found |= {f"{name}={value}": (codes == code).astype("float64") for value, code in values.items()}
    varying = {name: numbers for name, numbers in found.items() if np.ptp(numbers) > 0}
    if not varying:
        raise ParameterProblem("insight_room.error.no_columns", present=", ".join(cells.kinds) or "–")
    return varying


def _usual(cells: Cells) -> list[str]:
    # A product counts by its share, as among the features: the amount says how rich one is.
    shares = {f"balance_{name.removeprefix(SHARE)}" for name in cells.kinds if name.startswith(SHARE)}
    return [name for name in cells.kinds if name.lower() not in catalogue.EXCLUDED and name not in shares]


def _learned(
    fit: Fit, candidates: dict[str, np.ndarray], max_depth: int, random_state: int
) -> list[list[Condition]]:
    """Return the paths that find the cluster best: any of them, all of a path's conditions."""
    from sklearn.tree import DecisionTreeClassifier

    matrix = np.column_stack(list(candidates.values())).astype("float32")
    target = fit.inside
    best: list[list[Condition]] = []
    for weight in (None, "balanced"):
        tree = DecisionTreeClassifier(
            max_depth=max_depth,
            min_samples_leaf=max(5, len(target) // 200),
            class_weight=weight,
            random_state=random_state,
        ).fit(matrix, target)
        paths = _paths(tree.tree_, list(candidates), fit.cells)
        if not paths:
            continue
        chosen = [max(paths, key=lambda path: (fit.score([path]), -len(path)))]
        while len(chosen) < _MOST_PATHS:
            longer = max(([*chosen, path] for path in paths), key=fit.score)
            if fit.score(longer) < fit.score(chosen) + _WORTH_A_PATH:
                break
            chosen = longer
        if not best or fit.score(chosen) > fit.score(best):
            best = chosen
    if not best:
        raise ParameterProblem("insight_rules.error.nothing_learned")
    return best


def _paths(tree: Any, names: list[str], cells: Cells) -> list[list[Condition]]:
    """Return the conditions on the way to each node but the root."""
    found: list[list[Condition]] = []

    def walk(node: int, path: list[Condition]) -> None:
        if path:
            found.append(path)
        if tree.children_left[node] < 0:
            return
        name, limit = names[tree.feature[node]], float(tree.threshold[node])
        below, above = _split(name, limit, cells)
        walk(tree.children_left[node], [*path, below])
        walk(tree.children_right[node], [*path, above])

    walk(0, [])
    return found


def _split(name: str, limit: float, cells: Cells) -> tuple[Condition, Condition]:
    kind = cells.kinds.get(name)
    if kind == "number":
        return Condition(name, "<", limit), Condition(name, ">=", limit)
    if kind == "boolean":
        return Condition(name, "is", False), Condition(name, "is", True)
    column, _, value = name.partition("=")
    return Condition(column, "is_not", value), Condition(column, "is", value)


def _joined(paths: list[list[Condition]]) -> Any:
    return path_expression(paths[0]) if len(paths) == 1 else AnyOf(*map(path_expression, paths))


def _measured(
    fit: Fit, paths: list[list[Condition]]
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    taken, inside = fit.takes(paths), fit.inside
    hits = float((taken & inside).sum())
    return wilson(hits, float(taken.sum())), wilson(hits, float(inside.sum()))
