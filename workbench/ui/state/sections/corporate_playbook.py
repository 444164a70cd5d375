"""One industry's playbook on the screen: beside it what the bank's own data say of the industry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import Conflict
from workbench.insight import hide_small_cells
from workbench.strategy.corporate import company_segment
from workbench.strategy.playbooks import industry_name, product_name
from workbench.tables import TIERS, mask_identifier
from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.corporate_desk import Desk
from workbench.ui.state.sections.corporate_forms import fill_playbook, read_playbook_form

if TYPE_CHECKING:
    from workbench.project.corporate import IndustryEvidence, StoredPlaybook

KEYS_SHOWN = 5
PARTNERS = 6
MESSAGE_PREFIXES = ("strategy_corporate.reason.",)


class PlaybookDesk(Desk):
    """The playbook of the chosen industry, and its form. See `Desk` for what it holds."""

    # Reading ---------------------------------------------------------------------

    def stored(self) -> StoredPlaybook:
        """Return the chosen industry's playbook as it is now."""
        section = self._section
        return section.once(
            f"book {section.industry}",
            lambda: section.project.strategy.corporate.playbook(section.industry),
        )

    def evidence(self) -> IndustryEvidence:
        """Return what the bank's own data say of the chosen industry."""
        section = self._section
        return section.once(
            f"evidence {section.industry}",
            lambda: section.project.strategy.corporate.evidence(section.industry, section.companies),
        )

    def title(self) -> tuple[str, str]:
        """Return the playbook's finding, and whose version it is."""
        section, found, stored = self._section, self.evidence(), self.stored()
        people, _ = self.people()
        name = section.capital(section.industry)
        if people is not None and people > 0:
            title = section.t("strategy_corporate.book.title_people", industry=name, people=self._n(people))
        elif found.potential > 0 and not self._row_hidden():
            money = locale.money(found.potential, section.lang)
            title = section.t("strategy_corporate.book.title_potential", industry=name, potential=money)
        else:
            title = section.t("strategy_corporate.book.title", industry=name)
        return title, self._provenance(stored)

    def _provenance(self, stored: StoredPlaybook) -> str:
        key = "strategy_corporate.book.brought" if stored.is_own else "strategy_corporate.book.neutral"
        return self._section.saved(stored) or self._section.t(key)

    def _n(self, value: float) -> str:
        return locale.count(value, self._section.lang)

    def _row_hidden(self) -> bool:
        """Whether a cell of the chosen industry's row is hidden, so that its parts stay untold."""
        shown = self._section.shown()
        mine = shown[shown["industry"].eq(self._section.industry)]
        return bool(mine["hidden"].any())

    def facts(self) -> list[tuple[str, str]]:
        """Return the industry's figures that may be shown, as label and value."""
        section, found = self._section, self.evidence()
        t, lang = section.t, section.lang
        total = section.shown()[
            lambda r: r["industry"].eq(section.industry) & r["tier"].isna() & ~r["hidden"]
        ]
        people, balance = self.people()
        facts = []
        if len(total):
            facts = [
                (t("strategy_corporate.fact.companies"), self._n(found.n)),
                (t("strategy_corporate.fact.balance"), locale.money(found.balance, lang)),
                (t("strategy_corporate.fact.potential"), locale.money(found.potential, lang)),
            ]
        told = found.has_links and people is not None
        hidden = t("strategy_corporate.hidden") if found.has_links else locale.count(None)
        facts += [
            (t("strategy_corporate.fact.people"), self._n(people or 0) if told else hidden),
            (t("strategy_corporate.fact.people_balance"), locale.money(balance, lang) if told else hidden),
        ]
        if not section.hides or not self._row_hidden():
            facts.append((t("strategy_corporate.fact.key"), self._n(found.n_key)))
        return facts

    def people(self) -> tuple[int | None, float | None]:
        """Return the retail customers who work in the industry and their balances; None where hidden."""
        section, found = self._section, self.evidence()
        if not section.hides:
            return found.n_employees, found.balance_employees
        behind, _ = section.ties()
        if behind.empty:
            return 0, None
        mine = behind[behind["is_customer"].astype("bool")].copy()
        mine["industry"] = mine["industry"].fillna("unknown")
        counts = mine.groupby("industry")["n_employees"].sum().rename("n").reset_index()
        shown = hide_small_cells(counts, section.project.small_cell, by=("industry",))
        row = shown[shown["industry"].eq(section.industry)]
        if row.empty:
            return 0, None
        if bool(row["hidden"].iloc[0]):
            return None, None
        return found.n_employees, found.balance_employees

    # The chain -------------------------------------------------------------------

    def chain(self) -> dict[str, list[dict[str, Any]]]:
        """Return suppliers and buyers: those the playbook names, and those the bank's ties show."""
        found, book = self.evidence(), self.stored().playbook
        return {
            "upstream": self._side(found.suppliers, book.upstream, "supplier_industry", "buyer_industry"),
            "downstream": self._side(found.buyers, book.downstream, "buyer_industry", "supplier_industry"),
        }

    def _side(
        self, partners: pd.DataFrame, named: tuple[str, ...], other: str, own: str
    ) -> list[dict[str, Any]]:
        section = self._section
        counts = {str(row["industry"]): int(row["n"]) for row in partners.to_dict("records")}
        hidden = self._hidden_ties(other, own)
        most = max([n for name, n in counts.items() if name not in hidden], default=0)
        # What the playbook names stands first, also where no customer does it: that is a gap.
        order = [*named, *(name for name in counts if name not in named)]
        rows = []
        for name in order[: max(PARTNERS, len(named))]:
            n = counts.get(name, 0)
            rows.append(
                {
                    "label": _capital(industry_name(name, section.lang)),
                    "named": name in named,
                    "n": n,
                    "hidden": name in hidden,
                    "known": self.evidence().has_links,
                    "width": round(100 * n / most) if most and name not in hidden else 0,
                }
            )
        return rows

    def _hidden_ties(self, other: str, own: str) -> set[str]:
        """Return the industries whose count of ties with the chosen one is hidden."""
        section = self._section
        if not section.hides:
            return set()
        shown = section.once("published ties", self._published_ties)
        if shown.empty:
            return set()
        mine = shown[shown[own].eq(section.industry) & shown["hidden"]]
        return {str(name) for name in mine[other] if isinstance(name, str)}

    def _published_ties(self) -> pd.DataFrame:
        section = self._section
        _, chain = section.ties()
        if chain.empty:
            return pd.DataFrame()
        by = ("supplier_industry", "buyer_industry")
        return hide_small_cells(chain, section.project.small_cell, by=by, totals=True)

    # Products, key customers ---------------------------------------------------------

    def tiers(self) -> list[dict[str, Any]]:
        """Return the products by tier, beside the tier's companies and the cards for them."""
        section, book = self._section, self.stored().playbook
        shown = section.shown()
        mine = {row["tier"]: row for row in shown.to_dict("records") if row["industry"] == section.industry}
        names = section.screen.tables.names()
        found = []
        for tier in reversed(TIERS):
            row = mine.get(tier)
            hidden = row is not None and bool(row["hidden"])
            ids = [] if row is None else row["strategy_ids"].split(",")
            planned = [] if row is None else row["planned_ids"].split(",")
            found.append(
                {
                    "tier": tier,
                    "name": section.tier(tier),
                    "hidden": hidden,
                    "n": 0 if row is None or hidden else int(row["n"]),
                    "balance": None if row is None or hidden else row["balance"],
                    "products": [product_name(p, section.lang) for p in book.bundle.get(tier, ())],
                    "cards": [{"id": i, "name": names.get(i, i), "planned": False} for i in ids if i]
                    + [{"id": i, "name": names.get(i, i), "planned": True} for i in planned if i],
                }
            )
        return found

    def segment_note(self) -> str:
        """Return which segment the cards are for, or what to approve first."""
        section = self._section
        corporate = section.project.strategy.corporate
        segment = section.once(
            f"segment {section.industry}",
            lambda: corporate.segment_of(section.industry, companies=section.companies),
        )
        if segment:
            return section.t("strategy_corporate.bundle.segment", segment=segment)
        name = company_segment(section.industry)
        return section.t("strategy_corporate.bundle.no_segment", segment=name)

    def rule(self) -> str:
        """Return who the key customers are, in words."""
        section, rule = self._section, self.stored().playbook.rule
        t = section.t
        parts = []
        if rule.tiers:
            tiers = t("strategy_corporate.and").join(section.tier(tier) for tier in rule.tiers)
            parts.append(t("strategy_corporate.rule.tiers", tiers=tiers))
        if rule.least_balance:
            money = locale.money(rule.least_balance, section.lang)
            parts.append(t("strategy_corporate.rule.balance", balance=money))
        if rule.least_suppliers:
            parts.append(t("strategy_corporate.rule.suppliers", n=self._n(rule.least_suppliers)))
        if rule.least_employees:
            parts.append(t("strategy_corporate.rule.employees", n=self._n(rule.least_employees)))
        joined = t("strategy_corporate.rule.or").join(parts)
        return joined[:1].upper() + joined[1:] if parts else t("strategy_corporate.rule.none")

    def key_rows(self) -> list[dict[str, Any]]:
        """Return the largest key customers, masked; none for readers."""
        section = self._section
        if section.hides:
            return []
        found = section.project.strategy.corporate.key_companies(section.industry, section.companies)
        return [
            {
                "id": mask_identifier(row["customer_id"]),
                "tier": section.tier(row["tier"]),
                "balance": row["balance_total"],
                "suppliers": row["linked_suppliers"],
                "employees": row["linked_employees"],
                "reasons": [section.t(f"strategy_corporate.reason.{r}") for r in row["reasons"].split(",")],
            }
            for row in found.head(KEYS_SHOWN).to_dict("records")
        ]

    def channels(self) -> str:
        """Return the channels of approach, in order."""
        words = [self._section.screen.word("channel", name) for name in self.stored().playbook.channels]
        return " → ".join(words)

    def python(self) -> str:
        """Return the Python that gives the playbook."""
        return f"project.strategy.corporate.playbook({self._section.industry!r})"

    # Changing --------------------------------------------------------------------

    def edit(self) -> None:
        """Show the form; what could not be saved before stands in it again."""
        section = self._section
        self.open = section.may_edit and section.ready
        kept = section.draft() or {}
        if self.open and kept.get("industry") == section.industry:
            self.typed = dict(kept["fields"])
        section.touch()

    def cancel(self) -> None:
        """Put the form away, drop what was typed, and draw again."""
        if self.typed is not None:
            self._section.discard_draft()
        self.close()
        self._section.touch()

    def form(self) -> dict[str, Any]:
        """Return the form's values as a browser takes them."""
        section, stored = self._section, self.stored()
        made = fill_playbook(stored.playbook, stored.version, section.lang)
        made["journeys"] = section.path.choices()
        made["all_channels"] = [(c, section.screen.word("channel", c)) for c in made["all_channels"]]
        made["tier_names"] = [(tier, section.tier(tier)) for tier in TIERS]
        return {**made, "values": {**made["values"], **(self.typed or {})}}

    def save(self, fields: dict[str, str]) -> None:
        """Store the form as the industry's next version, unless somebody was faster.

        Raises
        ------
        ParameterProblem
            If a field can't be read; what was typed is kept.
        """
        section = self._section
        # Kept first: whatever goes wrong, the form shows it again.
        self.typed = {name: str(value) for name, value in fields.items()}
        section.keep_draft({"industry": section.industry, "fields": self.typed})
        book = read_playbook_form(self.stored().playbook, fields, section.lang)
        version = fields.get("version", "")
        self._store(book, int(version) if version.isdigit() else self.stored().version)

    def overwrite(self) -> None:
        """Store what was typed over what somebody else wrote, having seen both."""
        if self.typed is not None:
            section = self._section
            newest = section.project.strategy.corporate.playbook(section.industry)
            self._store(read_playbook_form(newest.playbook, self.typed, section.lang), newest.version)

    def keep_theirs(self) -> None:
        """Drop what was typed and show the stored playbook."""
        section = self._section
        section.discard_draft()
        section.load()
        section.touch()

    def _store(self, book: Any, version: int) -> None:
        section = self._section
        try:
            stored = section.project.strategy.corporate.save_playbook(book, version)
        except Conflict as conflict:
            self.show_conflict(conflict)
            return
        section.discard_draft()
        section.load()
        name = section.capital(section.industry)
        values = {"industry": name, "version": stored.version}
        section.screen.banner = Banner("done", "strategy_corporate.done.book", values)
        section.touch()

    def make_card(self, tier: str) -> None:
        """Draft a strategy card from the playbook for a tier, and store it."""
        section = self._section
        corporate = section.project.strategy.corporate
        strategy_id = corporate.make_card(section.industry, tier, section.lang)
        section.screen.load()
        section.screen.banner = Banner("done", "strategy_corporate.done.card", {"strategy": strategy_id})
        section.touch()


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
