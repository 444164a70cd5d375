"""What is read of leases inside a write, and what a chooser of customers is shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from workbench.errors import Conflict, NotAllowed, ParameterProblem
from workbench.store import schema, schema_exchange
from workbench.store import schema_execution as tables
from workbench.store.area import only_row
from workbench.store.database import Change
from workbench.store.quota_rows import QuotaState

NEWEST = 5_000
"""Results that are looked at while everybody else waits; of more there is only the beginning."""
CONTACT = (
    "contact_id",
    "list_id",
    "customer_id",
    "contacted_at",
    "disposition",
    "agent",
    "position",
    "call_at",
)
OUTCOME = ("outcome_id", "list_id", "customer_id", "recorded_at", "responded", "position")


@dataclass(frozen=True)
class News:
    """Results that came in after those that a reader knows.

    Parameters
    ----------
    contacts, outcomes : list of row
        In the order in which they came in.
    is_all : bool
        Whether these are all; else there are more behind them.
    """

    contacts: list[Any]
    outcomes: list[Any]
    is_all: bool = True


@dataclass(frozen=True)
class Look:
    """What stands at the moment in which a customer is taken, while nobody else writes.

    Parameters
    ----------
    at : datetime.datetime
        The moment, UTC.
    news : News
        Results since the reader's last look.
    leased : dict of str to str
        Customer → who works on them now.
    given_back : set of str
        Customers whom the person who looks has given back within half a day.
    quotas : list of QuotaState
        Every quota with what is left of it.
    stamp : (int, int, int)
        Number of lists in the cycle, newest import, version of the disposition codes: what
        an order of the customers was prepared from, if it is the same.
    """

    at: dt.datetime
    news: News
    leased: dict[str, str]
    given_back: set[str]
    quotas: list[QuotaState]
    stamp: tuple[int, int, int]


@dataclass(frozen=True)
class Wanted:
    """A customer on a list, to be taken.

    Parameters
    ----------
    list_id, strategy_id, customer_id : str
        Who, on which list.
    more : dict
        What the chooser wants back with the lease.
    """

    list_id: str
    strategy_id: str
    customer_id: str
    more: dict[str, Any] = field(default_factory=dict, hash=False)


def find_lease(connection: sa.Connection, lease_id: int) -> Any:
    """Return a lease's row.

    Raises
    ------
    NotFound
        If there is none of that number.
    """
    table = tables.leases
    wanted = table.c.lease_id == lease_id
    return only_row(connection, table, wanted, absent="execution_desk.error.no_lease", lease=lease_id)


def standing_lease(change: Change, lease_id: int, agent: str) -> Any:
    """Return a lease that its holder may still use: nobody has taken the customer since.

    Raises
    ------
    NotFound, NotAllowed
        If there is no such lease, or it is another person's.
    ParameterProblem
        If it has ended.
    """
    row = find_lease(change.connection, lease_id)
    if row.agent != agent:
        raise NotAllowed("execution_desk.error.not_yours", who=row.agent)
    if row.ended_as == "expired":
        table = tables.leases
        query = sa.select(table).where(table.c.customer_id == row.customer_id, table.c.lease_id > lease_id)
        since = change.execute(query.order_by(table.c.lease_id)).first()
        assert since is not None
        raise ParameterProblem(
            "execution_desk.error.taken_since", who=since.agent, at=f"{since.taken_at:%Y-%m-%d %H:%M}"
        )
    if row.ended_as is not None:
        key = (
            "execution_desk.error.recorded"
            if row.ended_as == "recorded"
            else "execution_desk.error.given_back"
        )
        raise ParameterProblem(key, at=f"{row.ended_at:%Y-%m-%d %H:%M}")
    return row


def taken(who: str, until: dt.datetime, agent: str) -> Conflict:
    """Return what is said to an agent about a customer whom somebody else holds."""
    difference = {"agent": (agent, who)}
    return Conflict("execution_desk.error.taken", difference=difference, who=who, until=f"{until:%H:%M}")


def results_after(
    connection: sa.Connection, contacts_after: int, outcomes_after: int, most: int | None
) -> News:
    """Return the results behind two positions, at most so many of each kind."""
    found: list[list[Any]] = []
    for table, after in ((schema.contacts, contacts_after), (schema.outcomes, outcomes_after)):
        query = result_rows(table).where(table.c.position > after).order_by(table.c.position)
        found.append(list(connection.execute(query if most is None else query.limit(most))))
    return News(found[0], found[1], most is None or max(map(len, found)) < most)


def result_rows(table: sa.Table) -> sa.Select[Any]:
    """Return the query of contacts, with when to call again, or of outcomes."""
    if table is schema.outcomes:
        return sa.select(*(table.c[name] for name in OUTCOME))
    again = tables.callbacks
    query = sa.select(*(table.c[name] for name in CONTACT[:-1]), again.c.call_at)
    return query.join_from(table, again, table.c.contact_id == again.c.contact_id, isouter=True)


def callbacks_of(
    connection: sa.Connection, contact_ids: Sequence[str] | None
) -> dict[str, tuple[dt.datetime | None, str]]:
    """Return when to call again and the note, by contact; of some, or of all."""
    table = tables.callbacks
    query = sa.select(table)
    if contact_ids is not None:
        query = query.where(table.c.contact_id.in_(list(contact_ids)))
    return {row.contact_id: (row.call_at, row.note) for row in connection.execute(query)}


def made_since(connection: sa.Connection, agent: str, since: dt.datetime) -> list[dict[str, Any]]:
    """Return what came of the leases that a person recorded since a moment."""
    leases, contacts, outcomes = tables.leases, schema.contacts, schema.outcomes
    query = (
        sa.select(contacts.c.disposition, outcomes.c.responded, outcomes.c.amount)
        .join_from(leases, contacts, leases.c.contact_id == contacts.c.contact_id)
        .join(outcomes, outcomes.c.outcome_id == contacts.c.contact_id, isouter=True)
        .where(leases.c.agent == agent, leases.c.ended_as == "recorded", leases.c.ended_at >= since)
    )
    return [dict(row._mapping) for row in connection.execute(query)]


def read_stamp(connection: sa.Connection, cycle_id: str) -> tuple[int, int, int]:
    """Return how many lists a cycle has, the newest import, and the version of the codes."""
    lists, artefacts, codes = schema.target_lists, schema.artefacts, tables.disposition_versions
    n = connection.execute(sa.select(sa.func.count()).where(lists.c.cycle_id == cycle_id)).scalar()
    imported = connection.execute(
        sa.select(sa.func.max(artefacts.c.version)).where(artefacts.c.kind == "import")
    ).scalar()
    version = connection.execute(sa.select(sa.func.max(codes.c.version))).scalar()
    # What is known of customers changes with an import, and with a correction that is accepted.
    corrections = schema_exchange.corrections
    corrected = connection.execute(
        sa.select(sa.func.count()).where(corrections.c.status == "accepted")
    ).scalar()
    return int(n or 0), int(imported or 0) + int(corrected or 0), int(version or 0)


def is_late(change: Change, list_id: str) -> bool:
    """Say whether a list's cycle no longer takes results."""
    lists, cycles = schema.target_lists, schema.cycles
    state = change.execute(
        sa.select(cycles.c.state)
        .join_from(lists, cycles, lists.c.cycle_id == cycles.c.cycle_id)
        .where(lists.c.list_id == list_id)
    ).scalar()
    return state != "open"
