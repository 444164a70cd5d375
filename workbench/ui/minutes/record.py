"""What a room's minutes hold, before it is put into words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound
from workbench.ui.pack.decided import without_numbers

if TYPE_CHECKING:
    from workbench.project import Project

HEAD_OFFICE = "head_office"
_WORD = re.compile(r"\w+")
Mask = Callable[[Any], str]


@dataclass(frozen=True)
class Person:
    """Somebody who joined; the number is their place in the order of joining."""

    number: int
    side: str
    joined_at: dt.datetime
    name: str = ""


@dataclass(frozen=True)
class Idea:
    """An idea that stands, by whom."""

    idea_id: int
    text: str
    side: str
    votes: int
    person: Person


@dataclass(frozen=True)
class Theme:
    """A group with its ideas; those that stand alone are together under no name."""

    name: str
    ideas: tuple[Idea, ...]

    @property
    def votes(self) -> int:
        """Votes for its ideas."""
        return sum(idea.votes for idea in self.ideas)


@dataclass(frozen=True)
class Period:
    """A stage from when it began to when the next one did; minutes is its clock, if it had one."""

    stage: str
    began: dt.datetime
    ended: dt.datetime | None
    minutes: float | None


@dataclass(frozen=True)
class Decision:
    """What was made of ideas, and what has become of that."""

    kind: str
    idea_ids: tuple[int, ...]
    texts: tuple[str, ...]
    made: Mapping[str, str]
    made_id: str
    at: dt.datetime
    became: str
    version: int | None = None


@dataclass(frozen=True)
class Line:
    """One move, so that the room can be played again from the lines alone."""

    move_id: int
    at: dt.datetime
    person: Person | None
    who: str
    action: str
    detail: str = ""
    idea_ids: tuple[int, ...] = ()
    group_id: int | None = None
    text: str = ""
    before: str = ""
    minutes: float | None = None


@dataclass(frozen=True)
class RoomRecord:
    """A room as its minutes tell it.

    Parameters
    ----------
    project : Project
        At the room's cycle.
    room : dict
        The room's row.
    profile : mapping
        What was known of the segment when the room was opened; may be empty.
    people, themes, periods, decisions, lines : list
        In their order; themes and their ideas by votes.
    sides : pandas.DataFrame
        What `workbench.compare_sides` returns.
    names : bool
        Whether people are named.
    private : bool
        Whether ideas are still being written, so that no text is told.
    """

    project: Project
    room: dict[str, Any]
    profile: Mapping[str, Any]
    people: list[Person]
    themes: list[Theme]
    periods: list[Period]
    decisions: list[Decision]
    lines: list[Line]
    sides: pd.DataFrame
    names: bool = False
    private: bool = False
    ideas: dict[int, Idea] = field(default_factory=dict)

    @property
    def votes(self) -> int:
        """Votes that stand."""
        return sum(theme.votes for theme in self.themes)

    @property
    def minutes(self) -> float:
        """How long the room was open, or has been."""
        end = self.periods[-1].ended or self.lines[-1].at
        return (end - self.periods[0].began).total_seconds() / 60


def read_room(project: Project, room_id: int, *, names: bool = False) -> RoomRecord:
    """Read a room with what came of it; customers' numbers in what people wrote are masked.

    Parameters
    ----------
    project : Project
        Of any role that reads.
    room_id : int
        The room, of any cycle.
    names : bool, default=False
        Whether to name people; else they have numbers and sides.

    Raises
    ------
    NotFound
        If there is no such room.
    """
    rooms = project.insight.rooms
    room = rooms.one(room_id)
    here = project if project.cycle.cycle_id == room["cycle_id"] else project.at(room["cycle_id"])
    moves = project.store.rooms.moves(room_id)
    mask = _mask(here, _texts(moves))
    people = {
        int(row["person_id"]): Person(
            number, mask(row["side"]), row["joined_at"], str(row["name"]) if names else ""
        )
        for number, row in enumerate(project.store.rooms.people(room_id), 1)
    }
    private = room["stage"] == "write"
    ideas = {
        int(row["idea_id"]): Idea(
            int(row["idea_id"]),
            mask(row["text"]),
            people[row["person_id"]].side,
            int(row["votes"]),
            people[row["person_id"]],
        )
        for row in project.store.rooms.ideas(room_id)
    }
    sides = rooms.sides(room_id)
    return RoomRecord(
        project=here,
        room={**room, "question": mask(room["question"])},
        profile=dict(room["settings"].get("profile") or {}),
        people=list(people.values()),
        themes=[] if private else _themes(project, room_id, ideas, mask),
        periods=_periods(moves),
        decisions=_decisions(here, moves, ideas, mask),
        lines=[line for move in moves for line in _lines(move, people, names, mask)],
        sides=sides.assign(name=[mask(name) for name in sides["name"]]),
        names=names,
        private=private,
        ideas=ideas,
    )


def _texts(moves: Iterable[Mapping[str, Any]]) -> str:
    return " ".join(str(move["content"]) for move in moves)


def _mask(project: Project, texts: str) -> Mask:
    """Return what masks the numbers of this bank's customers in what people wrote."""
    customers: set[str] = set()
    if project.insight.artefact() is not None:
        known = project.insight.segmentation().membership["customer_id"]
        customers = set(known[known.isin(set(_WORD.findall(texts)))])
    return lambda text: without_numbers(text, customers)


