"""Rows of an outcomes file that came after their cycle was frozen, as the quarantine shows them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

from workbench import locale
from workbench.tables import QUARANTINE

if TYPE_CHECKING:
    from workbench.execution.outcomes import OutcomeCheck


def late_rows(raw: pd.DataFrame, check: OutcomeCheck, file: str, cycle_id: str, lang: str) -> pd.DataFrame:
    """Return what can't be loaded of a file that came too late: its own mistakes, and the sound rows.

    Parameters
    ----------
    raw : pandas.DataFrame
        The file's rows.
    check : OutcomeCheck
        What was found in them.
    file, cycle_id, lang : str
        The file's name, the frozen cycle, and the language of the reasons.

    Returns
    -------
    pandas.DataFrame
        A `workbench.tables.QUARANTINE`; the sound rows have the cause ``late``.
    """
    numbers = pd.to_numeric(raw["line"], errors="coerce") if "line" in raw else None
    counted = pd.Series(range(2, len(raw) + 2), index=raw.index, dtype="float64")
    lines = (counted if numbers is None else numbers.fillna(counted)).astype("int64")
    late = raw[~lines.isin(set(check.quarantined["line"]))]
    if check.repeated:
        # Rows that count already are not late; customers are compared without leading zeros.
        kept = {*check.loaded["customer_id"], *check.contacts["customer_id"]}
        bare = {str(name).lstrip("0") for name in kept}
        late = late[late["customer_id"].astype("str").str.strip().str.lstrip("0").isin(bare)]
    cells = late.astype("object").where(late.notna(), None)
    frame = pd.DataFrame(
        {
            "file": file,
            "line": lines[late.index],
            "cause": "late",
            "column": "",
            "value": "",
            "reason": locale.text("review_cycles.error.late_row", lang, cycle=cycle_id),
            "row": [json.dumps(one, ensure_ascii=False, default=str) for one in cells.to_dict("records")],
        }
    )
    rows = pd.concat([check.quarantined, frame.astype(check.quarantined.dtypes)], ignore_index=True)
    return QUARANTINE.check(rows.sort_values("line", kind="stable", ignore_index=True))
