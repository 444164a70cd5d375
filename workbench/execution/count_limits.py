"""The counts that are usual on a day: exact tails of what chance alone would bring."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def highest_usual(n: float, rate: float, alpha: float, known: tuple[float, float] | None = None) -> int:
    """Return the highest count that is no alarm: more come with a chance of at most alpha.

    Parameters
    ----------
    n : float
        Customers of the day.
    rate : float
        The rate to expect, 0 to 1, if it is known for sure.
    alpha : float
        Chance of a false alarm.
    known : tuple of two float, optional
        Instead of the rate, what it was read off: (customers who did, all customers). The
        fewer they are, the wider the limit.

    Returns
    -------
    int
        n where no count would be unusual.

    Examples
    --------
    >>> highest_usual(100, 0.1, 0.001), highest_usual(5, 0.1, 0.001), highest_usual(2, 0.1, 0.001)
    (20, 3, 2)
    >>> highest_usual(100, 0.1, 0.001, known=(5, 50))
    32
    """
    tails = 1.0 - np.cumsum(_chances(round(n), rate, known))
    return int(np.argmax(tails <= alpha + 1e-12))


def lowest_usual(n: float, rate: float, alpha: float, known: tuple[float, float] | None = None) -> int:
    """Return the lowest count that is no alarm: fewer come with a chance of at most alpha.

    Parameters as for `highest_usual`.

    Examples
    --------
    >>> lowest_usual(100, 0.1, 0.001), lowest_usual(20, 0.1, 0.001)
    (2, 0)
    """
    return int(np.count_nonzero(np.cumsum(_chances(round(n), rate, known)) <= alpha))


def lowest_planned(due: float, alpha: float) -> int:
    """Return the lowest number of contacts that is no alarm where so many are due (Poisson).

    Examples
    --------
    >>> lowest_planned(40.0, 0.001), lowest_planned(4.0, 0.001), lowest_planned(0.0, 0.001)
    (22, 0, 0)
    """
    # scipy is heavy, and a page that only reads should not load it.
    from scipy import special

    low = max(0, int(due - 12 * np.sqrt(due) - 12))
    counts = np.arange(low, int(due) + 2)
    return low + int(np.count_nonzero(special.pdtr(counts, due) <= alpha))


def _chances(n: int, rate: float, known: tuple[float, float] | None) -> Numbers:
    """Return the chances of 0 to n customers: binomial, or beta-binomial (Jeffreys) where learnt."""
    from scipy import special

    k = np.arange(n + 1, dtype="float64")
    ways = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    if known is None:
        return np.exp(ways + special.xlogy(k, rate) + special.xlog1py(n - k, -rate))
    a, b = known[0] + 0.5, known[1] - known[0] + 0.5
    return np.exp(ways + special.betaln(k + a, n - k + b) - special.betaln(a, b))
