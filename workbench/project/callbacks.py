"""When customers asked to be called again, beside the contacts in which they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from workbench.project.handle import Project


def with_callbacks(project: Project, contacts: pd.DataFrame) -> pd.DataFrame:
    """Return contacts with ``call_at``, the moment (UTC) that the customer asked for; missing where none."""
    known = {name: at for name, (at, _) in project.store.leases.callbacks().items()}
    return contacts.assign(call_at=pd.to_datetime(contacts["contact_id"].map(known)))
