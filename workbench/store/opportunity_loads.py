"""Opportunities that another system kept, brought in with their whole history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.store import schema_pipeline as tables
from workbench.store.database import Change
from workbench.store.opportunity_rows import (
    CHANGEABLE,
    LONGEST_ANSWER,
    LONGEST_NOTE,
    LOST,
    OPEN,
    WON,
    checked_key,
    checked_values,
    plain_text,
)

LONGEST_SOURCE = 80


def add_loaded(change: Change, source: str, opportunities: Sequence[Mapping[str, Any]]) -> int:
    """Add those whose first key is new, with history and answers; return how many.

    See `Opportunities.load` for what each holds.
    """
    known = set(change.connection.execute(sa.select(tables.events.c.event_key)).scalars())
    answered = set(change.connection.execute(sa.select(tables.answers.c.answer_key)).scalars())
    n, events, answers = 0, [], []
    for given in opportunities:
        history = list(given["history"])
        if checked_key(history[0]["key"]) not in known:
            done = change.execute(sa.insert(tables.opportunities).values(**_row(given, history, source)))
            number = int(done.inserted_primary_key[0])  # type: ignore[index]
            events += [_event(number, entry) for entry in history]
            n += 1
        for entry in given.get("answers", ()):
            if checked_key(entry["key"]) not in answered:
                answered.add(entry["key"])
                answers.append(_answer(given["customer_id"], entry, source))
    if events:
        change.execute(sa.insert(tables.events), events)
    if answers:
        change.execute(sa.insert(tables.answers), answers)
    return n


def _row(given: Mapping[str, Any], history: list[Mapping[str, Any]], source: str) -> dict[str, Any]:
    first, last = history[0], history[-1]
    has_ended = last["event"] in (WON, LOST)
    entered = [entry["at"] for entry in history if entry["event"] not in (WON, LOST, "edited")]
    return {
        **checked_values({name: given[name] for name in CHANGEABLE}),
        "customer_id": given["customer_id"],
        "cycle_id": given.get("cycle_id"),
        "strategy_id": given.get("strategy_id"),
        "step": last["to_step"],
        "entered_at": entered[-1],
        "state": last["event"] if has_ended else OPEN,
        "reason": last.get("reason", "") if has_ended else "",
        "closed_at": last["at"] if has_ended else None,
        "source": source,
        "opened_at": first["at"],
        "opened_by": first["who"],
        "changed_at": last["at"],
        "changed_by": last["who"],
    }


def _event(number: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "opportunity_id": number,
        "event_key": checked_key(entry["key"]),
        "event": entry["event"],
        "from_step": entry.get("from_step", ""),
        "to_step": entry["to_step"],
        "reason": entry.get("reason", ""),
        "note": plain_text(entry.get("note", ""), LONGEST_NOTE),
        "content": "{}",
        "at": entry["at"],
        "who": entry["who"],
    }


def _answer(customer_id: str, entry: Mapping[str, Any], source: str) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "question": entry["question"],
        "answer": plain_text(entry["answer"], LONGEST_ANSWER),
        "template_version": entry.get("template_version", 0),
        "answer_key": entry["key"],
        "source": source,
        "at": entry["at"],
        "who": entry["who"],
    }
