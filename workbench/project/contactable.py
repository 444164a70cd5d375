"""Who may be contacted at this moment, by what the newest import says: the desk and referrals ask here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import NotFound

if TYPE_CHECKING:
    from workbench.project.handle import Project

PERSONAL = ("customer_id", "kind", "name", "gender", "phone", "branch", "consent", "do_not_contact")
_ANSWERS = (("consent", False, "no_consent"), ("do_not_contact", True, "do_not_contact"))


def read_people(project: Project) -> pd.DataFrame:
    """Return who the customers are, one row each, as the newest import has them; else the portrait's.

    Raises
    ------
    NotFound
        If nothing was imported.
    """
    import pyarrow.parquet as pq

    source = project.imports.sources().get("customers")
    if source is None:
        known = project.customers(PERSONAL)
    else:
        names = pq.read_schema(project.store.artefacts.path(source, "customers.parquet")).names
        known = project.table("customers", [name for name in PERSONAL if name in names])
    return known.drop_duplicates("customer_id")


def refusals_of(known: pd.DataFrame, customers: Sequence[str]) -> list[str]:
    """Return for each customer why nobody may contact them; empty where nothing speaks against it.

    Parameters
    ----------
    known : pandas.DataFrame
        ``customer_id``, and consent and do_not_contact where the bank has them.
    customers : sequence of str
        Whom to look up.

    Returns
    -------
    list of str
        ``unknown`` (not among the known), ``no_consent`` (said no), ``do_not_contact``, or "".

    Examples
    --------
    >>> known = pd.DataFrame({"customer_id": ["1", "2", "3"], "consent": [True, False, None]})
    >>> refusals_of(known, ["1", "2", "3", "4"])
    ['', 'no_consent', '', 'unknown']
    """
    people = known.drop_duplicates("customer_id").set_index("customer_id").reindex(list(customers))
    refusals = pd.Series("", index=range(len(people)))
    for column, answer, why in _ANSWERS:
        if column in people:
            said = people[column].astype("boolean").eq(answer).fillna(False)
            refusals[said.to_numpy(dtype=bool)] = why
    refusals[~pd.Index(list(customers)).isin(known["customer_id"])] = "unknown"
    found: list[str] = refusals.tolist()
    return found


class People:
    """The customers as they are at this moment, read again when a newer import stands.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._stamp = ""
        self._known = pd.DataFrame()

    def look(self, customers: Sequence[str]) -> pd.DataFrame:
        """Return a row for each customer asked for, in their order.

        Returns
        -------
        pandas.DataFrame
            customer_id, kind, branch (empty where unknown), masked_id, masked_name, and held:
            why nobody may contact them (``unknown``, ``no_consent``, ``do_not_contact``,
            ``asked_to_stop``), empty where nothing speaks against it.
        """
        from workbench.tables.masking import mask_identifier, mask_name, mask_phone

        known = self._read()
        found = known.set_index("customer_id").reindex(list(customers))
        stopped = self._project.execution.dispositions.asked_to_stop()
        text = {
            name: found[name].fillna("").astype("str").tolist() if name in found else [""] * len(found)
            for name in ("kind", "branch", "name", "phone")
        }
        held = [
            why or ("asked_to_stop" if customer in stopped else "")
            for customer, why in zip(customers, refusals_of(known, customers), strict=True)
        ]
        masked = [
            mask_phone(phone) or mask_identifier(customer)
            for customer, phone in zip(customers, text["phone"], strict=True)
        ]
        return pd.DataFrame(
            {
                "customer_id": list(customers),
                "customer_kind": text["kind"],
                "branch": text["branch"],
                "masked_id": masked,
                "masked_name": [mask_name(name) for name in text["name"]],
                "held": held,
            }
        )

    def branches(self) -> list[str]:
        """Return the customers' branches by name."""
        known = self._read()
        return sorted(known["branch"].dropna().astype("str").unique()) if "branch" in known else []

    def _read(self) -> pd.DataFrame:
        source = self._project.imports.sources().get("customers")
        stamp = "" if source is None else source.artefact_id
        if stamp != self._stamp or self._known.empty:
            try:
                self._known = read_people(self._project)
            except NotFound:
                self._known = pd.DataFrame({"customer_id": pd.Series(dtype="str")})
            self._stamp = stamp
        return self._known