def _themes(project: Project, room_id: int, ideas: Mapping[int, Idea], mask: Mask) -> list[Theme]:
    where = {row["idea_id"]: row["group_id"] for row in project.store.rooms.ideas(room_id)}
    ranked = sorted(ideas.values(), key=lambda idea: (-idea.votes, idea.idea_id))
    found = []
    for group in project.store.rooms.groups(room_id):
        inside = tuple(idea for idea in ranked if where[idea.idea_id] == group["group_id"])
        if inside:
            found.append(Theme(mask(group["name"]), inside))
    found.sort(key=lambda theme: -theme.votes)
    alone = tuple(idea for idea in ranked if where[idea.idea_id] is None)
    return [*found, *([Theme("", alone)] if alone else [])]


def _periods(moves: Iterable[Mapping[str, Any]]) -> list[Period]:
    found: list[Period] = []
    for move in moves:
        if move["action"] not in ("open", "lead", "close"):
            continue
        if found:
            found[-1] = Period(found[-1].stage, found[-1].began, move["at"], found[-1].minutes)
        if move["action"] != "close":
            seconds = move["content"].get("seconds")
            stage = move["content"].get("stage", "write")
            found.append(Period(stage, move["at"], None, None if seconds is None else seconds / 60))
    return found


# What came out ------------------------------------------------------------------------


def _decisions(
    project: Project, moves: Iterable[Mapping[str, Any]], ideas: Mapping[int, Idea], mask: Mask
) -> list[Decision]:
    found = []
    for move in moves:
        if move["action"] != "decide":
            continue
        content = move["content"]
        kind, numbers = str(content["kind"]), tuple(int(number) for number in content["idea_ids"])
        made_id = str(content.get("strategy_id") or content.get("hypothesis_id") or "")
        found.append(
            Decision(
                kind=kind,
                idea_ids=numbers,
                texts=tuple(ideas[number].text for number in numbers if number in ideas),
                made={name: mask(value) for name, value in content.get("made", {}).items()},
                made_id=made_id,
                at=move["at"],
                became=_BECAME[kind](project, content) if kind in _BECAME else "left",
                version=content.get("version"),
            )
        )
    return found


def _label(project: Project, content: Mapping[str, Any]) -> str:
    rows = _segments(project)
    return "in_force" if rows["segment"].eq(content["segment"]).any() else "replaced"


def _description(project: Project, content: Mapping[str, Any]) -> str:
    rows = _segments(project)
    rows = rows[rows["segment"].eq(content["segment"])]
    wanted = {name: content["made"].get(name) for name in ("description", "description_zh")}
    stands = all(rows[name].eq(text).any() for name, text in wanted.items() if text is not None)
    return "in_force" if stands else "replaced"


def _strategy(project: Project, content: Mapping[str, Any]) -> str:
    number = content["strategy_id"]
    if project.strategy.lists()["strategy_id"].eq(number).any():
        return "launched"
    return "drafted" if project.strategy.cards()["strategy_id"].eq(number).any() else "gone"


def _hypothesis(project: Project, content: Mapping[str, Any]) -> str:
    rows = project.review.hypotheses.frame()
    rows = rows[rows["cycle_id"].eq(project.cycle.cycle_id)]
    rows = rows[rows["hypothesis_id"].eq(content["hypothesis_id"])]
    if rows.empty:
        raise NotFound("review_hypotheses.error.unknown", hypothesis=content["hypothesis_id"], known="-")
    row = rows.iloc[0]
    return "withdrawn" if row["reason"] == "withdrawn" else str(row["state"])


def _segments(project: Project) -> pd.DataFrame:
    return project.insight.segmentation().segments


_BECAME: dict[str, Callable[[Project, Mapping[str, Any]], str]] = {
    "label": _label,
    "description": _description,
    "strategy": _strategy,
    "hypothesis": _hypothesis,
}


# Every move ----------------------------------------------------------------------------


def _lines(move: Mapping[str, Any], people: Mapping[int, Person], names: bool, mask: Mask) -> Iterable[Line]:
    """Return a move as one line; an arrangement as one for each group."""
    content, action = move["content"], str(move["action"])
    person = people.get(move["person_id"]) if move["person_id"] is not None else None
    known: dict[str, Any] = {
        "move_id": int(move["move_id"]),
        "at": move["at"],
        "person": person,
        "who": str(move["who"]) if names else "",
        "action": action,
    }
    if action == "arrange" and content["groups"]:
        for group in content["groups"]:
            numbers = tuple(int(number) for number in group["idea_ids"])
            yield Line(**known, idea_ids=numbers, group_id=group["group_id"], text=mask(group["name"]))
        return
    if "idea_ids" in content:
        known["idea_ids"] = tuple(int(number) for number in content["idea_ids"])
    elif "idea_id" in content:
        known["idea_ids"] = (int(content["idea_id"]),)
    if content.get("group_id") is not None:
        known["group_id"] = int(content["group_id"])
    if content.get("before") is not None:
        known["before"] = mask(content["before"])
    if action == "lead":
        known["detail"] = str(content["stage"])
        known["minutes"] = None if content.get("seconds") is None else content["seconds"] / 60
    if action == "decide":
        known["detail"] = str(content["kind"])
    made = content.get("made", {})
    words = ("sentence", "segment", "description", "name", "template", "reason")
    said = [content.get("text"), content.get("question"), content.get("new_group")]
    said += [content.get("name") if action == "name_group" else None]
    said += [made.get(word) for word in words]
    known["text"] = mask(next((text for text in said if text), ""))
    yield Line(**known)
