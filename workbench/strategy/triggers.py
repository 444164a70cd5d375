"""Whether what sets off a strategy happens to a customer while the strategy runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.reach import among
from workbench.tables import TRIGGERS

WINDOW_DAYS = 30
"""Days after a trigger in which it applies, where the card names none."""
EVENT_OF = {"salary_day": "salary"}
"""Trigger → the type of event, where it has another name."""
_COLUMN_OF = {
    "maturity": "next_maturity",
    "large_inflow": "large_inflow_90d",
    "salary_day": "income_day",
    "app_login": "app_logins_90d",
    "branch_visit": "branch_visits_90d",
}
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Trigger:
    """Whose window of a trigger is open while a strategy runs.

    Parameters
    ----------
    open : numpy.ndarray of bool or None
        One a customer; None where the bank has no data on it.
    source : str
        What it was read off: ``events``, a column of the portrait, or empty.
    """

    open: Mask | None
    source: str


def event_type(trigger: str) -> str:
    """Return the type of event that a trigger is.

    Examples
    --------
    >>> event_type("salary_day"), event_type("maturity")
    ('salary', 'maturity')
    """
    return EVENT_OF.get(trigger, trigger)


def trigger_column(trigger: str) -> str:
    """Return the portrait's column that tells of a trigger, empty where none does."""
    return _COLUMN_OF.get(trigger, "")


def open_windows(
    customers: pd.DataFrame,
    trigger: str,
    *,
    starts_on: Any,
    ends_on: Any = None,
    window_days: float = WINDOW_DAYS,
    events: pd.DataFrame | None = None,
) -> Trigger:
    """Return for which customers a trigger applies while a strategy runs.

    The trigger's window is its day and `window_days` days after it. It applies when the
    window and the strategy's dates have a day in common. Days come from the events and,
    for what can be foreseen, from the portrait: the next maturity, the day of the salary.
    Where the bank keeps only a sum of 90 days, as of large inflows, any such inflow counts.

    Parameters
    ----------
    customers : pandas.DataFrame
        Table PORTRAIT.
    trigger : str
        ``maturity``, ``large_inflow``, ``salary_day``, ``app_login``, ``branch_visit`` or
        ``birthday``.
    starts_on, ends_on : date
        The strategy's first and last day; without a last day it has no end.
    window_days : float, default=30
        Days after the trigger.
    events : pandas.DataFrame, optional
        Table EVENTS: ``customer_id``, ``occurred_at``, ``event_type``.

    Returns
    -------
    Trigger

    Raises
    ------
    ParameterProblem
        If the trigger is unknown, or the days are less than 0.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": ["1", "2"],
    ...                        "next_maturity": pd.to_datetime(["2026-10-20", "2027-01-05"])})
    >>> open_windows(people, "maturity", starts_on="2026-10-12", ends_on="2026-12-11").open.tolist()
    [True, False]
    """
    if trigger not in TRIGGERS:
        raise ParameterProblem("strategy_lists.error.trigger", trigger=trigger, known=", ".join(TRIGGERS))
    if not window_days >= 0:
        raise ParameterProblem("strategy_lists.error.window_days", days=window_days)
    last = pd.Timestamp.max.normalize() if pd.isna(ends_on) else pd.Timestamp(ends_on)
    first = pd.Timestamp(starts_on).normalize() - pd.Timedelta(days=float(window_days))
    found = np.zeros(len(customers), dtype=bool)
    sources = []
    if events is not None and len(events):
        mine = events.loc[events["event_type"].eq(event_type(trigger)).to_numpy()]
        if len(mine):
            days = pd.to_datetime(mine["occurred_at"]).dt.normalize()
            inside = mine.loc[((days >= first) & (days <= last)).to_numpy(), "customer_id"]
            found |= among(customers["customer_id"], inside)
            sources.append("events")
    column = trigger_column(trigger)
    foreseen = trigger in ("maturity", "salary_day")
    if column in customers.columns and (foreseen or not sources):
        found |= _by_portrait(customers[column], trigger, first, last)
        sources.append(column)
    return Trigger(found if sources else None, " + ".join(sources))


def _by_portrait(cells: pd.Series, trigger: str, first: pd.Timestamp, last: pd.Timestamp) -> Mask:
    if trigger == "maturity":
        days = pd.to_datetime(cells).dt.normalize()
        return ((days >= first) & (days <= last)).fillna(False).to_numpy(dtype=bool)
    values = cells.to_numpy(dtype="float64", na_value=np.nan)
    if trigger != "salary_day":
        return values > 0
    known = np.isfinite(values)
    # The next such day of a month on or after the first; a 31st falls on a shorter month's last day.
    wanted = np.where(known, values, 1).astype(np.int64)
    next_day = np.full(len(values), np.datetime64("NaT", "D"))
    for month in (first.to_period("M"), first.to_period("M") + 1):
        length = month.days_in_month
        days = month.start_time.to_datetime64().astype("datetime64[D]") + np.minimum(wanted, length) - 1
        fits = np.isnat(next_day) & (days >= first.to_datetime64().astype("datetime64[D]"))
        next_day[fits] = days[fits]
    return known & (next_day <= last.to_datetime64().astype("datetime64[D]"))
