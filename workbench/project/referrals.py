"""Referrals of customers between branches, relationship managers, private and corporate banking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import NotAllowed, NotFound, ParameterProblem
from workbench.project.contactable import People
from workbench.project.quota import to_whole
from workbench.project.referral_lists import BACK, ReferralLists
from workbench.project.referral_rules import ReferralCodes
from workbench.store import may
from workbench.store.referral_rows import OPEN

if TYPE_CHECKING:
    from workbench.project.desk_lease import Lease
    from workbench.project.handle import Project

MESSAGE_PREFIXES = ("execution_referral.error.cannot_", "execution_referral.error.for_")


class Referrals(ReferralLists):
    """Referrals, at ``project.execution.referrals``.

    Every act takes a key that the page makes up for a press; sent again, it is done once.
    A referral is *sent*, then *accepted*, *worked* and *won* or *lost*; or it is *refused* or
    *withdrawn*, or nobody accepts it in time: it has *expired* and is its sender's again.

    Parameters
    ----------
    project : Project
        The handle.

    Attributes
    ----------
    rules : ReferralCodes
        Kinds with their time limits and shares, and reasons.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store.referrals
        self._people = People(project)
        self.rules = ReferralCodes(project)

    # Acts ----------------------------------------------------------------------------

    def send(
        self,
        customer_id: str,
        kind: str,
        *,
        to_unit: str,
        key: str,
        to_person: str = "",
        from_unit: str | None = None,
        note: str = "",
        lease: Lease | None = None,
        list_id: str | None = None,
        strategy_id: str | None = None,
        by: str | None = None,
    ) -> int:
        """Send a customer to another unit or person, and return the referral's number.

        Parameters
        ----------
        customer_id : str
            Who.
        kind : str
            One of `kinds`.
        to_unit : str
            The branch or unit that is to accept.
        key : str
            Made up by the page for this press: sent again, it is sent once.
        to_person : str, default=""
            The person who is to accept; empty is anybody of the unit.
        from_unit : str, optional
            The sender's unit; by default the customer's branch.
        note : str, default=""
            What the receiver should know.
        lease : Lease, optional
            The customer at hand, where it came out of a call: fills list, strategy and unit.
        list_id, strategy_id : str, optional
            Where it came from.
        by : str, optional
            Who sends; by default who is using the workbench.

        Raises
        ------
        NotFound
            If there is no such customer.
        ParameterProblem
            If they may not be contacted, the kind is not for them, or a text is missing.
        Conflict
            If one of this customer and kind is open.
        NotAllowed
            If the role may not refer customers.
        """
        self._store.require("contributor")
        customer = self._need_contactable(customer_id)
        self._need_kind(kind, str(customer["customer_kind"]))
        if lease is not None:
            list_id, strategy_id = list_id or lease.list_id, strategy_id or lease.strategy_id
        if list_id is not None:
            listed = self._project.store.lists.find(list_id)
            strategy_id = strategy_id or listed["strategy_id"]
        given = {
            "customer_id": customer_id,
            "kind": kind,
            "from_unit": str(customer["branch"]) if from_unit is None else from_unit,
            "to_unit": to_unit,
            "to_person": to_person,
            "note": note,
            "list_id": list_id,
            "strategy_id": strategy_id,
        }
        return self._store.send(self._project.need_cycle().cycle_id, given, by=self._who(by), key=key)

    def send_again(
        self,
        referral_id: int,
        *,
        key: str,
        to_unit: str | None = None,
        to_person: str | None = None,
        note: str | None = None,
        by: str | None = None,
    ) -> int:
        """Send one that came back again, to the same or to somebody else; return the new number.

        Raises
        ------
        ParameterProblem
            If it has not come back, or the customer may not be contacted.
        NotAllowed
            If another person sent it.
        Conflict
            If one of this customer and kind is open.
        """
        self._store.require("contributor")
        row = self._store.find(referral_id)
        who = self._who(by)
        if who != row["sent_by"] and not may(self._project.store.database.role, "analyst"):
            raise NotAllowed("execution_referral.error.not_sender", who=row["sent_by"])
        if row["state"] not in (*BACK, "withdrawn"):
            raise ParameterProblem("execution_referral.error.not_back")
        self._need_contactable(row["customer_id"])
        given = {name: row[name] for name in ("customer_id", "kind", "from_unit", "list_id", "strategy_id")}
        for name, value in (("to_unit", to_unit), ("to_person", to_person), ("note", note)):
            given[name] = row[name] if value is None else value
        cycle_id = self._project.need_cycle().cycle_id
        return self._store.send(cycle_id, given, by=who, key=key, previous_id=referral_id)

    def accept(self, referral_id: int, *, key: str, by: str | None = None) -> None:
        """Accept a referral: from now on it is this person's.

        Raises
        ------
        Conflict
            If somebody else has accepted it.
        ParameterProblem
            If it has expired or ended, or the customer may not be contacted.
        NotAllowed
            If it is for another person.
        """
        self._showing(referral_id)
        self._act(referral_id, "accept", key, by)

    def refuse(
        self, referral_id: int, reason: str, *, key: str, note: str = "", by: str | None = None
    ) -> None:
        """Send a referral back, with one of the `reasons` for it."""
        self._act(referral_id, "refuse", key, by, reason=reason, note=note)

    def withdraw(
        self, referral_id: int, reason: str, *, key: str, note: str = "", by: str | None = None
    ) -> None:
        """Take back what nobody has accepted yet, with one of the `reasons` for it."""
        self._act(referral_id, "withdraw", key, by, reason=reason, note=note)

    def begin(self, referral_id: int, *, key: str, note: str = "", by: str | None = None) -> None:
        """Say that work on an accepted one has begun: the customer was spoken to."""
        self._showing(referral_id)
        self._act(referral_id, "begin", key, by, note=note)

    def win(
        self, referral_id: int, amount: float, *, key: str, note: str = "", by: str | None = None
    ) -> None:
        """End a referral as won; both sides are credited their share of the amount.

        Parameters
        ----------
        referral_id : int
            Which.
        amount : float
            What the customer brought, CNY, at most two decimals.
        key : str
            Made up by the page.
        note : str, default=""
            In words.
        by : str, optional
            Who; by default who is using the workbench.
        """
        self._act(referral_id, "win", key, by, amount=to_whole(amount, "CNY"), note=note)

    def lose(self, referral_id: int, reason: str, *, key: str, note: str = "", by: str | None = None) -> None:
        """End a referral without a success, with one of the `reasons` for it."""
        self._act(referral_id, "lose", key, by, reason=reason, note=note)

    def _act(self, referral_id: int, act: str, key: str, by: str | None, **about: Any) -> None:
        self._store.act(referral_id, act, by=self._who(by), key=key, **about)

    def _showing(self, referral_id: int) -> None:
        """Refuse to go on with a customer who may not be contacted at this moment."""
        row = self._store.find(referral_id)
        if row["state"] in OPEN:
            self._need_contactable(row["customer_id"], is_known=True)

    def _need_contactable(self, customer_id: str, *, is_known: bool = False) -> dict[str, Any]:
        found = self._people.look([customer_id]).iloc[0].to_dict()
        if found["held"] == "unknown" and not is_known:
            raise NotFound("execution_referral.error.not_known", customer=customer_id[:80])
        if found["held"]:
            raise ParameterProblem(f"execution_referral.error.cannot_{found['held']}")
        return {str(name): cell for name, cell in found.items()}

    def _need_kind(self, code: str, customer_kind: str) -> None:
        kind = self.rules.current().kind(code)
        if kind.customer and customer_kind and kind.customer != customer_kind:
            raise ParameterProblem(f"execution_referral.error.for_{kind.customer}")
