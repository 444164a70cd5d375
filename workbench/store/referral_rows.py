"""The small machine of a referral: in which state what can be done, and what it then looks like.

Nothing here reads or writes: rows go in, values to be written come out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.errors import Conflict, NotAllowed, ParameterProblem

MESSAGE_PREFIXES = ("execution_referral.error.is_",)
OPEN = ("sent", "accepted", "worked")
ENDED = ("won", "lost", "refused", "withdrawn", "expired")
STATES = (*OPEN, *ENDED)
MOVES: dict[str, tuple[tuple[str, ...], str]] = {
    "accept": (("sent",), "accepted"),
    "refuse": (("sent",), "refused"),
    "withdraw": (("sent", "expired"), "withdrawn"),
    "begin": (("accepted",), "worked"),
    "win": (("worked",), "won"),
    "lose": (("accepted", "worked"), "lost"),
}
"""Act → the states in which it is possible, and the state that follows."""
MOST = 10**15
"""Hundredths of a yuan that a referral may win; larger is a mistake."""
LONGEST_UNIT, LONGEST_PERSON, LONGEST_NOTE, LONGEST_KEY = 200, 120, 1_000, 80


@dataclass(frozen=True)
class Terms:
    """What a referral is sent on; later rules don't change it.

    Parameters
    ----------
    version : int
        The rules' version.
    accept_days, work_days : int
        Time limits, days.
    sender_share : int
        The sender's part of what is won, hundredths of a percent.
    """

    version: int
    accept_days: int
    work_days: int
    sender_share: int


def sent_row(
    given: Mapping[str, Any], terms: Terms, *, cycle_id: str, by: str, at: dt.datetime
) -> dict[str, Any]:
    """Return a new referral as it is stored.

    Parameters
    ----------
    given : mapping
        customer_id, kind, from_unit, to_unit, and optionally to_person, note, list_id, strategy_id.
    terms : Terms
        What it is sent on.
    cycle_id : str
        The cycle in which it is sent.
    by : str
        Who sends.
    at : datetime.datetime
        When, UTC.

    Raises
    ------
    ParameterProblem
        If a text is missing or too long, or somebody sends to themselves.
    """
    to_person = plain_text(given.get("to_person"), LONGEST_PERSON)
    if to_person and to_person == by:
        raise ParameterProblem("execution_referral.error.to_self")
    to_unit = plain_text(given["to_unit"], LONGEST_UNIT)
    if not to_unit:
        raise ParameterProblem("execution_referral.error.no_unit")
    return {
        "cycle_id": cycle_id,
        "customer_id": given["customer_id"],
        "kind": given["kind"],
        "state": "sent",
        "from_unit": plain_text(given.get("from_unit"), LONGEST_UNIT),
        "sent_by": by,
        "to_unit": to_unit,
        "to_person": to_person,
        "note": plain_text(given.get("note"), LONGEST_NOTE),
        "list_id": given.get("list_id") or None,
        "strategy_id": given.get("strategy_id") or None,
        "rules_version": terms.version,
        "work_days": terms.work_days,
        "sender_share": terms.sender_share,
        "sent_at": at,
        "accept_by": at + dt.timedelta(days=terms.accept_days),
        "accepted_at": None,
        "accepted_by": None,
        "work_by": None,
        "worked_at": None,
        "ended_at": None,
        "reason": "",
        "reason_note": "",
        "amount": None,
    }


def state_at(row: Mapping[str, Any], now: dt.datetime) -> str:
    """Return a referral's state at a moment: one that nobody accepted in time has expired.

    Examples
    --------
    >>> row = {"state": "sent", "accept_by": dt.datetime(2026, 10, 12)}
    >>> state_at(row, dt.datetime(2026, 10, 11)), state_at(row, dt.datetime(2026, 10, 12))
    ('sent', 'expired')
    """
    return "expired" if row["state"] == "sent" and row["accept_by"] <= now else str(row["state"])


def moved(
    row: Mapping[str, Any],
    act: str,
    *,
    by: str,
    at: dt.datetime,
    reason: str = "",
    note: str = "",
    amount: int | None = None,
) -> dict[str, Any]:
    """Return what an act changes of a referral.

    Raises
    ------
    ParameterProblem
        If the act is not possible in its state, or the amount not above 0.
    Conflict
        If somebody else has accepted it.
    """
    before, after = MOVES[act]
    state = state_at(row, at)
    if state not in before or (state == "expired" and row["state"] == "expired"):
        raise _refused(row, act, state, by)
    values: dict[str, Any] = {"state": after}
    if act == "accept":
        values |= {"accepted_at": at, "accepted_by": by, "work_by": at + dt.timedelta(days=row["work_days"])}
    elif act == "begin":
        values["worked_at"] = at
    else:
        values |= {"ended_at": at, "reason": reason, "reason_note": plain_text(note, LONGEST_NOTE)}
    if act == "win":
        if amount is None or not 0 < amount <= MOST:
            raise ParameterProblem("execution_referral.error.amount")
        values["amount"] = amount
    return values


def refuse_stranger(row: Mapping[str, Any], act: str, by: str, *, helping: bool) -> None:
    """Refuse an act to whom it does not belong.

    The sender withdraws; whoever is named, or anybody but the sender, accepts and refuses;
    whoever accepted does the rest. Who is helping may act in another person's place, and
    yet nobody accepts what they sent themselves.

    Raises
    ------
    NotAllowed
        If the referral is another person's.
    ParameterProblem
        If somebody accepts or refuses what they sent.
    """
    if act in ("accept", "refuse"):
        if by == row["sent_by"]:
            raise ParameterProblem("execution_referral.error.own")
        if row["to_person"] and by != row["to_person"] and not helping:
            raise NotAllowed("execution_referral.error.not_addressed", who=row["to_person"])
    elif act == "withdraw":
        if by != row["sent_by"] and not helping:
            raise NotAllowed("execution_referral.error.not_sender", who=row["sent_by"])
    elif row["accepted_by"] and by != row["accepted_by"] and not helping:
        raise NotAllowed("execution_referral.error.not_receiver", who=row["accepted_by"])


def plain_text(text: Any, longest: int) -> str:
    """Return what somebody wrote as both databases keep it, without space around it.

    Raises
    ------
    ParameterProblem
        If it is too long.
    """
    kept = str(text or "").replace("\0", "").encode("utf-8", "replace").decode("utf-8").strip()
    if len(kept) > longest:
        raise ParameterProblem("store.error.long_text", n=len(kept), longest=longest)
    return kept


def _refused(row: Mapping[str, Any], act: str, state: str, by: str) -> Exception:
    who = row["accepted_by"] or ""
    if act == "accept" and state in ("accepted", "worked") and who != by:
        difference = {"accepted_by": (by, who)}
        at = f"{row['accepted_at']:%Y-%m-%d %H:%M}"
        return Conflict("execution_referral.error.taken", difference=difference, who=who, at=at)
    moment = {"sent": "sent_at", "accepted": "accepted_at", "worked": "worked_at", "expired": "accept_by"}
    at = f"{row[moment.get(state, 'ended_at')]:%Y-%m-%d %H:%M}"
    return ParameterProblem(
        f"execution_referral.error.is_{state}", at=at, who=who or row["sent_by"], sender=row["sent_by"]
    )
