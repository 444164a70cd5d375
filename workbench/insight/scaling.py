"""Bring features to one scale, so that none counts more for its unit alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.insight import catalogue

ScalingName = Literal["standard", "robust"]
SCALINGS: tuple[str, ...] = ("standard", "robust")
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
    """

    center: np.ndarray
    scale: np.ndarray
    limit: float | None = None

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return the values on the common scale."""
        scaled = (values - self.center) / self.scale
        return scaled if self.limit is None else np.clip(scaled, -self.limit, self.limit)

    def undo(self, scaled: np.ndarray) -> np.ndarray:
        """Return scaled values in the features' own units."""
        return np.asarray(scaled * self.scale + self.center)


def fit_scaling(features: pd.DataFrame, how: str = "standard") -> Scaling:
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

    Returns
    -------
    Scaling

    Raises
    ------
    ParameterProblem
        If `how` is neither.

    Examples
    --------
    >>> import pandas as pd
    >>> scaling = fit_scaling(pd.DataFrame({"age": [20.0, 40.0, 60.0]}))
    >>> scaling.apply(np.array([[40.0], [60.0]])).round(3).ravel().tolist()
    [0.0, 1.225]
    """
    if how not in SCALINGS:
        raise ParameterProblem(
            "insight_room.error.unknown_choice", name="scaling", value=how, known=", ".join(SCALINGS)
        )
    values = features.to_numpy(dtype="float64")
    deviation = values.std(axis=0)
    center, scale = values.mean(axis=0), deviation.copy()
    if how == "robust":
        low, middle, high = np.percentile(values, [25, 50, 75], axis=0)
        spread = (high - low) / _IQR_OF_NORMAL
        center, scale = middle, np.where(spread > 0, spread, deviation)
    flags = ((values == 0) | (values == 1)).all(axis=0) & (deviation > 0)
    center[flags] = values[:, flags].mean(axis=0)
    scale[flags] = np.maximum(deviation[flags], _LEAST_OF_FLAG)
    for group in _groups(features):
        center[group] = values[:, group].mean(axis=0)
        scale[group] = max(float(np.sqrt((deviation[group] ** 2).sum())), _LEAST_OF_FLAG)
    limit = _ROBUST_LIMIT if how == "robust" else None
    return Scaling(center, np.where(scale > 0, scale, 1.0), limit)


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
