"""Front-line feedback: codes by version, what was said, and changes that are asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of front-line feedback."""
    op.create_table(
        "front_line_code_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_front_line_code_versions")),
    )
    op.create_table(
        "front_line_notes",
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.Column("note_key", sa.String(length=80), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("strategy_id", sa.String(length=40), nullable=False),
        sa.Column("segment", sa.String(length=200), nullable=False),
        sa.Column("script_version", sa.Integer(), nullable=True),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("list_id", sa.String(length=60), nullable=True),
        sa.Column("lease_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.String(length=120), nullable=True),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(), nullable=True),
        sa.Column("taken_back_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_front_line_notes_cycle_id")),
        sa.ForeignKeyConstraint(
            ["list_id"], ["target_lists.list_id"], name=op.f("fk_front_line_notes_list_id")
        ),
        sa.ForeignKeyConstraint(["lease_id"], ["leases.lease_id"], name=op.f("fk_front_line_notes_lease_id")),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_front_line_notes")),
        sa.UniqueConstraint("note_key", name=op.f("uq_front_line_notes_note_key")),
    )
    op.create_index(op.f("ix_front_line_notes_cycle_id"), "front_line_notes", ["cycle_id", "strategy_id"])
    op.create_table(
        "change_requests",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("request_key", sa.String(length=80), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("strategy_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("answered_by", sa.String(length=120), nullable=True),
        sa.Column("card_id", sa.String(length=40), nullable=True),
        sa.Column("card_cycle_id", sa.String(length=40), nullable=True),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("done_by", sa.String(length=120), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_change_requests_cycle_id")),
        sa.ForeignKeyConstraint(
            ["card_cycle_id"], ["cycles.cycle_id"], name=op.f("fk_change_requests_card_cycle_id")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_change_requests")),
        sa.UniqueConstraint("request_key", name=op.f("uq_change_requests_request_key")),
    )
    op.create_index(op.f("ix_change_requests_strategy_id"), "change_requests", ["strategy_id"])


def downgrade() -> None:
    """Drop them again."""
    for name in ("change_requests", "front_line_notes", "front_line_code_versions"):
        op.drop_table(name)
