"""A journey before anybody is sent on it: what is wrong with it, who takes over, and when."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.journeys import CHANNELS, ENDS, JOURNEY_OUTCOMES, ONLINE, Journey
from workbench.strategy.reach import may_contact


def check_journey(journey: Journey, customers: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return what is wrong with a journey before a customer is sent on it.

    Parameters
    ----------
    journey : Journey
        The journey.
    customers : pandas.DataFrame, optional
        Who would be sent on it: ``customer_id`` and, where the bank knows it,
        ``consent``, ``do_not_contact``, ``consent_<channel>``, ``app_logins_90d``.

    Returns
    -------
    pandas.DataFrame
        ``step``, ``problem``, ``severity`` (error or warn) and ``n`` (customers,
        missing where it counts none), in the order of the steps:

        - ``loop``: the step leads back to itself, so a customer may be contacted for ever
        - ``unreachable``: no way leads there
        - ``no_fallback``: nobody takes over where the channel fails
        - ``no_consent``: `n` customers can be contacted neither on the channel nor on the
          fallback; an error where that is everybody

    Examples
    --------
    >>> from workbench.strategy import JourneyStep
    >>> steps = [JourneyStep("app", "app", 3, "", {"not_reached": "app", "clicked": "won"}),
    ...          JourneyStep("call", "phone", 2, "sms", {"clicked": "won"})]
    >>> check_journey(Journey("loop", steps))[["step", "problem"]].values.tolist()
    [['app', 'loop'], ['app', 'no_fallback'], ['call', 'unreachable']]
    """
    reached = {journey.steps[0].name, *_behind(journey, journey.steps[0].name)}
    access = None if customers is None else open_channels(customers)
    rows: list[tuple[str, str, str, float]] = []
    for step in journey.steps:
        if step.name in _behind(journey, step.name):
            rows.append((step.name, "loop", "error", float("nan")))
        if step.name not in reached:
            rows.append((step.name, "unreachable", "error", float("nan")))
        if not step.fallback or step.fallback == step.channel:
            rows.append((step.name, "no_fallback", "warn", float("nan")))
        if access is not None and len(access):
            able = access[step.channel] | (access[step.fallback] if step.fallback else False)
            stuck = int((~able).sum())
            if stuck:
                severity = "error" if stuck == len(able) else "warn"
                rows.append((step.name, "no_consent", severity, float(stuck)))
    return pd.DataFrame(rows, columns=["step", "problem", "severity", "n"])


