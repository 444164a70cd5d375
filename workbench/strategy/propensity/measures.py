"""How good predicted probabilities are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Vector = npt.NDArray[np.float64]


def rank_auc(responded: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """Return the area under the ROC curve, by ranks; ties count half.

    Parameters
    ----------
    responded : array-like of shape (n,)
        1 for a response, 0 for none.
    predicted : array-like of shape (n,)
        Anything that orders the customers.

    Returns
    -------
    float
        0.5 is chance; missing when only one outcome occurs.

    References
    ----------
    Hanley, J. A., McNeil, B. J. (1982). The meaning and use of the area under a
    receiver operating characteristic (ROC) curve. Radiology 143, 29-36.

    Examples
    --------
    >>> rank_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    y = np.asarray(responded, dtype=bool)
    ranks = pd.Series(np.asarray(predicted)).rank().to_numpy(dtype="float64")
    positives, negatives = int(y.sum()), int((~y).sum())
    if positives == 0 or negatives == 0:
        return float("nan")
    return float((ranks[y].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def auc_interval(
    responded: npt.ArrayLike, predicted: npt.ArrayLike, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the interval of an AUC by DeLong's variance; missing with fewer than two of either outcome.

    References
    ----------
    DeLong, E. R., DeLong, D. M., Clarke-Pearson, D. L. (1988). Comparing the areas under
    two or more correlated receiver operating characteristic curves. Biometrics 44, 837-845.

    Examples
    --------
    >>> low, high = auc_interval([0, 1] * 50, list(range(100)))
    >>> low < rank_auc([0, 1] * 50, list(range(100))) < high
    True
    """
    from scipy.special import ndtri

    y = np.asarray(responded, dtype=bool)
    values = pd.Series(np.asarray(predicted, dtype="float64"))
    yes, no = values[y], values[~y]
    if min(len(yes), len(no)) < 2:
        return float("nan"), float("nan")
    ranks = values.rank()
    above = (ranks[y] - yes.rank()) / len(no)
    below = 1 - (ranks[~y] - no.rank()) / len(yes)
    half = float(ndtri(0.5 + confidence / 2)) * float(above.var() / len(yes) + below.var() / len(no)) ** 0.5
    middle = rank_auc(y, values)
    return max(0.0, middle - half), min(1.0, middle + half)


def brier_score(responded: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """Return the mean squared difference of probability and outcome; less is better.

    Examples
    --------
    >>> round(brier_score([0, 1], [0.1, 0.8]), 3)
    0.025
    """
    gap = np.asarray(responded, dtype="float64") - np.asarray(predicted, dtype="float64")
    return float(np.mean(gap**2)) if gap.size else float("nan")


def cumulative_lift_area(responded: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """Return ALIFT, the area under the cumulative gains curve; 0.5 is chance.

    The curve shows the share of all responses found (up) among the share of customers
    contacted, best first (across). It equals π/2 + (1 − π)·AUC, π being the response rate.

    References
    ----------
    Moro, S., Cortez, P., Rita, P. (2014). A data-driven approach to predict the success
    of bank telemarketing. Decision Support Systems 62, 22-31.

    Examples
    --------
    >>> cumulative_lift_area([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4])
    0.75
    """
    rate = float(np.mean(np.asarray(responded, dtype="float64")))
    return rate / 2 + (1 - rate) * rank_auc(responded, predicted)


def top_lift(responded: npt.ArrayLike, predicted: npt.ArrayLike, share: float = 0.1) -> float:
    """Return the response rate among the best share over that of all; 1 is chance.

    Customers that tie at the edge of the share count with their mean response.

    Examples
    --------
    >>> top_lift([1, 0, 0, 0], [0.9, 0.2, 0.2, 0.1], share=0.25)
    4.0
    """
    y = np.asarray(responded, dtype="float64")
    p = np.asarray(predicted, dtype="float64")
    rate = float(y.mean()) if y.size else 0.0
    if rate == 0.0:
        return float("nan")
    wanted = max(1, round(share * y.size))
    edge = np.sort(p)[::-1][wanted - 1]
    above, level = p > edge, p == edge
    found = y[above].sum() + y[level].mean() * (wanted - int(above.sum()))
    return float(found / wanted / rate)


def wilson_interval(
    responses: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95
) -> tuple[Vector, Vector]:
    """Return the Wilson interval of a share; missing without customers.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
    inference. Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> low, high = wilson_interval(8, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.4902, 0.9433)
    """
    from scipy.special import ndtri

    z = float(ndtri(0.5 + confidence / 2))
    count = np.asarray(n, dtype="float64")
    count = np.where(count > 0, count, np.nan)
    share = np.asarray(responses, dtype="float64") / count
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    return np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)


def reliability_table(responded: npt.ArrayLike, predicted: npt.ArrayLike, bins: int = 10) -> pd.DataFrame:
    """Return whether predicted probabilities come true, in bins of equal size.

    Parameters
    ----------
    responded, predicted : array-like of shape (n,)
        Outcomes (0, 1) and probabilities.
    bins : int, default=10
        Bins; fewer where predictions tie across an edge.

    Returns
    -------
    pandas.DataFrame
        ``bin`` (from 1, lowest first), ``n``, ``mean_predicted``, ``observed``, ``ci_low``,
        ``ci_high`` (Wilson, 95%).

    Examples
    --------
    >>> table = reliability_table([0, 0, 1, 1], [0.1, 0.2, 0.6, 0.9], bins=2)
    >>> table[["n", "mean_predicted", "observed"]].round(2).values.tolist()
    [[2.0, 0.15, 0.0], [2.0, 0.75, 1.0]]
    """
    y = np.asarray(responded, dtype="float64")
    p = np.asarray(predicted, dtype="float64")
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1])) if p.size else np.array([])
    grouped = pd.DataFrame({"bin": np.searchsorted(edges, p, side="left"), "y": y, "p": p}).groupby("bin")
    table = grouped.agg(
        n=("y", "size"), mean_predicted=("p", "mean"), observed=("y", "mean"), responses=("y", "sum")
    ).reset_index(drop=True)
    table.insert(0, "bin", np.arange(1, len(table) + 1))
    low, high = wilson_interval(table["responses"], table["n"])
    return table.drop(columns="responses").assign(ci_low=low, ci_high=high)
