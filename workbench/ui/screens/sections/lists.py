"""The view of the section on lists."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from workbench import charts
from workbench.ui import request
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.lists import ListsState
from workbench.ui.vega import VegaView


class ListsSection(Section):
    """A view of `ListsState`."""

    grid_class = "wb-grid-lists"
    state: ListsState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: gates, reasons, lists, what the gates ask, and the analyst's look-up."""
        self.gates_head, self.gates = Panel(), VegaView()
        self.reasons_head, self.reasons = Panel(), VegaView()
        self.lists, self.rules, self.look, self.missing = Panel(), Panel(), Panel(), Panel()
        self.shown = [
            card(self.gates_head, self.gates, area="a-li-gates"),
            card(self.reasons_head, self.reasons, area="a-li-reasons"),
            card(self.lists, area="a-li-lists"),
            card(self.rules, area="a-li-rules"),
        ]
        self.empty = card(self.missing, area="a-li-gates")
        self.look_card = card(self.look, area="a-li-look")
        self.analyst = self.state.may("analyst") and not request.is_published()
        self.screen.on(self.screen.title, "cut", lambda *_: self.state.cut())
        self.screen.on(self.look, "look-up", lambda _, fields: self.state.look_up(fields))
        cards = [*self.shown, self.empty]
        return [*cards, self.look_card] if self.analyst else cards

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state = self.state
        for part in self.shown:
            part.layout.display = "" if state.ready else "none"
        self.empty.layout.display = "none" if state.ready else ""
        heading = state.heading()
        self.screen.fill(self.missing, "lists_empty.html", title=heading.title, text=heading.subtitle)
        if state.ready:
            self._paint_charts()
            self._paint_tables()
        if self.analyst:
            self.look_card.layout.display = "" if state.screen.plan is not None else "none"
            self._paint_look()

    def _paint_charts(self) -> None:
        state, findings, mode = self.state, self.state.findings, self.screen.state.mode
        gates, reasons = state.gates(), state.reasons()
        self.screen.fill(
            self.gates_head,
            "lists_head.html",
            title=state.t("strategy_lists.gates.title"),
            subtitle=findings.gates_subtitle(),
            warning=state.warning(),
            missing="",
        )
        self.screen.draw(self.gates, lambda: charts.list_gates(gates, lang=state.lang, mode=mode), gates)
        minimum = state.project.small_cell
        self.screen.fill(
            self.reasons_head,
            "lists_head.html",
            title=findings.reasons_title(),
            subtitle=state.t("strategy_lists.reasons.subtitle", minimum=minimum),
            warning="",
            missing=state.t("strategy_lists.reasons.none", minimum=minimum) if reasons.empty else "",
        )
        self.reasons.layout.display = "none" if reasons.empty else ""
        if not reasons.empty:
            self.screen.draw(
                self.reasons, lambda: charts.list_reasons(reasons, lang=state.lang, mode=mode), reasons
            )

    def _paint_tables(self) -> None:
        state = self.state
        hints = self.screen.state.hints
        self.screen.fill(
            self.lists,
            "lists_table.html",
            title=state.findings.lists_title(),
            rows=state.lists(),
            hint=state.python()["cut"] if hints and not state.launched else "",
        )
        self.screen.fill(self.rules, "lists_rules.html", gates=state.rules(), policies=state.policy_rows())

    def _paint_look(self) -> None:
        state = self.state
        self.screen.fill(
            self.look,
            "lists_look.html",
            steps=state.steps(),
            answered=state.answer is not None,
            masked=state.masked() if state.answer is not None else "",
            busy=self.screen.state.progress is not None,
            hint=state.python()["look_up"] if self.screen.state.hints else "",
        )
