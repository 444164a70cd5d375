"""Control limits for the pace: alarms with a stated rate of false ones, instead of bare thresholds.

Six charts are kept for each strategy (or branch, channel, person), each one-sided and each
with a sixth of the false alarms that are allowed:

- contacts of a day, and all so far, against the plan: Poisson limits (a c chart);
- refusals of a day against the days before, and responses of a settled day against the
  settled days before: a p chart with varying n. The limits are exact tails, not three sigma,
  so that few customers give no false alarm; what is not known for sure of the earlier rate
  is part of them (the beta-binomial distribution of the next day).
- slow drift, of refusals away from their first days and of responses away from the card's
  rate: a cumulative sum (CUSUM) of log-likelihood ratios.

References: D. C. Montgomery, Introduction to Statistical Quality Control, chapters 7 (control
charts for attributes) and 9 (cumulative sum); M. R. Reynolds and Z. G. Stoumbos, A CUSUM chart
for monitoring a proportion (Journal of Quality Technology 31, 1999); G. Lorden, Procedures for
reacting to a change in distribution (Annals of Mathematical Statistics 42, 1971): a CUSUM of
log-likelihood ratios with the limit h sounds falsely at most once in exp(h) days on average.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.execution.limit_lines import lower_limits, owed_contacts, rate_lines

MESSAGE_PREFIXES = ("execution_limits.alert.",)
CHARTS = ("contacts", "total", "refusals", "responses", "refusal_drift", "response_drift")
"""What is watched; each alert is of one of these."""
FALSE_ALARMS = 5.0
"""Alerts per 1,000 days of a member on which nothing is wrong, over all charts together."""
MEASURED_FALSE_ALARMS = 1.62
"""Alerts that were counted on 1,000 such days: ``python benchmarks/control_limits.py``, 400 simulated
strategies of 60 days, seed 7; the benchmark fails where it counts another number."""
SHIFT = 0.3
"""The drift that the cumulative sums are tuned to find, relative to the rate."""
BASELINE = 200
"""Customers spoken to from which a member's usual refusals are known well enough to watch drift."""
_CREDIBLE = 0.9
ALERT_COLUMNS = (
    "member",
    "chart",
    "value",
    "limit",
    "expected",
    "n",
    "score",
    "score_limit",
    "since",
    "raised",
    "until",
    "is_open",
)
Numbers = npt.NDArray[np.float64]


def find_limit_alerts(
    days: pd.DataFrame,
    *,
    false_alarms: float = FALSE_ALARMS,
    refusal_rates: Mapping[str, float] | None = None,
    shift: float = SHIFT,
    baseline: int = BASELINE,
) -> pd.DataFrame:
    """Return where the pace, the responses or the refusals are outside their control limits.

    Parameters
    ----------
    days : pandas.DataFrame
        As `count_pace_days` returns it.
    false_alarms : float, default=5
        Alerts allowed per 1,000 days of a member on which nothing is wrong, over all charts.
    refusal_rates : mapping of str to float, optional
        Refusals to expect of those spoken to, by member; by default they are learnt from the
        member's own days.
    shift : float, default=0.3
        The drift to find, relative to the rate: refusals 30% above, responses 30% under.
    baseline : int, default=200
        Customers spoken to from which usual refusals are known well enough to watch drift.

    Returns
    -------
    pandas.DataFrame
        One row an alert, the open ones first, then the newest:

        - ``member``, ``chart`` (one of `CHARTS`)
        - ``value`` against ``limit``: customers for contacts and total, else shares. For
          drift the value is the rate since it began and the limit the rate it drifts from
        - ``expected``: what was to be expected, in the same unit; ``n``: customers that it
          rests on (those due, spoken to or contacted)
        - ``score``, ``score_limit``: of a cumulative sum; missing for other charts
        - ``since``: first day of the alarm, for drift the day on which it began; ``raised``:
          the day on which it could be seen; ``until``: its last day; ``is_open``: whether that
          is the newest day counted (for days that settle late, the newest settled one)

    Raises
    ------
    ParameterProblem
        If false_alarms or the baseline is not positive, or the shift not between 0 and 1.

    Examples
    --------
    >>> days = pd.DataFrame({"member": "S1", "day": pd.date_range("2026-10-12", periods=12),
    ...     "due": 20.0, "contacted": [20.0] * 11 + [4.0], "reached": 20.0,
    ...     "refused": [2.0] * 11 + [14.0], "settled": 0.0, "settled_responded": 0.0,
    ...     "settled_expected": 0.0})
    >>> found = find_limit_alerts(days)
    >>> found[["chart", "value", "limit", "n"]].values.tolist()
    [['contacts', 4.0, 8.0, 20.0], ['refusals', 0.7, 0.4, 20.0]]
    """
    if not false_alarms > 0 or not 0 < shift < 1 or baseline < 1:
        raise ParameterProblem(
            "execution_limits.error.limits", false_alarms=false_alarms, shift=shift, baseline=baseline
        )
    alpha = min(false_alarms / 1000 / len(CHARTS), 0.5)
    rows: list[dict[str, Any]] = []
    for member, mine in days.groupby("member", sort=False):
        ordered = mine.sort_values("day", ignore_index=True)
        rate = (refusal_rates or {}).get(str(member))
        found = [
            *_watch_contacts(ordered, alpha),
            *_watch_refusals(ordered, alpha, rate),
            *_watch_responses(ordered, alpha),
            *_watch_refusal_drift(ordered, alpha, rate, shift, baseline),
            *_watch_response_drift(ordered, alpha, shift),
        ]
        rows += [{"member": str(member), **row} for row in found]
    alerts = pd.DataFrame(rows, columns=list(ALERT_COLUMNS))
    alerts = alerts.astype(
        dict.fromkeys(("member", "chart"), "str")
        | dict.fromkeys(("value", "limit", "expected", "n", "score", "score_limit"), "float64")
        | dict.fromkeys(("since", "raised", "until"), "datetime64[us]")
        | {"is_open": "bool"}
    )
    order = alerts["chart"].map({chart: place for place, chart in enumerate(CHARTS)})
    alerts = alerts.assign(_order=order, _closed=~alerts["is_open"], _newest=-alerts["since"].astype("int64"))
    alerts = alerts.sort_values(["_closed", "_newest", "member", "_order"], ignore_index=True)
    return alerts[list(ALERT_COLUMNS)]


