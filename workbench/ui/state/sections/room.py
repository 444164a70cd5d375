"""The section on rooms: a brainstorm is opened, led, decided, and read afterwards."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.store.room_acts import HEAD_OFFICE
from workbench.store.room_moves import STAGES
from workbench.ui.state.parts import Button, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.room_decisions import RoomDecisions
from workbench.ui.state.sections.room_groups import RoomGroups
from workbench.ui.state.sections.room_invite import RoomInvite
from workbench.ui.state.sections.room_leading import RoomLeading
from workbench.ui.state.sections.room_replay import RoomReplay
from workbench.ui.state.sections.room_sides import RoomSides

MESSAGE_PREFIXES = (
    "insight_brainstorm.stage.",
    "insight_brainstorm.doing.",
)
HERE_FOR = 60
"""Seconds after which somebody who has not been heard of is no longer here."""


class RoomState(SectionState):
    """The rooms of the cycle shown, and one of them closely.

    Those who may not lead see closed rooms alone, and sides in place of names.

    Attributes
    ----------
    chosen : int
        The number of the room that is shown; 0 while there is none.
    delivered : PackFile or None
        Minutes for the reader's browser to save.
    """

    name = "room"
    chosen = traitlets.Int(0)
    delivered = traitlets.Any(None, allow_none=True)

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.rows = pd.DataFrame()
        self._forget()
        self.leading = RoomLeading(self)
        self.invite = RoomInvite(self)
        self.grouping = RoomGroups(self)
        self.sides = RoomSides(self)
        self.decisions = RoomDecisions(self)
        self.past = RoomReplay(self)
        super().__init__(screen, **traits)

    def _forget(self) -> None:
        self.room: dict[str, Any] | None = None
        self.ideas, self.groups, self.people = pd.DataFrame(), pd.DataFrame(), pd.DataFrame()
        self.moves: list[dict[str, Any]] = []
        self._seen: tuple[Any, ...] = ()

    # Reading ---------------------------------------------------------------------

    def load(self) -> None:
        """Read the cycle's rooms, and the one that is shown: by default the newest that is open."""
        rows = self.project.insight.rooms.frame()
        self.rows = rows if self.may("analyst") else rows[rows["stage"] == "closed"]
        known = [int(number) for number in self.rows["room_id"]]
        if self.chosen not in known:
            going = self.rows[self.rows["stage"] != "closed"]["room_id"]
            self.chosen = int(going.iloc[0]) if len(going) else known[0] if known else 0
            self._left()
        self._read()

    def _left(self) -> None:
        for part in (self.grouping, self.decisions, self.past):
            part.leave()
        self.moves = []

    def _read(self) -> None:
        if not self.chosen:
            self._forget()
            return
        rooms = self.project.insight.rooms
        # Moves first: what is read after them holds at least what they say.
        self.moves += self.project.store.rooms.moves(self.chosen, after=self.last_move)
        self.room = rooms.one(self.chosen)
        self.ideas, self.groups = rooms.ideas(self.chosen), rooms.groups(self.chosen)
        self.people = rooms.people(self.chosen)
        self._seen = self._signs(self.room, self.people)
        self.sides.forget()

    def poll(self) -> bool:
        """Look whether anything has happened in the open room; return whether it is drawn anew."""
        if not self.is_live:
            return False
        assert self.room is not None
        new = self.project.store.rooms.moves(self.chosen, after=self.last_move)
        people = self.project.insight.rooms.people(self.chosen)
        room = self.project.insight.rooms.one(self.chosen)
        if not new and self._signs(room, people) == self._seen:
            return False
        self.moves += new
        if room["stage"] == "closed":
            self.load()
        else:
            self._read()
        self.touch()
        return True

    def _signs(self, room: dict[str, Any], people: pd.DataFrame) -> tuple[Any, ...]:
        here = tuple(self.minutes_away(seen) for seen in people["seen_at"])
        return room["row_version"], room["stage"], len(people), here

    @property
    def last_move(self) -> int:
        """The number of the last move that was read."""
        return int(self.moves[-1]["move_id"]) if self.moves else 0

    @property
    def is_live(self) -> bool:
        """Whether an open room is shown, to somebody who may lead it."""
        return self.room is not None and self.stage != "closed" and self.may("analyst")

    @property
    def stage(self) -> str:
        """The stage of the room that is shown; empty while there is none."""
        return "" if self.room is None else str(self.room["stage"])

    @property
    def is_private(self) -> bool:
        """Whether everybody still writes for themselves: nobody reads a text before the reveal."""
        return self.stage == STAGES[0]

    def now(self) -> dt.datetime:
        """Return this moment as the store has it (UTC)."""
        return self.project.store.database.clock()

    def choose(self, room: str) -> None:
        """Show a room of the list."""
        if room.isdigit() and int(room) in {int(number) for number in self.rows["room_id"]}:
            self.chosen = int(room)
            self.leading.opening = False
            self._left()
            self._read()
            self.touch()

    # Words -----------------------------------------------------------------------

    def segment_name(self, segment: str) -> str:
        """Return a segment as this language calls it; all customers where there is none."""
        if not segment:
            return self.t("insight_brainstorm.everybody")
        return str(self.screen.shown_name(segment)) if self.screen.segmentation is not None else segment

    def slot(self, segment: str) -> int:
        """Return a segment's colour, 0 where it has none."""
        if self.screen.segmentation is None:
            return 0
        rows = self.screen.segments().set_index("segment")
        return int(rows.at[segment, "slot"]) if segment in rows.index else 0

    @property
    def segment(self) -> str:
        """The segment of the room that is shown, as it is called now."""
        return self.project.insight.rooms.segment_now(self.chosen) if self.chosen else ""

    def side_name(self, side: str) -> str:
        """Return a side in words."""
        return self.t("insight_brainstorm.side.head_office") if side == HEAD_OFFICE else side

    def stage_name(self, stage: str) -> str:
        """Return a stage in words."""
        return self.t(f"insight_brainstorm.stage.{stage}")

    def minutes_away(self, seen_at: Any) -> int:
        """Return whole minutes since somebody was heard of; 0 is here."""
        return max(0, int((self.now() - seen_at).total_seconds() // HERE_FOR))

    # What the list, the title and the figures say --------------------------------

    def listed(self) -> list[dict[str, Any]]:
        """Return the rooms to choose from, the newest first."""
        return [
            {
                "id": int(row["room_id"]),
                "code": row["code"],
                "question": row["question"],
                "segment": self.segment_name(row["segment"]),
                "slot": self.slot(row["segment"]),
                "stage": self.stage_name(row["stage"]),
                "closed": row["stage"] == "closed",
                "opened": locale.timestamp(row["opened_at"]),
                "chosen": int(row["room_id"]) == self.chosen,
            }
            for row in self.rows.to_dict("records")
        ]

    def arrivals(self) -> list[dict[str, Any]]:
        """Return who is in the room: for its leader by name, with how long they have been silent."""
        if not self.may("analyst"):
            return []
        found = []
        for row in self.people.to_dict("records"):
            away = self.minutes_away(row["seen_at"])
            found.append({"name": row["name"], "side": self.side_name(row["side"]), "away": away})
        return found

    def heading(self) -> Heading:
        """Return what the room is doing, or what came of it."""
        buttons: tuple[Button, ...] = ()
        missing = self._missing()
        if missing == "insight_brainstorm.nothing.open" and not self.leading.opening:
            label = self.t("insight_brainstorm.button.open")
            buttons = (Button("room-new", label, primary=self.room is None),)
        if self.room is None:
            return Heading(self.t("insight_brainstorm.nothing.title"), self.t(missing), buttons)
        subtitle = self.t(
            "insight_brainstorm.subtitle",
            code=self.room["code"],
            segment=self.segment_name(self.segment),
            question=self.room["question"],
        )
        return Heading(self._finding(), subtitle, buttons)

    def _missing(self) -> str:
        """Return the message that says what it takes to open a room."""
        if not self.may("analyst"):
            return "insight_brainstorm.nothing.ask"
        if self.project.cycle.state == "closed":
            return "insight_brainstorm.nothing.late"
        if self.screen.segmentation is None:
            return "insight_brainstorm.nothing.segment"
        return "insight_brainstorm.nothing.open"

    def _finding(self) -> str:
        values = {"n": len(self.people), "ideas": len(self.ideas)}
        if self.stage != "closed":
            return self.t(f"insight_brainstorm.doing.{self.stage}", **values)
        return self.sides.finding()

    def kpis(self) -> list[Kpi]:
        """Return people, sides, ideas, groups, votes and decisions."""
        if self.room is None:
            return []
        sides = self.people["side"]
        office = int((sides == HEAD_OFFICE).sum())
        here = sum(not self.minutes_away(seen) for seen in self.people["seen_at"])
        note = self.t("insight_brainstorm.kpi.here", n=here) if self.is_live else ""
        found = [
            Kpi(self.t("insight_brainstorm.kpi.people"), str(len(sides)), note=note),
            Kpi(
                self.t("insight_brainstorm.kpi.sides"),
                str(sides.nunique()),
                note=self.t("insight_brainstorm.kpi.of_sides", office=office, branch=len(sides) - office),
            ),
            Kpi(self.t("insight_brainstorm.kpi.ideas"), str(len(self.ideas))),
        ]
        if self.is_private:
            return found
        alone = int(self.ideas["group_id"].isna().sum()) if len(self.ideas) else 0
        # A group that its last idea has left is kept for the replay, and is no theme.
        grouped = self.ideas["group_id"].nunique() if len(self.ideas) else 0
        votes = int(self.ideas["votes"].sum()) if len(self.ideas) else 0
        most = int(self.room["votes_each"]) * len(sides)
        made = self.decisions.counts()
        return [
            *found,
            Kpi(
                self.t("insight_brainstorm.kpi.groups"),
                str(grouped),
                note=self.t("insight_brainstorm.kpi.alone", n=alone),
            ),
            Kpi(
                self.t("insight_brainstorm.kpi.votes"),
                str(votes),
                note=self.t("insight_brainstorm.kpi.of_votes", n=most),
            ),
            Kpi(
                self.t("insight_brainstorm.kpi.decisions"),
                str(made["made"]),
                note=self.t("insight_brainstorm.kpi.left", n=made["left"]),
            ),
        ]

    # Minutes ---------------------------------------------------------------------

    def take_minutes(self, kind: str, names: bool = False) -> None:
        """Let the reader's browser save the room's minutes, once they are written down."""
        if self.room is None:
            return
        rooms, lang, room_id = self.project.insight.rooms, self.lang, self.chosen
        asked = names and self.may("analyst")

        def done(made: Any) -> None:
            self.delivered = made
            self.leading.say("insight_brainstorm.done.minutes", file=made.name)

        self.jobs.start(
            lambda _: rooms.deliver_minutes(room_id, kind, lang, names=asked),
            done,
            "insight_brainstorm.phase.minutes",
        )
