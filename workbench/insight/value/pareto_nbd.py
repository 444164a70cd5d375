"""Pareto/NBD: how often customers come back, who may drop out at any time."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from workbench.insight.value.fitting import PurchaseModel, checked


class ParetoNBD(PurchaseModel):
    """The Pareto/NBD model of purchases without a contract.

    While active a customer buys as a Poisson process at a rate λ of their own, and drops
    out at a rate μ of their own. λ is gamma (r, α) over customers, μ is gamma (s, β),
    and the two are independent. Slower to fit than `BGNBD`, and seldom far from it.

    Attributes
    ----------
    params_ : dict
        ``r``; ``alpha`` in periods; ``s``; ``beta`` in periods.
    log_likelihood_ : float
        Of all customers.
    n_ : int
        Customers that the fit used.
    covariance_ : numpy.ndarray of shape (4, 4)
        Of the logarithms of the parameters, robust.
    degenerate_ : bool
        The likelihood has no inner maximum.

    References
    ----------
    D. C. Schmittlein, D. G. Morrison, R. Colombo: Counting Your Customers: Who Are They
    and What Will They Do Next? Management Science 33 (1987) 1-24. The likelihood is that
    of P. S. Fader, B. G. S. Hardie: A Note on Deriving the Pareto/NBD Model (2005).

    Examples
    --------
    The published parameters of the CDNOW data, time in weeks, and its first customer:

    >>> import pandas as pd
    >>> model = ParetoNBD.with_params(r=0.553, alpha=10.578, s=0.606, beta=11.669)
    >>> customer = pd.DataFrame({"x": [2], "t_x": [30.43], "T": [38.86]})
    >>> round(float(model.predict(customer, 39).iloc[0]), 2)
    1.46
    >>> round(float(model.probability_alive(customer).iloc[0]), 2)
    0.87
    """

    parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")
    columns: ClassVar[tuple[str, ...]] = ("x", "t_x", "T")
    # Where hardly anyone drops out, s and β have no end: the search stops in time.
    widest: ClassVar[float] = 3.5
    most_steps: ClassVar[int] = 60

    def start(self, rows: np.ndarray) -> np.ndarray:
        """Begin at r = s = 1, and scales as long as customers were seen."""
        seen = max(rows[:, 2].mean(), 1e-3)
        return np.log([1.0, seen, 1.0, seen])

    def log_likelihoods(self, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return each row's log-likelihood."""
        from scipy.special import gammaln

        r, alpha, s, beta = np.exp(theta)
        x = rows[:, 0]
        alive, gone = self._ways(r, alpha, s, beta, rows)
        whole = np.logaddexp(alive, gone)
        return np.asarray(gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + whole)

    def _ways(
        self, r: float, alpha: float, s: float, beta: float, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the logarithms of being still active, and of having dropped out before."""
        x, t_x, T = rows.T
        alive = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
        earlier = _log_area(r, alpha, s, beta, x, t_x)
        later = _log_area(r, alpha, s, beta, x, T)
        # Both are areas above the same curve, the later one the smaller.
        ratio = np.minimum(later - earlier, 0.0)
        with np.errstate(divide="ignore"):
            left = np.log(-np.expm1(ratio))
        return alive, np.log(s) - np.log(r + s + x) + earlier + left

    def probability_alive(self, purchases: pd.DataFrame) -> pd.Series:
        """Return the probability that each customer is still active.

        Parameters
        ----------
        purchases : pandas.DataFrame
            Columns ``x``, ``t_x``, ``T``.

        Returns
        -------
        pandas.Series
            0 to 1, indexed as the customers.
        """
        r, alpha, s, beta = self.params_.values()
        alive, gone = self._ways(r, alpha, s, beta, checked(purchases, self.columns).to_numpy())
        return pd.Series(np.exp(alive - np.logaddexp(alive, gone)), index=purchases.index, name="p_alive")

    def if_alive(self, purchases: pd.DataFrame, ahead: np.ndarray) -> np.ndarray:
        """Return the purchases to expect of each customer if still active, one column a time ahead."""
        r, alpha, _, beta = self.params_.values()
        x, _, T = checked(purchases, self.columns).to_numpy().T
        rate = (r + x) / (alpha + T) * (beta + T)
        return np.asarray(rate[:, None] * self._active_time(beta + T[:, None], ahead[None, :]))

    def expected_purchases(self, t: float) -> float:
        """Return the purchases to expect of a new customer after the first one.

        Parameters
        ----------
        t : float
            Time since the first purchase, in periods.
        """
        r, alpha, _, beta = self.params_.values()
        return float(r / alpha * beta * self._active_time(np.array([beta]), np.array([t]))[0])

    def _active_time(self, scale: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Return the share of ``scale`` that a customer stays active of the next ``t``.

        (1 - (scale / (scale + t))^(s-1)) / (s-1), which is a logarithm where s is 1.
        """
        from scipy.special import exprel

        way = np.log1p(t / scale)
        return np.asarray(way * exprel(-(self.params_["s"] - 1) * way))


def _log_area(r: float, alpha: float, s: float, beta: float, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Return the logarithm of 2F1(r+s+x, ·; r+s+x+1; ·) / (· + t)^(r+s+x).

    Euler's transformation takes the part that overflows out of 2F1 and leaves
    2F1(1, ·; r+s+x+1; ·), which is at least 1 and never large.
    """
    whole = r + s + x
    if alpha >= beta:
        larger, z = alpha + t, (alpha - beta) / (alpha + t)
        second = np.full_like(x, s + 1)
    else:
        larger, z = beta + t, (beta - alpha) / (beta + t)
        second = r + x
    inner = _hypergeometric(whole + 1 - second, whole + 1, z)
    return np.asarray(-whole * np.log(larger) + (1 - second) * np.log1p(-z) + np.log(inner))


def _hypergeometric(b: np.ndarray, c: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return 2F1(1, b; c; z) for 0 < b < c and 0 <= z < 1 by Gauss's continued fraction.

    scipy's hyp2f1 is slow near 1, and not a number where c is large.
    """
    root = np.sqrt(1 - float(np.max(z, initial=0.0)))
    rate = ((1 - root) / (1 + root)) ** 2
    pairs = 8 if rate < 1e-6 else int(min(2_000, np.ceil(np.log(1e-17) / np.log(rate) / 2) + 8))
    found = np.ones_like(c)
    for m in range(pairs, 0, -1):
        found = 1 - (b + m) * (c + m - 1) / ((c + 2 * m - 1) * (c + 2 * m)) * z / found
        found = 1 - m * (c + m - 1 - b) / ((c + 2 * m - 2) * (c + 2 * m - 1)) * z / found
    return np.asarray(1 / (1 - b / c * z / found))
