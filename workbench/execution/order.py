"""The order in which the customers of lists are contacted, kept up as results come in.

A worklist of all customers is built anew from tables; at every press that takes too long.
Here the order of first tries is sorted once, and each result moves one customer.
"""

from __future__ import annotations

import bisect
import datetime as dt
import heapq
import itertools
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.execution.dispositions import MOST_TRIES, Codes, read_dispositions
from workbench.execution.worklist import place_targets
from workbench.tables import STRATEGIES, TARGETS

# (due day, minus the score, strategy, customer, number of the entry): sorts as a worklist does.
Item = tuple[int, float, str, str, int]
_SKIPPED = 1_000
_FEW = 100


@dataclass
class Tries:
    """What is known of one entry that was tried.

    Parameters
    ----------
    attempts : int
        Contacts.
    last : tuple of (datetime, str)
        Moment and id of the last one.
    disposition, agent : str
        Of the last one.
    responded : bool or None
        Whether any outcome says yes; None where there is none.
    call_at : datetime or None
        When the customer asked to be called again; None leaves it to the disposition's days.
    """

    attempts: int = 0
    last: tuple[dt.datetime, str] | None = None
    disposition: str = ""
    agent: str = ""
    responded: bool | None = None
    call_at: dt.datetime | None = None


class WorkOrder:
    """Whom to contact next on some lists.

    Parameters
    ----------
    targets : pandas.DataFrame
        Table TARGETS with ``list_id``; only the treatment arm is worked.
    strategies : pandas.DataFrame
        Table STRATEGIES.
    today : datetime.date or str
        The first day of cards that name none.
    dispositions : mapping of str to Disposition, optional
        The project's codes; by default the packaged ones.

    Attributes
    ----------
    customers, lists, strategies, segments : list of str
        Of each entry.
    newest : datetime.datetime or None
        Moment of the newest result.

    Examples
    --------
    >>> targets = pd.DataFrame({"customer_id": ["1", "2"], "strategy_id": ["S1"] * 2, "segment": ["All"] * 2,
    ...     "score": [0.9, 0.8], "rank": [1, 2], "arm": ["treatment"] * 2, "list_id": ["L1"] * 2})
    >>> strategies = pd.DataFrame({"strategy_id": ["S1"], "name": ["Deposits"], "objective": ["-"],
    ...     "segment": ["All"], "lifecycle_stages": [""], "scenario": ["product"],
    ...     "offer": ["time_deposit"], "channel": ["phone"], "script": [""],
    ...     "value_per_response": [1.0], "cost_per_contact": [1.0], "expected_response": [0.1],
    ...     "control_share": [0.1], "starts_on": pd.to_datetime(["2026-10-12"]),
    ...     "ends_on": pd.to_datetime(["2026-10-12"])})
    >>> order = WorkOrder(targets, strategies, today="2026-10-12")
    >>> order.add_contact("L1", "1", dt.datetime(2026, 10, 12, 9), "c1", "no_answer", "lin")
    >>> [order.customers[n] for n in order.walk(dt.date(2026, 10, 12))]
    ['2']
    >>> [order.customers[n] for n in order.walk(dt.date(2026, 10, 14))]
    ['2', '1']
    """

    def __init__(
        self,
        targets: pd.DataFrame,
        strategies: pd.DataFrame,
        *,
        today: dt.date | str,
        dispositions: Codes | None = None,
    ) -> None:
        TARGETS.check(targets)
        STRATEGIES.check(strategies)
        self._codes = read_dispositions() if dispositions is None else dispositions
        placed = place_targets(targets, strategies, today)
        self.customers: list[str] = placed["customer_id"].tolist()
        self.lists: list[str] = placed["list_id"].tolist()
        self.strategies: list[str] = placed["strategy_id"].tolist()
        self.segments: list[str] = placed["segment"].tolist()
        self.newest: dt.datetime | None = None
        self._scores: list[float] = placed["score"].tolist()
        by_rank = placed.groupby("list_id")["rank"]
        self._ranks: list[int] = by_rank.rank(method="first").astype("int64").tolist()
        self._sizes = {str(name): int(n) for name, n in by_rank.size().items()}
        self._first: list[int] = [day.toordinal() for day in placed["first_due"].dt.date]
        self._numbers = {pair: n for n, pair in enumerate(zip(self.lists, self.customers, strict=True))}
        self._tried: dict[int, Tries] = {}
        self._seen: set[str] = set()
        # Waiting for another try, and where: callbacks and retries of each strategy, sorted.
        self._again: dict[int, tuple[list[Item], Item]] = {}
        # Entries to be put in their places later, while many results are taken in.
        self._waiting: dict[int, Tries] | None = None
        names = list(dict.fromkeys(self.strategies))
        self._callbacks: dict[str, list[Item]] = {name: [] for name in names}
        self._retries: dict[str, list[Item]] = {name: [] for name in names}
        self._untried: dict[str, list[Item]] = {name: [] for name in names}
        for n in range(len(self.customers)):
            self._untried[self.strategies[n]].append(self._item(n, self._first[n]))
        for items in self._untried.values():
            items.sort()

    def __len__(self) -> int:
        return len(self.customers)

    def number(self, list_id: str, customer_id: str) -> int | None:
        """Return an entry's number; None where the list has no such customer to contact."""
        return self._numbers.get((list_id, customer_id))

    def _item(self, n: int, due: int) -> Item:
        return (due, -self._scores[n], self.strategies[n], self.customers[n], n)

    # Results -------------------------------------------------------------------------

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Take in many results, and put their entries in place at the end, all in one go.

        One by one, each insertion moves what stands behind it in a list as long as all
        entries: a million results take minutes.
        """
        if self._waiting is not None:
            yield
            return
        self._waiting = {}
        try:
            yield
        finally:
            waiting, self._waiting = self._waiting, None
            self._place_all(waiting)

    def add_contact(
        self,
        list_id: str,
        customer_id: str,
        at: dt.datetime,
        contact_id: str,
        disposition: str,
        agent: str,
        call_at: dt.datetime | None = None,
    ) -> None:
        """Take in a contact; the same one again, or one of another list, changes nothing."""
        if self._is_known(f"c{contact_id}", at):
            return
        n = self._numbers.get((list_id, customer_id))
        if n is None:
            return
        tries = self._tried.setdefault(n, Tries())
        tries.attempts += 1
        if tries.last is None or (at, contact_id) > tries.last:
            tries.last, tries.disposition, tries.agent = (at, contact_id), disposition, agent
            tries.call_at = call_at
        self._place(n, tries)

    def add_outcome(
        self, list_id: str, customer_id: str, at: dt.datetime, outcome_id: str, responded: bool
    ) -> None:
        """Take in an outcome; the same one again, or one of another list, changes nothing."""
        if self._is_known(f"o{outcome_id}", at):
            return
        n = self._numbers.get((list_id, customer_id))
        if n is None:
            return
        tries = self._tried.setdefault(n, Tries())
        tries.responded = bool(responded) or bool(tries.responded)
        self._place(n, tries)

    def _is_known(self, result: str, at: dt.datetime) -> bool:
        if self.newest is None or at > self.newest:
            self.newest = at
        if result in self._seen:
            return True
        self._seen.add(result)
        return False

    def _place(self, n: int, tries: Tries) -> None:
        """Put an entry where its results say."""
        if self._waiting is not None:
            self._waiting[n] = tries
            return
        standing = self._again.pop(n, None)
        if standing is not None:
            items, item = standing
            del items[bisect.bisect_left(items, item)]
        place = self._place_of(n, tries)
        if place is not None:
            bisect.insort(*place)
            self._again[n] = place

    def _place_of(self, n: int, tries: Tries) -> tuple[list[Item], Item] | None:
        """Return the list that an entry waits in for another try, and as what; None if it is done."""
        status = self._status(tries)
        if status == "done":
            return None
        items = (self._callbacks if status == "callback" else self._retries)[self.strategies[n]]
        return items, self._item(n, self._due(n, tries))

    def _place_all(self, waiting: dict[int, Tries]) -> None:
        if len(waiting) <= _FEW:
            for n, tries in waiting.items():
                self._place(n, tries)
            return
        lists = [*self._callbacks.values(), *self._retries.values()]
        for items in lists:
            items[:] = [item for item in items if item[-1] not in waiting]
        for n, tries in waiting.items():
            self._again.pop(n, None)
            place = self._place_of(n, tries)
            if place is not None:
                place[0].append(place[1])
                self._again[n] = place
        for items in lists:
            items.sort()

    def _status(self, tries: Tries) -> str:
        entry = self._codes.get(tries.disposition)
        follows = entry.next if entry is not None else ""
        said_no = tries.responded is False and follows not in ("retry", "callback")
        given_up = follows == "retry" and tries.attempts >= MOST_TRIES
        if tries.responded or said_no or follows == "done" or given_up:
            return "done"
        return "callback" if follows == "callback" else "open"

    def _due(self, n: int, tries: Tries) -> int:
        entry = self._codes.get(tries.disposition)
        if entry is None or tries.last is None:
            return self._first[n]
        if entry.next == "callback" and tries.call_at is not None:
            return tries.call_at.toordinal()
        return tries.last[0].toordinal() + entry.days

    # Reading -------------------------------------------------------------------------

    def walk(
        self, day: dt.date, strategies: Collection[str] | None = None, *, ahead: bool = False
    ) -> Iterator[int]:
        """Yield the numbers of those to contact, the first first, as a worklist orders them.

        Parameters
        ----------
        day : datetime.date
            The day of work: callbacks that are due, then what else is due.
        strategies : collection of str, optional
            Only these.
        ahead : bool, default=False
            Whether first tries that are not due yet follow; another try never comes early.

        Yields
        ------
        int
        """
        today = day.toordinal()
        wanted = [name for name in self._untried if strategies is None or name in strategies]
        for item in heapq.merge(*(self._callbacks[name] for name in wanted)):
            if item[0] > today:
                break
            yield item[-1]
        retries = heapq.merge(*(self._retries[name] for name in wanted))
        untried = heapq.merge(*(self._first_tries(name) for name in wanted))
        due = itertools.takewhile(lambda item: item[0] <= today, untried)
        for item in heapq.merge(itertools.takewhile(lambda item: item[0] <= today, retries), due):
            yield item[-1]
        if ahead:
            for item in heapq.merge(*(self._first_tries(name) for name in wanted)):
                if item[0] > today:
                    yield item[-1]

    def _first_tries(self, name: str) -> Iterator[Item]:
        """Yield who was not tried yet; those tried since are dropped when they have become many."""
        items = self._untried[name]
        if sum(1 for item in items[:_SKIPPED] if item[-1] in self._tried) > _SKIPPED // 2:
            items = self._untried[name] = [item for item in items if item[-1] not in self._tried]
        return (item for item in items if item[-1] not in self._tried)

    def promised(self, agent: str, day: dt.date) -> list[int]:
        """Return the numbers of those whom a person said they would call again by a day."""
        items = heapq.merge(*self._callbacks.values())
        due = itertools.takewhile(lambda item: item[0] <= day.toordinal(), items)
        return [item[-1] for item in due if self._tried[item[-1]].agent == agent]

    def callback(self, n: int) -> tuple[dt.date, Tries] | None:
        """Return when an entry is to be called again, and what was said; None if it is no callback."""
        tries = self._tried.get(n)
        if tries is None or self._status(tries) != "callback":
            return None
        return dt.date.fromordinal(self._due(n, tries)), tries

    def entry(self, n: int) -> dict[str, Any]:
        """Return what a worklist says of an entry: due_on, status, attempts, last_disposition and so on.

        And its rank (among those of its list who are contacted, from 1) of n_listed.
        """
        tries = self._tried.get(n, Tries())
        status = self._status(tries) if n in self._tried else "open"
        due = self._due(n, tries)
        return {
            "list_id": self.lists[n],
            "strategy_id": self.strategies[n],
            "customer_id": self.customers[n],
            "segment": self.segments[n],
            "status": status,
            "due_on": None if status == "done" else dt.date.fromordinal(due),
            "attempts": tries.attempts,
            "last_disposition": tries.disposition,
            "last_agent": tries.agent,
            "last_contact": "" if tries.last is None else tries.last[1],
            "call_at": tries.call_at if status == "callback" else None,
            "rank": self._ranks[n],
            "n_listed": self._sizes[self.lists[n]],
        }
