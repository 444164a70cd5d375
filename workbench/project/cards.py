"""Strategy cards as frames, and as the rows that the store keeps."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.store.cards import FIRST_VERSION
from workbench.tables import KPIS, STRATEGIES

STAMPS = ("row_version", "updated_at", "updated_by")
REVIEWED = ("capacity_factor", "prior_a", "prior_b")
"""What a review gave cards: how much larger their list is to be, the Beta prior of their response."""
CARD_COLUMNS = (*STRATEGIES.names, *REVIEWED)
"""Columns of a card: the table's, and what a review gave it."""
_LATER = ("owner", *STRATEGIES.names[STRATEGIES.names.index("kpi") :])
"""Columns that cards stored by an earlier version lack."""


def cards_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return cards as a `workbench.tables.STRATEGIES`, typed also when there are none.

    What cards of an earlier version lack is filled in: they count responses, have their
    one channel in order, and the first version of their script.
    """
    given = [name for name in REVIEWED if any(row.get(name) is not None for row in rows)]
    names = [*STRATEGIES.names, *given]
    frame = pd.DataFrame(rows, columns=[*names, *STAMPS])
    for column in STRATEGIES.columns:
        if column.kind == "date":
            frame[column.name] = pd.to_datetime(frame[column.name]).astype("datetime64[us]")
        elif column.kind == "number":
            frame[column.name] = frame[column.name].astype("float64")
        else:
            frame[column.name] = frame[column.name].astype("str")
            if column.name in _LATER:
                frame[column.name] = frame[column.name].fillna("")
    frame[given] = frame[given].astype("float64")
    frame["kpi"] = frame["kpi"].replace("", KPIS[0])
    frame["script_version"] = frame["script_version"].replace("", FIRST_VERSION)
    frame["channels"] = pd.Series(
        [order_channels(*pair) for pair in zip(frame["channel"], frame["channels"], strict=True)],
        index=frame.index,
        dtype="str",
    )
    return frame


def order_channels(channel: Any, channels: Any) -> str:
    """Return channels in order, comma-separated, with the card's main channel first.

    Examples
    --------
    >>> order_channels("phone", "sms, phone,app"), order_channels("sms", "")
    ('phone,sms,app', 'sms')
    """
    others = [part.strip() for part in str(channels or "").split(",")]
    return ",".join(dict.fromkeys(part for part in (str(channel), *others) if part))


def card_rows(strategies: pd.DataFrame) -> list[dict[str, Any]]:
    """Return cards as the store keeps them."""
    kept = [name for name in CARD_COLUMNS if name in strategies.columns]
    return [dict(row) for row in strategies[kept].to_dict("records")]  # type: ignore[arg-type]
