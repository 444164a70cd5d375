"""Turn a customer's columns into the numbers that a regression works on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem

Matrix = npt.NDArray[np.float64]
SKEWED = 2.0
RAREST = 0.005


class Encoder:
    """Standardised numbers and one-hot words, learned from the training rows alone.

    A number is imputed by its median (with a column beside it that says so, where any
    were missing), taken as sign·log(1 + |x|) where its skewness exceeds 2, and brought to
    mean 0 and standard deviation 1. A word gets one column for each value that at least
    0.5% of the rows have; other values, and values that are new later, get none.

    Parameters
    ----------
    raw : bool, default=False
        Leave numbers as they are, missing ones missing: trees need nothing else.

    Attributes
    ----------
    columns_ : list of dict
        What was learned of each column; plain data that can be written as JSON.
    feature_names_ : list of str
        Names of the numbers that come out.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [20.0, 40.0], "job": ["clerk", "cook"]})
    >>> encoder = Encoder().fit(frame)
    >>> encoder.feature_names_
    ['age', 'job=clerk', 'job=cook']
    >>> encoder.transform(frame).tolist()
    [[-1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
    """

    columns_: list[dict[str, Any]]

    def __init__(self, *, raw: bool = False) -> None:
        self.raw = raw

    def fit(self, frame: pd.DataFrame) -> Encoder:
        """Learn medians, means, deviations and words."""
        self.columns_ = [_learn(str(name), frame[name], self.raw) for name in frame.columns]
        return self

    @property
    def feature_names_(self) -> list[str]:
        """Names of the numbers that come out, in order."""
        names: list[str] = []
        for column in self.columns_:
            if column["kind"] == "word":
                names += [f"{column['name']}={level}" for level in column["levels"]]
            else:
                names.append(column["name"])
                if column.get("gaps"):
                    names.append(f"{column['name']} missing")
        return names

    @property
    def sources_(self) -> list[int]:
        """Of each number that comes out, which column it was made from."""
        found: list[int] = []
        for at, column in enumerate(self.columns_):
            width = len(column["levels"]) if column["kind"] == "word" else 1 + bool(column.get("gaps"))
            found += [at] * width
        return found

    def transform(self, frame: pd.DataFrame) -> Matrix:
        """Return the numbers, one row a customer.

        Raises
        ------
        ParameterProblem
            If a column that was learned from is missing.
        """
        absent = [column["name"] for column in self.columns_ if column["name"] not in frame.columns]
        if absent:
            raise ParameterProblem("strategy_room.error.model_columns", columns=", ".join(absent))
        parts: list[Matrix] = []
        for column in self.columns_:
            parts += _apply(column, frame[column["name"]])
        return np.column_stack(parts) if parts else np.zeros((len(frame), 0))


def _learn(name: str, cells: pd.Series, raw: bool) -> dict[str, Any]:
    if not pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        shares = _words(cells).value_counts(normalize=True)
        return {"name": name, "kind": "word", "levels": sorted(shares.index[shares >= RAREST])}
    if raw:
        return {"name": name, "kind": "raw"}
    values = _numbers(cells)
    known = values[~np.isnan(values)]
    median = float(np.median(known)) if known.size else 0.0
    log = bool(np.unique(known).size > 2 and abs(_skewness(known)) > SKEWED)
    filled = _curve(np.where(np.isnan(values), median, values), log)
    deviation = float(filled.std())
    return {
        "name": name,
        "kind": "number",
        "median": median,
        "log": log,
        "mean": float(filled.mean()),
        "deviation": deviation if deviation > 1e-12 else 1.0,
        "gaps": bool(known.size < values.size),
    }


def _apply(column: dict[str, Any], cells: pd.Series) -> list[Matrix]:
    if column["kind"] == "word":
        words = _words(cells).to_numpy()
        return [(words == level).astype("float64") for level in column["levels"]]
    values = _numbers(cells)
    if column["kind"] == "raw":
        return [values]
    gaps = np.isnan(values)
    filled = _curve(np.where(gaps, column["median"], values), column["log"])
    scaled = (filled - column["mean"]) / column["deviation"]
    return [scaled, gaps.astype("float64")] if column["gaps"] else [scaled]


def _words(cells: pd.Series) -> pd.Series:
    return cells.astype("object").where(cells.notna(), "").astype("str")


def _numbers(cells: pd.Series) -> Matrix:
    if not pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        cells = pd.to_numeric(cells, errors="coerce")
    values = cells.to_numpy(dtype="float64", na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _curve(values: Matrix, log: bool) -> Matrix:
    return np.sign(values) * np.log1p(np.abs(values)) if log else values


def _skewness(values: Matrix) -> float:
    centred = values - values.mean()
    variance = float((centred**2).mean())
    return float((centred**3).mean() / variance**1.5) if variance > 0 else 0.0
