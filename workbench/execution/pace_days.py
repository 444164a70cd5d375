"""Plan and work day by day: of each strategy, branch, channel or person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.execution.dispositions import read_dispositions
from workbench.execution.pace import wilson_interval
from workbench.tables import CONTACTS, OUTCOMES, STRATEGIES, TARGETS

MEMBERS = ("strategy", "branch", "channel", "person")
"""What days can be counted for."""
DAY_COUNTS = (
    "due",
    "contacted",
    "tries",
    "minutes",
    "reached",
    "refused",
    "responded",
    "settled",
    "settled_responded",
    "settled_expected",
)
PACE_COLUMNS = (
    "due",
    "contacted",
    "gap",
    "pace",
    "tries",
    "minutes",
    "capacity",
    "capacity_used",
    "reached",
    "refused",
    "refusal_rate",
    "refusal_low",
    "refusal_high",
    "responded",
    "rate",
    "rate_low",
    "rate_high",
    "plan",
)
SETTLE_DAYS = 14
"""Days after which a customer who was contacted and has not responded counts as not responding."""
_ONE_DAY = pd.Timedelta(days=1)


def count_pace_days(
    targets: pd.DataFrame,
    contacts: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    today: dt.date | str,
    by: str = "strategy",
    customers: pd.DataFrame | None = None,
    weekdays: Collection[int] = range(7),
    settle_days: int = SETTLE_DAYS,
    refusals: Collection[str] = ("refused",),
    spoken: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return what was planned and done on each day: of each strategy, branch, channel or person.

    Parameters
    ----------
    targets, contacts, outcomes, strategies : pandas.DataFrame
        Tables TARGETS, CONTACTS, OUTCOMES, STRATEGIES. Only the treatment arm counts.
    today : datetime.date or str
        The last day.
    by : {"strategy", "branch", "channel", "person"}, default="strategy"
        Whose days. Nobody has a plan for single persons, so nothing is due of them.
    customers : pandas.DataFrame, optional
        ``customer_id`` and ``branch``; needed for branches.
    weekdays : collection of int, default=range(7)
        Days of the week that are worked, Monday is 0: the plan is spread evenly over them.
    settle_days : int, default=14
        Days after which no answer is taken for no response.
    refusals : collection of str, default=("refused",)
        Dispositions with which customers refuse.
    spoken : collection of str, optional
        Dispositions that mean that the customer was spoken to; by default as the
        workbench's codes say, and those of refusals.

    Returns
    -------
    pandas.DataFrame
        One row a member and day from the first planned or worked day to `today`: ``member``,
        ``day`` and

        - ``due``: customers whom an even pace asks to be contacted for the first time;
          missing for persons
        - ``contacted``: customers contacted for the first time; ``tries``: contacts;
          ``minutes``: of agents, where cards say how long a contact takes
        - ``reached``: customers spoken to, ``refused``: of these, who refused
        - ``responded``: of those contacted for the first time on this day, who have
          responded by `today`
        - ``settled``, ``settled_responded``, ``settled_expected``: those first contacted
          on this day, those who responded, and the responses that the cards expect; missing
          until the day is settled: every one of them has an outcome or has refused, or
          `settle_days` are over. Counted earlier, quick answers would bend the rate.

    Raises
    ------
    ParameterProblem
        If `by` or a day of the week is none, or branches are asked for without customers.

    Examples
    --------
    >>> empty = [table.empty() for table in (TARGETS, CONTACTS, OUTCOMES, STRATEGIES)]
    >>> count_pace_days(*empty, today="2026-10-12").columns[:4].tolist()
    ['member', 'day', 'due', 'contacted']
    """
    for table, frame in ((TARGETS, targets), (CONTACTS, contacts), (OUTCOMES, outcomes)):
        table.check(frame)
    STRATEGIES.check(strategies)
    worked = sorted(set(weekdays))
    if by not in MEMBERS or not worked or not set(worked) <= set(range(7)):
        raise ParameterProblem("execution_limits.error.by", by=by, known=", ".join(MEMBERS))
    now = pd.Timestamp(today).normalize()
    keys = ["strategy_id", "customer_id"]
    if "list_id" in targets.columns:
        keys = ["list_id", *keys]
    people = _treated(targets, strategies, customers, by, keys)
    made = _made(contacts, people, keys, now, by, set(refusals), spoken)
    cohorts = _cohorts(made, outcomes, keys, now, settle_days)
    parts = [_daily_work(made), cohorts]
    if by != "person":
        parts.append(_planned(people, strategies, worked, now))
    days = pd.concat(parts, ignore_index=True).groupby(["member", "day"]).sum(min_count=1)
    return _every_day(days, now, by)


