"""Bring features to one scale, so that none counts more for its unit alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.insight import catalogue

ScalingName = Literal["standard", "robust"]
SCALINGS: tuple[str, ...] = ("standard", "robust")
OUTLIERS: tuple[str, ...] = ("keep", "winsorise")
# Shares of the customers at whose values the lowest and highest are cut off.
WINSOR_LIMITS = (0.01, 0.99)
# The interquartile range of a normal distribution, in standard deviations.
_IQR_OF_NORMAL = 1.3489795003921634
# Smallest deviation of a yes-or-no feature: that of one in ten. Divided by its own, a
# yes of one in fifty would count as seven deviations and become a cluster by itself.
_LEAST_OF_FLAG = 0.3
# Features that are mostly 0 have a small range, and everyone else would be an outlier.
_ROBUST_LIMIT = 2.5


@dataclass(frozen=True)
class Scaling:
    """A centre and a scale for each feature.

    Parameters
    ----------
    center, scale : numpy.ndarray of shape (n_features,)
        ``(x - center) / scale`` is the scaled feature.
    limit : float or None, default=None
        Scaled values beyond it are cut off.
    low, high : numpy.ndarray of shape (n_features,) or None, default=None
        Values beyond them are set to them, before anything else.
    factors : numpy.ndarray of shape (n_features,) or None, default=None
        What the scaled features are multiplied by at last: the roots of their weights.
    """

    center: np.ndarray
    scale: np.ndarray
    limit: float | None = None
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    factors: np.ndarray | None = None

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return the values on the common scale."""
        if self.low is not None:
            values = np.clip(values, self.low, self.high)
        scaled = (values - self.center) / self.scale
        if self.limit is not None:
            scaled = np.clip(scaled, -self.limit, self.limit)
        return scaled if self.factors is None else scaled * self.factors

    def undo(self, scaled: np.ndarray) -> np.ndarray:
        """Return scaled values in the features' own units."""
        if self.factors is not None:
            scaled = scaled / self.factors
        return np.asarray(scaled * self.scale + self.center)

    def to_dict(self) -> dict[str, Any]:
        """Return the scaling as lists of numbers; no limit is None."""
        content: dict[str, Any] = {
            "center": self.center.tolist(),
            "scale": self.scale.tolist(),
            "limit": self.limit,
        }
        if self.low is not None and self.high is not None:
            content["low"] = [x if np.isfinite(x) else None for x in self.low.tolist()]
            content["high"] = [x if np.isfinite(x) else None for x in self.high.tolist()]
        if self.factors is not None:
            content["factors"] = self.factors.tolist()
        return content

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Scaling:
        """Return the scaling that `to_dict` wrote."""
        low, high = content.get("low"), content.get("high")
        factors = content.get("factors")
        return cls(
            np.array(content["center"], dtype="float64"),
            np.array(content["scale"], dtype="float64"),
            content["limit"],
            None if low is None else np.array([-np.inf if x is None else x for x in low]),
            None if high is None else np.array([np.inf if x is None else x for x in high]),
            None if factors is None else np.array(factors),
        )


