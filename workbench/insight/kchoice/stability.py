"""Do the same clusters come back when the customers are drawn again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LOW, HIGH = 5, 95


@dataclass(frozen=True)
class Stability:
    """How often the clusters of one clustering came back.

    Parameters
    ----------
    jaccard : numpy.ndarray of shape (k,)
        Each cluster's mean Jaccard coefficient over the draws; 0 for a cluster that was
        never drawn.
    low, high : numpy.ndarray of shape (k,)
        5% and 95% quantiles over the draws.
    ari : float
        Mean adjusted Rand index between one draw's clustering and the next one's, over
        the customers in both; missing with a single draw.
    """

    jaccard: np.ndarray
    low: np.ndarray
    high: np.ndarray
    ari: float

    @property
    def least(self) -> float:
        """The least stable cluster's mean coefficient."""
        return float(self.jaccard.min()) if self.jaccard.size else float("nan")


def bootstrap_stability(
    labels: np.ndarray,
    k: int,
    refit: Callable[[np.ndarray, int], np.ndarray],
    n_bootstrap: int,
    random_state: int,
    progress: Callable[[float], None],
) -> Stability:
    """Draw customers again, cluster them anew, and compare.

    Parameters
    ----------
    labels : numpy.ndarray of shape (n,)
        Clusters of the customers drawn from; -1 for none.
    k : int
        Number of clusters.
    refit : callable
        ``refit(rows, seed)`` clusters the customers in those rows.
    n_bootstrap : int
        Draws, at least 1.
    random_state : int
        Seed. Clusterings of the same number of customers see the same draws.
    progress : callable
        Called with the share done.

    Returns
    -------
    Stability

    Notes
    -----
    As in the R function ``fpc::clusterboot`` with its defaults: a customer drawn twice
    counts once, in the clustering and in the coefficient.

    References
    ----------
    C. Hennig: Cluster-wise assessment of cluster stability. Computational Statistics &
    Data Analysis 52 (2007), section 3.
    """
    rng = np.random.default_rng([random_state, 2])
    n = len(labels)
    coefficients, agreements = [], []
    before: np.ndarray | None = None
    for number in range(n_bootstrap):
        drawn = np.unique(rng.integers(0, n, n))
        if len(drawn) >= k:
            anew = refit(drawn, random_state + number)
            coefficients.append(jaccard_of_clusters(labels[drawn], anew, k))
            whole = np.full(n, -2)
            whole[drawn] = anew
            if before is not None:
                both = (before > -2) & (whole > -2)
                agreements.append(adjusted_rand(before[both], whole[both]))
            before = whole
        progress((number + 1) / n_bootstrap)
    return _summary(np.array(coefficients).reshape(-1, k), agreements)


def _summary(coefficients: np.ndarray, agreements: list[float]) -> Stability:
    k = coefficients.shape[1]
    jaccard, low, high = np.zeros(k), np.zeros(k), np.zeros(k)
    for cluster in range(k):
        own = coefficients[:, cluster]
        own = own[~np.isnan(own)]
        # A cluster that was never drawn is as unstable as can be.
        if own.size:
            jaccard[cluster] = own.mean()
            low[cluster], high[cluster] = np.percentile(own, [LOW, HIGH])
    return Stability(jaccard, low, high, float(np.mean(agreements)) if agreements else float("nan"))


def jaccard_of_clusters(old: np.ndarray, new: np.ndarray, k: int) -> np.ndarray:
    """Return each old cluster's largest Jaccard coefficient with a new one.

    A cluster of which nobody was drawn has none (NaN). Customers in no cluster (-1) are
    nobody's match, but count where they were in the other's cluster.

    Examples
    --------
    >>> import numpy as np
    >>> jaccard_of_clusters(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0]), 2).round(3).tolist()
    [0.667, 0.5]
    """
    both = _contingency(old, new, k + 1)
    union = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    shared = np.divide(both, union, out=np.zeros(both.shape), where=union > 0)[1:, 1:]
    best = shared.max(axis=1) if shared.shape[1] else np.zeros(k)
    return np.where(both[1:].sum(axis=1) > 0, best, np.nan)


def adjusted_rand(one: np.ndarray, other: np.ndarray) -> float:
    """Return the adjusted Rand index of two clusterings; customers in none are one group.

    Examples
    --------
    >>> import numpy as np
    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    both = _contingency(one, other, int(one.max(initial=0)) + 2).astype("float64")
    total = _pairs(both.sum())
    together = _pairs(both).sum()
    rows, columns = _pairs(both.sum(axis=1)).sum(), _pairs(both.sum(axis=0)).sum()
    expected = rows * columns / total if total else 0.0
    highest = (rows + columns) / 2
    return 1.0 if highest == expected else float((together - expected) / (highest - expected))


def _contingency(one: np.ndarray, other: np.ndarray, rows: int) -> np.ndarray:
    """Count customers by both clusters; the first row and column are those in none."""
    columns = int(other.max(initial=-1)) + 2
    counts = np.bincount((one + 1) * columns + other + 1, minlength=rows * columns)
    return counts.reshape(rows, columns)


def _pairs(counts: np.ndarray) -> np.ndarray:
    return counts * (counts - 1) / 2
