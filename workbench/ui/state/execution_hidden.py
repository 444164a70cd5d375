"""What a viewer may not see of the progress: counts of few customers, and what gives them away."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.insight import hide_small_cells

COUNTS = ("contacted", "reached", "responded", "control_contacted", "control_responded")
_ARMS = ("treatment", "control")
_RESTS_ON = {
    "due": ("treatment",),
    "contact_rate": ("treatment", "contacted"),
    "reach_rate": ("contacted", "reached"),
    "rate": ("contacted", "responded"),
    "rate_low": ("contacted", "responded"),
    "rate_high": ("contacted", "responded"),
    "expected": ("contacted",),
    "amount": ("responded",),
    "control_rate": ("control", "control_responded"),
}


@dataclass(frozen=True)
class Hiding:
    """The hidden cells of the progress table.

    Parameters
    ----------
    cells : frozenset of (str, str)
        Strategy and column.
    totals : frozenset of str
        Columns whose sum over all strategies is hidden, too.
    """

    cells: frozenset[tuple[str, str]] = frozenset()
    totals: frozenset[str] = frozenset()

    @classmethod
    def of(cls, progress: pd.DataFrame, minimum: int) -> Hiding:
        """Return what is hidden of a whole progress table, all its totals being shown.

        Parameters
        ----------
        progress : pandas.DataFrame
            As `workbench.execution.summarise_progress` returns it, all strategies.
        minimum : int
            The smallest count that is shown.
        """
        if progress.empty:
            return cls()
        cells: set[tuple[str, str]] = set()
        totals: set[str] = set()
        arms = progress.melt("strategy_id", list(_ARMS), var_name="column", value_name="n")
        shown = hide_small_cells(arms, minimum, by=("strategy_id", "column"), count="n", totals=True)
        for strategy, arm in shown.loc[shown["hidden"], ["strategy_id", "column"]].itertuples(index=False):
            column = "listed" if pd.isna(arm) else str(arm)
            if pd.isna(strategy):
                totals.add(column)
            else:
                cells.add((str(strategy), column))
        small = {i for i, column in cells if column in ("treatment", "listed")}
        for column in COUNTS:
            counts = progress[["strategy_id", column]].rename(columns={column: "n"})
            found = hide_small_cells(counts, minimum, by=("strategy_id",), count="n", totals=True)
            hidden = found[found["hidden"]]
            cells |= {(str(i), column) for i in hidden["strategy_id"].dropna()}
            if hidden["strategy_id"].isna().any():
                totals.add(column)
        # Of a list that is itself too small nothing is told.
        cells |= {(i, column) for i in small for column in (*COUNTS, *_ARMS, "listed")}
        return cls(frozenset(cells), frozenset(totals))

    def apply(self, progress: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the hidden cells, and what rests on them, missing."""
        if not self.cells:
            return progress
        shown = progress.copy()
        for column in ("listed", *_ARMS, *COUNTS, *_RESTS_ON):
            parts = (column, *_RESTS_ON.get(column, ()))
            mask = [any((i, part) in self.cells for part in parts) for i in shown["strategy_id"]]
            if any(mask):
                shown[column] = shown[column].astype("float64").mask(pd.Series(mask, index=shown.index))
        return shown

    def total(self, progress: pd.DataFrame, column: str, *, complete: bool) -> float | None:
        """Return a column's sum over the rows shown, or None where it would tell too much.

        Parameters
        ----------
        progress : pandas.DataFrame
            The rows shown, nothing hidden in them yet.
        column : str
            Which count.
        complete : bool
            Whether these are all strategies.
        """
        parts = (column, *_RESTS_ON.get(column, ()))
        if complete:
            hidden = any(part in self.totals for part in parts)
        else:
            hidden = any((i, part) in self.cells for i in progress["strategy_id"] for part in parts)
        return None if hidden else float(progress[column].sum())


def hide_dispositions(rows: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Return dispositions with small counts missing.

    How many tries reached the customer is shown elsewhere, so each half hides for itself.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `workbench.execution.count_dispositions` returns it.
    minimum : int
        The smallest count that is shown.
    """
    parts = []
    for _, half in rows.groupby("reached", sort=False):
        kept = half[["disposition", "n"]]
        found = hide_small_cells(kept, minimum, by=("disposition",), count="n")
        n = half["n"].astype("float64").mask(found["hidden"].to_numpy())
        parts.append(half.assign(n=n, share=half["share"].mask(n.isna())))
    return pd.concat(parts).sort_index() if parts else rows
