"""The estimator: parameters in, clusters numbered by size out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted

from workbench.errors import ParameterProblem
from workbench.insight.scaling import Scaling, bare, fit_scaling, weight_factors
from workbench.insight.segmenter import learning
from workbench.insight.segmenter.checks import check_enough_rows, checked_features
from workbench.insight.segmenter.models import Centroids, Model, read_model
from workbench.insight.segmenter.prototypes import (
    Columns,
    checked_gamma,
    gammas_of,
    is_text,
    learn_prototypes,
)
from workbench.insight.segmenter.starts import read_starts
from workbench.insight.threads import one_thread

ALGORITHMS = (
    "kmeans",
    "minibatch_kmeans",
    "gaussian_mixture",
    "hdbscan",
    "hierarchical",
    "kprototypes",
)
_FORMAT = 1


class Segmenter(ClusterMixin, BaseEstimator):
    """Divide customers into clusters of similar ones.

    Clusters are numbered by size, the largest being 0 (equal sizes: by centroid), so
    that the numbering does not depend on the order in which they were found.

    Parameters
    ----------
    n_clusters : int, default=6
        Number of clusters; HDBSCAN finds its own.
    algorithm : str, default="kmeans"
        ``"kmeans"``: k-means with 10 k-means++ starts. ``"minibatch_kmeans"``: its variant
        on batches for millions of rows (3 starts). ``"gaussian_mixture"``: Gaussians with
        full covariances (3 starts), for clusters of different shapes and sizes.
        ``"hdbscan"``: where customers lie close, clusters of any shape; who lies in no
        dense place is in cluster -1. Learned from at most 10,000 customers; a customer
        belongs where the nearest of those does, unless farther from it than that
        cluster's members are from each other. ``"hierarchical"``: Ward's tree of at most
        5,000 customers, cut into `n_clusters` branches; everyone belongs to the branch
        whose mean is nearest. ``"kprototypes"``: numbers and categories together: text
        columns, and columns ``"job=retired"``, ``"job=student"`` … of one variable, count
        as categories (Huang 1998; 10 starts).
    scaling : {"standard", "robust"}, default="standard"
        See `workbench.insight.scaling.fit_scaling`.
    weights : mapping of str to float, optional
        How much a feature counts in the squared distance, 1 where nothing is said: its
        scaled column is multiplied by the root of the weight. The name of a categorical
        variable stands for all its columns. A mixture and HDBSCAN's order of density feel
        weights less or not at all: a full covariance undoes any scale.
    outliers : {"keep", "winsorise"}, default="keep"
        ``"winsorise"`` sets values beyond the 1st and 99th percentile to it.
    min_cluster_size : int, optional
        Least members of an HDBSCAN cluster among the customers learned from; by default
        1% of them, at least 10.
    gamma : float, optional
        What a differing category adds to the squared distance of ``"kprototypes"``; by
        default half the mean standard deviation of the scaled numbers.
    random_state : int, default=0
        Seed of the starts and samples.

    Attributes
    ----------
    labels_ : numpy.ndarray of shape (n_customers,)
        Cluster of each customer of `fit`; equal to ``predict`` of the same features.
    centroids_ : numpy.ndarray of shape (n_clusters, n_features)
        Means of the clusters in the features' units, of the customers learned from; of
        text columns missing.
    sizes_ : numpy.ndarray of shape (n_clusters,)
        Customers in each cluster at `fit`; those in none are not counted.
    inertia_ : float
        Sum of squared distances to the own centroid, on the common scale; of
        ``"kprototypes"`` with the mismatches.
    converged_ : bool
        Whether the algorithm came to rest.
    seeded_ : dict
        Name of each seed of `fit` → the cluster whose mean is nearest to it.
    feature_names_in_ : numpy.ndarray of shape (n_features,)
        The features, in order.
    n_features_in_ : int
        Number of them.

    References
    ----------
    R. Campello, D. Moulavi, J. Sander: Density-based clustering based on hierarchical
    density estimates. PAKDD (2013).
    Z. Huang: Extensions to the k-means algorithm for clustering large data sets with
    categorical values. Data Mining and Knowledge Discovery 2 (1998).
    J. Ward: Hierarchical grouping to optimize an objective function. J. Am. Stat. Assoc.
    58 (1963).

    Examples
    --------
    >>> import pandas as pd
    >>> features = pd.DataFrame({"age": [20.0, 21.0, 22.0, 60.0, 61.0]})
    >>> segmenter = Segmenter(n_clusters=2).fit(features)
    >>> segmenter.labels_.tolist()
    [0, 0, 0, 1, 1]
    >>> Segmenter.from_json(segmenter.to_json()).predict(features.tail(1)).tolist()
    [1]

    Numbers and categories in one table:

    >>> mixed = features.assign(job=["student"] * 3 + ["retired"] * 2)
    >>> Segmenter(n_clusters=2, algorithm="kprototypes").fit(mixed).labels_.tolist()
    [0, 0, 0, 1, 1]

    A rule as the beginning of a cluster:

    >>> old = pd.Series(["old" if age > 60 else None for age in features["age"]])
    >>> Segmenter(n_clusters=2).fit(features, seeds=old).seeded_
    {'old': 1}
    """

    def __init__(
        self,
        n_clusters: int = 6,
        *,
        algorithm: str = "kmeans",
        scaling: str = "standard",
        weights: Mapping[str, float] | None = None,
        outliers: str = "keep",
        min_cluster_size: int | None = None,
        gamma: float | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.algorithm = algorithm
        self.scaling = scaling
        self.weights = weights
        self.outliers = outliers
        self.min_cluster_size = min_cluster_size
        self.gamma = gamma
        self.random_state = random_state

    @one_thread
    def fit(
        self,
        features: pd.DataFrame,
        y: object = None,  # noqa: ARG002
        *,
        seeds: pd.Series | pd.DataFrame | None = None,
    ) -> Segmenter:
        """Find the clusters.

        Parameters
        ----------
        features : pandas.DataFrame of shape (n_customers, n_features)
            From `build_features`. ``"kprototypes"`` takes text columns too.
        y : None
            Ignored; there for scikit-learn's pipelines.
        seeds : pandas.Series or pandas.DataFrame, optional
            Where clusters begin: a name for each customer of a group, None for the
            others (the group's mean is the start), or a table of starts in the features'
            units, one row a name. Clusters without a seed begin by k-means++.

        Returns
        -------
        Segmenter
            Itself.

        Raises
        ------
        ParameterProblem
            If a parameter is not allowed, cells are missing, or there are fewer
            different customers than clusters.
        """
        self._check_parameters()
        features = self._checked(features)
        check_enough_rows(features, 1 if self.algorithm == "hdbscan" else self.n_clusters)
        self._columns = self._columns_of(features)
        numbers = features[list(self._columns.numbers)]
        # The names of categories have been checked with those of numbers.
        own = {n: w for n, w in (self.weights or {}).items() if self._weighs(n)}
        self._scaling = fit_scaling(numbers, self.scaling, weights=own, outliers=self.outliers)
        scaled, codes = self._on_scale(features)
        self.feature_names_in_ = np.asarray(features.columns, dtype=object)
        self.n_features_in_ = features.shape[1]
        names, starts = read_starts(numbers, seeds, self.algorithm, self.n_clusters, self._scaling)
        learned = self._learn(scaled, codes, starts)
        self.converged_ = learned.converged
        self._number_by_size(learned.model, scaled, codes)
        # A cluster may wander from where it began: where the seed lies is what counts.
        self.seeded_: dict[str, int] = {}
        if starts is not None:
            homes = Centroids(self._means).assign(starts, codes)
            self.seeded_ = {name: int(home) for name, home in zip(names, homes, strict=True)}
        self.centroids_ = self._centroids(features)
        return self

    @one_thread
    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Assign customers to the clusters found.

        Parameters
        ----------
        features : pandas.DataFrame of shape (n_customers, n_features)
            With the features of `fit`, in any order; others are ignored.

        Returns
        -------
        numpy.ndarray of shape (n_customers,)
            Cluster numbers; -1 for none, from HDBSCAN only.

        Raises
        ------
        ParameterProblem
            If features are missing or hold missing cells.
        """
        check_is_fitted(self, "centroids_")
        names = list(self.feature_names_in_)
        absent = [name for name in names if name not in features.columns]
        if absent:
            raise ParameterProblem(
                "insight_room.error.features_absent",
                features=", ".join(map(str, absent)),
                present=", ".join(map(str, features.columns)),
            )
        return self._model.assign(*self._on_scale(self._checked(features[names])))

    def to_json(self) -> str:
        """Return everything that `predict` needs as JSON text.

        Numbers are written so that they are read back bit by bit.
        """
        check_is_fitted(self, "centroids_")
        learned: dict[str, Any] = {
            **self._scaling.to_dict(),
            **self._model.to_dict(),
            "sizes": self.sizes_.tolist(),
            "inertia": self.inertia_,
            "converged": self.converged_,
        }
        if self.algorithm == "kprototypes":
            learned |= {
                "numbers": list(self._columns.numbers),
                "values": self._columns.values,
                "centroids": [[None if np.isnan(x) else x for x in row] for row in self.centroids_.tolist()],
            }
        content = {
            "format": _FORMAT,
            "parameters": self.get_params(),
            "features": [str(name) for name in self.feature_names_in_],
            "learned": learned,
        }
        return json.dumps(content, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Segmenter:
        """Return the segmenter that `to_json` wrote; it has no ``labels_``.

        Raises
        ------
        ParameterProblem
            If the text is not one of ours.
        """
        try:
            content = json.loads(text)
            if content["format"] != _FORMAT:
                raise ValueError(content["format"])
            segmenter = cls(**content["parameters"])
            segmenter._restore(content["features"], content["learned"])
        except (ValueError, KeyError, TypeError) as problem:
            raise ParameterProblem("insight_room.error.not_a_segmenter", detail=str(problem)) from problem
        return segmenter

    def _restore(self, names: list[str], learned: dict[str, Any]) -> None:
        mixed = self.algorithm == "kprototypes"
        self._columns = Columns(tuple(learned["numbers"] if mixed else names), learned.get("values", {}))
        self._scaling = Scaling.from_dict(learned)
        self._model: Model = read_model(self.algorithm, learned, len(self._columns.numbers))
        if mixed:
            self.centroids_ = np.array(learned["centroids"], dtype="float64")
        else:
            self.centroids_ = self._scaling.undo(self._model.means)
        self.sizes_ = np.array(learned["sizes"], dtype="int64")
        self.inertia_ = float(learned["inertia"])
        self.converged_ = bool(learned["converged"])
        self.feature_names_in_ = np.asarray(names, dtype=object)
        self.n_features_in_ = len(names)

    @property
    def _means(self) -> np.ndarray:
        return self._model.means

    @property
    def _weights(self) -> np.ndarray:
        return np.asarray(self._model.weights)  # type: ignore[attr-defined]

    @property
    def _precisions_cholesky(self) -> np.ndarray:
        return np.asarray(self._model.precisions_cholesky)  # type: ignore[attr-defined]

    def _check_parameters(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise ParameterProblem(
                "insight_room.error.unknown_choice",
                name="algorithm",
                value=self.algorithm,
                known=", ".join(ALGORITHMS),
            )
        if not _is_whole(self.n_clusters, 1):
            raise ParameterProblem("insight_room.error.n_clusters", n=self.n_clusters)
        if self.min_cluster_size is not None and not _is_whole(self.min_cluster_size, 2):
            raise ParameterProblem("insight_clusters.error.min_cluster_size", n=self.min_cluster_size)
        checked_gamma(self.gamma)

    def _checked(self, features: pd.DataFrame) -> pd.DataFrame:
        if self.algorithm != "kprototypes" or not isinstance(features, pd.DataFrame):
            return bare(checked_features(features))
        features = bare(features)
        checked_features(features[[name for name in features.columns if not is_text(features[name])]])
        return features

    def _columns_of(self, features: pd.DataFrame) -> Columns:
        weight_factors(list(map(str, features.columns)), self.weights)
        if self.algorithm == "kprototypes":
            return Columns.of(features)
        return Columns(tuple(map(str, features.columns)))

    def _weighs(self, name: str) -> bool:
        return any(name in (own, own.partition("=")[0]) for own in self._columns.numbers)

    def _on_scale(self, features: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        numbers = features[list(self._columns.numbers)].to_numpy(dtype="float64")
        return self._scaling.apply(numbers), self._columns.codes(features)

    def _learn(self, scaled: np.ndarray, codes: np.ndarray, starts: np.ndarray | None) -> learning.Learned:
        k, seed = int(self.n_clusters), self.random_state
        if self.algorithm == "kmeans":
            return learning.learn_kmeans(scaled, k, seed, starts)
        if self.algorithm == "minibatch_kmeans":
            return learning.learn_batches(scaled, k, seed, starts)
        if self.algorithm == "gaussian_mixture":
            return learning.learn_mixture(scaled, k, seed, starts)
        if self.algorithm == "hierarchical":
            return learning.learn_ward(scaled, k, seed)
        if self.algorithm == "hdbscan":
            return learning.learn_dense(scaled, self.min_cluster_size, seed)
        gammas = gammas_of(scaled, list(self._columns.values), self.gamma, self.weights)
        return learn_prototypes(scaled, codes, k, gammas, seed, starts)

    def _number_by_size(self, model: Model, scaled: np.ndarray, codes: np.ndarray) -> None:
        k = len(model.means)
        found = model.assign(scaled, codes)
        sizes = np.bincount(found[found >= 0], minlength=k)
        # Rounded, so that the last bit of a centroid does not decide the order.
        order = np.lexsort((*np.round(model.means, 9).T[::-1], -sizes)) if k else np.zeros(0, dtype=int)
        self._model = model.in_order(order)
        self.sizes_ = sizes[order]
        self.labels_ = self._model.assign(scaled, codes)
        self.inertia_ = self._model.cost(scaled, codes, self.labels_)

    def _centroids(self, features: pd.DataFrame) -> np.ndarray:
        if self.algorithm != "kprototypes":
            return self._scaling.undo(self._model.means)
        told = [name for name in features.columns if not is_text(features[name])]
        means = features[told].astype("float64").groupby(self.labels_).mean()
        return means.reindex(index=range(len(self.sizes_)), columns=features.columns).to_numpy("float64")


def _is_whole(value: object, least: int) -> bool:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return whole and int(value) >= least  # type: ignore[call-overload, no-any-return]
