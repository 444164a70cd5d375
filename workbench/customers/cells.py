"""Cells of text to typed values; what can't be read is said, never guessed away.

Every function takes an Arrow array of text in which a missing cell is null, and returns
the values beside a mask of the cells that could not be read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.customers.mapping import UNITS
from workbench.customers.raw import SPACES

Mask = np.ndarray

DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日")
TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y%m%d%H%M%S",
)
TRUTHS: dict[str, bool] = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "是", "有"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "否", "无"), False),
}

_PLAIN = r"^[+-]?\d+(\.\d+)?$"
_GROUPED = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
_ID_SHORTENED = r"^\d\.\d+[eE]\+?\d+$|^\d[eE]\+\d+$"
_ID_ERROR = r"^#(N/A|VALUE!|REF!|NAME\?|DIV/0!|NULL!|NUM!)$"
_SUFFIXES = (
    ("万元", 4),
    ("亿元", 8),
    ("万", 4),
    ("亿", 8),
    ("元", 0),
    ("%", -2),
    ("CNY", 0),
    ("RMB", 0),
)


def as_cells(column: pd.Series, missing: tuple[str, ...] = ()) -> pa.Array:
    """Return a text column as trimmed Arrow text; empty cells and `missing` become null."""
    cells = pa.array(column, pa.large_string())
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    cells = pc.utf8_trim(cells, characters=SPACES)
    empty = pc.equal(cells, "")
    if missing:
        empty = pc.or_(empty, pc.is_in(cells, pa.array(missing, pa.large_string())))
    return pc.if_else(empty, pa.scalar(None, pa.large_string()), cells)


def _where(mask: pa.Array) -> Mask:
    return pc.fill_null(mask, False).to_numpy(zero_copy_only=False)


def _matches(cells: pa.Array, pattern: str) -> Mask:
    return _where(pc.match_substring_regex(cells, pattern))


def _filled(cells: pa.Array) -> Mask:
    return _where(pc.is_valid(cells))


def _replaced(cells: pa.Array, mask: Mask, function: Callable[[str], str | None]) -> pa.Array:
    """Apply a function to the distinct texts among the masked cells."""
    places = np.flatnonzero(mask)
    if not len(places):
        return cells
    chosen = pc.dictionary_encode(cells.take(pa.array(places)))
    words = pa.array([function(word) for word in chosen.dictionary.to_pylist()], pa.large_string())
    return pc.replace_with_mask(cells, pa.array(mask), words.take(chosen.indices))


def joined(cells: pa.Array, ending: str) -> pa.Array:
    """Return texts with an ending."""
    nothing = pa.scalar("", pa.large_string())
    return pc.binary_join_element_wise(cells, pa.scalar(ending, pa.large_string()), nothing)


def read_text(cells: pa.Array) -> tuple[pd.Series, Mask]:
    """Return text as it is."""
    return pd.Series(pd.array(cells, dtype="str")), np.zeros(len(cells), dtype=bool)


def read_ids(cells: pa.Array, *, strip: str = "", pad: int = 0) -> tuple[pd.Series, Mask]:
    """Return identifiers as text, freed of the marks that spreadsheets leave.

    Parameters
    ----------
    cells : pyarrow.Array
        Text; null is missing.
    strip : str, default=""
        A prefix that is taken off, whatever its case.
    pad : int, default=0
        Width to which digits are filled with zeros.

    Returns
    -------
    values : pandas.Series of text
    bad : numpy.ndarray of bool
        Ids whose digits are lost (``1.23E+17``) or that are a spreadsheet's error.

    Examples
    --------
    >>> read_ids(pa.array(["C0012", "12.0", "１２", "1.1E+17"]), strip="C", pad=6)[0].tolist()
    ['000012', '000012', '000012', nan]
    """
    cells = cells.cast(pa.large_string())
    ascii_only = _where(pc.string_is_ascii(cells))
    cells = _replaced(cells, _filled(cells) & ~ascii_only, lambda t: unicodedata.normalize("NFKC", t))
    bad = _matches(cells, _ID_SHORTENED) | _matches(cells, _ID_ERROR)
    if strip:
        cells = pc.replace_substring_regex(cells, f"^(?i){re.escape(strip)}", "")
    cells = pc.replace_substring_regex(cells, r"^(\d+)\.0+$", r"\1")
    if pad:
        digits = pc.match_substring_regex(cells, r"^\d+$")
        cells = pc.if_else(digits, pc.utf8_lpad(cells, pad, "0"), cells)
    if bad.any():
        cells = pc.if_else(pa.array(bad), pa.scalar(None, pa.large_string()), cells)
    return read_text(cells)[0], bad


def read_numbers(cells: pa.Array, *, unit: str = "", decimal: str = ".") -> tuple[pd.Series, Mask]:
    """Return numbers, scaled to the canonical unit without a rounding step.

    Thousands separators must stand in the right places. A cell that carries its own
    unit (万, 亿, %) is read by that one.

    Parameters
    ----------
    cells : pyarrow.Array
        Text; null is missing.
    unit : str, default=""
        Unit of the bare numbers.
    decimal : {".", ","}, default="."
        The decimal mark.

    Returns
    -------
    values : pandas.Series of float
    bad : numpy.ndarray of bool

    Examples
    --------
    >>> texts = pa.array(["12,345.67", "0.57", "3万", "(5)", "1,23", "12 apples"])
    >>> values, bad = read_numbers(texts, unit="wan_yuan")
    >>> values.tolist()
    [123456700.0, 5700.0, 30000.0, -50000.0, nan, nan]
    """
    cells = cells.cast(pa.large_string())
    exponent = UNITS[unit]
    if decimal == ",":
        cells = pc.replace_substring(pc.replace_substring(cells, ".", "\x00"), ",", ".")
        cells = pc.replace_substring(cells, "\x00", ",")
    plain = _matches(cells, _PLAIN)
    filled = _filled(cells)
    grouped = filled & ~plain
    if grouped.any():
        grouped &= _matches(cells, _GROUPED)
    ready = plain | grouped
    if grouped.any():
        cells = pc.if_else(pa.array(grouped), pc.replace_substring(cells, ",", ""), cells)
    if exponent:
        scaled = joined(cells, f"e{exponent}")
        cells = pc.if_else(pa.array(ready), scaled, cells)
    cells = _replaced(cells, filled & ~ready, lambda text: _odd_number(text, exponent))
    values = cells.cast(pa.float64()).to_numpy(zero_copy_only=False)
    bad = filled & ~np.isfinite(values)
    return pd.Series(np.where(bad, np.nan, values)), bad


def _odd_number(text: str, exponent: int) -> str | None:
    """Read what is neither plain digits nor grouped thousands."""
    text = unicodedata.normalize("NFKC", text).replace(" ", "").replace("−", "-").upper()
    negative = False
    if text.startswith("(") and text.endswith(")"):
        text, negative = text[1:-1], True
    for suffix, own in _SUFFIXES:
        if text.endswith(suffix):
            text, exponent = text.removesuffix(suffix), own if suffix not in ("CNY", "RMB") else exponent
            break
    text = re.sub(r"^([+-]?)(¥|\$|€|CNY|RMB)", r"\1", text)
    if re.fullmatch(r"\d[\d.,]*-", text):
        text = "-" + text[:-1]
    if "," in text:
        if not re.match(_GROUPED, text):
            return None
        text = text.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(E[+-]?\d{1,3})?", text):
        return None
    try:
        value = Decimal(text).scaleb(exponent)
    except InvalidOperation:
        return None
    return str(-value if negative else value)


def read_booleans(cells: pa.Array) -> tuple[pd.Series, Mask]:
    """Return yes or no, for the usual ways to write them.

    Examples
    --------
    >>> read_booleans(pa.array(["Y", "否", None, "maybe"]))[0].tolist()
    [True, False, <NA>, <NA>]
    """
    return read_codes(cells, TRUTHS, boolean=True, folded=True)


def read_codes(
    cells: pa.Array, codes: dict[str, Any], *, boolean: bool = False, folded: bool = False
) -> tuple[pd.Series, Mask]:
    """Return what each text stands for; a text without a meaning is bad.

    Parameters
    ----------
    cells : pyarrow.Array
        Text; null is missing.
    codes : dict
        Text to meaning; the meaning "" is missing.
    boolean : bool, default=False
        Whether the meanings are true and false.
    folded : bool, default=False
        Whether capitals don't matter.

    Returns
    -------
    values : pandas.Series
    bad : numpy.ndarray of bool
    """
    found = pc.dictionary_encode(cells)
    words = [str(word) for word in found.dictionary.to_pylist()]
    words = [word.lower() for word in words] if folded else words
    meant = [codes.get(word) for word in words]
    meant = [None if meaning == "" else meaning for meaning in meant]
    unknown = pa.array([word not in codes for word in words], pa.bool_())
    bad = _where(unknown.take(found.indices))
    if boolean:
        values = pa.array([None if m is None else bool(m) for m in meant], pa.bool_()).take(found.indices)
        return pd.Series(values.to_pandas(types_mapper=None), dtype="boolean"), bad
    texts = pa.array([None if m is None else str(m) for m in meant], pa.large_string())
    return read_text(texts.take(found.indices))[0], bad


def read_integers(cells: pa.Array, *, unit: str = "", decimal: str = ".") -> tuple[pd.Series, Mask]:
    """Return whole numbers; a fraction is bad."""
    values, bad = read_numbers(cells, unit=unit, decimal=decimal)
    bad = bad | (values % 1 != 0).to_numpy() & values.notna().to_numpy() | (values.abs() >= 2**53).to_numpy()
    return values.mask(bad).astype("Int64"), bad
