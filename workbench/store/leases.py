"""Leases: who works on which customer now; a customer is never worked on by two people at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema
from workbench.store import schema_execution as tables
from workbench.store.area import Area, frame_of
from workbench.store.database import Change
from workbench.store.late import Late, refuse_late_lists
from workbench.store.lease_rows import (
    NEWEST,
    Look,
    News,
    Wanted,
    callbacks_of,
    find_lease,
    is_late,
    made_since,
    read_stamp,
    result_rows,
    results_after,
    standing_lease,
    taken,
)
from workbench.store.quota_rows import quota_states, return_bookings
from workbench.store.results import Results
from workbench.store.roles import may, reads, writes
from workbench.store.room_moves import checked_text

if TYPE_CHECKING:
    import pandas as pd

MINUTES = 15.0
"""How long a lease lasts by default."""
LONGEST = 24 * 60.0
MOST_HELD = 5
"""Customers that one person may hold at once; more would keep them from everybody else."""
RESPITE = dt.timedelta(hours=12)
"""So long whoever gave a customer back is not shown them again: the others are."""
LONGEST_REASON = 400
LONGEST_KEY = 80


class _NothingTaken(Exception):
    """Ends a write that has nothing to write."""


class Leases(Area):
    """Leases on customers: taken by one person until they expire, are given back or end in a record."""

    @reads
    def news(self, contacts_after: int, outcomes_after: int) -> News:
        """Return all results that came in after these positions, in their order."""
        with self.database.reading() as connection:
            return results_after(connection, contacts_after, outcomes_after, None)

    @reads
    def stamp(self, cycle_id: str) -> tuple[int, int, int]:
        """Return what an order of a cycle's customers is prepared from; see `Look`."""
        with self.database.reading() as connection:
            return read_stamp(connection, cycle_id)

    @reads
    def results(self, list_ids: list[str]) -> tuple[News, tuple[int, int]]:
        """Return all results of some lists, and the positions of the newest of the whole project."""
        found: list[list[Any]] = []
        after: list[int] = []
        with self.database.reading() as connection:
            for table in (schema.contacts, schema.outcomes):
                newest = connection.execute(sa.select(sa.func.max(table.c.position))).scalar()
                after.append(int(newest or 0))
                query = result_rows(table).where(table.c.list_id.in_(list_ids))
                found.append(list(connection.execute(query)))
        return News(found[0], found[1]), (after[0], after[1])

    @writes("contributor")
    def take(
        self,
        agent: str,
        choose: Callable[[Look], Wanted | None],
        *,
        cycle_id: str,
        after: tuple[int, int],
        minutes: float = MINUTES,
    ) -> dict[str, Any] | None:
        """Take the customer that is chosen from what stands now, while nobody else writes.

        Parameters
        ----------
        agent : str
            Who takes.
        choose : callable
            From a `Look` to the customer wanted, or None for none.
        cycle_id : str
            The cycle whose lists are worked.
        after : (int, int)
            Positions of the newest contact and outcome that the chooser knows.
        minutes : float, default=15
            How long the lease lasts.

        Returns
        -------
        dict or None
            The lease with what the chooser wanted back; None where nobody was chosen.

        Raises
        ------
        ParameterProblem
            If the length is not possible, the person holds too many already, or the list's
            cycle is frozen.
        Conflict
            If somebody else holds the one who was chosen.
        """
        length = _length(minutes)
        try:
            with self.database.writing("lease.take") as change:
                wanted = choose(self._look(change, agent, cycle_id, after))
                if wanted is None:
                    # Nothing is to be written down of a look that found nobody.
                    raise _NothingTaken
                return self._take(change, agent, wanted, length)
        except _NothingTaken:
            return None

    def _look(self, change: Change, agent: str, cycle_id: str, after: tuple[int, int]) -> Look:
        leases = tables.leases
        running = (
            sa.select(leases.c.customer_id, leases.c.agent)
            .join_from(
                tables.leased_customers, leases, tables.leased_customers.c.lease_id == leases.c.lease_id
            )
            .where(leases.c.expires_at > change.at)
        )
        given_back = sa.select(leases.c.customer_id).where(
            leases.c.agent == agent,
            leases.c.taken_at > change.at - RESPITE,
            leases.c.ended_as == "given_back",
        )
        return Look(
            at=change.at,
            news=results_after(change.connection, *after, NEWEST),
            leased={row.customer_id: row.agent for row in change.execute(running)},
            given_back=set(change.connection.execute(given_back).scalars()),
            quotas=quota_states(change.connection),
            stamp=read_stamp(change.connection, cycle_id),
        )

    def _take(self, change: Change, agent: str, wanted: Wanted, length: dt.timedelta) -> dict[str, Any]:
        refuse_late_lists(change, [wanted.list_id])
        leases, leased = tables.leases, tables.leased_customers
        held = change.execute(
            sa.select(sa.func.count())
            .select_from(leased)
            .join(leases, leased.c.lease_id == leases.c.lease_id)
            .where(leases.c.agent == agent, leases.c.expires_at > change.at)
        ).scalar()
        if (held or 0) >= MOST_HELD:
            raise ParameterProblem("execution_desk.error.held", n=held)
        before = change.execute(
            sa.select(leases)
            .join_from(leased, leases, leased.c.lease_id == leases.c.lease_id)
            .where(leased.c.customer_id == wanted.customer_id)
        ).one_or_none()
        if before is not None and before.expires_at > change.at:
            raise taken(before.agent, before.expires_at, agent)
        values = {
            "list_id": wanted.list_id,
            "strategy_id": wanted.strategy_id,
            "customer_id": wanted.customer_id,
            "agent": agent,
            "taken_at": change.at,
            "expires_at": change.at + length,
        }
        done = change.execute(sa.insert(leases).values(**values, reason=""))
        lease_id = int(done.inserted_primary_key[0])  # type: ignore[index]
        if before is None:
            change.execute(sa.insert(leased).values(customer_id=wanted.customer_id, lease_id=lease_id))
        else:
            self._end(change, before, "expired", at=before.expires_at, frees=False)
            change.execute(
                sa.update(leased).where(leased.c.customer_id == wanted.customer_id).values(lease_id=lease_id)
            )
        change.ids.update(lease_id=lease_id, list_id=wanted.list_id)
        return {"lease_id": lease_id, **values, **wanted.more}

    @writes("contributor")
    def renew(self, lease_id: int, agent: str, minutes: float = MINUTES) -> dt.datetime:
        """Let a lease last so many minutes from now; return when it expires (UTC).

        Raises
        ------
        NotFound, NotAllowed
            If there is no such lease, or it is another person's.
        ParameterProblem
            If it has ended, or somebody else has taken the customer since it expired.
        """
        length = _length(minutes)
        with self.database.writing("lease.renew", lease_id=lease_id) as change:
            row = standing_lease(change, lease_id, agent)
            until = change.at + length
            self._set(change, row, expires_at=until)
            return until

    @writes("contributor")
    def give_back(self, lease_id: int, agent: str, reason: str) -> None:
        """Give a customer back without a record; what was booked for them goes back too.

        Twice is once. An analyst may give back what another person holds.

        Raises
        ------
        NotFound, NotAllowed
            If there is no such lease, or it is another person's.
        ParameterProblem
            If no reason is given, it ended in a record, or somebody else has the customer.
        """
        why = checked_text(reason, LONGEST_REASON)
        with self.database.writing("lease.give_back", lease_id=lease_id) as change:
            row = find_lease(change.connection, lease_id)
            if row.ended_as == "given_back":
                change.ids["already"] = True
                return
            helping = may(self.database.role, "analyst")
            row = standing_lease(change, lease_id, row.agent if helping else agent)
            self._end(change, row, "given_back", reason=why)

    @writes("contributor")
    def record(
        self,
        lease_id: int,
        agent: str,
        key: str,
        contact: Mapping[str, Any],
        outcome: Mapping[str, Any] | None = None,
        callback: Mapping[str, Any] | None = None,
        also: Callable[[str, bool], object] | None = None,
    ) -> tuple[str, bool]:
        """Record what came of a lease, and end it, all in one write.

        Parameters
        ----------
        lease_id : int
            The lease.
        agent : str
            Who records; the lease must be theirs.
        key : str
            Made up by the page for this press: sent again, it is recorded once.
        contact : mapping
            channel, disposition, contacted_at (None is now), and any other column of a contact.
        outcome : mapping, optional
            responded, amount, note, where the customer answered. A "no" gives back what was
            booked under the lease.
        callback : mapping, optional
            call_at (UTC, or None) and note: when to call again, and what to know by then.
        also : callable, optional
            Writes what belongs to the call in the same write, given the contact's id and
            whether it came too late.

        Returns
        -------
        (str, bool)
            The contact's id, and whether it came too late: then it is kept aside, because
            the list's cycle was frozen in the meantime.

        Raises
        ------
        NotFound, NotAllowed
            If there is no such lease, or it is another person's.
        ParameterProblem
            If it was given back or recorded before under another key, or somebody else has
            taken the customer since it expired.
        """
        if not key or len(key) > LONGEST_KEY:
            raise ParameterProblem("execution_desk.error.key")
        with self.database.writing("lease.record", lease_id=lease_id) as change:
            row = find_lease(change.connection, lease_id)
            if row.record_key == key and row.agent == agent:
                change.ids["already"] = True
                return str(row.contact_id), False
            row = standing_lease(change, lease_id, agent)
            contact_id = f"lease-{lease_id}"
            about = {name: getattr(row, name) for name in ("list_id", "strategy_id", "customer_id")}
            contacts = [{**contact, **about, "contact_id": contact_id, "agent": agent}]
            contacts[0]["contacted_at"] = contact.get("contacted_at") or change.at
            outcomes = []
            if outcome is not None:
                told = {"recorded_at": change.at, "source": "worklist"}
                outcomes = [{**told, **outcome, **about, "outcome_id": contact_id}]
            late = is_late(change, row.list_id)
            if late:
                Late(self.database, self.project_folder).keep(contacts, outcomes, source="worklist")
            else:
                Results(self.database, self.project_folder).add(contacts, outcomes)
                if callback is not None:
                    change.execute(sa.insert(tables.callbacks).values(contact_id=contact_id, **callback))
            if also is not None:
                also(contact_id, late)
            refused = outcome is not None and not outcome.get("responded")
            self._end(change, row, "recorded", keeps=not refused, record_key=key, contact_id=contact_id)
            change.ids.update(contact_id=contact_id, list_id=row.list_id)
            return contact_id, late

    @reads
    def callbacks(
        self, contact_ids: Sequence[str] | None = None
    ) -> dict[str, tuple[dt.datetime | None, str]]:
        """Return when to call again and the note, by contact; of some, or of all."""
        with self.database.reading() as connection:
            return callbacks_of(connection, contact_ids)

    @reads
    def made(self, agent: str, since: dt.datetime) -> list[dict[str, Any]]:
        """Return what a person recorded here since a moment: disposition, responded, amount."""
        with self.database.reading() as connection:
            return made_since(connection, agent, since)

    @reads
    def refuse_other(self, customer_id: str, agent: str) -> None:
        """Refuse to work on a customer who is another person's for now.

        Raises
        ------
        Conflict
            If somebody else holds them.
        """
        now = self.database.clock()
        for row in self.rows():
            if row["customer_id"] == customer_id and row["agent"] != agent and row["expires_at"] > now:
                raise taken(row["agent"], row["expires_at"], agent)

    @reads
    def find(self, lease_id: int) -> dict[str, Any]:
        """Return one lease, also an ended one.

        Raises
        ------
        NotFound
            If there is none of that number.
        """
        with self.database.reading() as connection:
            return dict(find_lease(connection, lease_id)._mapping)

    @reads
    def rows(self, agent: str | None = None) -> list[dict[str, Any]]:
        """Return the leases that stand, of one person or all, the oldest first; also expired ones.

        An expired lease stands until somebody takes the customer.
        """
        leases, leased = tables.leases, tables.leased_customers
        query = sa.select(leases).join_from(leased, leases, leased.c.lease_id == leases.c.lease_id)
        if agent is not None:
            query = query.where(leases.c.agent == agent)
        with self.database.reading() as connection:
            return [
                dict(row._mapping)
                for row in connection.execute(query.order_by(leases.c.taken_at, leases.c.lease_id))
            ]

    @reads
    def frame(self) -> pd.DataFrame:
        """Return every lease there ever was, oldest first."""
        table = tables.leases
        with self.database.reading() as connection:
            return frame_of(connection.execute(sa.select(table).order_by(table.c.lease_id)), table.c.keys())

    def _end(
        self,
        change: Change,
        row: Any,
        ended_as: str,
        *,
        at: dt.datetime | None = None,
        frees: bool = True,
        keeps: bool = False,
        **values: Any,
    ) -> None:
        self._set(change, row, ended_at=at or change.at, ended_as=ended_as, **values)
        if frees:
            leased = tables.leased_customers
            change.execute(sa.delete(leased).where(leased.c.lease_id == row.lease_id))
        if not keeps:
            return_bookings(change, row.lease_id, self.database.who, ended_as)

    @staticmethod
    def _set(change: Change, row: Any, **values: Any) -> None:
        table = tables.leases
        change.execute(sa.update(table).where(table.c.lease_id == row.lease_id).values(**values))


def _length(minutes: float) -> dt.timedelta:
    if not 0 < minutes <= LONGEST:
        raise ParameterProblem("execution_desk.error.minutes", minutes=minutes)
    return dt.timedelta(minutes=minutes)
