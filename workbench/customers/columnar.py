"""Parquet files to rows of text cells, without losing a digit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.customers.raw import Sheet, header_names, text_frame
from workbench.customers.spreadsheet import number_text
from workbench.errors import ImportProblem


def parse_parquet(data: bytes, *, file: str = "") -> Sheet:
    """Return the rows of a Parquet file as text.

    Parameters
    ----------
    data : bytes
        The file's content.
    file : str, default=""
        The file's name, for messages.

    Returns
    -------
    Sheet
        `lines` count as if the column names were line 1.

    Raises
    ------
    ImportProblem
        If the file is truncated or damaged, or a column holds lists or records.
    """
    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        raise ImportProblem("customers.error.damaged_file", file=file, format="Parquet") from error
    return _sheet(table, file, 2)


def parquet_parts(stream: BinaryIO, *, file: str, rows: int) -> Iterator[tuple[float, Sheet]]:
    """Yield the rows of a Parquet file so many at a time, with the share that is read."""
    try:
        source = pq.ParquetFile(stream)
        total, done = source.metadata.num_rows, 0
        for batch in source.iter_batches(batch_size=rows):
            done += batch.num_rows
            yield (
                done / max(total, 1),
                _sheet(pa.Table.from_batches([batch]), file, done - batch.num_rows + 2),
            )
    except (pa.ArrowException, OSError) as error:
        raise ImportProblem("customers.error.damaged_file", file=file, format="Parquet") from error


def _sheet(table: pa.Table, file: str, first: int) -> Sheet:
    names, notes = header_names(table.column_names)
    columns = [
        _as_text(column.combine_chunks(), file, name)
        for name, column in zip(names, table.columns, strict=True)
    ]
    lines = np.arange(first, table.num_rows + first, dtype="int64")
    return Sheet(text_frame(names, columns), lines, (), tuple(notes))


def _as_text(column: pa.Array, file: str, name: str) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_floating(kind):
        text = _float_text(column.cast(pa.float64()))
    elif pa.types.is_timestamp(kind):
        text = _timestamp_text(column)
    elif pa.types.is_nested(kind):
        raise ImportProblem("customers.error.nested_column", file=file, column=name, kind=str(kind))
    else:
        try:
            text = column.cast(pa.large_string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise ImportProblem(
                "customers.error.nested_column", file=file, column=name, kind=str(kind)
            ) from error
    return pc.fill_null(text, "")


def _float_text(column: pa.Array) -> pa.Array:
    # Few columns of floats hold anything but whole numbers (ids with a gap) or short decimals.
    distinct = pc.dictionary_encode(column)
    words = [number_text(value) for value in distinct.dictionary.to_pylist()]
    return pa.array(words, pa.large_string()).take(distinct.indices)


def _timestamp_text(column: pa.Array) -> pa.Array:
    if column.type.tz is not None:
        column = column.cast(pa.timestamp(column.type.unit, "UTC")).cast(pa.timestamp(column.type.unit))
    # Finer than microseconds is noise here, and no table holds it.
    return column.cast(pa.timestamp("us"), safe=False).cast(pa.large_string())
