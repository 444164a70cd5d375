"""The lines of the control charts: what each day should have brought, and from where it is an alarm."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.execution.count_limits import highest_usual, lowest_planned, lowest_usual

Numbers = npt.NDArray[np.float64]
RUN = 8
"""Days in a row on one side of the centre line that are marked (the Western Electric rules' fourth)."""


def owed_contacts(due: Numbers, made: Numbers) -> Numbers:
    """Return how many contacts each day owes: the plan's, less for who is ahead of it.

    Examples
    --------
    >>> owed_contacts(np.array([10.0, 10.0, 10.0]), np.array([14.0, 10.0, 5.0])).tolist()
    [10.0, 6.0, 6.0]
    """
    so_far, all_due = np.cumsum(made), np.cumsum(due)
    return np.clip(all_due - (so_far - made), 0.0, due)


def lower_limits(plans: Numbers, alpha: float) -> Numbers:
    """Return the lowest number of contacts that is no alarm, for each plan (Poisson)."""
    return np.array([lowest_planned(plan, alpha) for plan in plans], dtype="float64")


def rate_lines(
    x: Numbers, n: Numbers, alpha: float, rate: float | None, *, high: bool
) -> tuple[Numbers, Numbers, npt.NDArray[np.bool_]]:
    """Return limit, expected rate and alarm of each day of a p chart.

    Each day is held against a known rate, or against the usual days before it.

    Parameters
    ----------
    x, n : numpy.ndarray
        Customers who did, of all, by day.
    alpha : float
        Chance of a false alarm on a day.
    rate : float or None
        The rate to expect, if it is known for sure; else it is learnt.
    high : bool
        Whether more than usual is the alarm, or fewer.

    Returns
    -------
    tuple of numpy.ndarray
        The limit as a share, the rate to expect (missing on the first day where it is learnt),
        and whether the day is outside.

    Examples
    --------
    >>> limits, expected, alarms = rate_lines(np.array([2.0, 9.0]), np.array([20.0, 20.0]), 0.01, 0.1,
    ...     high=True)
    >>> limits.tolist(), expected.tolist(), alarms.tolist()
    ([0.3, 0.3], [0.1, 0.1], [False, True])
    """
    limits, expected, alarms = np.full(len(x), np.nan), np.full(len(x), np.nan), np.zeros(len(x), dtype=bool)
    did = of = 0.0
    usual = highest_usual if high else lowest_usual
    for day in range(len(x)):
        if rate is not None:
            limit, expected[day] = usual(n[day], rate, alpha), rate
        elif of:
            limit, expected[day] = usual(n[day], 0.0, alpha, (did, of)), did / of
        else:
            limit = round(n[day]) if high else 0
        limits[day] = limit / n[day]
        alarms[day] = x[day] > limit if high else x[day] < limit
        if not alarms[day]:
            # What was unusual is not learnt from, or the limits would follow it.
            did, of = did + x[day], of + n[day]
    return limits, expected, alarms


def mark_runs(values: Numbers, expected: Numbers, length: int = RUN) -> npt.NDArray[np.bool_]:
    """Say which days belong to a run: so many in a row above, or below, what was to be expected.

    A day exactly as expected, or one without an expectation, ends a run.

    Examples
    --------
    >>> mark_runs(np.array([1.0, 3.0, 4.0, 5.0, 2.0]), np.full(5, 2.0), length=3).tolist()
    [False, True, True, True, False]
    """
    sides = np.nan_to_num(np.sign(values - expected))
    marked = np.zeros(len(sides), dtype=bool)
    begin = 0
    for day in range(1, len(sides) + 1):
        if day == len(sides) or sides[day] != sides[begin]:
            marked[begin:day] = sides[begin] != 0 and day - begin >= length
            begin = day
    return marked
