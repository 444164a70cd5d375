"""The chi-squared distribution, so that a viewer's kernel loads no scipy for one quantile."""

from __future__ import annotations

import math


def chi_square_tail(value: float, freedom: int) -> float:
    """Return the probability of more than a value.

    By the series of the lower incomplete gamma function, or the continued fraction of
    the upper one (Lentz), whichever converges.

    Parameters
    ----------
    value : float
        Where the tail begins.
    freedom : int
        Degrees of freedom, at least 1.

    References
    ----------
    W. H. Press et al.: Numerical Recipes. Cambridge (2007), 6.2.

    Examples
    --------
    >>> round(chi_square_tail(3.841, 1), 4), chi_square_tail(0, 3)
    (0.05, 1.0)
    """
    if value <= 0:
        return 1.0
    if math.isinf(value):
        return 0.0
    a, x = freedom / 2, value / 2
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        n = a
        while abs(term) > 1e-17 * abs(total):
            n += 1
            term *= x / n
            total += term
        return max(0.0, 1 - front * total)
    b = x + 1 - a
    c, d = math.inf, 1 / b
    fraction = d
    for i in range(1, 10_000):
        step = -i * (i - a)
        b += 2
        d = 1 / (step * d + b)
        c = b + step / c
        change = d * c
        fraction *= change
        if abs(change - 1) < 1e-15:
            break
    return front * fraction


def chi_square_quantile(alpha: float, freedom: int) -> float:
    """Return the value that is exceeded with probability `alpha`.

    Examples
    --------
    >>> round(chi_square_quantile(0.05, 9), 3)
    16.919
    """
    low, high = 0.0, 1.0
    while chi_square_tail(high, freedom) > alpha:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if chi_square_tail(middle, freedom) > alpha else (low, middle)
    return (low + high) / 2
