"""Cycles: one walk through the loop, on one snapshot date."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.errors import ParameterProblem

_QUARTER = re.compile(r"^(\d{4}) Q([1-4])$")


@dataclass(frozen=True)
class Cycle:
    """One walk through the loop.

    Parameters
    ----------
    cycle_id : str
        Its name, for example ``2026 Q3``; empty before the first import.
    snapshot_date : datetime.date or None
        The day its portraits show.
    state : {"open", "frozen", "closed", "none"}
        Whether it is worked on: frozen, its evaluation stands and its recommendations are
        decided; closed, it takes nothing more. ``none`` before the first import.
    opened_from : str or None
        The cycle whose accepted recommendations opened it.
    opened_at : datetime.datetime or None
        UTC.
    """

    cycle_id: str
    snapshot_date: dt.date | None
    state: str
    opened_from: str | None = None
    opened_at: dt.datetime | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Cycle:
        """Return the cycle of a row of the store."""
        return cls(row["cycle_id"], row["snapshot_date"], row["state"], row["opened_from"], row["opened_at"])


NO_CYCLE = Cycle("", None, "none")


def quarter_id(day: dt.date) -> str:
    """Return the name of the quarter a day is in.

    Examples
    --------
    >>> quarter_id(dt.date(2026, 9, 30))
    '2026 Q3'
    """
    return f"{day.year} Q{(day.month - 1) // 3 + 1}"


def quarter_end(year: int, quarter: int) -> dt.date:
    """Return the last day of a quarter.

    Examples
    --------
    >>> quarter_end(2026, 2)
    datetime.date(2026, 6, 30)
    """
    month = quarter * 3
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def next_cycle(cycle_id: str, snapshot_date: dt.date, last_day: dt.date | None) -> tuple[str, dt.date]:
    """Return the name and snapshot date of the cycle after one.

    Parameters
    ----------
    cycle_id : str
        The cycle.
    snapshot_date : datetime.date
        Its snapshot date.
    last_day : datetime.date or None
        The last day the data reach. The next snapshot is the next quarter's end if the
        data reach it, else it stays.

    Examples
    --------
    >>> next_cycle("2026 Q4", dt.date(2026, 12, 31), dt.date(2027, 3, 31))
    ('2027 Q1', datetime.date(2027, 3, 31))
    >>> next_cycle("2026 Q3", dt.date(2026, 9, 30), dt.date(2026, 10, 9))
    ('2026 Q4', datetime.date(2026, 9, 30))
    """
    named = _QUARTER.match(cycle_id)
    if named:
        year, quarter = int(named[1]), int(named[2])
    else:
        year, quarter = snapshot_date.year, (snapshot_date.month - 1) // 3 + 1
    year, quarter = (year + 1, 1) if quarter == 4 else (year, quarter + 1)
    end = quarter_end(year, quarter)
    reached = last_day is not None and snapshot_date < end <= last_day
    return f"{year} Q{quarter}", end if reached else snapshot_date


def as_day(value: dt.date | str | None) -> dt.date | None:
    """Return a day from a date or ISO text.

    Examples
    --------
    >>> as_day("2026-06-30")
    datetime.date(2026, 6, 30)
    """
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise ParameterProblem("project.error.day", value=value) from error
