"""What whoever works on the lists has in hand: one customer, for a while."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.tables.masking import mask_identifier, mask_phone

if TYPE_CHECKING:
    from workbench.project.desk_order import DeskOrder


@dataclass(frozen=True)
class Lease:
    """A customer who is one person's to work on for a while, and what that person needs to know.

    Parameters
    ----------
    lease_id : int
        Its number.
    list_id, strategy_id, customer_id : str
        Who, on which list. Screens show ``masked_id``.
    agent : str
        Whose it is.
    expires_at : datetime.datetime
        Until when (UTC).
    seconds_left : int
        Until then, by the store's clock; negative once expired.
    day : datetime.date
        The day of work.
    masked_id, strategy, channel, segment, offer, product, script : str
        As `workbench.execution.build_worklist` has them; product in words.
    branch : str
        The customer's branch; empty where it is not known.
    status, attempts, last_disposition, due_on
        As in the worklist.
    rank, n_listed : int
        The customer's place by score among those of the list who are contacted, from 1.
    call_at : datetime.datetime or None
        When the customer asked to be called (UTC).
    last_contact : str
        The id of the last try; empty before the first.
    """

    lease_id: int
    list_id: str
    strategy_id: str
    customer_id: str
    agent: str
    expires_at: dt.datetime
    seconds_left: int
    day: dt.date
    masked_id: str
    strategy: str
    channel: str
    segment: str
    branch: str
    offer: str
    product: str
    script: str
    status: str
    attempts: int
    last_disposition: str
    due_on: dt.date | None
    rank: int = 0
    n_listed: int = 0
    call_at: dt.datetime | None = None
    last_contact: str = ""


def lease_of(order: DeskOrder, row: dict[str, Any], now: dt.datetime, lang: str | None) -> Lease:
    """Return a stored lease with what the person who holds it needs to know."""
    from workbench.execution import personal_script, product_name, script_language

    n = order.order.number(row["list_id"], row["customer_id"])
    assert n is not None
    entry, card = order.order.entry(n), order.cards[row["strategy_id"]]
    person = {name: cells[n] for name, cells in order.people.items()}
    offer, script = str(card["offer"]), card["script"] if isinstance(card["script"], str) else ""
    return Lease(
        lease_id=row["lease_id"],
        list_id=row["list_id"],
        strategy_id=row["strategy_id"],
        customer_id=row["customer_id"],
        agent=row["agent"],
        expires_at=row["expires_at"],
        seconds_left=round((row["expires_at"] - now).total_seconds()),
        day=row.get("day") or order.day(now),
        masked_id=masked(order, n),
        strategy=str(card["name"]),
        channel=str(card["channel"]),
        segment=entry["segment"],
        branch=order.branches[n],
        offer=offer,
        product=product_name(offer, lang or script_language(script)),
        script=personal_script(script, offer, person["name"], person["gender"], person["kind"], lang),
        status=entry["status"],
        attempts=entry["attempts"],
        last_disposition=entry["last_disposition"],
        **{name: entry[name] for name in ("due_on", "rank", "n_listed", "call_at", "last_contact")},
    )


def masked(order: DeskOrder, n: int) -> str:
    """Return how a screen names a customer: the masked telephone number, else the masked id."""
    return mask_phone(order.people["phone"][n]) or mask_identifier(order.order.customers[n])


def lease_number(lease: Lease | int) -> int:
    """Return the number of a lease, given it or the number itself."""
    return lease.lease_id if isinstance(lease, Lease) else int(lease)
