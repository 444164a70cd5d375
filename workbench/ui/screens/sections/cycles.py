"""The view of the section on cycles."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets

from workbench import charts
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.cycles import CyclesState
from workbench.ui.vega import VegaView

NARROW, WIDE = 520, 860
"""Pixels under which two panels stand side by side, and above which seven do; four between."""
SIDES = ("before", "after")
MESSAGE_PREFIXES = ("review_cycles.pick.",)


class CyclesSection(Section):
    """A view of `CyclesState`."""

    grid_class = "wb-grid-cycles"
    state: CyclesState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: figures over cycles, the cycles, the comparison, lineage, runs."""
        self.kpis_head, self.kpis = Panel(), VegaView()
        self.list, self.compared, self.changes = Panel(), Panel(), Panel()
        self.graph_head, self.graph = Panel(), VegaView(selections=["pick"])
        self.facts, self.runs = Panel(), Panel()
        self.controls = {side: self._dropdown(partial(self._chosen, side)) for side in SIDES}
        self.figure = self._dropdown(self._figure_chosen)
        self.pick = widgets.HBox(list(self.controls.values()))
        self.trace = widgets.HBox([self.figure])
        for row in (self.pick, self.trace):
            row.add_class("wb-filters")
            row.add_class("cy-pick")
        self._connect()
        return [
            card(self.kpis_head, self.kpis, area="a-cy-kpis"),
            card(self.list, area="a-cy-list"),
            card(self.pick, self.compared, area="a-cy-compared"),
            card(self.changes, area="a-cy-changes"),
            card(self.graph_head, self.trace, self.graph, area="a-cy-graph"),
            card(self.facts, area="a-cy-facts"),
            card(self.runs, area="a-cy-runs"),
        ]

    def _dropdown(self, chosen: Any) -> widgets.Dropdown:
        control = widgets.Dropdown(options=[("", "")])
        control.observe(chosen, "value")
        return control

    def _connect(self) -> None:
        state, on = self.state, self.screen.on
        self.kpis.observe(partial(self._resized, (NARROW, WIDE)), "width")
        self.graph.observe(partial(self._resized, (NARROW,)), "width")
        self.graph.observe(self._picked, "selection")
        on(self.list, "show", lambda value, _: self.screen.state.choose_cycle(value))
        on(self.facts, "node", lambda value, _: state.lineage.choose_node(value))
        if not state.may("analyst"):
            return
        on(self.list, "freeze", lambda value, _: state.freeze(value))
        on(self.list, "close", lambda value, _: state.close(value))
        on(self.list, "reopen", lambda value, fields: state.reopen(value, fields.get("reason", "")))
        on(self.list, "admit", lambda value, _: state.admit(value))
        on(self.list, "form", lambda value, _: state.show_form(value == "show"))
        on(self.list, "open", lambda _, fields: state.open_new(fields))

    def _resized(self, limits: tuple[int, ...], change: Any) -> None:
        # Only from one form of the drawing to another is it another one.
        before, after = change["old"], change["new"]
        if any((0 < before < limit) != (0 < after < limit) for limit in limits):
            self.state.touch()

    def _chosen(self, side: str, change: Any) -> None:
        if not self.screen.painting:
            self.screen.state.guard(self.state.choose, side, change["new"] or "")

    def _figure_chosen(self, change: Any) -> None:
        if not self.screen.painting:
            self.screen.state.guard(self.state.lineage.choose_figure, change["new"] or "")

    def _picked(self, change: Any) -> None:
        named = change["new"].get("pick", {}).get("node_id", [])
        if named and not self.screen.painting:
            self.screen.state.guard(self.state.lineage.choose_node, str(named[0]))

    def paint(self) -> None:
        """Fill the cards from the state."""
        state, screen = self.state, self.screen
        there = bool(state.cycles)
        for part in self.cards[:-1]:
            part.layout.display = "" if there else "none"
        hints = screen.state.hints and state.may("analyst")
        screen.fill(self.runs, "cycles_runs.html", rows=state.run_rows(), hints=hints)
        if not there:
            return
        self._paint_kpis()
        analyst = state.may("analyst")
        screen.fill(
            self.list,
            "cycles_list.html",
            rows=state.rows(),
            opening=state.opening,
            form=state.opening_fields() if state.opening else {},
            sources=[shown for shown, _ in state.choices()],
            may_open=analyst,
            hints=hints,
        )
        self._paint_compared(hints)
        self._paint_lineage(hints)

    def _paint_kpis(self) -> None:
        state, width = self.state, self.kpis.width
        columns = 2 if 0 < width < NARROW else 4 if 0 < width < WIDE else 7
        points, panels = state.compared.points(columns)
        missing = "" if len(points) else state.t("review_cycles.kpis.none")
        self.screen.fill(
            self.kpis_head,
            "value_head.html",
            title=state.t("review_cycles.kpis.title"),
            subtitle=state.t("review_cycles.kpis.subtitle") if len(points) else "",
            legend=(),
            missing=missing,
        )
        self.kpis.layout.display = "none" if missing else ""
        if not missing:
            mode = self.screen.state.mode
            self.screen.draw(self.kpis, charts.cycle_kpis(points, panels, lang=state.lang, mode=mode))

    def _paint_compared(self, hints: bool) -> None:
        state, compared = self.state, self.state.compared
        options = tuple(state.choices())
        for side, control in self.controls.items():
            control.description = state.t(f"review_cycles.pick.{side}")
            if control.options != options:
                control.options = options
            value = getattr(state, side)
            if value:
                control.value = value
        self.pick.layout.display = "" if state.before else "none"
        hint = f"project.compare_cycles({state.before!r}, {state.after!r})" if hints and state.before else ""
        self.screen.fill(
            self.compared,
            "cycles_compared.html",
            before=state.before,
            after=state.after,
            rows=compared.kpi_rows(),
            effects=compared.effect_rows(),
            segments=compared.segment_rows(),
            overlap=compared.overlap(),
            trouble=compared.trouble,
            hint=hint,
        )
        self.screen.fill(
            self.changes,
            "cycles_changes.html",
            title=compared.changes_title() if compared.found is not None else "",
            before=state.before,
            after=state.after,
            rows=compared.changes(),
            hint=f"{hint}.strategies" if hint else "",
        )

    def _paint_lineage(self, hints: bool) -> None:
        state, choice = self.state, self.state.lineage
        title, subtitle = choice.title()
        nodes, points = choice.graph()
        missing = "" if len(nodes) else state.t("review_cycles.lineage.none")
        self.screen.fill(
            self.graph_head, "value_head.html", title=title, subtitle=subtitle, legend=(), missing=missing
        )
        self.trace.layout.display = self.graph.layout.display = "none" if missing else ""
        self.screen.fill(
            self.facts, "cycles_facts.html", facts=choice.facts() if not missing else None, hints=hints
        )
        if missing:
            return
        options = tuple(choice.choices())
        self.figure.description = state.t("review_cycles.pick.figure")
        if self.figure.options != options:
            self.figure.options = options
        self.figure.value = state.figure
        narrow = 0 < self.graph.width < NARROW
        mode = self.screen.state.mode
        drawn = nodes.drop(columns="members")
        self.screen.draw(
            self.graph, charts.lineage_graph(drawn, points, downwards=narrow, lang=state.lang, mode=mode)
        )
