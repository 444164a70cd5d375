"""Which features one column of the portrait gives, and how each is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api import types

from workbench import locale
from workbench.insight import catalogue
from workbench.insight.catalogue import Transform

NOTE_COLUMNS = (
    "feature",
    "label_key",
    "unit",
    "transform",
    "source",
    "imputed",
    "n_imputed",
    "reason_excluded",
)


class Built(NamedTuple):
    """A feature's cells, and how many of them were filled with what."""

    cells: np.ndarray
    n_imputed: int
    imputed: str


@dataclass(frozen=True)
class Candidate:
    """A feature that a column can give."""

    name: str
    source: str
    transform: Transform
    unit: str = ""
    missing: str = "median"
    level: str = ""

    def build(self, rows: pd.DataFrame) -> Built:
        """Compute the feature for every row."""
        source = rows[self.source]
        if self.transform == "one_hot":
            return Built((source.astype("str") == self.level).to_numpy(dtype="float64"), 0, "")
        if self.transform == "flag":
            return _filled(_flags(source), self.missing)
        cells = _numbers(source)
        if self.transform == "share":
            return _filled(_share(cells, _numbers(rows["balance_total"])), "median")
        if self.transform == "log1p":
            cells = np.sign(cells) * np.log1p(np.abs(cells))
        elif self.transform == "clip":
            cells = np.clip(cells, *catalogue.CLIP[self.source])
        return _filled(cells, self.missing)

    def note(self, built: Built) -> dict[str, Any]:
        """Describe the feature in one row."""
        values = (
            self.name,
            label_key(self.name),
            self.unit,
            self.transform,
            self.source,
            built.imputed,
            built.n_imputed,
            "",
        )
        return dict(zip(NOTE_COLUMNS, values, strict=True))


@dataclass(frozen=True)
class Left:
    """A column, or one of its values, that is not a feature, and why."""

    name: str
    reason: str

    def note(self) -> dict[str, Any]:
        """Describe the column in one row."""
        values = (self.name, label_key(self.name), "", "", self.name, "", 0, self.reason)
        return dict(zip(NOTE_COLUMNS, values, strict=True))


def label_key(name: str) -> str:
    """Return the key of a feature's label, or an empty text where there is none."""
    key = f"insight_room.feature.{name}"
    known = locale.keys("en")
    return key if key in known else ""


def note_by_name(name: str) -> dict[str, Any]:
    """Describe a feature of which only the name is known."""
    rule = catalogue.RULES.get(name)
    if rule is not None:
        return Candidate(name, name, rule.transform, rule.unit).note(_NOTHING)
    if "=" in name:
        source, _, level = name.partition("=")
        return Candidate(name, source, "one_hot", "flag", level=level).note(_NOTHING)
    product = product_of_share(name)
    if product:
        return Candidate(name, f"balance_{product}", "share", "share").note(_NOTHING)
    return Candidate(name, name, "none").note(_NOTHING)


def product_of_share(name: str) -> str:
    """Return the product that a feature ``share_…`` is about, or an empty text."""
    return name.removeprefix("share_") if name.startswith("share_") else ""


def in_order(rows: pd.DataFrame) -> list[str]:
    """Return the columns as the catalogue orders them, then shares, then the rest by name."""
    rank = {name: number for number, name in enumerate(catalogue.RULES)}

    def place(column: str) -> tuple[int, int, str]:
        if column in rank:
            return (0, rank[column], column)
        return (1 if _is_product_balance(rows, column) else 2, 0, column)

    return sorted((c for c in rows.columns if isinstance(c, str)), key=place)


def candidates_of(rows: pd.DataFrame, column: str) -> list[Candidate | Left]:
    """Return the features that a column gives, or why it gives none."""
    cells = rows[column]
    reason = _unusable(cells, column)
    if reason:
        return [Left(column, reason)]
    if _is_product_balance(rows, column):
        return [Candidate(f"share_{column.removeprefix('balance_')}", column, "share", "share")]
    if _says_yes_or_no(cells):
        return [Candidate(column, column, "flag", "flag")]
    if types.is_numeric_dtype(cells.dtype):
        return [_number_candidate(cells, column)]
    return _level_candidates(cells, column)


def candidates_named(rows: pd.DataFrame, name: str) -> list[Candidate]:
    """Return the features that a name asks for; none where it can't be met."""
    if name in rows.columns:
        if catalogue.EXCLUDED.get(name.lower()) in catalogue.NEVER or types.is_datetime64_any_dtype(
            rows[name].dtype
        ):
            return []
        if rows[name].isna().all():
            return []
        return [one for one in candidates_of(rows, name) if isinstance(one, Candidate)]
    column, _, level = name.partition("=")
    if level and column in rows.columns:
        return [Candidate(name, column, "one_hot", "flag", level=level)]
    source = f"balance_{product_of_share(name)}"
    if source in rows.columns and _is_product_balance(rows, source):
        return [Candidate(name, source, "share", "share")]
    return []


