"""What waits for whom of the referrals, and their sums."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.locale import normal_language
from workbench.project.contactable import People
from workbench.project.referral_suggestions import suggest_from_ties

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.project.referral_rules import ReferralCodes
    from workbench.store.referrals import Referrals as Stored

COLUMNS = (
    "referral_id",
    "kind",
    "state",
    "customer_id",
    "masked_id",
    "masked_name",
    "customer_kind",
    "held",
    "from_unit",
    "sent_by",
    "to_unit",
    "to_person",
    "accepted_by",
    "note",
    "sent_at",
    "since",
    "days",
    "due_at",
    "is_open",
    "is_overdue",
    "is_back",
    "reason",
    "reason_note",
    "amount",
    "strategy_id",
    "list_id",
    "previous_id",
    "cycle_id",
)
BACK = ("expired", "refused")
"""States of what is its sender's again."""


class ReferralLists:
    """What `Referrals` brings beside the acts: words, lists and sums."""

    _project: Project
    _store: Stored
    _people: People
    rules: ReferralCodes

    def _who(self, by: str | None) -> str:
        return by or self._project.store.database.who

    # Words ---------------------------------------------------------------------------

    def kinds(self, lang: str = "en", customer_kind: str | None = None) -> dict[str, str]:
        """Return what a person reads for each kind that may be sent: for a form.

        Parameters
        ----------
        lang : str, default="en"
            The language.
        customer_kind : {"retail", "corporate"}, optional
            Only those for such customers.
        """
        return {
            code: kind.labels[normal_language(lang)]
            for code, kind in self.rules.current().kinds.items()
            if not kind.retired and (customer_kind is None or kind.customer in ("", customer_kind))
        }

    def labels(self, lang: str = "en") -> dict[str, str]:
        """Return what a person reads for each kind and reason, retired ones included: for what was sent."""
        current, language = self.rules.current(), normal_language(lang)
        kinds = {code: kind.labels[language] for code, kind in current.kinds.items()}
        return kinds | {code: reason.labels[language] for code, reason in current.reasons.items()}

    def reasons(self, act: str, lang: str = "en") -> dict[str, str]:
        """Return what a person reads for each reason for refusing, withdrawing or losing."""
        return self.rules.current().offered(act, lang)

    def units(self) -> list[str]:
        """Return the units that customers may be referred to: branches, and where any were sent before."""
        sent = self._store.flow()["to_unit"].astype("str").tolist()
        return sorted({*sent, *self._people.branches()} - {""})

    # Lists ---------------------------------------------------------------------------

    def inbox(self, unit: str = "", person: str | None = None, *, whole: bool = False) -> pd.DataFrame:
        """Return what waits for somebody: sent to them, or to their unit and to nobody by name.

        Parameters
        ----------
        unit : str, default=""
            Their unit; empty is all.
        person : str, optional
            Who; by default who is using the workbench.
        whole : bool, default=False
            Whether also what is for others, so that it can be helped along.

        Returns
        -------
        pandas.DataFrame
            One row a referral, overdue ones first, then by when it is due: referral_id, kind,
            state, customer_id, masked_id, masked_name, customer_kind, held (why nobody may
            contact the customer at this moment; empty: nothing speaks against it), from_unit,
            sent_by, to_unit, to_person, accepted_by, note, sent_at, since, days (in its state),
            due_at, is_open, is_overdue, is_back (its sender's again, and not sent again), reason,
            reason_note, amount (CNY), strategy_id, list_id, previous_id, cycle_id. Screens show
            ``masked_id``.

        Raises
        ------
        NotAllowed
            If the role may not see single customers.
        """
        frame = self._frame(self._store.rows(is_open=True))
        return _inbox(frame, unit, self._who(person), whole)

    def outbox(self, person: str | None = None, *, whole: bool = False) -> pd.DataFrame:
        """Return what somebody sent: what came back first, then what is open, then what has ended.

        Parameters
        ----------
        person : str, optional
            Who; by default who is using the workbench.
        whole : bool, default=False
            Whether what everybody sent.

        Returns
        -------
        pandas.DataFrame
            As `inbox`; of earlier cycles only what is open or has come back.
        """
        return self._outbox(self._frame(self._store.rows()), None if whole else self._who(person))

    def boxes(self, unit: str = "", person: str | None = None) -> dict[str, pd.DataFrame]:
        """Return ``inbox``, ``outbox`` and ``all`` that is open or has expired, read at once.

        Parameters
        ----------
        unit : str, default=""
            For the inbox; empty is all units.
        person : str, optional
            Who; by default who is using the workbench.
        """
        who, frame = self._who(person), self._frame(self._store.rows())
        return {
            "inbox": _inbox(frame, unit, who, False),
            "outbox": self._outbox(frame, who),
            "all": _ordered(frame[frame["is_open"] | (frame["is_back"] & frame["state"].eq("expired"))]),
        }

    def _outbox(self, frame: pd.DataFrame, who: str | None) -> pd.DataFrame:
        here = frame["cycle_id"].eq(self._project.cycle.cycle_id)
        standing = here | frame["is_open"] | frame["is_back"] & frame["state"].eq("expired")
        mine = True if who is None else frame["sent_by"].eq(who)
        return _ordered(frame[standing & mine])

    def open_of(self, customer_id: str) -> pd.DataFrame:
        """Return a customer's open referrals, as `inbox` does."""
        rows = [row for row in self._store.rows(is_open=True) if row["customer_id"] == customer_id]
        frame = self._frame(rows)
        return _ordered(frame[frame["is_open"]])

    def history(self, referral_id: int) -> pd.DataFrame:
        """Return what happened to a referral: event, reason, note, amount (CNY), at (UTC), who."""
        events = self._store.events(referral_id)
        return events.assign(amount=events["amount"].astype("float64") / 100)

    def _frame(self, rows: list[dict[str, Any]]) -> pd.DataFrame:
        from workbench.execution import age_referrals
        from workbench.store.schema_referrals import referrals

        frame = pd.DataFrame(rows, columns=[*referrals.c.keys(), "was_sent_again"])
        for name in ("accepted_by", "strategy_id", "list_id"):
            frame[name] = frame[name].fillna("").astype("str")
        frame = age_referrals(frame, now=self._project.store.database.clock())
        taken_up = set(frame["previous_id"].dropna().astype("int64"))
        again = frame["was_sent_again"].astype("bool") | frame["referral_id"].isin(taken_up)
        frame["is_back"] = frame["state"].isin(BACK) & ~again
        frame["amount"] = frame["amount"].astype("float64") / 100
        people = self._people.look(frame["customer_id"].astype("str").tolist())
        for name in ("masked_id", "masked_name", "customer_kind", "held"):
            frame[name] = people[name].to_numpy()
        return frame[list(COLUMNS)]

    def suggest(self, most: int = 8, lang: str = "en") -> pd.DataFrame:
        """Return customers whose ties suggest a referral, the most promising first.

        Companies of which many employees are customers while their salaries don't come in
        here suggest corporate → retail.

        Parameters
        ----------
        most : int, default=8
            Rows at most.
        lang : str, default="en"
            Language of the sentence.

        Returns
        -------
        pandas.DataFrame
            customer_id, masked_id, masked_name, kind, sentence; none of what is open already,
            or may not be contacted.

        Raises
        ------
        NotAllowed
            If the role may not see single customers.
        """
        self._store.require("contributor")
        return suggest_from_ties(self._project, self._people, self.kinds(lang), most, lang)

    # Sums ----------------------------------------------------------------------------

    def funnel(self, by: str = "kind", now: dt.datetime | None = None) -> pd.DataFrame:
        """Return how far the cycle's referrals get, see `workbench.execution.tabulate_referrals`.

        Parameters
        ----------
        by : {"kind", "from_unit", "to_unit", "whole"}, default="kind"
            What there is a row for; every kind has one, and the whole is one, where anything was sent.
        now : datetime.datetime, optional
            UTC; by default now.
        """
        return self._funnel(self._flow(), by, now)

    def funnels(self, now: dt.datetime | None = None) -> dict[str, pd.DataFrame]:
        """Return the funnels by kind, from_unit, to_unit and of the whole, read at once; see `funnel`."""
        flow = self._flow()
        return {by: self._funnel(flow, by, now) for by in ("kind", "from_unit", "to_unit", "whole")}

    def _flow(self) -> pd.DataFrame:
        flow = self._store.flow(self._project.cycle.cycle_id or None)
        return flow.assign(amount=flow["amount"].astype("float64") / 100)

    def _funnel(self, flow: pd.DataFrame, by: str, now: dt.datetime | None) -> pd.DataFrame:
        from workbench.execution import tabulate_referrals

        members = None
        if by == "kind":
            sent = set(flow["kind"])
            kinds = self.rules.current().kinds
            members = [code for code, kind in kinds.items() if code in sent or not kind.retired]
        moment = now or self._project.store.database.clock()
        return tabulate_referrals(flow, by, now=moment, members=members)

    def credit_sums(self, *, by_person: bool = False) -> pd.DataFrame:
        """Return what was credited in the cycle: side (sender, receiver), unit, n, amount (CNY).

        Parameters
        ----------
        by_person : bool, default=False
            Also by person, for those who may see single ones.
        """
        frame = self._store.credit(self._project.cycle.cycle_id or None, by_person=by_person)
        return frame.assign(amount=frame["amount"].astype("float64") / 100)


def _inbox(frame: pd.DataFrame, unit: str, who: str, whole: bool) -> pd.DataFrame:
    here = frame["to_unit"].eq(unit) | (unit == "")
    free = frame["to_person"].eq("") & frame["state"].eq("sent") & frame["sent_by"].ne(who)
    mine = (frame["to_person"].eq(who) & frame["state"].eq("sent")) | frame["accepted_by"].eq(who)
    return _ordered(frame[frame["is_open"] & (mine | ((free | whole) & here))])


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what came back first, then what is overdue, then by when it is due; ended ones last."""
    order = frame.assign(
        a=~frame["is_back"],
        b=~frame["is_open"],
        c=~frame["is_overdue"],
        d=frame["due_at"],
        e=-frame["referral_id"],
    ).sort_values(["a", "b", "c", "d", "e"], na_position="last")
    return frame.loc[order.index].reset_index(drop=True)
