"""How each algorithm finds its clusters."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.cluster import HDBSCAN, AgglomerativeClustering, KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from workbench.insight.segmenter.models import Centroids, Dense, Mixture, Model, nearest_points

# Lloyd's algorithm from 10 k-means++ starts; the best of them is kept.
N_INIT = 10
# Ward's tree holds the distances of all pairs: at 5,000 customers that is 100 MB.
WARD_ROWS = 5_000
# The time of HDBSCAN grows with the square of the customers.
DENSE_ROWS = 10_000
# Digits of the scaled customers that are stored, to keep the file small.
_DIGITS = 5


class Learned(NamedTuple):
    """A model, and whether its algorithm came to rest."""

    model: Model
    converged: bool


def learn_kmeans(scaled: np.ndarray, k: int, seed: int, starts: np.ndarray | None) -> Learned:
    """Find k-means clusters: from the given means where there are some."""
    if starts is None:
        model = KMeans(k, n_init=N_INIT, random_state=seed).fit(scaled)
    else:
        rng = np.random.default_rng([seed, 7])
        tries = 1 if len(starts) == k else N_INIT
        found = [
            KMeans(k, init=completed(scaled, starts, k, rng), n_init=1, random_state=seed).fit(scaled)
            for _ in range(tries)
        ]
        model = min(found, key=lambda one: one.inertia_)
    means = np.asarray(model.cluster_centers_, dtype="float64")
    return Learned(Centroids(means), bool(model.n_iter_ < model.max_iter))


def learn_batches(scaled: np.ndarray, k: int, seed: int, starts: np.ndarray | None) -> Learned:
    """Find k-means clusters from batches of customers."""
    init = "k-means++" if starts is None else completed(scaled, starts, k, np.random.default_rng([seed, 7]))
    model = MiniBatchKMeans(
        k, init=init, n_init=3 if starts is None else 1, batch_size=4096, random_state=seed
    ).fit(scaled)
    return Learned(Centroids(np.asarray(model.cluster_centers_, dtype="float64")), True)


def learn_mixture(scaled: np.ndarray, k: int, seed: int, starts: np.ndarray | None) -> Learned:
    """Find Gaussians by expectation and maximisation."""
    means = None if starts is None else completed(scaled, starts, k, np.random.default_rng([seed, 7]))
    model = GaussianMixture(
        k,
        n_init=3 if starts is None else 1,
        means_init=means,
        max_iter=300,
        reg_covar=1e-4,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # Said by converged_ instead.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(scaled)
    found = Mixture(model.means_, model.weights_, model.precisions_cholesky_)
    return Learned(found, bool(model.converged_))


def learn_ward(scaled: np.ndarray, k: int, seed: int) -> Learned:
    """Cut Ward's tree of a sample; the clusters are the means of its branches."""
    some = scaled[sample(len(scaled), WARD_ROWS, seed)]
    branches = np.zeros(len(some), dtype=int)
    if k > 1:
        branches = AgglomerativeClustering(k, linkage="ward").fit_predict(some)
    return Learned(Centroids(means_of(some, branches, k)), True)


def learn_dense(scaled: np.ndarray, min_cluster_size: int | None, seed: int) -> Learned:
    """Find clusters where customers lie close, by HDBSCAN on a sample."""
    points = scaled[sample(len(scaled), DENSE_ROWS, seed)].round(_DIGITS)
    size = min_cluster_size or default_cluster_size(len(points))
    owners = np.full(len(points), -1)
    if len(points) >= size:
        owners = HDBSCAN(min_cluster_size=size, copy=True).fit(points).labels_.astype("int64")
    k = int(owners.max(initial=-1)) + 1
    reach = np.zeros(k)
    for cluster in range(k):
        members = points[owners == cluster]
        reach[cluster] = nearest_points(members, members, 2)[0].max()
    return Learned(Dense(means_of(points, owners, k), points, owners, reach), True)


def default_cluster_size(n: int) -> int:
    """Return the least members of a dense cluster where none is asked for: 1%, at least 10.

    Examples
    --------
    >>> default_cluster_size(500), default_cluster_size(20_000)
    (10, 200)
    """
    return max(10, n // 100)


def completed(points: np.ndarray, starts: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Return k starts: those given, then more by k-means++ (Arthur and Vassilvitskii 2007)."""
    chosen = [np.asarray(start) for start in starts]
    nearest = np.min([((points - start) ** 2).sum(axis=1) for start in chosen], axis=0)
    while len(chosen) < k:
        total = nearest.sum()
        chances = nearest / total if total > 0 else None
        chosen.append(points[rng.choice(len(points), p=chances)])
        nearest = np.minimum(nearest, ((points - chosen[-1]) ** 2).sum(axis=1))
    return np.array(chosen)


def means_of(points: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Return the mean of each cluster's members."""
    means = np.zeros((k, points.shape[1]))
    for cluster in range(k):
        means[cluster] = points[labels == cluster].mean(axis=0)
    return means


def sample(n: int, most: int, seed: int) -> np.ndarray:
    """Return the positions of at most so many rows, the same for the same seed."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng([seed, 5]).choice(n, most, replace=False))
