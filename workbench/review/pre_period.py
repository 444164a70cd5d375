"""Were the arms alike before the contact? A draw that was random leaves no other answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.campaign import check_columns, read_arms, read_outcome
from workbench.review.means import Sums, adjust_holm, check_alpha, compare_means
from workbench.tables import ARMS

# Strict, as the sample-ratio check is: it is made for every strategy of every cycle.
ALARM = 0.01
# Austin's convention: under a tenth of a standard deviation nobody need adjust.
NOTABLE_FROM = 0.1


def compare_pre_period(
    rows: pd.DataFrame,
    before: str | Sequence[str],
    *,
    arm: str = "arm",
    control: str = "control",
    by: str | None = None,
    alarm: float = ALARM,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Compare the arms in what was known before the contact.

    Nothing that happened before can be an effect, so between arms that were drawn at
    random every difference is chance. The alarm is raised where p, corrected over all
    rows returned (Holm), is under `alarm`: then the draw was not random and no uplift of
    that arm can be trusted. Large lists show small differences, small lists large ones:
    a standardised difference over 0.1 is called notable, which is a reason to adjust for
    the column (`adjust_cuped`) and no alarm.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a customer of the campaign, with the arm they were drawn into.
    before : str or sequence of str
        Numeric or boolean columns: balance before, tenure, past response …
    arm : str, default="arm"
        Column with the arm.
    control : str, default="control"
        The arm that was held back; every other arm is compared with it.
    by : str, optional
        Column of what is compared each by itself, for example strategy_id.
    alarm : float, default=0.01
        Level of the alarm, over all rows together.
    alpha : float, default=0.05
        1 − alpha is the confidence of the intervals, which are not corrected.

    Returns
    -------
    pandas.DataFrame
        One row per `by`, other arm and column: `by`, arm, column, n, n_control (customers
        whose value is known), n_missing (of both arms), mean, mean_control, difference,
        ci_low, ci_high (Welch, in the column's unit), smd (difference / √ of the mean of
        both variances), p_value (Welch), p_holm, notable, alarm. Without two customers on
        either side the figures are missing; where neither side varies p and smd are.

    Raises
    ------
    ParameterProblem
        If a column is absent, not numeric or boolean, or not finite, a customer has no
        arm, the control is not among the arms, or a level is no probability.

    References
    ----------
    .. [1] Austin, P. C. (2009). Balance diagnostics for comparing the distribution of
       baseline covariates between treatment groups. Statistics in Medicine 28.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame(
    ...     {"arm": ["treatment"] * 3 + ["control"] * 3, "balance_before": [1.0, 2.0, 3.0, 2.0, 3.0, 4.0]}
    ... )
    >>> frame = compare_pre_period(rows, "balance_before")
    >>> frame[["column", "difference", "smd", "p_value", "alarm"]].round(2).values.tolist()
    [['balance_before', -1.0, -1.0, 0.29, False]]
    """
    check_alpha(alpha)
    check_alpha(alarm)
    columns = [before] if isinstance(before, str) else list(before)
    if not columns:
        raise ParameterProblem("review_statistics.error.no_columns")
    check_columns(rows, [arm, *([by] if by else []), *columns])
    codes, names = read_arms(rows[arm])
    control = str(control)
    if len(rows) and control not in names:
        raise ParameterProblem(
            "review_room.error.no_control", control=control, column=arm, arms=", ".join(names) or "-"
        )
    # An arm that nobody is in stands there with n = 0.
    names += [name for name in (control, ARMS[0]) if name not in names and len(names) < 2]
    labels = pd.Index([None])
    parts = np.zeros(len(rows), dtype=np.intp)
    if by:
        parts, labels = pd.factorize(rows[by], use_na_sentinel=False)
    cell = parts * len(names) + codes
    everybody = np.bincount(cell, minlength=len(labels) * len(names))
    frames = []
    for column in columns:
        sums = Sums.by_group(read_outcome(rows[column]), cell, everybody.size)
        for name in names:
            if name != control:
                frame = _compare(sums, everybody, len(names), names.index(name), names.index(control), alpha)
                frame.insert(0, "column", column)
                frame.insert(0, "arm", name)
                frames.append(frame.assign(part=np.arange(len(labels))))
    frame = pd.concat(frames, ignore_index=True).sort_values("part", kind="stable", ignore_index=True)
    there = (frame["n"] + frame["n_control"] + frame["n_missing"]) > 0
    frame = frame[there].reset_index(drop=True)
    frame["p_holm"] = adjust_holm(frame["p_value"])
    frame["notable"] = frame["smd"].abs() > NOTABLE_FROM
    frame["alarm"] = frame["p_holm"] < alarm
    if by:
        frame.insert(0, by, pd.Series(labels).take(frame["part"].to_numpy(np.intp)).to_numpy())
    return frame.drop(columns="part")


def _compare(
    sums: Sums, everybody: npt.NDArray[np.intp], n_arms: int, other: int, control: int, alpha: float
) -> pd.DataFrame:
    """Compare one arm with the control in every part at once."""
    treated, held = sums.take(slice(other, None, n_arms)), sums.take(slice(control, None, n_arms))
    listed = everybody[other::n_arms] + everybody[control::n_arms]
    result = compare_means(treated, held, alpha)
    spread = np.sqrt((treated.variance + held.variance) / 2)
    return pd.DataFrame(
        {
            "n": treated.n.astype(np.int64),
            "n_control": held.n.astype(np.int64),
            "n_missing": (listed - treated.n - held.n).astype(np.int64),
            "mean": treated.mean,
            "mean_control": held.mean,
            "difference": result.estimate,
            "ci_low": result.ci_low,
            "ci_high": result.ci_high,
            "smd": np.divide(result.estimate, spread, out=np.full(spread.shape, np.nan), where=spread > 0),
            "p_value": result.p_value,
        }
    )
