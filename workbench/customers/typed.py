"""Raw rows to typed rows by a section's rules; what can't be read goes to the quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench import locale
from workbench.customers import cells as read
from workbench.customers.inference import infer_rules
from workbench.customers.mapping import TABLES, ColumnRule, Section
from workbench.customers.mapping_text import nearest
from workbench.customers.moments import read_moments, read_without_year
from workbench.customers.raw import Note, RawRows, row_json
from workbench.errors import ImportProblem
from workbench.tables import QUARANTINE

MESSAGE_PREFIXES = ("customers.cause.",)

_BAD = {
    "id": "bad_id",
    "number": "bad_number",
    "integer": "bad_number",
    "boolean": "unknown_code",
    "date": "bad_date",
    "timestamp": "bad_date",
}


@dataclass
class Faults:
    """The first thing wrong with each row, if any.

    Parameters
    ----------
    raw : RawRows
        The rows.
    """

    raw: RawRows

    def __post_init__(self) -> None:
        n = len(self.raw.frame)
        self.cause = np.full(n, "", dtype=object)
        self.column = np.full(n, "", dtype=object)

    @property
    def bad(self) -> np.ndarray:
        """Say for each row whether anything is wrong with it."""
        return self.cause != ""

    def add(self, mask: np.ndarray, cause: str, column: str = "") -> None:
        """Blame a cause and a source column for the masked rows that nothing else is wrong with."""
        new = mask & ~self.bad
        self.cause[new] = cause
        self.column[new] = column

    def quarantine(self) -> pd.DataFrame:
        """Return the QUARANTINE rows of the file, in the order of its lines."""
        raw = self.raw
        rows: list[dict[str, Any]] = [
            _quarantined(raw.file, r.line, r.cause, r.column, r.value, r.row, n=len(raw.frame.columns))
            for r in raw.rejected
        ]
        places = np.flatnonzero(self.bad)
        if len(places):
            names = [str(column) for column in raw.frame.columns]
            for place, cells in zip(
                places, raw.frame.iloc[places].itertuples(index=False, name=None), strict=True
            ):
                column = self.column[place]
                value = cells[names.index(column)] if column in names else ""
                rows.append(
                    _quarantined(
                        raw.file,
                        int(raw.lines[place]),
                        self.cause[place],
                        column,
                        value,
                        row_json(names, cells),
                        n=len(names),
                    )
                )
        if not rows:
            return QUARANTINE.empty()
        frame = pd.DataFrame(rows, columns=list(QUARANTINE.names)).sort_values("line", kind="stable")
        return frame.reset_index(drop=True)


def _quarantined(
    file: str, line: int, cause: str, column: str, value: str, row: str, *, n: int
) -> dict[str, Any]:
    return {
        "file": file,
        "line": line,
        "cause": cause,
        "column": column,
        "value": value,
        "reason": _reason(cause, column, value, n),
        "row": row,
    }


@lru_cache(maxsize=10_000)
def _reason(cause: str, column: str, value: str, n: int) -> str:
    return locale.text(f"customers.cause.{cause}", "en", column=column, value=value, n=n)


def type_rows(raw: RawRows) -> tuple[pd.DataFrame, Faults, list[Note]]:
    """Return a file's rows as typed columns, and what is wrong with which row.

    Parameters
    ----------
    raw : RawRows
        The rows; their section says how to read them.

    Returns
    -------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        One typed row a raw row, the bad ones included.
    faults : Faults
        What is wrong with the bad ones.
    notes : list of Note
        Columns that nothing reads, or that are not there.

    Raises
    ------
    ImportProblem
        If a column that the section reads is not in the file.
    """
    section = raw.section
    if section is None:
        raise ImportProblem("customers.error.no_section", file=raw.file)
    rules, notes = _complete_rules(raw, section)
    faults = Faults(raw)
    columns: dict[str, pd.Series] = {}
    for rule in rules:
        columns[rule.name] = _column(raw, rule, section, faults)
    table = TABLES.get(section.table) if not section.own else None
    for column in table.columns if table else ():
        if column.name not in columns:
            continue
        rule = next(rule for rule in rules if rule.name == column.name)
        source = rule.source[0] if rule.source else ""
        values = columns[column.name]
        if column.values:
            faults.add(~(values.isna() | values.isin(column.values)).to_numpy(), "unknown_code", source)
        if column.filled:
            cause = "missing_id" if column.name.endswith("_id") else "missing_value"
            faults.add(values.isna().to_numpy(), cause, source)
    order = [name for name in (table.names if table else ()) if name in columns]
    frame = pd.DataFrame({name: columns[name] for name in dict.fromkeys((*order, *columns))})
    return frame, faults, notes


def _complete_rules(raw: RawRows, section: Section) -> tuple[list[ColumnRule], list[Note]]:
    found = [str(column) for column in raw.frame.columns]
    notes: list[Note] = []
    rules: list[ColumnRule] = []
    for rule in section.columns:
        lacking = [name for name in rule.needs if name not in found]
        if not lacking:
            rules.append(rule)
        elif rule.optional:
            rules.append(ColumnRule(rule.name, rule.kind))
            notes.append(Note("absent_column", {"column": lacking[0], "name": rule.name}))
        else:
            raise ImportProblem(
                "customers.error.column_missing",
                file=raw.file,
                column=lacking[0],
                name=rule.name,
                nearest=nearest(lacking[0], found),
                found=", ".join(found),
            )
    if section.latest_by and section.latest_by not in found:
        raise ImportProblem(
            "customers.error.column_missing",
            file=raw.file,
            column=section.latest_by,
            name="latest_by",
            nearest=nearest(section.latest_by, found),
            found=", ".join(found),
        )
    used = {name for rule in rules for name in rule.needs} | {section.latest_by}
    rest = [name for name in found if name not in used]
    if rest and section.keep:
        mapped = {rule.name for rule in rules}
        kept = [name for name in rest if name not in mapped]
        rules += infer_rules(raw.frame[kept], section.table)
        rest = [name for name in rest if name in mapped]
    if rest:
        notes.append(Note("ignored_columns", {"columns": ", ".join(rest)}))
    return rules, notes


def _column(raw: RawRows, rule: ColumnRule, section: Section, faults: Faults) -> pd.Series:
    n = len(raw.frame)
    if rule.row_number:
        return _row_numbers(raw, rule.pad)
    if not rule.needs:
        return _constant(rule, n)
    missing = (*section.missing, *rule.missing)
    if rule.by:
        texts, unknown = _chosen(raw.frame, rule, missing)
        faults.add(unknown, "unknown_code", rule.by)
        source = rule.by
    else:
        texts = _joined(raw.frame, rule.source, missing)
        source = rule.source[0]
    values, bad = _read(texts, rule)
    cause = "unknown_code" if rule.codes is not None else _BAD.get(rule.kind, "unknown_code")
    faults.add(bad, cause, source)
    return values


def _joined(frame: pd.DataFrame, sources: tuple[str, ...], missing: tuple[str, ...]) -> pa.Array:
    parts = [read.as_cells(frame[name], missing) for name in sources]
    if len(parts) == 1:
        return parts[0]
    # A missing part makes the whole missing.
    return pc.binary_join_element_wise(*parts, pa.scalar(" ", pa.large_string()))


def _chosen(frame: pd.DataFrame, rule: ColumnRule, missing: tuple[str, ...]) -> tuple[pa.Array, np.ndarray]:
    which = read.as_cells(frame[rule.by], missing)
    texts = pa.nulls(len(frame), pa.large_string())
    unknown = np.ones(len(frame), dtype=bool)
    for key, name in rule.source_by.items():
        here = pc.fill_null(pc.equal(which, key), False)
        unknown &= ~here.to_numpy(zero_copy_only=False)
        texts = pc.if_else(here, read.as_cells(frame[name], missing), texts)
    return texts, unknown


def _read(texts: pa.Array, rule: ColumnRule) -> tuple[pd.Series, np.ndarray]:
    if rule.codes is not None:
        return _read_codes(texts, rule)
    if rule.kind == "id":
        return read.read_ids(texts, strip=rule.strip, pad=rule.pad)
    if rule.kind == "number":
        return read.read_numbers(texts, unit=rule.unit, decimal=rule.decimal)
    if rule.kind == "integer":
        return read.read_integers(texts, unit=rule.unit, decimal=rule.decimal)
    if rule.kind == "boolean":
        return read.read_booleans(texts)
    if rule.kind in ("date", "timestamp"):
        if rule.first_year is not None:
            return read_without_year(texts, formats=rule.formats, first_year=rule.first_year)
        return read_moments(texts, formats=rule.formats, day_only=rule.kind == "date")
    return read.read_text(texts)


def _read_codes(texts: pa.Array, rule: ColumnRule) -> tuple[pd.Series, np.ndarray]:
    codes = dict(rule.codes or {})
    if rule.others != "quarantine":
        for word in pc.unique(texts).drop_null().to_pylist():
            codes.setdefault(word, word if rule.others == "keep" else "")
    values, bad = read.read_codes(texts, codes, boolean=rule.kind == "boolean")
    if rule.kind in ("text", "id", "boolean"):
        return values, bad
    typed, unread = _read(read.as_cells(values.fillna("")), ColumnRule(rule.name, rule.kind))
    return typed, bad | unread


def _row_numbers(raw: RawRows, pad: int) -> pd.Series:
    # Rows that were rejected count too, so that mending one does not renumber the others.
    every = np.sort(np.concatenate([raw.lines, np.array([r.line for r in raw.rejected], dtype="int64")]))
    numbers = pa.array(np.searchsorted(every, raw.lines) + 1).cast(pa.large_string())
    return read.read_ids(numbers, pad=pad)[0]


def _constant(rule: ColumnRule, n: int) -> pd.Series:
    dtypes = {
        "id": "str",
        "text": "str",
        "integer": "Int64",
        "number": "float64",
        "boolean": "boolean",
        "date": "datetime64[us]",
        "timestamp": "datetime64[us]",
    }
    value = rule.constant
    if value is None or value == "":
        return pd.Series([None] * n, dtype=dtypes[rule.kind])
    if rule.kind in ("id", "text"):
        value = str(value)
    return pd.Series([value] * n, dtype=dtypes[rule.kind])
