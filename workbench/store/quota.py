"""Product quotas: how much of an offer may be sold, and a ledger of everything that was booked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.errors import NotFound, ParameterProblem
from workbench.store import schema_execution as tables
from workbench.store.area import Area, frame_of, refuse_lost_edit
from workbench.store.database import Change
from workbench.store.lease_rows import standing_lease
from workbench.store.quota_rows import (
    QuotaState,
    balance_of,
    enter,
    enter_return,
    find_booking,
    find_quota,
    find_quota_row,
    quota_states,
    shown_amount,
    still_booked,
)
from workbench.store.roles import reads, writes

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("units", "CNY")
"""What a quota counts: pieces, or money (kept in hundredths of a yuan)."""
LONGEST_KEY = 80
MOST = 10**15
"""Largest amount of one entry, in pieces or hundredths of a yuan."""


class Quotas(Area):
    """Quotas and their ledger. Entries are only added: what is left is the sum of them."""

    @writes("analyst")
    def define(
        self,
        offer: str,
        total: int,
        *,
        measure: str,
        valid_from: dt.date,
        valid_to: dt.date | None = None,
        branch: str = "",
        note: str = "",
    ) -> int:
        """Open a quota, and return its number.

        Parameters
        ----------
        offer : str
            What is sold.
        total : int
            Pieces, or hundredths of a yuan.
        measure : {"units", "CNY"}
            Which of the two.
        valid_from, valid_to : datetime.date
            First and last day on which it can be booked; no last day is open.
        branch : str, default=""
            The branch it is for; empty is the whole bank.
        note : str, default=""
            Why.

        Raises
        ------
        ParameterProblem
            If the total, the measure or the days are not possible, or another quota of the
            offer and branch holds on one of the days.
        """
        if measure not in MEASURES:
            raise ParameterProblem(
                "execution_desk.error.measure", measure=measure, measures=", ".join(MEASURES)
            )
        if not offer.strip() or len(offer) > 80 or len(branch) > 200:
            raise ParameterProblem("execution_desk.error.offer")
        _check_amount(total)
        with self.database.writing("quota.define", offer=offer) as change:
            _refuse_days(change, offer, branch, valid_from, valid_to, None)
            other = next((s for s in quota_states(change.connection, offer) if s.measure != measure), None)
            if other is not None:
                # A booking says how much, not of what.
                raise ParameterProblem(
                    "execution_desk.error.other_measure", quota=other.quota_id, measure=other.measure
                )
            done = change.execute(
                sa.insert(tables.quotas).values(
                    offer=offer,
                    branch=branch,
                    measure=measure,
                    valid_from=valid_from,
                    valid_to=valid_to,
                    note=note,
                    created_at=change.at,
                    created_by=self.database.who,
                    row_version=1,
                )
            )
            change.ids["quota_id"] = quota_id = int(done.inserted_primary_key[0])  # type: ignore[index]
            enter(change, quota_id, "open", total, 0, self.database.who, note=note)
            return quota_id

    @writes("analyst")
    def change(
        self,
        quota_id: int,
        *,
        expected_version: int,
        total: int | None = None,
        valid_to: dt.date | None = None,
        note: str = "",
    ) -> int:
        """Make a quota larger or smaller, or let it end on another day; return its new version.

        Raises
        ------
        NotFound
            If there is no such quota.
        ParameterProblem
            If more than the new total is booked already, or its days would meet another quota's.
        Conflict
            If somebody else changed it first.
        """
        with self.database.writing("quota.change", quota_id=quota_id) as change:
            row = find_quota_row(change, quota_id)
            wanted = {} if valid_to is None else {"valid_to": valid_to}
            current = {"valid_to": row.valid_to}
            refuse_lost_edit(current, wanted, expected_version, row.row_version, f"quota {quota_id}")
            if total is not None:
                _check_amount(total)
                entries = tables.quota_entries
                given = change.execute(
                    sa.select(sa.func.sum(entries.c.amount)).where(
                        entries.c.quota_id == quota_id, entries.c.kind.in_(("open", "change"))
                    )
                ).scalar()
                balance = balance_of(change, quota_id)
                by = total - int(given or 0)
                if balance + by < 0:
                    raise ParameterProblem(
                        "execution_desk.error.booked_more",
                        booked=shown_amount(int(given or 0) - balance, row.measure),
                        total=shown_amount(total, row.measure),
                    )
                if by:
                    enter(change, quota_id, "change", by, balance, self.database.who, note=note)
            ends = row.valid_to if valid_to is None else valid_to
            if valid_to is not None:
                _refuse_days(change, row.offer, row.branch, row.valid_from, valid_to, quota_id)
            change.execute(
                sa.update(tables.quotas)
                .where(tables.quotas.c.quota_id == quota_id)
                .values(valid_to=ends, row_version=row.row_version + 1)
            )
            return int(row.row_version) + 1

    @writes("contributor")
    def book(
        self,
        offer: str,
        amount: int,
        key: str,
        *,
        day: dt.date,
        branch: str = "",
        about: Mapping[str, Any] | None = None,
        lease: tuple[int, str] | None = None,
    ) -> dict[str, Any]:
        """Book a part of the quota that holds on a day; never more than is left.

        Parameters
        ----------
        offer : str
            What is sold.
        amount : int
            Pieces, or hundredths of a yuan.
        key : str
            Made up by the page for this booking: sent again, it is booked once.
        day : datetime.date
            The day of the sale.
        branch : str, default=""
            The customer's branch.
        about : mapping, optional
            customer_id and strategy_id.
        lease : (int, str), optional
            The lease under which it is booked, and its holder. Ends that lease without a
            sale, the booking goes back.

        Returns
        -------
        dict
            The ledger's entry: entry_id, quota_id, amount, balance …

        Raises
        ------
        NotFound
            If the offer has no quota.
        ParameterProblem
            If none holds on the day, too little is left, or the key was used for another booking.
        """
        _check_amount(amount)
        if not key or len(key) > LONGEST_KEY:
            raise ParameterProblem("execution_desk.error.key")
        known = dict(about or {})
        with self.database.writing("quota.book", offer=offer) as change:
            entries = tables.quota_entries
            before = change.execute(sa.select(entries).where(entries.c.booking_key == key)).one_or_none()
            if before is not None:
                if (before.amount, before.customer_id) != (-amount, known.get("customer_id")):
                    raise ParameterProblem("execution_desk.error.key_used")
                change.ids["already"] = True
                return dict(before._mapping)
            quota = self._valid(change, offer, branch, day)
            if quota.balance < amount:
                raise ParameterProblem(
                    "execution_desk.error.too_little",
                    offer=offer,
                    left=shown_amount(quota.balance, quota.measure),
                    asked=shown_amount(amount, quota.measure),
                )
            if lease is not None:
                row = standing_lease(change, *lease)
                known = {"customer_id": row.customer_id, "strategy_id": row.strategy_id} | known
                if known["customer_id"] != row.customer_id:
                    raise ParameterProblem("execution_desk.error.other_customer")
            entry_id = enter(
                change,
                quota.quota_id,
                "book",
                -amount,
                quota.balance,
                self.database.who,
                customer_id=known.get("customer_id"),
                strategy_id=known.get("strategy_id"),
                lease_id=None if lease is None else lease[0],
                booking_key=key,
            )
            change.ids.update(quota_id=quota.quota_id, entry_id=entry_id)
            return dict(find_booking(change, entry_id)._mapping)

    @staticmethod
    def _valid(change: Change, offer: str, branch: str, day: dt.date) -> QuotaState:
        quota, has_any = find_quota(quota_states(change.connection, offer), offer, branch, day)
        if not has_any:
            raise NotFound("execution_desk.error.no_quota", offer=offer)
        if quota is None:
            raise ParameterProblem("execution_desk.error.no_quota_now", offer=offer, day=f"{day:%Y-%m-%d}")
        return quota

    @writes("contributor")
    def give_back(self, entry_id: int, key: str, amount: int | None = None, note: str = "") -> dict[str, Any]:
        """Take a booking back, all of it or a part: it can be booked again.

        Parameters
        ----------
        entry_id : int
            The booking's entry.
        key : str
            Made up by the page: sent again, it goes back once.
        amount : int, optional
            Pieces, or hundredths of a yuan; by default all that is left of the booking.
        note : str, default=""
            Why.

        Raises
        ------
        NotFound
            If there is no such booking.
        ParameterProblem
            If less of it is left.
        """
        if not key or len(key) > LONGEST_KEY:
            raise ParameterProblem("execution_desk.error.key")
        with self.database.writing("quota.give_back", entry_id=entry_id) as change:
            entries = tables.quota_entries
            before = change.execute(sa.select(entries).where(entries.c.booking_key == key)).one_or_none()
            if before is not None:
                if before.booking_id != entry_id:
                    raise ParameterProblem("execution_desk.error.key_used")
                change.ids["already"] = True
                return dict(before._mapping)
            booking = find_booking(change, entry_id)
            standing = still_booked(change, booking)
            wanted = standing if amount is None else amount
            if not 0 < wanted <= standing:
                raise ParameterProblem("execution_desk.error.not_booked", booking=entry_id)
            made = enter_return(change, booking, wanted, self.database.who, note, key)
            return dict(find_booking(change, made, "return")._mapping)

    @reads
    def states(self) -> list[QuotaState]:
        """Return every quota with what is left of it, in the order of their making."""
        with self.database.reading() as connection:
            return quota_states(connection)

    @reads
    def totals(self) -> dict[int, int]:
        """Return how large each quota is: what it was opened with and changed by."""
        entries = tables.quota_entries
        query = sa.select(entries.c.quota_id, sa.func.sum(entries.c.amount)).where(
            entries.c.kind.in_(("open", "change"))
        )
        with self.database.reading() as connection:
            return {
                int(row[0]): int(row[1]) for row in connection.execute(query.group_by(entries.c.quota_id))
            }

    @reads
    def standing(self) -> list[tuple[int, bool, int]]:
        """Return what is left of each booking that did not wholly come back: quota, held or sold, amount.

        A booking is held while the lease that it was made under stands: ends that without a
        yes, it goes back.
        """
        entries, leases = tables.quota_entries, tables.leases
        back = (
            sa.select(entries.c.booking_id, sa.func.sum(entries.c.amount).label("amount"))
            .where(entries.c.booking_id.is_not(None))
            .group_by(entries.c.booking_id)
            .subquery()
        )
        held = sa.and_(leases.c.lease_id.is_not(None), leases.c.ended_at.is_(None))
        left = -entries.c.amount - sa.func.coalesce(back.c.amount, 0)
        query = (
            sa.select(entries.c.quota_id, held, left)
            .select_from(entries)
            .outerjoin(leases, leases.c.lease_id == entries.c.lease_id)
            .outerjoin(back, back.c.booking_id == entries.c.entry_id)
            .where(entries.c.kind == "book", left > 0)
        )
        with self.database.reading() as connection:
            return [(int(row[0]), bool(row[1]), int(row[2])) for row in connection.execute(query)]

    @reads
    def ledger(self, quota_id: int | None = None) -> pd.DataFrame:
        """Return the entries of one quota, or of all, in their order; amounts as whole numbers."""
        table = tables.quota_entries
        query = sa.select(table).order_by(table.c.entry_id)
        if quota_id is not None:
            query = query.where(table.c.quota_id == quota_id)
        with self.database.reading() as connection:
            return frame_of(connection.execute(query), table.c.keys())


def _check_amount(amount: int) -> None:
    if not 0 < amount <= MOST:
        raise ParameterProblem("execution_desk.error.amount", amount=amount)


def _refuse_days(
    change: Change, offer: str, branch: str, first: dt.date, last: dt.date | None, but: int | None
) -> None:
    """Refuse days that are out of order, or on which another quota of offer and branch holds."""
    if last is not None and last < first:
        raise ParameterProblem(
            "execution_desk.error.days", first=f"{first:%Y-%m-%d}", last=f"{last:%Y-%m-%d}"
        )
    table = tables.quotas
    meets = [table.c.offer == offer, table.c.branch == branch]
    meets.append(sa.or_(table.c.valid_to.is_(None), table.c.valid_to >= first))
    if last is not None:
        meets.append(table.c.valid_from <= last)
    if but is not None:
        meets.append(table.c.quota_id != but)
    other = change.execute(sa.select(table).where(*meets)).first()
    if other is not None:
        raise ParameterProblem(
            "execution_desk.error.quota_overlaps",
            quota=other.quota_id,
            first=f"{other.valid_from:%Y-%m-%d}",
            last=f"{other.valid_to:%Y-%m-%d}" if other.valid_to else "…",
        )
