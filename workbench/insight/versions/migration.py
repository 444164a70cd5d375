"""Who moved between two segmentations."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workbench.insight.versions.agreement import information_of_counts, rand_of_counts
from workbench.insight.versions.overlap import by_size, checked_membership, goes_on

_Z = 1.959963984540054  # two-sided 95%


@dataclass(frozen=True)
class SegmentMigration:
    """What became of the customers of one segmentation in another.

    Parameters
    ----------
    matrix : pandas.DataFrame
        `workbench.tables.versions.MIGRATION`: one row a pair of segments, zeros included. Who is
        only in the later segmentation (joined) has no ``before``, who is only in the
        earlier one (left) no ``after``.
    n_before, n_after, n_both, n_joined, n_left : int
        Customers of the earlier segmentation, the later one, both, only one.
    n_changed : int
        Customers in both whose segment is not the one that theirs went on as.
    share_changed, low, high : float
        Their share of those in both with its 95% interval (Wilson); missing without any.
    adjusted_rand_index : float
        Agreement beyond chance of the customers in both; names play no part.
    normalised_mutual_information, homogeneity, completeness : float
        By entropy, 0 to 1; see `workbench.insight.versions.mutual_information`.
    pairs : dict
        Segment before → the segment that it goes on as: the one that holds at least half
        of it and of which it is at least half, else the one of the same name.
    """

    matrix: pd.DataFrame
    n_before: int
    n_after: int
    n_both: int
    n_joined: int
    n_left: int
    n_changed: int
    share_changed: float
    low: float
    high: float
    adjusted_rand_index: float
    normalised_mutual_information: float
    homogeneity: float
    completeness: float
    pairs: dict = field(repr=False)

    @property
    def counts(self) -> pd.DataFrame:
        """The customers in both as a square: one row a segment before, one column a segment after."""
        inner = self.matrix.dropna(subset=["before", "after"])
        rows, columns = inner["before"].drop_duplicates(), inner["after"].drop_duplicates()
        wide = inner.pivot(index="before", columns="after", values="n")
        return wide.reindex(index=list(rows), columns=list(columns))


def compare_segmentations(
    before: pd.DataFrame, after: pd.DataFrame, *, by: str = "segment"
) -> SegmentMigration:
    """Compare two segmentations: who stayed, who moved where, who joined and who left.

    A customer changed segment when the later segment is not the one that the earlier
    went on as: a segment goes on in the one that holds at least half of it and of which
    it is at least half, whatever that is called; else in the one of its own name. So
    new names alone have changed nobody.

    Parameters
    ----------
    before, after : pandas.DataFrame
        `workbench.tables.MEMBERSHIP`, or any table with ``customer_id`` and `by`.
    by : str, default="segment"
        The column that is compared; ``"cluster"`` where nothing is labelled yet.

    Returns
    -------
    SegmentMigration
        The matrix, the share that changed with its interval, and measures of agreement.

    Raises
    ------
    ParameterProblem
        If a column is missing, a cell is empty, or a customer repeats.

    References
    ----------
    E. B. Wilson: Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association 22 (1927) 209-212.

    Examples
    --------
    >>> before = pd.DataFrame({"customer_id": list("abcd"), "segment": ["Old", "Old", "Young", "Young"]})
    >>> after = pd.DataFrame({"customer_id": list("bcde"), "segment": ["Old", "Young", "Old", "Old"]})
    >>> found = compare_segmentations(before, after)
    >>> found.n_both, found.n_joined, found.n_left, found.n_changed
    (3, 1, 1, 1)
    >>> found.matrix.dropna().set_index(["before", "after"])["n"].to_dict()
    {('Old', 'Old'): 1, ('Old', 'Young'): 0, ('Young', 'Old'): 1, ('Young', 'Young'): 1}
    """
    earlier, later = checked_membership(before, by), checked_membership(after, by)
    rows, columns = by_size(earlier), by_size(later)
    position = earlier.index.get_indexer(later.index)
    stayed = position >= 0
    row_of = pd.Index(rows, dtype="object").get_indexer(earlier.astype("object"))
    column_of = pd.Index(columns, dtype="object").get_indexer(later.astype("object"))
    # The last row holds who joined, the last column who left.
    grid = np.zeros((len(rows) + 1, len(columns) + 1), dtype="int64")
    np.add.at(grid, (row_of[position[stayed]], column_of[stayed]), 1)
    np.add.at(grid, (np.full((~stayed).sum(), len(rows)), column_of[~stayed]), 1)
    gone = np.ones(len(earlier), dtype=bool)
    gone[position[stayed]] = False
    np.add.at(grid, (row_of[gone], np.full(gone.sum(), len(columns))), 1)
    return _made_of(grid, rows, columns)


def _made_of(grid: np.ndarray, rows: list, columns: list) -> SegmentMigration:
    inner = grid[:-1, :-1]
    counts = pd.DataFrame(inner, index=rows, columns=columns)
    pairs = goes_on(counts)
    both = int(inner.sum())
    kept = int(sum(inner[rows.index(one), columns.index(other)] for one, other in pairs.items()))
    low, high = wilson(both - kept, both)
    information = information_of_counts(inner)
    return SegmentMigration(
        matrix=_matrix(grid, rows, columns),
        n_before=int(grid[:-1].sum()),
        n_after=int(grid[:, :-1].sum()),
        n_both=both,
        n_joined=int(grid[-1].sum()),
        n_left=int(grid[:, -1].sum()),
        n_changed=both - kept,
        share_changed=(both - kept) / both if both else math.nan,
        low=low,
        high=high,
        adjusted_rand_index=rand_of_counts(inner) if both else math.nan,
        normalised_mutual_information=information.normalised if both else math.nan,
        homogeneity=information.homogeneity if both else math.nan,
        completeness=information.completeness if both else math.nan,
        pairs=pairs,
    )


def _matrix(grid: np.ndarray, rows: list, columns: list) -> pd.DataFrame:
    names = [(one, other) for one in [*rows, None] for other in [*columns, None]][:-1]
    of_row, of_column = grid.sum(axis=1), grid.sum(axis=0)
    counts = grid.ravel()[:-1]
    by_row = np.repeat(of_row, grid.shape[1])[:-1]
    by_column = np.tile(of_column, grid.shape[0])[:-1]
    frame = pd.DataFrame(names, columns=["before", "after"], dtype="object")
    none = np.full(len(counts), np.nan)
    frame["n"] = counts
    frame["share_before"] = np.divide(counts, by_row, out=none.copy(), where=by_row > 0)
    frame["share_after"] = np.divide(counts, by_column, out=none.copy(), where=by_column > 0)
    frame.loc[frame["before"].isna(), "share_before"] = np.nan
    frame.loc[frame["after"].isna(), "share_after"] = np.nan
    return frame


def wilson(k: int, n: int) -> tuple[float, float]:
    """Return the 95% interval of a share by Wilson's score.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(0, 10)]
    [0.0, 0.278]
    """
    if n == 0:
        return math.nan, math.nan
    middle = (k + _Z**2 / 2) / (n + _Z**2)
    half = _Z / (n + _Z**2) * math.sqrt(k * (n - k) / n + _Z**2 / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
