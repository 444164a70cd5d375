"""Do the same clusters come back when the customers are drawn again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.insight.kchoice.quick import quick_kmeans


def bootstrap_stability(
    points: np.ndarray,
    labels: dict[int, np.ndarray],
    n_bootstrap: int,
    random_state: int,
    progress: Callable[[float], None],
) -> dict[int, float]:
    """Return the mean bootstrap Jaccard coefficient of the least stable cluster.

    Parameters
    ----------
    points : numpy.ndarray of shape (n, n_features)
        Scaled customers.
    labels : dict of int to numpy.ndarray of shape (n,)
        Their clusterings, by number of clusters.
    n_bootstrap : int
        Bootstrap samples.
    random_state : int
        Seed.
    progress : callable
        Called with the share done.

    Returns
    -------
    dict of int to float
        Empty without samples.

    Notes
    -----
    As in the R function ``fpc::clusterboot`` with its defaults: a customer drawn twice
    counts once, in the clustering and in the coefficient.

    References
    ----------
    Hennig (2007), section 3.
    """
    if n_bootstrap < 1 or not labels:
        return {}
    rng = np.random.default_rng([random_state, 2])
    n = len(points)
    found: dict[int, list[np.ndarray]] = {k: [] for k in labels}
    for number in range(n_bootstrap):
        drawn = np.unique(rng.integers(0, n, n))
        for position, (k, own) in enumerate(labels.items()):
            if len(drawn) >= k:
                anew = quick_kmeans(points[drawn], k, random_state + number).labels
                found[k].append(jaccard_of_clusters(own[drawn], anew, k))
            progress((number * len(labels) + position + 1) / (n_bootstrap * len(labels)))
    return {k: _least_stable(np.array(coefficients)) for k, coefficients in found.items()}


def jaccard_of_clusters(old: np.ndarray, new: np.ndarray, k: int) -> np.ndarray:
    """Return each old cluster's largest Jaccard coefficient with a new one.

    A cluster of which nobody was drawn has none (NaN).

    Examples
    --------
    >>> import numpy as np
    >>> jaccard_of_clusters(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0]), 2).round(3).tolist()
    [0.667, 0.5]
    """
    both = np.bincount(old * k + new, minlength=k * k).reshape(k, k)
    union = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    best = np.divide(both, union, out=np.zeros((k, k)), where=union > 0).max(axis=1)
    return np.where(both.sum(axis=1) > 0, best, np.nan)


def _least_stable(coefficients: np.ndarray) -> float:
    if not coefficients.size:
        return float("nan")
    drawn = ~np.isnan(coefficients)
    times = drawn.sum(axis=0)
    sums = np.where(drawn, coefficients, 0.0).sum(axis=0)
    # A cluster that was never drawn is as unstable as can be.
    return float(np.divide(sums, times, out=np.zeros(len(times)), where=times > 0).min())
