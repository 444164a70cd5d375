"""The section on companies: industry by tier, playbooks of industries, journeys across channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.insight import hide_small_cells
from workbench.strategy.corporate import summarise_industries
from workbench.strategy.playbooks import industry_name
from workbench.ui import request
from workbench.ui.state.parts import Button, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.corporate_findings import CorporateFindings
from workbench.ui.state.sections.corporate_journeys import JourneyDesk
from workbench.ui.state.sections.corporate_playbook import PlaybookDesk

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project.corporate import StoredPlaybook
    from workbench.project.journeys import StoredJourney

_SHADES = (0.03, 0.12, 0.3, 0.55, 0.85)
_SUMS = ("balance", "contribution", "potential")
MESSAGE_PREFIXES = ("strategy_corporate.flag.",)


class CorporateState(SectionState):
    """Companies by industry and tier, one industry's playbook, and one journey.

    Attributes
    ----------
    industry : str
        The industry whose playbook is shown; empty without companies.
    journey : str
        The journey that is shown.
    who : str
        Whose channels it is reckoned for: retail, corporate, or empty for all.
    """

    name = "corporate"
    industry = traitlets.Unicode("")
    journey = traitlets.Unicode("")
    who = traitlets.Unicode("")

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.companies = pd.DataFrame()
        self.cells = pd.DataFrame()
        self._kept: dict[str, Any] = {}
        self.book = PlaybookDesk(self)
        self.path = JourneyDesk(self)
        super().__init__(screen, **traits)

    @property
    def hides(self) -> bool:
        """Whether small cells are hidden: on every published screen, and from all but analysts."""
        return request.is_published() or not self.may("analyst")

    @property
    def may_edit(self) -> bool:
        """Whether playbooks and journeys can be changed here."""
        return self.may("analyst") and not request.is_published()

    @property
    def ready(self) -> bool:
        """Whether the bank has companies."""
        return not self.cells.empty

    # Reading ---------------------------------------------------------------------

    def load(self) -> None:
        """Read the companies and lay out their map."""
        self._kept.clear()
        corporate = self.project.strategy.corporate
        self.companies = corporate.companies()
        self.cells = corporate.map(self.companies) if len(self.companies) else pd.DataFrame()
        names = corporate.journeys.names()
        if self.journey not in names:
            self.journey = names[0]
        if self.who not in self.path.kinds():
            self.who = ""
        if not self.ready:
            self.industry = ""
        elif self.industry not in set(self.cells["industry"]):
            self.industry = self._first()
        self.book.close()
        self.path.close()

    def _first(self) -> str:
        """Return the industry with the most flagged balances, else with the most at all."""
        flagged = self.shown()[lambda t: t["flag"].ne("") & t["tier"].notna() & t["industry"].notna()]
        if len(flagged) and flagged["balance"].notna().any():
            return str(flagged.groupby("industry")["balance"].sum().idxmax())
        return str(self.cells["industry"].iloc[0])

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Compute a table once for what was read."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    # Figures ---------------------------------------------------------------------

    def shown(self) -> pd.DataFrame:
        """Return the map's cells, then the totals (None for the key summed over), small ones hidden."""
        return self.once("shown", self._shown)

    def _shown(self) -> pd.DataFrame:
        cells = self.cells.drop(columns="wallet_share")
        least = self.project.small_cell if self.hides else 0
        shown = hide_small_cells(cells, least, by=("industry", "tier"), totals=True)
        whole = shown["contribution"] + shown["potential"]
        shown["wallet_share"] = (shown["contribution"] / whole).where(whole > 0)
        for name in ("flag", "strategy_ids", "planned_ids"):
            shown[name] = shown[name].astype("object").where(shown[name].notna(), "")
        # A flag says that a cell is among the largest; a hidden one's size is nobody's business.
        shown.loc[shown["hidden"], ["flag"]] = ""
        return shown

    def totals(self) -> pd.DataFrame:
        """Return the industries' sums that may be shown, the most potential first."""
        shown = self.shown()
        whole = shown[shown["tier"].isna() & shown["industry"].notna() & ~shown["hidden"]]
        return whole.sort_values(["potential", "n"], ascending=False, ignore_index=True)

    def industries(self) -> pd.DataFrame:
        """Return all industries in sum, for counts that need no hiding."""
        return self.once("industries", lambda: summarise_industries(self.cells))

    def ties(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the stored companies behind the retail customers, and the supply chain; maybe empty."""
        return self.once("ties", self.project.strategy.corporate.ties)

    def tiers(self) -> list[tuple[str, str]]:
        """Return the map's columns as (tier, shown)."""
        return [(tier, _capital(self.tier(tier))) for tier in dict.fromkeys(self.cells["tier"])]

    def tier(self, tier: str) -> str:
        """Return a tier in the screen's language."""
        known = f"strategy_corporate.tier.{tier}"
        return self.t(known) if known in locale.keys(self.lang) else tier

    def map_rows(self) -> list[dict[str, Any]]:
        """Return one row an industry: name, cells by tier, total."""
        shown = self.shown()
        counted = "balance" if self.cells["balance"].notna().any() else "n"
        inner = shown[shown["industry"].notna() & shown["tier"].notna()]
        largest = float(inner[counted].max()) if inner[counted].notna().any() else 0.0
        by_key = {
            (row["industry"], row["tier"] if isinstance(row["tier"], str) else None): row
            for row in shown[shown["industry"].notna()].to_dict("records")
        }
        rows = []
        for industry in dict.fromkeys(self.cells["industry"]):
            cells = [self._cell(by_key[(industry, tier)], counted, largest) for tier, _ in self.tiers()]
            total = self._cell(by_key[(industry, None)], counted, largest)
            rows.append(
                {
                    "industry": industry,
                    "name": self.capital(industry),
                    "cells": cells,
                    "total": total,
                    "chosen": industry == self.industry,
                }
            )
        return rows

    def _cell(self, row: dict[Any, Any], counted: str, largest: float) -> dict[str, Any]:
        if row["hidden"]:
            return {"hidden": True}
        share = float(row[counted]) / largest if largest else 0.0
        return {
            "hidden": False,
            "n": int(row["n"]),
            "balance": row["balance"],
            "has_balance": counted == "balance",
            "wallet": row["wallet_share"],
            "shade": 1 + sum(share >= step for step in _SHADES),
            "ids": [part for part in row["strategy_ids"].split(",") if part],
            "planned": [part for part in row["planned_ids"].split(",") if part],
            "flag": row["flag"],
            "flag_word": self.t(f"strategy_corporate.flag.{row['flag']}") if row["flag"] else "",
        }

    def potential(self) -> pd.DataFrame:
        """Return what each industry brings and could bring, as `charts.industry_potential` draws it."""
        rows = self.totals()
        rows = rows[rows["potential"].notna() & rows["contribution"].notna()]
        return pd.DataFrame(
            {
                "industry": rows["industry"],
                "label": [self.capital(name) for name in rows["industry"]],
                "contribution": rows["contribution"].astype("float64"),
                "potential": rows["potential"].astype("float64"),
                "shown": [
                    self.t(
                        "strategy_corporate.potential.shown",
                        potential=locale.money(row["potential"], self.lang),
                        share=locale.percent(row["wallet_share"], places=0),
                    )
                    for row in rows.to_dict("records")
                ],
                "chosen": rows["industry"].eq(self.industry),
            }
        ).reset_index(drop=True)

    def capital(self, industry: str) -> str:
        """Return an industry as it stands alone, in the screen's language."""
        return _capital(industry_name(industry, self.lang))

    def saved(self, stored: StoredPlaybook | StoredJourney) -> str:
        """Return who saved a version and when; empty for what the workbench brings."""
        if stored.saved_at is None:
            return ""
        at = locale.timestamp(stored.saved_at)
        return self.t("strategy_corporate.book.saved", version=stored.version, who=stored.saved_by, at=at)

    # Choosing --------------------------------------------------------------------

    def choose(self, industry: str) -> None:
        """Show an industry's playbook."""
        if self.ready and industry in set(self.cells["industry"]):
            self.book.close()
            self.industry = industry
            self.touch()

    # Sentences -------------------------------------------------------------------

    @property
    def findings(self) -> CorporateFindings:
        """The sentences made of these figures."""
        return CorporateFindings(self)

    def heading(self) -> Heading:
        """Return the finding about the companies, or that there are none."""
        buttons = (Button("comments", self.t("strategy.button.comments", n=self.screen.comment_count())),)
        if not self.ready:
            title = self.t("strategy_corporate.nothing.title")
            return Heading(title, self.t("strategy_corporate.nothing.text"), buttons)
        return Heading(self.findings.title(), self.findings.subtitle(), buttons)

    def kpis(self) -> list[Kpi]:
        """Return the figures of the companies."""
        return self.findings.kpis() if self.ready else []


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