def _treated(
    targets: pd.DataFrame,
    strategies: pd.DataFrame,
    customers: pd.DataFrame | None,
    by: str,
    keys: list[str],
) -> pd.DataFrame:
    """Return the treatment arm with the member that each customer belongs to."""
    people = targets.loc[targets["arm"].eq("treatment").to_numpy(), keys]
    cards = strategies.assign(
        _plan=strategies["expected_response"].astype("float64"),
        _minutes=strategies.get("minutes_per_contact", pd.Series(np.nan, strategies.index)),
    )
    people = people.merge(cards[["strategy_id", "channel", "_plan", "_minutes"]], on="strategy_id")
    if by == "branch":
        if customers is None or "branch" not in customers.columns:
            raise ParameterProblem("execution_limits.error.branch")
        homes = customers.drop_duplicates("customer_id").set_index("customer_id")["branch"]
        return people.assign(member=people["customer_id"].map(homes).fillna("").astype("str"))
    if by == "person":
        return people.assign(member="")
    return people.assign(member=people["strategy_id" if by == "strategy" else "channel"].astype("str"))


def _made(
    contacts: pd.DataFrame,
    people: pd.DataFrame,
    keys: list[str],
    now: pd.Timestamp,
    by: str,
    refusals: set[str],
    spoken: Collection[str] | None,
) -> pd.DataFrame:
    """Return the contacts with treated customers by the end of today, oldest first."""
    spoke = {code for code, entry in read_dispositions().items() if entry.reached}
    made = contacts.loc[contacts["contacted_at"].lt(now + _ONE_DAY).to_numpy()].merge(
        people.drop(columns="channel"), on=keys
    )
    if by == "person":
        agents = made["agent"] if "agent" in made.columns else pd.Series("", made.index)
        made["member"] = agents.fillna("").astype("str")
    made["day"] = made["contacted_at"].dt.normalize()
    made["_refused"] = made["disposition"].isin(refusals)
    made["_reached"] = made["disposition"].isin((spoke if spoken is None else set(spoken)) | refusals)
    return made.sort_values(["contacted_at", "contact_id"], kind="stable")


def _daily_work(made: pd.DataFrame) -> pd.DataFrame:
    tries = made.groupby(["member", "day"], as_index=False).agg(
        tries=("contact_id", "size"), minutes=("_minutes", "sum")
    )
    spoken = made[made["_reached"]].drop_duplicates(
        ["member", "day", "strategy_id", "customer_id"], keep="last"
    )
    talks = spoken.groupby(["member", "day"], as_index=False).agg(
        reached=("_reached", "sum"), refused=("_refused", "sum")
    )
    return tries.merge(talks, on=["member", "day"], how="left")


def _cohorts(
    made: pd.DataFrame,
    outcomes: pd.DataFrame,
    keys: list[str],
    now: pd.Timestamp,
    settle_days: int,
) -> pd.DataFrame:
    """Return the customers by the day of their first contact, and what has come of them."""
    first = made.drop_duplicates(keys).copy()
    told = outcomes.loc[outcomes["recorded_at"].lt(now + _ONE_DAY).to_numpy()]
    told = told.groupby(keys, as_index=False).agg(_yes=("responded", "max")).assign(_told=True)
    first = first.merge(told, on=keys, how="left")
    refused = made[made["_refused"]].drop_duplicates(keys)[keys].assign(_no=True)
    first = first.merge(refused, on=keys, how="left")
    first["_yes"] = first["_yes"].eq(True)
    known = first["_told"].eq(True) | first["_no"].eq(True)
    first["_settled"] = known | (first["day"] + pd.Timedelta(days=settle_days)).le(now)
    by_day = first.groupby(["member", "day"], as_index=False).agg(
        contacted=("customer_id", "size"),
        responded=("_yes", "sum"),
        _expected=("_plan", lambda plan: plan.sum(min_count=1)),
        _whole=("_settled", "all"),
    )
    whole = by_day["_whole"].eq(True)
    by_day["settled"] = by_day["contacted"].where(whole)
    by_day["settled_responded"] = by_day["responded"].where(whole)
    by_day["settled_expected"] = by_day["_expected"].where(whole)
    return by_day.drop(columns=["_expected", "_whole"])


def _planned(
    people: pd.DataFrame, strategies: pd.DataFrame, worked: list[int], now: pd.Timestamp
) -> pd.DataFrame:
    """Return the even pace: each strategy's customers over the days of it that are worked."""
    sizes = people.groupby(["strategy_id", "member"]).size()
    parts = []
    dated = strategies.dropna(subset=["starts_on", "ends_on"])
    cards = zip(*(dated[name].tolist() for name in ("strategy_id", "starts_on", "ends_on")), strict=True)
    for strategy_id, starts_on, ends_on in cards:
        if strategy_id not in sizes.index.get_level_values(0):
            continue
        days = pd.date_range(starts_on, max(starts_on, ends_on), freq="D", unit="us")
        at_work = days[days.day_of_week.isin(worked)]
        at_work = at_work if len(at_work) else days
        for member, n in sizes.loc[[strategy_id]].droplevel(0).items():
            parts.append(pd.DataFrame({"member": member, "day": at_work, "due": n / len(at_work)}))
    if not parts:
        return pd.DataFrame({"member": pd.Series(dtype="str"), "day": pd.Series(dtype="datetime64[us]")})
    planned = pd.concat(parts, ignore_index=True)
    return planned[planned["day"].le(now)]


