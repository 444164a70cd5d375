"""The SQL tables of brainstorm rooms.

What stands now (people, ideas, groups, votes) is kept beside every move that led there, in
order: a room is looked at quickly, and can be replayed.
"""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from workbench.store.schema import metadata


def _room() -> Column:
    return Column("room_id", Integer, ForeignKey("rooms.room_id"), nullable=False)


rooms = Table(
    "rooms",
    metadata,
    Column("room_id", Integer, primary_key=True),
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), nullable=False),
    Column("code", String(8), nullable=False),
    Column("segmentation", String(120), nullable=False),
    Column("segment", String(200), nullable=False),
    Column("question", Text, nullable=False),
    Column("stage", String(10), nullable=False),
    Column("ends_at", DateTime),
    Column("votes_each", Integer, nullable=False),
    Column("settings", Text, nullable=False),
    Column("opened_at", DateTime, nullable=False),
    Column("opened_by", String(120), nullable=False),
    Column("closed_at", DateTime),
    Column("row_version", Integer, nullable=False, default=1),
    Index("ix_rooms_code", "code"),
)
people = Table(
    "room_people",
    metadata,
    Column("person_id", Integer, primary_key=True),
    _room(),
    Column("name", String(80), nullable=False),
    Column("side", String(80), nullable=False),
    # The token itself is the participant's alone.
    Column("token_sha256", String(64), nullable=False),
    Column("joined_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("draft", Text, nullable=False, default=""),
    UniqueConstraint("token_sha256"),
    Index("ix_room_people_room_id", "room_id"),
)
groups = Table(
    "room_groups",
    metadata,
    Column("group_id", Integer, primary_key=True),
    _room(),
    Column("name", String(200), nullable=False),
    Column("position", Integer, nullable=False),
    Column("removed_at", DateTime),
    Index("ix_room_groups_room_id", "room_id"),
)
ideas = Table(
    "room_ideas",
    metadata,
    Column("idea_id", Integer, primary_key=True),
    _room(),
    Column("person_id", Integer, ForeignKey("room_people.person_id"), nullable=False),
    Column("group_id", Integer, ForeignKey("room_groups.group_id")),
    Column("text", Text, nullable=False),
    Column("written_at", DateTime, nullable=False),
    Column("withdrawn_at", DateTime),
    Index("ix_room_ideas_room_id", "room_id"),
)
votes = Table(
    "room_votes",
    metadata,
    Column("idea_id", Integer, ForeignKey("room_ideas.idea_id"), primary_key=True),
    Column("person_id", Integer, ForeignKey("room_people.person_id"), primary_key=True),
    Column("voted_at", DateTime, nullable=False),
)
moves = Table(
    "room_moves",
    metadata,
    Column("move_id", Integer, primary_key=True),
    _room(),
    Column("person_id", Integer, ForeignKey("room_people.person_id")),
    Column("move_key", String(60), nullable=False),
    Column("action", String(20), nullable=False),
    Column("content", Text, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
    UniqueConstraint("room_id", "person_id", "move_key"),
)
