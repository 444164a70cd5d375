"""A call at the desk: what the script is filled with, what came of it, and what a day's calls came to."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.cycles import as_day
from workbench.project.desk_lease import Lease, lease_number, masked
from workbench.project.quota import to_whole
from workbench.store.quota_rows import find_quota

if TYPE_CHECKING:
    from workbench.execution import Disposition
    from workbench.execution.coach import ScriptRun
    from workbench.project.desk_order import DeskOrder
    from workbench.project.handle import Project
    from workbench.store.leases import Leases

CALLBACKS = ("list_id", "customer_id", "strategy_id", "masked_id", "due_on", "call_at", "note")
Moves = Iterable[Mapping[str, Any]]


class DeskCalls:
    """Calls at the desk; `Desk` builds on it."""

    _project: Project
    _store: Leases
    _lock: threading.RLock

    def _fresh(self) -> DeskOrder:
        raise NotImplementedError

    # Words ---------------------------------------------------------------------------

    def fields(self, lease: Lease, lang: str = "en") -> dict[str, str]:
        """Return what a script's live fields stand for in the call with one customer.

        Parameters
        ----------
        lease : Lease
            The customer at hand.
        lang : str, default="en"
            The script's language.

        Returns
        -------
        dict of str to str
            ``name`` (surname and title), ``product``, ``rate`` (of the material that holds on
            the day of work) and ``date`` (the customer's next maturity, as of the snapshot).
            What is not known is left out: nothing that no longer holds is read to a customer.
        """
        from workbench.execution.coach import script_fields

        self._store.require("contributor")
        with self._lock:
            order = self._fresh()
            n = order.order.number(lease.list_id, lease.customer_id)
            person = {} if n is None else {name: cells[n] for name, cells in order.people.items()}
        name, gender = (_text(person.get(column)) for column in ("name", "gender"))
        company = person.get("kind") == "corporate"
        found = script_fields(
            name=name,
            gender=gender,
            company=company,
            offer=lease.offer,
            date=self._maturity(lease),
            lang=lang,
        )
        rate = self._project.execution.materials.rate(lease.offer, lease.day)
        return found if rate is None else found | {"rate": rate_words(rate)}

    def _maturity(self, lease: Lease) -> dt.date | None:
        if "next_maturity" not in self._project.imports.portrait_columns():
            return None
        known = self._project.customers(["customer_id", "next_maturity"])
        day = pd.to_datetime(known.loc[known["customer_id"].eq(lease.customer_id), "next_maturity"]).max()
        return None if pd.isna(day) or day.date() < lease.day else day.date()

    def note(self, lease: Lease) -> str:
        """Return what was written down when the customer asked to be called again."""
        self._store.require("contributor")
        kept = self._store.callbacks([lease.last_contact]) if lease.call_at or lease.last_contact else {}
        return kept.get(lease.last_contact, (None, ""))[1]

    # Recording -----------------------------------------------------------------------

    def record(
        self,
        lease: Lease | int,
        disposition: str,
        *,
        key: str,
        responded: bool | None = None,
        amount: float | None = None,
        note: str = "",
        contacted_at: dt.datetime | None = None,
        agent: str | None = None,
        call_at: dt.datetime | None = None,
        booked: float | None = None,
        script_version: int | None = None,
        moves: ScriptRun | Moves | None = None,
    ) -> str:
        """Record what came of a customer at hand and let them go, all in one write.

        Parameters
        ----------
        lease : Lease or int
            The customer at hand.
        disposition : str
            One of the project's codes; see `project.execution.dispositions.offered`.
        key : str
            Made up by the page for this press: sent again, it is recorded once.
        responded : bool, optional
            Whether they did what the offer asked for; None records the contact alone.
        amount : float, optional
            Money that came of it, CNY.
        note : str, default=""
            What the caller writes, with an answer or for the next call.
        contacted_at : datetime.datetime, optional
            UTC; by default now.
        agent : str, optional
            By default who is using the workbench. A name is what its owner says: no proof.
        call_at : datetime.datetime, optional
            When the customer asked to be called again (UTC); by default the disposition's
            days decide.
        booked : float, optional
            How much of the offer's quota goes to the customer: pieces or CNY.
        script_version : int, optional
            Version of the branching script that the call was made with.
        moves : ScriptRun or iterable of mapping, optional
            The call, or its moves.

        Returns
        -------
        str
            The contact's id.

        Raises
        ------
        ParameterProblem
            If the disposition is unknown or retired, the lease has ended, somebody else has
            taken the customer since it expired, a mandatory sentence of the script was not
            confirmed, too little is left of the quota, or the cycle is frozen: then it is kept
            as late.
        NotAllowed
            If it is another person's.
        """
        from workbench.execution import check_disposition

        self._store.require("contributor")
        project, execution = self._project, self._project.execution
        known = execution.dispositions.codes()
        code = known[check_disposition(disposition, known)]
        again = code.next == "callback"
        if note and responded is None and not again:
            raise ParameterProblem("execution.error.note")
        if call_at is not None and not again:
            raise ParameterProblem("execution_desk.error.no_callback", code=disposition)
        row = self._store.find(lease_number(lease))
        listed = project.store.lists.find(row["list_id"])
        run = None
        if moves is not None and script_version is not None:
            about = (row["strategy_id"], row["customer_id"], script_version)
            run = execution.scripts.checked_run(*about, moves, list_id=row["list_id"])
            self._refuse_unsaid(listed["card"], run, code, responded)
        who = agent or project.store.database.who
        quota = None
        if booked is not None:
            if not responded:
                raise ParameterProblem("execution_desk.error.booked_without_yes")
            branch = lease.branch if isinstance(lease, Lease) else self._branch(row)
            day = lease.day if isinstance(lease, Lease) else project.store.database.clock().date()
            quota = (str(listed["card"]["offer"]), booked, branch, day)

        def also(contact_id: str, late: bool) -> None:
            if quota is not None:
                self._book(row, who, f"lease-{row['lease_id']}", *quota)
            if run is not None and not late:
                stored = {**run, "contact_id": contact_id}
                project.store.scripts.record_run(listed["cycle_id"], f"lease-{row['lease_id']}", stored)

        contact = {
            "channel": listed["card"]["channel"],
            "disposition": disposition,
            "contacted_at": contacted_at,
        }
        outcome = {"responded": responded, "amount": amount, "note": note}
        contact_id, is_late = self._store.record(
            row["lease_id"],
            who,
            key,
            contact,
            None if responded is None else outcome,
            {"call_at": call_at, "note": note.strip()} if again and (call_at or note.strip()) else None,
            also,
        )
        if is_late:
            raise ParameterProblem(
                "review_cycles.error.kept_late", cycle=listed["cycle_id"], list=row["list_id"]
            )
        return contact_id

    def _refuse_unsaid(
        self, card: Mapping[str, Any], run: Mapping[str, Any], code: Disposition, responded: bool | None
    ) -> None:
        """Refuse what a call can't have come to while a mandatory sentence was not said."""
        from workbench.execution.coach import ScriptRun

        scripts = self._project.execution.scripts
        script = scripts.one(run["strategy_id"], run["version"]).script
        made = ScriptRun.replay(script, run["moves"])
        if made.disposition != code.code:
            raise ParameterProblem(
                "execution_desk.error.other_disposition", code=code.code, script=made.disposition
            )
        # Whoever wants no more calls is heard at once, and nobody is heard who was not reached.
        missing = made.unsaid[0].text if made.unsaid and code.reached and not code.stops else ""
        if responded and not missing:
            for each in scripts.mandatory().values():
                said = any(each.is_named(name) for name in made.confirmed)
                if each.applies(card["offer"], card["channel"]) and not said:
                    missing = each.label(script.language)
        if missing:
            raise ParameterProblem("execution_coach.error.unsaid", step=made.at.step_id, sentence=missing)

    def _book(self, row: Mapping[str, Any], who: str, key: str, *quota: Any) -> None:
        offer, amount, branch, day = quota
        store = self._project.store.quotas
        states = store.states()
        state, _ = find_quota(states, offer, branch, day)
        measure = state.measure if state is not None else "units"
        about = {"customer_id": row["customer_id"], "strategy_id": row["strategy_id"]}
        lease = (int(row["lease_id"]), who)
        store.book(offer, to_whole(amount, measure), key, day=day, branch=branch, about=about, lease=lease)

    def _branch(self, row: Mapping[str, Any]) -> str:
        with self._lock:
            order = self._fresh()
            n = order.order.number(row["list_id"], row["customer_id"])
            return "" if n is None else order.branches[n]

    # A day ---------------------------------------------------------------------------

    def callbacks(self, agent: str | None = None, day: dt.date | str | None = None) -> pd.DataFrame:
        """Return the callbacks that a person promised for a day and earlier ones still open.

        Returns
        -------
        pandas.DataFrame
            list_id, customer_id, strategy_id, masked_id, due_on, call_at (UTC; missing where no
            hour was agreed), note; by the hour, those without one last.
        """
        self._store.require("contributor")
        who = agent or self._project.store.database.who
        with self._lock:
            order = self._fresh()
            today = as_day(day) or order.day(self._project.store.database.clock())
            found = order.promised(who, today)
            entries = [order.order.entry(n) for n in found]
            shown = [masked(order, n) for n in found]
        notes = self._store.callbacks([entry["last_contact"] for entry in entries])
        rows = [
            entry | {"masked_id": name, "note": notes.get(entry["last_contact"], (None, ""))[1]}
            for entry, name in zip(entries, shown, strict=True)
        ]
        frame = pd.DataFrame(rows, columns=list(CALLBACKS)).astype({"call_at": "datetime64[us]"})
        return frame.sort_values(["due_on", "call_at"], ignore_index=True, kind="stable")

    def figures(self, agent: str | None = None) -> dict[str, float]:
        """Return what a person has recorded at the desk since midnight on this machine's clock.

        Returns
        -------
        dict
            tries, reached, responses (yes), amount (CNY).
        """
        self._store.require("contributor")
        database = self._project.store.database
        made = self._store.made(agent or database.who, last_midnight(database.clock()))
        codes = self._project.execution.dispositions.codes()
        reached = [row for row in made if row["disposition"] in codes and codes[row["disposition"]].reached]
        yes = [row for row in made if row["responded"]]
        return {
            "tries": len(made),
            "reached": len(reached),
            "responses": len(yes),
            "amount": float(sum(row["amount"] or 0 for row in yes)),
        }


def last_midnight(moment: dt.datetime, zone: dt.tzinfo | None = None) -> dt.datetime:
    """Return the beginning, in UTC, of the day that a UTC moment falls on.

    Parameters
    ----------
    moment : datetime.datetime
        UTC, naive.
    zone : datetime.tzinfo, optional
        Where; by default where this machine's clock is set.

    Examples
    --------
    >>> china = dt.timezone(dt.timedelta(hours=8))
    >>> last_midnight(dt.datetime(2026, 10, 12, 1, 30), china)
    datetime.datetime(2026, 10, 11, 16, 0)
    """
    here = moment.replace(tzinfo=dt.UTC).astimezone(zone)
    # Made anew from the date: on the day of a change of clocks, midnight had another offset.
    day = dt.datetime.combine(here.date(), dt.time(), tzinfo=zone)
    return day.astimezone(dt.UTC).replace(tzinfo=None)


def rate_words(rate: Mapping[str, Any]) -> str:
    """Return a rate of the materials as a caller says it.

    Examples
    --------
    >>> rate_words({"value": 2.1, "unit": "% p.a."}), rate_words({"value": 15, "unit": "bp"})
    ('2.10%', '15 bp')
    """
    unit = str(rate["unit"] or "").strip()
    return f"{rate['value']:.2f}%" if unit.startswith("%") else f"{rate['value']:g} {unit}".strip()


def _text(cell: Any) -> str | None:
    return cell if isinstance(cell, str) else None
