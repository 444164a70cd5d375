"""How far the distribution of each feature moved: the population stability index."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.insight.versions.chi_square import chi_square_quantile, chi_square_tail

WATCH, SHIFTED = 0.1, 0.25
"""Conventions of the trade: below the first a feature is stable, above the second it has shifted."""
# A bin with fewer customers than this is joined to its neighbour: the chi-squared
# distribution of the index needs about five expected in each.
_FEWEST = 5


def population_stability_index(
    before: pd.DataFrame, after: pd.DataFrame, *, n_bins: int = 10, alpha: float = 0.05
) -> pd.DataFrame:
    """Say of each feature how far its distribution moved, and how far chance alone would move it.

    The index is Σ (q − p) ln(q / p) over the feature's bins (`stability_bins`), p and q
    being the shares before and after. The conventions (below .1 stable, to .25 watch,
    above it shifted) know nothing of how many customers there are. So each index has a
    critical value beside it: when nothing changed, the index over (1/n + 1/m) follows a
    chi-squared distribution with one degree of freedom less than bins. `alpha` is the
    chance that any of the features exceeds its critical value when nothing changed; it
    is divided among the features (Bonferroni). That holds for two independent samples;
    the same customers seen twice move less by chance, so the test is then on the safe
    side.

    Parameters
    ----------
    before, after : pandas.DataFrame of shape (n_customers, n_features)
        One row a customer. Features that only one of them has are left out, and named in
        ``attrs["absent"]``.
    n_bins : int, default=10
        Bins of a numeric feature.
    alpha : float, default=0.05
        Chance of a false alarm in any feature.

    Returns
    -------
    pandas.DataFrame
        `workbench.tables.versions.DRIFT`, the largest index first: feature, kind, n_bins, psi,
        critical, p_value (of this feature alone), exceeds, level.

    Raises
    ------
    ParameterProblem
        If either is no table, is empty, or no feature is in both, or a parameter is out
        of range.

    References
    ----------
    B. Yurdakul, J. Naranjo: Statistical properties of the population stability index.
    Journal of Risk Model Validation 14 (2020) 89-100.

    Examples
    --------
    >>> before = pd.DataFrame({"age": range(1000), "region": ["north", "south"] * 500})
    >>> after = before.assign(age=before["age"] + 150)
    >>> population_stability_index(before, after)[["feature", "psi", "exceeds", "level"]].round(1)
      feature  psi  exceeds    level
    0     age  0.7     True  shifted
    1  region  0.0    False   stable
    """
    if not 0 < alpha < 1:
        raise ParameterProblem("insight_versions.error.alpha", value=alpha)
    bins = stability_bins(before, after, n_bins=n_bins)
    spread = 1 / len(before) + 1 / len(after)
    features = list(dict.fromkeys(bins["feature"]))
    rows = []
    for feature, mine in bins.groupby("feature", sort=False):
        psi, freedom = float(mine["contribution"].sum()), len(mine) - 1
        critical = chi_square_quantile(alpha / len(features), freedom) * spread if freedom else np.nan
        rows.append(
            {
                "feature": feature,
                "kind": mine["kind"].iloc[0],
                "n_bins": len(mine),
                "psi": psi,
                "critical": critical,
                "p_value": chi_square_tail(psi / spread, freedom) if freedom else np.nan,
                "exceeds": bool(freedom and psi > critical),
                "level": "stable" if psi < WATCH else "watch" if psi <= SHIFTED else "shifted",
            }
        )
    found = pd.DataFrame(rows).sort_values("psi", ascending=False, kind="stable", ignore_index=True)
    found.attrs["absent"] = sorted(set(map(str, before.columns)) ^ set(map(str, after.columns)))
    return found


def stability_bins(before: pd.DataFrame, after: pd.DataFrame, *, n_bins: int = 10) -> pd.DataFrame:
    """Count both tables by the bins of each feature.

    A numeric feature is cut at the quantiles of `before`; a value that at least one in
    `n_bins` customers share (0 of a share, 1 of a flag) has a bin to itself, and bins
    with fewer than 5 customers before are joined. A feature of text, or with at most
    `n_bins` different numbers, has a bin a value; values of fewer than 5 customers in
    both tables together stand as one. Missing cells are a bin. A bin that is empty on
    one side counts as half a customer there, so that the logarithm exists; one that is
    empty on both is left out.

    Parameters
    ----------
    before, after : pandas.DataFrame of shape (n_customers, n_features)
        One row a customer.
    n_bins : int, default=10
        Bins of a numeric feature.

    Returns
    -------
    pandas.DataFrame
        feature, kind, bin (its name), n_before, n_after, share_before, share_after,
        contribution (to the index).

    Raises
    ------
    ParameterProblem
        As `population_stability_index`.

    Examples
    --------
    >>> bins = stability_bins(pd.DataFrame({"flag": [0] * 9 + [1]}), pd.DataFrame({"flag": [0, 1]}))
    >>> bins[["bin", "n_before", "n_after", "share_before", "share_after"]]
      bin  n_before  n_after  share_before  share_after
    0   0         9        1           0.9          0.5
    1   1         1        1           0.1          0.5
    """
    shared = _shared(before, after, n_bins)
    # pandas copies what is told of a table (attrs) to each of its columns, deeply.
    before, after = before.copy(deep=False), after.copy(deep=False)
    before.attrs, after.attrs = {}, {}
    parts = []
    for feature in shared:
        one, other = before[feature], after[feature]
        if _is_continuous(one, other, n_bins):
            kind, table = "numeric", _by_quantile(_numbers(one), _numbers(other), n_bins)
        else:
            kind, table = "categorical", _by_value(one, other)
        missing = (int(one.isna().sum()), int(other.isna().sum()))
        if any(missing):
            table.append((None, *missing))
        parts += [(feature, kind, *row) for row in table if row[1] + row[2] > 0]
    bins = pd.DataFrame(parts, columns=["feature", "kind", "bin", "n_before", "n_after"])
    p = np.maximum(bins["n_before"], 0.5) / len(before)
    q = np.maximum(bins["n_after"], 0.5) / len(after)
    return bins.assign(
        share_before=bins["n_before"] / len(before),
        share_after=bins["n_after"] / len(after),
        contribution=(q - p) * np.log(q / p),
    )


def _shared(before: pd.DataFrame, after: pd.DataFrame, n_bins: int) -> list[Hashable]:
    for table in (before, after):
        if not isinstance(table, pd.DataFrame):
            raise ParameterProblem("insight_versions.error.not_a_table", kind=type(table).__name__)
        if table.empty:
            raise ParameterProblem("insight_versions.error.no_features")
    if isinstance(n_bins, bool) or not isinstance(n_bins, (int, np.integer)) or n_bins < 2:
        raise ParameterProblem("insight_versions.error.n_bins", value=n_bins)
    shared: list[Hashable] = [
        name for name in before.columns if name in after.columns and name != "customer_id"
    ]
    if not shared:
        raise ParameterProblem("insight_versions.error.no_shared_features")
    return shared


def _numbers(cells: pd.Series) -> np.ndarray:
    numbers = cells.to_numpy(dtype="float64", na_value=np.nan)
    return numbers[~np.isnan(numbers)]


def _is_continuous(one: pd.Series, other: pd.Series, n_bins: int) -> bool:
    def is_number(cells: pd.Series) -> bool:
        return pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype)

    if not (is_number(one) and is_number(other)):
        return False
    # A look at a few rows spares sorting them all.
    if one.iloc[:1000].nunique() > n_bins:
        return True
    return len(np.unique(np.concatenate([_numbers(one), _numbers(other)]))) > n_bins


def _by_quantile(one: np.ndarray, other: np.ndarray, n_bins: int) -> list[tuple[str | None, int, int]]:
    edges = _edges(one, n_bins)
    counts = [np.bincount(np.searchsorted(edges, x), minlength=len(edges) + 1) for x in (one, other)]
    ends = ["−∞", *(f"{edge:.4g}" for edge in edges), "∞"]
    names = [f"({low}, {high}]" for low, high in pairwise(ends)]
    return [(name, int(n), int(m)) for name, n, m in zip(names, *counts, strict=True)]


def _edges(numbers: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the upper ends of the bins but for the last one, each bin closed above."""
    ordered = np.sort(numbers)
    n = len(ordered)
    if n == 0:
        return np.array([])
    at = np.ceil(n * np.arange(1, n_bins) / n_bins).astype(int) - 1
    edges = set(ordered[at])
    # A value as frequent as a bin is a bin: its lower neighbour closes the one before.
    for value in list(edges):
        first = int(np.searchsorted(ordered, value))
        if first > 0 and np.searchsorted(ordered, value, "right") - first >= n / n_bins:
            edges.add(ordered[first - 1])
    kept: list[float] = []
    taken = 0
    for edge in sorted(edges):
        reached = int(np.searchsorted(ordered, edge, "right"))
        if reached - taken >= _FEWEST and n - reached >= _FEWEST:
            kept.append(edge)
            taken = reached
    return np.array(kept)


def _by_value(one: pd.Series, other: pd.Series) -> list[tuple[str | None, int, int]]:
    counts = pd.DataFrame({"n": one.value_counts(), "m": other.value_counts()}).fillna(0).astype("int64")
    if pd.api.types.is_numeric_dtype(one.dtype) and pd.api.types.is_numeric_dtype(other.dtype):
        counts = counts.sort_index()
        names = [str(v) if isinstance(v, (bool, np.bool_)) else f"{v:g}" for v in counts.index]
    else:
        counts = counts.sort_values(["n", "m"], ascending=False, kind="stable")
        names = [str(value) for value in counts.index]
    rare = (counts["n"] + counts["m"]).to_numpy() < _FEWEST
    cells = counts.to_numpy().tolist()
    table: list[tuple[str | None, int, int]] = [
        (name, n, m)
        for name, (n, m), few in zip(names, cells, rare, strict=True)
        if not few or rare.sum() == 1
    ]
    if rare.sum() > 1:
        table.append(("…", int(counts.loc[rare, "n"].sum()), int(counts.loc[rare, "m"].sum())))
    return table