def state_limit_alert(alert: Mapping[str, Any], name: str, lang: str = "en") -> str:
    """Return an alert as a sentence: what, which limit, value, n, since when.

    Parameters
    ----------
    alert : mapping
        A row of `find_limit_alerts`.
    name : str
        What the member is called.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.

    Returns
    -------
    str

    Examples
    --------
    >>> state_limit_alert({"chart": "refusals", "value": 0.7, "limit": 0.4, "expected": 0.1,
    ...                    "n": 20, "since": pd.Timestamp("2026-10-23")}, "Retention call")
    'Retention call: 70% of 20 customers spoken to refused; up to 40% is usual. Since 23 Oct 2026.'
    """
    counted = alert["chart"] in ("contacts", "total")
    shown = {
        figure: locale.count(alert[figure], lang) if counted else _percent(alert[figure])
        for figure in ("value", "limit", "expected")
    }
    n = locale.count(alert["n"], lang)
    since = locale.date(pd.Timestamp(alert["since"]).date(), lang)
    return locale.text(f"execution_limits.alert.{alert['chart']}", lang, name=name, n=n, since=since, **shown)


def _percent(share: float) -> str:
    return locale.percent(share, places=1 if share < 0.1 else 0)


# The charts ----------------------------------------------------------------------


def _watch_contacts(days: pd.DataFrame, alpha: float) -> list[dict[str, Any]]:
    """Watch each day's contacts, and all so far, against the plan."""
    planned = days[days["due"].notna()]
    due, made = (planned[name].to_numpy(dtype="float64") for name in ("due", "contacted"))
    rows = []
    # Who is ahead of the plan owes less today.
    kept = (("contacts", made, owed_contacts(due, made)), ("total", np.cumsum(made), np.cumsum(due)))
    for chart, values, plans in kept:
        limits = lower_limits(plans, alpha)
        rows += _spells(planned["day"], chart, values, limits, plans, plans, values < limits)
    return rows


def _watch_refusals(days: pd.DataFrame, alpha: float, rate: float | None) -> list[dict[str, Any]]:
    talked = days[days["reached"].gt(0)]
    x, n = (talked[name].to_numpy(dtype="float64") for name in ("refused", "reached"))
    return _watch_rate(talked["day"], "refusals", x, n, alpha, rate, high=True)


def _watch_responses(days: pd.DataFrame, alpha: float) -> list[dict[str, Any]]:
    settled = days[days["settled"].gt(0)]
    x, n = (settled[name].to_numpy(dtype="float64") for name in ("settled_responded", "settled"))
    return _watch_rate(settled["day"], "responses", x, n, alpha, None, high=False)


