"""What the section Portrait shows: value tiers, stages, needs, and where every field comes from."""

from __future__ import annotations

from typing import Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import NotFound
from workbench.ui import request
from workbench.ui.state.parts import Banner, Button, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.portrait_card import CardDesk
from workbench.ui.state.sections.portrait_figures import Figures
from workbench.ui.state.sections.portrait_rules import RulesDesk

KINDS = ("retail", "corporate")


class PortraitState(SectionState):
    """The portrait of one kind of customer on one day, beside another day's.

    Attributes
    ----------
    kind : str
        Retail or corporate.
    other : str
        The cycle compared with; empty compares with none.
    """

    name = "portrait"
    kind = traitlets.Unicode("retail")
    other = traitlets.Unicode("")

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.now: Figures | None = None
        self.then: Figures | None = None
        self.missing: tuple[str, dict[str, Any]] | None = None
        self.stale = ""
        self.cards = CardDesk(self)
        self.rules = RulesDesk(self)
        super().__init__(screen, **traits)
        self.observe(lambda _: self.touch(), ["kind", "other"])

    # Reading ---------------------------------------------------------------------

    def load(self) -> None:
        """Read what was counted when the portraits were built."""
        portraits = self.project.insight.portraits
        self.now = self.then = self.missing = None
        self.stale = ""
        cycle = self.project.cycle.cycle_id
        try:
            self.now = Figures.read(self.project, cycle)
        except NotFound as problem:
            self.missing = (problem.key, dict(problem.values))
            return
        earlier = [name for name in portraits.cycles() if name != cycle]
        if self.other not in earlier:
            self.other = earlier[-1] if earlier else ""
        if self.kind not in self.kinds():
            self.kind = self.kinds()[0]
        portrait = portraits.artefact()
        if portrait is not None and self.may("analyst"):
            if self.project.imports.is_stale(portrait):
                self.stale = "insight_portrait.stale.imports"
            elif portraits.are_rules_new(portrait):
                self.stale = "insight_portrait.stale.rules"
        self._compare()
        self.cards.load()
        self.rules.load()

    def _compare(self) -> None:
        self.then = Figures.read(self.project, self.other) if self.other else None

    @property
    def desk_open(self) -> bool:
        """Whether single customers and the rules' form may be shown: to analysts, never published."""
        return self.may("analyst") and not request.is_published() and self.now is not None

    # What is pressed -------------------------------------------------------------

    def kinds(self) -> list[str]:
        """Return the kinds of customer that the portrait has."""
        there = set() if self.now is None else set(self.now.counts["kind"])
        return [kind for kind in KINDS if kind in there] or ["retail"]

    def others(self) -> list[str]:
        """Return the cycles to compare with, the newest first."""
        cycle = self.project.cycle.cycle_id
        return [name for name in reversed(self.project.insight.portraits.cycles()) if name != cycle]

    def choose_kind(self, value: str) -> None:
        """Show retail or corporate customers."""
        if value in self.kinds():
            self.kind = value

    def choose_other(self, value: str) -> None:
        """Compare with another day's portrait, or with none."""
        if value in ("", *self.others()):
            self.other = value
            self._compare()
            self.touch()

    def can_build(self) -> bool:
        """Say whether an analyst may build the portrait here and now."""
        sources = self.project.imports.sources()
        return self.may("analyst") and not request.is_published() and "customers" in sources

    def build(self) -> None:
        """Build the portrait again from the newest import and the rules in force."""
        if not self.can_build():
            return
        project = self.project

        def work(report: Any) -> None:
            report(0.1, "project.phase.portrait")
            project.build_portrait()

        def done(_: Any) -> None:
            self.screen.banner = Banner("done", "insight_portrait.built")
            self.screen.reload()

        self.jobs.start(work, done, "project.phase.portrait")

    # Sentences -------------------------------------------------------------------

    def kind_word(self) -> str:
        """Return the kind shown, as it stands inside a sentence."""
        return self.t(f"insight_portrait.kind_inside.{self.kind}")

    def heading(self) -> Heading:
        """Return what the value tiers say, or what is missing."""
        comments = Button("comments", self.t("insight.button.comments", n=self.screen.comment_count()))
        if self.now is None:
            return Heading(self.t("insight_portrait.nothing.title"), self.missing_text(), (comments,))
        portrait = self.project.insight.portraits.artefact()
        assert portrait is not None
        parts = [
            self.t("insight_portrait.subtitle.version", version=portrait.version),
            self.t("insight_portrait.subtitle.rules", version=portrait.summary.get("rules_version", "–")),
            self.t("insight_portrait.subtitle.n", n=f"{self.now.n(self.kind):,}", kind=self.kind_word()),
            locale.date(self.now.day, self.lang),
        ]
        return Heading(self._title(), " · ".join(parts), (comments,))

    def _title(self) -> str:
        assert self.now is not None
        top = self.now.top_tier(self.kind, self.project.small_cell)
        if top is None:
            return self.t("insight_portrait.title.neutral", kind=self.kind_word())
        tier, customers, contribution = top
        if contribution is None:
            return self.t(
                "insight_portrait.title.share",
                share=locale.percent(customers, places=0),
                kind=self.kind_word(),
                tier=self.t(f"insight_portrait.tier_inside.{tier}"),
            )
        return self.t(
            "insight_portrait.title.contribution",
            share=locale.percent(customers, places=0),
            kind=self.kind_word(),
            tier=self.t(f"insight_portrait.tier_inside.{tier}"),
            contribution=locale.percent(contribution, places=0),
        )

    def missing_text(self) -> str:
        """Say why there is nothing to show, and what to do."""
        if self.missing is None:
            return ""
        key, values = self.missing
        return self.t(key, **values)

    def kpis(self) -> list[Kpi]:
        """Return customers, contribution, potential, strategic customers, those at risk, completeness."""
        if self.now is None:
            return []
        figures = self._figures(self.now)
        before = {} if self.then is None else self._figures(self.then)
        forms = {"customers": "count", "contribution": "money", "potential": "money"}
        return [
            self._kpi(name, value, before.get(name), forms.get(name, "share"))
            for name, value in figures.items()
            if value is not None
        ]

    def _figures(self, of: Figures) -> dict[str, float | None]:
        kind, least = self.kind, self.project.small_cell
        return {
            "customers": of.n(kind),
            "contribution": of.total("contribution", kind),
            "potential": of.total("potential", kind),
            "strategic": of.tier_share("strategic", kind, least),
            "weak": of.weak_share(kind, least),
            "complete": of.completeness(kind),
        }

    def _kpi(self, name: str, value: float, before: float | None, form: str) -> Kpi:
        shown = {
            "count": lambda number: locale.count(number, self.lang),
            "money": lambda number: locale.money(number, self.lang),
            "share": lambda number: locale.percent(number, places=1),
        }[form](value)
        note = self.t(f"insight_portrait.kpi.{name}_note")
        if before is not None and self.other:
            change = (
                locale.points(value - before, self.lang)
                if form == "share"
                else (locale.signed((value / before - 1) * 100, 1) + "%" if before else locale.percent(None))
            )
            note = self.t("insight_portrait.kpi.change", change=change, cycle=self.other)
        exact = f"{value:,.0f}" if form != "share" else ""
        return Kpi(self.t(f"insight_portrait.kpi.{name}"), shown, note=note, exact=exact)

    # Cards -----------------------------------------------------------------------

    def matrix(self) -> dict[str, Any]:
        """Return the matrix contribution × potential, or the tiers by balance."""
        assert self.now is not None
        return self.now.matrix(self.kind, self.project.small_cell, self.project.insight.portraits)

    def matrix_title(self) -> str:
        """Return how many customers bring little and could bring much, where that may be said."""
        rows = self.matrix()["rows"]
        n = rows[-1]["cells"][-1]["n"] if rows else None
        if not n:
            return self.t("insight_portrait.matrix.title")
        return self.t("insight_portrait.matrix.finding", n=locale.count(n, self.lang), kind=self.kind_word())

    def stages(self) -> pd.DataFrame:
        """Return the stages, in their order: n and share, hidden where few, and the other day's share."""
        assert self.now is not None
        rows = self.now.stages(self.kind, self.project.small_cell)
        if rows.empty:
            return rows
        rows["label"] = [self.t(f"insight.lifecycle.{stage}") for stage in rows["lifecycle_stage"]]
        rows["before"] = float("nan")
        if self.then is not None:
            then = self.then.stages(self.kind, self.project.small_cell).set_index("lifecycle_stage")["share"]
            rows["before"] = rows["lifecycle_stage"].map(then).astype("float64")
        rows["rule"] = [self.rules.in_words(stage) for stage in rows["lifecycle_stage"]]
        return rows

    def stage_title(self) -> tuple[str, str]:
        """Return the stages' finding, and what it rests on."""
        assert self.now is not None
        weak = self.now.weak_share(self.kind, self.project.small_cell)
        if weak is None:
            title = self.t("insight_portrait.stages.neutral")
        else:
            title = self.t(
                "insight_portrait.stages.title", share=locale.percent(weak, places=0), kind=self.kind_word()
            )
        parts = [
            self.t("insight_portrait.stages.measure"),
            self.t("insight_portrait.n", n=f"{self.now.n(self.kind):,}"),
            locale.date(self.now.day, self.lang),
        ]
        if self.then is not None:
            parts.append(self.t("insight_portrait.stages.tick", date=locale.date(self.then.day, self.lang)))
        return title, " · ".join(parts)

    def ages(self) -> pd.DataFrame:
        """Return for each source the shares of customers by the age of their newest row."""
        assert self.now is not None
        rows = self.now.age_shares(self.kind, self.project.small_cell)
        rows["label"] = [self.t(f"insight_portrait.table.{name}") for name in rows["table"]]
        rows["age_label"] = [self.t(f"insight_portrait.age.{name}") for name in rows["age"]]
        return rows

    def faces(self) -> list[dict[str, Any]]:
        """Return the four faces: how complete and fresh, and their fields."""
        assert self.now is not None
        return self.now.faces(self.kind, self.project.small_cell, self.lang)

    def fields_title(self) -> tuple[str, str]:
        """Return the finding on completeness and freshness, and what it rests on."""
        assert self.now is not None
        key, values = self.now.freshness_finding(self.kind, self.lang)
        parts = [
            self.t("insight_portrait.fields.measure"),
            self.t("insight_portrait.n", n=f"{self.now.n(self.kind):,}"),
            locale.date(self.now.day, self.lang),
        ]
        return self.t(key, **values), " · ".join(parts)

    def needs(self) -> list[dict[str, Any]]:
        """Return the open needs with their counts, hidden where few."""
        assert self.now is not None
        return self.now.needs_rows(self.kind, self.project.small_cell, self.t)

    def needs_title(self) -> str:
        """Return the largest open need as a sentence."""
        for row in self.needs():
            if row["need"] == "maturing" and row["n"]:
                return self.t(
                    "insight_portrait.needs.title",
                    amount=locale.money(row["amount"], self.lang),
                    n=locale.count(row["n"], self.lang),
                    kind=self.kind_word(),
                )
        return self.t("insight_portrait.needs.neutral")

    def python(self) -> str:
        """Return the call that gives what is shown."""
        return 'project.insight.portraits.table("counts")'
