"""Tables of brainstorm rooms."""

from __future__ import annotations

from workbench.tables.schema import Column, Table

ROOM_IDEAS = Table(
    "room_ideas",
    "One idea that stands in a brainstorm room.",
    (
        Column("idea_id", "integer", "Its number.", filled=True),
        Column("text", "text", "What somebody wrote.", filled=True),
        Column("side", "text", "head_office, or the branch it comes from.", filled=True),
        Column("group_id", "integer", "The group it was put into; missing for none."),
        Column("votes", "integer", "People who voted for it.", filled=True),
    ),
    key=("idea_id",),
    is_open=True,
)
ROOM_GROUPS = Table(
    "room_groups",
    "One group of ideas.",
    (
        Column("group_id", "integer", "Its number.", filled=True),
        Column("name", "text", "What the ideas have in common.", filled=True),
    ),
    key=("group_id",),
    is_open=True,
)
