"""Ties of the customers: which records are one person, and which companies stand behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import NotFound
from workbench.project.identities import Identities
from workbench.store import Artefact, may

if TYPE_CHECKING:
    from workbench.project.handle import Project

_WANTED = (
    "customer_id",
    "kind",
    "balance_total",
    "salary_share",
    "inflow_12m",
    "tier",
    "industry",
    "employer",
    "employer_id",
)


class Ties(Identities):
    """Who is one customer, and which companies stand behind the retail customers.

    Parameters
    ----------
    project : Project
        The handle.

    Examples
    --------
    >>> import tempfile
    >>> import workbench as wb
    >>> project = wb.create_project(tempfile.mkdtemp() + "/bank", "My bank")
    >>> project.insight.links.decisions().empty
    True
    """

    def build(self) -> pd.DataFrame:
        """Find the companies behind the retail customers, store and return them.

        Raises
        ------
        NotFound
            If there is no portrait, or neither ties nor employers were imported.
        NotAllowed
            If the role may not write.
        """
        from workbench.customers import companies_behind, supply_chain
        from workbench.tables import LINKS

        project = self._project
        project.store.trail.require("analyst")
        cycle = project.need_cycle()
        sources = project.imports.sources()
        portrait = project.customers()
        wanted = portrait[[name for name in _WANTED if name in portrait]]
        if "links" not in sources and not {"employer", "employer_id"} & set(wanted):
            raise NotFound("project.error.no_ties")
        links = project.table("links", list(LINKS.names)) if "links" in sources else LINKS.empty()
        names = None
        people = project.table("customers") if "customers" in sources else pd.DataFrame()
        if "name" in people:
            names = people.loc[people["kind"].eq("corporate"), ["customer_id", "name"]]
        links = links[links["customer_id"].isin(portrait["customer_id"])]
        companies = companies_behind(wanted, links, names)
        made_of = project.imports.portrait()
        assert made_of is not None
        inputs = [made_of.artefact_id, *({sources["links"].artefact_id} if "links" in sources else ())]
        self._artefacts.save(
            "companies",
            {"companies": companies, "supply_chain": supply_chain(wanted, links)},
            cycle_id=cycle.cycle_id,
            inputs=inputs,
            summary={"n": len(companies), "n_unplaced": companies.attrs["n_unplaced"]},
        )
        return companies

    def artefact(self) -> Artefact | None:
        """Return the cycle's newest list of companies without opening it, or None."""
        cycle = self._project.cycle.cycle_id
        return self._artefacts.latest("companies", cycle) if cycle else None

    def companies(self) -> pd.DataFrame:
        """Return the companies behind the retail customers, the most promising first.

        An analyst's first call finds and stores them; readers see what was stored.

        Returns
        -------
        pandas.DataFrame
            `workbench.customers.ties.COMPANIES`.

        Raises
        ------
        NotFound
            If there are none yet and the role may not make them, or no ties were imported.
        """
        if self.is_due():
            return self.build()
        return self._artefacts.read(self._found(), "companies")

    def supply_chain(self) -> pd.DataFrame:
        """Return who supplies whom, by industry: supplier_industry, buyer_industry, n."""
        if self.is_due():
            self.build()
        return self._artefacts.read(self._found(), "supply_chain")

    def stored(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the stored companies and supply chain, and never make them.

        Raises
        ------
        NotFound
            If there are none yet.
        """
        found = self._found()
        return self._artefacts.read(found, "companies"), self._artefacts.read(found, "supply_chain")

    def is_due(self) -> bool:
        """Say whether an analyst's reading makes the list anew: there is none, or an older portrait's."""
        if not may(self._project.role, "analyst"):  # type: ignore[arg-type]
            return False
        if "customers" not in self._project.imports.sources():
            return False
        known, portrait = self.artefact(), self._project.imports.portrait()
        if known is None or portrait is None:
            return True
        return portrait.artefact_id not in self._artefacts.manifest(known)["inputs"]

    def _found(self) -> Artefact:
        artefact = self.artefact()
        if artefact is None:
            raise NotFound("project.error.no_companies")
        return artefact


def search_identities(project: Project) -> None:
    """Let exact keys decide who is one customer, where `walk` meets an import for the first time."""
    links = project.insight.links
    if links.identity() is None and "customers" in project.imports.sources():
        links.resolve(probable=False)


def find_companies(project: Project) -> None:
    """Find the companies for `walk`; a bank without ties has none, and needs none."""
    try:
        project.insight.links.build()
    except NotFound:
        return
