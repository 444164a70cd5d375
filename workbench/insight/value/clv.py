"""What each customer will probably bring in the months to come."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem

if TYPE_CHECKING:
    from workbench.insight.value.bgnbd import BGNBD
    from workbench.insight.value.gamma_gamma import GammaGamma
    from workbench.insight.value.pareto_nbd import ParetoNBD

PERIODS_PER_MONTH = {"day": 365.2425 / 12, "week": 365.2425 / 84, "month": 1.0}
_STEP = 1e-4


def expected_customer_value(
    model: BGNBD | ParetoNBD,
    spend: GammaGamma,
    purchases: pd.DataFrame,
    *,
    months: int = 12,
    discount_rate: float = 0.01,
    periods_per_month: float = PERIODS_PER_MONTH["week"],
    margin: float = 1.0,
    otherwise: float | None = None,
) -> pd.DataFrame:
    """Estimate the value of each customer over the next months.

    For each month the purchases to expect, times the amount to expect, times the margin,
    discounted from the month's end.

    Parameters
    ----------
    model : BGNBD or ParetoNBD
        How often they come back, fitted.
    spend : GammaGamma
        How much a purchase brings, fitted.
    purchases : pandas.DataFrame
        Columns ``x``, ``t_x``, ``T``, ``m_x``, as `summarise_transactions` returns them.
    months : int, default=12
        How far to look ahead.
    discount_rate : float, default=0.01
        Per month; 0.01 is 12.7% a year. 0 discounts nothing.
    periods_per_month : float, default=4.348
        How many of the model's periods a month has; by default weeks.
    margin : float, default=1.0
        Share of an amount that is the bank's. At 1 the value is turnover, not income.
    otherwise : float, optional
        Amount of a purchase of those who never bought again, where the model's mean is
        infinite; see `GammaGamma.expected_amount`.

    Returns
    -------
    pandas.DataFrame
        Indexed as the customers: ``p_alive`` (0 to 1), ``expected_purchases`` (over all
        the months), ``expected_amount`` (of one purchase), ``expected_value``
        (discounted; in the unit of the amounts).

    Raises
    ------
    ParameterProblem
        If a parameter is outside what makes sense, or a customer is impossible.

    Notes
    -----
    The CDNOW figures that go around (140.096 and 1003.868 for customers 1 and 6) count a
    month as 30 of that data's weeks, a slip of the tutorial they come from:
    ``periods_per_month=30`` gives them. With months of 4.35 weeks the values are 36.30
    and 283.68.

    References
    ----------
    P. S. Fader, B. G. S. Hardie, K. L. Lee: RFM and CLV: Using Iso-Value Curves for
    Customer Base Analysis. Journal of Marketing Research 42 (2005) 415-430.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.insight import BGNBD, GammaGamma
    >>> model = BGNBD.with_params(r=0.242593, alpha=4.413532, a=0.792886, b=2.425752)
    >>> spend = GammaGamma.with_params(p=6.248802, q=3.744588, v=15.447748)
    >>> one = pd.DataFrame({"x": [2], "t_x": [30.43], "T": [38.86], "m_x": [22.35]})
    >>> value = expected_customer_value(model, spend, one, periods_per_month=30)
    >>> value.round(3).to_dict("records")
    [{'p_alive': 0.727, 'expected_purchases': 5.98, 'expected_amount': 24.659,
      'expected_value': 140.096}]
    """
    _check(months, discount_rate, periods_per_month, margin)
    alive = model.probability_alive(purchases).to_numpy()
    monthly = _monthly(model, purchases, months, periods_per_month, alive)
    amount = spend.expected_amount(purchases, otherwise=otherwise).to_numpy()
    return pd.DataFrame(
        {
            "p_alive": alive,
            "expected_purchases": monthly.sum(axis=1),
            "expected_amount": amount,
            "expected_value": monthly @ _discounts(months, discount_rate) * amount * margin,
        },
        index=purchases.index,
    )


def value_sensitivity(
    model: BGNBD | ParetoNBD,
    spend: GammaGamma,
    purchases: pd.DataFrame,
    *,
    months: int = 12,
    discount_rate: float = 0.01,
    periods_per_month: float = PERIODS_PER_MONTH["week"],
    margin: float = 1.0,
    otherwise: float | None = None,
) -> np.ndarray:
    """Return how each customer's value moves with the uncertain parameters of the models.

    The columns are scaled so that they are independent with variance 1: the mean of some
    customers' rows, squared and added up, is the variance of their mean value that the
    parameters bring (the delta method).

    Parameters
    ----------
    model, spend, purchases, months, discount_rate, periods_per_month, margin, otherwise
        As in `expected_customer_value`; the models fitted.

    Returns
    -------
    numpy.ndarray of shape (n_customers, n_parameters)
        In the unit of the value.
    """
    _check(months, discount_rate, periods_per_month, margin)
    discounts = _discounts(months, discount_rate) * margin

    def bought(theta: np.ndarray) -> np.ndarray:
        moved = model.moved(theta)
        alive = moved.probability_alive(purchases).to_numpy()
        return np.asarray(_monthly(moved, purchases, months, periods_per_month, alive) @ discounts)

    def brought(theta: np.ndarray) -> np.ndarray:
        return spend.moved(theta).expected_amount(purchases, otherwise=otherwise).to_numpy()

    amounts, counts = brought(spend.theta_), bought(model.theta_)
    return np.hstack(
        [
            _gradients(bought, model.theta_) @ _root(model.covariance_) * amounts[:, None],
            _gradients(brought, spend.theta_) @ _root(spend.covariance_) * counts[:, None],
        ]
    )


def _gradients(of: Callable[[np.ndarray], np.ndarray], theta: np.ndarray) -> np.ndarray:
    columns = []
    for position in range(len(theta)):
        step = np.zeros(len(theta))
        step[position] = _STEP
        columns.append((of(theta + step) - of(theta - step)) / (2 * _STEP))
    return np.column_stack(columns)


def _monthly(
    model: BGNBD | ParetoNBD,
    purchases: pd.DataFrame,
    months: int,
    periods_per_month: float,
    alive: np.ndarray,
) -> np.ndarray:
    """Return the purchases to expect in each of the months, one column a month."""
    reached = model.if_alive(purchases, np.arange(1, months + 1) * periods_per_month)
    return np.asarray(np.diff(reached, axis=1, prepend=0.0) * alive[:, None])


def _discounts(months: int, discount_rate: float) -> np.ndarray:
    return np.asarray((1 + discount_rate) ** -np.arange(1.0, months + 1))


def _root(covariance: np.ndarray) -> np.ndarray:
    """Return a matrix whose square is the covariance; a flat direction counts for nothing."""
    values, axes = np.linalg.eigh(covariance)
    return np.asarray(axes * np.sqrt(np.clip(values, 0, None)))


def _check(months: int, discount_rate: float, periods_per_month: float, margin: float) -> None:
    for name, value, fits in (
        ("months", months, 1 <= months <= 120),
        ("discount_rate", discount_rate, 0 <= discount_rate < 1),
        ("periods_per_month", periods_per_month, periods_per_month > 0),
        ("margin", margin, 0 < margin <= 1),
    ):
        if not fits:
            raise ParameterProblem("insight_value.error.setting", name=name, value=str(value))
