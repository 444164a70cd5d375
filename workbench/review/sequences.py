"""Look every day without being misled: intervals that hold on all days at once.

Welch's interval is right on one day that was fixed beforehand. Who looks daily and stops
at the first good day finds an effect that is not there in one campaign of four. A
confidence sequence is wider and may be looked at as often as one likes: that it ever
leaves the truth out has a chance of alpha over all days together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.campaign import check_columns
from workbench.review.means import Difference, Numbers, Sums, check_alpha, compare_means

# Below so many responses (or refusals) an arm's mean is not yet near normal: too early to say.
MIN_COUNT = 5.0


def confidence_sequence(
    treatment: Sums,
    control: Sums,
    alpha: float = 0.05,
    *,
    expected_n: Any = None,
    elapsed: Any = None,
) -> Difference:
    """Compare two means by an interval that holds at all times at once.

    The asymptotic confidence sequence of the difference of two means with unequal
    variances: estimate ± standard error × √(2 (x + 1) / x × log(√(x + 1) / alpha)), where
    x grows with what is known and was tuned to be narrowest at `expected_n`:
    x = (−2 log alpha + log(1 − 2 log alpha)) × elapsed. At the time expected it is about
    half as wide again as Welch's (3.04 instead of 1.96 standard errors at 95%).

    Where customers arrive over time, elapsed is n / expected_n. Where a list of fixed
    size answers over time, n says nothing about time: give `elapsed`, for example by
    `elapsed_responses`, as `track_uplift` does.

    Parameters
    ----------
    treatment, control : Sums
        Single numbers or arrays that broadcast: days, strategies, simulated campaigns.
    alpha : float, default=0.05
        Chance that the sequence ever leaves the truth out, over all times.
    expected_n : float or array-like, optional
        Customers of both arms at the time when the decision is expected. Fix it
        beforehand; a wrong guess costs width and not validity.
    elapsed : float or array-like, optional
        Share of the information expected that is there; over 1 after the time expected.
        Instead of `expected_n`.

    Returns
    -------
    Difference
        Treatment minus control. p_value may be looked at daily as well: under 0.05 exactly
        where the interval of alpha 0.05 leaves 0 out, when both are asked for with that
        alpha. df is infinite. Missing where either arm has fewer than two customers,
        nothing has elapsed, or neither arm varies.

    Raises
    ------
    ParameterProblem
        If alpha is no probability, or not exactly one of expected_n and elapsed is given
        or it is negative.

    References
    ----------
    .. [1] Waudby-Smith, I., Arbour, D., Sinha, R., Kennedy, E. H., Ramdas, A. (2024).
       Time-uniform central limit theory and asymptotic confidence sequences. Annals of
       Statistics 52 (the two-sided mixture boundary; rho for the time expected).
    .. [2] Robbins, H. (1970). Statistical methods related to the law of the iterated
       logarithm. Annals of Mathematical Statistics 41.

    Examples
    --------
    >>> treated, control = Sums(4500, 540, 540), Sums(500, 44, 44)
    >>> fixed = compare_means(treated, control)
    >>> sequence = confidence_sequence(treated, control, expected_n=5000)
    >>> f"{fixed.ci_low:.3f} {sequence.ci_low:.3f}"
    '0.005 -0.009'
    """
    check_alpha(alpha)
    if (expected_n is None) == (elapsed is None):
        raise ParameterProblem("review_statistics.error.time")
    if elapsed is None:
        n = np.asarray(treatment.n, dtype=np.float64) + np.asarray(control.n, dtype=np.float64)
        planned = np.asarray(expected_n, dtype=np.float64)
        if not (planned > 0).all():
            raise ParameterProblem("review_statistics.error.expected_n", n=expected_n)
        share = n / planned
    else:
        share = np.asarray(elapsed, dtype=np.float64)
        if (share < 0).any():
            raise ParameterProblem("review_statistics.error.elapsed", elapsed=elapsed)
    fixed = compare_means(treatment, control, alpha)
    return _sequence(fixed.estimate, fixed.standard_error, share, alpha)


def rate_sequence(
    responded: npt.ArrayLike,
    n: npt.ArrayLike,
    responded_control: npt.ArrayLike,
    n_control: npt.ArrayLike,
    alpha: float = 0.05,
    *,
    expected_response: npt.ArrayLike,
    min_count: float = MIN_COUNT,
) -> Difference:
    """Compare two response rates of a list, as its answers come in, at all times at once.

    `confidence_sequence` for a list of fixed size: time is told by `elapsed_responses`.
    Early on a small control has answered so little that its variance is underrated, which
    would raise false alarms; so the standard error takes one response and one refusal more
    in each arm (Agresti and Caffo), and nothing is said before the smaller arm can
    be expected to have `min_count` of both.

    Parameters
    ----------
    responded, n : array-like
        Customers of the treatment who have responded so far, and all of them.
    responded_control, n_control : array-like
        Those of the control.
    alpha : float, default=0.05
        Chance that the sequence ever leaves the truth out, over all times.
    expected_response : array-like
        Response rate planned for the last day, between 0 and 1. Fix it beforehand; a
        wrong guess costs width and not validity.
    min_count : float, default=5.0
        Responses, and refusals, that the smaller arm would have at the rate of both.

    Returns
    -------
    Difference
        Treatment minus control. The estimate is the plain difference of rates; interval and
        p are missing as long as it is too early.

    Raises
    ------
    ParameterProblem
        If alpha is no probability or an expected response does not lie between 0 and 1.

    References
    ----------
    .. [1] Agresti, A., Caffo, B. (2000). Simple and effective confidence intervals for
       proportions and differences of proportions result from adding two successes and
       two failures. The American Statistician 54.

    Examples
    --------
    >>> days = rate_sequence([90, 540], 4500, [9, 20], 500, expected_response=0.1)
    >>> days.estimate.round(3).tolist(), days.ci_low.round(3).tolist()
    ([0.002, 0.08], [-0.02, 0.049])
    """
    check_alpha(alpha)
    answered = [np.asarray(cells, dtype=np.float64) for cells in (responded, responded_control)]
    listed = [np.asarray(cells, dtype=np.float64) for cells in (n, n_control)]
    nobody = (listed[0] <= 0) | (listed[1] <= 0)
    sizes = [np.where(nobody, np.nan, cells) for cells in listed]
    rate = (answered[0] + answered[1]) / (sizes[0] + sizes[1])
    early = np.minimum(sizes[0], sizes[1]) * np.minimum(rate, 1 - rate) < min_count
    error = np.sqrt(sum(_squared_error(x, size) for x, size in zip(answered, sizes, strict=True)))
    share = elapsed_responses(answered[0] + answered[1], sizes[0] + sizes[1], expected_response)
    estimate = answered[0] / sizes[0] - answered[1] / sizes[1]
    result = _sequence(estimate, np.where(early, np.nan, error), share, alpha)
    return replace(result, estimate=np.broadcast_to(estimate, result.ci_low.shape))


def elapsed_responses(
    responded: npt.ArrayLike, n: npt.ArrayLike, expected_response: npt.ArrayLike
) -> Numbers:
    """Return the share of the information that a list's answers have brought so far.

    A list of fixed size answers over the days. Its response rate runs like a Brownian
    bridge, which is Brownian motion in the odds of having answered: the odds are its clock.

    Parameters
    ----------
    responded : array-like
        Customers of both arms who have responded so far.
    n : array-like
        Customers of both arms.
    expected_response : array-like
        Response rate planned for the last day, between 0 and 1.

    Returns
    -------
    ndarray
        Odds so far / odds planned; infinite once everybody has responded.

    Raises
    ------
    ParameterProblem
        If an expected response does not lie between 0 and 1.

    References
    ----------
    .. [1] Doob, J. L. (1949). Heuristic approach to the Kolmogorov–Smirnov theorems.
       Annals of Mathematical Statistics 20.

    Examples
    --------
    >>> elapsed_responses([10, 100], 1000, 0.1).round(2).tolist()
    [0.09, 1.0]
    """
    planned = np.asarray(expected_response, dtype=np.float64)
    if not ((planned > 0) & (planned < 1)).all():
        raise ParameterProblem("review_statistics.error.expected_response", rate=expected_response)
    answered = np.asarray(responded, dtype=np.float64)
    silent = np.asarray(n, dtype=np.float64) - answered
    odds = np.divide(answered, silent, out=np.full(np.shape(silent), np.inf), where=silent > 0)
    return odds * (1 - planned) / planned


def first_day_decided(days: pd.DataFrame) -> pd.DataFrame:
    """Say on which day each strategy's sequence left 0 out for the first time.

    That day is a sound day to stop at, whenever one looked before. What was decided is
    the sign of the effect up to that day; how large it becomes is read off later days.

    Parameters
    ----------
    days : pandas.DataFrame
        As `track_uplift` returns: strategy_id, day, date, uplift, seq_low, seq_high.

    Returns
    -------
    pandas.DataFrame
        One row a strategy, in the order of the days: strategy_id, day and date (missing
        where it is still open), verdict (``works``, ``harms``, ``open``), uplift, seq_low,
        seq_high of that day, or of the last where it is open.

    Raises
    ------
    ParameterProblem
        If a column is absent.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.DataFrame(
    ...     {
    ...         "strategy_id": ["S1", "S1"],
    ...         "day": [1, 2],
    ...         "date": pd.to_datetime(["2026-07-01", "2026-07-02"]),
    ...         "uplift": [0.02, 0.03],
    ...         "seq_low": [-0.01, 0.01],
    ...         "seq_high": [0.05, 0.05],
    ...     }
    ... )
    >>> first_day_decided(days)[["strategy_id", "day", "verdict"]].values.tolist()
    [['S1', 2, 'works']]
    """
    figures = ["uplift", "seq_low", "seq_high"]
    check_columns(days, ["strategy_id", "day", "date", *figures])
    works, harms = days["seq_low"] > 0, days["seq_high"] < 0
    verdict = pd.Series("open", index=days.index, dtype="str").mask(works, "works").mask(harms, "harms")
    rows = days.assign(verdict=verdict, decided=works | harms)
    last = rows.drop_duplicates("strategy_id", keep="last")
    first = rows[rows["decided"]].drop_duplicates("strategy_id")
    picked = pd.concat([first, last[~last["strategy_id"].isin(first["strategy_id"])]])
    order = pd.Index(days["strategy_id"].drop_duplicates())
    picked = picked.set_index("strategy_id").reindex(order).reset_index()
    decided = picked["decided"].fillna(False).astype(bool)
    picked["day"] = picked["day"].astype("Int64").where(decided)
    picked["date"] = picked["date"].where(decided)
    return picked[["strategy_id", "day", "date", "verdict", *figures]]


def _sequence(estimate: Numbers, error: Numbers, elapsed: Numbers, alpha: float) -> Difference:
    """Put the mixture boundary around an estimate; missing where nothing is known yet."""
    estimate, error, elapsed = np.broadcast_arrays(estimate, error, elapsed)
    # Once everybody has answered there is nothing to come: any large clock will do.
    clock = np.minimum(elapsed, 1e6)
    known = (clock > 0) & (error > 0)
    x = np.where(known, _tuning(alpha) * clock, np.nan)
    width = np.sqrt((x + 1) / x * (np.log1p(x) - 2 * np.log(alpha))) * error
    z = np.divide(estimate, error, out=np.full(np.shape(error), np.nan), where=known)
    p_value = np.minimum(np.sqrt(x + 1) * np.exp(-np.square(z) * x / (2 * (x + 1))), 1.0)
    return Difference(
        np.where(known, estimate, np.nan),
        estimate - width,
        estimate + width,
        p_value,
        np.where(known, error, np.nan),
        np.where(known, np.inf, np.nan),
    )


def _squared_error(responded: Numbers, n: Numbers) -> Numbers:
    """Return a rate's squared standard error with one response and one refusal more."""
    rate = (responded + 1) / (n + 2)
    return rate * (1 - rate) / (n + 2)


def _tuning(alpha: float) -> float:
    """Return n ρ² at the time for which the sequence is narrowest, nearly."""
    doubled = -2 * np.log(alpha)
    return float(doubled + np.log(doubled + 1))
