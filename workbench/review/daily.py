"""How a strategy's uplift grew from day to day."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.review.follow_up import follow_up
from workbench.review.means import Numbers, Sums, check_alpha
from workbench.review.proportions import compare_proportions
from workbench.review.sequences import rate_sequence

# Such an interval is right on the one day that was fixed beforehand. Who looks every day
# and stops at the first good one is misled by it.
FIXED_HORIZON = "fixed_horizon"
# For cards that plan none. A wrong guess widens the sequence and does not make it wrong.
TYPICAL_RESPONSE = 0.05


def track_uplift(
    targets: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    contacts: pd.DataFrame | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Return each strategy's uplift in responses up to every day.

    Parameters
    ----------
    targets, outcomes, strategies : pandas.DataFrame
        Tables `TARGETS`, `OUTCOMES`, `STRATEGIES`. A strategy's first day is `starts_on`,
        or the day of its first response where the card names none.
    contacts : pandas.DataFrame, optional
        Table `CONTACTS`; with it, strategies without a contact are left out.
    alpha : float, default=0.05
        1 − alpha is each day's confidence.

    Returns
    -------
    pandas.DataFrame
        One row per strategy and day, to the day of the last outcome recorded for any
        strategy, so that the last row is the evaluation's: strategy_id, day, date,
        n (customers on the list), treatment, control (share that responded so far),
        uplift, ci_low, ci_high, interval, seq_low, seq_high. ``interval`` is
        ``fixed_horizon``: ci_low and ci_high are the score interval of that day alone and must
        not be used to stop at a day of one's choice. seq_low and seq_high hold on all days at once
        (`rate_sequence`, tuned to the card's expected_response): `first_day_decided` says
        when they left 0 out. They are missing as long as it is too early to say: while the
        smaller arm can't be expected to have five responses.

    Raises
    ------
    TableProblem
        If a table does not fit.
    ParameterProblem
        If a list is for a strategy that is not given, or alpha is no probability.

    Examples
    --------
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> track_uplift(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty()).columns.tolist()[:4]
    ['strategy_id', 'day', 'date', 'n']
    """
    check_alpha(alpha)
    planned = strategies.set_index("strategy_id")["expected_response"].astype("Float64")
    planned = planned.where((planned > 0) & (planned < 1)).fillna(TYPICAL_RESPONSE)
    rows = follow_up(targets, outcomes, strategies, contacts=contacts)
    last = outcomes["recorded_at"].max()
    starts = strategies.set_index("strategy_id")["starts_on"].to_dict()
    days: list[pd.DataFrame] = []
    for strategy_id, customers in rows.groupby("strategy_id", sort=False):
        treated = customers["arm"].eq("treatment").to_numpy()
        if not customers["contacted"].to_numpy()[treated].any():
            continue
        first = starts[strategy_id]
        if pd.isna(first):
            first = customers["first_responded_at"].min()
        if pd.isna(first) or pd.isna(last) or last < first.normalize():
            continue
        # Answers before the first day count on it.
        offsets = (customers["first_responded_at"] - first.normalize()).dt.days.clip(lower=0)
        dates = pd.date_range(first.normalize(), last.normalize(), unit="us")
        rate = float(planned[strategy_id])
        frame = _track(offsets.to_numpy(np.float64), treated, dates, alpha, rate)
        frame.insert(0, "strategy_id", pd.Series([str(strategy_id)] * len(frame), dtype="str"))
        days.append(frame)
    if days:
        return pd.concat(days, ignore_index=True)
    nothing = _track(np.empty(0), np.empty(0, dtype=bool), pd.DatetimeIndex([]), alpha, TYPICAL_RESPONSE)
    nothing.insert(0, "strategy_id", pd.Series([], dtype="str"))
    return nothing


def _track(
    offsets: Numbers,
    treated: npt.NDArray[np.bool_],
    dates: pd.DatetimeIndex,
    alpha: float,
    expected_response: float,
) -> pd.DataFrame:
    """Return one strategy's days; `offsets` are days from the first to each response."""
    shares = []
    for arm in (treated, ~treated):
        known = offsets[arm & ~np.isnan(offsets)].astype(np.intp)
        responded = np.cumsum(np.bincount(known, minlength=len(dates))).astype(np.float64)
        shares.append(Sums(np.full(len(dates), float(arm.sum())), responded, responded))
    counts = [figure for arm in shares for figure in (arm.total, arm.n)]
    result = compare_proportions(counts[0], counts[1], counts[2], counts[3], alpha)
    sequence = rate_sequence(
        counts[0], counts[1], counts[2], counts[3], alpha, expected_response=expected_response
    )
    return pd.DataFrame(
        {
            "day": np.arange(1, len(dates) + 1),
            "date": dates,
            "n": len(treated),
            "treatment": shares[0].mean,
            "control": shares[1].mean,
            "uplift": result.estimate,
            "ci_low": result.ci_low,
            "ci_high": result.ci_high,
            "interval": pd.Series([FIXED_HORIZON] * len(dates), dtype="str"),
            "seq_low": sequence.ci_low,
            "seq_high": sequence.ci_high,
        }
    )