def _every_day(days: pd.DataFrame, now: pd.Timestamp, by: str) -> pd.DataFrame:
    """Return the counts with a row for every day of each member, counts 0 where nothing happened."""
    days = days.reindex(columns=list(DAY_COUNTS))
    frames = []
    for member, mine in days.groupby(level="member"):
        mine = mine.droplevel("member")
        every = pd.date_range(mine.index.min(), now, freq="D", unit="us", name="day")
        frames.append(mine.reindex(every).reset_index().assign(member=str(member)))
    if not frames:
        empty = {"member": pd.Series(dtype="str"), "day": pd.Series(dtype="datetime64[us]")}
        return pd.DataFrame(empty | dict.fromkeys(DAY_COUNTS, pd.Series(dtype="float64")))
    whole = pd.concat(frames, ignore_index=True)[["member", "day", *DAY_COUNTS]]
    idle = whole["contacted"].isna()
    counts = [name for name in DAY_COUNTS if not name.startswith("settled")]
    whole[counts] = whole[counts].fillna(0.0)
    # A day without anybody new has nothing that could still settle.
    for name in DAY_COUNTS[-3:]:
        whole[name] = whole[name].mask(idle, 0.0)
    if by == "person":
        whole["due"] = np.nan
    return whole.astype({"member": "str", "day": "datetime64[us]"} | dict.fromkeys(DAY_COUNTS, "float64"))


def compare_pace(
    days: pd.DataFrame,
    *,
    by_day: bool = False,
    capacity: Mapping[str, float] | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Return plan against actual: by member, or by day over all members.

    Parameters
    ----------
    days : pandas.DataFrame
        As `count_pace_days` returns it.
    by_day : bool, default=False
        One row a day instead of one a member.
    capacity : mapping of str to float, optional
        Agent minutes that each member has for the days counted; with `by_day` the day's, under
        its date as text (2026-10-12).
    alpha : float, default=0.05
        One minus the confidence of the intervals.

    Returns
    -------
    pandas.DataFrame
        ``member`` or ``day``; ``due``, ``contacted``, ``gap`` (contacted minus due), ``pace``
        (contacted by due; missing where nothing is due), ``tries``, ``minutes``, ``capacity``
        and ``capacity_used`` (minutes by capacity), ``reached``, ``refused``,
        ``refusal_rate`` of those reached with ``refusal_low`` and ``refusal_high``,
        ``responded``, ``rate`` of those contacted with ``rate_low`` and ``rate_high``
        (Wilson), and ``plan``: the rate that the cards expect of those settled.

    Raises
    ------
    ParameterProblem
        If alpha is not between 0 and 1.

    Examples
    --------
    >>> days = pd.DataFrame({"member": ["S1", "S1"], "day": pd.to_datetime(["2026-10-12", "2026-10-13"]),
    ...     "due": 10.0, "contacted": [8.0, 9.0], "tries": 10.0, "minutes": 60.0, "reached": 5.0,
    ...     "refused": 1.0, "responded": 1.0, "settled": 0.0, "settled_responded": 0.0,
    ...     "settled_expected": 0.0})
    >>> compare_pace(days, capacity={"S1": 240})[["gap", "pace", "capacity_used"]].values.tolist()
    [[-3.0, 0.85, 0.5]]
    """
    if not 0 < alpha < 1:
        raise ParameterProblem("execution_limits.error.alpha", alpha=alpha)
    key = "day" if by_day else "member"
    sums = days.groupby(key)[list(DAY_COUNTS)].sum(min_count=1).reset_index()
    sums["gap"] = sums["contacted"] - sums["due"]
    sums["pace"] = sums["contacted"] / sums["due"].where(sums["due"] > 0)
    names = sums[key].dt.strftime("%Y-%m-%d") if by_day else sums[key]
    sums["capacity"] = names.map(dict(capacity or {})).astype("float64")
    sums["capacity_used"] = sums["minutes"] / sums["capacity"].where(sums["capacity"] > 0)
    for rate, part, whole in (("refusal", "refused", "reached"), ("rate", "responded", "contacted")):
        x, n = (sums[name].to_numpy(dtype="float64") for name in (part, whole))
        low, high = wilson_interval(x, n, alpha)
        sums["refusal_rate" if rate == "refusal" else rate] = x / np.where(n > 0, n, np.nan)
        sums[f"{rate}_low"], sums[f"{rate}_high"] = low, high
    sums["plan"] = sums["settled_expected"] / sums["settled"].where(sums["settled"] > 0)
    return sums[[key, *PACE_COLUMNS]]
