"""The tables that go to other systems and come from them."""

from __future__ import annotations

from workbench.tables.schema import Column, Table

LEADS = Table(
    "leads",
    "One customer of a list to contact, as another system gets it.",
    (
        Column("lead_id", "text", "Key of customer and list; the same whenever it is exported.", filled=True),
        Column("batch_id", "text", "Key of all that was exported together.", required=False),
        Column("list_id", "text", "The target list.", required=False),
        Column("strategy_id", "text", "The strategy.", required=False),
        Column("strategy", "text", "The strategy's name.", required=False),
        Column("customer_id", "text", "The customer.", required=False),
        Column("name", "text", "Name; personal data.", required=False),
        Column("phone", "text", "Telephone; personal data.", required=False),
        Column("kind", "text", "Retail or corporate.", required=False),
        Column("branch", "text", "Home branch.", required=False),
        Column("segment", "text", "The segment at the time of the list.", required=False),
        Column("offer", "text", "What is offered.", required=False),
        Column("channel", "text", "By what.", required=False),
        Column("priority", "integer", "1 is the first of its list.", required=False),
        Column("due_on", "date", "When the next try is due.", required=False),
        Column("status", "text", "open or callback.", required=False),
        Column("attempts", "integer", "Tries so far.", required=False),
        Column("last_disposition", "text", "How the last try ended.", required=False),
        Column(
            "script", "text", "What to say, with the customer's salutation; personal data.", required=False
        ),
    ),
    key=("lead_id",),
)
OUTCOME_ROWS = Table(
    "outcomes",
    "One result as another system sends it: of a customer or a lead.",
    (
        Column("customer_id", "text", "The customer.", required=False),
        Column("lead_id", "text", "The lead, as it was exported.", required=False),
        Column("result_id", "text", "The sender's own number of the result.", required=False),
        Column("list_id", "text", "The target list.", required=False),
        Column("strategy_id", "text", "The strategy.", required=False),
        Column("responded", "boolean", "Did what the offer asked for.", required=False),
        Column("amount", "number", "Money that came of it, CNY.", required=False),
        Column("currency", "text", "Of the amount; others than CNY are quarantined.", required=False),
        Column("contacted", "boolean", "Whether the customer was contacted at all.", required=False),
        Column("contacted_at", "timestamp", "When, UTC.", required=False),
        Column("recorded_at", "timestamp", "When the result was written down, UTC.", required=False),
        Column("disposition", "text", "How the contact ended.", required=False),
        Column("note", "text", "What the caller wrote.", required=False),
        Column("channel", "text", "By what.", required=False),
        Column("agent", "text", "Who.", required=False),
    ),
)
CORRECTION_ROWS = Table(
    "corrections",
    "One cell of a customer that another system knows better.",
    (
        Column("customer_id", "text", "The customer.", required=False),
        Column("lead_id", "text", "The lead, as it was exported.", required=False),
        Column("correction_id", "text", "The sender's own number.", required=False),
        Column("column", "text", "Column of the customers' table."),
        Column("new_value", "text", "What it should say; empty is not known.", required=False),
        Column("said_by", "text", "Who said so.", required=False),
        Column("said_at", "timestamp", "When, UTC.", required=False),
        Column("note", "text", "Why.", required=False),
    ),
)
EXCHANGED = {table.name: table for table in (LEADS, OUTCOME_ROWS, CORRECTION_ROWS)}
"""Tables that a mapping of the exchange may name."""
