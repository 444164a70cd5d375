"""A large file part by part: as many rows at a time as fit into a little memory."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from workbench.customers.columnar import parquet_parts
from workbench.customers.content import ENDINGS, content_format
from workbench.customers.csv_text import LONGEST_RECORD, decode, guess_delimiter, parse_csv
from workbench.customers.json_lines import parse_json_lines
from workbench.customers.mapping import Section
from workbench.customers.raw import Note, RawRows, Sheet
from workbench.customers.spreadsheet import excel_parts
from workbench.errors import ImportProblem

PART_BYTES = 4 << 20
PART_ROWS = 50_000
_READ = 1 << 20


def rows_in_parts(
    stream: BinaryIO, file: str, section: Section, size: int = PART_BYTES
) -> Iterator[tuple[float, RawRows]]:
    r"""Yield a file's rows part by part; together they are those of `raw_rows`.

    The file is gone through once before, for its hash and its encoding.

    Parameters
    ----------
    stream : binary file
        The content; it must be seekable.
    file : str
        The file's name.
    section : Section
        How to read it.
    size : int, default=4 MiB
        Bytes of text a part, about. Of workbooks and Parquet files a part is 50,000 rows.

    Yields
    ------
    share : float
        How much of the file is read, from 0 to 1.
    rows : RawRows
        Their hash is that of the whole file.

    Raises
    ------
    ImportProblem
        If the file is empty, damaged, or not what the section says.

    Examples
    --------
    >>> import io
    >>> text = b"id,name\n1,Li\n2,Wang\n3,Zhao\n"
    >>> for share, rows in rows_in_parts(io.BytesIO(text), "a.csv", Section("a.csv", "people"), size=6):
    ...     print(rows.lines.tolist(), rows.frame["name"].tolist(), round(share, 2))
    [] [] 0.3
    [2] ['Li'] 0.48
    [3] ['Wang'] 0.74
    [4] ['Zhao'] 1.0
    """
    digest, encoding, total = _survey(stream)
    start = _head(stream)
    found = content_format(start, file)
    if section.format and section.format != found:
        raise ImportProblem("customers.error.other_format", file=file, wanted=section.format, found=found)
    notes: tuple[Note, ...] = ()
    if ENDINGS.get("." + file.rpartition(".")[2].lower(), found) != found:
        notes = (Note("other_ending", {"found": found}),)
    if found == "excel":
        sheets = excel_parts(stream, file=file, sheet=section.sheet, skip=section.skip, rows=PART_ROWS)
    elif found == "parquet":
        sheets = parquet_parts(stream, file=file, rows=PART_ROWS)
    elif found == "jsonl":
        sheets = _json_parts(stream, file, total, size)
    else:
        sheets = _csv_parts(
            stream, file, replace(section, encoding=section.encoding or encoding), total, size
        )
    for share, sheet in sheets:
        found_here = (*notes, *sheet.notes)
        yield (
            share,
            RawRows(file, digest, sheet.frame, sheet.lines, sheet.rejected, found_here, section),
        )
        notes = ()


def _head(stream: BinaryIO) -> bytes:
    stream.seek(0)
    start = stream.read(_READ)
    # Blank lines above the first word are no sign of an empty file.
    while start and not start.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        more = stream.read(_READ)
        if not more:
            break
        start = more
    stream.seek(0)
    return start


def _survey(stream: BinaryIO) -> tuple[str, str | None, int]:
    """Return the hash of a content, its encoding (None: as its mark says), and its length."""
    stream.seek(0)
    digest = hashlib.sha256()
    total, left = 0, b""
    damaged = {"utf-8": 0, "gb18030": 0}
    first = b""
    while block := stream.read(_READ):
        first = first or block[:4]
        digest.update(block)
        total += len(block)
        text, left = _whole_lines(left + block)
        _count_damage(text, damaged)
    _count_damage(left, damaged)
    stream.seek(0)
    marked = first.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    return digest.hexdigest(), None if marked else min(damaged, key=lambda name: damaged[name]), total


def _whole_lines(data: bytes) -> tuple[bytes, bytes]:
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]


def _count_damage(text: bytes, damaged: dict[str, int]) -> None:
    """Count the lines that an encoding can't read; of a text that it can, none."""
    if text.isascii():
        return
    for name in damaged:
        try:
            text.decode(name)
        except UnicodeDecodeError:
            for line in text.split(b"\n"):
                try:
                    line.decode(name)
                except UnicodeDecodeError:
                    damaged[name] += 1


