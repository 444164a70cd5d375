"""Whether the work keeps to its plan, how tries ended, and days that give nobody away."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.execution.dispositions import Codes, read_dispositions

PACES = ("behind", "on_plan", "ahead", "not_begun")
TOLERANCE = 0.1


def judge_pace(progress: pd.DataFrame, *, tolerance: float = TOLERANCE, alpha: float = 0.05) -> pd.DataFrame:
    """Return progress with a word on its pace, and an interval around its response rate.

    Parameters
    ----------
    progress : pandas.DataFrame
        As `summarise_progress` returns it.
    tolerance : float, default=0.1
        Share of the customers due by which contacts may differ and still be on plan.
    alpha : float, default=0.05
        One minus the confidence of the interval.

    Returns
    -------
    pandas.DataFrame
        A copy with more columns:

        - ``pace``: ``behind``, ``on_plan`` or ``ahead`` of the contacts due, ``not_begun``
          where none is due and none was made
        - ``expected``: responses that the card's rate gives for those contacted
        - ``rate_low``, ``rate_high``: Wilson interval of the response rate; missing where
          nobody was contacted
        - ``response``: ``under`` or ``over`` where the plan lies outside that interval, else
          ``open``

    Raises
    ------
    ParameterProblem
        If the tolerance is not from 0 to 1.

    References
    ----------
    E. B. Wilson: Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association 22 (1927), 209-212.

    Examples
    --------
    >>> progress = pd.DataFrame({"due": [100, 100, 0], "contacted": [80, 95, 0],
    ...     "responded": [8, 1, 0], "plan": [0.1, 0.1, 0.1]})
    >>> judged = judge_pace(progress)
    >>> judged["pace"].tolist(), judged["response"].tolist()
    (['behind', 'on_plan', 'not_begun'], ['open', 'under', 'open'])
    """
    if not 0 <= tolerance <= 1:
        raise ParameterProblem("execution_room.error.tolerance", tolerance=tolerance)
    due, made = (progress[name].to_numpy(dtype="float64") for name in ("due", "contacted"))
    judged = progress.copy()
    rules = [(due == 0) & (made == 0), made < due * (1 - tolerance), made > due * (1 + tolerance)]
    judged["pace"] = pd.Series(
        np.select(rules, ["not_begun", "behind", "ahead"], default="on_plan"), progress.index, dtype="str"
    )
    plan = progress["plan"].to_numpy(dtype="float64")
    judged["expected"] = plan * made
    low, high = wilson_interval(progress["responded"].to_numpy(dtype="float64"), made, alpha)
    judged["rate_low"], judged["rate_high"] = low, high
    judged["response"] = pd.Series(
        np.select([high < plan, low > plan], ["under", "over"], default="open"), progress.index, dtype="str"
    )
    return judged


def count_dispositions(
    contacts: pd.DataFrame, strategy_ids: list[str] | None = None, *, dispositions: Codes | None = None
) -> pd.DataFrame:
    """Return how many tries ended in which way.

    Parameters
    ----------
    contacts : pandas.DataFrame
        Table CONTACTS.
    strategy_ids : list of str, optional
        Only these strategies; by default all.
    dispositions : mapping of str to Disposition, optional
        The project's codes; by default the packaged ones. A retired one that no try has is
        left out.

    Returns
    -------
    pandas.DataFrame
        One row a disposition, in the order in which they are offered, and any other word
        after them: ``disposition``, ``reached`` (whether it means that the customer was
        spoken to), ``n`` (tries) and ``share`` (of all tries; missing without tries).

    Examples
    --------
    >>> contacts = pd.DataFrame({"strategy_id": ["S1"] * 3, "disposition": ["reached"] * 2 + ["refused"]})
    >>> count_dispositions(contacts)["n"].tolist()
    [2, 0, 1, 0, 0, 0]
    """
    made = contacts if strategy_ids is None else contacts[contacts["strategy_id"].isin(strategy_ids)]
    known = read_dispositions() if dispositions is None else dispositions
    counts = made["disposition"].value_counts()
    shown = [code for code, entry in known.items() if not entry.retired or code in counts.index]
    order = [*shown, *sorted(set(counts.index) - set(known))]
    n = counts.reindex(order, fill_value=0).to_numpy(dtype="int64")
    return pd.DataFrame(
        {
            "disposition": pd.Series(order, dtype="str"),
            "reached": [code in known and known[code].reached for code in order],
            "n": n,
            "share": n / n.sum() if n.sum() else np.nan,
        }
    )


def coarsen_days(days: pd.DataFrame, minimum: int = 11) -> pd.DataFrame:
    """Return the days with so few steps shown that none is smaller than a minimum.

    A cumulative count tells each day's number by subtraction. Of each column so many
    days are left out (missing) that from one shown day to the next at least `minimum`
    customers were added, or none at all. The last known day is always kept, because its
    count is the total that is shown elsewhere, unless it is itself smaller than `minimum`.

    Parameters
    ----------
    days : pandas.DataFrame
        As `count_days` returns it.
    minimum : int, default=11
        The smallest number that may be shown.

    Returns
    -------
    pandas.DataFrame
        A copy with missing cells in ``contacted`` and ``responded``.

    Examples
    --------
    >>> days = pd.DataFrame({"contacted": [0.0, 4.0, 12.0, 14.0, 30.0, 33.0],
    ...     "responded": [0.0, 0.0, 1.0, 2.0, 3.0, 3.0]})
    >>> coarse = coarsen_days(days)
    >>> coarse["contacted"].tolist(), coarse["responded"].tolist()
    ([0.0, nan, 12.0, nan, nan, 33.0], [0.0, 0.0, nan, nan, nan, nan])
    """
    coarse = days.copy()
    for column in ("contacted", "responded"):
        coarse[column] = _coarse(days[column].to_numpy(dtype="float64"), minimum)
    return coarse


def _coarse(counts: np.ndarray, minimum: int) -> np.ndarray:
    known = np.flatnonzero(~np.isnan(counts))
    kept: list[int] = []
    for day in known:
        step = counts[day] - (counts[kept[-1]] if kept else 0.0)
        if step == 0 or step >= minimum:
            kept.append(int(day))
    if len(known) and known[-1] not in kept:
        total = counts[known[-1]]
        while kept and 0 < total - counts[kept[-1]] < minimum:
            kept.pop()
        if total - (counts[kept[-1]] if kept else 0.0) >= minimum:
            kept.append(int(known[-1]))
        elif not kept:
            # Too few in all: only the days before the first of them can be shown.
            kept = [int(day) for day in known if counts[day] == 0]
    shown = np.full(len(counts), np.nan)
    shown[kept] = counts[kept]
    return shown


def wilson_interval(
    successes: np.ndarray, tries: np.ndarray, alpha: float = 0.05
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of Wilson's interval around rates; missing where nothing was tried.

    Examples
    --------
    >>> [round(float(end[0]), 3) for end in wilson_interval(np.array([8.0]), np.array([80.0]))]
    [0.052, 0.185]
    """
    z2 = NormalDist().inv_cdf(1 - alpha / 2) ** 2
    n = np.where(tries > 0, tries, np.nan)
    middle = (successes + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * (successes * (n - successes) / n + z2 / 4)) / (n + z2)
    return np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)
