"""The sentences of the section of ties, each made of the figures on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import locale
from workbench.customers.ties import FEWEST
from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    from workbench.ui.state.sections.links import LinksState

OPEN = ("win_company", "offer_payroll")


class LinksFindings:
    """Sentences about the companies.

    Parameters
    ----------
    state : LinksState
        Whose figures they are made of.
    """

    def __init__(self, state: LinksState) -> None:
        self.state = state
        self.t = state.t

    def _n(self, value: float) -> str:
        return locale.count(value, self.state.lang)

    def _basis(self) -> str:
        state = self.state
        n = self._n(state.companies["n_employees"].sum())
        day = locale.date(state.project.cycle.snapshot_date, state.lang)
        return f"{self.t('insight_links.basis', n=n)} · {day}"

    def title(self) -> str:
        """Return the section's finding."""
        rows = self.state.companies
        n_open = int(rows["action"].isin(OPEN).sum())
        values = {"companies": self._n(len(rows)), "n": self._n(rows["n_employees"].sum())}
        if n_open == 0:
            return self.t("insight_links.title_none", **values)
        key = "insight_links.title_one" if n_open == 1 else "insight_links.title"
        return self.t(key, open=self._n(n_open), **values)

    def subtitle(self) -> str:
        """Return what the finding rests on."""
        unplaced = self.state.n_unplaced
        parts = [self._basis(), self.t("insight_links.larger", n=FEWEST)]
        if unplaced:
            parts.append(self.t("insight_links.unplaced", n=self._n(unplaced)))
        return " · ".join(parts)

    def kpis(self) -> list[Kpi]:
        """Return the six figures."""
        state, rows, lang = self.state, self.state.companies, self.state.lang
        n = int(rows["n_employees"].sum())
        share = n / state.n_retail if state.n_retail else None
        balances = rows["balance_employees"].sum(min_count=1)
        paid, open_ = rows["n_payroll"].sum(min_count=1), rows["payroll_open"].sum(min_count=1)
        outside = rows[~rows["is_customer"].astype("bool")]
        n_customers = len(rows) - len(outside)
        chain = int(state.chain["n"].sum()) if len(state.chain) else 0
        return [
            Kpi(
                self.t("insight_links.kpi.companies"),
                self._n(len(rows)),
                note=self.t("insight_links.kpi.companies_note", n=self._n(n_customers)),
            ),
            Kpi(
                self.t("insight_links.kpi.employees"),
                self._n(n),
                note=self.t("insight_links.kpi.employees_note", share=locale.percent(share)),
            ),
            Kpi(
                self.t("insight_links.kpi.balances"),
                locale.money(balances, lang),
                note=self.t(
                    "insight_links.kpi.balances_note", mean=locale.money(balances / n if n else None, lang)
                ),
            ),
            Kpi(
                self.t("insight_links.kpi.paid"),
                locale.percent(paid / n if n else None),
                note=self.t("insight_links.kpi.paid_note", n=self._n(paid)),
            ),
            Kpi(
                self.t("insight_links.kpi.open"),
                locale.money(open_, lang),
                note=self.t("insight_links.kpi.open_note"),
            ),
            Kpi(
                self.t("insight_links.kpi.chain"),
                self._n(chain),
                note=self.t("insight_links.kpi.chain_note"),
            ),
        ]

    def list_title(self) -> tuple[str, str]:
        """Return the ranked list's title and subtitle."""
        state = self.state
        rows = state.listed()
        known = rows.dropna(subset="payroll_open")
        least = state.project.small_cell
        few = state.n_few()
        left_out = [self.t("insight_links.list.few", n=self._n(few), least=least)] if few else []
        subtitle = " · ".join([self.t("insight_links.list.subtitle"), *left_out])
        if known.empty:
            return self.t("insight_links.list.title_plain", n=self._n(len(rows))), subtitle
        first = known.sort_values("payroll_open", ascending=False).iloc[0]
        title = self.t(
            "insight_links.list.title",
            company=state.name_of(first.to_dict()),
            money=locale.money(first["payroll_open"], state.lang),
        )
        return title, subtitle

    def bars_title(self) -> tuple[str, str]:
        """Return the chart's title and subtitle."""
        state = self.state
        bars = state.bars()
        if bars.empty:
            return self.t("insight_links.bars.title_none"), ""
        top = bars.drop_duplicates("label")
        share = top["total"].sum() / state.companies["n_employees"].sum()
        title = self.t("insight_links.bars.title", n=len(top), share=locale.percent(share, places=0))
        return title, f"{self.t('insight_links.bars.subtitle')} · {self._basis()}"

    def chain_title(self) -> tuple[str, str]:
        """Return the heat table's title and subtitle."""
        state = self.state
        if state.chain.empty:
            return self.t("insight_links.chain.title_none"), ""
        buyers = state.chain.groupby("buyer_industry")["n"].sum().sort_values(ascending=False)
        every = int(buyers.sum())
        title = self.t(
            "insight_links.chain.title",
            industry=state.industry(buyers.index[0], capital=False),
            share=locale.percent(buyers.iloc[0] / every, places=0),
        )
        if state.hides and buyers.iloc[0] < state.project.small_cell:
            title = self.t("insight_links.chain.title_plain", n=self._n(every))
        day = locale.date(state.project.cycle.snapshot_date, state.lang)
        return title, f"{self.t('insight_links.chain.subtitle', n=self._n(every))} · {day}"
