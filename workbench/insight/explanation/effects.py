"""How large a difference is, how sure, and what many comparisons leave of its significance."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from scipy.special import stdtr

Interval = tuple[np.ndarray, np.ndarray, np.ndarray]

CORRECTIONS = ("holm", "benjamini_hochberg")


def mean_effect(inside: np.ndarray, others: np.ndarray, level: float = 0.95) -> Interval:
    """Return standardised mean differences (Cohen's d) with their intervals.

    Parameters
    ----------
    inside, others : numpy.ndarray of shape (n_customers, n_features)
        The two groups.
    level : float, default=0.95
        Of confidence.

    Returns
    -------
    effect, low, high : numpy.ndarray of shape (n_features,)
        In pooled standard deviations; missing where a group is empty. A feature without
        any spread inside the groups is measured by its overall deviation.

    References
    ----------
    L. V. Hedges, I. Olkin: Statistical Methods for Meta-Analysis (1985), ch. 5: the large
    sample variance (n + m) / nm + d² / 2(n + m).

    Examples
    --------
    >>> group = np.array([[1.0], [2.0], [3.0]])
    >>> [float(part[0].round(2)) for part in mean_effect(group + 2, group)]
    [2.0, 0.04, 3.96]
    """
    n, m = len(inside), len(others)
    if not n or not m or n + m < 3:
        return _nothing(inside.shape[1])
    squares = ((inside - inside.mean(axis=0)) ** 2).sum(axis=0) + ((others - others.mean(axis=0)) ** 2).sum(
        axis=0
    )
    pooled = np.sqrt(squares / (n + m - 2))
    difference = inside.mean(axis=0) - others.mean(axis=0)
    # A feature that is one value inside and another outside has no spread to pool.
    overall = np.concatenate([inside, others]).std(axis=0, ddof=1)
    spread = np.where(pooled > 0, pooled, overall)
    effect = np.divide(difference, spread, out=np.zeros(len(spread)), where=spread > 0)
    error = _normal(level) * np.sqrt((n + m) / (n * m) + effect**2 / (2 * (n + m)))
    return effect, effect - error, effect + error


def share_effect(inside: np.ndarray, others: np.ndarray, level: float = 0.95) -> Interval:
    """Return differences of proportions as Cohen's h, with their intervals.

    h is the difference of 2·arcsin(√p), so that 1% against 5% counts as much more than
    50% against 54%. Like d, .2 is called small, .5 medium, .8 large.

    Parameters
    ----------
    inside, others : numpy.ndarray of shape (n_customers, n_features)
        Features of 0 and 1.
    level : float, default=0.95
        Of confidence.

    Returns
    -------
    effect, low, high : numpy.ndarray of shape (n_features,)

    References
    ----------
    J. Cohen: Statistical Power Analysis for the Behavioral Sciences, 2nd ed. (1988), ch. 6.

    Examples
    --------
    >>> inside, others = np.array([[1.0], [1.0], [0.0], [1.0]]), np.array([[0.0], [1.0]] * 2)
    >>> float(share_effect(inside, others)[0][0].round(3))
    0.524
    """
    n, m = len(inside), len(others)
    if not n or not m:
        return _nothing(inside.shape[1])
    angles = [2 * np.arcsin(np.sqrt(np.clip(part.mean(axis=0), 0.0, 1.0))) for part in (inside, others)]
    effect = angles[0] - angles[1]
    error = _normal(level) * np.sqrt(1 / n + 1 / m)
    return effect, effect - error, effect + error


def welch(inside: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return two-sided p-values of Welch's t-test, one a feature.

    Examples
    --------
    >>> group = np.array([[1.0], [2.0], [3.0]])
    >>> float(welch(group, group + 2)[0].round(4))
    0.0705
    """
    n, m = len(inside), len(others)
    if n < 2 or m < 2:
        return np.full(inside.shape[1], np.nan)
    error_inside, error_others = inside.var(axis=0, ddof=1) / n, others.var(axis=0, ddof=1) / m
    squared = error_inside + error_others
    difference = inside.mean(axis=0) - others.mean(axis=0)
    spread = squared > 0
    safe = np.where(spread, squared, 1.0)
    freedom = safe**2 / np.where(spread, error_inside**2 / (n - 1) + error_others**2 / (m - 1), 1.0)
    # The distribution of scipy.stats without loading it: a viewer's kernel calls this too.
    p_values = 2 * stdtr(freedom, -np.abs(difference) / np.sqrt(safe))
    return np.asarray(np.where(spread, p_values, np.where(difference == 0, 1.0, 0.0)))


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values corrected by Holm's step-down procedure; missing ones stay missing.

    Holds the probability of any false finding.

    References
    ----------
    S. Holm: A simple sequentially rejective multiple test procedure. Scandinavian
    Journal of Statistics 6 (1979).

    Examples
    --------
    >>> import numpy as np
    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    corrected, order = _ranked(p_values)
    steps = p_values[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected


def benjamini_hochberg(p_values: np.ndarray) -> np.ndarray:
    """Return p-values corrected by Benjamini and Hochberg; missing ones stay missing.

    Holds the expected share of false ones among the findings: it finds more than `holm`.

    References
    ----------
    Y. Benjamini, Y. Hochberg: Controlling the false discovery rate. Journal of the Royal
    Statistical Society B 57 (1995).

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.04, 0.04]
    """
    corrected, order = _ranked(p_values)
    steps = p_values[order] * len(order) / np.arange(1, len(order) + 1)
    corrected[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return corrected


def _ranked(p_values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a place for the corrected values, and the positions of the known ones, least first."""
    known = np.flatnonzero(~np.isnan(p_values))
    return np.full(len(p_values), np.nan), known[np.argsort(p_values[known], kind="stable")]


def _normal(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)


def _nothing(n: int) -> Interval:
    return np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
