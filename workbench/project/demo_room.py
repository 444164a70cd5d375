"""The brainstorm room of the sample bank: played by nobody, and written down as simulated."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.project.handle import Project

LEADER = "sample bank (simulated)"
"""Who leads the demo's room, as the audit log names it."""


def play_sample_room(project: Project) -> int | None:
    """Play one brainstorm room on the cycle's segment of happy retirees.

    Simulated people of head office and branches write, group and vote; a hypothesis comes
    out of it. Where the segmentation has no such segment, its largest one is talked about,
    with what may be said of any customers.

    Parameters
    ----------
    project : Project
        Of the sample bank, at a cycle with a segmentation.

    Returns
    -------
    int or None
        The room; None where the project has one already, or there is no segmentation.
    """
    from workbench.project.opening import open_project

    if project.store.rooms.rows() or project.insight.artefact() is None:
        return None
    told = _told()
    leading = open_project(
        project.folder,
        role="analyst",
        cycle=project.cycle.cycle_id,
        who=LEADER,
        clock=project.store.database.clock,
    )
    # By size: the first one is the largest.
    known = leading.insight.segmentation().segments["segment"].tolist()
    general = told["segment"] not in known
    ideas = [idea for idea in told["ideas"] if idea.get("general") or not general]
    segment = str(known[0] if general else told["segment"])
    played: int = leading.store.rooms.at_once(lambda: _play(leading, segment, told, ideas))
    return played


def _told() -> dict[str, Any]:
    text = resources.files("workbench.project").joinpath("sample_room.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _play(project: Project, segment: str, told: dict[str, Any], ideas: list[dict[str, Any]]) -> int:
    rooms, acts = project.insight.rooms, project.store.room_acts
    room = rooms.open(told["question"], segment, votes_each=told["votes_each"], minutes=told["minutes"])
    code = rooms.one(room)["code"]
    people = [
        str(acts.join(code, told["person"].format(number=number), side)["token"])
        for number, side in enumerate(told["sides"], 1)
    ]
    rooms.lead(room, "write")
    for number, idea in enumerate(ideas):
        written = acts.act(people[idea["by"] - 1], f"write {number}", "write", {"text": idea["text"]})
        idea["idea_id"] = int(written["content"]["idea_id"])
    rooms.lead(room, "reveal")
    rooms.lead(room, "group")
    rooms.arrange(room, rooms.propose_groups(room))
    _group(project, room, people, told["groups"], ideas)
    rooms.lead(room, "vote")
    for idea in ideas:
        for voter in idea["voters"]:
            key = f"vote {idea['idea_id']}"
            acts.act(people[voter - 1], key, "vote", {"idea_id": idea["idea_id"]})
    rooms.lead(room, "decide")
    _decide(project, room, segment, told, ideas)
    rooms.close(room)
    return room


def _group(
    project: Project, room: int, people: list[str], names: dict[str, str], ideas: list[dict[str, Any]]
) -> None:
    """Let people move what the proposal put elsewhere, and name its groups."""
    rooms, acts = project.insight.rooms, project.store.room_acts
    proposed = {row["idea_id"]: row["group_id"] for row in project.store.rooms.ideas(room)}
    # A proposed group stands for what most of its ideas are about.
    homes: dict[str, int] = {}
    for name in names:
        about = [proposed[idea["idea_id"]] for idea in ideas if idea.get("group") == name]
        free = [group for group in about if group is not None and group not in homes.values()]
        if free:
            homes[name] = max(free, key=free.count)
    for number, idea in enumerate(ideas):
        wanted, stands = idea.get("group"), proposed[idea["idea_id"]]
        if stands == (homes.get(wanted) if wanted else None) and (wanted is None or wanted in homes):
            continue
        moved: dict[str, Any] = {"idea_id": idea["idea_id"]}
        if wanted in homes:
            moved["group_id"] = homes[wanted]
        elif wanted is not None:
            moved["new_group"] = names[wanted]
        done = acts.act(people[number % len(people)], f"move {number}", "move", moved)
        if wanted is not None:
            homes[wanted] = int(done["content"]["group_id"])
    standing = rooms.groups(room).set_index("group_id")["name"]
    for number, (name, home) in enumerate(homes.items()):
        if standing.loc[home] != names[name]:
            token = people[number % len(people)]
            acts.act(token, f"name {number}", "name_group", {"group_id": home, "name": names[name]})


def _decide(
    project: Project, room: int, segment: str, told: dict[str, Any], ideas: list[dict[str, Any]]
) -> None:
    believed = told["hypothesis"]
    numbers = {idea["text"]: idea["idea_id"] for idea in ideas}
    one = told["ideas"][believed["idea"] - 1]["text"]
    left = [told["ideas"][number - 1]["text"] for number in told["left"]["ideas"]]
    project.insight.rooms.decide(
        room,
        "hypothesis",
        [numbers[one]],
        sentence=believed["sentence"].format(segment=segment),
        outcome=believed["outcome"],
        direction=believed["direction"],
    )
    reason = told["reason"]
    project.insight.rooms.decide(room, "none", [numbers[text] for text in left], reason=reason)
