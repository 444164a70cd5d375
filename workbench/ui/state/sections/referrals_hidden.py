"""What a viewer may not see of referrals: counts of few customers, and what gives them away."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.insight import hide_small_cells

COUNTS = ("sent", "accepted", "worked", "won", "settled", "overdue", "open", "expired")
_RESTS_ON = {
    "rate": ("won", "settled"),
    "rate_low": ("won", "settled"),
    "rate_high": ("won", "settled"),
    "days_to_accept": ("accepted",),
    "days_to_work": ("worked",),
    "days_to_win": ("won",),
    "amount": ("won",),
}


class ReferralHiding:
    """The hidden cells of the tables of referrals, all of which have the same totals.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        As `workbench.execution.tabulate_referrals` returns them, by what there is a row for.
    minimum : int
        The smallest count that is shown; 0 hides nothing.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], minimum: int) -> None:
        self.totals: set[str] = set()
        self._cells: dict[str, set[tuple[str, str]]] = {by: set() for by in tables}
        for by, table in tables.items() if minimum else ():
            sent = table[table["sent"].notna()]
            for column in COUNTS:
                counts = sent[[by]].assign(n=sent[column].astype("int64"))
                found = hide_small_cells(counts, minimum, by=(by,), count="n", totals=True)
                hidden = found[found["hidden"]]
                self._cells[by] |= {(str(member), column) for member in hidden[by].dropna()}
                if hidden[by].isna().any():
                    self.totals.add(column)

    def is_hidden(self, by: str, member: str, column: str) -> bool:
        """Say whether a cell is hidden: itself, what it rests on, or the whole of a small row."""
        parts = (column, *_RESTS_ON.get(column, ()))
        return any((member, part) in self._cells[by] for part in (*parts, "sent"))

    def hides_total(self, column: str) -> bool:
        """Say whether a total is hidden, or rests on one that is."""
        return any(part in self.totals for part in (column, *_RESTS_ON.get(column, ())))

    def apply(self, by: str, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table with the hidden cells missing."""
        shown = table.copy()
        for column in (*COUNTS, *_RESTS_ON):
            mask = [self.is_hidden(by, str(member), column) for member in shown[by]]
            shown[column] = shown[column].mask(pd.Series(mask, index=shown.index, dtype="bool"))
        return shown
