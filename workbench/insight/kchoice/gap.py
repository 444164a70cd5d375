"""The gap statistic: is a clustering tighter than one of structureless customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.insight.kchoice.quick import quick_kmeans
from workbench.insight.kchoice.silhouettes import mean_silhouettes

# Rows of a reference that its silhouettes are computed on.
_SILHOUETTE_ROWS = 1_000


@dataclass(frozen=True)
class Structureless:
    """How k-means clusters structureless customers of the same extent.

    Parameters
    ----------
    log_dispersion : dict of int to numpy.ndarray of shape (n_references,)
        ``log W_k`` by number of clusters.
    silhouette : dict of int to numpy.ndarray of shape (n_references,)
        Mean silhouettes by number of clusters, from 2.
    """

    log_dispersion: dict[int, np.ndarray]
    silhouette: dict[int, np.ndarray]

    def gap(self, k: int, log_dispersion: float) -> tuple[float, float]:
        """Return ``gap(k) = mean_b log W_kb - log W_k`` and ``s(k) = sd_k sqrt(1 + 1/B)``."""
        drawn = self.log_dispersion[k]
        return float(drawn.mean() - log_dispersion), float(drawn.std() * np.sqrt(1 + 1 / len(drawn)))


def draw_references(
    points: np.ndarray,
    ks: list[int],
    n_references: int,
    random_state: int,
    progress: Callable[[float], None],
) -> Structureless:
    """Cluster reference data sets, uniform over the box along the principal components.

    Parameters
    ----------
    points : numpy.ndarray of shape (n, n_features)
        Scaled customers.
    ks : list of int
        Numbers of clusters; 1 is allowed.
    n_references : int
        How many.
    random_state : int
        Seed.
    progress : callable
        Called with the share done.

    Returns
    -------
    Structureless

    References
    ----------
    R. Tibshirani, G. Walther, T. Hastie: Estimating the number of clusters in a data
    set via the gap statistic. J. R. Statist. Soc. B 63 (2001), sections 3 and 4.
    """
    rng = np.random.default_rng([random_state, 1])
    dispersions = np.empty((len(ks), n_references))
    silhouettes: dict[int, list[float]] = {k: [] for k in ks if k > 1}
    draw = _uniform_box(points, rng)
    for number in range(n_references):
        drawn = draw()
        labels: dict[int, np.ndarray] = {}
        for position, k in enumerate(ks):
            dispersions[position, number], labels[k] = _dispersion(drawn, k, random_state + number)
            progress((number * len(ks) + position + 1) / dispersions.size)
        # The rows of a reference stand in no order: the first are a sample.
        few = {k: own[:_SILHOUETTE_ROWS] for k, own in labels.items() if k > 1}
        for k, mean in mean_silhouettes(drawn[:_SILHOUETTE_ROWS], few, _ignore).items():
            silhouettes[k].append(mean)
    return Structureless(
        dict(zip(ks, dispersions, strict=True)), {k: np.array(means) for k, means in silhouettes.items()}
    )


def gap_statistic(
    points: np.ndarray,
    ks: list[int],
    n_references: int,
    random_state: int,
    progress: Callable[[float], None],
) -> dict[int, tuple[float, float]]:
    """Return gap(k) of k-means and its standard error s(k); empty without references.

    Parameters
    ----------
    points, ks, n_references, random_state, progress
        As in `draw_references`.

    Returns
    -------
    dict of int to (float, float)
    """
    if n_references < 1:
        return {}
    ks = [k for k in ks if k <= len(points)]
    references = draw_references(points, ks, n_references, random_state, progress)
    return {k: references.gap(k, log_dispersion(points, k, random_state)) for k in ks}


def log_dispersion(points: np.ndarray, k: int, random_state: int) -> float:
    """Return ``log W_k`` of points clustered as the references are."""
    return _dispersion(points, k, random_state)[0]


def log_dispersion_of(inertia: float) -> float:
    """Return the logarithm of a sum of squares, finite even where nothing is left of it.

    Examples
    --------
    >>> log_dispersion_of(1.0)
    0.0
    """
    return float(np.log(max(inertia, np.finfo(float).tiny)))


def _uniform_box(points: np.ndarray, rng: np.random.Generator) -> Callable[[], np.ndarray]:
    centre = points.mean(axis=0)
    # The axes are the eigenvectors of the small matrix: no n × n decomposition.
    _, axes = np.linalg.eigh((points - centre).T @ (points - centre))
    turned = (points - centre) @ axes
    low, high = turned.min(axis=0), turned.max(axis=0)
    return lambda: rng.uniform(low, high, size=points.shape) @ axes.T + centre


def _dispersion(points: np.ndarray, k: int, random_state: int) -> tuple[float, np.ndarray]:
    if k == 1:
        total = float(((points - points.mean(axis=0)) ** 2).sum())
        return log_dispersion_of(total), np.zeros(len(points), dtype="int64")
    found = quick_kmeans(points, k, random_state)
    return log_dispersion_of(found.inertia), found.labels


def _ignore(_done: float) -> None:
    """Take no notice of progress."""
