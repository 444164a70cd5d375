"""Product quotas with their ledger, and materials and rates with the days on which they hold."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of quotas and materials."""
    op.create_table(
        "quotas",
        sa.Column("quota_id", sa.Integer(), nullable=False),
        sa.Column("offer", sa.String(length=80), nullable=False),
        sa.Column("branch", sa.String(length=200), nullable=False),
        sa.Column("measure", sa.String(length=10), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("quota_id", name=op.f("pk_quotas")),
    )
    op.create_index(op.f("ix_quotas_offer"), "quotas", ["offer"])
    op.create_table(
        "quota_entries",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("quota_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.String(length=80), nullable=True),
        sa.Column("strategy_id", sa.String(length=40), nullable=True),
        sa.Column("lease_id", sa.Integer(), nullable=True),
        sa.Column("booking_key", sa.String(length=80), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["quota_entries.entry_id"], name=op.f("fk_quota_entries_booking_id")
        ),
        sa.ForeignKeyConstraint(["lease_id"], ["leases.lease_id"], name=op.f("fk_quota_entries_lease_id")),
        sa.ForeignKeyConstraint(["quota_id"], ["quotas.quota_id"], name=op.f("fk_quota_entries_quota_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_quota_entries")),
        sa.UniqueConstraint("booking_key", name=op.f("uq_quota_entries_booking_key")),
    )
    op.create_index(op.f("ix_quota_entries_quota_id"), "quota_entries", ["quota_id", "entry_id"])
    op.create_index(op.f("ix_quota_entries_booking_id"), "quota_entries", ["booking_id"])
    op.create_index(op.f("ix_quota_entries_lease_id"), "quota_entries", ["lease_id"])
    op.create_table(
        "materials",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("offer", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("title_zh", sa.String(length=400), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_zh", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_materials")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_materials_name")),
    )
    op.create_index(op.f("ix_materials_offer"), "materials", ["offer"])


def downgrade() -> None:
    """Drop them again."""
    for name in ("materials", "quota_entries", "quotas"):
        op.drop_table(name)
