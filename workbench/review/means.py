"""Compare two means from their sums: Welch's interval, the relative lift, Holm's correction.

Everything works on single numbers and on arrays alike, so that a thousand strategies,
branches or simulated campaigns are compared in one call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from workbench.errors import ParameterProblem

Numbers = npt.NDArray[np.float64]
_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Sums:
    """What a mean and its variance need to be known: count, sum, sum of squares.

    Parameters
    ----------
    n : float or ndarray
        Customers with a value.
    total : float or ndarray
        Sum of (value − centre).
    squares : float or ndarray
        Sum of (value − centre)².
    centre : float or ndarray, default=0.0
        A number near the mean. Large amounts that differ little lose their digits in a
        plain sum of squares; around a centre they keep them.

    Examples
    --------
    >>> import numpy as np
    >>> sums = Sums.of(np.array([1.0, 2.0, 3.0]))
    >>> float(sums.mean), float(sums.variance)
    (2.0, 1.0)
    """

    n: Any
    total: Any
    squares: Any
    centre: Any = 0.0

    @classmethod
    def of(cls, values: npt.ArrayLike) -> Sums:
        """Return the sums of one group's values; missing ones are left out."""
        cells = np.asarray(values, dtype=np.float64)
        groups = cls.by_group(cells, np.zeros(cells.size, dtype=np.intp), 1)
        return groups.take(0)

    @classmethod
    def by_group(cls, values: Numbers, groups: npt.NDArray[np.intp], n_groups: int) -> Sums:
        """Return the sums of every group at once.

        Parameters
        ----------
        values : ndarray of shape (n,)
            Values; missing ones are left out.
        groups : ndarray of int, shape (n,)
            Group of each value, 0 to `n_groups` − 1.
        n_groups : int
            Number of groups; one without values gets zeros.

        Returns
        -------
        Sums
            Arrays of shape (n_groups,).
        """
        known = ~np.isnan(values)
        if not known.all():
            values, groups = values[known], groups[known]
        n = np.bincount(groups, minlength=n_groups).astype(np.float64)
        plain = np.bincount(groups, weights=values, minlength=n_groups)
        centre = np.divide(plain, n, out=np.zeros(n_groups), where=n > 0)
        deviations = centre.take(groups)
        np.subtract(values, deviations, out=deviations)
        total = np.bincount(groups, weights=deviations, minlength=n_groups)
        deviations *= deviations
        squares = np.bincount(groups, weights=deviations, minlength=n_groups)
        return cls(n, total, squares, centre)

    def take(self, index: Any) -> Sums:
        """Return the sums of some groups."""
        return Sums(self.n[index], self.total[index], self.squares[index], self.centre[index])

    @property
    def mean(self) -> Numbers:
        """Mean; missing without values."""
        n = np.asarray(self.n, dtype=np.float64)
        return self.centre + self.total / np.where(n > 0, n, np.nan)

    @property
    def variance(self) -> Numbers:
        """Variance with n − 1; missing below two values."""
        n = np.asarray(self.n, dtype=np.float64)
        total, squares = np.asarray(self.total, np.float64), np.asarray(self.squares, np.float64)
        spread = squares - np.square(total) / np.where(n > 0, n, np.nan)
        # What rounding leaves of a constant is no variance.
        rounding = 4 * _EPSILON * squares + n * np.square(1e-11 * np.asarray(self.centre))
        return np.where(spread <= rounding, 0.0, spread) / np.where(n > 1, n - 1, np.nan)


@dataclass(frozen=True)
class Difference:
    """A difference between treatment and control, with its interval and test.

    Attributes
    ----------
    estimate, ci_low, ci_high : ndarray
        In the outcome's unit, or as a share where the difference is relative.
    p_value : ndarray
        Two-sided; missing where neither group varies.
    standard_error : ndarray
        Of the estimate.
    df : ndarray
        Welch–Satterthwaite degrees of freedom.
    """

    estimate: Numbers
    ci_low: Numbers
    ci_high: Numbers
    p_value: Numbers
    standard_error: Numbers
    df: Numbers


def compare_means(treatment: Sums, control: Sums, alpha: float = 0.05) -> Difference:
    """Compare two means without assuming equal variances (Welch).

    Parameters
    ----------
    treatment, control : Sums
        Single numbers, or arrays that broadcast.
    alpha : float, default=0.05
        1 − alpha is the interval's confidence.

    Returns
    -------
    Difference
        Treatment minus control. Missing where either group has fewer than two customers;
        where neither varies the interval is the estimate itself and p is missing.

    Raises
    ------
    ParameterProblem
        If alpha is not between 0 and 1.

    References
    ----------
    .. [1] Welch, B. L. (1947). The generalization of "Student's" problem when several
       different population variances are involved. Biometrika 34.

    Examples
    --------
    GrowthBook's published example:

    >>> control = Sums(n=3407, total=1396.87, squares=52377.9767)
    >>> variation = Sums(n=3461, total=2422.7, squares=134698.29)
    >>> result = compare_means(variation, control)
    >>> print(f"{result.estimate:.2f} [{result.ci_low:.5f}, {result.ci_high:.5f}] p {result.p_value:.5f}")
    0.29 [0.04538, 0.53462] p 0.02016
    """
    squared = np.asarray(_squared_error(treatment) + _squared_error(control), dtype=np.float64)
    df = _degrees_of_freedom(treatment, control)
    return _interval(treatment.mean - control.mean, squared, df, alpha)


