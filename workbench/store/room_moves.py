"""What every move in a brainstorm room has: its room, who makes it, and its place in the order."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from workbench.errors import NotAllowed, ParameterProblem
from workbench.store import schema_rooms as tables
from workbench.store.area import only_row
from workbench.store.content import canonical_json
from workbench.store.database import Change

STAGES = ("write", "reveal", "group", "vote", "decide", "closed")
"""Stages of a room in their order; ideas are private in the first."""
MESSAGE_PREFIXES = ("rooms.error.not_while_",)
LONGEST_IDEA = 10_000
LONGEST_NAME = 80
LONGEST_GROUP = 200


def token_hash(token: str) -> str:
    """Return what is stored of a participant's token.

    Examples
    --------
    >>> token_hash("a")[:8]
    'ca978112'
    """
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def checked_text(text: str, longest: int) -> str:
    """Return what somebody wrote, kept as it is but for space around it.

    Raises
    ------
    ParameterProblem
        If nothing is left of it, or it is too long.

    Examples
    --------
    >>> checked_text(" <b>早点打电话</b> ", 100)
    '<b>早点打电话</b>'
    """
    # Neither database keeps a NUL, and lone halves of a character have no encoding.
    kept = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8").strip()
    if not kept:
        raise ParameterProblem("store.error.empty_text")
    if len(kept) > longest:
        raise ParameterProblem("store.error.long_text", n=len(kept), longest=longest)
    return kept


def find_room(connection: sa.Connection, room_id: int) -> Any:
    """Return a room's row.

    Raises
    ------
    NotFound
        If there is none of that number.
    """
    wanted = tables.rooms.c.room_id == room_id
    return only_row(connection, tables.rooms, wanted, absent="rooms.error.no_room", room=room_id)


def find_person(connection: sa.Connection, token: str) -> Any:
    """Return the participant that a token belongs to.

    Raises
    ------
    NotAllowed
        If it is nobody's.
    """
    table = tables.people
    row = connection.execute(sa.select(table).where(table.c.token_sha256 == token_hash(token))).one_or_none()
    if row is None:
        raise NotAllowed("rooms.error.token")
    return row


def refuse_stage(room: Any, allowed: tuple[str, ...], at: dt.datetime) -> None:
    """Refuse a move that the room's stage or its clock no longer takes.

    Raises
    ------
    ParameterProblem
        If the room is closed or in another stage, or the stage's time is over.
    """
    if room.stage == "closed":
        raise ParameterProblem("rooms.error.closed", code=room.code)
    if room.stage not in allowed:
        raise ParameterProblem(f"rooms.error.not_while_{room.stage}")
    if room.ends_at is not None and at > room.ends_at:
        raise ParameterProblem("rooms.error.time_is_up")


def made_before(change: Change, room_id: int, person_id: int | None, key: str) -> Any:
    """Return the move that was made under a key already, or None."""
    table = tables.moves
    return change.execute(
        sa.select(table).where(
            table.c.room_id == room_id,
            table.c.person_id.is_not_distinct_from(person_id),
            table.c.move_key == key,
        )
    ).one_or_none()


def record_move(
    change: Change,
    room_id: int,
    action: str,
    content: Mapping[str, Any],
    *,
    key: str,
    who: str,
    person_id: int | None = None,
) -> int:
    """Write a move at the end of a room's order, and return its number."""
    done = change.execute(
        sa.insert(tables.moves).values(
            room_id=room_id,
            person_id=person_id,
            move_key=key,
            action=action,
            content=canonical_json(dict(content)),
            at=change.at,
            who=who,
        )
    )
    change.ids["move_id"] = number = int(done.inserted_primary_key[0])  # type: ignore[index]
    return number


def plain_move(row: Any) -> dict[str, Any]:
    """Return a stored move with its content unpacked."""
    return {
        "move_id": row.move_id,
        "room_id": row.room_id,
        "person_id": row.person_id,
        "action": row.action,
        "content": json.loads(row.content),
        "at": row.at,
        "who": row.who,
    }
