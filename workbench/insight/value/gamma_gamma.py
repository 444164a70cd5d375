"""Gamma-Gamma: how much a purchase brings."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.insight.value.fitting import PositiveModel, checked


class GammaGamma(PositiveModel):
    """The Gamma-Gamma model of the amount of a purchase.

    A customer's amounts are gamma (p, ν), ν is gamma (q, v) over customers, and neither
    has to do with how often the customer buys: see `check_value_model`.

    Attributes
    ----------
    params_ : dict
        ``p``, ``q``; ``v`` in the unit of the amounts (γ in the paper).
    log_likelihood_ : float
        Of those who bought again.
    n_ : int
        Customers who bought again.
    covariance_ : numpy.ndarray of shape (3, 3)
        Of the logarithms of the parameters, robust.
    degenerate_ : bool
        The likelihood has no inner maximum.

    Notes
    -----
    ``m_x`` is the mean over the x repeat purchases, the first one left out: the
    convention of the paper's CDNOW data, and the default of lifetimes'
    ``summary_data_from_transaction_data``. Where the average is over all x + 1 purchases,
    other parameters come out.

    References
    ----------
    P. S. Fader, B. G. S. Hardie: The Gamma-Gamma Model of Monetary Value (2013).

    Examples
    --------
    The published parameters of the CDNOW data, amounts in dollars:

    >>> import pandas as pd
    >>> model = GammaGamma.with_params(p=6.25, q=3.74, v=15.44)
    >>> customers = pd.DataFrame({"x": [2, 0], "m_x": [22.35, float("nan")]})
    >>> model.expected_amount(customers).round(2).tolist()
    [24.66, 35.22]
    """

    parameters: ClassVar[tuple[str, ...]] = ("p", "q", "v")
    columns: ClassVar[tuple[str, ...]] = ("x", "m_x")

    def usable(self, purchases: pd.DataFrame) -> pd.DataFrame:
        """Return those who bought again: a single purchase says nothing of repeat amounts."""
        return purchases[purchases["x"] > 0]

    def start(self, rows: np.ndarray) -> np.ndarray:
        """Begin at a mean amount as seen."""
        return np.log([2.0, 3.0, float(rows[:, 1].mean())])

    def log_likelihoods(self, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return each row's log-likelihood."""
        from scipy.special import gammaln

        p, q, v = np.exp(theta)
        x, m_x = rows.T
        return np.asarray(
            gammaln(p * x + q)
            - gammaln(p * x)
            - gammaln(q)
            + q * np.log(v)
            + (p * x - 1) * np.log(m_x)
            + p * x * np.log(x)
            - (p * x + q) * np.log(v + x * m_x)
        )

    def scores(self, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return each row's gradient with respect to the logarithms of the parameters."""
        from scipy.special import digamma

        p, q, v = np.exp(theta)
        x, m_x = rows.T
        total = np.log(v + x * m_x)
        both = digamma(p * x + q)
        return np.column_stack(
            [
                p * x * (both - digamma(p * x) + np.log(m_x) + np.log(x) - total),
                q * (both - digamma(q) + np.log(v) - total),
                q - v * (p * x + q) / (v + x * m_x),
            ]
        )

    def mean_amount(self) -> float:
        """Return the mean amount over all customers; infinite where q is 1 or less."""
        p, q, v = self.params_.values()
        return v * p / (q - 1) if q > 1 else float("inf")

    def expected_amount(self, purchases: pd.DataFrame, *, otherwise: float | None = None) -> pd.Series:
        """Return the amount to expect of each customer's next purchases.

        It lies between the customer's own mean and that of all, the nearer to the own
        the more purchases it rests on.

        Parameters
        ----------
        purchases : pandas.DataFrame
            Columns ``x`` and ``m_x``; who never bought again needs no ``m_x``.
        otherwise : float, optional
            The amount of those who never bought again where the model's mean is
            infinite.

        Returns
        -------
        pandas.Series
            Indexed as the customers.

        Raises
        ------
        ParameterProblem
            If the mean is infinite, is needed, and ``otherwise`` is not given.
        """
        p, q, v = self.params_.values()
        rows = checked(purchases, self.columns)
        x, m_x = rows["x"].to_numpy(), rows["m_x"].fillna(0).to_numpy()
        again = x > 0
        mean = self.mean_amount()
        if not np.isfinite(mean) and not again.all():
            if otherwise is None:
                raise ParameterProblem("insight_value.error.no_mean", q=f"{q:.2f}")
            mean = otherwise
        below = np.where(again, p * x + q - 1, 1.0)
        own = p * (v + x * m_x) / below
        return pd.Series(np.where(again, own, mean), index=purchases.index, name="expected_amount")
