"""BG/NBD: how often customers come back, who drop out after a purchase."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from workbench.insight.value.fitting import PurchaseModel, checked, distinct

_NEAR_ONE = 1e-6


class BGNBD(PurchaseModel):
    """The BG/NBD model of purchases without a contract.

    While active a customer buys as a Poisson process at a rate λ of their own; after
    each purchase they drop out with a probability p of their own. λ is gamma (r, α) over
    customers, p is beta (a, b), and the two are independent.

    Attributes
    ----------
    params_ : dict
        ``r``; ``alpha`` in periods; ``a``; ``b``.
    log_likelihood_ : float
        Of all customers.
    n_ : int
        Customers that the fit used.
    covariance_ : numpy.ndarray of shape (4, 4)
        Of the logarithms of the parameters, robust.
    degenerate_ : bool
        The likelihood has no inner maximum.

    Notes
    -----
    The published E[Y(78)] of the CDNOW data, 1.8576, is a series cut off after 150
    terms; summed to its end it is 1.8580.

    See Also
    --------
    ParetoNBD : The same with a dropout at any time.

    References
    ----------
    P. S. Fader, B. G. S. Hardie, K. L. Lee: "Counting Your Customers" the Easy Way: An
    Alternative to the Pareto/NBD Model. Marketing Science 24 (2005) 275-284.

    Examples
    --------
    The published parameters of the CDNOW data, time in weeks, and its first customer:

    >>> import pandas as pd
    >>> model = BGNBD.with_params(r=0.242593, alpha=4.413532, a=0.792886, b=2.425752)
    >>> customer = pd.DataFrame({"x": [2], "t_x": [30.43], "T": [38.86]})
    >>> round(float(model.predict(customer, 39).iloc[0]), 3)
    1.226
    >>> [round(float(model.expected_purchases(t)), 4) for t in (1, 32, 78)]
    [0.0532, 1.0437, 1.858]

    Fitted to a few customers:

    >>> few = pd.DataFrame({"x": [0, 2, 1, 5], "t_x": [0, 30, 2, 35], "T": [39, 39, 38, 36]})
    >>> BGNBD().fit(few).n_
    4
    """

    parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    columns: ClassVar[tuple[str, ...]] = ("x", "t_x", "T")

    def start(self, rows: np.ndarray) -> np.ndarray:
        """Begin at r = a = b = 1, and an α as long as customers were seen."""
        return np.log([1.0, max(rows[:, 2].mean(), 1e-3), 1.0, 2.0])

    def log_likelihoods(self, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return each row's log-likelihood; the two ways to have got here are added in logarithms."""
        from scipy.special import gammaln

        r, alpha, a, b = np.exp(theta)
        x, t_x, T = rows.T
        alive, gone = self._ways(r, alpha, a, b, x, t_x, T)
        return np.asarray(
            gammaln(r + x)
            - gammaln(r)
            + r * np.log(alpha)
            + gammaln(a + b)
            + gammaln(b + x)
            - gammaln(b)
            - gammaln(a + b + x)
            + np.logaddexp(alive, gone)
        )

    def scores(self, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return each row's gradient with respect to the logarithms of the parameters."""
        from scipy.special import digamma

        r, alpha, a, b = np.exp(theta)
        x, t_x, T = rows.T
        alive, gone = self._ways(r, alpha, a, b, x, t_x, T)
        share = np.exp(gone - np.logaddexp(alive, gone))
        both = digamma(a + b) - digamma(a + b + x)
        rate = digamma(r + x) - digamma(r) + np.log(alpha)
        rate -= (1 - share) * np.log(alpha + T) + share * np.log(alpha + t_x)
        scale = r / alpha - (r + x) * ((1 - share) / (alpha + T) + share / (alpha + t_x))
        dropped = np.divide(share, b + x - 1, out=np.zeros_like(share), where=x > 0)
        return np.column_stack(
            [
                r * rate,
                alpha * scale,
                a * both + share,
                b * (both + digamma(b + x) - digamma(b) - dropped),
            ]
        )

    @staticmethod
    def _ways(
        r: float, alpha: float, a: float, b: float, x: np.ndarray, t_x: np.ndarray, T: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the logarithms of being still active, and of having dropped out at the last purchase."""
        alive = -(r + x) * np.log(alpha + T)
        # Who never bought again can't have dropped out.
        again = np.where(x > 0, b + x - 1, 1.0)
        gone = np.where(x > 0, np.log(a) - np.log(again) - (r + x) * np.log(alpha + t_x), -np.inf)
        return alive, gone

    # What a fitted model says ----------------------------------------------------

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
        r, alpha, a, b = self.params_.values()
        x, t_x, T = checked(purchases, self.columns).to_numpy().T
        alive, gone = self._ways(r, alpha, a, b, x, t_x, T)
        return pd.Series(np.exp(alive - np.logaddexp(alive, gone)), index=purchases.index, name="p_alive")

    def if_alive(self, purchases: pd.DataFrame, ahead: np.ndarray) -> np.ndarray:
        """Return the purchases to expect of each customer if still active, one column a time ahead."""
        # The costly part knows nothing of when the last purchase was.
        unlike, codes = distinct(checked(purchases, self.columns)[["x", "T"]])
        x, T = unlike.to_numpy().T
        return self._if_alive(x[:, None], T[:, None], ahead[None, :])[codes]

    def expected_purchases(self, t: float) -> float:
        """Return the purchases to expect of a new customer after the first one.

        Parameters
        ----------
        t : float
            Time since the first purchase, in periods.
        """
        return float(self._if_alive(np.zeros(1), np.zeros(1), np.array([t]))[0])

    def _if_alive(self, x: np.ndarray, T: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Return the purchases to expect of those who are active.

        The paper's 2F1(r+x, b+x; a+b+x-1; z) grows beyond all numbers with x; after
        Euler's transformation its parameters don't.
        """
        from scipy.special import hyp2f1

        r, alpha, a, b = self.params_.values()
        if abs(a - 1) < _NEAR_ONE:
            # The limit exists, the formula divides by nothing.
            a = 1 + _NEAR_ONE
        z = t / (alpha + T + t)
        bottom = a + b + x - 1
        bottom = np.where(np.abs(bottom) < _NEAR_ONE, _NEAR_ONE, bottom)
        left = (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, bottom, z)
        return np.asarray(bottom / (a - 1) * (1 - left))
