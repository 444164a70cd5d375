"""How each move of a participant changes what stands in a brainstorm room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema_rooms as tables
from workbench.store.area import only_row
from workbench.store.database import Change
from workbench.store.room_moves import LONGEST_GROUP, LONGEST_IDEA, checked_text

_WRITING = ("write", "reveal", "group", "vote")
Act = Callable[[Change, Any, Any, Mapping[str, Any]], dict[str, Any]]


def _idea(change: Change, room: Any, content: Mapping[str, Any], person: Any = None) -> Any:
    table = tables.ideas
    where = [table.c.idea_id == _number(content, "idea_id"), table.c.room_id == room.room_id]
    where.append(table.c.withdrawn_at.is_(None))
    if person is not None:
        where.append(table.c.person_id == person.person_id)
    absent = "rooms.error.no_idea" if person is None else "rooms.error.not_yours"
    return only_row(change, table, *where, absent=absent)


def _number(content: Mapping[str, Any], name: str) -> int:
    value = content.get(name)
    # What is greater than any number here, a database may refuse to compare with.
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**31:
        raise ParameterProblem("rooms.error.content", name=name)
    return value


def _group(change: Change, room: Any, group_id: int) -> Any:
    table = tables.groups
    where = (table.c.group_id == group_id, table.c.room_id == room.room_id, table.c.removed_at.is_(None))
    return only_row(change, table, *where, absent="rooms.error.no_group")


def _write(change: Change, room: Any, person: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    text = checked_text(str(content.get("text", "")), LONGEST_IDEA)
    done = change.execute(
        sa.insert(tables.ideas).values(
            room_id=room.room_id, person_id=person.person_id, text=text, written_at=change.at
        )
    )
    change.execute(
        sa.update(tables.people).where(tables.people.c.person_id == person.person_id).values(draft="")
    )
    return {"idea_id": int(done.inserted_primary_key[0]), "text": text}  # type: ignore[index]


def _edit(change: Change, room: Any, person: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    idea = _idea(change, room, content, person)
    text = checked_text(str(content.get("text", "")), LONGEST_IDEA)
    change.execute(sa.update(tables.ideas).where(tables.ideas.c.idea_id == idea.idea_id).values(text=text))
    return {"idea_id": idea.idea_id, "text": text, "before": idea.text}


def _withdraw(change: Change, room: Any, person: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    idea = _idea(change, room, content, person)
    change.execute(sa.delete(tables.votes).where(tables.votes.c.idea_id == idea.idea_id))
    change.execute(
        sa.update(tables.ideas)
        .where(tables.ideas.c.idea_id == idea.idea_id)
        .values(withdrawn_at=change.at, group_id=None)
    )
    return {"idea_id": idea.idea_id}


def _move(change: Change, room: Any, _person: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    idea = _idea(change, room, content)
    made: dict[str, Any] = {"idea_id": idea.idea_id, "before": idea.group_id}
    table = tables.groups
    group_id: int | None = None
    if content.get("new_group") is not None:
        name = checked_text(str(content["new_group"]), LONGEST_GROUP)
        last = change.execute(
            sa.select(sa.func.max(table.c.position)).where(table.c.room_id == room.room_id)
        ).scalar()
        done = change.execute(
            sa.insert(table).values(room_id=room.room_id, name=name, position=(last or 0) + 1)
        )
        group_id = int(done.inserted_primary_key[0])  # type: ignore[index]
        made["new_group"] = name
    elif content.get("group_id") is not None:
        group_id = _group(change, room, _number(content, "group_id")).group_id
    change.execute(
        sa.update(tables.ideas).where(tables.ideas.c.idea_id == idea.idea_id).values(group_id=group_id)
    )
    return {**made, "group_id": group_id}


def _name_group(change: Change, room: Any, _person: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    group = _group(change, room, _number(content, "group_id"))
    name = checked_text(str(content.get("name", "")), LONGEST_GROUP)
    table = tables.groups
    change.execute(sa.update(table).where(table.c.group_id == group.group_id).values(name=name))
    return {"group_id": group.group_id, "name": name, "before": group.name}


def _vote(change: Change, room: Any, person: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    idea = _idea(change, room, content)
    table = tables.votes
    mine = change.execute(
        sa.select(table.c.idea_id)
        .join_from(table, tables.ideas, table.c.idea_id == tables.ideas.c.idea_id)
        .where(table.c.person_id == person.person_id, tables.ideas.c.room_id == room.room_id)
    ).scalars()
    given = set(mine)
    if idea.idea_id not in given:
        # Counted inside the write, so that votes that arrive at once can't pass the limit.
        if len(given) >= room.votes_each:
            raise ParameterProblem("rooms.error.no_votes_left", n=room.votes_each)
        change.execute(
            sa.insert(table).values(idea_id=idea.idea_id, person_id=person.person_id, voted_at=change.at)
        )
        given.add(idea.idea_id)
    return {"idea_id": idea.idea_id, "left": room.votes_each - len(given)}


def _unvote(change: Change, room: Any, person: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    idea = _idea(change, room, content)
    table = tables.votes
    change.execute(
        sa.delete(table).where(table.c.idea_id == idea.idea_id, table.c.person_id == person.person_id)
    )
    return {"idea_id": idea.idea_id}


ACTS: dict[str, tuple[tuple[str, ...], Act]] = {
    "write": (_WRITING, _write),
    "edit": (_WRITING, _edit),
    "withdraw": (_WRITING, _withdraw),
    "move": (("group",), _move),
    "name_group": (("group",), _name_group),
    "vote": (("vote",), _vote),
    "unvote": (("vote",), _unvote),
}
"""Move → the stages that take it, and what it does inside the write."""

REGROUPING: dict[str, Act] = {"move": _move, "name_group": _name_group}
"""Moves that whoever leads a room makes too; they need no person."""
