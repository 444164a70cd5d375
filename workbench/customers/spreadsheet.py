"""Excel workbooks to rows of text cells."""

from __future__ import annotations

import datetime as dt
import io
import math
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any, BinaryIO

import numpy as np

from workbench.customers.raw import (
    SPACES,
    Note,
    Rejected,
    Sheet,
    drop_nameless_empty,
    header_names,
    row_json,
    text_frame,
)
from workbench.errors import ImportProblem

# Excel keeps 15 digits; a longer number has lost its end before it reached us.
_KEPT_DIGITS = 1e15


def cell_text(value: Any) -> str:
    """Return what a cell holds as text.

    Parameters
    ----------
    value : object
        A cell's value as openpyxl gives it.

    Returns
    -------
    str
        Whole numbers without a decimal point, dates in ISO form. A number of more than
        15 digits is written with an exponent, as nothing but its size is left of it.

    Examples
    --------
    >>> cell_text(12345.0), cell_text(0.1), cell_text(110101199003071234)
    ('12345', '0.1', '1.10101199003071e+17')
    >>> cell_text(dt.datetime(2026, 9, 30)), cell_text(True), cell_text(None)
    ('2026-09-30', 'TRUE', '')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", timespec="auto")
    return str(value)


def number_text(value: float) -> str:
    """Return a number as the shortest text that means the same.

    Examples
    --------
    >>> number_text(7.0), number_text(0.25), number_text(float("nan"))
    ('7', '0.25', '')
    """
    if isinstance(value, float) and not math.isfinite(value):
        return "" if math.isnan(value) else str(value)
    if abs(value) >= _KEPT_DIGITS:
        return f"{value:.15g}" if "e" in f"{value:.15g}" else f"{value:.14e}"
    return str(int(value)) if value == int(value) else repr(float(value))


@contextmanager
def _opened(data: bytes | BinaryIO, file: str) -> Iterator[Any]:
    import openpyxl

    with warnings.catch_warnings():
        # It warns of styles and extensions that hold no data.
        warnings.simplefilter("ignore", UserWarning)
        stream = io.BytesIO(data) if isinstance(data, bytes) else data
        try:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
            raise ImportProblem("customers.error.damaged_file", file=file, format="Excel") from error
        try:
            yield book
        finally:
            book.close()


def sheet_names(data: bytes | BinaryIO, *, file: str = "", sheet: str | None = None) -> list[str]:
    """Return the names of a workbook's sheets that fit a name or glob; None is the first.

    Raises
    ------
    ImportProblem
        If the workbook can't be opened, or no sheet fits.
    """
    with _opened(data, file) as book:
        names = [worksheet.title for worksheet in book.worksheets]
    fitting = names[:1] if sheet is None else [name for name in names if fnmatchcase(name, sheet)]
    if not fitting:
        raise ImportProblem(
            "customers.error.no_sheet", file=file, sheet=sheet or "–", found=", ".join(names) or "–"
        )
    return fitting


def parse_excel(data: bytes, *, file: str = "", sheet: str | None = None, skip: int = 0) -> Sheet:
    """Return the rows of one sheet of a workbook.

    Parameters
    ----------
    data : bytes
        The file's content.
    file : str, default=""
        The file's name, for messages.
    sheet : str or None, default=None
        The sheet's name; None is the first.
    skip : int, default=0
        Rows above the header.

    Returns
    -------
    Sheet
        `lines` are the row numbers that Excel shows.

    Raises
    ------
    ImportProblem
        If the workbook is damaged, the sheet is not there, or it has no header.
    """
    parts = list(excel_parts(data, file=file, sheet=sheet, skip=skip))
    return drop_nameless_empty(parts[0][1])


def excel_parts(
    source: bytes | BinaryIO,
    *,
    file: str = "",
    sheet: str | None = None,
    skip: int = 0,
    rows: int | None = None,
) -> Iterator[tuple[float, Sheet]]:
    """Yield the rows of one sheet so many at a time, all at once by default; as `parse_excel`.

    Yields
    ------
    share : float
        How much is read, as far as the workbook says how large it is.
    sheet : Sheet
    """
    name = sheet_names(source, file=file, sheet=sheet)[0]
    with _opened(source, file) as book:
        worksheet = book[name]
        said = worksheet.max_row or 0
        # The size that some systems write into the file is wrong; the rows themselves are right.
        worksheet.reset_dimensions()
        names: list[str] = []
        part = _Part([], ())
        try:
            for line, row in enumerate(worksheet.iter_rows(values_only=True), start=1):
                cells = [cell_text(value) for value in row]
                if line <= skip or not any(cell.strip(SPACES) for cell in cells):
                    continue
                if not names:
                    while not cells[-1].strip(SPACES):
                        cells.pop()
                    names, notes = header_names(cells)
                    part = _Part(names, tuple(notes))
                    continue
                if rows is not None and len(part.good) >= rows:
                    yield min(line / max(said, line), 0.99), part.sheet()
                    part = _Part(names, ())
                part.add(line, cells)
        except (zipfile.BadZipFile, ValueError, EOFError, SyntaxError) as error:
            raise ImportProblem("customers.error.damaged_file", file=file, format="Excel") from error
    if not names:
        raise ImportProblem("customers.error.no_header", file=file)
    yield 1.0, part.sheet()


class _Part:
    """Rows of one sheet under their header."""

    def __init__(self, names: list[str], notes: tuple[Note, ...]) -> None:
        self.names, self.notes = names, notes
        self.good: list[tuple[int, list[str]]] = []
        self.rejected: list[Rejected] = []

    def add(self, line: int, cells: list[str]) -> None:
        n = len(self.names)
        if any(cell.strip(SPACES) for cell in cells[n:]):
            row = row_json(self.names, cells)
            self.rejected.append(Rejected(line, "too_many_fields", row, value=str(len(cells))))
        else:
            # A sheet's row ends at its last filled cell: a short one is not a broken one.
            self.good.append((line, (cells + [""] * n)[:n]))

    def sheet(self) -> Sheet:
        columns = list(zip(*(cells for _, cells in self.good), strict=True)) if self.good else None
        return Sheet(
            text_frame(self.names, columns or [()] * len(self.names)),
            np.array([line for line, _ in self.good], dtype="int64"),
            tuple(self.rejected),
            self.notes,
        )
