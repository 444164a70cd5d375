"""The first form of a project's state."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "audit_log",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("ids", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_log")),
    )
    op.create_table(
        "cycles",
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("snapshot_date", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_from", sa.String(length=40), nullable=True),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("opened_by", sa.String(length=120), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["opened_from"], ["cycles.cycle_id"], name=op.f("fk_cycles_opened_from")),
        sa.PrimaryKeyConstraint("cycle_id", name=op.f("pk_cycles")),
        sa.UniqueConstraint("position", name=op.f("uq_cycles_position")),
    )
    op.create_table(
        "lineage",
        sa.Column("source", sa.String(length=160), nullable=False),
        sa.Column("target", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("source", "target", name=op.f("pk_lineage")),
    )
    op.create_table(
        "raw_files",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_raw_files")),
    )
    op.create_table(
        "artefacts",
        sa.Column("artefact_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_artefacts_cycle_id")),
        sa.PrimaryKeyConstraint("artefact_id", name=op.f("pk_artefacts")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_artefacts_kind")),
    )
    op.create_index(op.f("ix_artefacts_identity"), "artefacts", ["identity"], unique=False)
    op.create_index("ix_artefacts_kind_cycle", "artefacts", ["kind", "cycle_id"], unique=False)
    op.create_table(
        "comments",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_comments_cycle_id")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comments")),
    )
    op.create_index("ix_comments_stage_cycle", "comments", ["stage", "cycle_id"], unique=False)
    op.create_table(
        "ideas",
        sa.Column("idea_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("segment", sa.String(length=200), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_ideas_cycle_id")),
        sa.PrimaryKeyConstraint("idea_id", name=op.f("pk_ideas")),
    )
    op.create_table(
        "slots",
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("segment", sa.String(length=200), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_slots_cycle_id")),
        sa.PrimaryKeyConstraint("cycle_id", "segment", name=op.f("pk_slots")),
    )
    op.create_table(
        "strategies",
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("strategy_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("objective", sa.Text(), nullable=False),
        sa.Column("segment", sa.String(length=200), nullable=False),
        sa.Column("scenario", sa.String(length=20), nullable=False),
        sa.Column("offer", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=120), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_strategies_cycle_id")),
        sa.PrimaryKeyConstraint("cycle_id", "strategy_id", name=op.f("pk_strategies")),
    )
    op.create_table(
        "recommendations",
        sa.Column("recommendation_id", sa.String(length=80), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("evaluation_id", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("strategy_id", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_recommendations_cycle_id")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["artefacts.artefact_id"], name=op.f("fk_recommendations_evaluation_id")
        ),
        sa.PrimaryKeyConstraint("recommendation_id", name=op.f("pk_recommendations")),
    )
    op.create_index("ix_recommendations_cycle_id", "recommendations", ["cycle_id"], unique=False)
    op.create_table(
        "target_lists",
        sa.Column("list_id", sa.String(length=60), nullable=False),
        sa.Column("cycle_id", sa.String(length=40), nullable=False),
        sa.Column("strategy_id", sa.String(length=40), nullable=False),
        sa.Column("artefact_id", sa.String(length=120), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("n_control", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=True),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("launched_at", sa.DateTime(), nullable=False),
        sa.Column("launched_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["artefact_id"], ["artefacts.artefact_id"], name=op.f("fk_target_lists_artefact_id")
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id", "strategy_id"],
            ["strategies.cycle_id", "strategies.strategy_id"],
            name="fk_lists_strategy",
        ),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.cycle_id"], name=op.f("fk_target_lists_cycle_id")),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_target_lists")),
    )
    op.create_index("ix_target_lists_cycle_id", "target_lists", ["cycle_id"], unique=False)
    op.create_table(
        "votes",
        sa.Column("idea_id", sa.Integer(), nullable=False),
        sa.Column("voter", sa.String(length=120), nullable=False),
        sa.Column("voted_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["idea_id"], ["ideas.idea_id"], name=op.f("fk_votes_idea_id")),
        sa.PrimaryKeyConstraint("idea_id", "voter", name=op.f("pk_votes")),
    )
    op.create_table(
        "contacts",
        sa.Column("contact_id", sa.String(length=120), nullable=False),
        sa.Column("list_id", sa.String(length=60), nullable=False),
        sa.Column("strategy_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=80), nullable=False),
        sa.Column("contacted_at", sa.DateTime(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=True),
        sa.Column("disposition", sa.String(length=40), nullable=False),
        sa.Column("agent", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["target_lists.list_id"], name=op.f("fk_contacts_list_id")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_list_id"), "contacts", ["list_id"], unique=False)
    op.create_table(
        "outcomes",
        sa.Column("outcome_id", sa.String(length=120), nullable=False),
        sa.Column("list_id", sa.String(length=60), nullable=False),
        sa.Column("strategy_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("responded", sa.Boolean(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=400), nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["target_lists.list_id"], name=op.f("fk_outcomes_list_id")),
        sa.PrimaryKeyConstraint("outcome_id", name=op.f("pk_outcomes")),
    )
    op.create_index(op.f("ix_outcomes_list_id"), "outcomes", ["list_id"], unique=False)


def downgrade() -> None:
    """Drop every table."""
    op.drop_index(op.f("ix_outcomes_list_id"), table_name="outcomes")
    op.drop_table("outcomes")
    op.drop_index(op.f("ix_contacts_list_id"), table_name="contacts")
    op.drop_table("contacts")
    op.drop_table("votes")
    op.drop_index("ix_target_lists_cycle_id", table_name="target_lists")
    op.drop_table("target_lists")
    op.drop_index("ix_recommendations_cycle_id", table_name="recommendations")
    op.drop_table("recommendations")
    op.drop_table("strategies")
    op.drop_table("slots")
    op.drop_table("ideas")
    op.drop_index("ix_comments_stage_cycle", table_name="comments")
    op.drop_table("comments")
    op.drop_index("ix_artefacts_kind_cycle", table_name="artefacts")
    op.drop_index(op.f("ix_artefacts_identity"), table_name="artefacts")
    op.drop_table("artefacts")
    op.drop_table("raw_files")
    op.drop_table("lineage")
    op.drop_table("cycles")
    op.drop_table("audit_log")
