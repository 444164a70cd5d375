"""The SQL tables of the exchange with other systems: proposed corrections, and answers given."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, Integer, String, Table, Text, UniqueConstraint

from workbench.store.schema import metadata

corrections = Table(
    "corrections",
    metadata,
    Column("correction_id", Integer, primary_key=True),
    # Made by the sender or of the content: sent again, it is one proposal.
    Column("correction_key", String(80), nullable=False),
    Column("customer_id", String(80), nullable=False),
    Column("column_name", String(80), nullable=False),
    Column("old_value", Text),
    Column("new_value", Text, nullable=False),
    Column("source", String(200), nullable=False),
    Column("said_by", String(120), nullable=False),
    Column("said_at", DateTime, nullable=False),
    Column("note", Text, nullable=False),
    Column("proposed_at", DateTime, nullable=False),
    Column("proposed_by", String(120), nullable=False),
    Column("status", String(10), nullable=False),
    Column("decided_at", DateTime),
    Column("decided_by", String(120)),
    Column("reason", Text, nullable=False, default=""),
    Column("row_version", Integer, nullable=False, default=1),
    UniqueConstraint("correction_key"),
    Index("ix_corrections_status", "status"),
    Index("ix_corrections_customer_id", "customer_id"),
)
answers = Table(
    "exchange_answers",
    metadata,
    Column("request_key", String(80), primary_key=True),
    Column("path", String(200), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
)
