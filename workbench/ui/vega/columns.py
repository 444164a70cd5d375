"""Pack a frame's columns so that a browser reads them without parsing text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

Packed = dict[str, Any]

_SMALL_INTEGERS = (np.int8, np.int16, np.int32)
_EXACT = 2**53


def pack_column(values: Any, length: int | None = None) -> Packed:
    r"""Return one column as a dictionary whose ``data`` is binary.

    Parameters
    ----------
    values : array-like or scalar
        Numbers, booleans, texts, days or moments. A scalar fills the column.
    length : int, optional
        Number of rows; needed when `values` is a scalar.

    Returns
    -------
    dict
        ``kind`` (``number``, ``bool``, ``text``, ``wall``, ``moment`` or ``json``),
        ``dtype`` of the numbers (``f4``, ``f8``, ``i1`` …) and ``data``; ``values`` is
        the dictionary of a text column, ``gaps`` says whether numbers are missing.

    Examples
    --------
    >>> pack_column(["b", None, "b"])
    {'kind': 'text', 'dtype': 'i1', 'values': ['b'], 'data': b'\x00\xff\x00'}
    >>> pack_column([1.5, 2.5])["dtype"], pack_column([0.1])["dtype"], pack_column([1, 300])["dtype"]
    ('f4', 'f8', 'i2')
    """
    if np.isscalar(values) or values is None:
        values = [values] * (length or 0)
    series = values if isinstance(values, pd.Series) else pd.Series(values)
    dtype = series.dtype
    if pd.api.types.is_object_dtype(dtype):
        return _objects(series)
    if isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_string_dtype(dtype):
        return _text(series)
    if pd.api.types.is_bool_dtype(dtype):
        codes = series.astype("object").map({True: 1, False: 0}).fillna(-1)
        return {"kind": "bool", "dtype": "i1", "data": codes.to_numpy(np.int8).tobytes()}
    if isinstance(dtype, pd.DatetimeTZDtype):
        return _moments(series.dt.tz_convert("UTC").dt.tz_localize(None), "moment")
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _moments(series, "wall")
    if pd.api.types.is_timedelta64_dtype(dtype):
        return _numbers(series.dt.total_seconds() * 1000)
    if pd.api.types.is_numeric_dtype(dtype):
        return _numbers(series)
    return _text(series.astype("str"))


def pack_frame(frame: pd.DataFrame) -> Packed:
    """Return a frame as ``{"n": rows, "columns": {name: packed column}}``."""
    return {"n": len(frame), "columns": {str(name): pack_column(frame[name]) for name in frame.columns}}


def _text(series: pd.Series) -> Packed:
    codes, words = pd.factorize(series)
    dtype = next(kind for kind in _SMALL_INTEGERS if len(words) <= np.iinfo(kind).max)
    return {
        "kind": "text",
        "dtype": np.dtype(dtype).str[1:],
        "values": [str(word) for word in words],
        "data": codes.astype(dtype).tobytes(),
    }


def _moments(series: pd.Series, kind: str) -> Packed:
    moments = series.to_numpy("datetime64[us]")
    milliseconds = moments.astype(np.int64) / 1000
    milliseconds[np.isnat(moments)] = np.nan
    return {"kind": kind, "dtype": "f8", "data": milliseconds.tobytes()}


def _numbers(series: pd.Series) -> Packed:
    gaps = bool(series.isna().any())
    if pd.api.types.is_integer_dtype(series.dtype) and not gaps:
        whole = series.to_numpy()
        low, high = (int(whole.min()), int(whole.max())) if len(whole) else (0, 0)
        for kind in _SMALL_INTEGERS:
            if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
                return _number(whole.astype(kind), gaps)
        return _number(whole.astype(np.float64), gaps)
    numbers = series.to_numpy(np.float64, na_value=np.nan)
    with np.errstate(over="ignore"):
        short = numbers.astype(np.float32)
    exact = np.array_equal(short.astype(np.float64), numbers, equal_nan=True)
    return _number(short if exact else numbers, gaps)


def _number(numbers: np.ndarray, gaps: bool) -> Packed:
    return {"kind": "number", "dtype": numbers.dtype.str[1:], "gaps": gaps, "data": numbers.tobytes()}


def _objects(series: pd.Series) -> Packed:
    kind = pd.api.types.infer_dtype(series, skipna=True)
    if kind in ("date", "datetime", "datetime64"):
        return _moments(pd.to_datetime(series).astype("datetime64[us]"), "wall")
    if kind in ("string", "empty"):
        return _text(series)
    if kind == "boolean":
        return pack_column(series.astype("boolean"))
    if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
        return _numbers(series.astype(np.float64))
    return {"kind": "json", "values": [_plain(value) for value in series]}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, bool | int | float | str):
        return value if not isinstance(value, int) or abs(value) <= _EXACT else str(value)
    return str(value)
