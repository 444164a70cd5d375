"""How much two divisions of the same customers agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem


@dataclass(frozen=True)
class MutualInformation:
    """What one division says about another, by entropy; all from 0 to 1.

    Parameters
    ----------
    normalised : float
        Mutual information over the mean of both entropies.
    homogeneity : float
        1 when each segment after holds customers of one segment before: nothing merged.
    completeness : float
        1 when each segment before stayed in one piece: nothing split.
    """

    normalised: float
    homogeneity: float
    completeness: float


def adjusted_rand_index(before: Any, after: Any) -> float:
    """Return how far two divisions of the same customers agree, beyond chance.

    1 is the same division, whatever the names; 0 is what chance gives; below 0 is less.

    Parameters
    ----------
    before, after : array-like of shape (n_customers,)
        The segment of each customer, in the same order.

    Returns
    -------
    float
        The adjusted Rand index; 1 where both have one segment, or where nobody is.

    Raises
    ------
    ParameterProblem
        If the lengths differ.

    References
    ----------
    L. Hubert, P. Arabie: Comparing partitions. Journal of Classification 2 (1985) 193-218.

    Examples
    --------
    >>> adjusted_rand_index(["a", "a", "b", "b"], [1, 1, 0, 0])
    1.0
    >>> round(adjusted_rand_index(["a", "a", "b", "b"], [0, 0, 0, 1]), 3)
    0.0
    """
    return rand_of_counts(_counts(before, after))


def mutual_information(before: Any, after: Any) -> MutualInformation:
    """Return what one division of the customers says about another.

    Parameters
    ----------
    before, after : array-like of shape (n_customers,)
        The segment of each customer, in the same order.

    Returns
    -------
    MutualInformation
        ``normalised``, ``homogeneity`` and ``completeness``.

    Raises
    ------
    ParameterProblem
        If the lengths differ.

    References
    ----------
    A. Rosenberg, J. Hirschberg: V-Measure: a conditional entropy-based external cluster
    evaluation measure. EMNLP-CoNLL (2007) 410-420.

    Examples
    --------
    A split leaves the parts pure, and the whole in pieces.

    >>> found = mutual_information(["a", "a", "b", "b"], [0, 1, 2, 2])
    >>> round(found.homogeneity, 3), round(found.completeness, 3), round(found.normalised, 3)
    (1.0, 0.667, 0.8)
    """
    return information_of_counts(_counts(before, after))


def rand_of_counts(counts: np.ndarray) -> float:
    """Return the adjusted Rand index of a table of counts, before × after."""
    cells = counts.astype("float64")
    n = cells.sum()
    together = float((cells**2).sum())
    rows, columns = float((cells.sum(axis=1) ** 2).sum()), float((cells.sum(axis=0) ** 2).sum())
    # Pairs of customers: together in both, only before, only after, in neither.
    both, only_before, only_after = together - n, rows - together, columns - together
    neither = float(n**2) - both - only_before - only_after - n
    if only_before == 0 and only_after == 0:
        return 1.0
    above = 2 * (both * neither - only_before * only_after)
    below = (both + only_before) * (only_before + neither) + (both + only_after) * (only_after + neither)
    return float(above / below)


def information_of_counts(counts: np.ndarray) -> MutualInformation:
    """Return the shared information of a table of counts, before × after."""
    n = counts.sum()
    if n == 0:
        return MutualInformation(1.0, 1.0, 1.0)
    joint = counts / n
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    shared = max(0.0, _entropy(rows) + _entropy(columns) - _entropy(joint.ravel()))
    homogeneity = shared / _entropy(rows) if _entropy(rows) > 0 else 1.0
    completeness = shared / _entropy(columns) if _entropy(columns) > 0 else 1.0
    whole = _entropy(rows) + _entropy(columns)
    return MutualInformation(2 * shared / whole if whole > 0 else 1.0, homogeneity, completeness)


def _entropy(shares: np.ndarray) -> float:
    filled = shares[shares > 0]
    return float(-(filled * np.log(filled)).sum())


def _counts(before: Any, after: Any) -> np.ndarray:
    if len(before) != len(after):
        raise ParameterProblem("insight_versions.error.lengths", before=len(before), after=len(after))
    rows, row_names = pd.factorize(np.asarray(before))
    columns, column_names = pd.factorize(np.asarray(after))
    counts = np.zeros((len(row_names), len(column_names)))
    np.add.at(counts, (rows, columns), 1)
    return counts
