"""Leases of customers, disposition codes of the project's own, and the order in which results came in."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_RESULTS = ("contacts", "outcomes")


def upgrade() -> None:
    """Make the tables, and number the results that come from now on."""
    op.create_table(
        "leases",
        sa.Column("lease_id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.String(length=60), nullable=False),
        sa.Column("strategy_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=80), nullable=False),
        sa.Column("agent", sa.String(length=120), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_as", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("record_key", sa.String(length=80), nullable=True),
        sa.Column("contact_id", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["target_lists.list_id"], name=op.f("fk_leases_list_id")),
        sa.PrimaryKeyConstraint("lease_id", name=op.f("pk_leases")),
    )
    op.create_index(op.f("ix_leases_agent"), "leases", ["agent", "taken_at"])
    op.create_index(op.f("ix_leases_customer_id"), "leases", ["customer_id"])
    op.create_table(
        "leased_customers",
        sa.Column("customer_id", sa.String(length=80), nullable=False),
        sa.Column("lease_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lease_id"], ["leases.lease_id"], name=op.f("fk_leased_customers_lease_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_leased_customers")),
    )
    op.create_table(
        "disposition_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_disposition_versions")),
    )
    for name in _RESULTS:
        op.add_column(name, sa.Column("position", sa.Integer(), nullable=True))
        op.create_index(op.f(f"ix_{name}_position"), name, ["position"])


def downgrade() -> None:
    """Drop them again."""
    for name in _RESULTS:
        op.drop_index(op.f(f"ix_{name}_position"), name)
        op.drop_column(name, "position")
    for name in ("disposition_versions", "leased_customers", "leases"):
        op.drop_table(name)