def _behind(journey: Journey, name: str) -> set[str]:
    """Return the steps that a customer of a step can come to."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        step = journey.step(waiting.pop())
        for target in {step.next(outcome) for outcome in JOURNEY_OUTCOMES} - set(ENDS) - seen:
            seen.add(target)
            waiting.append(target)
    return seen


def open_channels(customers: pd.DataFrame) -> pd.DataFrame:
    """Say for each customer which channels the bank may and can use.

    Marketing needs consent and no objection (as the gates of a list ask); where the bank
    keeps consent by channel (``consent_phone`` …) that channel needs it too, and the app
    needs a login within 90 days. What the bank does not know is not asked.

    Parameters
    ----------
    customers : pandas.DataFrame
        One row a customer.

    Returns
    -------
    pandas.DataFrame
        One boolean column a channel, on the index of `customers`.

    Examples
    --------
    >>> customers = pd.DataFrame({"consent": [True, True], "app_logins_90d": [0, 4]})
    >>> open_channels(customers)[["app", "phone"]].values.tolist()
    [[False, True], [True, True]]
    """
    allowed = may_contact(customers)
    found = {}
    for channel in CHANNELS:
        able = allowed.copy()
        if f"consent_{channel}" in customers.columns:
            able &= customers[f"consent_{channel}"].astype("boolean").fillna(False).astype(bool)
        if channel == "app" and "app_logins_90d" in customers.columns:
            able &= customers["app_logins_90d"].fillna(0).gt(0)
        found[channel] = able
    return pd.DataFrame(found, index=customers.index)


# Hand-overs and dates --------------------------------------------------------------


def handovers(journey: Journey) -> pd.DataFrame:
    """Return where a journey hands customers from online to offline, and back.

    Parameters
    ----------
    journey : Journey
        The journey.

    Returns
    -------
    pandas.DataFrame
        One row a step and next step: ``step``, ``to_step``, ``channel``, ``to_channel``,
        ``outcomes`` (comma-separated, that lead there) and ``kind``: ``"to_offline"``,
        ``"to_online"`` or empty within one world.

    Examples
    --------
    >>> from workbench.strategy import read_journeys
    >>> found = handovers(read_journeys()["app_call_branch"])
    >>> found.loc[found["kind"].ne(""), ["step", "to_step", "kind"]].values.tolist()
    [['app', 'call', 'to_offline'], ['call', 'reminder', 'to_online'], ['branch', 'reminder', 'to_online']]
    """
    rows = []
    for step in journey.steps:
        targets: dict[str, list[str]] = {}
        for outcome in JOURNEY_OUTCOMES:
            targets.setdefault(step.next(outcome), []).append(outcome)
        for target, outcomes in targets.items():
            if target in ENDS:
                continue
            to_channel = journey.step(target).channel
            rows.append((step.name, target, step.channel, to_channel, ",".join(outcomes)))
    found = pd.DataFrame(rows, columns=["step", "to_step", "channel", "to_channel", "outcomes"]).astype("str")
    was, will = found["channel"].isin(ONLINE), found["to_channel"].isin(ONLINE)
    found["kind"] = [
        "to_offline" if a and not b else "to_online" if b and not a else ""
        for a, b in zip(was, will, strict=True)
    ]
    return found


def plan_journey(journey: Journey, starts_on: dt.date | str) -> pd.DataFrame:
    """Return the journey's steps with their dates.

    A step can begin at its earliest when every step on the shortest way there was answered
    on its first channel, at its latest when every fallback on the longest way was needed.

    Parameters
    ----------
    journey : Journey
        The journey.
    starts_on : datetime.date or str
        Day of the first contact.

    Returns
    -------
    pandas.DataFrame
        One row a step that can be reached, in the order of time: ``step``, ``channel``,
        ``earliest``, ``latest`` (first contact), ``wait`` (days), ``fallback`` (empty for
        none), ``fallback_on`` (at the earliest; missing without a fallback), ``ends_on``
        (the last answer at the latest).

    Raises
    ------
    ParameterProblem
        If the journey leads in a circle, or `starts_on` is no date.

    Examples
    --------
    >>> from workbench.strategy import read_journeys
    >>> plan = plan_journey(read_journeys()["branch_app"], "2026-10-08")
    >>> plan[["step", "earliest", "latest"]].astype(str).values.tolist()[1]
    ['app', '2026-10-09', '2026-10-10']
    """
    day = _day(starts_on)
    circular = [step.name for step in journey.steps if step.name in _behind(journey, step.name)]
    if circular:
        raise ParameterProblem(
            "strategy_corporate.journey_error.circle", journey=journey.name, steps=", ".join(circular)
        )
    first, last = _times(journey)
    rows = []
    for step in sorted((s for s in journey.steps if s.name in first), key=lambda s: first[s.name]):
        early, late = day + pd.Timedelta(days=first[step.name]), day + pd.Timedelta(days=last[step.name])
        waits = 2 if step.fallback else 1
        rows.append(
            {
                "step": step.name,
                "channel": step.channel,
                "earliest": early,
                "latest": late,
                "wait": step.wait,
                "fallback": step.fallback,
                "fallback_on": early + pd.Timedelta(days=step.wait) if step.fallback else pd.NaT,
                "ends_on": late + pd.Timedelta(days=step.wait * waits),
            }
        )
    return pd.DataFrame(rows)


def _times(journey: Journey) -> tuple[dict[str, int], dict[str, int]]:
    """Return the days after which each step begins, at the earliest and at the latest."""
    begin = journey.steps[0].name
    first, last = {begin: 0}, {begin: 0}
    # Without circles, as many rounds as there are steps settle every way.
    for _ in journey.steps:
        for step in journey.steps:
            if step.name not in first:
                continue
            wait = step.wait * (2 if step.fallback else 1)
            for target in {step.next(outcome) for outcome in JOURNEY_OUTCOMES} - set(ENDS):
                first[target] = min(
                    first.get(target, first[step.name] + step.wait), first[step.name] + step.wait
                )
                last[target] = max(last.get(target, 0), last[step.name] + wait)
    return first, last


def _day(value: dt.date | str) -> pd.Timestamp:
    try:
        day = pd.Timestamp(value)
    except (TypeError, ValueError) as problem:
        raise ParameterProblem("strategy_corporate.journey_error.date", value=str(value)) from problem
    if pd.isna(day):
        raise ParameterProblem("strategy_corporate.journey_error.date", value=str(value))
    return day.normalize()
