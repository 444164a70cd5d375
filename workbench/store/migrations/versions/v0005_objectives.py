"""What the bank wants to reach, and by when, stands above the strategies of a cycle."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of objectives."""
    op.create_table(
        "objectives",
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("objective_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("objective", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=120), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_objectives_cycle_id")),
        sa.PrimaryKeyConstraint("cycle_id", "objective_id", name=op.f("pk_objectives")),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("objectives")
