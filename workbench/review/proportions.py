"""Compare two response rates: the score interval, which small controls do not fool.

Welch's interval takes a variance from each arm. A small control that happened to respond
little then has a small variance as well, and looks surer than it is: of twenty strategies
that do nothing, with a tenth held back, it calls one a winner in one cycle of eight after
Holm's correction. The score interval asks of every difference how likely the counts would
be under it, and keeps its word there.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from workbench.review.means import Difference, Numbers, Sums, check_alpha

# An interval between −1 and 1 is halved to 1e-11.
_STEPS = 37


def compare_proportions(
    responded: npt.ArrayLike,
    n: npt.ArrayLike,
    responded_control: npt.ArrayLike,
    n_control: npt.ArrayLike,
    alpha: float = 0.05,
    *,
    null: float = 0.0,
) -> Difference:
    """Compare two response rates by the score test (Miettinen and Nurminen).

    Parameters
    ----------
    responded, n : array-like
        Customers of the treatment who responded, and all of them.
    responded_control, n_control : array-like
        Those of the control. All four broadcast.
    alpha : float, default=0.05
        1 − alpha is the interval's confidence.
    null : float, default=0.0
        Difference that p is the test of, between −1 and 1.

    Returns
    -------
    Difference
        Treatment minus control, as shares. The interval lies between −1 and 1 and is not
        symmetrical; it leaves `null` out exactly where p is under alpha. standard_error is that
        of the plain difference (variances not assumed equal); df is infinite. Missing where
        either arm has fewer than two customers; p is missing where nobody or everybody
        responded in both.

    Raises
    ------
    ParameterProblem
        If alpha is not between 0 and 1.

    References
    ----------
    .. [1] Miettinen, O., Nurminen, M. (1985). Comparative analysis of two rates.
       Statistics in Medicine 4.

    Examples
    --------
    >>> result = compare_proportions(120, 900, 6, 100)
    >>> print(f"{result.estimate:.3f} [{result.ci_low:.3f}, {result.ci_high:.3f}] p {result.p_value:.3f}")
    0.073 [0.006, 0.115] p 0.036
    """
    check_alpha(alpha)
    cells = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (responded, n, responded_control, n_control))
    )
    enough = (cells[1] > 1) & (cells[3] > 1)
    x_t, n_t, x_c, n_c = (np.where(enough, x, np.nan) for x in cells)
    p_t, p_c = x_t / n_t, x_c / n_c
    estimate = p_t - p_c
    z = float(special.ndtri(1 - alpha / 2))
    low, high = _ends(estimate, z, (x_t, n_t, x_c, n_c))
    pooled = _variance(np.full_like(estimate, null), x_t, n_t, x_c, n_c)
    score = np.divide(
        np.abs(estimate - null), np.sqrt(pooled), out=np.full(estimate.shape, np.nan), where=pooled > 1e-15
    )
    error = np.sqrt(p_t * (1 - p_t) / (n_t - 1) + p_c * (1 - p_c) / (n_c - 1))
    df = np.where(enough, np.inf, np.nan)
    return Difference(estimate, low, high, 2 * special.ndtr(-score), error, df)


def compare_rates(treatment: Sums, control: Sums, alpha: float = 0.05) -> Difference:
    """Compare two response rates from the sums of outcomes that are 0 or 1.

    Parameters
    ----------
    treatment, control : Sums
        Of the responses of each arm.
    alpha : float, default=0.05
        1 − alpha is the interval's confidence.

    Returns
    -------
    Difference
        As `compare_proportions` returns it.

    Examples
    --------
    >>> from workbench.review.means import Sums
    >>> float(compare_rates(Sums.of([1.0, 1, 0, 0]), Sums.of([0.0, 0, 0, 1])).estimate)
    0.25
    """
    # Responses are whole customers, whatever rounding has made of them.
    responded = [np.rint(np.nan_to_num(sums.mean) * sums.n) for sums in (treatment, control)]
    return compare_proportions(responded[0], treatment.n, responded[1], control.n, alpha)


def _ends(estimate: Numbers, z: float, counts: tuple[Numbers, Numbers, Numbers, Numbers]) -> Numbers:
    """Return the differences below and above the estimate that the score puts z away from it."""
    inner = np.stack([estimate, estimate])
    outer = np.stack([np.full_like(estimate, -1.0), np.full_like(estimate, 1.0)])
    # Halving is slow and never led astray, not even where rates of 0 or 1 have no variance.
    for _ in range(_STEPS):
        middle = (inner + outer) / 2
        apart = np.square(estimate - middle) > z**2 * _variance(middle, *counts)
        inner, outer = np.where(apart, inner, middle), np.where(apart, middle, outer)
    return (inner + outer) / 2


def _variance(difference: Numbers, x_t: Numbers, n_t: Numbers, x_c: Numbers, n_c: Numbers) -> Numbers:
    """Return the variance of the estimate if this were the true difference.

    The rates are then the likeliest ones that far apart: a cubic equation's root in closed form.
    """
    n, x = n_t + n_c, x_t + x_c
    square = (n_t + 2 * n_c) * difference - n - x
    linear = (n_c * difference - n - 2 * x_c) * difference + x
    constant = x_c * difference * (1 - difference)
    q = (square / (3 * n)) ** 3 - linear * square / (6 * n**2) + constant / (2 * n)
    p = np.sqrt(np.maximum((square / (3 * n)) ** 2 - linear / (3 * n), 0.0))
    p = np.where(q >= 0, p, -p)
    cosine = np.divide(q, p**3, out=np.zeros_like(p), where=np.abs(p) > 1e-12)
    angle = (np.pi + np.arccos(np.clip(cosine, -1.0, 1.0))) / 3
    rate_c = np.clip(2 * p * np.cos(angle) - square / (3 * n), 0.0, 1.0)
    rate_t = np.clip(rate_c + difference, 0.0, 1.0)
    return (rate_t * (1 - rate_t) / n_t + rate_c * (1 - rate_c) / n_c) * n / (n - 1)
