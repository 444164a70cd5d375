"""What the desk has at hand, so that a press is fast: the lists in order, and who is on them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from workbench.errors import NotFound
from workbench.project.contactable import read_people, refusals_of
from workbench.project.quota import stopped_offers

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.store.lease_rows import Look, News

EARLY = dt.timedelta(minutes=5)
"""A callback comes up so long before its hour."""


class DeskOrder:
    """The lists of a cycle in the order in which they are worked, prepared once and kept up.

    Parameters
    ----------
    project : Project
        The handle.

    Attributes
    ----------
    order : WorkOrder
        The customers of the lists.
    cards : dict of str to dict
        The launched cards by strategy.
    stamp : tuple of int
        What all this was read from; see `workbench.store.lease_rows.Look`.
    after : (int, int)
        Positions of the newest contact and outcome that are known.
    """

    def __init__(self, project: Project) -> None:
        from workbench.execution import WorkOrder
        from workbench.execution.dispositions import stopping

        store = project.store
        cycle_id = project.need_cycle().cycle_id
        # Read first: what changes from here on is seen as another stamp.
        self.stamp = store.leases.stamp(cycle_id)
        lists = [row["list_id"] for row in store.lists.rows(cycle_id)]
        if not lists:
            raise NotFound("project.error.no_lists", cycle=cycle_id)
        cards = project.strategy.launched_cards()
        self.cards: dict[str, dict[str, Any]] = {
            str(row["strategy_id"]): {str(name): cell for name, cell in row.items()}
            for row in cards.to_dict("records")
        }
        codes = project.execution.dispositions.codes()
        self.order = WorkOrder(
            project.strategy.targets(), cards, today=store.database.clock().date(), dispositions=codes
        )
        self._stopping, self._stopped = set(stopping(codes)), set[str]()
        self.after = (0, 0)
        known, newest = store.leases.results(lists)
        self.add(known)
        self.after = newest
        self._stopped |= project.execution.dispositions.asked_to_stop()
        self._read_people(project)

    def _read_people(self, project: Project) -> None:
        known = read_people(project)
        people = known.set_index("customer_id").reindex(self.order.customers)
        self.people: dict[str, list[Any]] = {
            name: people[name].tolist() if name in people else [None] * len(people)
            for name in ("name", "gender", "kind", "phone")
        }
        branch = people["branch"].fillna("") if "branch" in people else None
        self.branches: list[str] = [""] * len(people) if branch is None else branch.astype("str").tolist()
        self._all_branches = sorted({"", *self.branches})
        self._refusals = refusals_of(known, self.order.customers)

    def add(self, news: News) -> None:
        """Take in results that have come in."""
        contacts, outcomes = self.after
        with self.order.at_once():
            for row in news.contacts:
                self.order.add_contact(
                    row.list_id,
                    row.customer_id,
                    row.contacted_at,
                    row.contact_id,
                    row.disposition,
                    row.agent or "",
                    row.call_at,
                )
                if row.disposition in self._stopping:
                    self._stopped.add(row.customer_id)
                contacts = max(contacts, row.position or 0)
            for row in news.outcomes:
                self.order.add_outcome(
                    row.list_id, row.customer_id, row.recorded_at, row.outcome_id, row.responded
                )
                outcomes = max(outcomes, row.position or 0)
        self.after = (contacts, outcomes)

    def day(self, at: dt.datetime) -> dt.date:
        """Return the day to look from: a moment's, or the newest result's if that is later."""
        newest = self.order.newest
        return at.date() if newest is None else max(at.date(), newest.date())

    def strategies(self, strategy_id: str | None, channel: str | None) -> set[str]:
        """Return the launched strategies of a name and channel; None is any.

        Raises
        ------
        NotFound
            If no list of the strategy was launched.
        """
        if strategy_id is not None and strategy_id not in self.cards:
            raise NotFound("project.error.no_strategy", strategy=strategy_id, known=", ".join(self.cards))
        return {
            name
            for name, card in self.cards.items()
            if strategy_id in (None, name) and channel in (None, card["channel"])
        }

    def promised(self, agent: str, day: dt.date) -> list[int]:
        """Return the entries that a person promised to call again by a day, and may."""
        found = self.order.promised(agent, day)
        return [n for n in found if not self._refusals[n] and self.order.customers[n] not in self._stopped]

    def refusal(self, n: int, look: Look, day: dt.date, agent: str) -> str:
        """Return why an entry is not to be contacted at this moment; empty where nothing speaks against it.

        Returns
        -------
        str
            ``unknown`` (no longer among the customers), ``no_consent``, ``do_not_contact``,
            ``asked_to_stop`` (said so when they were contacted, for whichever list), ``leased``,
            ``given_back`` (by the agent, within half a day), ``promised`` (another person said
            they would call back on this very day), ``later`` (asked to be called at a later
            hour), ``used_up``, ``no_quota_now``.
        """
        order = self.order
        if self._refusals[n]:
            return self._refusals[n]
        if order.customers[n] in self._stopped:
            return "asked_to_stop"
        if order.customers[n] in look.leased:
            return "leased"
        if order.customers[n] in look.given_back:
            return "given_back"
        again = order.callback(n)
        if again is not None and again[0] == day:
            tries = again[1]
            if tries.agent not in ("", agent):
                return "promised"
            if tries.call_at is not None and tries.call_at > look.at + EARLY:
                return "later"
        return self._stop(order.strategies[n], self.branches[n], look, day)

    def _stop(self, strategy_id: str, branch: str, look: Look, day: dt.date) -> str:
        """Return why nothing of a strategy's offer can go to a branch; empty where it can."""
        offer = str(self.cards[strategy_id]["offer"])
        return stopped_offers(look.quotas, offer, branch, day) or ""

    def sellable(self, strategies: set[str], look: Look, day: dt.date) -> set[str]:
        """Return the strategies of which something is left for some branch.

        Of one that nothing is left of, all customers would be passed over, one by one, at
        every press and while everybody else waits.
        """
        limited = {state.offer for state in look.quotas}
        return {
            name
            for name in strategies
            if str(self.cards[name]["offer"]) not in limited
            or not all(self._stop(name, branch, look, day) for branch in self._all_branches)
        }
