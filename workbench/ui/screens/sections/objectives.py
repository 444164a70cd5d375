"""The view of the section on objectives."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from workbench import charts
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.objectives import ObjectivesState
from workbench.ui.vega import VegaView


class ObjectivesSection(Section):
    """A view of `ObjectivesState`."""

    grid_class = "wb-grid-objectives"
    state: ObjectivesState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: the bars, the tree, and the chosen objective."""
        self.chart_head, self.chart = Panel(), VegaView()
        self.tree, self.side, self.empty = Panel(), Panel(), Panel()
        self._connect()
        self.shown = [
            card(self.chart_head, self.chart, area="a-ob-chart"),
            card(self.tree, area="a-ob-tree"),
            card(self.side, area="a-ob-side"),
        ]
        self.empty_card = card(self.empty, area="a-ob-chart")
        return [*self.shown, self.empty_card]

    def _connect(self) -> None:
        state, form, on = self.state, self.state.form, self.screen.on
        on(self.tree, "objective", lambda value, _: state.choose(value))
        for panel in (self.tree, self.side):
            on(panel, "open-strategy", lambda value, _: state.open_strategy(value))
        if not state.may("analyst"):
            return
        for panel in (self.tree, self.empty):
            on(panel, "fill", lambda *_: state.fill())
            on(panel, "add", lambda *_: form.add())
        on(self.side, "edit", lambda *_: form.edit())
        on(self.side, "cancel", lambda *_: form.cancel())
        on(self.side, "save", lambda _, fields: form.save(fields))
        on(self.side, "overwrite", lambda *_: form.overwrite())
        on(self.side, "keep", lambda *_: form.keep_theirs())
        on(self.side, "remove", lambda _, fields: form.remove(fields.get("reason", "")))

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state, screen = self.state, self.screen
        rows = state.rows()
        ready = bool(rows) or bool(state.form.open)
        for part in self.shown:
            part.layout.display = "" if ready else "none"
        self.empty_card.layout.display = "none" if ready else ""
        analyst = state.may("analyst")
        hints = screen.state.hints
        screen.fill(self.empty, "objectives_empty.html", may_edit=analyst, hints=hints)
        if not ready:
            return
        drawn, parts = state.chart()
        self._paint_chart(drawn, parts)
        screen.fill(
            self.tree,
            "objectives_tree.html",
            rows=rows,
            idle=state.unserving(),
            may_edit=analyst,
            hints=hints,
            names=screen.state.tables.names(),  # type: ignore[attr-defined]
        )
        form = state.form
        screen.fill(
            self.side,
            "objectives_side.html",
            chosen=state.detail(),
            open=form.open,
            form=form.values() if form.open else None,
            typed=form.typed is not None,
            difference=form.difference,
            trouble=state.trouble,
            may_edit=analyst,
            hints=hints,
        )

    def _paint_chart(self, drawn: object, parts: object) -> None:
        state = self.state
        there = len(drawn) > 0  # type: ignore[arg-type]
        self.screen.fill(
            self.chart_head,
            "value_head.html",
            title=state.chart_title(),
            subtitle=state.t("strategy_objectives.chart.subtitle"),
            legend=(),
            missing="" if there else state.t("strategy_objectives.chart.none"),
        )
        self.chart.layout.display = "" if there else "none"
        if there:
            mode = self.screen.state.mode
            self.screen.draw(
                self.chart,
                charts.objective_progress(drawn, parts, lang=state.lang, mode=mode),  # type: ignore[arg-type]
            )
