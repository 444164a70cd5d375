"""Mixed columns: numbers and categories in one table, after Huang's k-prototypes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.insight.segmenter.learning import N_INIT, Learned, completed
from workbench.insight.segmenter.models import Prototypes

_ITERATIONS = 100
# Code of a value that was not there at fit: it matches no cluster's.
_UNKNOWN = -1


@dataclass(frozen=True)
class Columns:
    """Which columns are numbers, and which say a category.

    Parameters
    ----------
    numbers : tuple of str
        Columns of numbers.
    values : dict of str to list of str
        Category → its known values, as the text of a column of that name, or as columns
        ``"job=retired"`` of 0 and 1.
    """

    numbers: tuple[str, ...]
    values: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, features: pd.DataFrame) -> Columns:
        """Tell the columns of a table apart."""
        numbers: list[str] = []
        values: dict[str, list[str]] = {}
        for name in map(str, features.columns):
            column, _, level = name.partition("=")
            if is_text(features[name]):
                values[name] = sorted(features[name].dropna().astype("str").unique())
            elif level:
                values.setdefault(column, []).append(level)
            else:
                numbers.append(name)
        return cls(tuple(numbers), values)

    def codes(self, features: pd.DataFrame) -> np.ndarray:
        """Return the categories as numbers; an empty cell or a value never seen is -1."""
        if not self.values:
            return np.zeros((len(features), 0), dtype="int64")
        return np.column_stack([self._code(features, name) for name in self.values])

    def _code(self, features: pd.DataFrame, name: str) -> np.ndarray:
        values = self.values[name]
        if name in features.columns:
            places = {value: number for number, value in enumerate(values)}
            return features[name].astype("str").map(places).fillna(_UNKNOWN).to_numpy(dtype="int64")
        told = features[[f"{name}={value}" for value in values]].to_numpy(dtype="float64")
        return np.where(told.max(axis=1) > 0, told.argmax(axis=1), _UNKNOWN)


def is_text(cells: pd.Series) -> bool:
    """Say whether a column holds categories."""
    return isinstance(cells.dtype, pd.CategoricalDtype) or pd.api.types.is_string_dtype(cells.dtype)


def checked_gamma(gamma: Any) -> None:
    """Raise ParameterProblem if gamma is not a number of at least 0."""
    if gamma is None:
        return
    number = isinstance(gamma, (int, float, np.integer, np.floating)) and not isinstance(gamma, bool)
    if not number or not np.isfinite(gamma) or gamma < 0:
        raise ParameterProblem("insight_clusters.error.gamma", gamma=gamma)


def gammas_of(
    scaled: np.ndarray, names: Sequence[str], gamma: float | None, weights: Mapping[str, float] | None
) -> np.ndarray:
    """Return what a mismatch of each category adds to the squared distance.

    Where none is asked for it is half the mean deviation of the numbers, as Huang
    proposes; 1 without numbers.
    """
    if gamma is None:
        gamma = 0.5 * float(scaled.std(axis=0).mean()) if scaled.shape[1] else 1.0
    return np.array([gamma * (weights or {}).get(name, 1.0) for name in names], dtype="float64")


def learn_prototypes(
    scaled: np.ndarray,
    codes: np.ndarray,
    k: int,
    gammas: np.ndarray,
    seed: int,
    starts: np.ndarray | None = None,
) -> Learned:
    """Find means and modes by turns, from several starts; the best is kept.

    References
    ----------
    Z. Huang: Extensions to the k-means algorithm for clustering large data sets with
    categorical values. Data Mining and Knowledge Discovery 2 (1998).
    """
    rng = np.random.default_rng([seed, 6])
    best: tuple[float, Prototypes, bool] | None = None
    for _ in range(N_INIT if starts is None or len(starts) < k else 1):
        begin = _begin(scaled, codes, k, gammas, rng) if starts is None else None
        if begin is None:
            assert starts is not None
            means = completed(scaled, starts, k, rng)
            begin = _updated(Prototypes(means, np.full((k, codes.shape[1]), _UNKNOWN), gammas), scaled, codes)
        model, rested = _settle(begin, scaled, codes)
        cost = model.cost(scaled, codes, model.assign(scaled, codes))
        if best is None or cost < best[0]:
            best = cost, model, rested
    assert best is not None
    return Learned(best[1], best[2])


def _begin(
    scaled: np.ndarray, codes: np.ndarray, k: int, gammas: np.ndarray, rng: np.random.Generator
) -> Prototypes:
    """Choose k customers far apart, as k-means++ does."""
    chosen = [int(rng.integers(len(scaled)))]
    nearest = _at(chosen, scaled, codes, gammas).distances(scaled, codes)[:, 0]
    while len(chosen) < k:
        total = nearest.sum()
        chosen.append(int(rng.choice(len(scaled), p=nearest / total if total > 0 else None)))
        last = _at(chosen[-1:], scaled, codes, gammas).distances(scaled, codes)[:, 0]
        nearest = np.minimum(nearest, last)
    return _at(chosen, scaled, codes, gammas)


def _at(rows: list[int], scaled: np.ndarray, codes: np.ndarray, gammas: np.ndarray) -> Prototypes:
    return Prototypes(scaled[rows], codes[rows], gammas)


def _settle(model: Prototypes, scaled: np.ndarray, codes: np.ndarray) -> tuple[Prototypes, bool]:
    labels = model.assign(scaled, codes)
    for _ in range(_ITERATIONS):
        model = _updated(model, scaled, codes, labels)
        again = model.assign(scaled, codes)
        if (again == labels).all():
            return model, True
        labels = again
    return model, False


def _updated(
    model: Prototypes, scaled: np.ndarray, codes: np.ndarray, labels: np.ndarray | None = None
) -> Prototypes:
    """Return the means and modes of the members; an empty cluster takes the farthest customer."""
    if labels is None:
        labels = model.assign(scaled, codes)
    means, modes = model.means.copy(), model.modes.copy()
    far = model.distances(scaled, codes)[np.arange(len(scaled)), labels]
    for cluster in range(len(means)):
        inside = labels == cluster
        if not inside.any():
            farthest = int(far.argmax())
            means[cluster], modes[cluster], far[farthest] = scaled[farthest], codes[farthest], 0.0
            continue
        means[cluster] = scaled[inside].mean(axis=0)
        for position, own in enumerate(codes[inside].T):
            known = own[own >= 0]
            modes[cluster, position] = np.bincount(known).argmax() if len(known) else _UNKNOWN
    return Prototypes(means, modes, model.gammas)
