"""Who is one customer is decided by people, and what they decided stays readable."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of decisions on doubtful pairs."""
    op.create_table(
        "pair_decisions",
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.String(length=80), nullable=False),
        sa.Column("other_id", sa.String(length=80), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_pair_decisions")),
    )
    op.create_index("ix_pair_decisions_pair", "pair_decisions", ["record_id", "other_id"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_index("ix_pair_decisions_pair", table_name="pair_decisions")
    op.drop_table("pair_decisions")
