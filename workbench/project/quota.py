"""Product quotas of a project: what may be sold, what was booked, and what is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.cycles import as_day
from workbench.store.quota_rows import find_quota
from workbench.tables.masking import mask_identifier

if TYPE_CHECKING:
    from workbench.project.desk_lease import Lease
    from workbench.project.handle import Project
    from workbench.store.quota_rows import QuotaState

_STATE = ["quota_id", "offer", "branch", "measure", "valid_from", "valid_to"]
COLUMNS = (*_STATE, "total", "booked", "held", "left", "n_bookings", "holds", "row_version")
LEDGER = ("entry_id", "quota_id", "kind", "booking_id", "amount", "left", "strategy_id", "note", "at", "who")


class Quota:
    """Product quotas, at ``project.execution.quota``. Amounts are whole pieces, or CNY to the fen.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store.quotas

    def define(
        self,
        offer: str,
        total: float,
        *,
        measure: str = "units",
        valid_from: dt.date | str,
        valid_to: dt.date | str | None = None,
        branch: str = "",
        note: str = "",
    ) -> int:
        """Open a quota of an offer, and return its number.

        From then on the offer is sold on the days of a quota only, and as long as some of
        it is left; a branch's own quota comes before the whole bank's.

        Parameters
        ----------
        offer : str
            What is sold, as the strategy cards name it.
        total : float
            How much: pieces, or CNY.
        measure : {"units", "CNY"}, default="units"
            What is counted.
        valid_from, valid_to : datetime.date or str
            First and last day; no last day is open.
        branch : str, default=""
            The branch it is for; empty is the whole bank.
        note : str, default=""
            Why.

        Raises
        ------
        ParameterProblem
            If the total, the measure or the days are not possible, or another quota of offer
            and branch holds on one of the days.
        """
        first = as_day(valid_from)
        assert first is not None
        return self._store.define(
            offer,
            to_whole(total, measure),
            measure=measure,
            valid_from=first,
            valid_to=as_day(valid_to),
            branch=branch,
            note=note,
        )

    def change(
        self,
        quota_id: int,
        *,
        total: float | None = None,
        valid_to: dt.date | str | None = None,
        expected_version: int | None = None,
        note: str = "",
    ) -> int:
        """Make a quota larger or smaller, or let it end on another day; return its new version.

        Raises
        ------
        ParameterProblem
            If more is booked than the new total, or its days would meet another quota's.
        Conflict
            If somebody else changed it since the expected version.
        """
        state = next((each for each in self._store.states() if each.quota_id == quota_id), None)
        measure = "units" if state is None else state.measure
        standing = 0 if state is None else state.row_version
        return self._store.change(
            quota_id,
            expected_version=standing if expected_version is None else expected_version,
            total=None if total is None else to_whole(total, measure),
            valid_to=as_day(valid_to),
            note=note,
        )

    def left(self, offer: str, day: dt.date | str | None = None, branch: str = "") -> float | None:
        """Return how much of an offer can still be booked on a day.

        Parameters
        ----------
        offer : str
            The offer.
        day : datetime.date or str, optional
            By default today.
        branch : str, default=""
            The customer's branch.

        Returns
        -------
        float or None
            Pieces or CNY; 0 where no quota holds on the day; None for an offer without any
            quota, which can be sold without end.
        """
        state, has_any = find_quota(self._store.states(), offer, branch, self._day(day))
        if state is None:
            return 0.0 if has_any else None
        return shown(state.balance, state.measure)

    def book(
        self,
        offer: str,
        amount: float,
        *,
        key: str,
        lease: Lease | None = None,
        customer_id: str | None = None,
        branch: str | None = None,
        strategy_id: str | None = None,
        day: dt.date | str | None = None,
    ) -> int:
        """Book a part of an offer's quota, and return the booking's number.

        Parameters
        ----------
        offer : str
            The offer.
        amount : float
            Pieces or CNY, as the quota counts.
        key : str
            Made up by the page for this booking: sent again, it is booked once.
        lease : Lease, optional
            The customer at hand. Ends the lease without a yes, the booking goes back.
        customer_id : str, optional
            For whom; by default the lease's.
        branch : str, optional
            The customer's branch; by default the lease's.
        strategy_id : str, optional
            The strategy that it came of; by default the lease's.
        day : datetime.date or str, optional
            By default the lease's day of work, else today.

        Raises
        ------
        NotFound
            If the offer has no quota.
        ParameterProblem
            If none holds on the day, too little is left, or the lease is over.
        """
        mine = [state for state in self._store.states() if state.offer == offer]
        measure = mine[0].measure if mine else "units"
        given = {"customer_id": customer_id, "strategy_id": strategy_id}
        about: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        home = branch if branch is not None else lease.branch if lease is not None else ""
        if lease is not None:
            about = {"customer_id": lease.customer_id, "strategy_id": lease.strategy_id} | about
        entry = self._store.book(
            offer,
            to_whole(amount, measure),
            key,
            day=self._day(day if day is not None or lease is None else lease.day),
            branch=home,
            about=about,
            lease=None if lease is None else (lease.lease_id, lease.agent),
        )
        return int(entry["entry_id"])

    def give_back(self, booking: int, *, key: str, amount: float | None = None, note: str = "") -> None:
        """Take a booking back, all of it or a part.

        Raises
        ------
        NotFound
            If there is no such booking.
        ParameterProblem
            If less of it is booked.
        """
        whole = None
        if amount is not None:
            entries = self._store.ledger()
            mine = entries.loc[entries["entry_id"].eq(booking), "quota_id"]
            measures = {state.quota_id: state.measure for state in self._store.states()}
            whole = to_whole(amount, measures[int(mine.iloc[0])] if len(mine) else "units")
        self._store.give_back(booking, key, whole, note)

    def frame(self, day: dt.date | str | None = None) -> pd.DataFrame:
        """Return the quotas.

        Returns
        -------
        pandas.DataFrame
            quota_id, offer, branch (empty: the whole bank), measure, valid_from, valid_to, total,
            booked, held (of that: under a lease that stands, so it may yet go back), left
            (pieces or CNY), n_bookings (that did not come back), holds (on the day), row_version.
        """
        totals, standing, today = self._store.totals(), self._store.standing(), self._day(day)
        rows = []
        for state in self._store.states():
            mine = [(held, amount) for quota_id, held, amount in standing if quota_id == state.quota_id]
            held = sum(amount for is_held, amount in mine if is_held)
            rows.append(_row(state, totals[state.quota_id], held, len(mine), today))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def ledger(self, quota_id: int | None = None) -> pd.DataFrame:
        """Return all that was ever entered, in its order; what is left is the sum of the amounts.

        Returns
        -------
        pandas.DataFrame
            entry_id, quota_id, kind (open, change, book, return), booking_id (of a return),
            amount (negative for bookings), left (of that quota, afterwards), strategy_id, note,
            at (UTC), who. Of which customer is not in it.
        """
        measures = {state.quota_id: state.measure for state in self._store.states()}
        frame = self._store.ledger(quota_id).rename(columns={"balance": "left"})
        for column in ("amount", "left"):
            cells = zip(frame[column], frame["quota_id"], strict=True)
            frame[column] = pd.Series([shown(n, measures[q]) for n, q in cells], dtype="float64")
        return frame[list(LEDGER)]

    def bookings(self, quota_id: int | None = None) -> pd.DataFrame:
        """Return the ledger with the customer of each booking, masked; for those who work the lists.

        Returns
        -------
        pandas.DataFrame
            As `ledger`, and ``customer``: the masked identifier, empty where there is none.

        Raises
        ------
        NotAllowed
            If the role may not work the lists.
        """
        self._store.require("contributor")
        known = self._store.ledger(quota_id)
        masked = [mask_identifier(value) for value in known["customer_id"]]
        return self.ledger(quota_id).assign(customer=pd.Series(masked, dtype="str"))

    def forecast(self, day: dt.date | str | None = None, window: int | None = None) -> pd.DataFrame:
        """Return the day on which each quota runs out at the present pace; see `workbench.forecast_quota`.

        Parameters
        ----------
        day : datetime.date or str, optional
            The last day that is over; by default today.
        window : int, optional
            So many days make the pace; by default 14.
        """
        from workbench.execution.quota_forecast import WINDOW, forecast_quota

        today = self._day(day)
        days = WINDOW if window is None else window
        return forecast_quota(self.frame(today), self.ledger(), today=today, window=days)

    def _day(self, day: dt.date | str | None) -> dt.date:
        return as_day(day) or self._project.store.database.clock().date()


