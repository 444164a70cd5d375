"""Rows as they were found in a file: text, with the line each came from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.customers.mapping import Section

SPACES = " \t\r\n\u3000\u00a0\ufeff"


@dataclass(frozen=True)
class Rejected:
    """One row that does not fit its file's header, or can't be read at all."""

    line: int
    cause: str
    row: str
    column: str = ""
    value: str = ""


@dataclass(frozen=True)
class Note:
    """Something a reader of the import report should know; no row was lost by it."""

    kind: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RawRows:
    """What one file (or one sheet) holds, all of it text.

    Parameters
    ----------
    file : str
        The file as reports call it; a sheet follows after ``#``.
    sha256 : str
        Hash of the file's bytes, in hexadecimal digits.
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        The rows that fit the header, every cell as text; empty cells are "".
    lines : numpy.ndarray of shape (n_rows,)
        Line of each row in the file; the header is line 1.
    rejected : tuple of Rejected, default=()
        The rows that don't fit.
    notes : tuple of Note, default=()
        What was found besides.
    section : Section or None, default=None
        How the rows are to be understood.
    """

    file: str
    sha256: str
    frame: pd.DataFrame
    lines: np.ndarray
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[Note, ...] = ()
    section: Section | None = None

    @property
    def rows_read(self) -> int:
        """Rows found in the file, fitting or not."""
        return len(self.frame) + len(self.rejected)


@dataclass(frozen=True)
class Sheet:
    """Rows of one file's content, before they have a file's name."""

    frame: pd.DataFrame
    lines: np.ndarray
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[Note, ...] = ()


def row_json(names: Sequence[str], cells: Sequence[str]) -> str:
    """Return a row as JSON text; fields beyond the header are named by their number.

    Examples
    --------
    >>> row_json(["a"], ["1", "2"])
    '{"a": "1", "(field 2)": "2"}'
    """
    named = {
        names[i] if i < len(names) else f"(field {i + 1})": _encodable(cell) for i, cell in enumerate(cells)
    }
    return json.dumps(named, ensure_ascii=False)


def _encodable(cell: str) -> str:
    # Bytes that the encoding does not know were carried along as lone surrogates.
    if cell.isascii():
        return cell
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def header_names(cells: Sequence[str]) -> tuple[list[str], list[Note]]:
    """Return unique column names for a header, and what had to be changed.

    Examples
    --------
    >>> header_names(["id", " id", ""])[0]
    ['id', 'id (2)', '(column 3)']
    """
    names: list[str] = []
    notes: list[Note] = []
    seen: dict[str, int] = {}
    for number, cell in enumerate(cells, start=1):
        name = " ".join(_encodable(cell).strip(SPACES).split()) or f"(column {number})"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            notes.append(Note("duplicated_header", {"column": name, "renamed": f"{name} ({seen[name]})"}))
            name = f"{name} ({seen[name]})"
        names.append(name)
    return names, notes


def text_frame(names: Sequence[str], columns: Sequence[Any]) -> pd.DataFrame:
    """Return a frame of text columns from Arrow arrays or sequences of text."""
    table = pa.table(
        [c if isinstance(c, pa.Array | pa.ChunkedArray) else pa.array(c, pa.large_string()) for c in columns],
        names=list(names),
    )
    return pd.DataFrame({name: _text_series(table.column(i)) for i, name in enumerate(names)})


def _text_series(column: pa.ChunkedArray) -> pd.Series:
    return pd.Series(pd.array(column.cast(pa.large_string()), dtype="str"))


def drop_nameless_empty(sheet: Sheet) -> Sheet:
    """Leave out columns that have neither a name nor a value."""
    empty = [
        name
        for name in sheet.frame.columns
        if name.startswith("(column ") and not sheet.frame[name].str.strip(SPACES).ne("").any()
    ]
    if not empty:
        return sheet
    notes = (*sheet.notes, Note("nameless_column", {"columns": ", ".join(empty)}))
    return Sheet(sheet.frame.drop(columns=empty), sheet.lines, sheet.rejected, notes)
