"""What is read of quotas and added to their ledger inside a write."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workbench.store import schema_execution as tables
from workbench.store.area import only_row
from workbench.store.database import Change


@dataclass(frozen=True)
class QuotaState:
    """A quota and what is left of it.

    Parameters
    ----------
    quota_id : int
        Its number.
    offer, branch : str
        What it is of; an empty branch is the whole bank.
    measure : {"units", "CNY"}
        What is counted.
    valid_from, valid_to : datetime.date
        First and last day; no last day is open.
    balance : int
        What is left, in pieces or hundredths of a yuan.
    row_version : int
        For changes.
    """

    quota_id: int
    offer: str
    branch: str
    measure: str
    valid_from: dt.date
    valid_to: dt.date | None
    balance: int
    row_version: int

    def holds_on(self, day: dt.date) -> bool:
        """Say whether a day is one of its days."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def find_quota(
    states: list[QuotaState], offer: str, branch: str, day: dt.date
) -> tuple[QuotaState | None, bool]:
    """Return the quota that a sale draws on, and whether the offer has any: else it is unlimited.

    A branch's own quota comes before the whole bank's.
    """
    mine = [state for state in states if state.offer == offer]
    now = {state.branch: state for state in mine if state.holds_on(day)}
    return (now.get(branch) if branch else None) or now.get(""), bool(mine)


def quota_states(connection: sa.Connection, offer: str | None = None) -> list[QuotaState]:
    """Return the quotas, of one offer or all, with what is left of each."""
    quotas, entries = tables.quotas, tables.quota_entries
    last = (
        sa.select(entries.c.balance)
        .where(entries.c.quota_id == quotas.c.quota_id)
        .order_by(entries.c.entry_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    names = ("quota_id", "offer", "branch", "measure", "valid_from", "valid_to")
    query = sa.select(*(quotas.c[name] for name in names), last, quotas.c.row_version)
    if offer is not None:
        query = query.where(quotas.c.offer == offer)
    return [QuotaState(*tuple(row)) for row in connection.execute(query.order_by(quotas.c.quota_id))]


def return_bookings(change: Change, lease_id: int, who: str, why: str) -> None:
    """Give back what was booked under a lease and is still booked, in the write that ends it."""
    table = tables.quota_entries
    booked = change.execute(
        sa.select(table).where(table.c.lease_id == lease_id, table.c.kind == "book")
    ).all()
    for booking in booked:
        standing = still_booked(change, booking)
        if standing:
            enter_return(change, booking, standing, who, why, None)


def shown_amount(amount: int, measure: str) -> str:
    """Return an amount as a sentence has it.

    Examples
    --------
    >>> shown_amount(1234567, "units"), shown_amount(1234567, "CNY")
    ('1,234,567', '12,345.67 CNY')
    """
    return f"{amount:,}" if measure == "units" else f"{amount // 100:,}.{amount % 100:02d} CNY"


def find_quota_row(change: Change, quota_id: int) -> Any:
    """Return a quota's row.

    Raises
    ------
    NotFound
        If there is none of that number.
    """
    table = tables.quotas
    wanted = table.c.quota_id == quota_id
    return only_row(change, table, wanted, absent="execution_desk.error.no_such_quota", quota=quota_id)


def find_booking(change: Change, entry_id: int, kind: str = "book") -> Any:
    """Return an entry of the ledger.

    Raises
    ------
    NotFound
        If there is no such booking.
    """
    table = tables.quota_entries
    wanted = (table.c.entry_id == entry_id, table.c.kind == kind)
    return only_row(change, table, *wanted, absent="execution_desk.error.no_booking", booking=entry_id)


def balance_of(change: Change, quota_id: int) -> int:
    """Return what is left of a quota."""
    table = tables.quota_entries
    query = sa.select(table.c.balance).where(table.c.quota_id == quota_id)
    return int(change.execute(query.order_by(table.c.entry_id.desc()).limit(1)).scalar() or 0)


def still_booked(change: Change, booking: Any) -> int:
    """Return how much of a booking was not given back."""
    table = tables.quota_entries
    query = sa.select(sa.func.sum(table.c.amount)).where(table.c.booking_id == booking.entry_id)
    return int(-booking.amount - (change.execute(query).scalar() or 0))


def enter_return(change: Change, booking: Any, amount: int, who: str, note: str, key: str | None) -> int:
    """Give a booking back, and return the entry's number."""
    return enter(
        change,
        booking.quota_id,
        "return",
        amount,
        balance_of(change, booking.quota_id),
        who,
        note=note,
        booking_id=booking.entry_id,
        customer_id=booking.customer_id,
        strategy_id=booking.strategy_id,
        booking_key=key,
    )


def enter(
    change: Change, quota_id: int, kind: str, amount: int, balance: int, who: str, note: str = "", **more: Any
) -> int:
    """Add an entry at the ledger's end, and return its number."""
    done = change.execute(
        sa.insert(tables.quota_entries).values(
            quota_id=quota_id,
            kind=kind,
            amount=amount,
            balance=balance + amount,
            note=note,
            at=change.at,
            who=who,
            **more,
        )
    )
    return int(done.inserted_primary_key[0])  # type: ignore[index]
