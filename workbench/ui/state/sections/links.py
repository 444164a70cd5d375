"""The section of ties: the companies behind the retail customers, and the supply chain."""

from __future__ import annotations

from typing import Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.customers.ties import hide_small_parts
from workbench.errors import NotFound
from workbench.insight import hide_small_cells
from workbench.tables import mask_identifier
from workbench.ui import request
from workbench.ui.state.jobs import Report
from workbench.ui.state.parts import Button, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.links_findings import LinksFindings
from workbench.ui.state.sections.links_review import PairReview

PAGE = 15
KNOWN = locale.keys()
BARS = 24
ACTIONS = ("win_company", "offer_payroll", "finance_chain", "keep")
MESSAGE_PREFIXES = ("insight_links.action.", "insight_links.industry.", "insight_links.tier.")
_SHADES = (0.16, 0.32, 0.48, 0.64, 0.8)


class LinksState(SectionState):
    """Companies, supply chain, and the pairs of records that wait for a decision.

    Attributes
    ----------
    action : str
        The suggestion that the list is limited to; empty shows all.
    page : int
        Pages of the list shown.
    """

    name = "links"
    action = traitlets.Unicode("")
    page = traitlets.Int(1)

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.companies = pd.DataFrame()
        self.published = pd.DataFrame()
        self.chain = pd.DataFrame()
        self.missing: NotFound | None = None
        self.n_retail = 0
        self.n_unplaced = 0
        self.review = PairReview(self)
        super().__init__(screen, **traits)
        self.observe(lambda _: self.touch(), ["action", "page"])

    @property
    def hides(self) -> bool:
        """Whether small cells are hidden: on every published screen, and from all but analysts."""
        return request.is_published() or not self.may("analyst")

    # Reading ---------------------------------------------------------------------

    def load(self) -> None:
        """Read the stored companies; an analyst's screen finds them first where they are not there."""
        self.companies = self.published = self.chain = pd.DataFrame()
        self.missing = None
        self.page = 1
        links = self.project.insight.links
        self.review.read()
        if not request.is_published() and self.project.cycle.cycle_id and links.is_due():
            self.jobs.start(self._build, self._read, "project.phase.ties")
            return
        self._read()

    def _build(self, report: Report) -> NotFound | None:
        report(0.1, "project.phase.ties")
        try:
            self.project.insight.links.build()
        except NotFound as problem:
            return problem
        return None

    def _read(self, problem: NotFound | None = None) -> None:
        links = self.project.insight.links
        artefact = links.artefact()
        if problem is not None or artefact is None:
            self.missing = problem or NotFound("project.error.no_companies")
            self.touch()
            return
        self.companies, self.chain = links.stored()
        self.n_unplaced = int(artefact.summary["n_unplaced"])
        kinds = self.project.customers(columns=["kind"])["kind"]
        self.n_retail = int(kinds.eq("retail").sum())
        self.published = self._hidden(self.companies) if self.hides else self.companies.assign(few=False)
        self.touch()

    def _hidden(self, companies: pd.DataFrame) -> pd.DataFrame:
        """Hide what so few people stand behind that it would be about them."""
        least = self.project.small_cell
        if companies.empty:
            return companies.assign(few=False)
        counts = companies[["rank", "n_employees"]]
        sizes = hide_small_cells(counts, least, by=("rank",), count="n_employees")
        few = sizes["hidden"].to_numpy()
        found = companies.assign(few=few)
        if companies["n_payroll"].notna().all():
            hidden = hide_small_parts(
                companies["n_employees"], companies["n_payroll"], found["few"], self.project.small_cell
            )
            # What stands beside a hidden count is made of it.
            found.loc[hidden, ["n_payroll", "payroll_share", "payroll_open"]] = float("nan")
        return found

    # Figures ---------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether there is a company to show."""
        return not self.companies.empty

    def listed(self) -> pd.DataFrame:
        """Return the companies that may be named, of the chosen suggestion."""
        if self.published.empty:
            return self.published
        rows = self.published[~self.published["few"]]
        return rows[rows["action"].eq(self.action)] if self.action else rows

    def n_few(self) -> int:
        """Return how many companies are left out because few customers work there."""
        return int(self.published["few"].sum()) if len(self.published) else 0

    def choose(self, action: str) -> None:
        """Limit the list to one suggestion; the same again shows all."""
        if action in ("", *ACTIONS):
            self.page = 1
            self.action = "" if action == self.action else action

    def more(self) -> None:
        """Show another page of the list."""
        self.page += 1

    def choices(self) -> list[dict[str, Any]]:
        """Return the suggestions with how many companies each has, for the chips."""
        rows = self.published[~self.published["few"]] if len(self.published) else self.published
        counts = rows["action"].value_counts().to_dict() if len(rows) else {}
        return [
            {"action": name, "label": self.t(f"insight_links.action.{name}"), "n": int(counts.get(name, 0))}
            for name in ACTIONS
            if counts.get(name, 0)
        ]

    def rows(self) -> list[dict[str, Any]]:
        """Return the list as shown; a company's number is masked."""
        shown = self.listed().head(self.page * PAGE)
        most = float(self.listed()["n_employees"].max()) if len(shown) else 1.0
        return [
            {
                **{str(name): value for name, value in row.items()},
                "company": self.name_of(row),
                "masked": mask_identifier(row["company_id"]),
                "industry": self.industry(row["industry"]),
                "chain": " / ".join(self._partners(row[end]) for end in ("n_suppliers", "n_buyers")),
                "tier": self.t(f"insight_links.tier.{row['tier']}") if _is_text(row["tier"]) else "",
                "action_label": self.t(f"insight_links.action.{row['action']}"),
                "width": round(100 * row["n_employees"] / most),
            }
            for row in shown.to_dict("records")
        ]

    def _partners(self, n: int) -> str:
        """Return a count of companies; a small one is not told to readers."""
        least = self.project.small_cell
        return f"< {least}" if self.hides and 0 < n < least else locale.count(n, self.lang)

    def name_of(self, row: dict[Any, Any]) -> str:
        """Return a company's name, or what stands for it."""
        return str(row["company"]) if _is_text(row["company"]) else self.t("insight_links.no_name")

    def industry(self, word: Any, *, capital: bool = True) -> str:
        """Return an industry in the screen's language; a bank's own word as it is."""
        if not _is_text(word):
            return ""
        known = f"insight_links.industry.{word}"
        shown = self.t(known) if known in KNOWN else str(word).replace("_", " ")
        return shown[:1].upper() + shown[1:] if capital else shown

    def bars(self) -> pd.DataFrame:
        """Return the largest companies' employees, paid here and not, as `charts.company_bars` draws them."""
        rows = self.listed().sort_values(["n_employees", "rank"], ascending=[False, True]).head(BARS)
        found = []
        for row in rows.to_dict("records"):
            label = f"{row['rank']}. {self.name_of(row)}"
            n, paid = int(row["n_employees"]), row["n_payroll"]
            if paid != paid:
                parts = [("unknown", n)]
                shown = locale.count(n, self.lang)
            else:
                parts = [("paid", int(paid)), ("unpaid", n - int(paid))]
                shown = self.t("insight_links.bars.shown", paid=int(paid), n=n)
            found += [(label, part, count, n, shown) for part, count in parts]
        return pd.DataFrame(found, columns=["label", "part", "n", "total", "shown"])

    def chain_table(self) -> tuple[list[str], list[dict[str, Any]]]:
        """Return the buyers' industries, and one row a supplier's industry; totals stand last."""
        if self.chain.empty:
            return [], []
        by = ("supplier_industry", "buyer_industry")
        if self.hides:
            counts = hide_small_cells(self.chain, self.project.small_cell, by=by, totals=True)
        else:
            counts = _with_totals(self.chain)
        cells = {
            tuple(row[end] if _is_text(row[end]) else None for end in by): row
            for row in counts.to_dict("records")
        }
        buyers = sorted(set(self.chain["buyer_industry"]))
        suppliers = sorted(set(self.chain["supplier_industry"]))
        most = int(self.chain["n"].max())
        rows = []
        for supplier in (*suppliers, None):
            made = [_cell(cells.get((supplier, buyer)), most) for buyer in (*buyers, None)]
            label = self.t("insight_links.chain.total") if supplier is None else self.industry(supplier)
            rows.append({"name": label, "cells": made, "is_total": supplier is None})
        return [self.industry(buyer) for buyer in buyers], rows

    # Sentences -------------------------------------------------------------------

    @property
    def findings(self) -> LinksFindings:
        """The sentences made of these figures."""
        return LinksFindings(self)

    def heading(self) -> Heading:
        """Return the finding about the companies, or what is missing."""
        buttons: tuple[Button, ...] = (
            Button("comments", self.t("insight.button.comments", n=self.screen.comment_count())),
        )
        if not self.ready:
            subtitle = self.missing.message(self.lang) if self.missing else self.t("insight_links.nothing_do")
            return Heading(self.t("insight_links.nothing"), subtitle, buttons)
        return Heading(self.findings.title(), self.findings.subtitle(), buttons)

    def kpis(self) -> list[Kpi]:
        """Return the six figures of the companies."""
        return self.findings.kpis() if self.ready else []

    def python(self) -> str:
        """Return the Python that gives the list."""
        call = "project.insight.links.companies()"
        return f'{call}.loc[lambda t: t["action"].eq("{self.action}")]' if self.action else call


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _with_totals(chain: pd.DataFrame) -> pd.DataFrame:
    ends = ["supplier_industry", "buyer_industry"]
    parts = [chain]
    for end, other in (ends, ends[::-1]):
        parts.append(chain.groupby(end)["n"].sum().reset_index().assign(**{other: None}))
    parts.append(pd.DataFrame({"n": [chain["n"].sum()], **{end: [None] for end in ends}}))
    rows = [{name: row[name] for name in (*ends, "n")} for part in parts for row in part.to_dict("records")]
    return pd.DataFrame(rows, columns=[*ends, "n"]).astype(dict.fromkeys(ends, "object")).assign(hidden=False)


def _cell(row: dict[Any, Any] | None, most: int) -> dict[str, Any]:
    """Return what one cell of the heat table shows."""
    if row is None:
        return {"hidden": False, "n": 0, "shade": 1}
    if row["hidden"]:
        return {"hidden": True, "n": 0, "shade": 1}
    n = int(row["n"])
    shade = next((step for step, limit in enumerate(_SHADES, 1) if n / most < limit), 6)
    return {"hidden": False, "n": n, "shade": shade}
