"""Separated text, as systems really write it, to rows of text cells.

A regular file is read by Arrow. Any doubt (a row of another length, an empty line, a
line break inside a cell) sends the file through a slower reader that keeps the line of
every row and gives back the rows that don't fit. Both read the same rows from the same
text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from workbench.customers.raw import SPACES, Note, Rejected, Sheet, drop_nameless_empty
from workbench.customers.raw import header_names as _header_names
from workbench.customers.raw import row_json as _row_json
from workbench.customers.raw import text_frame as _text_frame
from workbench.errors import ImportProblem

DELIMITERS = (",", ";", "\t", "|")
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_SURROGATE = re.compile("[\ud800-\udfff]")
# A quotation mark that nobody closed must not swallow the rest of the file.
LONGEST_RECORD = 200
# Lines that share their reader: few enough that one bad row does not slow down many.
_STRETCH = 2_000


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Return bytes as text, and the encoding they were read in.

    Parameters
    ----------
    data : bytes
        A file's content.
    encoding : str or None, default=None
        Its encoding. None looks for a byte order mark, then tries UTF-8, then GB18030,
        and takes the one with fewer undecodable lines.

    Returns
    -------
    text : str
        Bytes that the encoding does not know are lone surrogates in it.
    encoding : str

    Examples
    --------
    >>> decode("客户号".encode("gb18030"))
    ('客户号', 'gb18030')
    """
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return _carry(data[len(mark) :], marked), marked
    if encoding is not None:
        name = encoding.lower().removesuffix("-sig")
        return _carry(data, name).lstrip("\ufeff"), name
    for name in ("utf-8", "gb18030"):
        try:
            return data.decode(name).lstrip("\ufeff"), name
        except UnicodeDecodeError:
            continue
    candidates = [(_carry(data, name), name) for name in ("utf-8", "gb18030")]
    return min(candidates, key=lambda candidate: sum(map(_is_damaged, candidate[0].split("\n"))))


def _carry(data: bytes, encoding: str) -> str:
    # Half a UTF-16 unit can't be carried as a surrogate; there it becomes the replacement mark.
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    return data.decode(encoding, errors)


def _is_damaged(text: str) -> bool:
    return not text.isascii() and _SURROGATE.search(text) is not None


def guess_delimiter(header: str) -> str:
    """Return the mark that separates a header's names.

    Examples
    --------
    >>> guess_delimiter('"age";"job, if any";"y"')
    ';'
    """
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=lambda mark: (outside.count(mark), -DELIMITERS.index(mark)))


def parse_csv(
    data: bytes,
    *,
    file: str = "",
    encoding: str | None = None,
    delimiter: str | None = None,
    skip: int = 0,
) -> Sheet:
    r"""Return the rows of separated text.

    Empty lines are no rows. Line ends may be ``\n``, ``\r\n``, ``\r`` or
    ``\r\r\n``. A row with another number of fields than the header is rejected; where
    *every* row has one empty field more, the last separator is taken as a habit of the
    system that wrote it.

    Parameters
    ----------
    data : bytes
        The file's content.
    file : str, default=""
        The file's name, for messages.
    encoding, delimiter : str or None, default=None
        Found out where they are not said.
    skip : int, default=0
        Lines above the header.

    Returns
    -------
    Sheet

    Raises
    ------
    ImportProblem
        If there is no header, or it can't be decoded.

    Examples
    --------
    >>> sheet = parse_csv(b"id,name\n0012,NA\n7\n")
    >>> sheet.frame.to_dict("records")
    [{'id': '0012', 'name': 'NA'}]
    >>> sheet.rejected[0].line, sheet.rejected[0].cause
    (3, 'too_few_fields')
    """
    text, used = decode(data, encoding)
    if "\r" in text:
        text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    text = text.rstrip("\n")
    above = text.split("\n", skip)
    if len(above) <= skip or not above[-1].strip(SPACES):
        raise ImportProblem("customers.error.no_header", file=file)
    body = above[-1]
    blank = len(body) - len(body.lstrip("\n"))
    body, first = body[blank:], skip + blank + 1
    mark = delimiter or guess_delimiter(body.split("\n", 1)[0])
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=mark)
    cells = next(reader)
    if any(map(_is_damaged, cells)):
        raise ImportProblem("customers.error.undecodable_header", file=file, encoding=used)
    names, notes = _header_names(cells)
    lines = body.split("\n")[reader.line_num :]
    first += reader.line_num
    if not lines:
        return Sheet(_text_frame(names, [[] for _ in names]), np.empty(0, dtype="int64"), (), tuple(notes))
    sheet = _read_regular(lines, names, mark, first) or _read_any(lines, names, mark, first)
    return drop_nameless_empty(Sheet(sheet.frame, sheet.lines, sheet.rejected, (*notes, *sheet.notes)))


