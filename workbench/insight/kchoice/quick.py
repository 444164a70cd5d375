"""k-means that is fast enough to be run for every k, and a thousand times for its stability."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

N_INIT = 10
# Starts that end in different places on the sample, of which the best go on to all rows.
FINALISTS = 3
_SAME = 1e-3
# Starts of a clustering that is thrown away again, and the most rows they are tried on.
STARTS = 3
START_ROWS = 1_000


class QuickClusters(NamedTuple):
    """What a clustering is needed for: cluster of each row, and sum of squares."""

    labels: np.ndarray
    inertia: float


def full_kmeans(points: np.ndarray, k: int, random_state: int, start_rows: int) -> QuickClusters:
    """Cluster many points: 10 starts on a sample, the best 3 brought to rest on all.

    Parameters
    ----------
    points : numpy.ndarray of shape (n, n_features)
        Scaled customers.
    k : int
        Number of clusters.
    random_state : int
        Seed of the sample and the starts.
    start_rows : int
        Rows that the starts are tried on.

    Returns
    -------
    QuickClusters
        Clusters numbered by size, the largest being 0 (equal sizes: by centroid).
    """
    with _quiet():
        few = points[_some(len(points), start_rows, random_state)]
        rng = np.random.default_rng([random_state, 5])
        starts = [
            KMeans(k, n_init=1, random_state=int(seed)).fit(few) for seed in rng.integers(2**31, size=N_INIT)
        ]
        models = [KMeans(k, init=start, n_init=1).fit(points) for start in _finalists(starts)]
    model = min(models, key=lambda one: one.inertia_)
    sizes = np.bincount(model.labels_, minlength=k)
    # Rounded, so that the last bit of a centroid does not decide the order.
    order = np.lexsort((*np.round(model.cluster_centers_, 9).T[::-1], -sizes))
    return QuickClusters(np.argsort(order)[model.labels_], float(model.inertia_))


def quick_kmeans(points: np.ndarray, k: int, random_state: int) -> QuickClusters:
    """Cluster points that are thrown away again: 3 starts on 1,000 rows, the best on all.

    A resample may hold fewer different customers than k; then there are fewer clusters,
    and nobody needs to be warned.

    Parameters
    ----------
    points : numpy.ndarray of shape (n, n_features)
        Scaled customers.
    k : int
        Number of clusters.
    random_state : int
        Seed.

    Returns
    -------
    QuickClusters
    """
    with _quiet():
        if len(points) <= START_ROWS:
            model = KMeans(k, n_init=STARTS, random_state=random_state).fit(points)
        else:
            few = points[_some(len(points), START_ROWS, random_state)]
            start = KMeans(k, n_init=STARTS, random_state=random_state).fit(few)
            model = KMeans(k, init=start.cluster_centers_, n_init=1).fit(points)
    return QuickClusters(model.labels_, float(model.inertia_))


def _finalists(starts: list[KMeans]) -> list[np.ndarray]:
    """Return the centres of the best starts that differ: one place need not be found twice."""
    best: list[KMeans] = []
    for start in sorted(starts, key=lambda one: one.inertia_):
        if not best or start.inertia_ > best[-1].inertia_ * (1 + _SAME):
            best.append(start)
    return [start.cluster_centers_ for start in best[:FINALISTS]]


def _some(n: int, wanted: int, random_state: int) -> np.ndarray:
    return np.sort(np.random.default_rng([random_state, 3]).choice(n, min(n, wanted), replace=False))


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