def fit_scaling(
    features: pd.DataFrame,
    how: str = "standard",
    *,
    weights: Mapping[str, float] | None = None,
    outliers: str = "keep",
) -> Scaling:
    """Learn the scale of features.

    The columns of one categorical variable (``"job=retired"``, ``"job=student"`` …)
    share one scale, chosen so that together they vary as much as one numeric feature;
    so do the shares of the channels, which tell one habit.
    Standardised one by one, a variable with twelve values would weigh twelve times as
    much as the balance, and its rarest value most of all. For the same reason the
    deviation of a feature of 0 and 1 is taken as .3 at least.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        Finite numbers.
    how : {"standard", "robust"}, default="standard"
        Mean and standard deviation (population formula), or median and interquartile
        range divided by 1.349, values beyond 2.5 cut off. Where the range is 0, as in a
        feature that is mostly 0, the standard deviation is used. Features of 0 and 1 are always standardised.
    weights : mapping of str to float, optional
        How much a feature counts in the squared distance; 1 where nothing is said. The
        scaled feature is multiplied by the root of its weight. The name of a categorical
        variable (``"job"``) stands for all its columns.
    outliers : {"keep", "winsorise"}, default="keep"
        ``"winsorise"`` sets values below the 1st and above the 99th percentile to that
        percentile, before the scale is learned. Features of 0 and 1, and those whose two
        percentiles are equal, stay as they are.

    Returns
    -------
    Scaling

    Raises
    ------
    ParameterProblem
        If `how` or `outliers` is none of these, or a weight is not a number above 0 or
        belongs to no feature.

    Examples
    --------
    >>> import pandas as pd
    >>> features = pd.DataFrame({"age": [20.0, 40.0, 60.0]})
    >>> scaling = fit_scaling(features)
    >>> scaling.apply(np.array([[40.0], [60.0]])).round(3).ravel().tolist()
    [0.0, 1.225]
    >>> heavier = fit_scaling(features, weights={"age": 4.0})
    >>> heavier.apply(np.array([[40.0], [60.0]])).round(3).ravel().tolist()
    [0.0, 2.449]
    """
    _check_choice("scaling", how, SCALINGS)
    _check_choice("outliers", outliers, OUTLIERS)
    values = features.to_numpy(dtype="float64")
    low, high = _fences(values) if outliers == "winsorise" else (None, None)
    if low is not None:
        values = np.clip(values, low, high)
    deviation = values.std(axis=0)
    center, scale = values.mean(axis=0), deviation.copy()
    if how == "robust":
        quarter, middle, three_quarters = np.percentile(values, [25, 50, 75], axis=0)
        spread = (three_quarters - quarter) / _IQR_OF_NORMAL
        center, scale = middle, np.where(spread > 0, spread, deviation)
    flags = _are_flags(values) & (deviation > 0)
    center[flags] = values[:, flags].mean(axis=0)
    scale[flags] = np.maximum(deviation[flags], _LEAST_OF_FLAG)
    for group in _groups(features):
        center[group] = values[:, group].mean(axis=0)
        scale[group] = max(float(np.sqrt((deviation[group] ** 2).sum())), _LEAST_OF_FLAG)
    limit = _ROBUST_LIMIT if how == "robust" else None
    return Scaling(
        center,
        np.where(scale > 0, scale, 1.0),
        limit,
        low,
        high,
        weight_factors(list(map(str, features.columns)), weights),
    )


def bare(features: pd.DataFrame) -> pd.DataFrame:
    """Return the same table without its notes, which pandas copies at every step.

    Examples
    --------
    >>> features = pd.DataFrame({"age": [20.0]})
    >>> features.attrs["feature_notes"] = [{"feature": "age"}]
    >>> bare(features).attrs, len(features.attrs)
    ({}, 1)
    """
    found = features.copy(deep=False)
    found.attrs = {}
    return found


def weight_factors(names: list[str], weights: Mapping[str, float] | None) -> np.ndarray | None:
    """Return the roots of the features' weights, or None where all are 1.

    Raises
    ------
    ParameterProblem
        If a weight is not a number above 0, or belongs to no feature.

    Examples
    --------
    >>> weight_factors(["age", "job=retired", "job=student"], {"job": 4.0}).tolist()
    [1.0, 2.0, 2.0]
    """
    if not weights:
        return None
    sources = [name.partition("=")[0] for name in names]
    absent = [str(name) for name in weights if name not in names and name not in sources]
    if absent:
        raise ParameterProblem(
            "insight_clusters.error.weight_of_nothing", features=", ".join(absent), present=", ".join(names)
        )
    for name, weight in weights.items():
        number = isinstance(weight, (int, float, np.integer, np.floating)) and not isinstance(weight, bool)
        if not number or not np.isfinite(weight) or weight <= 0:
            raise ParameterProblem("insight_clusters.error.weight", feature=name, weight=weight)
    own = [
        float(weights.get(name, weights.get(source, 1.0)))
        for name, source in zip(names, sources, strict=True)
    ]
    return None if all(weight == 1.0 for weight in own) else np.sqrt(np.array(own))


def _check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ParameterProblem(
            "insight_room.error.unknown_choice", name=name, value=value, known=", ".join(known)
        )


def _are_flags(values: np.ndarray) -> np.ndarray:
    return np.asarray(((values == 0) | (values == 1)).all(axis=0))


def _fences(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and highest value that stay as they are."""
    low, high = np.quantile(values, WINSOR_LIMITS, axis=0)
    leave = _are_flags(values) | (low >= high)
    return np.where(leave, -np.inf, low), np.where(leave, np.inf, high)


def _groups(features: pd.DataFrame) -> list[list[int]]:
    """Return the positions of columns that are one thing said in several numbers."""
    groups: dict[str, list[int]] = {}
    for position, name in enumerate(map(str, features.columns)):
        column, _, level = name.partition("=")
        if level:
            groups.setdefault(column, []).append(position)
        elif name.startswith(catalogue.CHANNEL_SHARES):
            groups.setdefault(catalogue.CHANNEL_SHARES, []).append(position)
    return list(groups.values())
