"""Divide customers into clusters, and assign new customers to them."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.utils.validation import check_is_fitted

from workbench.errors import ParameterProblem
from workbench.insight.scaling import Scaling, fit_scaling
from workbench.insight.threads import one_thread

ALGORITHMS = ("kmeans", "minibatch_kmeans", "gaussian_mixture")
# Lloyd's algorithm from 10 k-means++ starts; the best of them is kept.
N_INIT = 10
_FORMAT = 1


class Segmenter(ClusterMixin, BaseEstimator):
    """Divide customers into clusters of similar ones.

    Clusters are numbered by size, the largest being 0 (equal sizes: by centroid), so
    that the numbering does not depend on the order in which they were found.

    Parameters
    ----------
    n_clusters : int, default=6
        Number of clusters.
    algorithm : {"kmeans", "minibatch_kmeans", "gaussian_mixture"}, default="kmeans"
        k-means with 10 k-means++ starts; its variant on batches for millions of rows
        (3 starts); or a mixture of Gaussians with full covariances (3 starts), for
        clusters of different shapes and sizes.
    scaling : {"standard", "robust"}, default="standard"
        See `workbench.insight.scaling.fit_scaling`.
    random_state : int, default=0
        Seed of the starts.

    Attributes
    ----------
    labels_ : numpy.ndarray of shape (n_customers,)
        Cluster of each customer of `fit`; equal to ``predict`` of the same features.
    centroids_ : numpy.ndarray of shape (n_clusters, n_features)
        Means of the clusters in the features' units.
    sizes_ : numpy.ndarray of shape (n_clusters,)
        Customers in each cluster at `fit`.
    inertia_ : float
        Sum of squared distances to the own centroid, on the common scale.
    converged_ : bool
        Whether the algorithm came to rest.
    feature_names_in_ : numpy.ndarray of shape (n_features,)
        The features, in order.
    n_features_in_ : int
        Number of them.

    Examples
    --------
    >>> import pandas as pd
    >>> features = pd.DataFrame({"age": [20.0, 21.0, 22.0, 60.0, 61.0]})
    >>> segmenter = Segmenter(n_clusters=2).fit(features)
    >>> segmenter.labels_.tolist()
    [0, 0, 0, 1, 1]
    >>> Segmenter.from_json(segmenter.to_json()).predict(features.tail(1)).tolist()
    [1]
    """

    def __init__(
        self,
        n_clusters: int = 6,
        *,
        algorithm: str = "kmeans",
        scaling: str = "standard",
        random_state: int = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.algorithm = algorithm
        self.scaling = scaling
        self.random_state = random_state

    @one_thread
    def fit(self, features: pd.DataFrame, y: object = None) -> Segmenter:  # noqa: ARG002
        """Find the clusters.

        Parameters
        ----------
        features : pandas.DataFrame of shape (n_customers, n_features)
            From `build_features`.
        y : None
            Ignored; there for scikit-learn's pipelines.

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
        features = checked_features(features)
        check_enough_rows(features, self.n_clusters)
        self._scaling = fit_scaling(features, self.scaling)
        scaled = self._scaling.apply(features.to_numpy(dtype="float64"))
        self.feature_names_in_ = np.asarray(features.columns, dtype=object)
        self.n_features_in_ = features.shape[1]
        self._learn(scaled)
        self._number_by_size(scaled)
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
            Cluster numbers.

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
        ordered = checked_features(features[names])
        return self._assign(self._scaling.apply(ordered.to_numpy(dtype="float64")))

    def to_json(self) -> str:
        """Return everything that `predict` needs as JSON text.

        Numbers are written so that they are read back bit by bit.
        """
        check_is_fitted(self, "centroids_")
        learned: dict[str, Any] = {
            "center": self._scaling.center.tolist(),
            "scale": self._scaling.scale.tolist(),
            "limit": self._scaling.limit,
            "means": self._means.tolist(),
            "sizes": self.sizes_.tolist(),
            "inertia": self.inertia_,
            "converged": self.converged_,
        }
        if self.algorithm == "gaussian_mixture":
            learned["weights"] = self._weights.tolist()
            learned["precisions_cholesky"] = self._precisions_cholesky.tolist()
        names = [str(name) for name in self.feature_names_in_]
        content = {
            "format": _FORMAT,
            "parameters": self.get_params(),
            "features": names,
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
        self._scaling = Scaling(np.array(learned["center"]), np.array(learned["scale"]), learned["limit"])
        self._means = np.array(learned["means"])
        if self.algorithm == "gaussian_mixture":
            self._weights = np.array(learned["weights"])
            self._precisions_cholesky = np.array(learned["precisions_cholesky"])
        self.centroids_ = self._scaling.undo(self._means)
        self.sizes_ = np.array(learned["sizes"])
        self.inertia_ = float(learned["inertia"])
        self.converged_ = bool(learned["converged"])
        self.feature_names_in_ = np.asarray(names, dtype=object)
        self.n_features_in_ = len(names)

    def _check_parameters(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise ParameterProblem(
                "insight_room.error.unknown_choice",
                name="algorithm",
                value=self.algorithm,
                known=", ".join(ALGORITHMS),
            )
        whole = isinstance(self.n_clusters, (int, np.integer)) and not isinstance(self.n_clusters, bool)
        if not whole or self.n_clusters < 1:
            raise ParameterProblem("insight_room.error.n_clusters", n=self.n_clusters)

    def _learn(self, scaled: np.ndarray) -> None:
        if self.algorithm == "gaussian_mixture":
            self._learn_mixture(scaled)
            return
        model: KMeans | MiniBatchKMeans
        if self.algorithm == "kmeans":
            model = KMeans(self.n_clusters, n_init=N_INIT, random_state=self.random_state).fit(scaled)
            self.converged_ = bool(model.n_iter_ < model.max_iter)
        else:
            model = MiniBatchKMeans(
                self.n_clusters, n_init=3, batch_size=4096, random_state=self.random_state
            ).fit(scaled)
            self.converged_ = True
        self._means = np.asarray(model.cluster_centers_, dtype="float64")

    def _learn_mixture(self, scaled: np.ndarray) -> None:
        model = GaussianMixture(
            self.n_clusters, n_init=3, max_iter=300, reg_covar=1e-4, random_state=self.random_state
        )
        with warnings.catch_warnings():
            # Said by converged_ instead.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(scaled)
        self.converged_ = bool(model.converged_)
        self._means = model.means_
        self._weights = model.weights_
        self._precisions_cholesky = model.precisions_cholesky_

    def _number_by_size(self, scaled: np.ndarray) -> None:
        sizes = np.bincount(self._assign(scaled), minlength=self.n_clusters)
        # Rounded, so that the last bit of a centroid does not decide the order.
        order = np.lexsort((*np.round(self._means, 9).T[::-1], -sizes))
        self._means = self._means[order]
        if self.algorithm == "gaussian_mixture":
            self._weights = self._weights[order]
            self._precisions_cholesky = self._precisions_cholesky[order]
        self.sizes_ = sizes[order]
        self.centroids_ = self._scaling.undo(self._means)
        self.labels_ = self._assign(scaled)
        self.inertia_ = float(((scaled - self._means[self.labels_]) ** 2).sum())

    def _assign(self, scaled: np.ndarray) -> np.ndarray:
        if self.algorithm == "gaussian_mixture":
            return np.asarray(self._log_likelihood(scaled).argmax(axis=1))
        # |x - m|² without |x|², which is the same for every cluster.
        return np.asarray(((self._means**2).sum(axis=1) - 2 * scaled @ self._means.T).argmin(axis=1))

    def _log_likelihood(self, scaled: np.ndarray) -> np.ndarray:
        """Return log(weight × density) of each row under each cluster, up to a constant."""
        columns = []
        for weight, mean, factor in zip(self._weights, self._means, self._precisions_cholesky, strict=True):
            whitened = (scaled - mean) @ factor
            log_determinant = np.log(np.diag(factor)).sum()
            columns.append(np.log(weight) + log_determinant - 0.5 * (whitened**2).sum(axis=1))
        return np.column_stack(columns)


def checked_features(features: pd.DataFrame) -> pd.DataFrame:
    """Return features if they are a frame of finite numbers; else raise ParameterProblem."""
    if not isinstance(features, pd.DataFrame):
        raise ParameterProblem("insight_room.error.features_not_a_table", kind=type(features).__name__)
    for name in features.columns:
        cells = features[name]
        if not (pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_bool_dtype(cells.dtype)):
            raise ParameterProblem("insight_room.error.feature_not_a_number", feature=name)
        lacking = ~np.isfinite(cells.to_numpy(dtype="float64", na_value=np.nan))
        if lacking.any():
            raise ParameterProblem("insight_room.error.feature_missing", feature=name, n=int(lacking.sum()))
    return features


def check_enough_rows(features: pd.DataFrame, n_clusters: int) -> None:
    """Raise ParameterProblem where there are fewer different rows than clusters."""
    different = len(features.drop_duplicates()) if features.shape[1] else 0
    if different < n_clusters:
        raise ParameterProblem(
            "insight_room.error.too_few_for_k", n=len(features), different=different, k=n_clusters
        )