def _watch_rate(
    at: pd.Series, chart: str, x: Numbers, n: Numbers, alpha: float, rate: float | None, *, high: bool
) -> list[dict[str, Any]]:
    """Keep a p chart: each day against a known rate, or against the usual days before it."""
    limits, expected, alarms = rate_lines(x, n, alpha, rate, high=high)
    return _spells(at, chart, x / np.where(n > 0, n, np.nan), limits, expected, n, alarms)


def _watch_refusal_drift(
    days: pd.DataFrame, alpha: float, rate: float | None, shift: float, baseline: int
) -> list[dict[str, Any]]:
    from scipy import special

    talked = days[days["reached"].gt(0)]
    x, n = (talked[name].to_numpy(dtype="float64") for name in ("refused", "reached"))
    first = 0
    if rate is None:
        enough = np.flatnonzero(np.cumsum(n) >= baseline)
        if not len(enough):
            return []
        first = int(enough[0]) + 1
        did, of = x[:first].sum(), n[:first].sum()
        # The first days may have been lucky: what the rate may well be, not what it was.
        rate = float(special.betaincinv(did + 0.5, of - did + 0.5, _CREDIBLE))
    usual = np.full(len(x) - first, min(max(rate, 1e-6), 0.99))
    drifted = np.minimum(usual * (1 + shift), (1 + usual) / 2)
    return _watch_sum(
        talked["day"].iloc[first:], "refusal_drift", x[first:], n[first:], usual, drifted, alpha
    )


def _watch_response_drift(days: pd.DataFrame, alpha: float, shift: float) -> list[dict[str, Any]]:
    settled = days[days["settled"].gt(0) & days["settled_expected"].gt(0)]
    x, n = (settled[name].to_numpy(dtype="float64") for name in ("settled_responded", "settled"))
    plan = np.clip(settled["settled_expected"].to_numpy(dtype="float64") / np.where(n > 0, n, 1), 1e-9, 0.99)
    return _watch_sum(settled["day"], "response_drift", x, n, plan, plan * (1 - shift), alpha)


def _watch_sum(
    at: pd.Series, chart: str, x: Numbers, n: Numbers, usual: Numbers, drifted: Numbers, alpha: float
) -> list[dict[str, Any]]:
    """Keep a CUSUM of how much likelier the drifted rate makes each day than the usual one."""
    limit = float(np.log(1 / alpha))
    steps = x * np.log(drifted / usual) + (n - x) * np.log((1 - drifted) / (1 - usual))
    rows: list[dict[str, Any]] = []
    score, began, sounding = 0.0, 0, -1
    moments = at.tolist()
    for day, step in enumerate(steps):
        # Twice the limit is enough to remember: a drift that ends should be seen to end.
        score = min(max(0.0, score + step), 2 * limit)
        if score == 0.0:
            began, sounding = day + 1, -1
            continue
        if sounding < 0 and score > limit:
            sounding = len(rows)
            rows.append({"raised": moments[day]})
        if sounding >= 0:
            all_n = n[began : day + 1].sum()
            usual_rate = float(np.average(usual[began : day + 1], weights=n[began : day + 1]))
            rows[sounding] |= {
                "chart": chart,
                "value": x[began : day + 1].sum() / all_n,
                "limit": usual_rate,
                "expected": usual_rate,
                "n": all_n,
                "score": score,
                "score_limit": limit,
                "since": moments[began],
                "until": moments[day],
                "is_open": day == len(steps) - 1,
            }
    return rows


def _spells(
    at: pd.Series,
    chart: str,
    values: Numbers,
    limits: Numbers,
    expected: Numbers,
    n: Numbers,
    alarms: npt.NDArray[np.bool_],
) -> list[dict[str, Any]]:
    """Return an alert for each unbroken run of days outside the limits, as its last day stands."""
    moments = at.tolist()
    rows = []
    for day in np.flatnonzero(alarms & ~np.append(alarms[1:], False)):
        since = day
        while since > 0 and alarms[since - 1]:
            since -= 1
        rows.append(
            {
                "chart": chart,
                "value": values[day],
                "limit": limits[day],
                "expected": expected[day],
                "n": n[day],
                "score": np.nan,
                "score_limit": np.nan,
                "since": moments[since],
                "raised": moments[since],
                "until": moments[day],
                "is_open": bool(day == len(alarms) - 1),
            }
        )
    return rows
