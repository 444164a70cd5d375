"""Brainstorm rooms of one cycle: led, grouped, compared by side, and what comes out of them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.project.minutes import Minutes
from workbench.project.room_decisions import Decisions
from workbench.project.room_profile import segment_profile
from workbench.store.content import canonical_json, hash_text

if TYPE_CHECKING:
    from workbench.project.handle import Project

COLUMNS = (
    "room_id",
    "code",
    "segment",
    "question",
    "stage",
    "ends_at",
    "votes_each",
    "segmentation",
    "opened_at",
    "opened_by",
    "closed_at",
    "row_version",
)
_IDEAS = ["idea_id", "text", "side", "group_id", "votes", "person_id", "written_at"]


class Rooms(Decisions, Minutes):
    """Brainstorm rooms, at ``project.insight.rooms``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store.rooms

    def open(
        self,
        question: str,
        segment: str = "",
        *,
        votes_each: int = 5,
        minutes: Mapping[str, float] | None = None,
    ) -> int:
        """Open a room on a segment of the cycle's segmentation, and return its number.

        Parameters
        ----------
        question : str
            What is asked.
        segment : str, default=""
            The segment's label; empty is all customers.
        votes_each : int, default=5
            Ideas that one person may vote for.
        minutes : mapping of str to float, optional
            Length of each stage, for the clock.

        Raises
        ------
        NotFound
            If no segmentation is approved, or it has no such segment.
        ParameterProblem
            If the question is empty, or the votes or a length are not possible.
        """
        segmentation = self._project.insight.segmentation()
        known = segmentation.segments["segment"].tolist()
        if segment and segment not in known:
            raise NotFound("rooms.error.no_segment", segment=segment, known=", ".join(known))
        lengths = {stage: float(length) for stage, length in (minutes or {}).items()}
        for length in lengths.values():
            if not 0 < length <= 24 * 60:
                raise ParameterProblem("rooms.error.clock", seconds=round(length * 60))
        cycle = self._project.need_cycle()
        smallest = self._project.small_cell
        profile = segment_profile(segmentation, segment, cycle.snapshot_date, smallest)
        return self._store.open(
            cycle.cycle_id,
            segmentation=segmentation.artefact_id,
            segment=segment,
            question=question,
            votes_each=votes_each,
            settings={"minutes": lengths, "profile": profile},
        )

    def frame(self) -> pd.DataFrame:
        """Return the cycle's rooms, the newest first."""
        cycle_id = self._project.cycle.cycle_id
        rows = self._store.rows(cycle_id) if cycle_id else []
        return pd.DataFrame([[row[name] for name in COLUMNS] for row in rows], columns=list(COLUMNS))

    def one(self, room_id: int) -> dict[str, Any]:
        """Return one room.

        Raises
        ------
        NotFound
            If there is none of that number.
        """
        return self._store.find(room_id)

    def people(self, room_id: int) -> pd.DataFrame:
        """Return who has joined: person_id, name, side, joined_at, seen_at (UTC)."""
        columns = ["person_id", "name", "side", "joined_at", "seen_at"]
        return pd.DataFrame(self._store.people(room_id), columns=columns)

    def ideas(self, room_id: int) -> pd.DataFrame:
        """Return the ideas that stand: a `workbench.tables.ROOM_IDEAS` with person_id and written_at."""
        frame = pd.DataFrame(self._store.ideas(room_id), columns=_IDEAS)
        return frame.astype(
            {"idea_id": "int64", "text": "str", "side": "str", "group_id": "Int64", "votes": "int64"}
        )

    def groups(self, room_id: int) -> pd.DataFrame:
        """Return the groups that stand, in their order: a `workbench.tables.ROOM_GROUPS`."""
        frame = pd.DataFrame(self._store.groups(room_id), columns=["group_id", "name", "position"])
        return frame.astype({"group_id": "int64", "name": "str", "position": "int64"})

    def lead(
        self, room_id: int, stage: str, minutes: float | None = None, *, expected_version: int | None = None
    ) -> int:
        """Move a room to a stage, and return its new version.

        Parameters
        ----------
        room_id : int
            The room.
        stage : {"write", "reveal", "group", "vote", "decide"}
            Where to; the same again sets its clock anew.
        minutes : float, optional
            How long; by default as the room was opened, or without a clock.
        expected_version : int, optional
            The version that was looked at; by default whatever stands.

        Raises
        ------
        ParameterProblem
            If there is no such stage, or the room is closed.
        Conflict
            If somebody else has moved it meanwhile.
        """
        room = self._store.find(room_id)
        length = minutes if minutes is not None else room["settings"].get("minutes", {}).get(stage)
        return self._store.lead(
            room_id,
            stage,
            expected_version=room["row_version"] if expected_version is None else expected_version,
            seconds=None if length is None else max(1, round(length * 60)),
        )

    def close(self, room_id: int) -> None:
        """Close a room; all of it stays readable.

        Raises
        ------
        ParameterProblem
            If it is closed already.
        """
        self._store.close(room_id)

    # Grouping and comparing ----------------------------------------------------------

    def propose_groups(self, room_id: int) -> pd.DataFrame:
        """Propose groups of ideas that use the same words; see `workbench.propose_idea_groups`."""
        from workbench.insight.brainstorm import propose_idea_groups

        return propose_idea_groups(self.ideas(room_id))

    def arrange(self, room_id: int, proposal: pd.DataFrame) -> None:
        """Put the ideas into groups, in place of the groups there are.

        Parameters
        ----------
        room_id : int
            The room.
        proposal : pandas.DataFrame
            idea_id, group (missing to stand alone) and name, as `propose_groups` returns.

        Raises
        ------
        ParameterProblem
            If a group has no name, an idea is not the room's, or the room is closed.
        """
        grouped = proposal.dropna(subset=["group"])
        arrangement = [
            (str(rows["name"].iloc[0]), [int(idea) for idea in rows["idea_id"]])
            for _, rows in grouped.groupby("group", sort=True)
        ]
        last = self._store.moves(room_id)[-1]["move_id"]
        key = hash_text(canonical_json([last, arrangement]))[:32]
        self._store.arrange(room_id, arrangement, f"arrange:{key}")

    def move(
        self,
        room_id: int,
        idea_id: int,
        group_id: int | None = None,
        *,
        new_group: str | None = None,
        key: str | None = None,
    ) -> dict[str, Any]:
        """Put one idea into a group, into a new one, or let it stand alone.

        Parameters
        ----------
        room_id, idea_id : int
            The room and the idea.
        group_id : int, optional
            The group; by default the idea stands alone.
        new_group : str, optional
            Name of a group to make for it.
        key : str, optional
            Of this move, for a page that may send it again: it happens once.

        Returns
        -------
        dict
            idea_id, group_id, before (where it stood).

        Raises
        ------
        ParameterProblem
            If the ideas are still private, the name is empty, or the room is closed.
        NotFound
            If the idea or the group is not the room's.
        """
        content = {"idea_id": idea_id, "group_id": group_id, "new_group": new_group}
        return self._store.regroup(room_id, "move", content, key or f"move:{secrets.token_hex(8)}")

    def name_group(self, room_id: int, group_id: int, name: str, *, key: str | None = None) -> dict[str, Any]:
        """Give a group another name.

        Parameters
        ----------
        room_id, group_id : int
            The room and the group.
        name : str
            Its new name.
        key : str, optional
            Of this move, for a page that may send it again: it happens once.

        Returns
        -------
        dict
            group_id, name, before (the name it had).

        Raises
        ------
        ParameterProblem
            If the name is empty or too long, or the room is closed.
        NotFound
            If the group is not the room's.
        """
        content = {"group_id": group_id, "name": name}
        return self._store.regroup(room_id, "name_group", content, key or f"name:{secrets.token_hex(8)}")

    def sides(self, room_id: int) -> pd.DataFrame:
        """Compare head office with branches, group by group; see `workbench.compare_sides`."""
        from workbench.insight.brainstorm import compare_sides

        return compare_sides(self.ideas(room_id), self.groups(room_id))

    def replay(self, room_id: int, until: int | None = None) -> dict[str, Any]:
        """Return the room as it stood after a move, built from its moves alone.

        Parameters
        ----------
        room_id : int
            The room.
        until : int, optional
            The move's number; by default the last.
        """
        from workbench.insight.brainstorm import replay_moves

        return replay_moves(self._store.moves(room_id), until)

    def moves(self, room_id: int, after: int = 0) -> pd.DataFrame:
        """Return the room's moves in their order: move_id, at (UTC), who, action, content."""
        columns = ["move_id", "at", "who", "person_id", "action", "content"]
        return pd.DataFrame(self._store.moves(room_id, after), columns=columns)
