"""Control charts of the pace: each day's point with its centre line, its limit, and runs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.execution.control_limits import CHARTS, FALSE_ALARMS, MEASURED_FALSE_ALARMS
from workbench.execution.limit_lines import RUN, lower_limits, mark_runs, owed_contacts, rate_lines

DRAWN = ("contacts", "responses", "refusals")
"""The charts that have a point a day; the others of `CHARTS` add up over days."""
POINT_COLUMNS = ("member", "chart", "day", "value", "expected", "limit", "n", "is_alarm", "in_run")


def tabulate_limits(
    days: pd.DataFrame,
    *,
    false_alarms: float = FALSE_ALARMS,
    refusal_rates: Mapping[str, float] | None = None,
    run: int = RUN,
) -> pd.DataFrame:
    """Return the points, centre lines and limits that `find_limit_alerts` finds its daily alerts with.

    Parameters
    ----------
    days : pandas.DataFrame
        As `count_pace_days` returns it.
    false_alarms : float, default=5
        As of `find_limit_alerts`.
    refusal_rates : mapping of str to float, optional
        As of `find_limit_alerts`.
    run : int, default=8
        Days in a row on one side of the centre line that are marked as a run.

    Returns
    -------
    pandas.DataFrame
        One row a member, chart and day on which there was something to count: ``member``;
        ``chart`` (contacts, responses or refusals); ``day``; ``value``; ``expected``, the
        centre line: the day's plan, or the rate of the days before; ``limit``, below which
        contacts and responses, above which refusals are an alarm; ``n``: contacts that the
        plan still owed on the day, which its limit rests on, or customers contacted or
        spoken to; ``is_alarm``; ``in_run``. Contacts are customers, the others shares. A run
        is no alarm: it says that something has shifted a little.

    Raises
    ------
    ParameterProblem
        If false_alarms is not positive, or a run is shorter than two days.

    Examples
    --------
    >>> days = pd.DataFrame({"member": "S1", "day": pd.date_range("2026-10-12", periods=12),
    ...     "due": 20.0, "contacted": [20.0] * 11 + [4.0], "reached": 20.0,
    ...     "refused": [2.0] * 11 + [14.0], "settled": 0.0, "settled_responded": 0.0})
    >>> points = tabulate_limits(days)
    >>> points.loc[points["is_alarm"], ["chart", "value", "limit"]].values.tolist()
    [['contacts', 4.0, 8.0], ['refusals', 0.7, 0.4]]
    """
    if not false_alarms > 0 or run < 2:
        raise ParameterProblem(
            "execution_limits.error.limits", false_alarms=false_alarms, shift="–", baseline=run
        )
    alpha = min(false_alarms / 1000 / len(CHARTS), 0.5)
    parts = []
    for member, mine in days.groupby("member", sort=False):
        ordered = mine.sort_values("day", ignore_index=True)
        rate = (refusal_rates or {}).get(str(member))
        for chart in DRAWN:
            points = _contacts(ordered, alpha) if chart == "contacts" else _rates(ordered, chart, alpha, rate)
            values, expected = (points[name].to_numpy() for name in ("value", "expected"))
            points = points.assign(in_run=mark_runs(values, expected, run))
            parts.append(points.assign(member=str(member), chart=chart))
    if not parts:
        kinds = {"member": "str", "chart": "str", "day": "datetime64[us]"}
        flags = {"is_alarm": "bool", "in_run": "bool"}
        empty = pd.DataFrame(columns=list(POINT_COLUMNS))
        return empty.astype(dict.fromkeys(("value", "expected", "limit", "n"), "float64") | kinds | flags)
    return pd.concat(parts, ignore_index=True)[list(POINT_COLUMNS)]


def _contacts(days: pd.DataFrame, alpha: float) -> pd.DataFrame:
    planned = days[days["due"].notna()]
    due, made = (planned[name].to_numpy(dtype="float64") for name in ("due", "contacted"))
    owed = owed_contacts(due, made)
    limits = lower_limits(owed, alpha)
    points = pd.DataFrame(
        {
            "day": planned["day"].to_numpy(),
            "value": made,
            "expected": due,
            "limit": limits,
            "n": owed,
            "is_alarm": made < limits,
        }
    )
    return points[(due > 0) | (made > 0)]


def _rates(days: pd.DataFrame, chart: str, alpha: float, rate: float | None) -> pd.DataFrame:
    high = chart == "refusals"
    did, whole = ("refused", "reached") if high else ("settled_responded", "settled")
    counted = days[days[whole].gt(0)]
    x, n = (counted[name].to_numpy(dtype="float64") for name in (did, whole))
    limits, expected, alarms = rate_lines(x, n, alpha, rate if high else None, high=high)
    return pd.DataFrame(
        {
            "day": counted["day"].to_numpy(),
            "value": x / n if len(n) else x,
            "expected": expected,
            "limit": limits,
            "n": n,
            "is_alarm": alarms,
        }
    )


def expect_false_alarms(days: pd.DataFrame, per_1000: float = MEASURED_FALSE_ALARMS) -> tuple[int, float]:
    """Return the days of members with a plan or contacts, and the false alarms to expect on so many.

    Parameters
    ----------
    days : pandas.DataFrame
        As `count_pace_days` returns it.
    per_1000 : float, default=1.62
        False alarms on 1,000 days of a member on which nothing is wrong, as measured.

    Examples
    --------
    >>> days = pd.DataFrame({"due": [5.0] * 40 + [0.0] * 10, "contacted": [4.0] * 40 + [0.0] * 10})
    >>> expect_false_alarms(days, 2.5)
    (40, 0.1)
    """
    worked = np.nan_to_num(days["due"].to_numpy(dtype="float64")) > 0
    worked |= days["contacted"].to_numpy(dtype="float64") > 0
    n = int(worked.sum())
    return n, n * per_1000 / 1000
