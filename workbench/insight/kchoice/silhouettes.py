"""Mean silhouettes of many clusterings of the same customers in one pass."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

_CHUNK = 512
Key = TypeVar("Key", bound=Hashable)


def mean_silhouettes(
    points: np.ndarray, labels: Mapping[Key, np.ndarray], progress: Callable[[float], None]
) -> dict[Key, float]:
    """Return the mean silhouette of each clustering.

    Distances between customers do not depend on the clustering, so they are computed
    once, a block of rows at a time, and summed by cluster for all clusterings with one
    matrix product. A customer alone in a cluster has silhouette 0.

    Parameters
    ----------
    points : numpy.ndarray of shape (n, n_features)
        Scaled customers.
    labels : mapping of any key to numpy.ndarray of shape (n,)
        Clusterings; customers in no cluster (-1) are left out of theirs.
    progress : callable
        Called with the share done.

    Returns
    -------
    dict of key to float
        Missing (NaN) where fewer than two clusters, or as many as points, are present.

    References
    ----------
    P. Rousseeuw: Silhouettes. J. Comput. Appl. Math. 20 (1987).
    """
    codes = {key: _codes(own) for key, own in labels.items()}
    widths = {key: int(own.max(initial=-1)) + 1 for key, own in codes.items()}
    sound = [key for key, own in codes.items() if 1 < widths[key] < int((own >= 0).sum())]
    if not sound:
        return dict.fromkeys(labels, np.nan)
    totals = dict.fromkeys(sound, 0.0)
    # A customer in no cluster is a row of zeros: nobody's neighbour.
    members = {key: (codes[key][:, None] == np.arange(widths[key])).astype("float64") for key in sound}
    sizes = {key: members[key].sum(axis=0) for key in sound}
    stacked = np.hstack([members[key] for key in sound])
    for start in range(0, len(points), _CHUNK):
        rows = slice(start, start + _CHUNK)
        distances = euclidean_distances(points[rows], points)
        # The distance to oneself is exactly 0, rounding apart.
        distances[np.arange(distances.shape[0]), np.arange(start, start + distances.shape[0])] = 0.0
        sums = distances @ stacked
        offset = 0
        for key in sound:
            own, width = codes[key][rows], widths[key]
            there = own >= 0
            totals[key] += _silhouettes(sums[there, offset : offset + width], own[there], sizes[key]).sum()
            offset += width
        progress(min(1.0, (start + _CHUNK) / len(points)))
    return {key: totals[key] / float(sizes[key].sum()) if key in totals else float("nan") for key in labels}


def _codes(labels: np.ndarray) -> np.ndarray:
    """Give the clusters that are present numbers from 0; -1 stays."""
    present = np.unique(labels[labels >= 0])
    return np.where(labels >= 0, np.searchsorted(present, labels), -1)


def _silhouettes(sums: np.ndarray, codes: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    here = np.arange(len(codes))
    own_size = sizes[codes]
    within = sums[here, codes] / np.maximum(own_size - 1, 1)
    means = sums / sizes
    means[here, codes] = np.inf
    nearest = means.min(axis=1)
    larger = np.maximum(within, nearest)
    silhouettes = np.divide(nearest - within, larger, out=np.zeros(len(codes)), where=larger > 0)
    return np.where(own_size > 1, silhouettes, 0.0)
