"""What groups of customers will bring, with how sure that is."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from workbench.errors import ParameterProblem

_Z = 1.959963984540054
GROUP_COLUMNS = (
    "group",
    "n",
    "share_customers",
    "total",
    "share_value",
    "share_low",
    "share_high",
    "mean",
    "ci_low",
    "ci_high",
)


def summarise_value(
    values: ArrayLike | pd.Series, groups: ArrayLike | pd.Series, sensitivity: np.ndarray | None = None
) -> pd.DataFrame:
    """Sum up the expected value of groups of customers, with 95% intervals.

    Parameters
    ----------
    values : array-like of shape (n_customers,)
        Expected value of each customer.
    groups : array-like of shape (n_customers,)
        The group of each; None or missing counts in the whole alone.
    sensitivity : numpy.ndarray of shape (n_customers, n_parameters), optional
        As `value_sensitivity` returns it: what the parameters' uncertainty adds.

    Returns
    -------
    pandas.DataFrame
        One row a group, in order of their mean: ``group, n, share_customers, total,
        share_value, share_low, share_high, mean, ci_low, ci_high``. Shares are of all
        customers, 0 to 1.

    Raises
    ------
    ParameterProblem
        If the three do not have the same customers.

    Notes
    -----
    Two sources are added up: the customers are a sample of those one could have had (the
    spread of values, over n), and the parameters are estimates (the delta method). What
    the customers then really do varies more.

    Examples
    --------
    >>> summarise_value([10.0, 12.0, 2.0, 0.0], ["A", "A", "B", "B"])[["group", "mean", "share_value"]]
      group  mean  share_value
    0     A  11.0     0.916667
    1     B   1.0     0.083333
    """
    worth = np.asarray(values, dtype="float64")
    names = pd.Series(np.asarray(groups, dtype="object"))
    moves = np.zeros((len(worth), 1)) if sensitivity is None else np.asarray(sensitivity, dtype="float64")
    if not len(worth) == len(names) == len(moves):
        raise ParameterProblem(
            "insight_value.error.lengths", values=len(worth), groups=len(names), sensitivity=len(moves)
        )
    whole = worth.sum()
    rows = []
    for name in names.dropna().unique():
        positions = np.flatnonzero((names == name).to_numpy())
        mine, n = worth[positions], len(positions)
        total = float(mine.sum())
        spread = float(mine.var(ddof=1)) / n if n > 1 else float("nan")
        half = _Z * np.sqrt(spread + (moves[positions].mean(axis=0) ** 2).sum())
        share, share_half = _share(worth, positions, moves, whole)
        shares = (n / len(worth), total, share, share - share_half, share + share_half)
        rows.append((name, n, *shares, total / n, total / n - half, total / n + half))
    found = pd.DataFrame(rows, columns=list(GROUP_COLUMNS))
    found[["share_low", "share_high"]] = found[["share_low", "share_high"]].clip(0, 1)
    found["ci_low"] = found["ci_low"].clip(lower=0)
    return found.sort_values("mean", ascending=False, ignore_index=True)


def _share(worth: np.ndarray, positions: np.ndarray, moves: np.ndarray, whole: float) -> tuple[float, float]:
    """Return a group's share of the whole and half its interval: the ratio of two sums."""
    if whole <= 0:
        return float("nan"), float("nan")
    share = float(worth[positions].sum() / whole)
    inside = np.zeros(len(worth))
    inside[positions] = 1.0
    influence = worth * (inside - share) / whole
    moved = ((inside - share)[:, None] * moves).sum(axis=0) / whole
    return share, float(_Z * np.sqrt((influence**2).sum() + (moved**2).sum()))


def value_deciles(
    values: ArrayLike | pd.Series, sensitivity: np.ndarray | None = None, *, n_groups: int = 10
) -> pd.DataFrame:
    """Split customers into tenths by expected value: how much each tenth carries.

    Parameters
    ----------
    values, sensitivity
        As in `summarise_value`.
    n_groups : int, default=10
        How many groups, of equal size up to one customer.

    Returns
    -------
    pandas.DataFrame
        As `summarise_value`, ``group`` from 1 (the highest values) on.

    Examples
    --------
    >>> value_deciles([5.0, 1.0, 3.0, 1.0], n_groups=2)[["group", "total", "share_value"]]
       group  total  share_value
    0      1    8.0          0.8
    1      2    2.0          0.2
    """
    worth = np.asarray(values, dtype="float64")
    order = np.argsort(-worth, kind="stable")
    group = np.empty(len(worth), dtype="int64")
    group[order] = np.arange(len(worth)) * n_groups // max(len(worth), 1) + 1
    found = summarise_value(worth, group, sensitivity)
    return found.sort_values("group", ignore_index=True)


def top_share(values: ArrayLike | pd.Series, share: float = 0.2) -> float:
    """Return the share of the whole value that the most valuable customers carry.

    Parameters
    ----------
    values : array-like of shape (n_customers,)
        Expected value of each customer.
    share : float, default=0.2
        How many customers, as a share; rounded to whole customers.

    Returns
    -------
    float
        0 to 1; missing without any value.

    Examples
    --------
    >>> top_share([6.0, 1.0, 1.0, 1.0, 1.0])
    0.6
    """
    worth = np.sort(np.asarray(values, dtype="float64"))[::-1]
    n = round(share * len(worth))
    whole = worth.sum()
    return float(worth[:n].sum() / whole) if whole > 0 else float("nan")
