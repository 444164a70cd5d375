"""TOPSIS: rank by the distance from the best and from the worst that there is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.scoring import SAME, rank_rows

Matrix = npt.NDArray[np.float64]
Normalisation = Literal["vector", "min_max"]
NORMALISATIONS: tuple[Normalisation, ...] = ("vector", "min_max")


def topsis(
    values: pd.DataFrame | npt.ArrayLike,
    weights: Mapping[str, float] | Sequence[float],
    *,
    costs: Collection[str | int] = (),
    normalisation: Normalisation = "vector",
) -> pd.DataFrame:
    """Return how close each alternative comes to the best there is (TOPSIS).

    Each criterion is normalised and weighted. The best point holds the best figure of every
    criterion, the worst point the worst; closeness is the distance from the worst, divided
    by the sum of both distances (Euclidean).

    Two packages that both say TOPSIS can differ in the normalisation, and then in the
    order: it is named here and on the screen.

    Parameters
    ----------
    values : pandas.DataFrame or array-like
        A row for each alternative, a column for each criterion, in any unit.
    weights : mapping of str to float, or sequence of float
        One for each column, 0 or more; they need not sum to 1. A column that a mapping
        leaves out weighs 0.
    costs : collection of str or int, default=()
        The columns of which less is better; positions where `values` has no names.
    normalisation : {"vector", "min_max"}, default="vector"
        ``"vector"`` divides a column by its Euclidean norm, as in the paper;
        ``"min_max"`` brings it to 0 (lowest) … 1 (highest).

    Returns
    -------
    pandas.DataFrame
        With the index of `values`: ``closeness`` (0 worst to 1 best), ``rank`` (ties keep
        their order), ``distance_best``, ``distance_worst``.

    Raises
    ------
    ParameterProblem
        If a weight is negative or not a number, all are 0, their number is not that of the
        columns, a name is none of the columns, or the normalisation is unknown.

    Notes
    -----
    A column in which all alternatives are alike moves nobody. A missing or infinite figure
    stands halfway between the best and the worst of its column. Where all alternatives are
    alike in everything, or there is one only, its closeness is 0.5.

    References
    ----------
    Hwang, C.-L., Yoon, K. (1981). Multiple Attribute Decision Making: Methods and
    Applications. Springer.

    Examples
    --------
    >>> values = [[250, 16, 12], [200, 16, 8], [300, 32, 16], [275, 32, 8]]
    >>> ranked = topsis(values, [0.25, 0.25, 0.5], costs=[0])
    >>> ranked["closeness"].round(4).tolist(), ranked["rank"].tolist()
    ([0.4294, 0.2016, 0.7984, 0.3102], [2, 4, 1, 3])
    >>> topsis(values, [0.25, 0.25, 0.5], costs=[0], normalisation="min_max")[
    ...     "closeness"].round(4).tolist()
    [0.4271, 0.309, 0.691, 0.3255]
    """
    frame = values if isinstance(values, pd.DataFrame) else pd.DataFrame(np.atleast_2d(np.asarray(values)))
    names = list(frame.columns)
    shares = _shares(weights, names)
    unknown = [name for name in costs if name not in names]
    if unknown:
        raise _unknown(unknown[0], names)
    figures = frame.to_numpy(dtype="float64", na_value=np.nan)
    points = normalise(figures, [name in set(costs) for name in names], normalisation)
    best, worst = distances(points, shares[None, :])
    close = closeness(best, worst)
    return pd.DataFrame(
        {
            "closeness": close[0],
            "rank": rank_rows(close)[0],
            "distance_best": best[0],
            "distance_worst": worst[0],
        },
        index=frame.index,
    )


def _shares(weights: Mapping[str, float] | Sequence[float], names: list[str]) -> Matrix:
    if isinstance(weights, Mapping):
        for name in weights:
            if name not in names:
                raise _unknown(name, names)
        given = [float(weights.get(name, 0.0)) for name in names]
    else:
        given = [float(weight) for weight in weights]
        if len(given) != len(names):
            raise ParameterProblem("strategy_scores.error.lengths", weights=len(given), columns=len(names))
    for name, weight in zip(names, given, strict=True):
        if not 0 <= weight < float("inf"):
            raise ParameterProblem("strategy_room.error.weight", name=name, weight=weight)
    if sum(given) <= 0:
        raise ParameterProblem("strategy_room.error.no_weight", known=", ".join(map(str, names)))
    return np.array(given) / sum(given)


def _unknown(name: object, names: list[str]) -> ParameterProblem:
    known = ", ".join(map(str, names))
    return ParameterProblem("strategy_room.error.unknown_criterion", name=name, known=known)


def normalise(values: Matrix, costs: Sequence[bool], normalisation: Normalisation) -> Matrix:
    """Return the columns without their units, turned so that more is better.

    Raises
    ------
    ParameterProblem
        If the normalisation is unknown.

    Examples
    --------
    >>> normalise(np.array([[3.0, 10.0], [4.0, 30.0]]), [True, False], "vector").round(3).tolist()
    [[-0.6, 0.316], [-0.8, 0.949]]
    """
    if normalisation not in NORMALISATIONS:
        raise ParameterProblem(
            "strategy_scores.error.normalisation", name=normalisation, known=", ".join(NORMALISATIONS)
        )
    points = np.zeros(values.shape)
    for position, is_cost in enumerate(costs):
        column = values[:, position]
        known = np.isfinite(column)
        if not known.any():
            continue
        largest = np.abs(column[known]).max()
        # A difference in the last digits only is none, and a column without one moves nobody.
        if np.ptp(column[known]) <= SAME * largest:
            continue
        if normalisation == "min_max":
            scaled = (column - column[known].min()) / np.ptp(column[known])
        else:
            # Divided first, so that no square overflows.
            scaled = column / largest / np.linalg.norm(column[known] / largest)
        middle = (scaled[known].min() + scaled[known].max()) / 2
        points[:, position] = np.where(known, scaled, middle) * (-1.0 if is_cost else 1.0)
    return points


def distances(points: Matrix, weights: Matrix) -> tuple[Matrix, Matrix]:
    """Return the weighted distances from the best and the worst point.

    Parameters
    ----------
    points : numpy.ndarray
        From `normalise`, alternatives × criteria.
    weights : numpy.ndarray
        Sets of weights × criteria.

    Returns
    -------
    best, worst : numpy.ndarray
        Sets of weights × alternatives.
    """
    if not len(points):
        nothing = np.zeros((len(weights), 0))
        return nothing, nothing
    squares = weights**2
    best = squares @ ((points - points.max(axis=0)) ** 2).T
    worst = squares @ ((points - points.min(axis=0)) ** 2).T
    return np.sqrt(best), np.sqrt(worst)


def closeness(best: Matrix, worst: Matrix) -> Matrix:
    """Return the share of the distance that lies behind; 0.5 where there is no distance."""
    both = best + worst
    return np.divide(worst, both, out=np.full(both.shape, 0.5), where=both > 0)
