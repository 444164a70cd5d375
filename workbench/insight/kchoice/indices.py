"""Indices of a clustering from its clusters' sizes, means and spreads, in one pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Indices(NamedTuple):
    """Inertia, Calinski-Harabasz and Davies-Bouldin; the latter two may be missing (NaN)."""

    inertia: float
    calinski_harabasz_score: float
    davies_bouldin_score: float


def spread_indices(points: np.ndarray, labels: np.ndarray) -> Indices:
    """Return the indices that need distances to centroids alone.

    Parameters
    ----------
    points : numpy.ndarray of shape (n, n_features)
        Scaled customers.
    labels : numpy.ndarray of shape (n,)
        Their clusters; customers in none (-1) are left out.

    Returns
    -------
    Indices

    References
    ----------
    T. Calinski, J. Harabasz: A dendrite method for cluster analysis. Communications in
    Statistics 3 (1974). D. Davies, D. Bouldin: A cluster separation measure. IEEE PAMI 1
    (1979).

    Examples
    --------
    >>> import numpy as np
    >>> points = np.array([[0.0], [2.0], [10.0], [12.0]])
    >>> spread_indices(points, np.array([0, 0, 1, 1]))
    Indices(inertia=4.0, calinski_harabasz_score=50.0, davies_bouldin_score=0.2)
    """
    if (labels < 0).any():
        points, labels = points[labels >= 0], labels[labels >= 0]
    present, codes = np.unique(labels, return_inverse=True)
    n, k = len(points), len(present)
    if not k:
        return Indices(float("nan"), float("nan"), float("nan"))
    sizes = np.bincount(codes)
    centroids = np.column_stack([np.bincount(codes, column) for column in points.T]) / sizes[:, None]
    squared = ((points - centroids[codes]) ** 2).sum(axis=1)
    inertia = float(squared.sum())
    if not 1 < k < n:
        return Indices(inertia, float("nan"), float("nan"))
    between = float((sizes * ((centroids - points.mean(axis=0)) ** 2).sum(axis=1)).sum())
    # As scikit-learn: 1 where the clusters have no spread at all.
    ratio = 1.0 if inertia == 0 else between * (n - k) / (inertia * (k - 1))
    return Indices(inertia, ratio, _davies_bouldin(np.bincount(codes, np.sqrt(squared)) / sizes, centroids))


def _davies_bouldin(spreads: np.ndarray, centroids: np.ndarray) -> float:
    apart = np.sqrt(((centroids[:, None, :] - centroids[None, :, :]) ** 2).sum(axis=2))
    if np.allclose(spreads, 0) or np.allclose(apart, 0):
        return 0.0
    together = spreads[:, None] + spreads[None, :]
    similar = np.divide(together, apart, out=np.zeros_like(apart), where=apart > 0)
    return float(similar.max(axis=1).mean())
