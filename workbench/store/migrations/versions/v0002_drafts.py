"""Unfinished work is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of drafts."""
    op.create_table(
        "drafts",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_drafts_cycle_id")),
        sa.PrimaryKeyConstraint("name", "cycle_id", "who", name=op.f("pk_drafts")),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("drafts")
