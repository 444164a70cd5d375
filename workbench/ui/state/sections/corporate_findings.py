"""The sentences of the section on companies, each made of the figures on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import locale
from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    import pandas as pd

    from workbench.ui.state.sections.corporate import CorporateState

UNSERVED = ("no_strategy", "neither")


class CorporateFindings:
    """Sentences about the companies.

    Parameters
    ----------
    state : CorporateState
        Whose figures they are made of.
    """

    def __init__(self, state: CorporateState) -> None:
        self.state = state
        self.t = state.t

    def _inner(self) -> pd.DataFrame:
        shown = self.state.shown()
        return shown[shown["industry"].notna() & shown["tier"].notna() & ~shown["hidden"]]

    def _n(self, value: float) -> str:
        return locale.count(value, self.state.lang)

    def _money(self, value: float | None) -> str:
        return locale.money(value, self.state.lang)

    def _day(self) -> str:
        return locale.date(self.state.project.cycle.snapshot_date, self.state.lang)

    def title(self) -> str:
        """Return the section's finding."""
        totals = self.state.totals()
        open_ = totals["potential"].sum(min_count=1) if len(totals) else float("nan")
        valuable = self._inner()[lambda t: t["valuable"].eq(True)]
        missing = int(valuable["flag"].isin(UNSERVED).sum())
        if missing and missing == len(valuable):
            return self.t("strategy_corporate.title.none", n=missing)
        if missing:
            return self.t("strategy_corporate.title.missing", n=missing, all=len(valuable))
        if len(valuable):
            return self.t("strategy_corporate.title.served", n=len(valuable))
        if open_ > 0:
            return self.t("strategy_corporate.title.potential", potential=self._money(open_))
        return self.t("strategy_corporate.title.neutral", n=self._n(len(self.state.companies)))

    def subtitle(self) -> str:
        """Return what the finding rests on."""
        state = self.state
        return self.t(
            "strategy_corporate.subtitle",
            n=f"{len(state.companies):,}",
            industries=state.cells["industry"].nunique(),
            day=self._day(),
        )

    def kpis(self) -> list[Kpi]:
        """Return six figures of the companies."""
        state = self.state
        rows = state.industries()
        n = int(rows["n"].sum())
        reached = int(rows["n_reached"].sum())
        contribution, potential = (rows[name].sum(min_count=1) for name in ("contribution", "potential"))
        whole = contribution + potential
        behind, chain = state.ties()
        employed = behind[behind["is_customer"].astype("bool")]
        people = int(employed["n_employees"].sum())
        ties = int(chain["n"].sum()) if len(chain) else 0
        return [
            Kpi(
                self.t("strategy_corporate.kpi.companies"),
                self._n(n),
                note=self.t("strategy_corporate.kpi.reached", n=self.safe(reached, n)),
                exact=f"{n:,}",
            ),
            Kpi(
                self.t("strategy_corporate.kpi.balance"),
                self._money(rows["balance"].sum(min_count=1)),
                note=self.t("strategy_corporate.kpi.balance_note"),
            ),
            Kpi(
                self.t("strategy_corporate.kpi.contribution"),
                self._money(contribution),
                note=self.t("strategy_corporate.kpi.yearly"),
            ),
            Kpi(
                self.t("strategy_corporate.kpi.potential"),
                self._money(potential),
                note=self.t(
                    "strategy_corporate.kpi.wallet",
                    share=locale.percent(contribution / whole if whole > 0 else None, places=0),
                ),
            ),
            Kpi(
                self.t("strategy_corporate.kpi.people"),
                self.safe(people),
                note=self.t(
                    "strategy_corporate.kpi.people_note",
                    balance=self._money(
                        employed["balance_employees"].astype("float64").sum(min_count=1)
                        if people >= state.project.small_cell or not state.hides
                        else None
                    ),
                ),
            ),
            Kpi(
                self.t("strategy_corporate.kpi.ties"),
                self.safe(ties),
                note=self.t("strategy_corporate.kpi.ties_note"),
            ),
        ]

    def safe(self, n: int, whole: int | None = None) -> str:
        """Return a count; one that is small, or leaves a small rest, is not told to readers."""
        least = self.state.project.small_cell
        rest = 0 if whole is None else whole - n
        if self.state.hides and (0 < n < least or 0 < rest < least):
            return self.t("strategy_corporate.hidden")
        return self._n(n)

    def map_title(self) -> tuple[str, str]:
        """Return the title and subtitle of the map."""
        inner = self._inner()
        valuable = inner[inner["valuable"].eq(True)]
        unserved = valuable[valuable["flag"].isin(UNSERVED)]
        unwritten = valuable[valuable["flag"].isin(("no_playbook", "neither"))]
        if len(unserved) and unserved["balance"].notna().any():
            title = self.t(
                "strategy_corporate.map.missing",
                n=len(unserved),
                balance=self._money(unserved["balance"].sum()),
            )
        elif len(unwritten):
            title = self.t("strategy_corporate.map.unwritten", n=len(unwritten))
        elif len(valuable):
            title = self.t("strategy_corporate.map.served", n=len(valuable))
        else:
            title = self.t("strategy_corporate.map.neutral")
        least = self.state.project.small_cell
        key = (
            "strategy_corporate.map.subtitle_hidden"
            if self.state.hides
            else "strategy_corporate.map.subtitle"
        )
        return title, self.t(key, n=f"{len(self.state.companies):,}", day=self._day(), least=least)

    def potential_title(self) -> tuple[str, str]:
        """Return the title and subtitle of the potential by industry."""
        rows = self.state.potential()
        subtitle = self.t(
            "strategy_corporate.potential.subtitle", n=f"{len(self.state.companies):,}", day=self._day()
        )
        if rows.empty or rows["potential"].sum() <= 0:
            return self.t("strategy_corporate.potential.neutral"), subtitle
        top = rows.iloc[0]
        title = self.t(
            "strategy_corporate.potential.title",
            industry=top["label"],
            potential=self._money(top["potential"]),
        )
        return title, subtitle
