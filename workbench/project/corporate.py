"""The bank's companies: their map, the playbooks of their industries, and cards drafted from them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.project.editions import Editions
from workbench.project.journeys import Journeys
from workbench.tables import TIERS

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.strategy import Playbook

PLAYBOOKS = "playbooks"
START_DAYS = 8
_WANTED = (
    "customer_id",
    "kind",
    "industry",
    "tier",
    "lifecycle_stage",
    "balance_total",
    "contribution",
    "potential",
    "linked_suppliers",
    "linked_employees",
)


@dataclass(frozen=True)
class StoredPlaybook:
    """An industry's playbook, as the project has it now.

    Parameters
    ----------
    playbook : Playbook
        The playbook.
    version : int
        Its number among this industry's; 0 while it is the one the workbench brings.
    is_own : bool
        Whether it is the industry's own, and not the neutral one.
    note, saved_by : str
        Why, and who; empty for version 0.
    saved_at : datetime.datetime or None
        UTC.
    """

    playbook: Playbook
    version: int
    is_own: bool
    note: str
    saved_by: str
    saved_at: dt.datetime | None


@dataclass(frozen=True)
class IndustryEvidence:
    """What the bank's own data say of an industry.

    Parameters
    ----------
    industry : str
        The industry.
    n : int
        Its companies among the customers.
    balance, contribution, potential : float
        Their sums, CNY and CNY a year; missing where unknown.
    n_key : int
        Key customers, by the playbook's rule.
    suppliers, buyers : pandas.DataFrame
        ``industry``, ``n`` (ties), the most first: who supplies these companies, and whom
        they supply.
    n_employees : int
        Retail customers who work for these companies.
    balance_employees, n_payroll : float
        Their balances, CNY, and those of them who are paid here; missing where unknown.
    has_links : bool
        Whether ties were imported at all.
    """

    industry: str
    n: int
    balance: float
    contribution: float
    potential: float
    n_key: int
    suppliers: pd.DataFrame
    buyers: pd.DataFrame
    n_employees: int
    balance_employees: float
    n_payroll: float
    has_links: bool


class Corporate:
    """Corporate strategy of one cycle, at ``project.strategy.corporate``.

    Parameters
    ----------
    project : Project
        The handle.

    Examples
    --------
    >>> import tempfile
    >>> import workbench as wb
    >>> project = wb.create_project(tempfile.mkdtemp() + "/bank", "My bank")
    >>> project.strategy.corporate.playbook("logistics").version
    0
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._editions = Editions(project, PLAYBOOKS)
        self.journeys = Journeys(project)

    # The map ----------------------------------------------------------------------

    def companies(self) -> pd.DataFrame:
        """Return the companies of the cycle's portrait; none where nothing was imported."""
        from workbench.strategy.corporate import companies_of

        if not self._project.cycle.cycle_id or self._project.imports.portrait() is None:
            return pd.DataFrame({"customer_id": pd.Series(dtype="str")})
        there = self._project.imports.portrait_columns()
        wanted = dict.fromkeys([*_WANTED, *self._asked()])
        customers = self._project.customers([name for name in wanted if name in there])
        return companies_of(customers).reset_index(drop=True)

    def _asked(self) -> list[str]:
        """Return the columns that the cards' eligibility asks for."""
        from workbench.strategy.conditions import read_conditions

        cards = self._project.strategy.cards()
        texts = list(cards["eligibility"]) if "eligibility" in cards.columns else []
        return [condition.column for text in texts for condition in read_conditions(text)]

    def map(self, companies: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return the map industry by tier of this cycle, see `build_corporate_map`.

        Parameters
        ----------
        companies : pandas.DataFrame, optional
            What `companies` returned, where it was read already.

        Raises
        ------
        ParameterProblem
            If the bank has no companies.
        """
        from workbench.strategy.corporate import build_corporate_map

        return build_corporate_map(
            self.companies() if companies is None else companies,
            self._project.strategy.cards(),
            self._membership(),
            playbooks=self.own_playbooks(),
        )

    def _membership(self) -> pd.DataFrame | None:
        try:
            return self._project.insight.segmentation().membership
        except NotFound:
            return None

    # Playbooks --------------------------------------------------------------------

    def own_playbooks(self) -> set[str]:
        """Return the industries with a playbook of their own: brought, or written here."""
        from workbench.strategy.playbooks import DEFAULT, read_playbooks

        return (set(read_playbooks()) | set(self._editions.newest())) - {DEFAULT}

    def playbook(self, industry: str) -> StoredPlaybook:
        """Return an industry's playbook as it is now, the neutral one where it has none.

        Parameters
        ----------
        industry : str
            As the portrait names it.
        """
        from workbench.strategy.playbooks import Playbook, find_playbook, read_playbooks

        edition = self._editions.current(industry)
        if edition is None:
            own = industry in read_playbooks()
            return StoredPlaybook(find_playbook(industry), 0, own, "", "", None)
        return StoredPlaybook(
            playbook=Playbook.from_dict(edition.content),
            version=edition.version,
            is_own=True,
            note=edition.note,
            saved_by=edition.saved_by,
            saved_at=edition.saved_at,
        )

    def save_playbook(
        self, playbook: Playbook, expected_version: int | None = None, note: str = ""
    ) -> StoredPlaybook:
        """Save the project's own version of an industry's playbook.

        Parameters
        ----------
        playbook : Playbook
            The playbook; its ``industry`` says whose.
        expected_version : int, optional
            The version that was edited. If it is no longer the stored one, nothing is
            written.
        note : str, default=""
            Why.

        Returns
        -------
        StoredPlaybook
            The new version, or the stored one where nothing differs.

        Raises
        ------
        Conflict
            If somebody else saved a version first; ``difference`` shows what differs.
        NotAllowed
            If the role may not save.
        """
        self._editions.save(playbook.industry, playbook.to_dict(), expected_version, note)
        return self.playbook(playbook.industry)

    def playbook_history(self, industry: str) -> pd.DataFrame:
        """Return an industry's saved versions, the newest first.

        Returns
        -------
        pandas.DataFrame
            version, note, saved_at (UTC), saved_by, artefact_id; no rows while it is the
            one the workbench brings.
        """
        rows = [
            (e.version, e.note, e.saved_at, e.saved_by, e.artefact_id)
            for e in self._editions.history(industry)
        ]
        return pd.DataFrame(rows, columns=["version", "note", "saved_at", "saved_by", "artefact_id"])

    # Evidence ---------------------------------------------------------------------

    def evidence(self, industry: str, companies: pd.DataFrame | None = None) -> IndustryEvidence:
        """Return what the bank's own data say of an industry.

        Suppliers, buyers and employees are read from the stored ties
        (``project.insight.links``); without them these parts are empty.

        Parameters
        ----------
        industry : str
            As the portrait names it.
        companies : pandas.DataFrame, optional
            What `companies` returned, where it was read already.
        """
        mine = self._of(industry, companies)
        behind, chain, known = self._ties()
        behind = behind[behind["industry"].eq(industry) & behind["is_customer"].astype("bool")]
        return IndustryEvidence(
            industry=industry,
            n=len(mine),
            balance=_sum(mine, "balance_total"),
            contribution=_sum(mine, "contribution"),
            potential=_sum(mine, "potential"),
            n_key=len(self.key_companies(industry, companies)),
            suppliers=_partners(chain, "buyer_industry", "supplier_industry", industry),
            buyers=_partners(chain, "supplier_industry", "buyer_industry", industry),
            n_employees=int(behind["n_employees"].sum()),
            balance_employees=_sum(behind, "balance_employees"),
            n_payroll=_sum(behind, "n_payroll"),
            has_links=known,
        )

    def key_companies(self, industry: str, companies: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return the industry's key customers by its playbook's rule, see `find_key_companies`."""
        from workbench.strategy.corporate import find_key_companies

        return find_key_companies(self._of(industry, companies), self.playbook(industry).playbook.rule)

    def ties(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the stored companies behind the retail customers, and the supply chain; maybe empty."""
        behind, chain, _ = self._ties()
        return behind, chain

    def _ties(self) -> tuple[pd.DataFrame, pd.DataFrame, bool]:
        try:
            behind, chain = self._project.insight.links.stored()
        except NotFound:
            names = ["industry", "is_customer", "n_employees", "balance_employees", "n_payroll"]
            ends = ["supplier_industry", "buyer_industry", "n"]
            return pd.DataFrame(columns=names), pd.DataFrame(columns=ends), False
        return behind, chain, True

    def _of(self, industry: str, companies: pd.DataFrame | None) -> pd.DataFrame:
        known = self.companies() if companies is None else companies
        return known[known["industry"].eq(industry)] if "industry" in known.columns else known.iloc[:0]

    # Cards ------------------------------------------------------------------------

    def draft_card(self, industry: str, tier: str, lang: str = "en") -> pd.DataFrame:
        """Return a strategy card for one tier of an industry, filled from its playbook.

        Its segment is the approved one that holds most of these companies; where none does,
        ``Companies · <industry>``, which is to be approved before lists can be cut. A
        response is worth the mean potential of these companies, where the portrait has it.

        Parameters
        ----------
        industry, tier : str
            As the portrait names them.
        lang : str, default="en"
            Language of the card's texts.

        Returns
        -------
        pandas.DataFrame
            A `workbench.tables.STRATEGIES` with one row; nothing is stored.

        Raises
        ------
        NotFound
            If there is no cycle yet.
        ParameterProblem
            If the tier is unknown, or the playbook has no product for it.
        """
        from workbench.strategy.playbooks import draft_corporate_card

        day = self._project.need_cycle().snapshot_date
        assert day is not None
        mine = self._of(industry, None)
        mine = mine[mine["tier"].eq(tier)] if len(mine) else mine
        potential = mine["potential"].mean() if "potential" in mine.columns else float("nan")
        return draft_corporate_card(
            self.playbook(industry).playbook,
            tier,
            strategy_id=self._free_id(),
            starts_on=day + dt.timedelta(days=START_DAYS),
            segment=self.segment_of(industry, tier),
            value_per_response=None if not potential > 0 else round(float(potential), 2),
            lang=lang,
        )

    def make_card(self, industry: str, tier: str, lang: str = "en") -> str:
        """Store the card that `draft_card` gives, and return its strategy_id.

        Raises
        ------
        ParameterProblem
            If this industry and tier already have a card drafted from the playbook.
        NotAllowed
            If the role may not save.
        """
        drafted = self.draft_card(industry, tier, lang).iloc[0].to_dict()
        card = {str(name): value for name, value in drafted.items()}
        for known in self._project.strategy.cards().to_dict("records"):
            if all(known.get(name) == card[name] for name in ("segment", "tier", "offer", "eligibility")):
                raise ParameterProblem("strategy_corporate.error.card_there", strategy=known["strategy_id"])
        self._project.strategy.save_card(card)
        return str(card["strategy_id"])

    def segment_of(
        self, industry: str, tier: str | None = None, companies: pd.DataFrame | None = None
    ) -> str | None:
        """Return the approved segment with the most companies of an industry (and tier), if any."""
        members = self._membership()
        mine = self._of(industry, companies)
        if members is None or mine.empty:
            return None
        if tier in TIERS:
            mine = mine[mine["tier"].eq(tier)]
        found = members.loc[members["customer_id"].isin(mine["customer_id"]), "segment"]
        return None if found.empty else str(found.value_counts().index[0])

    def _free_id(self) -> str:
        numbers = self._project.strategy.cards()["strategy_id"].str.extract(r"(\d+)$")[0].dropna()
        return f"S{1 + max((int(number) for number in numbers), default=0)}"


def _sum(rows: pd.DataFrame, column: str) -> float:
    return float(rows[column].astype("float64").sum(min_count=1)) if column in rows.columns else float("nan")


def _partners(chain: pd.DataFrame, own: str, other: str, industry: str) -> pd.DataFrame:
    """Return the industries at the other end of an industry's ties."""
    rows = chain.loc[chain[own].eq(industry), [other, "n"]].rename(columns={other: "industry"})
    return rows.sort_values(["n", "industry"], ascending=[False, True], ignore_index=True)