def stopped_offers(states: Sequence[QuotaState], offer: str, branch: str, day: dt.date) -> str | None:
    """Return why an offer can't be sold to customers of a branch on a day: used_up, no_quota_now, or None."""
    state, has_any = find_quota(list(states), offer, branch, day)
    if not has_any:
        return None
    if state is None:
        return "no_quota_now"
    return None if state.balance > 0 else "used_up"


def to_whole(amount: float, measure: str) -> int:
    """Return pieces, or hundredths of a yuan, as the ledger keeps them.

    Raises
    ------
    ParameterProblem
        If it is no such amount.

    Examples
    --------
    >>> to_whole(12.5, "CNY"), to_whole(3, "units")
    (1250, 3)
    """
    exact = float(amount) * (100 if measure == "CNY" else 1)
    # A sum of money as a float may be off by less than a fen; a part of a fen is a mistake.
    if not abs(exact) < 1e15 or abs(exact - round(exact)) > 1e-4:
        raise ParameterProblem("execution_desk.error.amount", amount=amount)
    return round(exact)


def shown(whole: int, measure: str) -> float:
    """Return the ledger's whole number as pieces or CNY.

    Examples
    --------
    >>> shown(1250, "CNY")
    12.5
    """
    return float(whole) / (100 if measure == "CNY" else 1)


def _row(state: QuotaState, total: int, held: int, n: int, day: dt.date) -> list[Any]:
    cells: list[Any] = [getattr(state, name) for name in _STATE]
    figures = [shown(each, state.measure) for each in (total, total - state.balance, held, state.balance)]
    return [*cells, *figures, n, state.holds_on(day), state.row_version]
