"""Leading a room: opened, moved from stage to stage, given more time, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import Conflict, ParameterProblem
from workbench.store.room_moves import STAGES
from workbench.store.rooms import LONGEST_QUESTION, MOST_VOTES
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.ui.state.sections.room import RoomState

MESSAGE_PREFIXES = ("insight_brainstorm.stage.",)
MORE = 2
"""Minutes that the button for more time gives."""
LENGTHS = {"write": 5, "reveal": 5, "group": 10, "vote": 3, "decide": 15}
"""Minutes that a new room's form begins with."""
VOTES = 5


class RoomLeading:
    """What whoever leads does with a room; the store asks for their role once more.

    Parameters
    ----------
    state : RoomState
        The section.

    Attributes
    ----------
    opening : bool
        Whether the form of a new room is shown.
    """

    def __init__(self, state: RoomState) -> None:
        self._state = state
        self.opening = False

    def say(self, key: str, **values: Any) -> None:
        """Say that something is done, and draw it."""
        self._state.screen.banner = Banner("done", key, values)
        self._state.touch()

    # Opening ---------------------------------------------------------------------

    def show_form(self, shown: bool = True) -> None:
        """Show the form of a new room, or put it away."""
        self.opening = shown and self._state.may("analyst")
        self._state.touch()

    def form(self) -> dict[str, Any]:
        """Return what the form of a new room offers."""
        state = self._state
        known = state.screen.segments().to_dict("records") if state.screen.segmentation is not None else []
        return {
            "segments": [(row["segment"], row["shown"]) for row in known],
            "selected": state.screen.selected,
            "stages": [(name, state.stage_name(name), length) for name, length in LENGTHS.items()],
            "votes": VOTES,
            "most_votes": MOST_VOTES,
            "longest": LONGEST_QUESTION,
        }

    def open(self, fields: dict[str, str]) -> None:
        """Open a room as the form says, and show it.

        Raises
        ------
        ParameterProblem
            If a number can't be read, or the room is refused.
        """
        state = self._state
        minutes = {}
        for stage in LENGTHS:
            text = fields.get(f"minutes-{stage}", "").strip()
            if text:
                minutes[stage] = self._number(text, state.stage_name(stage))
        votes = self._number(fields.get("votes", "") or str(VOTES), state.t("insight_brainstorm.form.votes"))
        number = state.project.insight.rooms.open(
            fields.get("question", ""), fields.get("segment", ""), votes_each=int(votes), minutes=minutes
        )
        self.opening = False
        state.chosen = number
        state._left()
        state.load()
        self.say("insight_brainstorm.done.opened", code=state.room["code"] if state.room else "")

    def _number(self, text: str, field: str) -> float:
        try:
            return float(text.replace("，", ".").replace(",", "."))
        except ValueError as problem:
            raise ParameterProblem(
                "insight_brainstorm.form.bad_number", value=text[:40], field=field
            ) from problem

    # Moving on -------------------------------------------------------------------

    def steps(self) -> list[dict[str, Any]]:
        """Return the stages in their order, with where the room is."""
        place = STAGES.index(self._state.stage) if self._state.stage else 0
        return [
            {
                "name": name,
                "label": self._state.stage_name(name),
                "state": "done" if number < place else "cur" if number == place else "",
            }
            for number, name in enumerate(STAGES[:-1])
        ]

    def neighbours(self) -> tuple[str, str]:
        """Return the stage before and the next one; empty where there is none."""
        place = STAGES.index(self._state.stage)
        before = STAGES[place - 1] if place else ""
        after = STAGES[place + 1] if place + 2 < len(STAGES) else ""
        return before, after

    def go(self, stage: str) -> None:
        """Move the room to a stage; somebody else's move since the last look is a Conflict."""
        self._lead(stage, None)

    def more_time(self) -> None:
        """Give the stage two more minutes; a clock that has run out runs again."""
        left = self.seconds_left()
        self._lead(self._state.stage, MORE + max(0, left or 0) / 60)

    def _lead(self, stage: str, minutes: float | None) -> None:
        state = self._state
        if state.room is None or stage not in STAGES[:-1]:
            return
        try:
            state.project.insight.rooms.lead(
                state.chosen, stage, minutes, expected_version=state.room["row_version"]
            )
        except Conflict as conflict:
            state.load()
            state.screen.banner = Banner("error", conflict.key, conflict.values)
        else:
            state.screen.banner = None
            state.load()
        state.touch()

    def close(self) -> None:
        """Close the room."""
        state = self._state
        if state.room is None:
            return
        code = state.room["code"]
        state.project.insight.rooms.close(state.chosen)
        state.load()
        self.say("insight_brainstorm.done.closed", code=code)

    # The clock -------------------------------------------------------------------

    def seconds_left(self) -> int | None:
        """Return how long the stage still takes what people write; None without a clock."""
        room = self._state.room
        if room is None or room["ends_at"] is None:
            return None
        return max(0, round((room["ends_at"] - self._state.now()).total_seconds()))

    def seconds_all(self) -> int | None:
        """Return how long the clock was set to, in seconds."""
        room = self._state.room
        if room is None or room["ends_at"] is None:
            return None
        for move in reversed(self._state.moves):
            if move["action"] == "lead":
                return int(move["content"]["seconds"] or 0) or None
        return None

    def clock(self) -> dict[str, Any]:
        """Return the clock as it is drawn: minutes and seconds, and how much of it is left."""
        left, whole = self.seconds_left(), self.seconds_all()
        state = self._state
        planned = state.room["settings"].get("minutes", {}).get(state.stage) if state.room else None
        shown = "" if left is None else f"{left // 60}:{left % 60:02d}"
        share = 0.0 if left is None or not whole else min(1.0, left / whole)
        return {
            "left": shown,
            "share": round(100 * share, 1),
            "over": left == 0,
            "planned": f"{planned:g}" if planned else "",
        }

    def python(self, stage: str) -> str:
        """Return the Python that moves the room to a stage."""
        return f'project.insight.rooms.lead({self._state.chosen}, "{stage}")'
