"""The gap statistic: is a clustering tighter than one of structureless customers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.insight.kchoice.quick import quick_kmeans


def gap_statistic(
    points: np.ndarray,
    ks: list[int],
    n_references: int,
    random_state: int,
    progress: Callable[[float], None],
) -> dict[int, tuple[float, float]]:
    """Return gap(k) and its standard error s(k).

    Parameters
    ----------
    points : numpy.ndarray of shape (n, n_features)
        Scaled customers.
    ks : list of int
        Numbers of clusters; 1 is allowed.
    n_references : int
        Reference data sets, uniform over the box along the principal components.
    random_state : int
        Seed.
    progress : callable
        Called with the share done.

    Returns
    -------
    dict of int to (float, float)
        ``gap(k) = mean_b log W_kb - log W_k`` and ``s(k) = sd_k sqrt(1 + 1/B)``; empty
        without references.

    References
    ----------
    Tibshirani, Walther, Hastie (2001), sections 3 and 4.
    """
    if n_references < 1:
        return {}
    ks = [k for k in ks if k <= len(points)]
    rng = np.random.default_rng([random_state, 1])
    observed = np.array([_log_dispersion(points, k, random_state) for k in ks])
    reference = np.empty((n_references, len(ks)))
    draw = _uniform_box(points, rng)
    for number in range(n_references):
        drawn = draw()
        for position, k in enumerate(ks):
            reference[number, position] = _log_dispersion(drawn, k, random_state + number)
            progress((number * len(ks) + position + 1) / reference.size)
    gaps = reference.mean(axis=0) - observed
    errors = reference.std(axis=0) * np.sqrt(1 + 1 / n_references)
    return {k: (float(gap), float(error)) for k, gap, error in zip(ks, gaps, errors, strict=True)}


def _uniform_box(points: np.ndarray, rng: np.random.Generator) -> Callable[[], np.ndarray]:
    centre = points.mean(axis=0)
    # The axes are the eigenvectors of the small matrix: no n × n decomposition.
    _, axes = np.linalg.eigh((points - centre).T @ (points - centre))
    turned = (points - centre) @ axes
    low, high = turned.min(axis=0), turned.max(axis=0)
    return lambda: rng.uniform(low, high, size=points.shape) @ axes.T + centre


def _log_dispersion(points: np.ndarray, k: int, random_state: int) -> float:
    if k == 1:
        dispersion = float(((points - points.mean(axis=0)) ** 2).sum())
    else:
        dispersion = quick_kmeans(points, k, random_state).inertia
    # As many clusters as different customers leave nothing; the logarithm stays finite.
    return float(np.log(max(dispersion, np.finfo(float).tiny)))
