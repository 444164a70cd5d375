"""What a file is by its content, and its rows, whatever its ending says."""

from __future__ import annotations

import hashlib
from pathlib import PurePath

from workbench.customers.columnar import parse_parquet
from workbench.customers.csv_text import parse_csv
from workbench.customers.json_lines import parse_json_lines
from workbench.customers.mapping import Section
from workbench.customers.raw import Note, RawRows
from workbench.customers.spreadsheet import parse_excel
from workbench.errors import ImportProblem

ENDINGS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xls": "excel",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def is_text(data: bytes) -> bool:
    """Say whether a content is neither empty nor of a kind that only programs read.

    Examples
    --------
    >>> is_text(b"id,name"), is_text(b"PAR1...."), is_text(b"")
    (True, False, False)
    """
    return bool(data.strip()) and not data.startswith((b"PK\x03\x04", b"PAR1", _OLD_EXCEL))


def raw_rows(data: bytes, file: str, section: Section) -> RawRows:
    """Return the rows of a file's content; as `read_rows`, from memory.

    Parameters
    ----------
    data : bytes
        The content.
    file : str
        The file's name.
    section : Section
        How to read it.

    Returns
    -------
    RawRows
    """
    found = content_format(data, file)
    if section.format and section.format != found:
        raise ImportProblem("customers.error.other_format", file=file, wanted=section.format, found=found)
    notes: list[Note] = []
    expected = ENDINGS.get(PurePath(file.partition("#")[0]).suffix.lower(), found)
    if expected != found:
        notes.append(Note("other_ending", {"found": found}))
    if found == "parquet":
        sheet = parse_parquet(data, file=file)
    elif found == "jsonl":
        sheet = parse_json_lines(data, file=file)
    elif found == "excel":
        sheet = parse_excel(data, file=file, sheet=section.sheet, skip=section.skip)
    else:
        sheet = parse_csv(
            data, file=file, encoding=section.encoding, delimiter=section.delimiter, skip=section.skip
        )
    digest = hashlib.sha256(data).hexdigest()
    return RawRows(file, digest, sheet.frame, sheet.lines, sheet.rejected, (*notes, *sheet.notes), section)


def content_format(data: bytes, file: str = "") -> str:
    """Return what a file is by its content: "csv", "excel", "parquet" or "jsonl".

    Raises
    ------
    ImportProblem
        If it is empty, an Excel file of the old kind, or a web page.

    Examples
    --------
    >>> content_format(b"PAR1...."), content_format(b"id,name"), content_format(b'{"id": 1}')
    ('parquet', 'csv', 'jsonl')
    """
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise ImportProblem("customers.error.empty_file", file=file)
    if data.startswith(b"PAR1"):
        return "parquet"
    if data.startswith(b"PK\x03\x04"):
        return "excel"
    if data.startswith(_OLD_EXCEL):
        raise ImportProblem("customers.error.old_excel", file=file)
    start = data[:200].lstrip(b" \t\r\n\xef\xbb\xbf").lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise ImportProblem("customers.error.web_page", file=file)
    return "jsonl" if start.startswith(b"{") else "csv"
