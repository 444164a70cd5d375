"""The same person in several systems is one customer: exact keys, then probabilities, then people.

`record_keys` writes names, telephones and numbers in one way, `resolve_identities` puts
records together, `merge_tables` carries that into the tables that a portrait is built of.
The probabilities come from `workbench.engine.linkage`.
"""

from workbench.customers.identity.keys import KEYS, record_keys
from workbench.customers.identity.merging import merge_tables
from workbench.customers.identity.resolution import DECISIONS, Resolution, resolve_identities
from workbench.customers.identity.set_aside import set_aside_records

__all__ = [
    "DECISIONS",
    "KEYS",
    "Resolution",
    "merge_tables",
    "record_keys",
    "resolve_identities",
    "set_aside_records",
]