def _read_regular(lines: list[str], names: list[str], mark: str, first: int) -> Sheet | None:
    """Read by Arrow; None where any row is not exactly one line of the header's length."""
    if len(names) == 1:
        return None  # an empty line and an empty cell look the same
    fields = [f"f{i}" for i in range(len(names))]
    text = "\n".join(lines) + "\n"
    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(text.encode("utf-8")),
            read_options=pyarrow.csv.ReadOptions(column_names=fields, use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(delimiter=mark, newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(fields, pa.large_string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, UnicodeEncodeError):
        return None
    if table.num_rows != len(lines):
        return None
    if any("\n" in column[-1].as_py() for column in table.columns):
        return None  # Arrow closes a quotation mark that is left open at the end
    return Sheet(_text_frame(names, table.columns), np.arange(first, first + table.num_rows, dtype="int64"))


class _Feed:
    """Lines for the csv module, counted, and refused to a record that grows without end."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        self.begun = 0
        self.asked_past_end = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            self.asked_past_end = True
            raise StopIteration
        if self.at - self.begun > LONGEST_RECORD:
            raise csv.Error("record too long")
        self.at += 1
        return self.lines[self.at - 1] + "\n"


def _records(
    lines: list[str], mark: str, wanted: range, begin: int, end: int
) -> Iterator[tuple[int, list[str], bool, int]]:
    """Yield the records that begin in a stretch of lines.

    For each: its first line's index, its fields, whether a quote was left open, and the
    index of the line behind it.
    """
    feed = _Feed(lines)
    feed.at = begin
    while feed.at < end:
        reader = csv.reader(feed, delimiter=mark)
        while feed.at < end:
            feed.begun = start = feed.at
            feed.asked_past_end = False
            try:
                fields = next(reader)
            except (csv.Error, StopIteration):
                fields = []
                is_broken = bool(lines[start].strip(SPACES))
            else:
                length = feed.at - start
                is_broken = feed.asked_past_end or (length > 1 and len(fields) not in wanted)
                if length == 1 and len(fields) < 2 and not lines[start].strip(SPACES):
                    continue
            if is_broken:
                # Take the first line alone as broken, and read on from the next.
                feed.at = start + 1
                yield start, lines[start].split(mark), True, start + 1
                break
            yield start, fields, False, feed.at


def _read_any(lines: list[str], names: list[str], mark: str, first: int) -> Sheet:
    """Read stretch by stretch: by Arrow where a stretch is regular, else record by record."""
    work = _Irregular(names, first, any(map(_is_damaged, lines)))
    at = 0
    while at < len(lines):
        end = min(at + _STRETCH, len(lines))
        sheet = _read_regular(lines[at:end], names, mark, first + at)
        if sheet is not None:
            work.pieces.append((sheet.frame, sheet.lines))
            at = end
            continue
        for start, fields, is_open, behind in _records(lines, mark, work.wanted, at, end):
            work.add(start, fields, is_open)
            at = behind
        work.close_piece()
        # Empty lines at the end of a stretch belong to no record.
        at = max(at, end)
    return work.sheet()


class _Irregular:
    """Gathers the rows of a file that is not regular throughout."""

    def __init__(self, names: list[str], first: int, is_damaged: bool) -> None:
        self.names = names
        self.n = len(names)
        self.first = first
        self.is_damaged = is_damaged
        # A header that ends in a separator has one name too many for rows that don't.
        self.shorter = names[-1].startswith("(column ") and self.n > 1
        self.wanted = range(self.n - 1 if self.shorter else self.n, self.n + 2)
        self.pieces: list[tuple[pd.DataFrame, np.ndarray]] = []
        self.good: list[tuple[int, list[str]]] = []
        self.longer: list[tuple[int, list[str]]] = []
        self.rejected: list[Rejected] = []

    def add(self, start: int, fields: list[str], is_open: bool) -> None:
        line = self.first + start
        if self.is_damaged and any(map(_is_damaged, fields)):
            self.rejected.append(Rejected(line, "undecodable", _row_json(self.names, fields)))
        elif is_open:
            self.rejected.append(Rejected(line, "unclosed_quote", _row_json(self.names, fields)))
        elif len(fields) == self.n:
            self.good.append((line, fields))
        elif self.shorter and len(fields) == self.n - 1:
            self.good.append((line, [*fields, ""]))
        elif len(fields) == self.n + 1 and not fields[-1].strip(SPACES):
            self.longer.append((line, fields))
        else:
            self._reject(line, fields)

    def _reject(self, line: int, fields: list[str]) -> None:
        cause = "too_many_fields" if len(fields) > self.n else "too_few_fields"
        row = _row_json(self.names, fields)
        self.rejected.append(Rejected(line, cause, row, value=str(len(fields))))

    def close_piece(self) -> None:
        if self.good:
            columns = list(zip(*(fields for _, fields in self.good), strict=True))
            numbers = np.array([line for line, _ in self.good], dtype="int64")
            self.pieces.append((_text_frame(self.names, columns), numbers))
            self.good = []

    def sheet(self) -> Sheet:
        notes: tuple[Note, ...] = ()
        if self.longer and not self.pieces:
            self.good = [(line, fields[:-1]) for line, fields in self.longer]
            self.close_piece()
            notes = (Note("trailing_separator"),)
        else:
            for line, fields in self.longer:
                self._reject(line, fields)
        rejected = tuple(sorted(self.rejected, key=lambda row: row.line))
        if not self.pieces:
            empty = _text_frame(self.names, [()] * self.n)
            return Sheet(empty, np.empty(0, dtype="int64"), rejected, notes)
        frame = pd.concat([frame for frame, _ in self.pieces], ignore_index=True)
        return Sheet(frame, np.concatenate([numbers for _, numbers in self.pieces]), rejected, notes)
