"""How far the customers who are to be scored differ from those that a model learned from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem

Vector = npt.NDArray[np.float64]
WATCH, SHIFTED = 0.1, 0.25
"""Conventions of the trade: below the first a feature is stable, above the second it has shifted."""
SCORE = "propensity"
"""Name of the row about the model's own score."""
N_BINS = 10
# A bin with fewer customers is joined to its neighbour: the chi-squared distribution of the
# index needs about five expected in each.
_FEWEST = 5


def learn_bins(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return how the values of each column lie, as plain data that is kept with a model.

    A number is cut at its deciles; a value that at least a tenth of the rows share has a
    bin to itself, and bins of fewer than 5 rows are joined. A word, and a number of at most
    ten different values, has a bin a value; values of fewer than 5 rows stand as one, and
    so do values that are new later. Missing cells are a bin.

    Examples
    --------
    >>> (owner,) = learn_bins(pd.DataFrame({"owner": [True] * 6 + [False] * 9}))
    >>> owner["kind"], owner["values"], owner["n"], owner["missing"]
    ('categorical', ['False', 'True'], [9, 6], 0)
    """
    return [_learn(str(name), frame[name]) for name in frame.columns]


def measure_drift(bins: list[dict[str, Any]], frame: pd.DataFrame, *, alpha: float = 0.05) -> pd.DataFrame:
    """Return the population stability index of each column, with what chance alone would give.

    The index is Σ (q − p) ln(q / p) over a column's bins, p being the shares where the model
    learned and q those of the rows here; an empty bin counts as half a row. When nothing
    changed, the index over (1/n + 1/m) follows a chi-squared distribution with one degree of
    freedom less than bins, which gives the critical value. `alpha` is the chance that any of
    the columns exceeds it; it is divided among them (Bonferroni).

    Parameters
    ----------
    bins : list of dict
        From `learn_bins`.
    frame : pandas.DataFrame
        The customers who are to be scored. Columns that it lacks are left out.
    alpha : float, default=0.05
        Chance of a false alarm in any column.

    Returns
    -------
    pandas.DataFrame
        The largest index first: ``feature``, ``kind``, ``n_bins``, ``psi``, ``critical``,
        ``p_value`` (of this column alone), ``exceeds``, ``level`` (stable, watch, shifted,
        by convention).

    Raises
    ------
    ParameterProblem
        If `alpha` is not between 0 and 1, or nobody is to be scored.

    References
    ----------
    B. Yurdakul, J. Naranjo: Statistical properties of the population stability index.
    Journal of Risk Model Validation 14 (2020) 89-100.

    Examples
    --------
    >>> before = pd.DataFrame({"age": range(1000)})
    >>> measure_drift(learn_bins(before), before + 150)[["feature", "psi", "level"]].round(1)
      feature  psi    level
    0     age  0.7  shifted
    """
    from scipy.special import chdtrc, chdtri

    if not 0 < alpha < 1:
        raise ParameterProblem("strategy_models.error.alpha", value=alpha)
    if frame.empty:
        raise ParameterProblem("strategy_models.error.nobody")
    known = [each for each in bins if each["name"] in frame.columns]
    rows = []
    for each in known:
        before, after = _counts(each), _count(each, frame[each["name"]])
        there = before + after > 0
        before, after = before[there], after[there]
        p, q = np.maximum(before, 0.5) / before.sum(), np.maximum(after, 0.5) / after.sum()
        psi, freedom = float(((q - p) * np.log(q / p)).sum()), int(there.sum()) - 1
        spread = 1 / before.sum() + 1 / after.sum()
        critical = float(chdtri(freedom, alpha / len(known))) * spread if freedom else float("nan")
        rows.append(
            {
                "feature": each["name"],
                "kind": each["kind"],
                "n_bins": int(there.sum()),
                "psi": psi,
                "critical": critical,
                "p_value": float(chdtrc(freedom, psi / spread)) if freedom else float("nan"),
                "exceeds": bool(freedom and psi > critical),
                "level": "stable" if psi < WATCH else "watch" if psi <= SHIFTED else "shifted",
            }
        )
    found = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    return found.sort_values("psi", ascending=False, kind="stable", ignore_index=True)


COLUMNS: dict[str, Any] = {
    "feature": "str",
    "kind": "str",
    "n_bins": "int64",
    "psi": "float64",
    "critical": "float64",
    "p_value": "float64",
    "exceeds": "bool",
    "level": "str",
}


def _learn(name: str, cells: pd.Series) -> dict[str, Any]:
    missing = int(cells.isna().sum())
    if _is_number(cells):
        known = _numbers(cells)
        if len(np.unique(known)) > N_BINS:
            edges = _edges(known)
            n = np.bincount(np.searchsorted(edges, known), minlength=len(edges) + 1)
            return {
                "name": name,
                "kind": "numeric",
                "edges": edges.tolist(),
                "n": n.tolist(),
                "missing": len(cells) - len(known),
            }
    counts = _words(cells).value_counts()
    often = counts[counts >= _FEWEST].sort_index()
    return {
        "name": name,
        "kind": "categorical",
        "values": [str(value) for value in often.index],
        "n": [int(n) for n in often],
        "rest": int(counts.sum() - often.sum()),
        "missing": missing,
    }


def _counts(each: dict[str, Any]) -> Vector:
    """Return the counts that were learned: the bins, the rest, the missing."""
    return np.array([*each["n"], each.get("rest", 0), each["missing"]], dtype="float64")


def _count(each: dict[str, Any], cells: pd.Series) -> Vector:
    """Count other cells by the bins that were learned."""
    missing = int(cells.isna().sum())
    if each["kind"] == "numeric":
        known = _numbers(cells if _is_number(cells) else pd.to_numeric(cells, errors="coerce"))
        edges = np.asarray(each["edges"], dtype="float64")
        fell = np.bincount(np.searchsorted(edges, known), minlength=len(edges) + 1)
        return np.array([*fell, 0, len(cells) - len(known)], dtype="float64")
    counts = _words(cells).value_counts()
    n = counts.reindex(each["values"]).fillna(0).to_numpy(dtype="float64")
    return np.array([*n, counts.sum() - n.sum(), missing], dtype="float64")


def _edges(numbers: Vector) -> Vector:
    """Return the upper ends of the bins but for the last one, each bin closed above."""
    ordered = np.sort(numbers)
    n = len(ordered)
    at = np.ceil(n * np.arange(1, N_BINS) / N_BINS).astype(int) - 1
    edges = set(ordered[at])
    # A value as frequent as a bin is a bin: its lower neighbour closes the one before.
    for value in list(edges):
        first = int(np.searchsorted(ordered, value))
        if first > 0 and np.searchsorted(ordered, value, "right") - first >= n / N_BINS:
            edges.add(ordered[first - 1])
    kept: list[float] = []
    taken = 0
    for edge in sorted(edges):
        reached = int(np.searchsorted(ordered, edge, "right"))
        if reached - taken >= _FEWEST and n - reached >= _FEWEST:
            kept.append(float(edge))
            taken = reached
    return np.array(kept)


def _is_number(cells: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype)


def _numbers(cells: pd.Series) -> Vector:
    numbers = cells.to_numpy(dtype="float64", na_value=np.nan)
    return numbers[np.isfinite(numbers)]


def _words(cells: pd.Series) -> pd.Series:
    known = cells.dropna()
    if _is_number(known):
        # 1 and 1.0 are one value, whatever the column's type is later.
        return known.astype("float64").map("{:g}".format)
    return known.astype("object").map(str)
