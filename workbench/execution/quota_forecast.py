"""When a quota runs out at the pace at which it is being booked."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem

WINDOW = 14
"""Days whose bookings make the present pace."""
FORECAST_STATES = ("runs_out", "lasts", "used_up", "idle", "not_begun", "ended")
_FARTHEST = 3_650
_MOVES = ("book", "return")
FORECAST_COLUMNS = (
    "quota_id",
    "state",
    "days",
    "per_day",
    "per_day_low",
    "per_day_high",
    "runs_out",
    "earliest",
    "latest",
)


def forecast_quota(
    quotas: pd.DataFrame,
    entries: pd.DataFrame,
    *,
    today: dt.date | str,
    window: int = WINDOW,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Return the day on which each quota runs out, were it booked as in the last days.

    Parameters
    ----------
    quotas : pandas.DataFrame
        ``quota_id``, ``left``, ``valid_from``, ``valid_to`` (missing: open).
    entries : pandas.DataFrame
        The ledger: ``quota_id``, ``kind``, ``amount`` (negative for bookings), ``at``.
    today : datetime.date or str
        The last day that is over; the forecast begins on the next.
    window : int, default=14
        So many days to today, those before the quota's first left out, make the pace:
        what was booked less what came back, a day.
    alpha : float, default=0.05
        One minus the confidence of the interval: Student's t around the mean day, each day
        taken for an independent draw.

    Returns
    -------
    pandas.DataFrame
        One row a quota: ``quota_id``; ``state``: runs_out, lasts (beyond its last day, or
        for ten years), used_up, idle (nothing was booked in the window), not_begun, ended;
        ``days`` counted; ``per_day`` with ``per_day_low`` and ``per_day_high``; ``runs_out``,
        the day at whose end nothing is left, with ``earliest`` and ``latest`` (missing where
        the slowest pace never uses it up, or one day was counted). The days are missing in
        other states than the first two.

    Raises
    ------
    ParameterProblem
        If the window is shorter than a day, or alpha is not between 0 and 1.

    Examples
    --------
    >>> quotas = pd.DataFrame({"quota_id": [1], "left": [10.0], "valid_from": [dt.date(2026, 10, 1)],
    ...     "valid_to": [None]})
    >>> entries = pd.DataFrame({"quota_id": 1, "kind": "book", "amount": -1.0,
    ...     "at": pd.date_range("2026-10-01 10:00", periods=14)})
    >>> found = forecast_quota(quotas, entries, today="2026-10-14")
    >>> found[["per_day", "runs_out"]].astype(str).values.tolist()
    [['1.0', '2026-10-24']]
    """
    if window < 1 or not 0 < alpha < 1:
        raise ParameterProblem("execution_supply_page.error.window", window=window, alpha=alpha)
    now = pd.Timestamp(today).normalize()
    moved = entries[entries["kind"].isin(_MOVES)]
    rows = []
    for quota in quotas.to_dict("records"):
        mine = moved[moved["quota_id"].eq(quota["quota_id"])]
        begins = pd.Timestamp(quota["valid_from"])
        ends = None if pd.isna(quota["valid_to"]) else pd.Timestamp(quota["valid_to"])
        first = max(begins, now - pd.Timedelta(days=window - 1))
        each = _daily(mine, first, now)
        rows.append(
            {"quota_id": quota["quota_id"], **_forecast(quota["left"], each, now, begins, ends, alpha)}
        )
    frame = pd.DataFrame(rows, columns=list(FORECAST_COLUMNS))
    moments = dict.fromkeys(("runs_out", "earliest", "latest"), "datetime64[us]")
    figures = dict.fromkeys(("per_day", "per_day_low", "per_day_high"), "float64")
    return frame.astype({"quota_id": "int64", "state": "str", "days": "int64"} | figures | moments)


def _daily(moved: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> np.ndarray:
    """Return what was booked on each day, less what came back."""
    days = pd.date_range(first, last, freq="D")
    amounts = -moved.set_index(pd.DatetimeIndex(moved["at"]).normalize())["amount"].astype("float64")
    return amounts.groupby(level=0).sum().reindex(days, fill_value=0.0).to_numpy()


def _forecast(
    left: float,
    each: np.ndarray,
    now: pd.Timestamp,
    begins: pd.Timestamp,
    ends: pd.Timestamp | None,
    alpha: float,
) -> dict[str, object]:
    mean = float(each.mean()) if len(each) else np.nan
    low = high = np.nan
    if len(each) > 1:
        # scipy is heavy, and a page that only reads should not load it.
        from scipy import special

        half = float(special.stdtrit(len(each) - 1, 1 - alpha / 2) * each.std(ddof=1) / np.sqrt(len(each)))
        low, high = max(mean - half, 0.0), mean + half
    row: dict[str, object] = {"days": len(each), "per_day": mean, "per_day_low": low, "per_day_high": high}
    if left <= 0:
        return row | {"state": "used_up"}
    if now < begins:
        return row | {"state": "not_begun"}
    if ends is not None and now > ends:
        return row | {"state": "ended"}
    if not mean > 0:
        return row | {"state": "idle"}
    out = _day_out(left, mean, now)
    lasts = out is None or (ends is not None and out > ends)
    days = {"runs_out": out, "earliest": _day_out(left, high, now), "latest": _day_out(left, low, now)}
    return row | {"state": "lasts" if lasts else "runs_out"} | days


def _day_out(left: float, per_day: float, now: pd.Timestamp) -> pd.Timestamp | None:
    """Return the day at whose end nothing is left; None where that is not within ten years."""
    if not per_day > 0 or left / per_day > _FARTHEST:
        return None
    # Fen are added as floats: what is left of a whole day by rounding is none.
    return now + pd.Timedelta(days=int(np.ceil(left / per_day - 1e-9)))
