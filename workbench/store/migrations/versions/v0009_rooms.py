"""Brainstorm rooms: who is there, what they write, group and vote, and every move in order."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of rooms."""
    op.create_table(
        "rooms",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("segmentation", sa.String(length=120), nullable=False),
        sa.Column("segment", sa.String(length=200), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=True),
        sa.Column("votes_each", sa.Integer(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("opened_by", sa.String(length=120), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_rooms_cycle_id")),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_rooms")),
    )
    op.create_index(op.f("ix_rooms_code"), "rooms", ["code"])
    op.create_table(
        "room_people",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=80), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("joined_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"], name=op.f("fk_room_people_room_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_room_people")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_room_people_token_sha256")),
    )
    op.create_index(op.f("ix_room_people_room_id"), "room_people", ["room_id"])
    op.create_table(
        "room_groups",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"], name=op.f("fk_room_groups_room_id")),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_room_groups")),
    )
    op.create_index(op.f("ix_room_groups_room_id"), "room_groups", ["room_id"])
    op.create_table(
        "room_ideas",
        sa.Column("idea_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["room_groups.group_id"], name=op.f("fk_room_ideas_group_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["room_people.person_id"], name=op.f("fk_room_ideas_person_id")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"], name=op.f("fk_room_ideas_room_id")),
        sa.PrimaryKeyConstraint("idea_id", name=op.f("pk_room_ideas")),
    )
    op.create_index(op.f("ix_room_ideas_room_id"), "room_ideas", ["room_id"])
    op.create_table(
        "room_votes",
        sa.Column("idea_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("voted_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["idea_id"], ["room_ideas.idea_id"], name=op.f("fk_room_votes_idea_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["room_people.person_id"], name=op.f("fk_room_votes_person_id")
        ),
        sa.PrimaryKeyConstraint("idea_id", "person_id", name=op.f("pk_room_votes")),
    )
    op.create_table(
        "room_moves",
        sa.Column("move_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("move_key", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["room_people.person_id"], name=op.f("fk_room_moves_person_id")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"], name=op.f("fk_room_moves_room_id")),
        sa.PrimaryKeyConstraint("move_id", name=op.f("pk_room_moves")),
        sa.UniqueConstraint("room_id", "person_id", "move_key", name=op.f("uq_room_moves_room_id")),
    )


def downgrade() -> None:
    """Drop them again."""
    for name in ("room_moves", "room_votes", "room_ideas", "room_groups", "room_people", "rooms"):
        op.drop_table(name)
