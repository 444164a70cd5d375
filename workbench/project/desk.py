"""The desk: whoever works on the lists takes the next customer, and records what came of it."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from workbench import locale
from workbench.errors import MachineProblem, NotFound, ParameterProblem
from workbench.project.cycles import as_day
from workbench.project.desk_calls import DeskCalls
from workbench.project.desk_lease import Lease, lease_number, lease_of
from workbench.project.desk_order import DeskOrder
from workbench.project.quota import stopped_offers
from workbench.store import may
from workbench.store.lease_rows import Look, Wanted
from workbench.store.leases import MINUTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project.handle import Project

__all__ = ["Desk", "Lease"]
MESSAGE_PREFIXES = ("execution_desk.error.cannot_", "execution_desk.why.")
STOPPED = ("strategy_id", "name", "offer", "branch", "why", "sentence")
_TRIES = 5


class _Stale(Exception):
    """What the desk has at hand was read from something older."""


class Desk(DeskCalls):
    """The work on the lists, at ``project.execution.desk``.

    Whose a customer is goes by the agent's name. On a published page people state their name
    themselves: it says who was at work, and is no proof of who they are. Where that must be
    proven, give each person a process of their own behind the bank's sign-on.

    Parameters
    ----------
    project : Project
        The handle.

    Attributes
    ----------
    passed : dict of str to int
        How many customers the last `take_next` passed over, by why: ``leased``,
        ``given_back`` (by the same person, within half a day), ``promised`` (another person's
        callback of the day), ``later`` (asked for a later hour), ``no_consent``,
        ``do_not_contact``, ``asked_to_stop`` (said so on the telephone), ``unknown``,
        ``used_up``, ``no_quota_now``. Customers of an offer of which no branch has anything left
        are counted only where nobody was found.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store.leases
        self._order: DeskOrder | None = None
        self._lock = threading.RLock()
        self.passed: dict[str, int] = {}

    # Taking --------------------------------------------------------------------------

    def take_next(
        self,
        agent: str | None = None,
        strategy_id: str | None = None,
        channel: str | None = None,
        *,
        day: dt.date | str | None = None,
        minutes: float = MINUTES,
        ahead: bool = False,
        lang: str | None = None,
    ) -> Lease | None:
        """Take the next best customer: nobody else can until it is recorded, given back or expired.

        Callbacks that are due come first, then what else is due, by day and score. Consent,
        do-not-contact, who else works on whom and what is left of the quota are read at
        this moment. A callback is kept for whoever promised it on its day.

        Parameters
        ----------
        agent : str, optional
            Who takes; by default who is using the workbench.
        strategy_id, channel : str, optional
            Only customers of this strategy, or of this channel.
        day : datetime.date or str, optional
            The day of work; by default today, or the newest result's day if that is later.
        minutes : float, default=15
            How long the customer is kept.
        ahead : bool, default=False
            Whether to go on with first tries that are due later.
        lang : str, optional
            Language of salutation and product; by default the script's.

        Returns
        -------
        Lease or None
            None where nobody is to be contacted; `passed` and `stopped` say why.

        Raises
        ------
        NotFound
            If no list was launched, or none of the strategy.
        ParameterProblem
            If the person holds too many customers already, or the cycle is frozen.
        NotAllowed
            If the role may not work the lists.
        """
        who = agent or self._project.store.database.who
        on = as_day(day)
        passed: Counter[str] = Counter()

        def choose(order: DeskOrder, look: Look) -> Wanted | None:
            today = on or order.day(look.at)
            mine = order.strategies(strategy_id, channel)
            sellable = order.sellable(mine, look, today)
            # Where there is nobody, all are gone through, to say why.
            for strategies in (sellable, mine) if sellable != mine else (mine,):
                passed.clear()
                for n in order.order.walk(today, strategies, ahead=ahead):
                    why = order.refusal(n, look, today, who)
                    if not why:
                        return _wanted(order, n, today)
                    passed[why] += 1
            return None

        found = self._take(who, choose, minutes, lang)
        self.passed = dict(passed)
        return found

    def take(
        self,
        list_id: str,
        customer_id: str,
        agent: str | None = None,
        *,
        minutes: float = MINUTES,
        lang: str | None = None,
    ) -> Lease:
        """Take one customer of a list, for example one who has called back on their own.

        Raises
        ------
        NotFound
            If the list has no such customer to contact.
        ParameterProblem
            If they are not to be contacted, or all is done with them; the sentence says why.
        Conflict
            If somebody else works on them.
        """
        who = agent or self._project.store.database.who

        def choose(order: DeskOrder, look: Look) -> Wanted | None:
            n = order.order.number(list_id, customer_id)
            if n is None:
                raise NotFound("project.error.not_on_list", list=list_id)
            today = order.day(look.at)
            why = order.refusal(n, look, today, who)
            if not why and order.order.entry(n)["status"] == "done":
                why = "done"
            # Of a lease the store itself says whose it is.
            if why not in ("", "leased", "given_back", "promised", "later"):
                raise ParameterProblem(f"execution_desk.error.cannot_{why}")
            return _wanted(order, n, today)

        found = self._take(who, choose, minutes, lang)
        assert found is not None
        return found

    def _take(
        self, who: str, choose: Callable[[DeskOrder, Look], Wanted | None], minutes: float, lang: str | None
    ) -> Lease | None:
        self._store.require("contributor")
        cycle_id = self._project.need_cycle().cycle_id
        with self._lock:
            for _ in range(_TRIES):
                order = self._ready()

                def chosen(look: Look, order: DeskOrder = order) -> Wanted | None:
                    if look.stamp != order.stamp or not look.news.is_all:
                        raise _Stale
                    order.add(look.news)
                    return choose(order, look)

                try:
                    row = self._store.take(who, chosen, cycle_id=cycle_id, after=order.after, minutes=minutes)
                except _Stale:
                    self._catch_up(order, cycle_id)
                    continue
                return None if row is None else lease_of(order, row, row["taken_at"], lang)
        raise MachineProblem("execution_desk.error.restless")

    def _ready(self) -> DeskOrder:
        if self._order is None:
            self._order = DeskOrder(self._project)
        return self._order

    def _fresh(self) -> DeskOrder:
        """Return the order with all that has come in; ask for it under the lock."""
        self._catch_up(self._ready(), self._project.need_cycle().cycle_id)
        return self._ready()

    def _catch_up(self, order: DeskOrder, cycle_id: str) -> None:
        """Read anew what has changed, before the store is asked again."""
        if self._store.stamp(cycle_id) != order.stamp:
            self._order = None
        else:
            order.add(self._store.news(*order.after))

    # Having --------------------------------------------------------------------------

    def mine(self, agent: str | None = None, lang: str | None = None) -> list[Lease]:
        """Return the customers that somebody holds, the longest held first; also expired ones nobody took."""
        who = agent or self._project.store.database.who
        self._store.require("contributor")
        self._project.need_cycle()
        rows = self._store.rows(who)
        if not rows:
            return []
        with self._lock:
            order = self._fresh()
            now = self._project.store.database.clock()
            return [
                lease_of(order, row, now, lang)
                for row in rows
                if order.order.number(row["list_id"], row["customer_id"]) is not None
            ]

    def renew(self, lease: Lease | int, agent: str | None = None, minutes: float = MINUTES) -> dt.datetime:
        """Keep a customer for so many minutes from now; return until when (UTC).

        Raises
        ------
        ParameterProblem
            If it was recorded or given back, or somebody else has taken the customer since.
        NotAllowed
            If it is another person's.
        """
        return self._store.renew(lease_number(lease), agent or self._project.store.database.who, minutes)

    def give_back(self, lease: Lease | int, reason: str, agent: str | None = None) -> None:
        """Give a customer back without a record; what was booked for them goes back too.

        An analyst may give back what another person holds.

        Raises
        ------
        ParameterProblem
            If no reason is given, it ended in a record, or somebody else has the customer.
        NotAllowed
            If it is another person's.
        """
        self._store.give_back(lease_number(lease), agent or self._project.store.database.who, reason)

    # Looking on ----------------------------------------------------------------------

    def open_leases(self) -> pd.DataFrame:
        """Return how many customers are being worked on.

        Returns
        -------
        pandas.DataFrame
            strategy_id, n, expired (of these, whose time is over and whom nobody took yet),
            since (the longest held one's, UTC), by strategy; for those who work the lists also
            by agent.
        """
        now = self._project.store.database.clock()
        keys = ["agent", "strategy_id"] if may(self._project.store.database.role, "contributor") else []
        keys = keys or ["strategy_id"]
        rows = pd.DataFrame(
            self._store.rows(), columns=["agent", "strategy_id", "taken_at", "expires_at"]
        ).astype({"taken_at": "datetime64[us]", "expires_at": "datetime64[us]"})
        rows["expired"] = rows["expires_at"].le(pd.Timestamp(now))
        groups = rows.groupby(keys, as_index=False)
        return groups.agg(n=("expired", "size"), expired=("expired", "sum"), since=("taken_at", "min"))

    def stopped(self, day: dt.date | str | None = None, lang: str = "en") -> pd.DataFrame:
        """Return the strategies that are not offered on a day because nothing of their offer is left.

        Returns
        -------
        pandas.DataFrame
            strategy_id, name, offer, branch (empty: the whole bank), why (``used_up`` or
            ``no_quota_now``), sentence.
        """
        from workbench.execution import product_name

        on = as_day(day) or self._project.execution.day()
        states = self._project.store.quotas.states()
        rows = []
        for card in self._project.strategy.launched_cards().to_dict("records"):
            offer = str(card["offer"])
            for branch in dict.fromkeys(each.branch for each in states if each.offer == offer):
                why = stopped_offers(states, offer, branch, on)
                if why:
                    where = branch or locale.text("execution_desk.bank", lang)
                    words = {"offer": product_name(offer, lang), "where": where, "day": f"{on:%Y-%m-%d}"}
                    sentence = locale.text(f"execution_desk.why.{why}", lang, **words)
                    rows.append([card["strategy_id"], card["name"], offer, branch, why, sentence])
        return pd.DataFrame(rows, columns=list(STOPPED))


def _wanted(order: DeskOrder, n: int, day: dt.date) -> Wanted:
    return Wanted(order.order.lists[n], order.order.strategies[n], order.order.customers[n], {"day": day})
