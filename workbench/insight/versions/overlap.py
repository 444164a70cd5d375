"""Which segment goes on as which: overlaps of customers, and the thresholds, in one place."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem

# Spiliopoulou et al. (2006) call the first τ and the second τ_split; their values are kept.
CONTINUES = 0.5
"""A segment goes on in another when each holds at least this share of the other."""
PART = 0.25
"""A part of a split, or a source of a merger, holds at least this share of the whole."""


def checked_membership(membership: pd.DataFrame, by: str) -> pd.Series:
    """Return the segment of each customer, indexed by customer_id."""
    if not isinstance(membership, pd.DataFrame):
        raise ParameterProblem("insight_versions.error.not_a_table", kind=type(membership).__name__)
    absent = [name for name in ("customer_id", by) if name not in membership.columns]
    if absent:
        raise ParameterProblem(
            "insight_versions.error.columns",
            columns=", ".join(absent),
            present=", ".join(map(str, membership.columns)),
        )
    rows = membership[["customer_id", by]]
    if rows.isna().any(axis=None):
        raise ParameterProblem("insight_versions.error.missing", n=int(rows.isna().any(axis=1).sum()))
    repeated = rows["customer_id"].duplicated()
    if repeated.any():
        raise ParameterProblem(
            "insight_versions.error.repeated",
            n=int(repeated.sum()),
            first=str(rows.loc[repeated, "customer_id"].iloc[0]),
        )
    return pd.Series(rows[by].to_numpy(), index=rows["customer_id"].astype("str").to_numpy())


def by_size(segments: pd.Series) -> list:
    """Return the names of the segments, the largest first, equal ones by name."""
    sizes = segments.value_counts()
    return sorted(sizes.index, key=lambda name: (-int(sizes[name]), str(name)))


def overlaps(counts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return for each pair the share of before, the share of after, and the Jaccard index."""
    cells = counts.to_numpy(dtype="float64")
    rows, columns = cells.sum(axis=1, keepdims=True), cells.sum(axis=0, keepdims=True)

    def shares(of: np.ndarray) -> pd.DataFrame:
        found = np.divide(cells, of, out=np.zeros_like(cells), where=of > 0)
        return pd.DataFrame(found, index=counts.index, columns=counts.columns)

    wide = np.broadcast_to
    return shares(wide(rows, cells.shape)), shares(wide(columns, cells.shape)), shares(rows + columns - cells)


def goes_on(counts: pd.DataFrame) -> dict:
    """Return before → after for each segment that goes on: first by its customers, then by its name.

    A segment goes on in another when each holds at least `CONTINUES` of the other's
    customers, whatever it is called now. Of those left over, one goes on under its own
    name.
    """
    out, into, _ = overlaps(counts)
    holds = (out.to_numpy() >= CONTINUES) & (into.to_numpy() >= CONTINUES)
    found: dict = {}
    for row, column in zip(*np.nonzero(holds), strict=True):
        before, after = counts.index[row], counts.columns[column]
        # Only exact halves leave two candidates; the first is the larger.
        if before not in found and after not in found.values():
            found[before] = after
    for name in counts.index:
        if name not in found and name in counts.columns and name not in found.values():
            found[name] = name
    return found
