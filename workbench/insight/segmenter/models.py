"""What a fitted clustering is: enough to assign a customer, and plain numbers to store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.neighbors import NearestNeighbors

UNASSIGNED = -1


class Model(Protocol):
    """A clustering on the common scale."""

    @property
    def means(self) -> np.ndarray:
        """Means of the clusters."""

    def assign(self, scaled: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Return the cluster of each row."""

    def in_order(self, order: np.ndarray) -> Model:
        """Return the same with the clusters in another order."""

    def cost(self, scaled: np.ndarray, codes: np.ndarray, labels: np.ndarray) -> float:
        """Return the sum of the squared distances of assigned rows to their own cluster."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists."""


@dataclass(frozen=True)
class Centroids:
    """Clusters that are a mean each: k-means, its variant on batches, and Ward's."""

    means: np.ndarray

    def assign(self, scaled: np.ndarray, codes: np.ndarray) -> np.ndarray:  # noqa: ARG002
        """Return the cluster whose mean is nearest."""
        # |x - m|² without |x|², which is the same for every cluster.
        return np.asarray(((self.means**2).sum(axis=1) - 2 * scaled @ self.means.T).argmin(axis=1))

    def in_order(self, order: np.ndarray) -> Centroids:
        """Return the same with the clusters in another order."""
        return Centroids(self.means[order])

    def cost(self, scaled: np.ndarray, codes: np.ndarray, labels: np.ndarray) -> float:  # noqa: ARG002
        """Return the sum of squared distances to the own mean."""
        return squares(scaled, self.means, labels)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists."""
        return {"means": self.means.tolist()}


@dataclass(frozen=True)
class Mixture:
    """Gaussians with full covariances."""

    means: np.ndarray
    weights: np.ndarray
    precisions_cholesky: np.ndarray

    def assign(self, scaled: np.ndarray, codes: np.ndarray) -> np.ndarray:  # noqa: ARG002
        """Return the cluster under which a row is most probable."""
        return np.asarray(self.log_likelihood(scaled).argmax(axis=1))

    def log_likelihood(self, scaled: np.ndarray) -> np.ndarray:
        """Return log(weight × density) of each row under each cluster, up to a constant."""
        columns = []
        for weight, mean, factor in zip(self.weights, self.means, self.precisions_cholesky, strict=True):
            whitened = (scaled - mean) @ factor
            log_determinant = np.log(np.diag(factor)).sum()
            columns.append(np.log(weight) + log_determinant - 0.5 * (whitened**2).sum(axis=1))
        return np.column_stack(columns)

    def in_order(self, order: np.ndarray) -> Mixture:
        """Return the same with the clusters in another order."""
        return Mixture(self.means[order], self.weights[order], self.precisions_cholesky[order])

    def cost(self, scaled: np.ndarray, codes: np.ndarray, labels: np.ndarray) -> float:  # noqa: ARG002
        """Return the sum of squared distances to the own mean."""
        return squares(scaled, self.means, labels)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists."""
        return {
            "means": self.means.tolist(),
            "weights": self.weights.tolist(),
            "precisions_cholesky": self.precisions_cholesky.tolist(),
        }


