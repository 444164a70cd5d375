"""The section on what can be offered: quotas and bookings, materials and rates, disposition codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from workbench.execution import product_name
from workbench.ui.state.parts import Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.supply_codes import CodeForm
from workbench.ui.state.sections.supply_findings import SupplyFindings
from workbench.ui.state.sections.supply_material import MaterialForm
from workbench.ui.state.sections.supply_quota import QuotaForm

LEDGER = 40
"""Newest entries of the ledger that are listed."""
_FIGURES = ("booked", "held", "left", "per_day", "per_day_low", "per_day_high")
_DAYS = ("runs_out", "earliest", "latest")


class SupplyState(SectionState):
    """Quotas, materials and codes of the project; analysts change them, others read.

    Attributes
    ----------
    day : datetime.date
        The day that is looked from: today, or the last day of lists and bookings if all are over.
    """

    name = "supply"

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.day: dt.date = screen.today
        self.quotas = self.ledger = self.stopped = pd.DataFrame()
        self.materials = self.problems = self.codes = pd.DataFrame()
        self.version = 0
        self._drawn: tuple[str, pd.DataFrame] | None = None
        self.quota_form = QuotaForm(self)
        self.material_form = MaterialForm(self)
        self.code_form = CodeForm(self)
        super().__init__(screen, **traits)

    @property
    def findings(self) -> SupplyFindings:
        """The sentences made of these figures."""
        return SupplyFindings(self)

    @property
    def sees_all(self) -> bool:
        """Whether few bookings and masked customers are shown: to those who work the lists."""
        return self.may("contributor")

    def load(self) -> None:
        """Read quotas, materials and codes; an unfinished edit is opened again."""
        execution = self.project.execution
        entries = execution.quota.ledger()
        self.day = self._look_from(entries)
        frame, forecast = execution.quota.frame(self.day), execution.quota.forecast(self.day)
        said = entries[entries["kind"].isin(["open", "change"]) & entries["note"].ne("")]
        notes = said.groupby("quota_id")["note"].last()
        frame = frame.assign(note=frame["quota_id"].map(notes).fillna(""))
        self.quotas = self._shown(frame.merge(forecast, on="quota_id"))
        self.ledger = execution.quota.bookings() if self.sees_all else entries.iloc[:0]
        launched = bool(self.project.cycle.cycle_id) and not self.project.strategy.lists().empty
        self.stopped = execution.desk.stopped(lang=self.lang) if launched else pd.DataFrame()
        self.materials = execution.materials.placed(self.screen.today)
        self.problems = execution.materials.problems(self.screen.today)
        self._drawn = None
        self.codes, self.version = execution.dispositions.frame(), execution.dispositions.version
        for form in (self.quota_form, self.material_form, self.code_form):
            form.reopen()

    def _look_from(self, entries: pd.DataFrame) -> dt.date:
        """Return the day whose pace is the present one: what is over has none after its end."""
        today: dt.date = self.screen.today
        cards = self.screen.cards
        moved = entries.loc[entries["kind"].isin(["book", "return"]), "at"].max()
        days = [] if cards.empty else [cards["ends_on"].max()]
        known = [pd.Timestamp(day).date() for day in (*days, moved) if not pd.isna(day)]
        return min(today, max(known)) if known else today

    def _shown(self, quotas: pd.DataFrame) -> pd.DataFrame:
        """Hide from viewers what few bookings would tell of few customers."""
        if self.sees_all or quotas.empty:
            return quotas.assign(hidden=False)
        few = quotas["n_bookings"].between(1, self.project.small_cell - 1)
        hidden = quotas.assign(hidden=few)
        for name in _FIGURES:
            hidden[name] = hidden[name].astype("float64").mask(few)
        for name in _DAYS:
            hidden[name] = hidden[name].mask(few)
        # A quota that is used up tells by its size how much was booked.
        hidden["total"] = hidden["total"].astype("float64").mask(few & hidden["state"].eq("used_up"))
        hidden["held"] = float("nan")
        return hidden.assign(n_bookings=0)

    # What there is -------------------------------------------------------------------

    def offers(self) -> list[str]:
        """Return the offers of the cycle's cards, and those that have a quota or material."""
        known: set[str] = set()
        for frame in (self.screen.cards, self.quotas, self.materials):
            if "offer" in frame:
                known |= set(frame["offer"].astype("str"))
        return sorted(known)

    def branches(self) -> list[str]:
        """Return the bank's branches, for an analyst who opens a quota."""
        if not self.may("analyst"):
            return []
        found = self.project.table("customers", ["branch"])["branch"].dropna()
        return sorted(set(found.astype("str")) - {""})

    def product(self, offer: str) -> str:
        """Return an offer in words."""
        return product_name(offer, self.lang)

    def drawn(self) -> pd.DataFrame:
        """Return the versions to draw; the same table as long as nothing of it is new."""
        if self._drawn is None or self._drawn[0] != self.lang:
            self._drawn = (self.lang, self.findings.drawn())
        return self._drawn[1]

    # Sentences -----------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return what is stopped, and what runs out first."""
        return self.findings.heading()

    def kpis(self) -> list[Kpi]:
        """Return quotas, what runs out first, what is stopped, materials, gaps, codes."""
        return self.findings.kpis()
