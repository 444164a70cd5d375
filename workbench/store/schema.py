"""The SQL tables of a project's state.

A change here needs a migration in ``migrations/versions``; a test compares the two.
Moments are naive UTC. JSON is kept as text, so that every dialect reads it alike.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0020"
"""The newest migration; a store that stands elsewhere is migrated when it is opened."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _row_version() -> Column:
    return Column("row_version", Integer, nullable=False, default=1)


def _cycle(nullable: bool = False) -> Column:
    return Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), nullable=nullable)


cycles = Table(
    "cycles",
    metadata,
    Column("cycle_id", String(40), primary_key=True),
    Column("position", Integer, nullable=False, unique=True),
    Column("snapshot_date", Date, nullable=False),
    Column("state", String(10), nullable=False),
    Column("opened_from", String(40), ForeignKey("cycles.cycle_id")),
    Column("opened_at", DateTime, nullable=False),
    Column("opened_by", String(120), nullable=False),
    Column("closed_at", DateTime),
    _row_version(),
)
cycle_events = Table(
    "cycle_events",
    metadata,
    Column("event_id", Integer, primary_key=True),
    _cycle(),
    Column("event", String(10), nullable=False),
    Column("reason", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", Text, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Index("ix_cycle_events_cycle_id", "cycle_id"),
)
raw_files = Table(
    "raw_files",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("name", String(400), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("first_seen_at", DateTime, nullable=False),
)
artefacts = Table(
    "artefacts",
    metadata,
    Column("artefact_id", String(120), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    _cycle(nullable=True),
    Column("sha256", String(64), nullable=False),
    Column("identity", String(64), nullable=False, index=True),
    Column("summary", Text, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    UniqueConstraint("kind", "version"),
    Index("ix_artefacts_kind_cycle", "kind", "cycle_id"),
)
lineage = Table(
    "lineage",
    metadata,
    Column("source", String(160), primary_key=True),
    Column("target", String(160), primary_key=True),
)
slots = Table(
    "slots",
    metadata,
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), primary_key=True),
    Column("segment", String(200), primary_key=True),
    Column("slot", Integer, nullable=False),
    Column("in_use", Boolean, nullable=False),
)
comments = Table(
    "comments",
    metadata,
    Column("comment_id", Integer, primary_key=True),
    _cycle(nullable=True),
    Column("stage", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("author", String(120), nullable=False),
    Column("written_at", DateTime, nullable=False),
    Index("ix_comments_stage_cycle", "stage", "cycle_id"),
)
ideas = Table(
    "ideas",
    metadata,
    Column("idea_id", Integer, primary_key=True),
    _cycle(nullable=True),
    Column("text", Text, nullable=False),
    Column("segment", String(200), nullable=False),
    Column("author", String(120), nullable=False),
    Column("written_at", DateTime, nullable=False),
)
votes = Table(
    "votes",
    metadata,
    Column("idea_id", Integer, ForeignKey("ideas.idea_id"), primary_key=True),
    Column("voter", String(120), primary_key=True),
    Column("voted_at", DateTime, nullable=False),
)
strategies = Table(
    "strategies",
    metadata,
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), primary_key=True),
    Column("strategy_id", String(40), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name", String(400), nullable=False),
    Column("objective", Text, nullable=False),
    Column("segment", String(200), nullable=False),
    Column("scenario", String(20), nullable=False),
    Column("offer", String(80), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("card", Text, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Column("updated_by", String(120), nullable=False),
    _row_version(),
)
objectives = Table(
    "objectives",
    metadata,
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), primary_key=True),
    Column("objective_id", String(40), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("parent_id", String(40), nullable=False),
    Column("name", String(400), nullable=False),
    Column("objective", Text, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Column("updated_by", String(120), nullable=False),
    _row_version(),
)
target_lists = Table(
    "target_lists",
    metadata,
    Column("list_id", String(60), primary_key=True),
    _cycle(),
    Column("strategy_id", String(40), nullable=False),
    Column("artefact_id", String(120), ForeignKey("artefacts.artefact_id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("n_control", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("seed", Integer),
    Column("card", Text, nullable=False),
    Column("launched_at", DateTime, nullable=False),
    Column("launched_by", String(120), nullable=False),
    ForeignKeyConstraint(
        ["cycle_id", "strategy_id"],
        ["strategies.cycle_id", "strategies.strategy_id"],
        name="fk_lists_strategy",
    ),
    Index("ix_target_lists_cycle_id", "cycle_id"),
)
contacts = Table(
    "contacts",
    metadata,
    Column("contact_id", String(120), primary_key=True),
    Column("list_id", String(60), ForeignKey("target_lists.list_id"), nullable=False, index=True),
    Column("strategy_id", String(40), nullable=False),
    Column("customer_id", String(80), nullable=False),
    Column("contacted_at", DateTime, nullable=False),
    Column("channel", String(40)),
    Column("disposition", String(40), nullable=False),
    Column("agent", String(120)),
    # In which order results came in, so that a reader can ask for what is new to it.
    Column("position", Integer, index=True),
)
outcomes = Table(
    "outcomes",
    metadata,
    Column("outcome_id", String(120), primary_key=True),
    Column("list_id", String(60), ForeignKey("target_lists.list_id"), nullable=False, index=True),
    Column("strategy_id", String(40), nullable=False),
    Column("customer_id", String(80), nullable=False),
    Column("recorded_at", DateTime, nullable=False),
    Column("responded", Boolean, nullable=False),
    Column("amount", Float),
    Column("note", Text),
    Column("source", String(400)),
    Column("position", Integer, index=True),
)
late_results = Table(
    "late_results",
    metadata,
    Column("result_id", String(130), primary_key=True),
    Column("kind", String(10), nullable=False),
    _cycle(),
    Column("list_id", String(60), ForeignKey("target_lists.list_id"), nullable=False),
    Column("content", Text, nullable=False),
    Column("source", String(400)),
    Column("at", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Column("admitted_at", DateTime),
    Index("ix_late_results_cycle_id", "cycle_id"),
)
recommendations = Table(
    "recommendations",
    metadata,
    Column("recommendation_id", String(80), primary_key=True),
    _cycle(),
    Column("evaluation_id", String(120), ForeignKey("artefacts.artefact_id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("strategy_id", String(40), nullable=False),
    Column("action", String(20), nullable=False),
    Column("rule", String(20), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("change", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("status", String(10), nullable=False),
    Column("decided_by", String(120)),
    Column("decided_at", DateTime),
    Column("decision_reason", Text),
    _row_version(),
    Index("ix_recommendations_cycle_id", "cycle_id"),
)
drafts = Table(
    "drafts",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), primary_key=True),
    Column("who", String(120), primary_key=True),
    Column("content", Text, nullable=False),
    Column("saved_at", DateTime, nullable=False),
)
pair_decisions = Table(
    "pair_decisions",
    metadata,
    Column("decision_id", Integer, primary_key=True),
    Column("record_id", String(80), nullable=False),
    Column("other_id", String(80), nullable=False),
    Column("decision", String(10), nullable=False),
    Column("note", Text, nullable=False),
    Column("decided_by", String(120), nullable=False),
    Column("decided_at", DateTime, nullable=False),
    Index("ix_pair_decisions_pair", "record_id", "other_id"),
)
launch_requests = Table(
    "launch_requests",
    metadata,
    Column("request_id", Integer, primary_key=True),
    _cycle(),
    Column("artefact_id", String(120), ForeignKey("artefacts.artefact_id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("seed", Integer),
    Column("n", Integer, nullable=False),
    Column("n_control", Integer, nullable=False),
    Column("plan_version", Integer),
    Column("note", Text, nullable=False),
    Column("status", String(10), nullable=False),
    Column("requested_by", String(120), nullable=False),
    Column("requested_at", DateTime, nullable=False),
    Column("decided_by", String(120)),
    Column("decided_at", DateTime),
    Column("decision_note", Text),
    Column("closed_by", String(120)),
    Column("closed_at", DateTime),
    Column("list_ids", Text),
    _row_version(),
    Index("ix_launch_requests_cycle_id", "cycle_id"),
)
action_items = Table(
    "action_items",
    metadata,
    Column("action_id", Integer, primary_key=True),
    _cycle(),
    Column("comment_id", Integer, ForeignKey("comments.comment_id")),
    Column("text", Text, nullable=False),
    Column("owner", String(120), nullable=False),
    Column("due_on", Date, nullable=False),
    Column("state", String(10), nullable=False),
    Column("note", Text, nullable=False),
    Column("ended_in", String(40)),
    Column("created_at", DateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Column("updated_by", String(120), nullable=False),
    _row_version(),
    Index("ix_action_items_cycle_id", "cycle_id"),
)
runs = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True),
    _cycle(),
    Column("state", String(10), nullable=False),
    Column("folder", Text, nullable=False),
    Column("on_copy", Boolean, nullable=False),
    Column("notebooks", Text, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("begun_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("who", String(120), nullable=False),
    Index("ix_runs_cycle_id", "cycle_id"),
)
hypotheses = Table(
    "hypotheses",
    metadata,
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), primary_key=True),
    Column("hypothesis_id", String(40), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("source", String(40), nullable=False),
    Column("source_id", String(120), nullable=False),
    Column("outcomes_known", Integer, nullable=False),
    Column("snapshot_known", Boolean, nullable=False),
    Column("written_at", DateTime, nullable=False),
    Column("written_by", String(120), nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Column("updated_by", String(120), nullable=False),
    Column("withdrawn_at", DateTime),
    _row_version(),
)
hypothesis_versions = Table(
    "hypothesis_versions",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    _cycle(),
    Column("hypothesis_id", String(40), nullable=False),
    Column("event", String(10), nullable=False),
    Column("content", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("outcomes_known", Integer, nullable=False),
    Column("snapshot_known", Boolean, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Index("ix_hypothesis_versions_cycle_id", "cycle_id"),
)
audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("action", String(60), nullable=False),
    Column("ids", Text, nullable=False),
)
