"""What is known of a portrait's columns: unit, transformation, or why one is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Transform = Literal["none", "log1p", "share", "clip", "flag", "one_hot"]

MESSAGE_PREFIXES = (
    "insight_room.feature.",
    "insight_room.value.",
    "insight_room.unit.",
    "insight_room.transform.",
    "insight_room.reason.",
)


@dataclass(frozen=True)
class FeatureRule:
    """How a column of the portrait becomes a feature.

    Parameters
    ----------
    unit : str
        Unit of the untransformed value; a key of ``insight_room.unit``.
    transform : str
        ``"none"``, ``"log1p"`` (signed) or ``"clip"``.
    missing : {"median", "maximum"}, default="median"
        What fills an empty cell. A customer without any transaction has no recency;
        the longest one seen is nearer to the truth than the middle.
    """

    unit: str
    transform: Transform
    missing: Literal["median", "maximum"] = "median"


# Order matters: it is the order of the features.
RULES: dict[str, FeatureRule] = {
    "age": FeatureRule("years", "none"),
    "tenure": FeatureRule("months", "none"),
    "recency": FeatureRule("days", "log1p", "maximum"),
    "frequency": FeatureRule("count", "log1p"),
    "monetary_value": FeatureRule("cny", "log1p"),
    "balance_total": FeatureRule("cny", "log1p"),
    "balance_loan": FeatureRule("cny", "log1p"),
    "balance_card": FeatureRule("cny", "log1p"),
    "balance_change_3m": FeatureRule("ratio", "clip"),
    "balance_trend": FeatureRule("ratio", "clip"),
    "inflow_12m": FeatureRule("cny", "log1p"),
    "product_count": FeatureRule("count", "none"),
    "app_logins_90d": FeatureRule("count", "log1p"),
    "branch_visits_90d": FeatureRule("count", "log1p"),
    "satisfaction": FeatureRule("score", "none"),
    "salary_share": FeatureRule("share", "none"),
    "linked_employees": FeatureRule("count", "log1p"),
    "linked_suppliers": FeatureRule("count", "log1p"),
}
CLIP = {"balance_change_3m": (-1.0, 2.0), "balance_trend": (-1.0, 2.0)}

# Debts are not part of balance_total, so they have no share of it.
DEBTS = ("loan", "card")

# Shares of one whole: how often each channel is used.
CHANNEL_SHARES = "channel_share_"

# Left out unless asked for by name; the reason is a key of insight_room.reason.
EXCLUDED: dict[str, str] = {
    "customer_id": "identifier",
    "name": "identifier",
    "phone": "identifier",
    "snapshot_date": "date",
    "kind": "identifier",
    "consent": "consent",
    "do_not_contact": "consent",
    "tier": "derived",
    "lifecycle_stage": "derived",
    "tier_basis": "derived",
    "idle_days": "derived",
    "income_day": "derived",
    "maturing_90d": "derived",
    "next_maturity": "derived",
    "large_inflow_90d": "derived",
    "missing_product": "derived",
    "missing_product_share": "derived",
    "life_need": "derived",
    "contribution": "derived",
    "potential": "derived",
    "potential_product": "derived",
    "peers": "derived",
    "gender": "not_behaviour",
    "region": "not_behaviour",
    "branch": "not_behaviour",
    "relationship_manager": "not_behaviour",
    "kyc_level": "not_behaviour",
    "employer": "identifier",
    "employer_id": "identifier",
    # Facts of a campaign's contacts: they tell what the bank did, not who the customer is.
    "contact": "campaign",
    "day": "campaign",
    "month": "campaign",
    "duration": "campaign",
    "campaign": "campaign",
    "pdays": "campaign",
    "previous": "campaign",
    "poutcome": "campaign",
    "responded": "campaign",
    "y": "campaign",
}
# Known columns that say yes or no; labels say "with" and "without" instead of high and low.
FLAGS = ("housing", "loan", "default")
NEVER = ("identifier", "date")
YES = frozenset({"yes", "y", "true", "1", "是", "有"})
NO = frozenset({"no", "n", "false", "0", "否", "无"})

MINIMUM_ROWS = 10
MAXIMUM_LEVELS = 12
MINIMUM_LEVEL_SHARE = 0.01
MAXIMUM_MISSING_SHARE = 0.6
# Excess kurtosis of the exponential distribution; amounts of money lie far above it.
HEAVY_TAILED = 6.0
