"""From which day on a strategy's effect was told from zero for good."""

from __future__ import annotations

import pandas as pd

from workbench.review.campaign import check_columns


def first_lasting_day(days: pd.DataFrame) -> pd.DataFrame:
    """Say from which day on each strategy's sequence left 0 out and never took it in again.

    The sequence may be looked at every day. `first_day_decided` names the first day on
    which it left 0 out; this is the day from which it stayed so up to the last one.

    Parameters
    ----------
    days : pandas.DataFrame
        As `track_uplift` returns: strategy_id, day, date, seq_low, seq_high.

    Returns
    -------
    pandas.DataFrame
        One row a strategy, in the order of the days: strategy_id, verdict (``works``,
        ``harms``, ``open`` where 0 is in it on the last day, ``early`` where the last day
        has no sequence yet), day and date (missing unless works or harms), last_day.

    Raises
    ------
    ParameterProblem
        If a column is absent.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.DataFrame(
    ...     {
    ...         "strategy_id": ["S1"] * 4,
    ...         "day": [1, 2, 3, 4],
    ...         "date": pd.date_range("2026-07-01", periods=4),
    ...         "seq_low": [0.01, -0.01, 0.01, 0.02],
    ...         "seq_high": [0.05, 0.05, 0.05, 0.05],
    ...     }
    ... )
    >>> first_lasting_day(days)[["strategy_id", "verdict", "day"]].values.tolist()
    [['S1', 'works', 3]]
    """
    check_columns(days, ["strategy_id", "day", "date", "seq_low", "seq_high"])
    sign = (days["seq_low"] > 0).astype("int8") - (days["seq_high"] < 0).astype("int8")
    rows = []
    for strategy_id, signs in sign.groupby(days["strategy_id"], sort=False):
        mine = days.loc[signs.index]
        last = int(signs.iloc[-1])
        since = None
        if last:
            # The first day after the last one with another sign.
            others = signs.ne(last).to_numpy()[::-1]
            back = int(others.argmax()) if others.any() else len(signs)
            since = len(signs) - back
        known = pd.notna(mine["seq_low"].iloc[-1])
        verdict = {1: "works", -1: "harms"}.get(last, "open" if known else "early")
        day = int(mine["day"].iloc[since]) if since is not None else None
        date = mine["date"].iloc[since] if since is not None else pd.NaT
        rows.append((str(strategy_id), verdict, day, date, int(mine["day"].iloc[-1])))
    frame = pd.DataFrame(rows, columns=["strategy_id", "verdict", "day", "date", "last_day"])
    kinds = {
        "strategy_id": "str",
        "verdict": "str",
        "day": "Int64",
        "date": "datetime64[us]",
        "last_day": "int64",
    }
    return frame.astype(kinds)
