"""The tree of objectives: what the bank wants to reach, and by when."""

from workbench.tables.schema import Column, Table
from workbench.tables.words import KPIS

HORIZONS = ("long", "short")
UNITS = {
    "responses": "responses",
    "balances": "CNY",
    "fee_income": "CNY_year",
    "satisfaction": "points",
    "activity": "customers",
}
"""What each KPI is counted in."""

OBJECTIVES = Table(
    "objectives",
    "One target of the objectives tree; strategies serve its leaves.",
    (
        Column("objective_id", "text", "O1, O1.1 …", filled=True),
        Column("parent_id", "text", "The objective it is a part of; empty for a root."),
        Column("name", "text", "What is to be reached, in words.", filled=True),
        Column("kpi", "text", "What is counted.", filled=True, values=KPIS),
        Column(
            "unit",
            "text",
            "Unit of the figures; a part has its whole's.",
            filled=True,
            values=(*UNITS.values(),),
        ),
        Column("horizon", "text", "Long or short term.", filled=True, values=HORIZONS),
        Column(
            "baseline", "number", "Where the bank stood when the target was set, in the unit.", filled=True
        ),
        Column("target", "number", "Where it wants to stand by the day, in the unit.", filled=True),
        Column("due_on", "date", "By when.", filled=True),
        Column(
            "lifecycle_stages", "text", "Stages it is about, comma-separated; empty is all.", required=False
        ),
        Column("segment", "text", "Segment it is about; empty is all.", required=False),
        Column("measured", "number", "Where it stands now, in the unit; missing if unknown.", required=False),
        Column("owner", "text", "Who answers for it.", required=False),
        Column("template", "text", "The template it came from; empty for the bank's own.", required=False),
    ),
    key=("objective_id",),
)
