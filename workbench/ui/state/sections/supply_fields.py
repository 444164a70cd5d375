"""What the supply's forms share: how days and numbers are read, and what is said of a conflict."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterProblem

if TYPE_CHECKING:
    from workbench.errors import Conflict


def read_number(text: str) -> float:
    """Return a number as people type it.

    Raises
    ------
    ParameterProblem
        If it is none.

    Examples
    --------
    >>> read_number("1,200"), read_number("3.5%"), read_number("120万")
    (1200.0, 3.5, 1200000.0)
    """
    plain = text.strip().replace(",", "").replace("，", "").rstrip("%")
    times = 10_000 if plain.endswith("万") else 1
    try:
        value = float(plain.removesuffix("万")) * times
    except ValueError as problem:
        raise ParameterProblem("execution_supply_page.error.number", value=text[:40]) from problem
    if not abs(value) < 1e15:
        raise ParameterProblem("execution_supply_page.error.number", value=text[:40])
    return value


def read_day(text: str) -> dt.date | None:
    """Return a day as a page sends it; nothing is None.

    Raises
    ------
    ParameterProblem
        If it is none.

    Examples
    --------
    >>> read_day("2026-10-12"), read_day(" ")
    (datetime.date(2026, 10, 12), None)
    """
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError as problem:
        raise ParameterProblem("project.error.day", value=text[:40]) from problem


def need_day(text: str) -> dt.date:
    """Return a day that must be given.

    Raises
    ------
    ParameterProblem
        If it is missing or none.
    """
    day = read_day(text)
    if day is None:
        raise ParameterProblem("execution_supply_page.error.first_day")
    return day


def version_of(fields: dict[str, str]) -> int:
    """Return the version that a form was filled from."""
    kept = fields.get("row_version", "")
    return int(kept) if kept.isdigit() else 0


def plain_day(day: Any) -> str:
    """Return a day as a page's field takes it; a missing one is empty."""
    return "" if day is None or day != day else f"{day:%Y-%m-%d}"


def differences(conflict: Conflict, words: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return field, yours and theirs of a conflict, for a form to show."""
    return [
        (words.get(field, field), str(yours)[:300], str(theirs)[:300])
        for field, (yours, theirs) in conflict.difference.items()
    ]