def _unusable(cells: pd.Series, column: str) -> str:
    present = cells.dropna()
    if present.empty:
        return "empty"
    if len(present) < (1 - catalogue.MAXIMUM_MISSING_SHARE) * len(cells):
        return "mostly_missing"
    if types.is_datetime64_any_dtype(cells.dtype):
        return "date"
    if column not in catalogue.RULES and names_an_identifier(column) and present.is_unique:
        return "identifier"
    if types.is_numeric_dtype(cells.dtype) or _says_yes_or_no(cells):
        return ""
    if not (types.is_string_dtype(cells.dtype) or isinstance(cells.dtype, pd.CategoricalDtype)):
        return "not_a_number"
    return "many_values" if present.nunique() > catalogue.MAXIMUM_LEVELS else ""


def names_an_identifier(column: str) -> bool:
    """Say whether a column's name is like that of an identifier."""
    words = column.lower().replace("-", "_").split("_")
    return words[-1] in ("id", "no", "num", "number", "code", "key") or column.lower().endswith("num")


def _is_product_balance(rows: pd.DataFrame, column: str) -> bool:
    return (
        column.startswith("balance_")
        and column not in catalogue.RULES
        and column.removeprefix("balance_") not in catalogue.DEBTS
        and "balance_total" in rows.columns
        and f"share_{column.removeprefix('balance_')}" not in rows.columns
        and types.is_numeric_dtype(rows[column].dtype)
    )


def _number_candidate(cells: pd.Series, column: str) -> Candidate:
    rule = catalogue.RULES.get(column)
    if rule is not None:
        return Candidate(column, column, rule.transform, rule.unit, rule.missing)
    numbers = _numbers(cells.dropna())
    if numbers.min() >= 0 and numbers.max() <= 1:
        return Candidate(column, column, "none", "share")
    heavy = np.abs(numbers).max() >= 20 and _excess_kurtosis(numbers) > catalogue.HEAVY_TAILED
    return Candidate(column, column, "log1p" if heavy else "none")


def _level_candidates(cells: pd.Series, column: str) -> list[Candidate | Left]:
    shares = cells.dropna().astype("str").value_counts() / len(cells)
    found: list[Candidate | Left] = []
    for level in sorted(shares.index):
        name = f"{column}={level}"
        if shares[level] < catalogue.MINIMUM_LEVEL_SHARE:
            found.append(Left(name, "rare"))
        else:
            found.append(Candidate(name, column, "one_hot", "flag", level=level))
    return found


def _says_yes_or_no(cells: pd.Series) -> bool:
    if types.is_bool_dtype(cells.dtype):
        return True
    if types.is_numeric_dtype(cells.dtype) or types.is_datetime64_any_dtype(cells.dtype):
        return False
    said = {str(cell).strip().lower() for cell in cells.dropna().unique()[:5]}
    return 1 <= len(said) <= 4 and said <= catalogue.YES | catalogue.NO


def _flags(cells: pd.Series) -> np.ndarray:
    if types.is_bool_dtype(cells.dtype):
        return _numbers(cells)
    said = cells.astype("str").str.strip().str.lower()
    return np.where(said.isin(catalogue.YES), 1.0, np.where(said.isin(catalogue.NO), 0.0, np.nan))


def _numbers(cells: pd.Series) -> np.ndarray:
    numbers = cells.to_numpy(dtype="float64", na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part of whole, 0 where the whole is nothing: no money is in that product."""
    known = ~np.isnan(whole)
    share = np.divide(part, whole, out=np.zeros(len(part)), where=known & (whole > 0))
    return np.where(known, np.clip(np.nan_to_num(share), 0.0, 1.0), np.nan)


def _filled(cells: np.ndarray, how: str) -> Built:
    missing = np.isnan(cells)
    n = int(missing.sum())
    if not n:
        return Built(cells, 0, "")
    known: Sequence[float] | np.ndarray = cells[~missing]
    if not len(known):
        return Built(np.zeros(len(cells)), n, "zero")
    value = float(np.max(known) if how == "maximum" else np.median(known))
    return Built(np.where(missing, value, cells), n, how)


def _excess_kurtosis(numbers: np.ndarray) -> float:
    centred = numbers - numbers.mean()
    variance = float((centred**2).mean())
    return float((centred**4).mean()) / variance**2 - 3.0 if variance > 0 else 0.0


_NOTHING = Built(np.zeros(0), 0, "")
