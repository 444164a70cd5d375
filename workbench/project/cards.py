"""Strategy cards as frames, and as the rows that the store keeps."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.tables import STRATEGIES

STAMPS = ("row_version", "updated_at", "updated_by")
CARD_COLUMNS = (*STRATEGIES.names, "capacity_factor")
"""Columns of a card: the table's, and how much larger the review wants its list."""


def cards_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return cards as a `workbench.tables.STRATEGIES`, typed also when there are none."""
    names = [*STRATEGIES.names]
    if any(row.get("capacity_factor") is not None for row in rows):
        names.append("capacity_factor")
    frame = pd.DataFrame(rows, columns=[*names, *STAMPS])
    for column in STRATEGIES.columns:
        if column.kind == "date":
            frame[column.name] = pd.to_datetime(frame[column.name]).astype("datetime64[us]")
        elif column.kind == "number":
            frame[column.name] = frame[column.name].astype("float64")
        else:
            frame[column.name] = frame[column.name].astype("str")
    return frame


def card_rows(strategies: pd.DataFrame) -> list[dict[str, Any]]:
    """Return cards as the store keeps them."""
    kept = [name for name in CARD_COLUMNS if name in strategies.columns]
    return [dict(row) for row in strategies[kept].to_dict("records")]  # type: ignore[arg-type]
