"""What a participant of a brainstorm room may do, and all they may see."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from workbench.errors import NotAllowed, NotFound, ParameterProblem
from workbench.store import schema_rooms as tables
from workbench.store.area import Area
from workbench.store.database import Change
from workbench.store.roles import takes_part, writes
from workbench.store.room_changes import ACTS
from workbench.store.room_moves import (
    LONGEST_IDEA,
    LONGEST_NAME,
    checked_text,
    find_person,
    find_room,
    made_before,
    plain_move,
    record_move,
    refuse_stage,
    token_hash,
)

HEAD_OFFICE = "head_office"
"""The side of those who join from headquarters; any other side is a branch's name."""
HERE_SECONDS = 60
"""Who was heard of within so many seconds is here."""


class RoomActs(Area):
    """Moves of participants. Who they are is said by the token that joining gave them.

    Each move has a key that the page makes up: sent again after a lost connection, it
    happens once, and the answer is the first one's.
    """

    @writes("participant")
    def join(self, code: str, name: str, side: str = HEAD_OFFICE, token: str | None = None) -> dict[str, Any]:
        """Join a room, or come back to it with one's token.

        Parameters
        ----------
        code : str
            The room's six digits; spaces are passed over.
        name : str
            How others know the person; not an account's name.
        side : str, default="head_office"
            ``head_office`` or a branch's name.
        token : str, optional
            What joining gave before. With it nobody is counted twice.

        Returns
        -------
        dict
            room_id, person_id, token.

        Raises
        ------
        NotFound
            If no open room has that code.
        ParameterProblem
            If the name or the side is empty or too long.
        """
        digits = "".join(each for each in code if each.isprintable() and not each.isspace())
        known = checked_text(name, LONGEST_NAME)
        from_where = checked_text(side, LONGEST_NAME)
        with self.database.writing("room.join") as change:
            table = tables.rooms
            query = sa.select(table).where(table.c.code == digits, table.c.stage != "closed")
            room = change.execute(query).one_or_none()
            if room is None:
                raise NotFound("rooms.error.code", code=digits[:12])
            if token:
                back = self._again(change, room.room_id, token)
                if back is not None:
                    return {"room_id": room.room_id, "person_id": back, "token": token}
            made = secrets.token_urlsafe(24)
            done = change.execute(
                sa.insert(tables.people).values(
                    room_id=room.room_id,
                    name=known,
                    side=from_where,
                    token_sha256=token_hash(made),
                    joined_at=change.at,
                    seen_at=change.at,
                    draft="",
                )
            )
            person_id = int(done.inserted_primary_key[0])  # type: ignore[index]
            change.ids.update(room_id=room.room_id, person_id=person_id)
            record_move(
                change,
                room.room_id,
                "join",
                {"name": known, "side": from_where},
                key="join",
                who=known,
                person_id=person_id,
            )
            return {"room_id": room.room_id, "person_id": person_id, "token": made}

    def _again(self, change: Change, room_id: int, token: str) -> int | None:
        table = tables.people
        mine = (table.c.room_id == room_id, table.c.token_sha256 == token_hash(token))
        row = change.execute(sa.select(table.c.person_id).where(*mine)).one_or_none()
        return None if row is None else int(row.person_id)

    @writes("participant")
    def act(self, token: str, key: str, action: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Make a move.

        Parameters
        ----------
        token : str
            What joining gave.
        key : str
            Made up by the page for this move; at most 60 characters.
        action : {"write", "edit", "withdraw", "move", "name_group", "vote", "unvote"}
            ``write`` (text), ``edit`` (idea_id, text) and ``withdraw`` (idea_id) of one's
            own ideas; ``move`` (idea_id and group_id, or ``new_group`` with a name, or
            neither to stand alone); ``name_group`` (group_id, name); ``vote`` and
            ``unvote`` (idea_id).
        content : mapping
            As the action needs it.

        Returns
        -------
        dict
            The stored move: move_id, action, content with the ids that were made.

        Raises
        ------
        NotAllowed
            If the token is nobody's.
        ParameterProblem
            If the room's stage, its clock, the votes left or the text do not allow it.
        """
        if action not in ACTS:
            raise ParameterProblem("rooms.error.action", action=action, actions=", ".join(ACTS))
        # A key is the page's own: letters and digits, which every database keeps.
        if not key or len(key) > 60 or not key.isprintable():
            raise ParameterProblem("rooms.error.key")
        stages, apply = ACTS[action]
        with self.database.writing(f"room.{action}") as change:
            person = find_person(change.connection, token)
            change.ids.update(room_id=person.room_id, person_id=person.person_id)
            before = made_before(change, person.room_id, person.person_id, key)
            if before is not None:
                change.ids["already"] = True
                return plain_move(before)
            room = find_room(change.connection, person.room_id)
            refuse_stage(room, stages, change.at)
            done = apply(change, room, person, content)
            number = record_move(
                change,
                room.room_id,
                action,
                done,
                key=key,
                who=person.name,
                person_id=person.person_id,
            )
            return {"move_id": number, "action": action, "content": done}

    @writes("participant")
    def keep_draft(self, token: str, text: str) -> None:
        """Keep what somebody is typing, whatever the stage and the clock say.

        Raises
        ------
        NotAllowed
            If the token is nobody's.
        """
        with self.database.writing("room.draft") as change:
            person = find_person(change.connection, token)
            kept = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:LONGEST_IDEA]
            self._update(change, person, draft=kept, seen_at=change.at)

    @writes("participant")
    def be_here(self, token: str) -> None:
        """Say that somebody still looks at the room.

        Raises
        ------
        NotAllowed
            If the token is nobody's.
        """
        with self.database.writing("room.here") as change:
            self._update(change, find_person(change.connection, token), seen_at=change.at)

    @staticmethod
    def _update(change: Change, person: Any, **values: Any) -> None:
        table = tables.people
        change.execute(sa.update(table).where(table.c.person_id == person.person_id).values(**values))

    @takes_part
    def last_move(self, token: str) -> int:
        """Return the number of the room's last move: whether there is anything new to read.

        Raises
        ------
        NotAllowed
            If the token is nobody's.
        """
        people, moves = tables.people, tables.moves
        last = sa.select(sa.func.max(moves.c.move_id)).where(moves.c.room_id == people.c.room_id)
        mine = sa.select(last.scalar_subquery().label("last"))
        mine = mine.where(people.c.token_sha256 == token_hash(token))
        # Asked by everybody every second, hence one question.
        with self.database.reading() as connection:
            row = connection.execute(mine).one_or_none()
        if row is None:
            raise NotAllowed("rooms.error.token")
        return int(row.last or 0)

    @takes_part
    def board(self, token: str) -> dict[str, Any]:
        """Return what a participant may see of their room.

        While ideas are private only one's own are in it, and how many there are in all.

        Returns
        -------
        dict
            room (code, question, segment, stage, ends_at, votes_each, seconds: the running
            clock's whole length or None, profile: of the segment, as the room was opened),
            me (person_id, name, side, draft, votes), n_people (who have joined), n_here
            (of whom the store has heard in the last minute), n_ideas, last_move, ideas
            (idea_id, text, side, mine, group_id, votes), groups (group_id, name).

        Raises
        ------
        NotAllowed
            If the token is nobody's.
        """
        ideas, people, votes = tables.ideas, tables.people, tables.votes
        with self.database.reading() as connection:
            me = find_person(connection, token)
            room = find_room(connection, me.room_id)
            standing = (ideas.c.room_id == room.room_id, ideas.c.withdrawn_at.is_(None))
            query = (
                sa.select(ideas.c.idea_id, ideas.c.text, ideas.c.person_id, ideas.c.group_id, people.c.side)
                .join_from(ideas, people, ideas.c.person_id == people.c.person_id)
                .where(*standing)
                .order_by(ideas.c.idea_id)
            )
            if room.stage == "write":
                query = query.where(ideas.c.person_id == me.person_id)
            rows = connection.execute(query).all()
            given = connection.execute(
                sa.select(votes.c.idea_id, votes.c.person_id)
                .join_from(votes, ideas, votes.c.idea_id == ideas.c.idea_id)
                .where(*standing)
            ).all()
            counts: dict[int, int] = {}
            for idea_id, _ in given:
                counts[idea_id] = counts.get(idea_id, 0) + 1
            shown = {row[0] for row in rows}
            groups = tables.groups
            named = connection.execute(
                sa.select(groups.c.group_id, groups.c.name)
                .where(groups.c.room_id == room.room_id, groups.c.removed_at.is_(None))
                .order_by(groups.c.position, groups.c.group_id)
            ).all()
            count = sa.select(sa.func.count())
            joined = count.select_from(people).where(people.c.room_id == room.room_id)
            lately = self.database.clock() - dt.timedelta(seconds=HERE_SECONDS)
            last = sa.select(sa.func.max(tables.moves.c.move_id))
            numbers = {
                "n_people": joined,
                "n_here": joined.where(people.c.seen_at >= lately),
                "n_ideas": count.select_from(ideas).where(*standing),
                "last_move": last.where(tables.moves.c.room_id == room.room_id),
            }
            # All in one question: everybody in the room asks it after every move.
            counted = connection.execute(
                sa.select(*(query.scalar_subquery().label(name) for name, query in numbers.items()))
            ).one()
            seconds = None if room.ends_at is None else _clock(connection, room.room_id)
        names = ("code", "question", "segment", "stage", "ends_at", "votes_each")
        return {
            "room": {
                **{name: getattr(room, name) for name in names},
                "seconds": seconds,
                "profile": json.loads(room.settings).get("profile", {}),
            },
            "me": {
                "person_id": me.person_id,
                "name": me.name,
                "side": me.side,
                "draft": me.draft,
                "votes": [v.idea_id for v in given if v.person_id == me.person_id and v.idea_id in shown],
            },
            **{name: value or 0 for name, value in counted._mapping.items()},
            "ideas": [
                {
                    "idea_id": idea_id,
                    "text": text,
                    "side": side,
                    "mine": person_id == me.person_id,
                    "group_id": group_id,
                    "votes": counts.get(idea_id, 0),
                }
                for idea_id, text, person_id, group_id, side in rows
            ],
            "groups": [dict(row._mapping) for row in named],
        }


def _clock(connection: sa.Connection, room_id: int) -> int | None:
    """Return the seconds that the stage was given when the room was led to it."""
    table = tables.moves
    led = sa.select(table.c.content).where(table.c.room_id == room_id, table.c.action == "lead")
    content = connection.execute(led.order_by(table.c.move_id.desc()).limit(1)).scalar()
    return None if content is None else json.loads(content)["seconds"]
