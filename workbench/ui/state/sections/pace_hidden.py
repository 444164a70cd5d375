"""What a viewer may see of the pace: sums, whole percents, and nothing that gives few customers away."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.insight import hide_small_cells
from workbench.ui.state.execution_hidden import Hiding

_DUE, _MADE = ("due", "gap", "pace"), ("contacted", "gap", "pace", "capacity_used", "refusal_rate", "rate")
_NEVER = ("tries", "minutes", "capacity", "reached", "refused", "responded")
_ENDS = ("refusal_low", "refusal_high", "rate_low", "rate_high")
_RATES = {"refusal_rate": ("refused", "reached"), "rate": ("responded", "contacted")}


def hide_pace(
    rows: pd.DataFrame, by: str, hiding: Hiding, minimum: int, channels: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return plan against actual as a viewer may see it.

    Counts are those of customers due and contacted alone. By strategy the cells hidden on
    the overview are hidden; a channel is hidden with any of its strategies, so that it tells
    no more than the sum of strategies that are shown; branches hide for themselves. Rates
    are whole percents without intervals, hidden where one side has too few customers: what
    they were made of can't be reckoned back.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `workbench.compare_pace` returns it, over all strategies.
    by : {"strategy", "branch", "channel", "all"}
        What the rows are.
    hiding : Hiding
        What the overview hides.
    minimum : int
        The smallest count that is shown.
    channels : mapping of str to str, optional
        Strategy → its channel; needed for channels.
    """
    shown = rows.copy()
    members = [str(name) for name in rows["member"]]
    hidden = {
        column: _hidden(rows, members, column, by, hiding, minimum, channels or {})
        for column in ("due", "contacted")
    }
    for rate, (part, whole) in _RATES.items():
        did, of = rows[part].to_numpy(dtype="float64"), rows[whole].to_numpy(dtype="float64")
        few = ((did > 0) & (did < minimum)) | ((of - did > 0) & (of - did < minimum))
        shown[rate] = rows[rate].round(2).mask(few)
    shown["capacity_used"] = rows["capacity_used"].round(2)
    for name in (*_NEVER, *_ENDS):
        shown[name] = np.nan
    for column, rests in (("due", _DUE), ("contacted", _MADE)):
        for name in rests:
            shown[name] = shown[name].astype("float64").mask(hidden[column])
    return shown


def _hidden(
    rows: pd.DataFrame,
    members: list[str],
    column: str,
    by: str,
    hiding: Hiding,
    minimum: int,
    channels: Mapping[str, str],
) -> np.ndarray:
    # What is due is a share of those to contact: it tells of them, and hides with them.
    counted = {"due": "treatment"}.get(column, column)
    closed = {strategy for strategy, name in hiding.cells if name == counted}
    if by == "strategy":
        return np.array([name in closed for name in members], dtype=bool)
    if by == "channel":
        shut = {channels.get(strategy, "") for strategy in closed}
        return np.array([name in shut for name in members], dtype=bool)
    if by == "all":
        return np.full(len(rows), counted in hiding.totals)
    counts = pd.DataFrame({"member": members, "n": rows[column].fillna(0).round().astype("int64").to_numpy()})
    found = hide_small_cells(counts, minimum, by=("member",), count="n")
    return found["hidden"].to_numpy(dtype=bool)


def coarse_steps(days: pd.DataFrame) -> pd.DataFrame:
    """Return the steps between the days that a viewer sees: so many customers from one to the next.

    Parameters
    ----------
    days : pandas.DataFrame
        Cumulative, as `workbench.execution.coarsen_days` returns it.

    Returns
    -------
    pandas.DataFrame
        ``first``, ``day`` (the step's last), ``due``, ``contacted``, ``gap``, ``pace``.

    Examples
    --------
    >>> days = pd.DataFrame({"day": pd.date_range("2026-10-12", periods=3), "due": [5.0, 10.0, 15.0],
    ...     "contacted": [None, 12.0, None], "responded": 0.0})
    >>> coarse_steps(days)[["due", "contacted", "gap"]].values.tolist()
    [[10.0, 12.0, 2.0]]
    """
    kept = days.loc[days["contacted"].notna().to_numpy(), ["day", "due", "contacted"]].astype(
        {"due": "float64", "contacted": "float64"}
    )
    before = kept.shift(1)
    begin = days["day"].min()
    steps = pd.DataFrame(
        {
            "first": (before["day"] + pd.Timedelta(days=1)).fillna(begin),
            "day": kept["day"],
            "due": kept["due"] - before["due"].fillna(0.0),
            "contacted": kept["contacted"] - before["contacted"].fillna(0.0),
        }
    ).reset_index(drop=True)
    steps["gap"] = steps["contacted"] - steps["due"]
    steps["pace"] = steps["contacted"] / steps["due"].where(steps["due"] > 0)
    return steps
