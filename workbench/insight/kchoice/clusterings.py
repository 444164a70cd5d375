"""The clusterings that are compared: one for each algorithm and number of clusters."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from workbench.insight.kchoice.quick import full_kmeans, quick_kmeans
from workbench.insight.kchoice.recommendation import WITHOUT_K
from workbench.insight.segmenter import Segmenter

# Up to so many customers the clusters compared are a Segmenter's own.
EXACT_ROWS = 20_000
# Most customers that a draw is clustered from, for algorithms other than k-means.
DRAWN_ROWS = 2_000
# Algorithms that are clustered like k-means where a clustering is thrown away.
LIKE_KMEANS = ("kmeans", "minibatch_kmeans")


@dataclass(frozen=True)
class Clustering:
    """One of the clusterings that are compared.

    Parameters
    ----------
    algorithm : str
        How it was found.
    k : int
        Its number of clusters; 1 where the algorithm found none.
    labels : numpy.ndarray of shape (n_customers,)
        Clusters, 0 being the largest; -1 for customers in none.
    """

    algorithm: str
    k: int
    labels: np.ndarray

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from the others."""
        return self.algorithm, self.k

    @property
    def sizes(self) -> np.ndarray:
        """Customers in each cluster."""
        return np.bincount(self.labels[self.labels >= 0], minlength=self.k)


def find_clusters(
    features: pd.DataFrame,
    scaled: np.ndarray,
    k: int,
    algorithm: str,
    settings: dict[str, Any],
) -> Clustering:
    """Cluster all customers.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        The customers.
    scaled : numpy.ndarray of shape (n_customers, n_features)
        The same on the common scale.
    k : int
        Number of clusters; ignored by algorithms that find it.
    algorithm : str
        One of `Segmenter`'s.
    settings : dict
        Its other parameters.

    Returns
    -------
    Clustering
    """
    seed = settings["random_state"]
    if len(features) <= EXACT_ROWS:
        labels = np.asarray(Segmenter(k, algorithm=algorithm, **settings).fit(features).labels_)
    elif algorithm in LIKE_KMEANS:
        labels = full_kmeans(scaled, k, seed, EXACT_ROWS).labels
    else:
        some = np.sort(np.random.default_rng([seed, 4]).choice(len(features), EXACT_ROWS, replace=False))
        segmenter = Segmenter(k, algorithm=algorithm, **settings).fit(features.iloc[some])
        labels = np.asarray(segmenter.predict(features))
    if algorithm in WITHOUT_K:
        k = max(1, int(labels.max()) + 1)
    return Clustering(algorithm, k, labels)


Refit = Callable[[np.ndarray, int], np.ndarray]


def refit_of(
    clustering: Clustering, features: pd.DataFrame, scaled: np.ndarray, settings: dict[str, Any]
) -> Refit:
    """Return a function that clusters some of the rows anew, in the same way.

    Parameters
    ----------
    clustering : Clustering
        Which algorithm and number of clusters.
    features, scaled : of shape (n, n_features)
        The rows to draw from, as they are and on the common scale.
    settings : dict
        Parameters of `Segmenter`.

    Returns
    -------
    callable
        ``refit(rows, seed)`` gives the cluster of each row.
    """
    algorithm, k = clustering.algorithm, clustering.k
    if algorithm in LIKE_KMEANS:
        return lambda rows, seed: quick_kmeans(scaled[rows], k, seed).labels
    if algorithm == "gaussian_mixture":
        return lambda rows, seed: _mixture(scaled[rows], k, seed)

    def refit(rows: np.ndarray, seed: int) -> np.ndarray:
        own = {**settings, "random_state": seed}
        return np.asarray(Segmenter(k, algorithm=algorithm, **own).fit(features.iloc[rows]).labels_)

    return refit


def _mixture(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Fit a mixture from one start: a draw is thrown away again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.asarray(GaussianMixture(k, reg_covar=1e-4, random_state=seed).fit_predict(points))
