"""Brainstorm rooms as their facilitator runs them: opened on a segment, led through stages, closed."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import NotFound, ParameterProblem
from workbench.store import schema_rooms as tables
from workbench.store.area import Area, refuse_lost_edit
from workbench.store.content import canonical_json
from workbench.store.database import Change
from workbench.store.late import refuse_late
from workbench.store.roles import reads, writes
from workbench.store.room_changes import REGROUPING
from workbench.store.room_moves import (
    LONGEST_GROUP,
    STAGES,
    checked_text,
    find_room,
    made_before,
    plain_move,
    record_move,
)

LONGEST_QUESTION = 400
MOST_VOTES = 20
LONGEST_STAGE = 24 * 60 * 60
"""Seconds that a stage's clock may run."""
_TRIES = 200


class Rooms(Area):
    """Rooms of a cycle, for those who lead them.

    Every move of a room, the facilitator's and the participants', is kept in order: what
    stands now can be built again from the moves alone.
    """

    @writes("analyst")
    def open(
        self,
        cycle_id: str,
        *,
        segmentation: str,
        segment: str,
        question: str,
        votes_each: int = 5,
        settings: Mapping[str, Any] | None = None,
    ) -> int:
        """Open a room on a segment, and return its number; people can join by its code.

        Parameters
        ----------
        cycle_id : str
            The cycle.
        segmentation, segment : str
            The artefact of the segmentation, and the segment's label; empty for all customers.
        question : str
            What is asked.
        votes_each : int, default=5
            Ideas that one person may vote for.
        settings : mapping, optional
            What a screen keeps with the room, for example the stages' lengths.

        Raises
        ------
        ParameterProblem
            If the question is empty or too long, the votes are not between 1 and 20, or
            the cycle is closed.
        """
        asked = checked_text(question, LONGEST_QUESTION)
        if not 1 <= votes_each <= MOST_VOTES:
            raise ParameterProblem("rooms.error.votes_each", n=votes_each, most=MOST_VOTES)
        with self.database.writing("room.open", cycle_id=cycle_id) as change:
            refuse_late(change, cycle_id, "ideas")
            done = change.execute(
                sa.insert(tables.rooms).values(
                    cycle_id=cycle_id,
                    code=_free_code(change),
                    segmentation=segmentation,
                    segment=segment,
                    question=asked,
                    stage=STAGES[0],
                    votes_each=votes_each,
                    settings=canonical_json(dict(settings or {})),
                    opened_at=change.at,
                    opened_by=self.database.who,
                    row_version=1,
                )
            )
            change.ids["room_id"] = room_id = int(done.inserted_primary_key[0])  # type: ignore[index]
            self._record(change, room_id, "open", {"question": asked, "segment": segment})
            return room_id

    @reads
    def rows(self, cycle_id: str | None = None) -> list[dict[str, Any]]:
        """Return the rooms of a cycle, or all, the newest first."""
        table = tables.rooms
        query = sa.select(table).order_by(table.c.room_id.desc())
        if cycle_id is not None:
            query = query.where(table.c.cycle_id == cycle_id)
        with self.database.reading() as connection:
            return [_plain_room(row) for row in connection.execute(query)]

    @reads
    def find(self, room_id: int) -> dict[str, Any]:
        """Return one room.

        Raises
        ------
        NotFound
            If there is none of that number.
        """
        with self.database.reading() as connection:
            return _plain_room(find_room(connection, room_id))

    @reads
    def people(self, room_id: int) -> list[dict[str, Any]]:
        """Return who has joined, in the order of joining: person_id, name, side, joined_at, seen_at."""
        table = tables.people
        columns = (table.c.person_id, table.c.name, table.c.side, table.c.joined_at, table.c.seen_at)
        query = sa.select(*columns).where(table.c.room_id == room_id).order_by(table.c.person_id)
        with self.database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    @reads
    def moves(self, room_id: int, after: int = 0) -> list[dict[str, Any]]:
        """Return the room's moves after a number, in their order, to show or to replay."""
        table = tables.moves
        query = sa.select(table).where(table.c.room_id == room_id, table.c.move_id > after)
        with self.database.reading() as connection:
            return [plain_move(row) for row in connection.execute(query.order_by(table.c.move_id))]

    @reads
    def ideas(self, room_id: int) -> list[dict[str, Any]]:
        """Return the ideas that stand, in the order of writing.

        Each has idea_id, text, side, person_id, group_id, written_at and votes.
        """
        ideas, people, votes = tables.ideas, tables.people, tables.votes
        query = (
            sa.select(
                ideas.c.idea_id,
                ideas.c.text,
                ideas.c.person_id,
                ideas.c.group_id,
                ideas.c.written_at,
                people.c.side,
                sa.func.count(votes.c.person_id).label("votes"),
            )
            .join_from(ideas, people, ideas.c.person_id == people.c.person_id)
            .join(votes, votes.c.idea_id == ideas.c.idea_id, isouter=True)
            .where(ideas.c.room_id == room_id, ideas.c.withdrawn_at.is_(None))
            .group_by(*ideas.c, people.c.side)
            .order_by(ideas.c.idea_id)
        )
        with self.database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    @reads
    def groups(self, room_id: int) -> list[dict[str, Any]]:
        """Return the groups that stand, in their order: group_id, name, position."""
        table = tables.groups
        query = sa.select(table.c.group_id, table.c.name, table.c.position)
        query = query.where(table.c.room_id == room_id, table.c.removed_at.is_(None))
        with self.database.reading() as connection:
            return [
                dict(row._mapping)
                for row in connection.execute(query.order_by(table.c.position, table.c.group_id))
            ]

    @writes("analyst")
    def at_once(self, play: Callable[[], Any]) -> Any:
        """Make many moves in one write: all of them happen, at one moment, or none."""
        with self.database.writing("room.play"):
            return play()

    @writes("analyst")
    def lead(self, room_id: int, stage: str, *, expected_version: int, seconds: int | None = None) -> int:
        """Move a room to a stage, with a clock or without; return its new version.

        The same stage again sets its clock anew. A room goes back too, for example to write
        on; what was grouped and voted stays.

        Raises
        ------
        ParameterProblem
            If there is no such stage, the clock is not between 1 second and a day, or the
            room is closed.
        Conflict
            If somebody else has moved it meanwhile.
        """
        if stage not in STAGES[:-1]:
            raise ParameterProblem("rooms.error.stage", stage=stage, stages=", ".join(STAGES[:-1]))
        if seconds is not None and not 1 <= seconds <= LONGEST_STAGE:
            raise ParameterProblem("rooms.error.clock", seconds=seconds)
        with self.database.writing("room.lead", room_id=room_id) as change:
            room = self._open_room(change, room_id)
            wanted = {"stage": stage}
            refuse_lost_edit(
                {"stage": room.stage}, wanted, expected_version, room.row_version, f"room {room.code}"
            )
            ends_at = None if seconds is None else change.at + dt.timedelta(seconds=seconds)
            self._set(change, room, stage=stage, ends_at=ends_at)
            self._record(change, room_id, "lead", {"stage": stage, "seconds": seconds})
            return int(room.row_version) + 1

    @writes("analyst")
    def arrange(self, room_id: int, arrangement: Sequence[tuple[str, Sequence[int]]], key: str) -> None:
        """Group the ideas anew: these groups replace the ones there are.

        Parameters
        ----------
        room_id : int
            The room.
        arrangement : sequence of (str, sequence of int)
            Name and ideas of each group; ideas in none of them stand alone.
        key : str
            Of this move: made twice under one key, it happens once.

        Raises
        ------
        ParameterProblem
            If a name is empty or too long, an idea is not the room's, or it stands in two groups.
        """
        named = [(checked_text(name, LONGEST_GROUP), list(ids)) for name, ids in arrangement]
        every = [idea for _, ids in named for idea in ids]
        with self.database.writing("room.arrange", room_id=room_id) as change:
            if made_before(change, room_id, None, key) is not None:
                return
            self._open_room(change, room_id)
            standing = sa.select(tables.ideas.c.idea_id).where(tables.ideas.c.room_id == room_id)
            unknown = sorted(set(every) - set(change.execute(standing).scalars()))
            if unknown:
                raise ParameterProblem("rooms.error.unknown_ideas", ideas=", ".join(map(str, unknown)))
            if len(set(every)) < len(every):
                raise ParameterProblem("rooms.error.two_groups")
            mine = tables.groups.c.room_id == room_id
            change.execute(sa.update(tables.groups).where(mine).values(removed_at=change.at))
            change.execute(
                sa.update(tables.ideas).where(tables.ideas.c.room_id == room_id).values(group_id=None)
            )
            made = []
            for position, (name, ids) in enumerate(named, 1):
                done = change.execute(
                    sa.insert(tables.groups).values(room_id=room_id, name=name, position=position)
                )
                group_id = int(done.inserted_primary_key[0])  # type: ignore[index]
                change.execute(
                    sa.update(tables.ideas)
                    .where(tables.ideas.c.idea_id.in_(list(ids)))
                    .values(group_id=group_id)
                )
                made.append({"group_id": group_id, "name": name, "idea_ids": list(ids)})
            self._record(change, room_id, "arrange", {"groups": made}, key)

    @writes("analyst")
    def regroup(self, room_id: int, action: str, content: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Move one idea or name one group, as a participant does, whatever the clock says.

        Parameters
        ----------
        room_id : int
            The room.
        action : {"move", "name_group"}
            ``move`` (idea_id and group_id, or ``new_group`` with a name, or neither to
            stand alone); ``name_group`` (group_id, name).
        content : mapping
            As the action needs it.
        key : str
            Of this move: made twice under one key, it happens once.

        Returns
        -------
        dict
            The content as it was written down, with the ids that were made.

        Raises
        ------
        ParameterProblem
            If there is no such move, the ideas are still private, or the room is closed.
        NotFound
            If the idea or the group is not the room's.
        """
        if action not in REGROUPING:
            raise ParameterProblem("rooms.error.action", action=action, actions=", ".join(REGROUPING))
        with self.database.writing(f"room.{action}", room_id=room_id) as change:
            before = made_before(change, room_id, None, key)
            if before is not None:
                return dict(plain_move(before)["content"])
            room = self._open_room(change, room_id)
            if room.stage == STAGES[0]:
                raise ParameterProblem("rooms.error.not_while_write")
            done = REGROUPING[action](change, room, None, content)
            self._record(change, room_id, action, done, key)
            return done

    @writes("analyst")
    def decide(
        self,
        room_id: int,
        decision: Mapping[str, Any],
        key: str,
        make: Callable[[], Mapping[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Write down what came out of a room, and make it in the same write.

        Parameters
        ----------
        room_id : int
            The room.
        decision : mapping
            ``kind`` (label, description, strategy, hypothesis, none), ``idea_ids``, and
            what is to be made of them.
        key : str
            Of this move: made twice under one key, it happens once.
        make : callable, optional
            Writes to the store what was decided, and returns its ids. It happens together
            with the room's move, or not at all.

        Returns
        -------
        dict
            The decision with the ids, as it was written down.

        Raises
        ------
        ParameterProblem
            If the room has not come to its last stage, or is closed.
        """
        with self.database.writing("room.decide", room_id=room_id) as change:
            before = made_before(change, room_id, None, key)
            if before is not None:
                return dict(plain_move(before)["content"])
            room = self._open_room(change, room_id)
            if room.stage != STAGES[-2]:
                raise ParameterProblem("rooms.error.not_deciding", code=room.code)
            written = {**decision, **(make() if make is not None else {})}
            self._record(change, room_id, "decide", written, key)
            return written

    @writes("analyst")
    def close(self, room_id: int) -> None:
        """Close a room: nobody joins or writes any more; all of it stays readable.

        Raises
        ------
        ParameterProblem
            If it is closed already.
        """
        with self.database.writing("room.close", room_id=room_id) as change:
            room = self._open_room(change, room_id)
            self._set(change, room, stage="closed", ends_at=None, closed_at=change.at)
            self._record(change, room_id, "close", {})

    def _open_room(self, change: Change, room_id: int) -> Any:
        room = find_room(change.connection, room_id)
        if room.stage == "closed":
            raise ParameterProblem("rooms.error.closed", code=room.code)
        return room

    def _record(
        self, change: Change, room_id: int, action: str, content: Mapping[str, Any], key: str = ""
    ) -> int:
        named = key or f"{action}:{secrets.token_hex(8)}"
        return record_move(change, room_id, action, content, key=named, who=self.database.who)

    @staticmethod
    def _set(change: Change, room: Any, **values: Any) -> None:
        change.execute(
            sa.update(tables.rooms)
            .where(tables.rooms.c.room_id == room.room_id)
            .values(row_version=room.row_version + 1, **values)
        )


def _plain_room(row: Any) -> dict[str, Any]:
    return {**row._mapping, "settings": json.loads(row.settings)}


def _free_code(change: Change) -> str:
    """Return six digits that no open room has."""
    table = tables.rooms
    taken = set(change.execute(sa.select(table.c.code).where(table.c.stage != "closed")).scalars())
    for _ in range(_TRIES):
        code = f"{secrets.randbelow(1_000_000):06d}"
        if code not in taken:
            return code
    raise NotFound("rooms.error.no_code")
