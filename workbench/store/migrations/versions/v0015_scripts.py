"""Scripts of strategies: versions, which one is in use, and the calls made with them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of scripts."""
    op.create_table(
        "script_versions",
        sa.Column("script_id", sa.Integer(), nullable=False),
        sa.Column("strategy_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("offer", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("lang", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.Column("saved_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_script_versions_cycle_id")),
        sa.PrimaryKeyConstraint("script_id", name=op.f("pk_script_versions")),
        sa.UniqueConstraint("strategy_id", "version", name=op.f("uq_script_versions_strategy_id")),
    )
    op.create_table(
        "script_uses",
        sa.Column("use_id", sa.Integer(), nullable=False),
        sa.Column("strategy_id", sa.String(length=40), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("other_version", sa.Integer(), nullable=True),
        sa.Column("share", sa.Float(), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_script_uses_cycle_id")),
        sa.PrimaryKeyConstraint("use_id", name=op.f("pk_script_uses")),
    )
    op.create_index(op.f("ix_script_uses_strategy_id"), "script_uses", ["strategy_id"])
    op.create_table(
        "script_runs",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("run_key", sa.String(length=80), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("strategy_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.String(length=60), nullable=False),
        sa.Column("customer_id", sa.String(length=80), nullable=False),
        sa.Column("contact_id", sa.String(length=120), nullable=True),
        sa.Column("segment", sa.String(length=200), nullable=False),
        sa.Column("moves", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("end_step", sa.String(length=40), nullable=False),
        sa.Column("disposition", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_script_runs_cycle_id")),
        sa.ForeignKeyConstraint(["list_id"], ["target_lists.list_id"], name=op.f("fk_script_runs_list_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_script_runs")),
        sa.UniqueConstraint("run_key", name=op.f("uq_script_runs_run_key")),
    )
    op.create_index(op.f("ix_script_runs_strategy_id"), "script_runs", ["strategy_id", "version"])


def downgrade() -> None:
    """Drop them again."""
    for name in ("script_runs", "script_uses", "script_versions"):
        op.drop_table(name)
