"""A room as it stood after each of its moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import locale

if TYPE_CHECKING:
    from workbench.ui.state.sections.room import RoomState

MESSAGE_PREFIXES = ("insight_brainstorm.move.", "insight_brainstorm.stage.")


class RoomReplay:
    """The replay of the room that is shown.

    Parameters
    ----------
    state : RoomState
        The section.

    Attributes
    ----------
    step : int
        After how many moves it is shown; 0 is as it ended.
    """

    step: int
    _set_at: int
    _turned: int

    def __init__(self, state: RoomState) -> None:
        self._state = state
        self.leave()

    def leave(self) -> None:
        """Begin again with the end."""
        self.step = self._set_at = self._turned = 0

    @property
    def is_there(self) -> bool:
        """Whether the room can be replayed: once closed, when nothing in it is private."""
        return self._state.stage == "closed" and len(self._state.moves) > 1

    @property
    def length(self) -> int:
        """Number of moves."""
        return len(self._state.moves)

    @property
    def place(self) -> int:
        """After how many moves the room is shown, 1 to all."""
        return self.step or self.length

    def go(self, step: str) -> None:
        """Show the room after so many moves."""
        if step.isdigit() and 1 <= int(step) <= self.length:
            self.step = int(step)
            self._state.touch()

    def turn(self, by: int) -> None:
        """Go on or back by some moves."""
        self.jump(str(min(self.length, max(1, self.place + by))))

    def jump(self, step: str) -> None:
        """Show the room after so many moves, and let the slider follow."""
        if step.isdigit() and 1 <= int(step) <= self.length:
            self._set_at, self._turned = int(step), self._turned + 1
        self.go(step)

    def slider(self) -> dict[str, Any]:
        """Return the slider: it is set by buttons, and left alone while a hand moves it."""
        value = self._set_at or self.length
        at = round(100 * (value - 1) / max(1, self.length - 1), 1)
        return {"length": self.length, "value": value, "at": at, "turned": self._turned}

    def caption(self) -> str:
        """Return which move was the last, when it was, and for the leader who made it."""
        state = self._state
        move = state.moves[self.place - 1]
        said = state.t(f"insight_brainstorm.move.{move['action']}", **self._named(move))
        parts = [locale.timestamp(move["at"]), said]
        if state.may("analyst"):
            parts.append(str(move["who"]))
        return " · ".join(parts)

    def _named(self, move: dict[str, Any]) -> dict[str, Any]:
        stage = move["content"].get("stage")
        return {"stage": self._state.stage_name(stage)} if stage else {"stage": ""}

    def board(self) -> list[dict[str, Any]]:
        """Return the groups as they stood, those who stood alone last: name, votes, ideas."""
        state = self._state
        room = state.project.insight.rooms.replay(state.chosen, state.moves[self.place - 1]["move_id"])
        columns: dict[int | None, dict[str, Any]] = {
            group: {"name": name, "ideas": [], "votes": 0} for group, name in room["groups"].items()
        }
        alone = {"name": state.t("insight_brainstorm.alone"), "ideas": [], "votes": 0}
        for idea in room["ideas"].values():
            if idea["withdrawn"]:
                continue
            column = columns.get(idea["group_id"], alone)
            n = len(idea["votes"])
            column["votes"] += n
            column["ideas"].append({"text": idea["text"], "side": state.side_name(idea["side"]), "votes": n})
        found = [column for column in columns.values() if column["ideas"]]
        return [*found, alone] if alone["ideas"] else found

    def marks(self) -> list[dict[str, Any]]:
        """Return where each stage began: its name, and the move."""
        state = self._state
        found = [{"stage": state.stage_name("write"), "step": 1}]
        for number, move in enumerate(state.moves, 1):
            if move["action"] == "lead" and state.stage_name(move["content"]["stage"]) != found[-1]["stage"]:
                found.append({"stage": state.stage_name(move["content"]["stage"]), "step": number})
        return found

    def python(self) -> str:
        """Return the Python that does the same."""
        move = self._state.moves[self.place - 1]["move_id"]
        return f"project.insight.rooms.replay({self._state.chosen}, until={move})"
