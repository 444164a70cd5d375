"""Customers drawn around in the picture: who is inside, and what sets them apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from workbench.errors import ParameterProblem
from workbench.insight.profile import compare_clusters
from workbench.tables import PROFILE


def inside_polygon(x: ArrayLike, y: ArrayLike, polygon: Sequence[Sequence[float]]) -> np.ndarray:
    """Say which points lie inside a polygon.

    Parameters
    ----------
    x, y : array-like of shape (n_points,)
        The points.
    polygon : sequence of (float, float)
        Its corners in order; the last is joined to the first. Where the outline crosses
        itself, what lies inside an even number of loops is outside.

    Returns
    -------
    numpy.ndarray of bool, shape (n_points,)
        A point on the outline may count as either.

    Raises
    ------
    ParameterProblem
        If the polygon has fewer than three corners, or one that is no pair of numbers.

    References
    ----------
    W. R. Franklin: PNPOLY, point inclusion in polygon test (1970): a ray to the right
    crosses the outline an odd number of times.

    Examples
    --------
    >>> square = [(0, 0), (2, 0), (2, 2), (0, 2)]
    >>> inside_polygon([1, 3], [1, 1], square).tolist()
    [True, False]
    """
    try:
        corners = np.asarray(polygon, dtype="float64")
    except (TypeError, ValueError):
        corners = np.empty(0)
    if corners.ndim != 2 or corners.shape[1:] != (2,) or len(corners) < 3 or not np.isfinite(corners).all():
        raise ParameterProblem("insight_explanation.error.polygon", n=len(corners))
    across, up = np.asarray(x, dtype="float64"), np.asarray(y, dtype="float64")
    inside = np.zeros(len(across), dtype=bool)
    low, high = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero((across >= low[0]) & (across <= high[0]) & (up >= low[1]) & (up <= high[1]))
    px, py, odd = across[near], up[near], np.zeros(len(near), dtype=bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if ay == by:
            continue
        between = (py < ay) != (py < by)
        odd ^= between & (px < ax + (py - ay) * (bx - ax) / (by - ay))
    inside[near] = odd
    return inside


def describe_group(
    features: pd.DataFrame, chosen: ArrayLike | pd.Series, *, customers: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Describe any group of customers by its differences from all others.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        From `build_features`.
    chosen : array-like of bool, shape (n_customers,), or Series of customer_id
        Who is in the group.
    customers : pandas.DataFrame, optional
        The portrait, for means in the customers' own units; see `profile_clusters`.

    Returns
    -------
    pandas.DataFrame
        A table `workbench.tables.PROFILE` of one cluster, 1: p-values after Holm over its
        rows. Without anybody inside, or outside, it has no rows.

    Examples
    --------
    >>> features = pd.DataFrame({"age": [30.0, 31.0, 32.0, 70.0, 72.0]}, index=list("abcde"))
    >>> describe_group(features, features["age"] > 60)[["feature", "mean", "mean_others"]]
      feature  mean  mean_others
    0     age  71.0         31.0
    """
    given = np.asarray(chosen)
    mask = given if given.dtype == bool else features.index.isin(given.astype("str"))
    if len(mask) == len(features) and (mask.all() or not mask.any()):
        return PROFILE.empty()
    return compare_clusters(features, mask.astype(int), [1], customers)
