"""Place customers into a picture that was learned without them, and say how far it can be trusted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.neighbors import NearestNeighbors

PLACED_BESIDE = 5
_ROWS = 20_000
_CELLS = 4_000_000


def place_beside(
    customers: np.ndarray,
    learned: np.ndarray,
    places: np.ndarray,
    *,
    n_neighbors: int = PLACED_BESIDE,
    progress: Callable[[float], None] | None = None,
) -> np.ndarray:
    """Place customers at the mean of their nearest learned neighbours' places.

    Parameters
    ----------
    customers : numpy.ndarray of shape (n_customers, n_features)
        Who is to be placed, on the same scale as `learned`.
    learned : numpy.ndarray of shape (n_learned, n_features)
        Whom the picture was learned on.
    places : numpy.ndarray of shape (n_learned, 2)
        Where they lie.
    n_neighbors : int, default=5
        So many neighbours count, each by the inverse of its distance. Who equals a
        learned customer lies where that one does.
    progress : callable, optional
        Called with the share done.

    Returns
    -------
    numpy.ndarray of shape (n_customers, 2)

    References
    ----------
    D. Shepard: A two-dimensional interpolation function for irregularly-spaced data. ACM
    (1968): weights by inverse distance.

    Examples
    --------
    >>> learned, places = np.array([[0.0], [1.0]]), np.array([[0.0, 0.0], [10.0, 0.0]])
    >>> place_beside(np.array([[0.25], [1.0]]), learned, places, n_neighbors=2).tolist()
    [[2.5, 0.0], [10.0, 0.0]]
    """
    search = NearestNeighbors(n_neighbors=min(n_neighbors, len(learned)), algorithm="brute").fit(learned)
    found = np.empty((len(customers), 2))
    for start in range(0, len(customers), _ROWS):
        part = slice(start, start + _ROWS)
        distance, neighbours = search.kneighbors(customers[part])
        with np.errstate(divide="ignore"):
            weight = 1.0 / distance
        same = np.isinf(weight)
        weight = np.where(same.any(axis=1, keepdims=True), same, weight)
        weight /= weight.sum(axis=1, keepdims=True)
        found[part] = (places[neighbours] * weight[:, :, None]).sum(axis=1)
        if progress is not None:
            progress(min(1.0, (start + _ROWS) / len(customers)))
    return found


def trust_in(customers: np.ndarray, places: np.ndarray, n_neighbors: int) -> float:
    """Return the trustworthiness of a picture, in little memory.

    1 − 2 / (n k (2n − 3k − 1)) Σ (rank − k), over the neighbours in the picture that are
    not among the k nearest in the features, ranked there. The same number as
    scikit-learn's ``trustworthiness``, which holds two square matrices.

    Parameters
    ----------
    customers : numpy.ndarray of shape (n_customers, n_features)
        Scaled features.
    places : numpy.ndarray of shape (n_customers, 2)
        Where they lie.
    n_neighbors : int
        k; fewer than half the customers.

    Returns
    -------
    float
        0 to 1.

    References
    ----------
    J. Venna, S. Kaski: Neighborhood preservation in nonlinear projection methods. ICANN
    (2001).

    Examples
    --------
    >>> line = np.arange(9.0)[:, None]
    >>> trust_in(line, np.column_stack([line, line]), 2)
    1.0
    """
    n, k = len(customers), n_neighbors
    drawn = NearestNeighbors(n_neighbors=k).fit(places).kneighbors(return_distance=False)
    squares = (customers**2).sum(axis=1)
    penalty = 0
    step = max(1, _CELLS // n)
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        # |x − y|² without |x|², which is the same along a row.
        distance = squares - 2 * customers[rows] @ customers.T
        distance[np.arange(len(rows)), rows] = -np.inf
        theirs = np.take_along_axis(distance, drawn[rows], axis=1)
        # Its rank among the features' neighbours: how many are nearer, itself among them.
        ranks = np.column_stack([(distance < theirs[:, [j]]).sum(axis=1) for j in range(k)])
        penalty += int(np.maximum(ranks - k, 0).sum())
    return float(1.0 - 2.0 * penalty / (n * k * (2.0 * n - 3.0 * k - 1.0)))
