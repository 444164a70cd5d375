"""The SQL tables of front-line feedback: codes by version, what was said, and changes that are asked for.

Customers' own feedback (surveys, complaints) is a table of the portrait; here speak those who
talk to the customers.
"""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from workbench.store.schema import metadata
from workbench.store.schema_versions import versions_table

code_versions = versions_table("front_line_code_versions")
notes = Table(
    "front_line_notes",
    metadata,
    Column("note_id", Integer, primary_key=True),
    Column("note_key", String(80), nullable=False),
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), nullable=False),
    Column("code", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("strategy_id", String(40), nullable=False),
    # Empty where it was said of the whole strategy.
    Column("segment", String(200), nullable=False),
    Column("script_version", Integer),
    Column("step", String(40), nullable=False),
    Column("list_id", String(60), ForeignKey("target_lists.list_id")),
    # What it came out of: a lease knows its contact once there is one.
    Column("lease_id", Integer, ForeignKey("leases.lease_id")),
    Column("contact_id", String(120)),
    Column("given_at", DateTime, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Column("taken_back_at", DateTime),
    Column("taken_back_by", String(120)),
    Unique("note_key"),
    Index("ix_front_line_notes_cycle_id", "cycle_id", "strategy_id"),
)
requests = Table(
    "change_requests",
    metadata,
    Column("request_id", Integer, primary_key=True),
    Column("request_key", String(80), nullable=False),
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), nullable=False),
    Column("strategy_id", String(40), nullable=False),
    # Empty where it rests on single notes of several codes.
    Column("code", String(40), nullable=False),
    Column("what", Text, nullable=False),
    Column("why", Text, nullable=False),
    # The counts at the moment of asking, as JSON.
    Column("evidence", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("asked_at", DateTime, nullable=False),
    Column("asked_by", String(120), nullable=False),
    Column("answer", Text, nullable=False),
    Column("answered_at", DateTime),
    Column("answered_by", String(120)),
    # The card that acceptance drafted, and its cycle.
    Column("card_id", String(40)),
    Column("card_cycle_id", String(40), ForeignKey("cycles.cycle_id")),
    Column("done_at", DateTime),
    Column("done_by", String(120)),
    Column("row_version", Integer, nullable=False, default=1),
    Unique("request_key"),
    Index("ix_change_requests_strategy_id", "strategy_id"),
)
