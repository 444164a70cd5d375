"""State in SQL, artefacts in Parquet: what a project remembers, who wrote it, and from what.

Decisions, labels, comments, lists' outcomes and the audit log live in SQL (SQLite in the
project's folder, or PostgreSQL by URL). Approved tables are immutable Parquet artefacts
with a manifest. Every write names the least role that may do it, and leaves a row in the
audit log in the same transaction.
"""

from workbench.store.artefacts import Artefact, Artefacts
from workbench.store.database import Database
from workbench.store.roles import ROLES, Role, may
from workbench.store.state import AREAS, Store, open_store

__all__ = ["AREAS", "ROLES", "Artefact", "Artefacts", "Database", "Role", "Store", "may", "open_store"]
