"""Mean silhouettes of many clusterings of the same customers in one pass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

_CHUNK = 512


def mean_silhouettes(
    points: np.ndarray, labels: dict[int, np.ndarray], progress: Callable[[float], None]
) -> dict[int, float]:
    """Return the mean silhouette of each clustering.

    Distances between customers do not depend on the clustering, so they are computed
    once, a block of rows at a time, and summed by cluster for all clusterings with one
    matrix product. A customer alone in a cluster has silhouette 0.

    Parameters
    ----------
    points : numpy.ndarray of shape (n, n_features)
        Scaled customers.
    labels : dict of int to numpy.ndarray of shape (n,)
        Clusterings by their number of clusters.
    progress : callable
        Called with the share done.

    Returns
    -------
    dict of int to float
        Missing (NaN) where fewer than two clusters, or as many as points, are present.
    """
    kept = {k: np.unique(own, return_inverse=True) for k, own in labels.items()}
    sound = {k: codes for k, (found, codes) in kept.items() if 1 < len(found) < len(points)}
    totals = dict.fromkeys(sound, 0.0)
    members = {k: np.eye(codes.max() + 1)[codes] for k, codes in sound.items()}
    if not sound:
        return dict.fromkeys(labels, np.nan)
    stacked = np.hstack(list(members.values()))
    for start in range(0, len(points), _CHUNK):
        rows = slice(start, start + _CHUNK)
        distances = euclidean_distances(points[rows], points)
        # The distance to oneself is exactly 0, rounding apart.
        distances[np.arange(distances.shape[0]), np.arange(start, start + distances.shape[0])] = 0.0
        sums = distances @ stacked
        offset = 0
        for k, codes in sound.items():
            width = members[k].shape[1]
            totals[k] += _silhouettes(
                sums[:, offset : offset + width], codes[rows], members[k].sum(axis=0)
            ).sum()
            offset += width
        progress(min(1.0, (start + _CHUNK) / len(points)))
    return {k: totals[k] / len(points) if k in totals else np.nan for k in labels}


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
