"""The SQL tables of scripts: every version, which one was in use when, and the calls made with them.

Rows are only ever added. A version's number is its row's version: who saves names the one
they began from.
"""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Float, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from workbench.store.schema import metadata

versions = Table(
    "script_versions",
    metadata,
    Column("script_id", Integer, primary_key=True),
    Column("strategy_id", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), nullable=False),
    Column("offer", String(80), nullable=False),
    Column("title", String(400), nullable=False),
    Column("lang", String(10), nullable=False),
    Column("text", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Column("saved_at", DateTime, nullable=False),
    Column("saved_by", String(120), nullable=False),
    Unique("strategy_id", "version"),
)
uses = Table(
    "script_uses",
    metadata,
    Column("use_id", Integer, primary_key=True),
    Column("strategy_id", String(40), nullable=False),
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), nullable=False),
    Column("version", Integer, nullable=False),
    # The second script of a trial, the share of customers who hear it, and the seed that draws them.
    Column("other_version", Integer),
    Column("share", Float),
    Column("seed", Integer),
    Column("note", Text, nullable=False),
    Column("since", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Index("ix_script_uses_strategy_id", "strategy_id"),
)
runs = Table(
    "script_runs",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("run_key", String(80), nullable=False),
    Column("cycle_id", String(40), ForeignKey("cycles.cycle_id"), nullable=False),
    Column("strategy_id", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("list_id", String(60), ForeignKey("target_lists.list_id"), nullable=False),
    Column("customer_id", String(80), nullable=False),
    Column("contact_id", String(120)),
    Column("segment", String(200), nullable=False),
    Column("moves", Text, nullable=False),
    Column("steps", Text, nullable=False),
    Column("end_step", String(40), nullable=False),
    Column("disposition", String(40), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Unique("run_key"),
    Index("ix_script_runs_strategy_id", "strategy_id", "version"),
)
