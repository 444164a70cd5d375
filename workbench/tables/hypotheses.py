"""What a bank believes before it looks: a sentence with an outcome that can be measured."""

from __future__ import annotations

from workbench.tables.schema import Column, Table

MEASURES = (
    "uplift",
    "responded",
    "amount",
    "churn",
    "win_back",
    "balance_change",
    "product_change",
)
"""Outcomes that a hypothesis may be about."""
RATES = ("uplift", "responded", "churn", "win_back")
"""Those that are shares of customers, 0 to 1."""
AFTERWARDS = ("churn", "win_back", "balance_change", "product_change")
"""Those that only the next snapshot shows."""
DIRECTIONS = ("up", "down", "higher", "lower")
"""Above or below the threshold; more or less than other customers by more than the threshold."""
HYPOTHESIS_STATES = ("supported", "refuted", "open")

HYPOTHESES = Table(
    "hypotheses",
    "One sentence that the data of a cycle may support or refute.",
    (
        Column("hypothesis_id", "text", "H1, H2 …", filled=True),
        Column("sentence", "text", "What is believed, in words.", filled=True),
        Column("outcome", "text", "What is measured.", filled=True, values=MEASURES),
        Column("segment", "text", "Whom it is about; empty is all."),
        Column("direction", "text", "Which way.", filled=True, values=DIRECTIONS),
        Column("threshold", "number", "By how much, in the outcome's unit; shares are 0 to 1.", filled=True),
        Column("strategy_id", "text", "The strategy whose control is compared with; empty is none."),
        Column("exploratory", "boolean", "Written after the data, so they can't support it.", required=False),
    ),
    key=("hypothesis_id",),
    is_open=True,
)
