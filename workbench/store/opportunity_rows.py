"""What is read of opportunities and added to their history inside a write."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import Conflict, ParameterProblem
from workbench.store import schema_pipeline as tables
from workbench.store.area import only_row
from workbench.store.content import canonical_json
from workbench.store.database import Change

OPEN, WON, LOST = STATES = ("open", "won", "lost")
EVENTS = ("opened", "forward", "skipped", "back", "edited", "won", "lost", "reopened")
"""What can happen to an opportunity; all but ``edited`` say where it stands afterwards."""
CHANGEABLE = ("offer", "title", "amount", "currency", "expected_close", "owner", "next_action", "next_on")
COLUMNS = tuple(column.name for column in tables.opportunities.columns)
EVENT_COLUMNS = tuple(column.name for column in tables.events.columns if column.name != "content")
ANSWER_COLUMNS = tuple(column.name for column in tables.answers.columns)
LONGEST_KEY = 80
LONGEST_NAME = 120
LONGEST_OFFER = 80
LONGEST_LINE = 400
LONGEST_NOTE = 1_000
LONGEST_ANSWER = 4_000
MOST = 10**15
"""Hundredths: no opportunity is worth more than ten thousand billions."""
_CURRENCY = re.compile(r"[A-Z]{3}")


def plain_text(text: object, longest: int) -> str:
    """Return what somebody wrote as a database keeps it, empty too.

    Raises
    ------
    ParameterProblem
        If it is too long.

    Examples
    --------
    >>> plain_text(" 拜访财务总监 ", 20)
    '拜访财务总监'
    """
    kept = str(text or "").replace("\0", "").encode("utf-8", "replace").decode("utf-8").strip()
    if len(kept) > longest:
        raise ParameterProblem("store.error.long_text", n=len(kept), longest=longest)
    return kept


def checked_key(key: str) -> str:
    """Return the key of a press.

    Raises
    ------
    ParameterProblem
        If it is empty or too long.
    """
    if not isinstance(key, str) or not 1 <= len(key) <= LONGEST_KEY:
        raise ParameterProblem("execution_pipeline.error.key", longest=LONGEST_KEY)
    return key


def checked_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of an opportunity that people fill in, checked.

    Raises
    ------
    ParameterProblem
        If one of them is not possible.
    """
    longest = {
        "offer": LONGEST_OFFER,
        "owner": LONGEST_NAME,
        "title": LONGEST_LINE,
        "next_action": LONGEST_LINE,
    }
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in CHANGEABLE:
            raise ParameterProblem("execution_pipeline.error.column", name=name, known=", ".join(CHANGEABLE))
        if name in longest:
            checked[name] = plain_text(value, longest[name])
            if name in ("offer", "owner") and not checked[name]:
                raise ParameterProblem("execution_pipeline.error.empty", name=name)
        elif name == "amount":
            if not isinstance(value, int) or not 0 < value <= MOST:
                raise ParameterProblem("execution_pipeline.error.amount", value=value)
            checked[name] = value
        elif name == "currency":
            if not _CURRENCY.fullmatch(str(value)):
                raise ParameterProblem("execution_pipeline.error.currency", value=str(value)[:20])
            checked[name] = str(value)
        else:
            if not (isinstance(value, dt.date) or (value is None and name == "next_on")):
                raise ParameterProblem("execution_pipeline.error.day", name=name, value=str(value)[:40])
            checked[name] = value
    return checked


def find_opportunity(connection: sa.Connection | Change, opportunity_id: int) -> Any:
    """Return an opportunity's row.

    Raises
    ------
    NotFound
        If there is none of that number.
    """
    table = tables.opportunities
    return only_row(
        connection,
        table,
        table.c.opportunity_id == opportunity_id,
        absent="execution_pipeline.error.no_opportunity",
        number=opportunity_id,
    )


def event_under(change: Change, key: str, event: str, content: Mapping[str, Any]) -> Any:
    """Return what was done under a key before, or None.

    Raises
    ------
    ParameterProblem
        If the key was used for something else.
    """
    before = change.execute(sa.select(tables.events).where(tables.events.c.event_key == key)).one_or_none()
    if before is not None and (before.content != written(content) or not _same(before.event, event)):
        raise ParameterProblem("execution_pipeline.error.key_used", key=key)
    return before


def _same(stored: str, wanted: str) -> bool:
    moves = ("forward", "skipped", "back")
    return stored == wanted or (stored in moves and wanted in moves)


