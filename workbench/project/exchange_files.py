"""Tables as files that other systems read: no cell is a formula in any of them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.exports import _MOST_ROWS, _fill, escape_formula

if TYPE_CHECKING:
    from workbench.customers import Section

FORMATS = ("csv", "xlsx", "jsonl")


def file_bytes(table: pd.DataFrame, kind: str, section: Section | None = None) -> bytes:
    r"""Return a table as the bytes of a file.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows.
    kind : {"csv", "xlsx", "jsonl"}
        The format.
    section : Section, optional
        Says encoding and delimiter of a CSV; by default UTF-8 with a mark for Excel, and a comma.

    Raises
    ------
    ParameterProblem
        If a workbook can't hold so many rows, or the encoding not every character.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["0012", "=1+1"], "n": [1, None]})
    >>> file_bytes(table, "csv").decode("utf-8-sig")
    "id,n\r\n0012,1\r\n'=1+1,\r\n"
    >>> file_bytes(table, "jsonl").decode().splitlines()[1]
    '{"id": "=1+1", "n": null}'
    """
    if kind == "jsonl":
        names = [str(name) for name in table.columns]
        rows = (dict(zip(names, map(_plain, row), strict=True)) for row in _rows(table))
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8")
    if kind == "xlsx":
        return _workbook(table)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=(section and section.delimiter) or ",", lineterminator="\r\n")
    writer.writerow([escape_formula(str(name)) for name in table.columns])
    writer.writerows([escape_formula(_plain(cell)) for cell in row] for row in _rows(table))
    encoding = (section and section.encoding) or "utf-8-sig"
    try:
        return text.getvalue().encode(encoding)
    except UnicodeEncodeError as error:
        raise ParameterProblem(
            "execution_exchange.error.encoding", encoding=encoding, character=error.object[error.start]
        ) from error


def _rows(table: pd.DataFrame) -> Any:
    return table.itertuples(index=False, name=None)


def _plain(cell: Any) -> Any:
    """Return a cell as text, a number, or nothing: whole numbers without a point, days as ISO."""
    if cell is None or cell is pd.NaT or cell is pd.NA or cell != cell:
        return None
    if isinstance(cell, pd.Timestamp):
        return cell.isoformat(" ").removesuffix(" 00:00:00")
    if hasattr(cell, "item"):
        cell = cell.item()
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _workbook(table: pd.DataFrame) -> bytes:
    import xlsxwriter

    if len(table) > _MOST_ROWS:
        raise ParameterProblem("strategy_launch.error.too_many_rows", most=_MOST_ROWS, n=len(table))
    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        bold = book.add_format({"bold": True})
        rows = ([_plain(cell) for cell in row] for row in _rows(table))
        _fill(book.add_worksheet("leads"), table.columns, rows, bold)
    return stream.getvalue()
