"""Rows of an outcomes file that came after their cycle was frozen, as the quarantine shows them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench import locale
from workbench.tables import QUARANTINE

if TYPE_CHECKING:
    from workbench.execution.outcomes import OutcomeCheck


def late_rows(
    parts: Iterable[tuple[pd.DataFrame, np.ndarray]],
    check: OutcomeCheck,
    file: str,
    cycle_id: str,
    lang: str,
) -> pd.DataFrame:
    """Return what can't be loaded of a file that came too late: its own mistakes, and the sound rows.

    Parameters
    ----------
    parts : iterable of (pandas.DataFrame, numpy.ndarray)
        The file's rows, and their lines.
    check : OutcomeCheck
        What was found in them.
    file, cycle_id, lang : str
        The file's name, the frozen cycle, and the language of the reasons.

    Returns
    -------
    pandas.DataFrame
        A `workbench.tables.QUARANTINE`; the sound rows have the cause ``late``.
    """
    reason = locale.text("review_cycles.error.late_row", lang, cycle=cycle_id)
    found = [check.quarantined]
    for own, lines in parts:
        # Rows that count already are not late.
        here = np.isin(lines, check.lines)
        cells = own.loc[here].astype("object")
        records = cells.where(cells.notna(), None).to_dict("records")
        frame = pd.DataFrame(
            {
                "file": file,
                "line": lines[here],
                "cause": "late",
                "column": "",
                "value": "",
                "reason": reason,
                "row": [json.dumps(one, ensure_ascii=False, default=str) for one in records],
            }
        )
        found.append(frame.astype(check.quarantined.dtypes))
    rows = pd.concat(found, ignore_index=True)
    return QUARANTINE.check(rows.sort_values("line", kind="stable", ignore_index=True))
