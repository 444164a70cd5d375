"""Days, weeks and months as numbers counted from 1970, in Python and in an engine."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Any

PERIODS = ("day", "week", "month")
_EPOCH = dt.date(1970, 1, 1)


def day_number(moment: Any) -> Any:
    """Return the days since 1970-01-01 of a timestamp expression."""
    return moment.date().epoch_days()


def period_number(moment: Any, period: str) -> Any:
    """Return the number of a timestamp's period, counted from 1970; weeks begin on Monday."""
    if period == "month":
        return moment.year() * 12 + moment.month() - (_EPOCH.year * 12 + 1)
    days = day_number(moment)
    # 1 January 1970 was a Thursday.
    return days if period == "day" else (days + 3) // 7


def days_of(day: dt.date) -> int:
    """Return the days since 1970-01-01."""
    return (day - _EPOCH).days


def last_period(day: dt.date, period: str) -> int:
    """Return the number of the last period that is over at the end of a day.

    Examples
    --------
    Wednesday's week is not over, Sunday's is:

    >>> last_period(dt.date(1970, 1, 7), "week"), last_period(dt.date(1970, 1, 11), "week")
    (0, 1)
    >>> last_period(dt.date(1970, 2, 27), "month"), last_period(dt.date(1970, 2, 28), "month")
    (0, 1)
    """
    following = day + dt.timedelta(days=1)
    if period == "month":
        return following.year * 12 + following.month - (_EPOCH.year * 12 + 1) - 1
    number = days_of(following)
    return (number if period == "day" else (number + 3) // 7) - 1


def end_of_period(number: int, period: str) -> dt.date:
    """Return the last day of a period.

    Examples
    --------
    >>> end_of_period(1, "week"), end_of_period(1, "month"), end_of_period(1, "day")
    (datetime.date(1970, 1, 11), datetime.date(1970, 2, 28), datetime.date(1970, 1, 2))
    """
    if period == "month":
        year, month = _EPOCH.year + (number + 1) // 12, (number + 1) % 12 + 1
        return dt.date(year, month, 1) - dt.timedelta(days=1)
    return _EPOCH + dt.timedelta(days=number if period == "day" else number * 7 + 3)


def months_before(day: dt.date, months: int) -> dt.date:
    """Return the day so many months earlier; a month's last day stays one.

    Examples
    --------
    >>> months_before(dt.date(2026, 6, 30), 3)
    datetime.date(2026, 3, 31)
    """
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    last = calendar.monthrange(year, month)[1]
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return dt.date(year, month, last if is_last else min(day.day, last))


def number_of(moment: dt.datetime | dt.date, period: str) -> int:
    """Return the number of the period that a moment lies in.

    Examples
    --------
    >>> number_of(dt.date(1970, 1, 7), "week"), number_of(dt.date(1970, 2, 1), "month")
    (1, 1)
    """
    day = moment.date() if isinstance(moment, dt.datetime) else moment
    # The period that a day lies in follows the last one over the day before it began.
    number = last_period(day, period)
    return number if end_of_period(number, period) == day else number + 1


def next_period(moment: Any, period: str) -> Any:
    """Return when the period of a timestamp is over."""
    import ibis

    unit = {"day": "D", "week": "W", "month": "M"}[period]
    length = {"day": {"days": 1}, "week": {"weeks": 1}, "month": {"months": 1}}[period]
    return moment.truncate(unit) + ibis.interval(**length)
