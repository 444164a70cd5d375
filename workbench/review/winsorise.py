"""When one customer brings most of the money: say so, and cut only when asked.

A mean hangs on its largest value. Nothing here is applied by itself: an evaluation shows
what was recorded, `check_dominance` says where that rests on one customer, and whoever
then wants a limit asks for it with `winsorise` and is told what it took away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.campaign import check_columns, read_outcome
from workbench.review.means import Numbers

DOMINATES_FROM = 0.5


@dataclass(frozen=True, eq=False)
class Winsorised:
    """Values cut at a limit, and what the cut took away.

    Attributes
    ----------
    values : ndarray
        The values, none over the limit.
    limit : float
        What larger values were set to; infinite where nothing could be cut.
    n_cut : int
        Values that were over the limit.
    cut : float
        Sum that was taken away, in the values' unit.
    cut_share : float
        Of the total before; missing where the total is not above 0.

    Examples
    --------
    >>> winsorise([1.0, 2.0, 97.0], limit=3.0).cut_share
    0.94
    """

    values: Numbers
    limit: float
    n_cut: int
    cut: float
    cut_share: float


def winsorise(
    values: npt.ArrayLike,
    share: float | None = None,
    *,
    limit: float | None = None,
    positive_only: bool = False,
) -> Winsorised:
    """Set the largest values to a limit, and say how many and how much.

    Give the values of all arms together, so that one limit holds for all. The mean of
    cut values is another figure than the mean: say on the screen that it was cut.

    Parameters
    ----------
    values : array-like of shape (n,)
        Missing ones stay missing.
    share : float, optional
        Share of the values that may lie over the limit, for example 0.001: the limit is
        the largest value that is left.
    limit : float, optional
        The limit itself, in the values' unit; instead of `share`.
    positive_only : bool, default=False
        Take the share of the values over 0 alone. Where most customers bring nothing,
        the share of all customers would cut everybody who bought.

    Returns
    -------
    Winsorised

    Raises
    ------
    ParameterProblem
        If neither or both of share and limit are given, the share does not lie between
        0 and 1, the limit is no number, or a value is infinite.

    References
    ----------
    .. [1] Dixon, W. J. (1960). Simplified estimation from censored normal samples.
       Annals of Mathematical Statistics 31.

    Examples
    --------
    >>> result = winsorise([0.0, 10.0, 20.0, 30.0, 940.0], share=0.2)
    >>> result.limit, result.n_cut, result.cut, round(result.cut_share, 2)
    (30.0, 1, 910.0, 0.91)
    """
    if (share is None) == (limit is None):
        raise ParameterProblem("review_statistics.error.share_or_limit")
    cells = np.asarray(values, dtype=np.float64)
    if np.isinf(cells).any():
        row = int(np.isinf(cells).argmax()) + 1
        raise ParameterProblem("review_statistics.error.infinite", name="values", row=row)
    if limit is not None and np.isnan(limit):
        raise ParameterProblem("review_statistics.error.limit", limit=limit)
    if share is not None:
        if not 0 < share < 1:
            raise ParameterProblem("review_statistics.error.share", share=share)
        known = np.sort(cells[~np.isnan(cells) & ((cells > 0) if positive_only else True)])
        over = int(share * known.size + 1e-9)
        limit = float(known[known.size - over - 1]) if known.size else float("inf")
    assert limit is not None
    kept = np.minimum(cells, limit)
    total, left = float(np.nansum(cells)), float(np.nansum(kept))
    cut = total - left if left < total else 0.0
    return Winsorised(
        kept, float(limit), int((cells > limit).sum()), cut, cut / total if total > 0 else np.nan
    )


def dominance(values: npt.ArrayLike) -> float:
    """Return the share of the total that the largest customer brought.

    Parameters
    ----------
    values : array-like of shape (n,)
        One value a customer; missing ones are left out. Amounts below 0 count by their size.

    Returns
    -------
    float
        0 to 1; missing where the total is 0.

    Examples
    --------
    >>> dominance([1.0, 0.0, 99.0])
    0.99
    >>> dominance([0.0, 0.0])
    nan
    """
    sizes = np.abs(np.asarray(values, dtype=np.float64))
    total = float(np.nansum(sizes))
    return float(np.nanmax(sizes)) / total if total > 0 else float("nan")


def check_dominance(
    rows: pd.DataFrame,
    outcome: str = "amount",
    *,
    by: Sequence[str] = ("strategy_id", "arm"),
    threshold: float = DOMINATES_FROM,
) -> pd.DataFrame:
    """Say in which arms one customer brought most of the total.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a customer, for example as `workbench.review.follow_up` returns them.
    outcome : str, default="amount"
        Numeric column.
    by : sequence of str, default=("strategy_id", "arm")
        Columns of the groups to look at.
    threshold : float, default=0.5
        Share of the total from which one customer dominates.

    Returns
    -------
    pandas.DataFrame
        One row a group, in the order of the rows: the columns of `by`, n (customers with
        a value), n_positive (who brought or took anything), total, largest (in the
        outcome's unit), share (missing where the total is 0), dominates.

    Raises
    ------
    ParameterProblem
        If a column is absent, the outcome is not numeric or not finite, or the threshold
        does not lie between 0 and 1.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"arm": ["treatment"] * 3 + ["control"] * 2, "amount": [99.0, 1, 0, 2, 2]})
    >>> check_dominance(rows, by=["arm"])[["arm", "share", "dominates"]].values.tolist()
    [['treatment', 0.99, True], ['control', 0.5, False]]
    """
    if not 0 < threshold <= 1:
        raise ParameterProblem("review_statistics.error.share", share=threshold)
    check_columns(rows, [*by, outcome])
    # Amounts below 0 count by their size: one customer who withdrew all dominates as well.
    sizes = pd.Series(np.abs(read_outcome(rows[outcome])), index=rows.index)
    grouped = sizes.groupby([rows[name] for name in by], sort=False, observed=True, dropna=False)
    frame = pd.DataFrame(
        {
            "n": grouped.count(),
            "n_positive": sizes.gt(0)
            .groupby([rows[name] for name in by], sort=False, observed=True, dropna=False)
            .sum(),
            "total": grouped.sum(),
            "largest": grouped.max(),
        }
    ).reset_index()
    frame["share"] = (frame["largest"] / frame["total"].where(frame["total"] > 0)).astype(float)
    frame["dominates"] = frame["share"] > threshold
    return frame
