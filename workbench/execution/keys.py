"""Keys under which rows are known: made of what they say, so that the same row has the same key."""

from __future__ import annotations

import hashlib


def outcome_key(*parts: object) -> str:
    """Return the key under which a row is known: the first 32 digits of a SHA-256.

    Examples
    --------
    >>> outcome_key("L1", "S1", "0000000007", "2026-10-12T00:00:00", True, 500.0, "reached")[:8]
    'bd69c9bd'
    """
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8")).hexdigest()[:32]


def lead_key(list_id: str, customer_id: str) -> str:
    """Return the key of a customer on a list: what another system calls the lead, and sends back.

    Examples
    --------
    >>> lead_key("L1", "0000000007")
    'eafaf3229a49e58efeb1'
    """
    return outcome_key("lead", list_id, customer_id)[:20]


def result_key(list_id: str, result_id: str, *content: object) -> str:
    """Return the key of a result that has a number of its own: of the number, and of what it says.

    The part before the dot tells whether the number was seen before, the whole whether it
    said the same then.

    Examples
    --------
    >>> first, second = (result_key("L1", "R-7", amount) for amount in (500.0, 600.0))
    >>> first.partition(".")[0] == second.partition(".")[0], first == second
    (True, False)
    """
    return f"{outcome_key('result', list_id, result_id)}.{outcome_key(*content)[:16]}"