def _blocks(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield a text in pieces that end where a line does, outside of quotation marks."""
    held = b""
    while block := stream.read(size):
        held += block
        # What is shorter than was asked for is the file's end.
        at = _cut(held) if len(block) == size else 0
        if at:
            yield held[:at]
            held = held[at:]
    if held:
        yield held


def _cut(text: bytes) -> int:
    """Return where a text may be cut: behind its last line that leaves no quotation open."""
    end = at = text.rfind(b"\n")
    if at < 0:
        return 0
    marks = text.count(b'"', 0, at)
    for _ in range(LONGEST_RECORD):
        if marks % 2 == 0:
            return at + 1
        before = text.rfind(b"\n", 0, at)
        if before < 0:
            return 0
        marks -= text.count(b'"', before, at)
        at = before
    # A mark that nobody closed: the reader says so of its own line.
    return end + 1


def _csv_parts(
    stream: BinaryIO, file: str, section: Section, total: int, size: int
) -> Iterator[tuple[float, Sheet]]:
    start = stream.read(2)
    stream.seek(0)
    whole = start in (b"\xff\xfe", b"\xfe\xff") or (section.encoding or "").startswith("utf-16")
    blocks = iter([stream.read()]) if whole else _blocks(stream, size)
    header, mark, line, done = b"", section.delimiter, 1, 0
    for block in blocks:
        done += len(block)
        skip = section.skip if not header else 0
        # What stands above the rows: in the first block as it is, before every other the header again.
        data = header + block
        sheet = parse_csv(data, file=file, encoding=section.encoding, delimiter=mark, skip=skip)
        above = header.count(b"\n")
        if header:
            sheet = _moved(sheet, line - 1 - above)
        elif not whole:
            header, mark = _header(block, section)
        line += block.count(b"\n")
        yield done / total, sheet


def _header(block: bytes, section: Section) -> tuple[bytes, str]:
    """Return a file's header as it stands there, with its line end, and the mark between its names."""
    text, _ = decode(block, section.encoding)
    lines = text.replace("\r\r\n", "\n").replace("\r\n", "\n").split("\n")
    at = section.skip
    while at < len(lines) - 1 and not lines[at]:
        at += 1
    mark = section.delimiter or guess_delimiter(lines[at])
    reader = csv.reader((f"{line}\n" for line in lines[at:]), delimiter=mark)
    next(reader)
    written = block.split(b"\n")[at : at + reader.line_num]
    marked = b"\xef\xbb\xbf" if at and block.startswith(b"\xef\xbb\xbf") else b""
    return marked + b"\n".join(written) + b"\n", mark


def _moved(sheet: Sheet, by: int) -> Sheet:
    """Return a part's rows with their lines in the whole file."""
    rejected = tuple(replace(row, line=row.line + by) for row in sheet.rejected)
    return Sheet(sheet.frame, sheet.lines + by, rejected, ())


def _json_parts(stream: BinaryIO, file: str, total: int, size: int) -> Iterator[tuple[float, Sheet]]:
    known: list[str] = []
    held, line, done = b"", 1, 0
    while block := stream.read(size):
        done += len(block)
        text, held = _whole_lines(held + block)
        if text:
            sheet = parse_json_lines(text, file=file, first=line, known=known, sized=False)
            known = [str(name) for name in sheet.frame.columns]
            line += text.count(b"\n")
            yield done / total, sheet
    if held:
        yield 1.0, parse_json_lines(held, file=file, first=line, known=known, sized=False)
