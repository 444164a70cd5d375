"""A brainstorm room as it stood after each of its moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.errors import ParameterProblem


def replay_moves(moves: Iterable[Mapping[str, Any]], until: int | None = None) -> dict[str, Any]:
    """Build a room from its moves alone, in their order.

    Parameters
    ----------
    moves : iterable of mapping
        move_id, person_id, action, content, at, who, as they were stored.
    until : int, optional
        The last move to take; by default all.

    Returns
    -------
    dict
        stage; people (person_id → name, side); ideas (idea_id → text, person_id, side,
        group_id, votes, withdrawn), groups (group_id → name, in their order), decisions
        (a list), n_moves. Votes are the people who gave them, sorted.

    Raises
    ------
    ParameterProblem
        If a move is of a kind that is not known, or speaks of an idea or a group that no
        move before it made: the moves are not whole.

    Examples
    --------
    >>> moves = [
    ...     {"move_id": 1, "person_id": None, "action": "open", "content": {}},
    ...     {"move_id": 2, "person_id": 5, "action": "join", "content": {"name": "Lin", "side": "Branch 12"}},
    ...     {"move_id": 3, "person_id": 5, "action": "write", "content": {"idea_id": 1, "text": "Call"}},
    ... ]
    >>> replay_moves(moves)["ideas"][1]["text"], replay_moves(moves, until=2)["ideas"]
    ('Call', {})
    """
    room: dict[str, Any] = {
        "stage": "write",
        "people": {},
        "ideas": {},
        "groups": {},
        "decisions": [],
        "n_moves": 0,
    }
    for move in moves:
        if until is not None and move["move_id"] > until:
            break
        apply = _MOVES.get(move["action"])
        try:
            if apply is None:
                raise KeyError(move["action"])
            apply(room, move, move["content"])
        except KeyError as missing:
            raise ParameterProblem(
                "rooms.error.replay", move=move["move_id"], action=move["action"], missing=str(missing)
            ) from missing
        room["n_moves"] += 1
    return room


def _open(_room: dict[str, Any], _move: Mapping[str, Any], _content: Mapping[str, Any]) -> None:
    """Begin with an empty room."""


def _join(room: dict[str, Any], move: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    room["people"][move["person_id"]] = {"name": content["name"], "side": content["side"]}


def _write(room: dict[str, Any], move: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    room["ideas"][content["idea_id"]] = {
        "text": content["text"],
        "person_id": move["person_id"],
        "side": room["people"][move["person_id"]]["side"],
        "group_id": None,
        "votes": [],
        "withdrawn": False,
    }


def _edit(room: dict[str, Any], _move: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    room["ideas"][content["idea_id"]]["text"] = content["text"]


def _withdraw(room: dict[str, Any], _move: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    room["ideas"][content["idea_id"]] |= {"withdrawn": True, "votes": [], "group_id": None}


def _regroup(room: dict[str, Any], _move: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    group = content["group_id"]
    if "new_group" in content:
        room["groups"][group] = content["new_group"]
    if group is not None and group not in room["groups"]:
        raise KeyError(group)
    room["ideas"][content["idea_id"]]["group_id"] = group


def _name_group(room: dict[str, Any], _move: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    if content["group_id"] not in room["groups"]:
        raise KeyError(content["group_id"])
    room["groups"][content["group_id"]] = content["name"]


def _vote(room: dict[str, Any], move: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    votes = room["ideas"][content["idea_id"]]["votes"]
    votes[:] = sorted({*votes, move["person_id"]})


def _unvote(room: dict[str, Any], move: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    votes = room["ideas"][content["idea_id"]]["votes"]
    votes[:] = [person for person in votes if person != move["person_id"]]


def _arrange(room: dict[str, Any], _move: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    for idea in room["ideas"].values():
        idea["group_id"] = None
    room["groups"] = {each["group_id"]: each["name"] for each in content["groups"]}
    for each in content["groups"]:
        for idea_id in each["idea_ids"]:
            room["ideas"][idea_id]["group_id"] = each["group_id"]


def _lead(room: dict[str, Any], _move: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    room["stage"] = content["stage"]


def _decide(room: dict[str, Any], _move: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    room["decisions"].append(dict(content))


def _close(room: dict[str, Any], _move: Mapping[str, Any], _content: Mapping[str, Any]) -> None:
    room["stage"] = "closed"


_MOVES = {
    "open": _open,
    "join": _join,
    "write": _write,
    "edit": _edit,
    "withdraw": _withdraw,
    "move": _regroup,
    "name_group": _name_group,
    "vote": _vote,
    "unvote": _unvote,
    "arrange": _arrange,
    "lead": _lead,
    "decide": _decide,
    "close": _close,
}
