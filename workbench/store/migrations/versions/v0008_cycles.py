"""Cycles are frozen and reopened with a reason, what comes too late is kept, and runs are remembered."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of cycle events, late results and runs; what cycles went through goes into them."""
    op.create_table(
        "cycle_events",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_cycle_events_cycle_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_cycle_events")),
    )
    op.create_index(op.f("ix_cycle_events_cycle_id"), "cycle_events", ["cycle_id"])
    op.create_table(
        "late_results",
        sa.Column("result_id", sa.String(length=130), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("list_id", sa.String(length=60), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("admitted_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_late_results_cycle_id")),
        sa.ForeignKeyConstraint(["list_id"], ["target_lists.list_id"], name=op.f("fk_late_results_list_id")),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_late_results")),
    )
    op.create_index(op.f("ix_late_results_cycle_id"), "late_results", ["cycle_id"])
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("on_copy", sa.Boolean(), nullable=False),
        sa.Column("notebooks", sa.Text(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_runs_cycle_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_cycle_id"), "runs", ["cycle_id"])
    known = "INSERT INTO cycle_events (cycle_id, event, reason, sha256, content, at, who) SELECT cycle_id, "
    op.execute(known + "'opened', '', '', '', opened_at, opened_by FROM cycles ORDER BY position")
    op.execute(
        known
        + "'closed', '', '', '', closed_at, '' FROM cycles WHERE closed_at IS NOT NULL ORDER BY position"
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("runs")
    op.drop_table("late_results")
    op.drop_table("cycle_events")
