"""k-means with few starts, for the many clusterings that are thrown away again."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

STARTS = 3


class QuickClusters(NamedTuple):
    """What a thrown-away clustering is needed for."""

    labels: np.ndarray
    inertia: float


def quick_kmeans(points: np.ndarray, k: int, random_state: int) -> QuickClusters:
    """Cluster points with 3 starts.

    A resample may hold fewer different customers than k; then there are fewer clusters,
    and nobody needs to be warned.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = KMeans(k, n_init=STARTS, random_state=random_state).fit(points)
    return QuickClusters(model.labels_, float(model.inertia_))
