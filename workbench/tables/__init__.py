"""Every table that flows between rooms: columns, types, units, checks.

The stage rooms never import each other; these tables are what they agree on. A room
checks what it is given with ``PORTRAIT.check(frame)`` and may then rely on it.

Identifiers are always text. Dates are ``datetime64`` at midnight, moments ``datetime64``
in UTC without a zone. Money is in CNY unless a column says otherwise. A rate with no
contacts is missing, never 0.
"""

from workbench.tables.masking import mask_identifier, mask_name, mask_phone, mask_text
from workbench.tables.objectives import HORIZONS, OBJECTIVES, UNITS
from workbench.tables.rooms import ROOM_GROUPS, ROOM_IDEAS
from workbench.tables.schema import Column, Table
from workbench.tables.sources import (
    CAMPAIGN_HISTORY,
    CUSTOMERS,
    EVENTS,
    FEEDBACK,
    HOLDINGS,
    LINKS,
    QUARANTINE,
    TRANSACTIONS,
)
from workbench.tables.stages import (
    CONTACTS,
    EMBEDDING,
    EVALUATION,
    K_COMPARISON,
    K_STABILITY,
    MEMBERSHIP,
    OUTCOMES,
    PORTRAIT,
    PROFILE,
    RECOMMENDATIONS,
    SCORES,
    SEGMENTS,
    STRATEGIES,
    TARGETS,
)
from workbench.tables.words import (
    ACTIONS,
    ARMS,
    CUSTOMER_KINDS,
    EVENT_TYPES,
    KPIS,
    LIFE_NEEDS,
    LIFECYCLE_STAGES,
    RELATIONS,
    TIER_BASES,
    TIERS,
    TRIGGERS,
)

ALL = (
    CUSTOMERS,
    HOLDINGS,
    TRANSACTIONS,
    EVENTS,
    FEEDBACK,
    LINKS,
    CAMPAIGN_HISTORY,
    QUARANTINE,
    PORTRAIT,
    MEMBERSHIP,
    SEGMENTS,
    PROFILE,
    K_COMPARISON,
    K_STABILITY,
    EMBEDDING,
    OBJECTIVES,
    STRATEGIES,
    SCORES,
    TARGETS,
    CONTACTS,
    OUTCOMES,
    EVALUATION,
    RECOMMENDATIONS,
)

__all__ = [
    "ACTIONS",
    "ALL",
    "ARMS",
    "CAMPAIGN_HISTORY",
    "CONTACTS",
    "CUSTOMERS",
    "CUSTOMER_KINDS",
    "EMBEDDING",
    "EVALUATION",
    "EVENTS",
    "EVENT_TYPES",
    "FEEDBACK",
    "HOLDINGS",
    "HORIZONS",
    "KPIS",
    "K_COMPARISON",
    "K_STABILITY",
    "LIFECYCLE_STAGES",
    "LIFE_NEEDS",
    "LINKS",
    "MEMBERSHIP",
    "OBJECTIVES",
    "OUTCOMES",
    "PORTRAIT",
    "PROFILE",
    "QUARANTINE",
    "RECOMMENDATIONS",
    "RELATIONS",
    "ROOM_GROUPS",
    "ROOM_IDEAS",
    "SCORES",
    "SEGMENTS",
    "STRATEGIES",
    "TARGETS",
    "TIERS",
    "TIER_BASES",
    "TRANSACTIONS",
    "TRIGGERS",
    "UNITS",
    "Column",
    "Table",
    "mask_identifier",
    "mask_name",
    "mask_phone",
    "mask_text",
]
