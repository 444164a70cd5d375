"""The view of the section on companies."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from workbench import charts
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.corporate import CorporateState
from workbench.ui.vega import VegaView


class CorporateSection(Section):
    """A view of `CorporateState`."""

    grid_class = "wb-grid-corporate"
    state: CorporateState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: map, potential, playbook, products, journey, reach."""
        state, on = self.state, self.screen.on
        self.map, self.book, self.bundle, self.journey = (Panel() for _ in range(4))
        self.potential_head, self.reach_head, self.rates = (Panel() for _ in range(3))
        self.potential, self.reach = VegaView(), VegaView()
        on(self.map, "industry", lambda value, _: state.choose(value))
        on(self.book, "edit-book", lambda *_: state.book.edit())
        on(self.book, "save-book", lambda _, fields: state.book.save(fields))
        on(self.book, "cancel-book", lambda *_: state.book.cancel())
        on(self.book, "overwrite-book", lambda *_: state.book.overwrite())
        on(self.book, "keep-book", lambda *_: state.book.keep_theirs())
        on(self.bundle, "make-card", lambda value, _: state.book.make_card(value))
        on(self.journey, "journey", lambda value, _: state.path.choose(value))
        on(self.journey, "who", lambda value, _: state.path.choose_who(value))
        on(self.journey, "start", lambda value, _: state.path.choose_start(value))
        on(self.journey, "edit-journey", lambda *_: state.path.edit())
        on(self.journey, "save-journey", lambda _, fields: state.path.save(fields))
        on(self.journey, "cancel-journey", lambda *_: state.path.cancel())
        on(self.journey, "overwrite-journey", lambda *_: state.path.overwrite())
        on(self.journey, "keep-journey", lambda *_: state.path.keep_theirs())
        self.companies = [
            card(self.map, area="a-co-map"),
            card(self.potential_head, self.potential, area="a-co-potential"),
            card(self.book, area="a-co-book"),
            card(self.bundle, area="a-co-bundle"),
        ]
        return [
            *self.companies,
            card(self.journey, area="a-co-journey"),
            card(self.reach_head, self.reach, area="a-co-reach"),
            card(self.rates, area="a-co-rates"),
        ]

    def paint(self) -> None:
        """Fill the cards from the state; without companies the journeys stay."""
        for part in self.companies:
            part.layout.display = "" if self.state.ready else "none"
        if self.state.ready:
            self._paint_map()
            self._paint_potential()
            self._paint_book()
            self._paint_bundle()
        self._paint_journey()
        self._paint_reach()

    @property
    def _hints(self) -> bool:
        return bool(self.screen.state.hints) and self.state.may("analyst")

    def _paint_map(self) -> None:
        state = self.state
        title, subtitle = state.findings.map_title()
        self.screen.fill(
            self.map,
            "corporate_map.html",
            title=title,
            subtitle=subtitle,
            tiers=state.tiers(),
            rows=state.map_rows(),
            hint="project.strategy.corporate.map()" if self._hints else "",
        )

    def _paint_potential(self) -> None:
        state = self.state
        title, subtitle = state.findings.potential_title()
        rows = state.potential()
        self.screen.fill(
            self.potential_head, "corporate_head.html", title=title, subtitle=subtitle, kind="potential",
            missing=state.t("strategy_corporate.potential.none") if rows.empty else "",
        )  # fmt: skip
        self.potential.layout.display = "none" if rows.empty else ""
        if not rows.empty:
            self.screen.draw(
                self.potential,
                lambda: charts.industry_potential(rows, lang=state.lang, mode=self.screen.state.mode),
                state.cells,
                state.industry,
            )

    def _paint_book(self) -> None:
        state, book = self.state, self.state.book
        if book.open:
            self.screen.fill(
                self.book,
                "corporate_book_form.html",
                title=state.t("strategy_corporate.book.edit_title", industry=state.capital(state.industry)),
                form=book.form(),
                difference=book.difference,
            )
            return
        title, subtitle = book.title()
        stored = book.stored()
        self.screen.fill(
            self.book,
            "corporate_book.html",
            title=title,
            subtitle=subtitle,
            industry=state.capital(state.industry),
            summary=stored.playbook.summary(state.lang),
            facts=book.facts(),
            chain=book.chain(),
            has_links=book.evidence().has_links,
            rule=book.rule(),
            keys=book.key_rows(),
            channels=book.channels(),
            tools=stored.playbook.lines("tools", state.lang),
            steps=stored.playbook.lines("steps", state.lang),
            may_edit=state.may_edit,
            hint=book.python() if self._hints else "",
        )

    def _paint_bundle(self) -> None:
        state, book = self.state, self.state.book
        self.screen.fill(
            self.bundle,
            "corporate_bundle.html",
            title=state.t("strategy_corporate.bundle.title", industry=state.capital(state.industry)),
            tiers=book.tiers(),
            note=book.segment_note() if state.may_edit else "",
            may_edit=state.may_edit,
            hint=f'project.strategy.corporate.make_card({state.industry!r}, "value")' if self._hints else "",
        )

    def _paint_journey(self) -> None:
        state, path = self.state, self.state.path
        title, subtitle = path.title()
        stored = path.stored()
        start = path.start()
        self.screen.fill(
            self.journey,
            "corporate_journey.html",
            title=title,
            subtitle=subtitle,
            purpose=stored.journey.purpose(state.lang),
            choices=path.choices(),
            chosen=state.journey,
            kinds=path.who(),
            who=state.who,
            start="" if start is None else start.isoformat(),
            steps=path.steps(),
            checks=path.checks(),
            form=path.form() if path.open else None,
            difference=path.difference,
            may_edit=state.may_edit,
            hint=path.python() if self._hints else "",
        )

    def _paint_reach(self) -> None:
        state, path = self.state, self.state.path
        title, subtitle = path.reach_title()
        rows = path.chart()
        self.screen.fill(
            self.reach_head, "corporate_head.html", title=title, subtitle=subtitle, kind="reach", missing=""
        )
        self.screen.draw(
            self.reach,
            lambda: charts.journey_reach(rows, lang=state.lang, mode=self.screen.state.mode),
            path.path(),
        )
        self.screen.fill(self.rates, "corporate_rates.html", rows=path.rate_rows())
