"""Grouping a room's ideas: the board, a proposal to look at, and what says the same twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem, WorkbenchError

if TYPE_CHECKING:
    from workbench.ui.state.sections.room import RoomState

REGROUPED_IN = ("reveal", "group", "vote", "decide")


class RoomGroups:
    """The groups of the room that is shown.

    Parameters
    ----------
    state : RoomState
        The section.

    Attributes
    ----------
    proposal : pandas.DataFrame or None
        Groups that were proposed and neither taken nor left.
    """

    def __init__(self, state: RoomState) -> None:
        self._state = state
        self.proposal: pd.DataFrame | None = None

    def leave(self) -> None:
        """Drop the proposal."""
        self.proposal = None

    # The board -------------------------------------------------------------------

    def board(self) -> dict[str, Any]:
        """Return the room as the board shows it to whoever leads; no idea before the reveal."""
        state = self._state
        room = state.room
        assert room is not None
        hidden = state.is_private
        ideas = [] if hidden else state.ideas.to_dict("records")
        profile = room["settings"].get("profile") or {}
        return {
            "mode": "lead",
            "joined": True,
            "lang": state.lang,
            "theme": state.screen.mode,
            "error": "",
            "code": room["code"],
            "sides": sorted(set(state.people["side"])),
            "room": {
                "code": room["code"],
                "question": room["question"],
                "stage": room["stage"],
                "votes_each": int(room["votes_each"]),
                "seconds_left": state.leading.seconds_left(),
                "seconds_all": state.leading.seconds_all(),
                "segment": room["segment"],
                "segment_zh": str(profile.get("segment_zh") or ""),
                "slot": state.slot(state.segment),
                "profile": profile,
            },
            "me": {"name": "", "side": "", "draft": "", "votes": []},
            "n_people": len(state.people),
            "n_ideas": len(state.ideas),
            "ideas": [
                {
                    "idea_id": int(row["idea_id"]),
                    "text": str(row["text"]),
                    "side": str(row["side"]),
                    "mine": False,
                    "group_id": None if pd.isna(row["group_id"]) else int(row["group_id"]),
                    "votes": int(row["votes"]),
                }
                for row in ideas
            ],
            "groups": []
            if hidden
            else [
                {"group_id": int(row["group_id"]), "name": str(row["name"])}
                for row in state.groups.to_dict("records")
            ],
            "last_move": state.last_move,
            "picked": list(state.decisions.picked),
            "heard": 0,
        }

    def regroup(self, report: dict[str, Any]) -> tuple[bool, Any]:
        """Make a move of the board: return whether it was taken, and what came of it or why not."""
        state, rooms = self._state, self._state.project.insight.rooms
        content, key = report["content"], f"lead:{report['key']}"[:60]
        try:
            if report["action"] == "move":
                group, name = content.get("group_id"), content.get("new_group")
                made = rooms.move(
                    state.chosen, self._number(content, "idea_id"), group, new_group=name, key=key
                )
            elif report["action"] == "name_group":
                group = self._number(content, "group_id")
                made = rooms.name_group(state.chosen, group, str(content.get("name", "")), key=key)
            else:
                raise ParameterProblem(
                    "rooms.error.action", action=report["action"], actions="move, name_group"
                )
        except WorkbenchError as problem:
            return False, state.t(problem.key, **problem.values)
        state.poll()
        return True, made

    @staticmethod
    def _number(content: dict[str, Any], name: str) -> int:
        value = content.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ParameterProblem("rooms.error.content", name=name)
        return value

    # The proposal ----------------------------------------------------------------

    @property
    def may_propose(self) -> bool:
        """Whether groups can be proposed now: there are ideas, and they are no longer private."""
        return self._state.is_live and self._state.stage in REGROUPED_IN and len(self._state.ideas) > 1

    def propose(self) -> None:
        """Work a proposal out, in the background."""
        if not self.may_propose:
            return
        state, room_id = self._state, self._state.chosen

        def done(found: pd.DataFrame) -> None:
            if room_id == state.chosen:
                self.proposal = found
                state.touch()

        rooms = state.project.insight.rooms
        state.jobs.start(lambda _: rooms.propose_groups(room_id), done, "insight_brainstorm.phase.propose")

    def dismiss(self) -> None:
        """Leave the groups as they are."""
        self.leave()
        self._state.touch()

    def accept(self) -> None:
        """Put the ideas into the proposed groups; people change them on the board."""
        if self.proposal is None:
            return
        state = self._state
        known = set(state.project.insight.rooms.ideas(state.chosen)["idea_id"])
        rows = self.proposal[self.proposal["idea_id"].isin(known)]
        state.project.insight.rooms.arrange(state.chosen, rows)
        self.leave()
        state.load()
        state.leading.say("insight_brainstorm.done.arranged", n=len(state.groups))

    def proposed(self) -> dict[str, Any] | None:
        """Return the proposal to look at: groups with their ideas, who stands alone, what is said twice."""
        if self.proposal is None:
            return None
        texts = dict(zip(self._state.ideas["idea_id"], self._state.ideas["text"], strict=True))
        rows = self.proposal[self.proposal["idea_id"].isin(texts)]
        grouped = rows.dropna(subset=["group"])
        groups = [
            {"name": str(each["name"].iloc[0]), "ideas": [str(texts[idea]) for idea in each["idea_id"]]}
            for _, each in grouped.groupby("group", sort=True)
        ]
        twice = [
            (str(texts[row.idea_id]), str(texts[row.repeats]))
            for row in rows.dropna(subset=["repeats"]).itertuples()
            if row.repeats in texts
        ]
        return {
            "groups": groups,
            "alone": int(rows["group"].isna().sum()),
            "twice": twice,
            "standing": len(self._state.groups),
        }
