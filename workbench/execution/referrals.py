"""Referrals in sums: how many get how far and how fast, and what has been lying too long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem, TableProblem
from workbench.execution.pace import wilson_interval

REFERRAL_COLUMNS = (
    "kind",
    "from_unit",
    "to_unit",
    "state",
    "sent_at",
    "accept_by",
    "accepted_at",
    "work_by",
    "worked_at",
    "ended_at",
    "amount",
)
"""What is read of a referral."""
FUNNEL_STEPS = ("sent", "accepted", "worked", "won")
FUNNEL_COUNTS = (*FUNNEL_STEPS, "refused", "withdrawn", "expired", "lost", "open", "overdue", "settled")
FUNNEL_COLUMNS = (
    *FUNNEL_COUNTS,
    "rate",
    "rate_low",
    "rate_high",
    "days_to_accept",
    "days_to_work",
    "days_to_win",
    "amount",
)
_DAY = 86_400


def tabulate_referrals(
    referrals: pd.DataFrame,
    by: str = "kind",
    *,
    now: dt.datetime,
    members: Sequence[str] | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Return how far referrals get: sent, accepted, worked, won, with the days between.

    A conversion is what was won of what is settled: won, lost, refused or expired. What is
    still open can go either way, and what its sender took back counts for neither side.

    Parameters
    ----------
    referrals : pandas.DataFrame
        One row a referral: kind, from_unit, to_unit, state (sent, accepted, worked, won, lost,
        refused, withdrawn, expired), sent_at, accept_by, accepted_at, work_by, worked_at,
        ended_at (UTC), amount (CNY, of those won).
    by : {"kind", "from_unit", "to_unit", "whole"}, default="kind"
        What there is a row for; whole is one row for all.
    now : datetime.datetime
        The moment to look from, UTC.
    members : sequence of str, optional
        Rows in their order, also of what nothing was sent; by default what occurs, the most
        sent first.
    alpha : float, default=0.05
        One minus the confidence of the interval.

    Returns
    -------
    pandas.DataFrame
        A row each: ``sent``, ``accepted``, ``worked``, ``won``, ``refused``, ``withdrawn``,
        ``expired``, ``lost``, ``open``, ``overdue`` (of those open; see `age_referrals`) and
        ``settled``; ``rate`` = won ÷ settled with ``rate_low`` and ``rate_high`` (Wilson);
        medians ``days_to_accept`` (from sending), ``days_to_work`` (from acceptance) and
        ``days_to_win`` (from sending); ``amount`` won, CNY. Where nothing was sent all are missing.

    Raises
    ------
    TableProblem
        If a column is missing.
    ParameterProblem
        If `by` is no such column, or alpha not between 0 and 1.

    Examples
    --------
    >>> day = pd.Timestamp("2026-10-01")
    >>> referrals = pd.DataFrame({
    ...     "kind": "branch_to_manager", "from_unit": ["Harbour", "Harbour", "Riverside"],
    ...     "to_unit": "Wealth", "state": ["won", "sent", "refused"], "sent_at": day,
    ...     "accept_by": day + pd.Timedelta(days=3), "accepted_at": [day + pd.Timedelta(days=2), None, None],
    ...     "work_by": None, "worked_at": [day + pd.Timedelta(days=3), None, None],
    ...     "ended_at": [day + pd.Timedelta(days=8), None, day], "amount": [500.0, None, None]})
    >>> funnel = tabulate_referrals(referrals, now=dt.datetime(2026, 10, 2))
    >>> funnel[["sent", "accepted", "won", "open", "rate", "days_to_accept"]].iloc[0].tolist()
    [3.0, 1.0, 1.0, 1.0, 0.5, 2.0]
    """
    if by not in ("kind", "from_unit", "to_unit", "whole"):
        raise ParameterProblem("execution_referral.error.by", by=by)
    if not 0 < alpha < 1:
        raise ParameterProblem("execution_referral.error.alpha", alpha=alpha)
    rows = age_referrals(referrals, now=now)
    flags = pd.DataFrame(
        {
            "sent": True,
            "accepted": rows["accepted_at"].notna(),
            "worked": rows["worked_at"].notna(),
            **{
                state: rows["state"].eq(state) for state in ("won", "refused", "withdrawn", "expired", "lost")
            },
            "open": rows["is_open"],
            "overdue": rows["is_overdue"],
            "settled": rows["state"].isin(("won", "lost", "refused", "expired")),
        },
        index=rows.index,
    )
    spans = pd.DataFrame(
        {
            "days_to_accept": _days(rows["sent_at"], rows["accepted_at"]),
            "days_to_work": _days(rows["accepted_at"], rows["worked_at"]),
            "days_to_win": _days(rows["sent_at"], rows["ended_at"]).where(flags["won"]),
        }
    )
    keys = pd.Series("", rows.index) if by == "whole" else rows[by].astype("str")
    found = flags.astype("float64").groupby(keys).sum().join(spans.groupby(keys).median())
    won = rows["amount"].astype("float64").where(flags["won"])
    found["amount"] = won.groupby(keys).sum(min_count=1)
    x, n = (found[name].to_numpy(dtype="float64") for name in ("won", "settled"))
    found["rate"] = x / np.where(n > 0, n, np.nan)
    found["rate_low"], found["rate_high"] = wilson_interval(x, n, alpha)
    if members is None:
        order = found.assign(member=found.index).sort_values(["sent", "member"], ascending=[False, True])
        found = found.loc[order.index]
    else:
        found = found.reindex(pd.Index(list(members), dtype="str"))
    found.index.name = by
    return found[list(FUNNEL_COLUMNS)].reset_index()


