"""What a bank believes before it looks is kept, with every version of it and what was known then."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of hypotheses and of their versions."""
    op.create_table(
        "hypotheses",
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("hypothesis_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=False),
        sa.Column("outcomes_known", sa.Integer(), nullable=False),
        sa.Column("snapshot_known", sa.Boolean(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("written_by", sa.String(length=120), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=120), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_hypotheses_cycle_id")),
        sa.PrimaryKeyConstraint("cycle_id", "hypothesis_id", name=op.f("pk_hypotheses")),
    )
    op.create_table(
        "hypothesis_versions",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("hypothesis_id", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=10), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("outcomes_known", sa.Integer(), nullable=False),
        sa.Column("snapshot_known", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_hypothesis_versions_cycle_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_hypothesis_versions")),
    )
    op.create_index(op.f("ix_hypothesis_versions_cycle_id"), "hypothesis_versions", ["cycle_id"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_index(op.f("ix_hypothesis_versions_cycle_id"), table_name="hypothesis_versions")
    op.drop_table("hypothesis_versions")
    op.drop_table("hypotheses")
