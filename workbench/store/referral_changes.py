"""What referrals change and read inside a write: rules in force, rows, events, credit."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.store import schema_referrals as tables
from workbench.store.area import only_row
from workbench.store.database import Change
from workbench.store.referral_rows import LONGEST_NOTE, plain_text

if TYPE_CHECKING:
    from workbench.execution.referral_rules import ReferralRules


def rules_in_force(change: Change) -> tuple[ReferralRules, int]:
    """Return the rules in force inside a write, and their version."""
    from workbench.execution.referral_rules import make_referral_rules, read_referral_rules

    table = tables.rules
    newest = change.execute(sa.select(table).order_by(table.c.version.desc()).limit(1)).one_or_none()
    if newest is None:
        return read_referral_rules(), 0
    return make_referral_rules(**json.loads(newest.content)), int(newest.version)


def find_referral(connection: sa.Connection | Change, referral_id: int) -> Any:
    """Return a referral's row.

    Raises
    ------
    NotFound
        If there is none of that number.
    """
    table = tables.referrals
    wanted = table.c.referral_id == referral_id
    return only_row(
        connection, table, wanted, absent="execution_referral.error.no_referral", referral=referral_id
    )


def event_of(change: Change, key: str) -> Any:
    """Return what was done under a key, or None."""
    table = tables.events
    return change.execute(sa.select(table).where(table.c.event_key == key)).one_or_none()


def set_values(change: Change, referral_id: int, **values: Any) -> None:
    """Change a referral."""
    table = tables.referrals
    change.execute(sa.update(table).where(table.c.referral_id == referral_id).values(**values))


def open_row(change: Change, row: Mapping[str, Any], referral_id: int) -> None:
    """Keep a second one of the customer and kind out."""
    keys = {name: row[name] for name in ("customer_id", "kind")}
    change.execute(sa.insert(tables.open_referrals).values(**keys, referral_id=referral_id))


def close_row(change: Change, referral_id: int) -> None:
    """Let another one of the customer and kind in."""
    standing = tables.open_referrals
    change.execute(sa.delete(standing).where(standing.c.referral_id == referral_id))


def tell(
    change: Change, referral_id: int, event: str, by: str, *, at: dt.datetime | None = None, **about: Any
) -> None:
    """Write down what was done."""
    change.execute(
        sa.insert(tables.events).values(**told_event(referral_id, event, by, at or change.at, **about))
    )


def told_event(referral_id: int, event: str, by: str, at: dt.datetime, **about: Any) -> dict[str, Any]:
    """Return what was done as it is stored."""
    return {
        "referral_id": referral_id,
        "event": event,
        "event_key": about.get("key"),
        "reason": about.get("reason", ""),
        "note": plain_text(about.get("note"), LONGEST_NOTE),
        "amount": about.get("amount"),
        "at": at,
        "who": by,
    }


def credit_rows(row: Mapping[str, Any], at: dt.datetime) -> list[dict[str, Any]]:
    """Return what both sides are credited for a referral that was won."""
    from workbench.execution.referral_rules import share_credit

    sender, receiver = share_credit(row["amount"], row["sender_share"])
    share = int(row["sender_share"])
    sides = (
        ("sender", row["from_unit"], row["sent_by"], share, sender),
        ("receiver", row["to_unit"], row["accepted_by"], 10_000 - share, receiver),
    )
    names = ("side", "unit", "person", "share", "amount")
    return [
        {"referral_id": row["referral_id"], **dict(zip(names, side, strict=True)), "at": at} for side in sides
    ]