def written(content: Mapping[str, Any]) -> str:
    """Return what was asked for as the history keeps it."""
    return canonical_json(
        {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in content.items()}
    )


def add_event(
    change: Change,
    opportunity_id: int,
    key: str,
    event: str,
    content: Mapping[str, Any],
    *,
    who: str,
    from_step: str,
    to_step: str,
    reason: str = "",
    note: str = "",
) -> int:
    """Add to an opportunity's history, and return the entry's number."""
    done = change.execute(
        sa.insert(tables.events).values(
            opportunity_id=opportunity_id,
            event_key=key,
            event=event,
            from_step=from_step,
            to_step=to_step,
            reason=reason,
            note=note,
            content=written(content),
            at=change.at,
            who=who,
        )
    )
    change.ids.update(opportunity_id=opportunity_id, event=event)
    return int(done.inserted_primary_key[0])  # type: ignore[index]


def set_row(change: Change, row: Any, expected_version: int, who: str, **values: Any) -> int:
    """Change an opportunity's row, unless somebody else did first; return its version.

    Raises
    ------
    Conflict
        If the row has another version; the difference shows what was wanted and what stands.
    """
    wanted = {name: value for name, value in values.items() if name not in ("entered_at", "closed_at")}
    if expected_version != row.row_version:
        standing = row._mapping
        raise Conflict(
            "execution_pipeline.error.changed",
            difference={name: (v, standing[name]) for name, v in wanted.items() if v != standing[name]},
            who=row.changed_by,
            number=row.opportunity_id,
        )
    table = tables.opportunities
    version = int(row.row_version) + 1
    change.execute(
        sa.update(table)
        .where(table.c.opportunity_id == row.opportunity_id)
        .values(**values, row_version=version, changed_at=change.at, changed_by=who)
    )
    return version


def refuse_old_template(change: Change, name: str, version: int) -> None:
    """Refuse what was decided by a template that is in force no more.

    Raises
    ------
    Conflict
        If somebody changed the template meanwhile.
    """
    table = tables.templates
    now = change.execute(sa.select(sa.func.max(table.c.version)).where(table.c.name == name)).scalar() or 0
    if now != version:
        raise Conflict(
            "execution_pipeline.error.template_changed",
            difference={"version": (version, now)},
            name=name,
            version=now,
        )


def refuse_missing(change: Change, customer_id: str, needed: Mapping[str, str]) -> None:
    """Refuse to go on while questions have no answer.

    Parameters
    ----------
    change : Change
        The running write.
    customer_id : str
        The company.
    needed : mapping of str to str
        Questions that must have an answer, with what a person reads for them.

    Raises
    ------
    ParameterProblem
        If one has none; the sentence names them.
    """
    there = {row.question for row in newest_answers(change, customer_id) if row.answer}
    missing = [label for question, label in needed.items() if question not in there]
    if missing:
        raise ParameterProblem(
            "execution_pipeline.error.missing", n=len(missing), questions="; ".join(missing)
        )


def newest_answers(connection: sa.Connection | Change, customer_id: str | None = None) -> list[Any]:
    """Return the newest answer to each question, of a company or of all."""
    table = tables.answers
    newest = sa.select(sa.func.max(table.c.answer_id)).group_by(table.c.customer_id, table.c.question)
    if customer_id is not None:
        newest = newest.where(table.c.customer_id == customer_id)
    query = sa.select(table).where(table.c.answer_id.in_(newest)).order_by(table.c.answer_id)
    return list(connection.execute(query))


def content_of(row: Any) -> dict[str, Any]:
    """Return what was asked for in an entry of the history."""
    content: dict[str, Any] = json.loads(row.content)
    return content


def again_of(change: Change, before: Any) -> int:
    """Return the version of what was done under a key already."""
    change.ids["already"] = True
    return int(find_opportunity(change, before.opportunity_id).row_version)


def direction_of(step: str, to_step: str, order: Sequence[str]) -> str:
    """Say whether a move goes on by one, leaves steps out, or goes back.

    Examples
    --------
    >>> [direction_of("b", to, "abcd") for to in "acd"]
    ['back', 'forward', 'skipped']
    """
    # A step that is offered no more stands before all that are.
    here = order.index(step) if step in order else -1
    ahead = order.index(to_step) - here
    return "back" if ahead < 0 else "forward" if ahead == 1 else "skipped"
