"""Corrections of customers' data that were accepted, carried into the customers' table.

A correction was made against the value that stood there. It holds as long as that value
stands: once the source itself says something else, the source is right again.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.customers.cells import read_booleans, read_numbers
from workbench.customers.moments import read_moments
from workbench.errors import ParameterProblem
from workbench.tables import CUSTOMERS

if TYPE_CHECKING:
    import ibis

FIXED = ("customer_id", "kind")
"""Columns that no correction changes: who a customer is, and what."""
_KNOWN = {column.name: column for column in CUSTOMERS.columns}
APPLIED = ("correction_id", "customer_id", "column_name", "old_value", "new_value")


def cell_kind(name: str, dtype: Any) -> str:
    """Return what a column of customers holds: text, number, integer, boolean, date or timestamp."""
    if name in _KNOWN:
        return str(_KNOWN[name].kind)
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    if pd.api.types.is_integer_dtype(dtype):
        return "integer"
    return "number" if pd.api.types.is_numeric_dtype(dtype) else "text"


def written_cell(value: Any) -> str | None:
    """Return a cell as a correction writes it; None where nothing is known.

    Examples
    --------
    >>> written_cell(pd.Timestamp("1980-05-01")), written_cell(np.bool_(True)), written_cell(float("nan"))
    ('1980-05-01', 'yes', None)
    """
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp | dt.datetime):
        text = f"{value:%Y-%m-%d %H:%M:%S}"
        return text.removesuffix(" 00:00:00")
    if isinstance(value, float | np.floating):
        return np.format_float_positional(float(value), trim="-")
    return str(value)


def read_correction(name: str, kind: str, text: str) -> str:
    """Return a proposed value as it is kept: one way to write it, or "" for not known.

    Parameters
    ----------
    name : str
        The column.
    kind : str
        What it holds; see `cell_kind`.
    text : str
        As it was sent or typed.

    Raises
    ------
    ParameterProblem
        If the column can't be corrected, or the text is no value of it.

    Examples
    --------
    >>> read_correction("birth_date", "date", "1980年5月1日"), read_correction("consent", "boolean", "否")
    ('1980-05-01', 'no')
    """
    if name in FIXED:
        raise ParameterProblem("customers.error.fixed_column", column=name)
    wanted = text.strip()
    if not wanted:
        return ""
    value = _read(kind, wanted)
    allowed = _KNOWN[name].values if name in _KNOWN else ()
    if value is None or (allowed and value not in allowed):
        raise ParameterProblem(
            "customers.error.correction_value", column=name, value=wanted, allowed=", ".join(allowed) or kind
        )
    return value


def _read(kind: str, text: str) -> str | None:
    cells = pa.array([text], pa.large_string())
    if kind == "boolean":
        return written_cell(read_booleans(cells)[0][0])
    if kind in ("number", "integer"):
        return written_cell(read_numbers(cells)[0][0])
    if kind in ("date", "timestamp"):
        return written_cell(read_moments(cells, day_only=kind == "date")[0][0])
    return text


def effective_corrections(customers: pd.DataFrame, corrections: pd.DataFrame) -> pd.DataFrame:
    """Return the corrections that hold for these customers, one for each cell.

    Parameters
    ----------
    customers : pandas.DataFrame
        As imported; at least the customers that corrections are about.
    corrections : pandas.DataFrame
        Accepted ones in the order of their acceptance: correction_id, customer_id,
        column_name, old_value, new_value.

    Returns
    -------
    pandas.DataFrame
        The same columns: of each cell the value that holds, and in ``old_value`` the imported one.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "branch": ["North", "East"]})
    >>> told = pd.DataFrame([[1, "1", "branch", "North", "South"], [2, "1", "branch", "South", "West"],
    ...     [3, "2", "branch", "North", "West"]], columns=list(APPLIED))
    >>> effective_corrections(customers, told)[["correction_id", "old_value", "new_value"]].values.tolist()
    [[2, 'North', 'West']]
    """
    about = customers[customers["customer_id"].isin(set(corrections["customer_id"]))]
    rows = about.drop_duplicates("customer_id").set_index("customer_id")
    held: dict[tuple[str, str], dict[str, Any]] = {}
    for told in corrections[list(APPLIED)].to_dict("records"):
        cell = (told["customer_id"], told["column_name"])
        if cell[0] not in rows.index or cell[1] not in rows.columns:
            continue
        imported = written_cell(rows.at[cell])
        standing = held[cell]["new_value"] if cell in held else imported
        if (told["old_value"] or "") == (standing or ""):
            held[cell] = {str(name): value for name, value in told.items()} | {"old_value": imported}
    changed = [told for told in held.values() if told["new_value"] != (told["old_value"] or "")]
    return pd.DataFrame(changed, columns=list(APPLIED))


def correct_customers(customers: pd.DataFrame, effective: pd.DataFrame) -> pd.DataFrame:
    """Return the customers with what holds of the corrections; see `effective_corrections`."""
    if effective.empty:
        return customers
    frame = customers.copy()
    place = pd.Index(frame["customer_id"]).get_indexer(pd.Index(effective["customer_id"]))
    for at, told in zip(place, effective.to_dict("records"), strict=True):
        name = told["column_name"]
        if at >= 0 and name in frame.columns:
            kind = cell_kind(name, frame[name].dtype)
            frame.loc[frame.index[at], name] = typed_cell(kind, told["new_value"])
    return frame


def typed_cell(kind: str, text: str) -> Any:
    """Return a kept value as its column holds it; "" is missing."""
    if not text:
        return pd.NaT if kind in ("date", "timestamp") else None
    if kind == "boolean":
        return text == "yes"
    if kind in ("date", "timestamp"):
        return pd.Timestamp(text)
    return float(text) if kind in ("number", "integer") else text


def correct_table(customers: ibis.Table, effective: pd.DataFrame) -> ibis.Table:
    """Return a table of an engine with what holds of the corrections; see `effective_corrections`."""
    import ibis

    columns = list(customers.columns)
    schema = customers.schema()
    for name, told in effective.groupby("column_name", sort=True):
        if name not in columns:
            continue
        values = pa.array([value or None for value in told["new_value"]], pa.string())
        values = _as_arrow(values, schema[name])
        other = ibis.memtable(pa.table({"_of": pa.array(list(told["customer_id"])), "_value": values}))
        joined = customers.left_join(other, customers.customer_id == other["_of"])
        corrected = ibis.ifelse(joined["_of"].notnull(), joined["_value"], joined[name])
        customers = joined.mutate(**{str(name): corrected.cast(schema[name])}).select(*columns)
    return customers


def _as_arrow(values: pa.Array, kind: Any) -> pa.Array:
    if kind.is_boolean():
        return pa.array([None if v is None else v == "yes" for v in values.to_pylist()], pa.bool_())
    if kind.is_numeric():
        return pa.array([None if v is None else float(v) for v in values.to_pylist()], pa.float64())
    if kind.is_temporal():
        return pa.array(
            [None if v is None else pd.Timestamp(v).to_pydatetime() for v in values.to_pylist()],
            pa.timestamp("us"),
        )
    return values
