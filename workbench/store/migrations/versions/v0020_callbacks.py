"""When customers asked to be called again, and what to know by then."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of callbacks."""
    op.create_table(
        "callbacks",
        sa.Column("contact_id", sa.String(length=120), nullable=False),
        sa.Column("call_at", sa.DateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.contact_id"], name=op.f("fk_callbacks_contact_id")
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_callbacks")),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("callbacks")
