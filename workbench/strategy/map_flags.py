"""What is wrong on the strategy map, with the numbers: conflicts and overloads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any, Protocol

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.card_reach import reach_of
from workbench.strategy.contact_policy import MESSAGE, MESSAGES
from workbench.strategy.strategy_map import clash, shared_days

CONFLICTS = ("strategy_id", "other_id", "segment", "channel", "starts_on", "ends_on", "days", "n")
OVERLOADS = (
    "kind",
    "name",
    "measure",
    "planned",
    "allowed",
    "overloaded",
    "n",
    "strategy_ids",
    "starts_on",
    "ends_on",
)
AGENTS = "agents"
"""Name of the row for agent minutes, which several channels share."""


class Limit(Protocol):
    """At most so many contacts by a channel in any window of some days; see `ContactPolicy`."""

    @property
    def channel(self) -> str: ...  # noqa: D102
    @property
    def most(self) -> int: ...  # noqa: D102
    @property
    def days(self) -> int: ...  # noqa: D102


def find_conflicts(
    customers: pd.DataFrame,
    membership: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    by_stage: bool = False,
) -> pd.DataFrame:
    """Return the pairs of strategies that would reach the same customers by one channel at one time.

    Parameters
    ----------
    customers : pandas.DataFrame
        Table PORTRAIT, one row a customer.
    membership : pandas.DataFrame
        Table MEMBERSHIP.
    strategies : pandas.DataFrame
        Table STRATEGIES; may be empty.
    by_stage : bool, default=False
        One row a pair and lifecycle stage instead of one a pair.

    Returns
    -------
    pandas.DataFrame
        One row a conflict, most customers first: ``strategy_id``, ``other_id``, ``segment``,
        (``lifecycle_stage``), ``channel``, ``starts_on`` and ``ends_on`` (the days that both
        have; missing is open), ``days`` (their number; missing where open) and ``n``: the
        customers whom both reach. Pairs without such a customer are left out.

    Raises
    ------
    ParameterProblem
        If nobody has a segment, or a card asks for a column that the customers lack.

    Notes
    -----
    A strategy reaches the customers of its segment, stages and tiers that meet its
    conditions of eligibility and may be contacted.

    Examples
    --------
    >>> from workbench.strategy import suggest_strategies
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "age": [66.0, 70.0]})
    >>> membership = customers[["customer_id"]].assign(cluster=0, segment="All")
    >>> card = suggest_strategies(customers, membership, starts_on="2026-10-12", days=10)
    >>> cards = pd.concat([card, card.assign(strategy_id="S2", starts_on=pd.Timestamp("2026-10-20"))])
    >>> find_conflicts(customers, membership, cards)[["strategy_id", "other_id", "days", "n"]].values.tolist()
    [['S1', 'S2', 3, 2]]
    """
    joined, reach = reach_of(customers, membership, strategies)
    cards = _cards(strategies)
    rows = []
    for one, other in combinations(cards, 2):
        if cards[one]["segment"] != cards[other]["segment"] or not clash(cards[one], cards[other]):
            continue
        both = reach[one].to_numpy() & reach[other].to_numpy()
        groups = (
            joined.loc[both, "lifecycle_stage"].value_counts(sort=False).items()
            if by_stage
            else [("", int(both.sum()))]
        )
        starts, ends = shared_days(cards[one], cards[other])
        days = float("nan") if pd.isna(starts) or pd.isna(ends) else (ends - starts).days + 1
        for stage, n in groups:
            if n:
                named = (one, other, cards[one]["segment"])
                rows.append((*named, stage, cards[one]["channel"], starts, ends, days, int(n)))
    names = ["strategy_id", "other_id", "segment", "lifecycle_stage", *CONFLICTS[3:]]
    found = pd.DataFrame(rows, columns=names)
    found = found.astype(dict.fromkeys(("starts_on", "ends_on"), "datetime64[us]"))
    found["days"] = found["days"].astype("Int64")
    found["n"] = found["n"].astype("int64")
    found = found if by_stage else found.drop(columns="lifecycle_stage")
    return found.sort_values(["n", "strategy_id", "other_id"], ascending=[False, True, True], kind="stable")


def find_overloads(
    customers: pd.DataFrame,
    membership: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    policy: Iterable[Limit] | None = None,
    most: int = 1,
    days: int = 30,
    contacts: Mapping[str, float] | None = None,
    capacity: Mapping[str, float] | None = None,
    agent_minutes: float | None = None,
) -> pd.DataFrame:
    """Return how much each segment and channel is asked to bear, and which are asked too much.

    Parameters
    ----------
    customers, membership, strategies : pandas.DataFrame
        As in `find_conflicts`.
    policy : iterable of limits, optional
        The contact policy's: things with ``channel`` (empty is any, ``"message"`` is sms,
        app and email together), ``most`` and ``days``.
    most, days : int, default=1, 30
        Without a policy: at most so many contacts in so many days, by any channel.
    contacts : mapping of str to float, optional
        Contacts planned, by strategy_id; by default everybody in reach who is not held
        back as control.
    capacity : mapping of str to float, optional
        Contacts that a channel can make in a week.
    agent_minutes : float, optional
        Minutes that all agents together have in a week.

    Returns
    -------
    pandas.DataFrame
        One row a segment with strategies, and one a channel (and the row ``"agents"``,
        where a strategy takes minutes):

        - ``kind`` (segment, channel), ``name``, ``measure`` (contacts, minutes)
        - ``planned``: contacts of one customer, in the window where they are furthest
          above what is allowed; for a channel the contacts or minutes of its busiest week
        - ``allowed``: the most of them; missing where no limit is known
        - ``overloaded``: whether planned is above allowed
        - ``n``: customers of the segment who would be contacted too often; for a
          channel the contacts or minutes of the whole plan
        - ``strategy_ids``: comma-separated, those of the window or week
        - ``starts_on``, ``ends_on``: first and last day of the window or week

    Raises
    ------
    ParameterProblem
        If a limit is below 0 contacts or 1 day.

    Notes
    -----
    A strategy is one contact with each customer in its reach, on some day between its
    first and its last. Contacts may be spread as kindly as can be: two that are no more
    than `days` apart share a window, so within any D days at most
    ``most · ceil(D / (days + 1))`` fit the limit. A segment is overloaded
    where, for some customers and some stretch of days, more strategies than that lie
    wholly inside the stretch. A strategy with an open end can always wait.

    A channel's contacts are spread evenly over the strategy's days; weeks run from Monday
    to Sunday. A strategy without both days is left out of its channel's weeks.

    Examples
    --------
    >>> from workbench.strategy import suggest_strategies
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "age": [66.0, 70.0]})
    >>> membership = customers[["customer_id"]].assign(cluster=0, segment="All")
    >>> card = suggest_strategies(customers, membership, starts_on="2026-10-12", days=10)
    >>> cards = pd.concat([card, card.assign(strategy_id="S2", channel="sms")])
    >>> loads = find_overloads(customers, membership, cards, most=1, days=30)
    >>> loads.loc[loads["overloaded"], ["name", "planned", "allowed", "n"]].values.tolist()
    [['All', 2.0, 1.0, 2]]
    """
    limits = [("", most, days)] if policy is None else [(p.channel, p.most, p.days) for p in policy]
    for channel, count, length in limits:
        if count < 0 or length < 1:
            raise ParameterProblem(
                "strategy_objectives.error.limit", channel=channel or "–", most=count, days=length
            )
    joined, reach = reach_of(customers, membership, strategies)
    cards = _cards(strategies)
    rows = _segment_rows(joined, reach, cards, limits)
    if contacts is None:
        contacts = {
            name: float(reach[name].sum()) * (1.0 - card["control_share"]) for name, card in cards.items()
        }
    rows += _channel_rows(cards, contacts, capacity or {}, agent_minutes)
    found = pd.DataFrame(rows, columns=list(OVERLOADS))
    found = found.astype(dict.fromkeys(("starts_on", "ends_on"), "datetime64[us]"))
    return found.astype({"planned": "float64", "allowed": "float64", "overloaded": "bool", "n": "int64"})


def _cards(strategies: pd.DataFrame) -> dict[str, dict[str, Any]]:
    rows = strategies.to_dict("records")
    return {str(row["strategy_id"]): {str(name): value for name, value in row.items()} for row in rows}


def _segment_rows(
    joined: pd.DataFrame,
    reach: pd.DataFrame,
    cards: dict[str, dict[str, Any]],
    limits: list[tuple[str, int, int]],
) -> list[tuple[Any, ...]]:
    rows = []
    for segment in dict.fromkeys(card["segment"] for card in cards.values()):
        mine = reach.loc[joined["segment"].eq(segment).to_numpy()]
        mine = mine[[name for name, card in cards.items() if card["segment"] == segment]]
        worst: tuple[float, tuple[Any, ...]] | None = None
        over = 0
        for reached, n in mine.value_counts().items():
            chosen = [name for name, on in zip(mine.columns, _as_tuple(reached), strict=True) if on]
            found = _tightest(chosen, cards, limits)
            if found is None:
                continue
            excess = found[0] - found[1]
            over += int(n) if excess > 0 else 0
            if worst is None or excess > worst[0]:
                worst = (excess, found)
        if worst is not None:
            planned, allowed, ids, starts, ends = worst[1]
            window = (over, ",".join(ids), starts, ends)
            rows.append(("segment", segment, "contacts", planned, allowed, planned > allowed, *window))
    return rows


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _tightest(
    chosen: list[str], cards: dict[str, dict[str, Any]], limits: list[tuple[str, int, int]]
) -> tuple[int, int, list[str], Any, Any] | None:
    """Return contacts, the most allowed, and the strategies of the stretch where they are most above it."""
    dated = [(name, cards[name]["starts_on"], cards[name]["ends_on"]) for name in chosen]
    dated = [each for each in dated if not pd.isna(each[1]) and not pd.isna(each[2])]
    worst: tuple[int, int, list[str], Any, Any] | None = None
    for channel, most, days in limits:
        counted = MESSAGES if channel == MESSAGE else (channel,)
        mine = [each for each in dated if not channel or cards[each[0]]["channel"] in counted]
        for begin in sorted({each[1] for each in mine}):
            for end in sorted({each[2] for each in mine if each[2] >= begin}):
                inside = [name for name, first, last in mine if first >= begin and last <= end]
                allowed = most * math.ceil(((end - begin).days + 1) / (days + 1))
                if inside and (worst is None or len(inside) - allowed > worst[0] - worst[1]):
                    worst = (len(inside), allowed, inside, begin, end)
    return worst


def _channel_rows(
    cards: dict[str, dict[str, Any]],
    contacts: Mapping[str, float],
    capacity: Mapping[str, float],
    agent_minutes: float | None,
) -> list[tuple[Any, ...]]:
    loads = [_weekly(card, float(contacts.get(name, 0.0))) for name, card in cards.items()]
    weeks = pd.concat(loads, ignore_index=True) if loads else pd.DataFrame()
    if weeks.empty:
        return []
    rows = [
        _busiest(str(channel), "contacts", mine, "contacts", capacity.get(str(channel)))
        for channel, mine in weeks.groupby("channel", sort=False)
    ]
    talked = weeks[weeks["minutes"].gt(0)]
    if len(talked):
        rows.append(_busiest(AGENTS, "minutes", talked, "minutes", agent_minutes))
    return rows


def _weekly(card: dict[str, Any], contacts: float) -> pd.DataFrame:
    """Return a strategy's contacts in each week, spread evenly over its days."""
    if pd.isna(card["starts_on"]) or pd.isna(card["ends_on"]) or card["ends_on"] < card["starts_on"]:
        return pd.DataFrame()
    days = pd.date_range(card["starts_on"], card["ends_on"], freq="D")
    mondays = days - pd.to_timedelta(days.day_of_week, unit="D")
    share = pd.Series(1.0 / len(days), index=mondays).groupby(level=0).sum()
    minutes = card.get("minutes_per_contact")
    minutes = 0.0 if minutes is None or minutes != minutes else float(minutes)
    return pd.DataFrame(
        {
            "channel": card["channel"],
            "strategy_id": str(card["strategy_id"]),
            "week": share.index,
            "contacts": share.to_numpy() * contacts,
            "minutes": share.to_numpy() * contacts * minutes,
        }
    )


def _busiest(
    name: str, measure: str, weeks: pd.DataFrame, column: str, allowed: float | None
) -> tuple[Any, ...]:
    load = weeks.groupby("week")[column].sum()
    week = pd.Timestamp(str(load.idxmax()))
    planned = float(load.max())
    limit = float("nan") if allowed is None else float(allowed)
    ids = ",".join(weeks.loc[weeks["week"].eq(week) & weeks[column].gt(0), "strategy_id"])
    # A sum of shares of days is not exact; a millionth over the limit is none.
    over = bool(planned > limit * (1 + 1e-9))
    total = round(float(np.sum(weeks[column])))
    return ("channel", name, measure, planned, limit, over, total, ids, week, week + pd.Timedelta(days=6))
