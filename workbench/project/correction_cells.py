"""One cell of a correction: as a screen may show it, and why it is none."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pandas as pd

from workbench import locale
from workbench.errors import WorkbenchError
from workbench.tables import mask_identifier, mask_name, mask_phone

_HIDDEN = ("birth_date",)
_NUMBERS = ("phone", "id_number")
_NAMES = ("name", "employer")


def mask_cell(column: str, value: object) -> str:
    """Return a customer's cell as a screen may show it.

    Examples
    --------
    >>> mask_cell("phone", "13812341234"), mask_cell("birth_date", "1980-05-01"), mask_cell("branch", "East")
    ('138****1234', '1980-**-**', 'East')
    """
    if value is None or value != value:
        return ""
    if column in _NAMES:
        return mask_name(value)
    if column in _NUMBERS:
        return mask_phone(value) if column == "phone" else mask_identifier(value)
    if column in _HIDDEN:
        return f"{str(value)[:4]}-**-**" if value else ""
    return mask_identifier(value) if column.endswith("_id") else str(value)


def moment_of(said: Any, now: dt.datetime) -> dt.datetime:
    """Return when something was said, as far as it can be read; else now."""
    if isinstance(said, dt.datetime):
        return said
    from workbench.execution.cells import read_moments

    read = read_moments(pd.Series([str(said or "")], dtype="str")).iloc[0]
    return now if pd.isna(read) else read.to_pydatetime()


def refused_row(
    file: str, line: int, problem: WorkbenchError, own: dict[Any, Any], lang: str
) -> dict[str, Any]:
    """Return the quarantine's row of a correction that is no proposal."""
    key = problem.key.rpartition(".")[2]
    return {
        "file": file,
        "line": line,
        "cause": key,
        "column": str(problem.values.get("column", "")),
        "value": str(problem.values.get("value", "")),
        "reason": locale.text(problem.key, lang, **problem.values),
        "row": json.dumps(own, ensure_ascii=False, default=str),
    }