@dataclass(frozen=True)
class Dense:
    """Clusters of any shape: the customers they were learned from, and who is in none.

    Parameters
    ----------
    means : numpy.ndarray of shape (n_clusters, n_features)
        Of the clusters' members.
    points : numpy.ndarray of shape (n_learned, n_features)
        The customers learned from.
    owners : numpy.ndarray of shape (n_learned,)
        Their clusters, -1 for none.
    reach : numpy.ndarray of shape (n_clusters,)
        Farthest that a member of a cluster is from the nearest other one.
    """

    means: np.ndarray
    points: np.ndarray
    owners: np.ndarray
    reach: np.ndarray

    def assign(self, scaled: np.ndarray, codes: np.ndarray) -> np.ndarray:  # noqa: ARG002
        """Return the cluster of the nearest customer learned from, or -1 beyond its reach."""
        if not len(self.reach):
            return np.full(len(scaled), UNASSIGNED)
        far, nearest = nearest_points(self.points, scaled)
        found = self.owners[nearest]
        return np.where((found >= 0) & (far <= self.reach[found]), found, UNASSIGNED)

    def in_order(self, order: np.ndarray) -> Dense:
        """Return the same with the clusters in another order."""
        places = np.argsort(order)
        owners = np.where(self.owners >= 0, places[self.owners] if len(order) else UNASSIGNED, UNASSIGNED)
        return Dense(self.means[order], self.points, owners, self.reach[order])

    def cost(self, scaled: np.ndarray, codes: np.ndarray, labels: np.ndarray) -> float:  # noqa: ARG002
        """Return the sum of squared distances of those in a cluster to its mean."""
        return squares(scaled, self.means, labels)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists."""
        return {
            "means": self.means.tolist(),
            "points": self.points.tolist(),
            "owners": self.owners.tolist(),
            "reach": self.reach.tolist(),
        }


@dataclass(frozen=True)
class Prototypes:
    """Clusters that are a mean in the numbers and a commonest value in the categories."""

    means: np.ndarray
    modes: np.ndarray
    gammas: np.ndarray

    def distances(self, scaled: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Return squared distance plus weighted mismatches, of each row to each cluster."""
        far = (scaled**2).sum(axis=1)[:, None] - 2 * scaled @ self.means.T + (self.means**2).sum(axis=1)
        far = np.maximum(far, 0.0)
        for own, mode, gamma in zip(codes.T, self.modes.T, self.gammas, strict=True):
            far += gamma * (own[:, None] != mode)
        return far

    def assign(self, scaled: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Return the nearest cluster."""
        return np.asarray(self.distances(scaled, codes).argmin(axis=1))

    def in_order(self, order: np.ndarray) -> Prototypes:
        """Return the same with the clusters in another order."""
        return Prototypes(self.means[order], self.modes[order], self.gammas)

    def cost(self, scaled: np.ndarray, codes: np.ndarray, labels: np.ndarray) -> float:
        """Return Huang's cost."""
        differ = codes != self.modes[labels]
        return squares(scaled, self.means, labels) + float((differ * self.gammas).sum())

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists."""
        return {
            "means": self.means.tolist(),
            "modes": self.modes.tolist(),
            "gammas": self.gammas.tolist(),
        }


def nearest_points(points: np.ndarray, asked: np.ndarray, number: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return how far the nearest (or second nearest …) point of each row is, and which it is."""
    far, which = NearestNeighbors(n_neighbors=number).fit(points).kneighbors(asked)
    return far[:, -1], which[:, -1]


def squares(scaled: np.ndarray, means: np.ndarray, labels: np.ndarray) -> float:
    """Return the sum of squared distances of the rows in a cluster to its mean."""
    inside = labels >= 0
    return float(((scaled[inside] - means[labels[inside]]) ** 2).sum()) if inside.any() else 0.0


def read_model(algorithm: str, learned: Mapping[str, Any], n_features: int) -> Model:
    """Return the model that ``to_dict`` wrote."""
    means = _table(learned["means"], n_features)
    if algorithm == "gaussian_mixture":
        return Mixture(means, np.array(learned["weights"]), np.array(learned["precisions_cholesky"]))
    if algorithm == "hdbscan":
        owners = np.array(learned["owners"], dtype="int64")
        return Dense(means, _table(learned["points"], n_features), owners, np.array(learned["reach"]))
    if algorithm == "kprototypes":
        modes = np.array(learned["modes"], dtype="int64").reshape(len(means), -1)
        return Prototypes(means, modes, np.array(learned["gammas"], dtype="float64"))
    return Centroids(means)


def _table(rows: Sequence[Sequence[float]], n_columns: int) -> np.ndarray:
    return np.array(rows, dtype="float64").reshape(len(rows), n_columns)
