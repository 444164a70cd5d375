"""On which days versions of a material or rate hold, and where none or two do."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from workbench.errors import ParameterProblem

VERSION_STATES = ("current", "next", "past", "withdrawn")
SOON = 14
"""Days before its end from which a version without a successor is spoken of."""
PROBLEMS = ("overlap", "gap", "ended", "ends_soon")
_DAY = pd.Timedelta(days=1)


def place_versions(materials: pd.DataFrame, *, today: dt.date | str) -> pd.DataFrame:
    """Return versions with a word on whether each is the current one.

    Parameters
    ----------
    materials : pandas.DataFrame
        ``name``, ``version``, ``valid_from``, ``valid_to`` (missing: open), ``withdrawn_at``
        (missing: it stands).
    today : datetime.date or str
        The day to look from.

    Returns
    -------
    pandas.DataFrame
        A copy with ``state``: current, next (begins later), past, withdrawn.

    Examples
    --------
    >>> rows = pd.DataFrame({"name": "rate", "version": [1, 2], "withdrawn_at": None,
    ...     "valid_from": [dt.date(2026, 9, 1), dt.date(2026, 10, 1)],
    ...     "valid_to": [dt.date(2026, 9, 30), None]})
    >>> place_versions(rows, today="2026-10-12")["state"].tolist()
    ['past', 'current']
    """
    now = pd.Timestamp(today).normalize()
    begins, ends = _ends(materials)
    states = []
    for begin, end, gone in zip(begins, ends, materials["withdrawn_at"].notna(), strict=True):
        if gone:
            states.append("withdrawn")
        elif begin > now:
            states.append("next")
        else:
            states.append("past" if end < now else "current")
    return materials.assign(state=pd.Series(states, index=materials.index, dtype="str"))


def find_validity_problems(
    materials: pd.DataFrame, *, today: dt.date | str, soon: int = SOON
) -> pd.DataFrame:
    """Return the days on which no version, or more than one, of a material or rate holds.

    Parameters
    ----------
    materials : pandas.DataFrame
        As of `place_versions`; withdrawn versions don't count.
    today : datetime.date or str
        The day to look from.
    soon : int, default=14
        A version that ends within so many days and has no successor is spoken of.

    Returns
    -------
    pandas.DataFrame
        ``name``; ``problem``: overlap, gap (between two versions), ended (the last one has),
        ends_soon; ``first`` and ``last`` day of it (missing: open); ``versions``, the numbers
        of those it lies between or that overlap, as text. By name and day.

    Raises
    ------
    ParameterProblem
        If soon is negative.

    Examples
    --------
    >>> rows = pd.DataFrame({"name": "rate", "version": [1, 2], "withdrawn_at": None,
    ...     "valid_from": [dt.date(2026, 9, 1), dt.date(2026, 10, 5)],
    ...     "valid_to": [dt.date(2026, 9, 30), None]})
    >>> find_validity_problems(rows, today="2026-10-12")[["problem", "last"]].astype(str).values.tolist()
    [['gap', '2026-10-04']]
    """
    if soon < 0:
        raise ParameterProblem("execution_supply_page.error.soon", soon=soon)
    now = pd.Timestamp(today).normalize()
    found: list[dict[str, Any]] = []
    begins, ends = _ends(materials)
    standing = materials.assign(_begin=begins, _end=ends)[materials["withdrawn_at"].isna().to_numpy()]
    for name, mine in standing.groupby("name", sort=True):
        rows = mine.sort_values(["_begin", "version"])
        spans = list(zip(rows["_begin"], rows["_end"], rows["version"], strict=True))
        found += [{"name": name, **row} for row in _between(spans, now, soon)]
    frame = pd.DataFrame(found, columns=["name", "problem", "first", "last", "versions"])
    words = dict.fromkeys(("name", "problem", "versions"), "str")
    frame = frame.astype(words | dict.fromkeys(("first", "last"), "datetime64[us]"))
    return frame.sort_values(["name", "first", "problem"], ignore_index=True, kind="stable")


def _between(
    spans: list[tuple[pd.Timestamp, pd.Timestamp, int]], now: pd.Timestamp, soon: int
) -> list[dict[str, Any]]:
    found = []
    for place, (_, end, version) in enumerate(spans):
        for begin, other_end, other in spans[place + 1 :]:
            if begin <= end:
                last = min(end, other_end)
                found.append(_problem("overlap", begin, last, version, other))
    reach, holder = spans[0][1], spans[0][2]
    for begin, end, version in spans[1:]:
        if begin > reach + _DAY:
            found.append(_problem("gap", reach + _DAY, begin - _DAY, holder, version))
        if end > reach:
            reach, holder = end, version
    if reach < now:
        found.append(_problem("ended", reach + _DAY, None, holder))
    elif reach < now + pd.Timedelta(days=soon):
        found.append(_problem("ends_soon", reach + _DAY, None, holder))
    return found


def _problem(problem: str, first: pd.Timestamp, last: pd.Timestamp | None, *versions: int) -> dict[str, Any]:
    open_end = last is None or last >= _OPEN
    return {
        "problem": problem,
        "first": first,
        "last": pd.NaT if open_end else last,
        "versions": ", ".join(str(number) for number in versions),
    }


_OPEN = pd.Timestamp("2200-01-01")


def _ends(materials: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return first and last days as moments; an open end lies far ahead."""
    begins = pd.to_datetime(materials["valid_from"])
    ends = pd.to_datetime(materials["valid_to"]).fillna(_OPEN)
    return begins, ends
