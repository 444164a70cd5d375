"""The SQL tables of the work on the lists: leases, callbacks, disposition codes, quotas, materials.

Who works on a customer now is a row under the customer's own key, so that the database
itself keeps a second one out. What a lease came to is kept beside it for good.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Float,
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

leases = Table(
    "leases",
    metadata,
    Column("lease_id", Integer, primary_key=True),
    Column("list_id", String(60), ForeignKey("target_lists.list_id"), nullable=False),
    Column("strategy_id", String(40), nullable=False),
    Column("customer_id", String(80), nullable=False),
    Column("agent", String(120), nullable=False),
    Column("taken_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("ended_as", String(10)),
    Column("reason", Text, nullable=False, default=""),
    Column("record_key", String(80)),
    Column("contact_id", String(120)),
    Index("ix_leases_agent", "agent", "taken_at"),
    Index("ix_leases_customer_id", "customer_id"),
)
leased_customers = Table(
    "leased_customers",
    metadata,
    Column("customer_id", String(80), primary_key=True),
    Column("lease_id", Integer, ForeignKey("leases.lease_id"), nullable=False),
)
callbacks = Table(
    "callbacks",
    metadata,
    Column("contact_id", String(120), ForeignKey("contacts.contact_id"), primary_key=True),
    # UTC; empty where the disposition's days say when.
    Column("call_at", DateTime),
    Column("note", Text, nullable=False),
)
disposition_versions = versions_table("disposition_versions")
quotas = Table(
    "quotas",
    metadata,
    Column("quota_id", Integer, primary_key=True),
    Column("offer", String(80), nullable=False),
    # Empty is the whole bank.
    Column("branch", String(200), nullable=False),
    Column("measure", String(10), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("note", Text, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("row_version", Integer, nullable=False, default=1),
    Index("ix_quotas_offer", "offer"),
)
quota_entries = Table(
    "quota_entries",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    Column("quota_id", Integer, ForeignKey("quotas.quota_id"), nullable=False),
    Column("kind", String(10), nullable=False),
    # Of a return: the entry of the booking that it takes back.
    Column("booking_id", Integer, ForeignKey("quota_entries.entry_id")),
    # Units, or hundredths of a yuan: whole numbers add up exactly.
    Column("amount", BigInteger, nullable=False),
    Column("balance", BigInteger, nullable=False),
    Column("customer_id", String(80)),
    Column("strategy_id", String(40)),
    Column("lease_id", Integer, ForeignKey("leases.lease_id")),
    Column("booking_key", String(80)),
    Column("note", Text, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
    UniqueConstraint("booking_key"),
    Index("ix_quota_entries_quota_id", "quota_id", "entry_id"),
    Index("ix_quota_entries_booking_id", "booking_id"),
    Index("ix_quota_entries_lease_id", "lease_id"),
)
materials = Table(
    "materials",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("offer", String(80), nullable=False),
    Column("title", String(400), nullable=False),
    Column("title_zh", String(400), nullable=False),
    Column("content", Text, nullable=False),
    Column("content_zh", Text, nullable=False),
    Column("value", Float),
    Column("unit", String(40), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("withdrawn_at", DateTime),
    Column("note", Text, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("row_version", Integer, nullable=False, default=1),
    UniqueConstraint("name", "version"),
    Index("ix_materials_offer", "offer"),
)