def relative_lift(treatment: Sums, control: Sums, alpha: float = 0.05) -> Difference:
    """Compare two means as a share of the control's: treatment / control − 1.

    Delta method: the variance is var_t / (n_t m_c²) + m_t² var_c / (n_c m_c⁴). The degrees
    of freedom are the absolute difference's, Welch–Satterthwaite's over var_t / n_t and
    var_c / n_c, as in GrowthBook's statistics. Its p-value differs from the absolute
    difference's: the control's mean is uncertain here too.

    Parameters
    ----------
    treatment, control : Sums
        Single numbers, or arrays that broadcast.
    alpha : float, default=0.05
        1 − alpha is the interval's confidence.

    Returns
    -------
    Difference
        Missing too where the control's mean is 0.

    Raises
    ------
    ParameterProblem
        If alpha is not between 0 and 1.

    References
    ----------
    .. [1] Deng, A., Knoblich, U., Lu, J. (2018). Applying the delta method in metric
       analytics. KDD '18.

    Examples
    --------
    >>> control = Sums(n=3407, total=1396.87, squares=52377.9767)
    >>> variation = Sums(n=3461, total=2422.7, squares=134698.29)
    >>> result = relative_lift(variation, control)
    >>> print(f"{result.estimate:.5f} [{result.ci_low:.5f}, {result.ci_high:.5f}] p {result.p_value:.5f}")
    0.70732 [-0.03526, 1.44989] p 0.06191
    """
    base = np.where(control.mean == 0, np.nan, control.mean)
    ratio = treatment.mean / base
    squared = _squared_error(treatment) / base**2 + ratio**2 * _squared_error(control) / base**2
    return _interval(ratio - 1, squared, _degrees_of_freedom(treatment, control), alpha)


def adjust_holm(p_values: npt.ArrayLike) -> Numbers:
    """Correct p-values for how many were looked at (Holm's step-down).

    Parameters
    ----------
    p_values : array-like of shape (n,)
        Missing ones stay missing and do not count.

    Returns
    -------
    ndarray of shape (n,)

    References
    ----------
    .. [1] Holm, S. (1979). A simple sequentially rejective multiple test procedure.
       Scandinavian Journal of Statistics 6.

    Examples
    --------
    >>> adjust_holm([0.01, 0.04, float("nan"), 0.03]).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if order.size else steps
    return adjusted


def check_alpha(alpha: float) -> None:
    """Refuse an alpha that is no error probability.

    Raises
    ------
    ParameterProblem
        If it is not between 0 and 1.

    Examples
    --------
    >>> check_alpha(0.05)
    """
    if not 0 < alpha < 1:
        raise ParameterProblem("review_room.error.alpha", alpha=alpha)


def _squared_error(sums: Sums) -> Numbers:
    n = np.asarray(sums.n, dtype=np.float64)
    return sums.variance / np.where(n > 1, n, np.nan)


def _degrees_of_freedom(treatment: Sums, control: Sums) -> Numbers:
    """Return Welch–Satterthwaite's degrees of freedom; missing where neither side varies."""
    parts = [_squared_error(sums) for sums in (treatment, control)]
    # A side without a variance has no squared error either, so its n − 1 may be anything.
    below = [np.maximum(np.asarray(sums.n, dtype=np.float64) - 1, 1) for sums in (treatment, control)]
    weight = np.square(parts[0]) / below[0] + np.square(parts[1]) / below[1]
    squared = np.square(parts[0] + parts[1])
    return np.divide(squared, weight, out=np.full(np.shape(weight), np.nan), where=weight > 0)


def _interval(estimate: Numbers, squared: Numbers, df: Numbers, alpha: float) -> Difference:
    check_alpha(alpha)
    # An estimate that has no interval is no statement.
    estimate = np.where(np.isnan(squared), np.nan, estimate)
    varies = squared > 0
    error = np.sqrt(squared)
    half = np.where(varies, special.stdtrit(df, 1 - alpha / 2) * error, error)
    t = np.divide(estimate, error, out=np.full(np.shape(squared), np.nan), where=varies)
    p_value = 2 * special.stdtr(df, -np.abs(t))
    return Difference(estimate, estimate - half, estimate + half, p_value, error, df)
