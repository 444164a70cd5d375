"""The SQL tables of the pipeline: templates by version, opportunities, what happened to them, and answers.

An opportunity's row is what stands now; what happened to it is only ever added. Answers belong to
the company and not to one opportunity, and an older answer stays. Amounts are hundredths of
the currency's unit: whole numbers add up exactly.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from workbench.store.schema import metadata
from workbench.store.schema_versions import versions_table

templates = versions_table(
    "pipeline_templates",
    # "steps" (with the reasons of an end) or "questions".
    Column("name", String(20), primary_key=True),
)
opportunities = Table(
    "opportunities",
    metadata,
    Column("opportunity_id", Integer, primary_key=True),
    Column("customer_id", String(80), nullable=False),
    # The cycle it was opened in; it goes on through later ones.
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id")),
    Column("strategy_id", String(40)),
    Column("offer", String(80), nullable=False),
    Column("title", String(400), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("expected_close", Date, nullable=False),
    Column("owner", String(120), nullable=False),
    Column("step", String(40), nullable=False),
    Column("entered_at", DateTime, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("closed_at", DateTime),
    Column("next_action", String(400), nullable=False),
    Column("next_on", Date),
    # Empty is the workbench itself; else the system that it was brought in from.
    Column("source", String(80), nullable=False),
    Column("opened_at", DateTime, nullable=False),
    Column("opened_by", String(120), nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("changed_by", String(120), nullable=False),
    Column("row_version", Integer, nullable=False, default=1),
    Index("ix_opportunities_customer_id", "customer_id"),
    Index("ix_opportunities_state", "state", "owner"),
)
events = Table(
    "opportunity_events",
    metadata,
    Column("event_id", Integer, primary_key=True),
    Column("opportunity_id", Integer, ForeignKey("opportunities.opportunity_id"), nullable=False),
    Column("event_key", String(80), nullable=False),
    Column("event", String(10), nullable=False),
    Column("from_step", String(40), nullable=False),
    Column("to_step", String(40), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("note", Text, nullable=False),
    # What was asked for, as JSON: the same key with another wish is refused.
    Column("content", Text, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
    UniqueConstraint("event_key"),
    Index("ix_opportunity_events_opportunity_id", "opportunity_id", "event_id"),
)
answers = Table(
    "kyc_answers",
    metadata,
    Column("answer_id", Integer, primary_key=True),
    Column("customer_id", String(80), nullable=False),
    Column("question", String(40), nullable=False),
    Column("answer", Text, nullable=False),
    Column("template_version", Integer, nullable=False),
    Column("answer_key", String(80), nullable=False),
    Column("source", String(80), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
    UniqueConstraint("answer_key"),
    Index("ix_kyc_answers_customer_id", "customer_id", "question", "answer_id"),
)
