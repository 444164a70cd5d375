"""Cells of text to dates and moments."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.customers.cells import DATE_FORMATS, TIME_FORMATS, Mask, joined

_PARTS = {"Y": r"\d{4}", "y": r"\d{2}", "f": r"\d{1,9}", "b": r"\S+", "B": r"\S+", "z": r"[+-]\d{2}:?\d{2}"}
_DAYS_TO_1900 = pd.Timestamp("1899-12-30")
# Excel believes in 29 February 1900: serial days before it are one further on.
_PHANTOM_DAY = 60
_LAST_DAY = 2_958_465


def format_pattern(form: str) -> str:
    r"""Return a regular expression for what a date format means, strictly.

    pandas would read ``2026101`` by ``%Y%m%d``; where nothing separates the parts, each
    has its full width here.

    Examples
    --------
    >>> format_pattern("%Y%m%d")
    '^\\d{4}\\d{2}\\d{2}$'
    """
    pieces = re.split(r"(%.)", form)
    pattern = ""
    for i, piece in enumerate(pieces):
        if not re.fullmatch("%.", piece):
            pattern += re.escape(piece)
            continue
        glued = (i >= 2 and not pieces[i - 1] and pieces[i - 2] != "") or (
            i + 2 < len(pieces) and not pieces[i + 1]
        )
        pattern += _PARTS.get(piece[1], r"\d{2}" if glued else r"\d{1,2}")
    return f"^{pattern}$"


def read_moments(
    cells: pa.Array, *, formats: tuple[str, ...] = (), day_only: bool = False
) -> tuple[pd.Series, Mask]:
    """Return moments, or days at midnight.

    Parameters
    ----------
    cells : pyarrow.Array
        Text; null is missing.
    formats : tuple of str, default=()
        Formats tried in order; ``"excel"`` reads serial days. Empty tries those that
        can only be read one way: the year first.
    day_only : bool, default=False
        Whether the time of day is cut off.

    Returns
    -------
    values : pandas.Series of datetime64[us]
        A moment that carries an offset is turned into UTC.
    bad : numpy.ndarray of bool

    Examples
    --------
    >>> texts = pa.array(["2026-09-30", "46295", "31.12.2026"])
    >>> values, bad = read_moments(texts, formats=("%Y-%m-%d", "excel"), day_only=True)
    >>> values.dt.strftime("%Y-%m-%d").tolist(), bad.tolist()
    (['2026-09-30', '2026-09-30', nan], [False, False, True])
    """
    found = pc.dictionary_encode(cells)
    words = pd.Series(pd.array(found.dictionary, dtype="str"))
    parsed = pd.Series(np.full(len(words), np.datetime64("NaT"), dtype="datetime64[us]"))
    for form in formats or (*DATE_FORMATS, *TIME_FORMATS):
        open_ = parsed.isna()
        if not open_.any():
            break
        if form == "excel":
            parsed = parsed.where(~open_, _serial_days(words))
            continue
        fits = open_ & words.str.match(format_pattern(form)).fillna(False).astype(bool)
        if fits.any():
            read = pd.to_datetime(words[fits], format=form, errors="coerce", utc="%z" in form)
            if read.dt.tz is not None:
                read = read.dt.tz_convert("UTC").dt.tz_localize(None)
            parsed[fits] = read.astype("datetime64[us]")
    if day_only:
        parsed = parsed.dt.normalize()
    # A missing cell has no index; -1 points at the NaT that is put behind the last word.
    indices = pc.fill_null(found.indices, len(words)).to_numpy(zero_copy_only=False)
    values = np.append(parsed.to_numpy(), np.datetime64("NaT", "us"))[indices]
    bad = np.isnat(values) & pc.is_valid(cells).to_numpy(zero_copy_only=False)
    return pd.Series(values), bad


def _serial_days(words: pd.Series) -> pd.Series:
    numeric = words.where(words.str.fullmatch(r"\d{1,7}(\.\d+)?").fillna(False).astype(bool))
    days = numeric.astype("float64")
    days = days.where((days >= 1) & (days < _LAST_DAY + 1) & (np.floor(days) != _PHANTOM_DAY))
    days = days + (days < _PHANTOM_DAY)
    seconds = (days * 86_400).round()
    return (_DAYS_TO_1900 + pd.to_timedelta(seconds, unit="s")).astype("datetime64[us]")


def read_without_year(
    cells: pa.Array, *, formats: tuple[str, ...], first_year: int
) -> tuple[pd.Series, Mask]:
    """Return days whose year follows from the order of the rows.

    The rows are in time order and begin in `first_year`: where the month falls by more
    than half a year the next year begins, where it rises so the row is a late one of the
    year before.

    Parameters
    ----------
    cells : pyarrow.Array
        Text such as ``"5 may"``; null is missing.
    formats : tuple of str
        Formats without a year, such as ``"%d %b"``.
    first_year : int
        Year of the first row.

    Returns
    -------
    values : pandas.Series of datetime64[us]
    bad : numpy.ndarray of bool

    Examples
    --------
    >>> texts = pa.array(["30 dec", "2 jan", "29 feb"])
    >>> values, bad = read_without_year(texts, formats=("%d %b",), first_year=2008)
    >>> values.dt.strftime("%Y-%m-%d").tolist(), bad.tolist()
    (['2008-12-30', '2009-01-02', nan], [False, False, True])
    """
    # A leap year, so that 29 February can be read before its year is known.
    with_year = joined(cells.cast(pa.large_string()), " 2000")
    read, bad = read_moments(with_year, formats=tuple(f"{form} %Y" for form in formats), day_only=True)
    month = read.dt.month.ffill().bfill()
    step = month.diff().fillna(0)
    year = first_year + (step < -6).cumsum() - (step > 6).cumsum()
    parts = pd.DataFrame({"year": year, "month": read.dt.month, "day": read.dt.day})
    values = pd.to_datetime(parts, errors="coerce").astype("datetime64[us]")
    return values, bad | (values.isna() & read.notna()).to_numpy()
