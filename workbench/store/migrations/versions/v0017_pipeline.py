"""The pipeline: templates by version, opportunities, what happened to them, and answers."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the pipeline."""
    op.create_table(
        "pipeline_templates",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_pipeline_templates")),
    )
    op.create_table(
        "opportunities",
        sa.Column("opportunity_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(length=80), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=True),
        sa.Column("strategy_id", sa.String(length=40), nullable=True),
        sa.Column("offer", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("expected_close", sa.Date(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("next_action", sa.String(length=400), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("opened_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_opportunities_cycle_id")),
        sa.PrimaryKeyConstraint("opportunity_id", name=op.f("pk_opportunities")),
    )
    op.create_index(op.f("ix_opportunities_customer_id"), "opportunities", ["customer_id"])
    op.create_index(op.f("ix_opportunities_state"), "opportunities", ["state", "owner"])
    op.create_table(
        "opportunity_events",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("opportunity_id", sa.Integer(), nullable=False),
        sa.Column("event_key", sa.String(length=80), nullable=False),
        sa.Column("event", sa.String(length=10), nullable=False),
        sa.Column("from_step", sa.String(length=40), nullable=False),
        sa.Column("to_step", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunities.opportunity_id"],
            name=op.f("fk_opportunity_events_opportunity_id"),
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_opportunity_events")),
        sa.UniqueConstraint("event_key", name=op.f("uq_opportunity_events_event_key")),
    )
    op.create_index(
        op.f("ix_opportunity_events_opportunity_id"), "opportunity_events", ["opportunity_id", "event_id"]
    )
    op.create_table(
        "kyc_answers",
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(length=80), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("answer_key", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_kyc_answers")),
        sa.UniqueConstraint("answer_key", name=op.f("uq_kyc_answers_answer_key")),
    )
    op.create_index(
        op.f("ix_kyc_answers_customer_id"), "kyc_answers", ["customer_id", "question", "answer_id"]
    )


def downgrade() -> None:
    """Drop them again."""
    for name in ("kyc_answers", "opportunity_events", "opportunities", "pipeline_templates"):
        op.drop_table(name)
