"""The view of the section on the evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from workbench import charts
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.evaluation import ALPHAS, OUTCOMES, EvaluationState
from workbench.ui.vega import VegaView

STOPPED = "wb-ev-stopped"
MESSAGE_PREFIXES = (
    "review.measure.",
    "review_evaluation.methods.subtitle_",
    "review_evaluation.table.subtitle_",
    "review_evaluation.table.effect_",
)


class EvaluationSection(Section):
    """A view of `EvaluationState`."""

    grid_class = "wb-grid-evaluation"
    state: EvaluationState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: strategies, comparisons, parts, the arms before the contact, the side."""
        self.table, self.before, self.side, self.empty = Panel(), Panel(), Panel(), Panel()
        self.methods_head, self.methods = Panel(), VegaView()
        self.parts_head, self.parts, self.parts_foot = Panel(), VegaView(), Panel()
        self._connect()
        self.results = [
            card(self.methods_head, self.methods, area="a-ev-methods"),
            card(self.parts_head, self.parts, self.parts_foot, area="a-ev-parts"),
        ]
        self.shown = [
            card(self.table, area="a-ev-table"),
            *self.results,
            card(self.before, area="a-ev-before"),
            card(self.side, area="a-ev-side"),
        ]
        self.empty_card = card(self.empty, area="a-ev-table")
        return [*self.shown, self.empty_card]

    def _connect(self) -> None:
        state, on = self.state, self.screen.on
        on(self.table, "strategy", lambda value, _: state.choose(value))
        on(self.table, "outcome", lambda value, _: state.choose_outcome(value))
        on(self.parts_head, "level", lambda value, _: state.choose_level(value))
        if not state.may("analyst"):
            return
        on(self.side, "winsorise", lambda _, fields: state.winsorise(fields.get("share", "")))
        on(self.side, "uncut", lambda *_: state.uncut())
        on(self.side, "alpha", lambda _, fields: state.evaluate(fields.get("alpha", "")))
        on(self.empty, "evaluate", lambda *_: state.evaluate())

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state, screen = self.state, self.screen
        ready = state.ready
        for part in self.shown:
            part.layout.display = "" if ready else "none"
        self.empty_card.layout.display = "none" if ready else ""
        analyst, hints = state.may("analyst"), screen.state.hints
        if not ready:
            heading = state.heading()
            again = analyst and bool(state.trouble) and state.project.cycle.state == "open"
            screen.fill(self.empty, "evaluation_empty.html", heading=heading, again=again, hints=hints)
            return
        findings, figures = state.findings, state.figures
        stopped = findings.stopped()
        for part in self.results:
            # An alarm stops the reading: what stands below it can be seen, and not be read.
            (part.add_class if stopped else part.remove_class)(STOPPED)
        screen.fill(
            self.table,
            "evaluation_table.html",
            title=findings.table_title(),
            rows=figures.rows(),
            outcome=state.outcome,
            outcomes=[(name, state.t(f"review.measure.{name}")) for name in OUTCOMES],
            confidence=findings.confidence(),
            hints=hints,
        )
        self._paint_methods(stopped)
        self._paint_parts(stopped)
        screen.fill(
            self.before,
            "evaluation_before.html",
            strategy=state.strategy_name(state.strategy()),
            rows=figures.before(),
            matched=figures.matched(),
            hints=hints,
        )
        self._paint_side()

    def _paint_methods(self, stopped: str) -> None:
        state, screen = self.state, self.screen
        rows = state.figures.methods()
        screen.fill(
            self.methods_head,
            "evaluation_head.html",
            title=state.findings.methods_title(),
            subtitle=state.t(f"review_evaluation.methods.subtitle_{state.outcome}"),
            missing="" if len(rows) else state.t("review_evaluation.methods.nothing"),
            stopped=stopped,
            levels=(),
            level="",
        )
        self.methods.layout.display = "" if len(rows) else "none"
        if len(rows):
            look = self._look()
            screen.draw(self.methods, lambda: charts.evaluation_methods(rows, **look), rows, *look.values())

    def _paint_parts(self, stopped: str) -> None:
        state, screen = self.state, self.screen
        rows = state.figures.parts()
        screen.fill(
            self.parts_head,
            "evaluation_head.html",
            title=state.t("review_evaluation.parts.stopped") if stopped else state.findings.parts_title(),
            subtitle=state.t("review_evaluation.parts.subtitle"),
            missing="" if len(rows) else state.t("review_evaluation.parts.nothing"),
            stopped=stopped,
            levels=state.levels(),
            level=state.current_level(),
        )
        screen.fill(
            self.parts_foot,
            "evaluation_fishing.html",
            fishing=state.findings.fishing(),
            spread=state.findings.heterogeneity(),
            hidden=state.figures.n_hidden(),
            minimum=state.minimum,
        )
        self.parts.layout.display = "" if len(rows) else "none"
        if len(rows):
            look = self._look()
            screen.draw(self.parts, lambda: charts.evaluation_parts(rows, **look), rows, *look.values())

    def _look(self) -> dict[str, Any]:
        state, screen = self.state, self.screen.state
        slots = screen.figures.slots()  # type: ignore[attr-defined]
        return {
            "unit": "points" if state.outcome == "responded" else "money",
            "slot": slots.get(state.strategy(), 0),
            "lang": state.lang,
            "mode": screen.mode,
        }

    def _paint_side(self) -> None:
        state, screen = self.state, self.screen
        strategy = state.strategy()
        told, tone = state.findings.ratio()
        analyst = state.may("analyst")
        screen.fill(
            self.side,
            "evaluation_side.html",
            strategy=strategy,
            name=state.strategy_name(strategy, with_id=False),
            slot=screen.state.figures.slots().get(strategy, 0),  # type: ignore[attr-defined]
            ratio=told,
            tone=tone,
            caveats=state.caveats(strategy),
            sentences=state.findings.sentences(),
            analyst=analyst,
            alphas=ALPHAS,
            alpha=screen.state.evaluation.alpha,  # type: ignore[attr-defined]
            cycle_open=state.project.cycle.state == "open",
            is_cut=state.cut is not None,
            busy=screen.state.progress is not None,
            hints=screen.state.hints,
        )