def age_referrals(referrals: pd.DataFrame, *, now: dt.datetime) -> pd.DataFrame:
    """Return each referral with how long it has been where it is, and whether that is too long.

    Parameters
    ----------
    referrals : pandas.DataFrame
        As `tabulate_referrals` takes them; other columns stay.
    now : datetime.datetime
        The moment to look from, UTC.

    Returns
    -------
    pandas.DataFrame
        With ``is_open`` (sent, accepted or worked), ``since`` (when it came into its state),
        ``days`` (from then to now), ``due_at`` (until when it
        must be accepted, or work on it begun; missing otherwise) and ``is_overdue``: accepted,
        and no work on it by then. What nobody accepts in time is not overdue, it has expired.

    Raises
    ------
    TableProblem
        If a column is missing.

    Examples
    --------
    >>> day = pd.Timestamp("2026-10-01")
    >>> referrals = pd.DataFrame({
    ...     "kind": "branch_to_manager", "from_unit": "Harbour", "to_unit": "Wealth",
    ...     "state": ["accepted"], "sent_at": [day], "accept_by": [day + pd.Timedelta(days=3)],
    ...     "accepted_at": [day], "work_by": [day + pd.Timedelta(days=7)], "worked_at": [pd.NaT],
    ...     "ended_at": [pd.NaT], "amount": [None]})
    >>> age_referrals(referrals, now=dt.datetime(2026, 10, 9))[["days", "is_overdue"]].values.tolist()
    [[8.0, True]]
    """
    missing = [name for name in REFERRAL_COLUMNS if name not in referrals]
    if missing:
        raise TableProblem(
            "errors.table.missing_columns",
            table="referrals",
            columns=", ".join(missing),
            present=", ".join(map(str, referrals.columns)),
        )
    aged = referrals.copy()
    moments = ("sent_at", "accept_by", "accepted_at", "work_by", "worked_at", "ended_at")
    for name in moments:
        aged[name] = pd.Series(pd.to_datetime(aged[name]), index=aged.index).astype("datetime64[us]")
    state, moment = aged["state"], pd.Timestamp(now)
    aged["is_open"] = state.isin(("sent", "accepted", "worked"))
    since = aged["sent_at"].where(state.eq("sent"))
    since = since.fillna(aged["accepted_at"].where(state.eq("accepted")))
    since = since.fillna(aged["worked_at"].where(state.eq("worked")))
    ended = aged["ended_at"].fillna(aged["accept_by"].where(state.eq("expired")))
    aged["since"] = since.fillna(ended.where(~aged["is_open"]))
    aged["days"] = (moment - aged["since"]).dt.total_seconds() / _DAY
    aged["due_at"] = aged["accept_by"].where(state.eq("sent"), aged["work_by"].where(state.eq("accepted")))
    aged["is_overdue"] = state.eq("accepted") & aged["due_at"].le(moment)
    return aged


def _days(begin: pd.Series, end: pd.Series) -> pd.Series:
    return (end - begin).dt.total_seconds() / _DAY
