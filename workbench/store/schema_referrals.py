"""The SQL tables of referrals: rules by version, referrals with what happened to them, and credit.

Which referral of a customer and kind is open is a row under both keys, so that the database
itself keeps a second one out. Amounts are hundredths of a yuan, shares hundredths of a percent:
whole numbers add up exactly.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from workbench.store.schema import metadata
from workbench.store.schema_versions import versions_table

rules = versions_table("referral_rules")
referrals = Table(
    "referrals",
    metadata,
    Column("referral_id", Integer, primary_key=True),
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), nullable=False),
    Column("customer_id", String(80), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("state", String(10), nullable=False),
    Column("from_unit", String(200), nullable=False),
    Column("sent_by", String(120), nullable=False),
    Column("to_unit", String(200), nullable=False),
    # Empty is anybody of the unit.
    Column("to_person", String(120), nullable=False),
    Column("note", Text, nullable=False),
    Column("list_id", String(60), ForeignKey("target_lists.list_id")),
    Column("strategy_id", String(40)),
    # The terms in force when it was sent hold to its end.
    Column("rules_version", Integer, nullable=False),
    Column("work_days", Integer, nullable=False),
    Column("sender_share", Integer, nullable=False),
    Column("sent_at", DateTime, nullable=False),
    Column("accept_by", DateTime, nullable=False),
    Column("accepted_at", DateTime),
    Column("accepted_by", String(120)),
    Column("work_by", DateTime),
    Column("worked_at", DateTime),
    Column("ended_at", DateTime),
    Column("reason", String(40), nullable=False),
    Column("reason_note", Text, nullable=False),
    Column("amount", BigInteger),
    # The expired or refused one that this one takes up again.
    Column("previous_id", Integer, ForeignKey("referrals.referral_id")),
    Index("ix_referrals_cycle_id", "cycle_id"),
    Index("ix_referrals_customer_id", "customer_id"),
)
open_referrals = Table(
    "open_referrals",
    metadata,
    Column("customer_id", String(80), primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("referral_id", Integer, ForeignKey("referrals.referral_id"), nullable=False),
)
events = Table(
    "referral_events",
    metadata,
    Column("event_id", Integer, primary_key=True),
    Column("referral_id", Integer, ForeignKey("referrals.referral_id"), nullable=False),
    Column("event", String(10), nullable=False),
    Column("event_key", String(80)),
    Column("reason", String(40), nullable=False),
    Column("note", Text, nullable=False),
    Column("amount", BigInteger),
    Column("at", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Unique("event_key"),
    Index("ix_referral_events_referral_id", "referral_id", "event_id"),
)
credit = Table(
    "referral_credits",
    metadata,
    Column("referral_id", Integer, ForeignKey("referrals.referral_id"), primary_key=True),
    Column("side", String(10), primary_key=True),
    Column("unit", String(200), nullable=False),
    Column("person", String(120), nullable=False),
    Column("share", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("at", DateTime, nullable=False),
)
