"""The best mix of known allocations within limits: a small simplex in numpy, for every viewer."""

from __future__ import annotations

import numpy as np

from workbench.strategy.allocation.problem import Floats

_TINY = 1e-10
_PIVOTS = 2_000
_GREEDY_PIVOTS = 400


def mix(values: Floats, uses: Floats, limits: Floats) -> tuple[Floats, Floats] | None:
    """Return shares of allocations that are worth most together, and the limits' prices.

    Parameters
    ----------
    values : numpy.ndarray, shape (m,)
        What each allocation is worth.
    uses : numpy.ndarray, shape (m, r)
        What each uses.
    limits : numpy.ndarray, shape (r,)
        What the mix may use; a floor of 5 is −5, and its uses are negative.

    Returns
    -------
    tuple of numpy.ndarray or None
        Shares (m,), which sum to at most 1 (the rest gets nothing), and prices (r,). None
        where no mix keeps the limits.

    Notes
    -----
    The dense tableau of the simplex method, with an artificial variable for each floor;
    the column of the greatest gain enters, and after many steps the first (Bland's rule,
    which never cycles).

    References
    ----------
    Dantzig, G. B., Wolfe, P. (1960). Decomposition principle for linear programs.
    Operations Research 8, 101-111. Bland, R. G. (1977). New finite pivoting rules for the
    simplex method. Mathematics of Operations Research 2, 103-107.

    Examples
    --------
    >>> shares, prices = mix(np.array([60.0, 100.0]), np.array([[10.0], [30.0]]), np.array([20.0]))
    >>> shares.round(6).tolist(), prices.round(6).tolist()
    ([0.5, 0.5], [2.0])
    """
    m, r = len(values), len(limits)
    unit = max(float(np.abs(values).max(initial=0.0)), 1e-300)
    scale = np.maximum(np.maximum(np.abs(limits), np.abs(uses).max(axis=0, initial=0.0)), 1e-300)
    floors = np.flatnonzero(limits < 0)
    # Columns: allocations, a slack a row, an artificial a floor, the right side.
    table = np.zeros((r + 2, m + r + 1 + len(floors) + 1))
    table[:r, :m] = (uses / scale).T
    table[r, :m] = 1.0
    table[: r + 1, m : m + r + 1] = np.eye(r + 1)
    table[:r, -1], table[r, -1] = limits / scale, 1.0
    basis = np.arange(m, m + r + 1)
    table[-1, :m] = -values / unit
    heavy = 1e4
    for number, row in enumerate(floors):
        table[row] *= -1.0
        column = m + r + 1 + number
        table[row, column] = 1.0
        table[-1, column] = heavy
        table[-1] -= heavy * table[row]
        basis[row] = column
    for step in range(_PIVOTS):
        gains = table[-1, :-1]
        entering = gains.argmin() if step <= _GREEDY_PIVOTS else (gains < -_TINY).argmax()
        if gains[entering] >= -_TINY:
            break
        pivots = table[:-1, entering]
        able = np.asarray(pivots > _TINY)
        if not able.any():
            return None
        ratio = np.full(r + 1, np.inf)
        ratio[able] = table[:-1, -1][able] / pivots[able]
        ties = np.flatnonzero(ratio <= ratio.min() + 1e-14)
        leaving = int(ties[basis[ties].argmin()])
        table[leaving] /= table[leaving, entering]
        factor = table[:, entering].copy()
        factor[leaving] = 0.0
        table -= factor[:, None] * table[leaving]
        basis[leaving] = entering
    amounts = np.zeros(table.shape[1] - 1)
    amounts[basis] = table[:-1, -1]
    if (amounts[m + r + 1 :] > 1e-7).any():
        return None
    prices = np.maximum(table[-1, m : m + r], 0.0) * unit / scale
    return np.clip(amounts[:m], 0.0, 1.0), prices
