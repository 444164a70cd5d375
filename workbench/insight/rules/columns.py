"""The columns that conditions are about: their types, their cells, names that look alike."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from pandas.api import types

from workbench.insight.catalogue import DEBTS, RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["number", "text", "boolean", "date"]
SHARE = "share_"
"""A product's share of the assets, ``share_fund`` from ``balance_fund`` and ``balance_total``."""


def column_kinds(table: Any) -> dict[str, Kind]:
    """Return what conditions may ask for: column → ``number``, ``text``, ``boolean`` or ``date``.

    Beside the table's own columns there is ``share_<product>`` for each product's balance:
    its share of ``balance_total``, 0 where there are no assets, as among the features.
    Columns of other types are left out.

    Parameters
    ----------
    table : pandas.DataFrame or ibis.Table
        A portrait.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> column_kinds(pd.DataFrame({"balance_total": [2.0], "balance_fund": [1.0], "vip": [True]}))
    {'balance_total': 'number', 'balance_fund': 'number', 'vip': 'boolean', 'share_fund': 'number'}
    """
    own = _kinds_of_frame(table) if isinstance(table, pd.DataFrame) else _kinds_of_expression(table)
    shares: dict[str, Kind] = {
        name: "number" for balance in own if (name := _share_of(balance, own)) and name not in own
    }
    return own | shares


def look_alikes(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return the known names that look most like one, best first.

    Examples
    --------
    >>> look_alikes("time_deposit_share", ["age", "share_time_deposit", "tenure"])
    ['share_time_deposit']
    """
    words = {_words(one): one for one in known}
    found = difflib.get_close_matches(_words(name), list(words), n=most, cutoff=0.6)
    return [words[one] for one in found]


def expression_of(table: Any, name: str) -> Any:
    """Return a column of an Ibis table, or the share that it has to work out."""
    import ibis

    if name in table.columns:
        column = table[name]
        if column.type().is_floating():
            return column.isnan().ifelse(ibis.null(column.type()), column)
        return column
    part = expression_of(table, f"balance_{name.removeprefix(SHARE)}").cast("float64").fill_null(0.0)
    whole = expression_of(table, "balance_total").cast("float64")
    share = (whole > 0).ifelse(part / (whole > 0).ifelse(whole, 1.0), 0.0)
    return whole.isnull().ifelse(ibis.null("float64"), share.clip(0.0, 1.0))


class Cells:
    """A frame's columns as arrays, each made once: what rules are tried on while one types.

    Parameters
    ----------
    frame : pandas.DataFrame
        A portrait.

    Attributes
    ----------
    kinds : dict of str to str
        As `column_kinds` returns them.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.kinds = column_kinds(frame)
        self._made: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.frame)

    def numbers(self, name: str) -> np.ndarray:
        """Return a column of numbers as float64, missing ones NaN."""
        if name not in self._made:
            self._made[name] = self._numbers(name)
        return self._made[name]

    def codes(self, name: str) -> tuple[np.ndarray, dict[str, int]]:
        """Return a column of text as codes, -1 where missing, and each value's code."""
        if name not in self._made:
            codes, values = pd.factorize(self.frame[name].astype("object"))
            self._made[name] = (codes, {str(value): code for code, value in enumerate(values)})
        return self._made[name]

    def truths(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return of a yes-or-no column who says yes and who says no."""
        if name not in self._made:
            cells = self.frame[name].to_numpy(dtype="float64", na_value=np.nan)
            self._made[name] = (cells == 1.0, cells == 0.0)
        return self._made[name]

    def days(self, name: str) -> np.ndarray:
        """Return a column of dates as days, missing ones NaT."""
        if name not in self._made:
            self._made[name] = self.frame[name].to_numpy(dtype="datetime64[us]").astype("datetime64[D]")
        return self._made[name]

    def missing(self, name: str) -> np.ndarray:
        """Say for each customer whether a cell is missing."""
        if self.kinds[name] == "number":
            return np.isnan(self.numbers(name))
        key = f"missing {name}"
        if key not in self._made:
            self._made[key] = self.frame[name].isna().to_numpy(dtype=bool)
        return self._made[key]

    def _numbers(self, name: str) -> np.ndarray:
        if name in self.frame.columns:
            return self.frame[name].to_numpy(dtype="float64", na_value=np.nan)
        part = np.nan_to_num(self.numbers(f"balance_{name.removeprefix(SHARE)}"), nan=0.0)
        whole = self.numbers("balance_total")
        share = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
        return np.where(np.isnan(whole), np.nan, np.clip(share, 0.0, 1.0))


def _share_of(balance: str, kinds: Mapping[str, Kind]) -> str:
    """Return the share that a product's balance gives, or an empty text."""
    product = balance.removeprefix("balance_")
    usable = balance.startswith("balance_") and balance not in RULES and product not in DEBTS
    numbers = kinds.get(balance) == "number" and kinds.get("balance_total") == "number"
    return f"{SHARE}{product}" if usable and numbers else ""


def _kinds_of_frame(frame: pd.DataFrame) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for name in frame.columns:
        dtype = frame[name].dtype
        if types.is_bool_dtype(dtype):
            found[str(name)] = "boolean"
        elif types.is_numeric_dtype(dtype):
            found[str(name)] = "number"
        elif types.is_datetime64_any_dtype(dtype):
            found[str(name)] = "date"
        elif (
            types.is_string_dtype(dtype)
            or isinstance(dtype, pd.CategoricalDtype)
            or types.is_object_dtype(dtype)
        ):
            found[str(name)] = "text"
    return found


def _kinds_of_expression(table: Any) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for name, dtype in table.schema().items():
        if dtype.is_boolean():
            found[name] = "boolean"
        elif dtype.is_numeric():
            found[name] = "number"
        elif dtype.is_date() or dtype.is_timestamp():
            found[name] = "date"
        elif dtype.is_string():
            found[name] = "text"
    return found


def _words(name: str) -> str:
    parts: Sequence[str] = name.lower().replace("-", "_").replace(" ", "_").split("_")
    return "_".join(sorted(parts))
