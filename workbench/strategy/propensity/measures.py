"""How good predicted probabilities are."""

from __future__ import annotations

from typing import Any

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


def auc_parts(
    responded: npt.ArrayLike, predicted: npt.ArrayLike
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return what each customer adds to an AUC: DeLong's components.

    Returns
    -------
    above : ndarray of shape (n_responses,)
        Of each response, the share of the others that it ranks above; ties count half.
    below : ndarray of shape (n_others,)
        Of each other customer, the share of responses that rank above it.

    Examples
    --------
    >>> above, below = auc_parts([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> above.tolist(), below.tolist()
    ([0.5, 1.0], [1.0, 0.5])
    """
    y = np.asarray(responded, dtype=bool)
    values = pd.Series(np.asarray(predicted, dtype="float64"))
    ranks = values.rank()
    yes, no = values[y], values[~y]
    above = (ranks[y] - yes.rank()) / max(len(no), 1)
    below = 1 - (ranks[~y] - no.rank()) / max(len(yes), 1)
    return np.asarray(above, dtype="float64"), np.asarray(below, dtype="float64")


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

    above, below = auc_parts(responded, predicted)
    if min(len(above), len(below)) < 2:
        return float("nan"), float("nan")
    variance = float(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))
    half = float(ndtri(0.5 + confidence / 2)) * variance**0.5
    middle = rank_auc(responded, predicted)
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


def log_losses(responded: npt.ArrayLike, predicted: npt.ArrayLike) -> Vector:
    """Return each customer's log loss, −ln of the probability given to what happened.

    Probabilities are kept 1e-15 from 0 and 1, as scikit-learn keeps them.

    Examples
    --------
    >>> log_losses([0, 1], [0.5, 0.25]).round(3).tolist()
    [0.693, 1.386]
    """
    y = np.asarray(responded, dtype=bool)
    p = np.clip(np.asarray(predicted, dtype="float64"), 1e-15, 1 - 1e-15)
    found: Vector = -np.log(np.where(y, p, 1 - p))
    return found


def mean_interval(values: npt.ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Return the normal interval of a mean; missing with fewer than two values.

    Examples
    --------
    >>> low, high = mean_interval([0.0, 1.0] * 50)
    >>> round(low, 3), round(high, 3)
    (0.402, 0.598)
    """
    from scipy.special import ndtri

    x = np.asarray(values, dtype="float64")
    if x.size < 2:
        return float("nan"), float("nan")
    half = float(ndtri(0.5 + confidence / 2)) * float(x.std(ddof=1)) / x.size**0.5
    return float(x.mean()) - half, float(x.mean()) + half


def cumulative_lift_area(responded: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """Return ALIFT, the area under the cumulative gains curve; 0.5 is chance.

    The curve shows the share of all responses found (up) among the share of customers
    contacted, best first (across). It equals π/2 + (1 − π)·AUC, π being the response rate,
    so it is at most 1 − π/2. (Others call lift the rate among the best over that of all,
    and its area something else; see `top_lift`.)

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


def gains_table(responded: npt.ArrayLike, predicted: npt.ArrayLike, groups: int = 10) -> pd.DataFrame:
    """Return what contacting the best tenth, the next tenth … finds: lift and cumulative gains.

    Parameters
    ----------
    responded, predicted : array-like of shape (n,)
        Outcomes (0, 1) and probabilities.
    groups : int, default=10
        Groups of equal size. Customers that tie at an edge count with their mean response.

    Returns
    -------
    pandas.DataFrame
        ``group`` (from 1, the best), ``n``, ``rate`` with ``rate_low``, ``rate_high``
        (Wilson, 95%), ``lift`` (rate over that of all; 1 is chance) with ``lift_low``,
        ``lift_high``, and to the end of the group ``share_customers`` and
        ``share_responses``: the points of the curve whose area is
        `cumulative_lift_area`.

    Examples
    --------
    >>> table = gains_table([1, 1, 0, 0], [0.9, 0.4, 0.3, 0.2], groups=2)
    >>> table[["n", "rate", "lift", "share_responses"]].values.tolist()
    [[2.0, 1.0, 2.0, 1.0], [2.0, 0.0, 0.0, 1.0]]
    """
    y = pd.Series(np.asarray(responded, dtype="float64"))
    p = pd.Series(np.asarray(predicted, dtype="float64"))
    # A tie has no order of its own.
    expected = y.groupby(p).transform("mean").to_numpy()
    order = np.argsort(-p.to_numpy(), kind="stable")
    parts = [part for part in np.array_split(expected[order], groups) if part.size]
    n = np.array([part.size for part in parts], dtype="int64")
    found = np.array([part.sum() for part in parts], dtype="float64")
    low, high = wilson_interval(found, n)
    total = float(y.sum())
    rate = total / len(y) if len(y) and total else np.nan
    return pd.DataFrame(
        {
            "group": np.arange(1, len(parts) + 1),
            "n": n,
            "rate": found / n,
            "rate_low": low,
            "rate_high": high,
            "lift": found / n / rate,
            "lift_low": low / rate,
            "lift_high": high / rate,
            "share_customers": n.cumsum() / max(len(y), 1),
            "share_responses": found.cumsum() / (total or np.nan),
        }
    )
