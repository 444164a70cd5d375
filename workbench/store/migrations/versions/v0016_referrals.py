"""Referrals: rules by version, referrals, what happened to them, and credit."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of referrals."""
    op.create_table(
        "referral_rules",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_referral_rules")),
    )
    op.create_table(
        "referrals",
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("from_unit", sa.String(length=200), nullable=False),
        sa.Column("sent_by", sa.String(length=120), nullable=False),
        sa.Column("to_unit", sa.String(length=200), nullable=False),
        sa.Column("to_person", sa.String(length=120), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("list_id", sa.String(length=60), nullable=True),
        sa.Column("strategy_id", sa.String(length=40), nullable=True),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("work_days", sa.Integer(), nullable=False),
        sa.Column("sender_share", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.Column("accept_by", sa.DateTime(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(), nullable=True),
        sa.Column("accepted_by", sa.String(length=120), nullable=True),
        sa.Column("work_by", sa.DateTime(), nullable=True),
        sa.Column("worked_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("reason_note", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("previous_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_referrals_cycle_id")),
        sa.ForeignKeyConstraint(["list_id"], ["target_lists.list_id"], name=op.f("fk_referrals_list_id")),
        sa.ForeignKeyConstraint(
            ["previous_id"], ["referrals.referral_id"], name=op.f("fk_referrals_previous_id")
        ),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_referrals")),
    )
    op.create_index(op.f("ix_referrals_cycle_id"), "referrals", ["cycle_id"])
    op.create_index(op.f("ix_referrals_customer_id"), "referrals", ["customer_id"])
    op.create_table(
        "open_referrals",
        sa.Column("customer_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.referral_id"], name=op.f("fk_open_referrals_referral_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", "kind", name=op.f("pk_open_referrals")),
    )
    op.create_table(
        "referral_events",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=10), nullable=False),
        sa.Column("event_key", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.referral_id"], name=op.f("fk_referral_events_referral_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_referral_events")),
        sa.UniqueConstraint("event_key", name=op.f("uq_referral_events_event_key")),
    )
    op.create_index(op.f("ix_referral_events_referral_id"), "referral_events", ["referral_id", "event_id"])
    op.create_table(
        "referral_credits",
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("unit", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.referral_id"], name=op.f("fk_referral_credits_referral_id")
        ),
        sa.PrimaryKeyConstraint("referral_id", "side", name=op.f("pk_referral_credits")),
    )


def downgrade() -> None:
    """Drop them again."""
    for name in ("referral_credits", "referral_events", "open_referrals", "referrals", "referral_rules"):
        op.drop_table(name)
