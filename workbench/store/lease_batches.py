"""Many customers taken and recorded in one write, for a past campaign that is played again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workbench.store import schema_execution as tables
from workbench.store.database import Change
from workbench.store.late import refuse_late_lists
from workbench.store.lease_rows import Look, Wanted
from workbench.store.leases import MINUTES, MOST_HELD, Leases
from workbench.store.results import Results
from workbench.store.roles import reads, writes

KEYS = "replay-"
"""How the keys of played contacts begin."""


@dataclass(frozen=True)
class Worked:
    """One customer of a batch, and what came of them.

    Parameters
    ----------
    wanted : Wanted
        The customer, on a list.
    agent : str
        Who takes and records.
    key : str
        Of this contact, made from its own cells: the same one again is recorded once.
    contact : dict
        channel, disposition, contacted_at.
    outcome : dict or None
        responded, amount, note, recorded_at, where the customer answered.
    """

    wanted: Wanted
    agent: str
    key: str
    contact: dict[str, Any]
    outcome: dict[str, Any] | None


class LeaseBatches(Leases):
    """Leases that are taken and end in a record within one write, many at once."""

    @reads
    def played(self, list_ids: Sequence[str]) -> dict[str, str]:
        """Return the contact of each key that was played on some lists."""
        table = tables.leases
        query = sa.select(table.c.record_key, table.c.contact_id).where(
            table.c.list_id.in_(list(list_ids)), table.c.record_key.like(f"{KEYS}%")
        )
        with self.database.reading() as connection:
            return {row.record_key: row.contact_id for row in connection.execute(query)}

    @writes("contributor")
    def together(self, rounds: Callable[[], int]) -> int:
        """Let several batches be one write: all of them stand, or none; return what they return."""
        with self.database.writing("lease.replay") as change:
            change.ids["n"] = n = rounds()
            return n

    @writes("contributor")
    def work(
        self,
        choose: Callable[[Look], Sequence[Worked]],
        *,
        cycle_id: str,
        after: tuple[int, int],
        also: Callable[[Sequence[tuple[str, Worked]]], object] | None = None,
    ) -> list[tuple[str, Worked]]:
        """Take those who are chosen from what stands now, and record what came of them.

        All of it is one write: a process that ends in the middle leaves nothing of the batch.
        Nobody else can hold one of them, and nobody holds more than they could one by one.

        Parameters
        ----------
        choose : callable
            From a `Look` to those who are worked, each customer at most once.
        cycle_id : str
            The cycle whose lists are worked.
        after : (int, int)
            Positions of the newest contact and outcome that the chooser knows.
        also : callable, optional
            Writes what belongs to the contacts in the same write, given their ids.

        Returns
        -------
        list of (str, Worked)
            The contacts' ids with those worked; whose key was recorded before is left out.

        Raises
        ------
        ParameterProblem
            If a list's cycle is frozen.
        """
        with self.database.writing("lease.batch") as change:
            chosen = list(choose(self._look(change, "", cycle_id, after)))
            chosen = self._fresh(change, chosen)
            change.ids["n"] = len(chosen)
            if not chosen:
                return []
            lists = sorted({each.wanted.list_id for each in chosen})
            refuse_late_lists(change, lists)
            self._end_expired(change, chosen)
            numbers = self._take_all(change, chosen)
            done = [(f"lease-{number}", each) for number, each in zip(numbers, chosen, strict=True)]
            contacts = [{**_about(each), **each.contact, "contact_id": name} for name, each in done]
            outcomes = [
                {**_about(each), "source": "worklist", **each.outcome, "outcome_id": name}
                for name, each in done
                if each.outcome is not None
            ]
            Results(self.database, self.project_folder).add(contacts, outcomes)
            if also is not None:
                also(done)
            self._end_all(change, numbers, done)
            change.ids["list_ids"] = lists
            return done

    def _fresh(self, change: Change, chosen: Sequence[Worked]) -> list[Worked]:
        """Leave out what another process has played since this one read the keys."""
        table = tables.leases
        known: set[str] = set()
        if chosen:
            people = [each.wanted.customer_id for each in chosen]
            query = sa.select(table.c.record_key).where(
                table.c.customer_id.in_(people), table.c.record_key.is_not(None)
            )
            known = {str(key) for key in change.connection.execute(query).scalars()}
        return [each for each in chosen if each.key not in known]

    def _end_expired(self, change: Change, chosen: Sequence[Worked]) -> None:
        leases, leased = tables.leases, tables.leased_customers
        standing = sa.select(leases).join_from(leased, leases, leased.c.lease_id == leases.c.lease_id)
        people = [each.wanted.customer_id for each in chosen]
        expired = leases.c.expires_at <= change.at
        for row in change.execute(standing.where(leased.c.customer_id.in_(people), expired)).all():
            self._end(change, row, "expired", at=row.expires_at)

    def _take_all(self, change: Change, chosen: Sequence[Worked]) -> list[int]:
        leases, leased = tables.leases, tables.leased_customers
        newest = change.connection.execute(sa.select(sa.func.max(leases.c.lease_id))).scalar() or 0
        until = change.at + dt.timedelta(minutes=MINUTES)
        moment = {"taken_at": change.at, "expires_at": until, "reason": ""}
        rows = [{**_about(each), **moment} for each in chosen]
        change.execute(sa.insert(leases), rows)
        made = sa.select(leases.c.customer_id, leases.c.lease_id).where(leases.c.lease_id > newest)
        numbers = {row.customer_id: int(row.lease_id) for row in change.execute(made)}
        # The customer's own key keeps a second one out, here as everywhere.
        pairs = [{"customer_id": name, "lease_id": number} for name, number in numbers.items()]
        change.execute(sa.insert(leased), pairs)
        return [numbers[each.wanted.customer_id] for each in chosen]

    @staticmethod
    def _end_all(change: Change, numbers: Sequence[int], done: Sequence[tuple[str, Worked]]) -> None:
        leases, leased = tables.leases, tables.leased_customers
        ended = {"ended_at": change.at, "ended_as": "recorded"}
        one = leases.c.lease_id == sa.bindparam("number")
        names: dict[str, Any] = {"record_key": sa.bindparam("key"), "contact_id": sa.bindparam("name")}
        told = [
            {"number": number, "key": each.key, "name": name}
            for number, (name, each) in zip(numbers, done, strict=True)
        ]
        change.execute(sa.update(leases).where(one).values(**ended, **names), told)
        change.execute(sa.delete(leased).where(leased.c.lease_id.in_(list(numbers))))


def fits(held: Mapping[str, int], agent: str) -> bool:
    """Say whether an agent may take one more within a batch."""
    return held.get(agent, 0) < MOST_HELD


def _about(each: Worked) -> dict[str, Any]:
    wanted = each.wanted
    return {
        "list_id": wanted.list_id,
        "strategy_id": wanted.strategy_id,
        "customer_id": wanted.customer_id,
        "agent": each.agent,
    }
