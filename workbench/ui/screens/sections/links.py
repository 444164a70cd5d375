"""The view of the companies behind the retail customers."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from workbench import charts
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.links import LinksState
from workbench.ui.vega import VegaView


class LinksSection(Section):
    """A view of `LinksState`."""

    grid_class = "wb-grid-links"
    state: LinksState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: the list, the bars, the supply chain, and the review where one may decide."""
        state = self.state
        self.list, self.bars_head, self.bars, self.chain = Panel(), Panel(), VegaView(), Panel()
        on = self.screen.on
        on(self.list, "action", lambda value, _: state.choose(value))
        on(self.list, "more", lambda *_: state.more())
        self.parts = [
            card(self.list, area="a-ln-list"),
            card(self.bars_head, self.bars, area="a-ln-bars"),
            card(self.chain, area="a-ln-chain"),
        ]
        self.review: Panel | None = None
        if not state.review.is_open:
            return self.parts
        self.review = Panel()
        on(self.review, "pair", lambda value, _: state.review.decide(value))
        on(self.review, "undo", lambda value, _: state.review.undo(value))
        on(self.review, "search", lambda *_: state.review.search())
        on(self.review, "rebuild", lambda *_: state.review.rebuild())
        return [*self.parts, card(self.review, area="a-ln-review")]

    def paint(self) -> None:
        """Fill the cards from the state; without companies only the review stays."""
        state = self.state
        for part in self.parts:
            part.layout.display = "" if state.ready else "none"
        if state.ready:
            self._paint_list()
            self._paint_bars()
            self._paint_chain()
        self._paint_review()

    def _paint_list(self) -> None:
        state = self.state
        title, subtitle = state.findings.list_title()
        rows = state.rows()
        self.screen.fill(
            self.list,
            "links_list.html",
            title=title,
            subtitle=subtitle,
            rows=rows,
            more=len(rows) < len(state.listed()),
            choices=state.choices(),
            chosen=state.action,
            hint=state.python() if self.screen.state.hints and state.may("analyst") else "",
        )

    def _paint_bars(self) -> None:
        state = self.state
        title, subtitle = state.findings.bars_title()
        rows = state.bars()
        self.screen.fill(self.bars_head, "links_bars_head.html", title=title, subtitle=subtitle)
        self.bars.layout.display = "none" if rows.empty else ""
        if not rows.empty:
            self.screen.draw(
                self.bars,
                lambda: charts.company_bars(rows, lang=state.lang, mode=self.screen.state.mode),
                state.published,
                state.action,
            )

    def _paint_chain(self) -> None:
        state = self.state
        title, subtitle = state.findings.chain_title()
        buyers, rows = state.chain_table()
        self.screen.fill(
            self.chain, "links_chain.html", title=title, subtitle=subtitle, buyers=buyers, rows=rows
        )

    def _paint_review(self) -> None:
        if self.review is None:
            return
        review = self.state.review
        self.screen.fill(
            self.review,
            "links_review.html",
            summary=review.summary(),
            can_search=review.has_customers,
            has_linkage=review.has_linkage,
            pair=review.current(),
            past=review.past(),
            conflicts=review.conflicts(),
            busy=self.screen.state.progress is not None,
            hint=review.python() if self.screen.state.hints else "",
        )
