"""Brainstorm rooms of one cycle: led, grouped, compared by side, and what comes out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
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
DECISIONS = ("label", "description", "strategy", "hypothesis", "none")
"""What an idea can become; ``none`` writes down that it was left."""
_IDEAS = ["idea_id", "text", "side", "group_id", "votes", "person_id", "written_at"]


class Rooms:
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
        return self._store.open(
            self._project.need_cycle().cycle_id,
            segmentation=segmentation.artefact_id,
            segment=segment,
            question=question,
            votes_each=votes_each,
            settings={"minutes": lengths},
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

    # What comes out --------------------------------------------------------------------

    def decide(self, room_id: int, kind: str, idea_ids: Sequence[int], **made: Any) -> dict[str, Any]:
        """Make something of ideas, and write it down in the room: both happen, or neither.

        Parameters
        ----------
        room_id : int
            The room, in its last stage.
        kind : {"label", "description", "strategy", "hypothesis", "none"}
            ``label`` renames the room's segment (``segment``, ``segment_zh``);
            ``description`` describes it (``description``, ``description_zh``); ``strategy``
            drafts a card (``template``, and any of its columns); ``hypothesis`` writes one
            (``sentence``, ``outcome``, ``direction``, ``threshold``, ``strategy_id``);
            ``none`` leaves the ideas, with a ``reason``.
        idea_ids : sequence of int
            The ideas it is made of.
        **made : Any
            As the kind needs it.

        Returns
        -------
        dict
            kind, idea_ids, and what was made: segmentation, strategy_id, hypothesis_id.

        Raises
        ------
        ParameterProblem
            If the room has not come to its last stage, it has no segment to label, an idea
            is not its own, or what is to be made is refused.
        """
        if kind not in DECISIONS:
            raise ParameterProblem("rooms.error.decision", kind=kind, kinds=", ".join(DECISIONS))
        room = self._store.find(room_id)
        unknown = sorted(set(idea_ids) - set(self.ideas(room_id)["idea_id"]))
        if unknown:
            raise ParameterProblem("rooms.error.unknown_ideas", ideas=", ".join(map(str, unknown)))
        if kind in ("label", "description") and not room["segment"]:
            raise ParameterProblem("rooms.error.no_segment_to_label")
        wanted = {"kind": kind, "idea_ids": sorted(int(idea) for idea in idea_ids), "made": made}
        key = hash_text(canonical_json(wanted))[:32]
        make = getattr(self, f"_make_{kind}")
        return self._store.decide(
            room_id, wanted, f"decide:{key}", make=lambda: make(room, wanted["idea_ids"], made)
        )

    def _make_none(self, _room: Any, _ideas: list[int], _made: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    def _make_label(self, room: Any, ideas: list[int], made: Mapping[str, Any]) -> dict[str, Any]:
        return self._relabel(room, str(made.get("segment", "")), ideas, segment_zh=made.get("segment_zh"))

    def _make_description(self, room: Any, ideas: list[int], made: Mapping[str, Any]) -> dict[str, Any]:
        return self._relabel(
            room,
            room["segment"],
            ideas,
            description=made.get("description"),
            description_zh=made.get("description_zh"),
        )

    def _relabel(self, room: Any, segment: str, ideas: list[int], **texts: Any) -> dict[str, Any]:
        now = self._project.insight.segmentation()
        rows = now.segments[now.segments["segment"] == room["segment"]]
        if rows.empty:
            known = ", ".join(now.segments["segment"])
            raise NotFound("rooms.error.no_segment", segment=room["segment"], known=known)
        note = f"Brainstorm room {room['code']}, ideas {', '.join(map(str, ideas))}"
        new = self._project.insight.relabel(int(rows["cluster"].iloc[0]), segment, note=note, **texts)
        return {"segmentation": new.artefact_id, "version": new.version, "segment": segment.strip()}

    def _make_strategy(self, room: Any, _ideas: list[int], made: Mapping[str, Any]) -> dict[str, Any]:
        from workbench.strategy import draft_card

        strategy = self._project.strategy
        taken = {str(each) for each in strategy.cards()["strategy_id"]}
        number = next(f"S{n}" for n in range(1, len(taken) + 2) if f"S{n}" not in taken)
        fields = dict(made)
        cycle = self._project.need_cycle()
        card = draft_card(
            str(fields.pop("template", "")),
            room["segment"],
            starts_on=fields.pop("starts_on", cycle.snapshot_date),
            strategy_id=number,
            lang=str(fields.pop("lang", "en")),
            columns=self._project.imports.portrait_columns(),
        )
        strategy.save_card(card | fields, None)
        return {"strategy_id": number}

    def _make_hypothesis(self, room: Any, ideas: list[int], made: Mapping[str, Any]) -> dict[str, Any]:
        source_id = f"{room['room_id']}:{','.join(map(str, ideas))}"
        fields = {"segment": room["segment"], **made}
        number = self._project.review.hypotheses.add(**fields, source="room", source_id=source_id)
        return {"hypothesis_id": number}
