"""The view of the section on targeting."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import ipywidgets as widgets

from workbench import charts
from workbench.ui import request
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.targeting import LEARNERS, METHODS, TargetingState
from workbench.ui.vega import VegaView

MESSAGE_PREFIXES = (
    "review_targeting.method.",
    "review_targeting.learner.",
    "review_targeting.definition.",
)


class TargetingSection(Section):
    """A view of `TargetingState`."""

    grid_class = "wb-grid-targeting"
    state: TargetingState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: curves, uplift along the order, the lists, the models and definitions."""
        state, on = self.state, self.screen.on
        self.curve_head, self.curve = Panel(), VegaView()
        self.tenths_head, self.tenths = Panel(), VegaView()
        self.lists, self.side, self.empty = Panel(), Panel(), Panel()
        self.analyst = state.may("analyst") and not request.is_published()
        on(self.curve_head, "source", lambda value, _: state.choose_source(value))
        on(self.lists, "list", lambda value, _: state.choose(value))
        if state.may("analyst"):
            on(self.side, "learn", lambda _, fields: state.learn(fields))
            for name in ("method", "learner"):
                on(self.side, name, partial(self._asked, name))
            on(self.empty, "fill", lambda *_: state.fill())
        self.shown = [
            card(self.curve_head, self.curve, area="a-tg-curve"),
            card(self.tenths_head, self.tenths, area="a-tg-tenths"),
            card(self.lists, area="a-tg-lists"),
            card(self.side, area="a-tg-side"),
        ]
        self.empty_card = card(self.empty, area="a-tg-curve")
        return [*self.shown, self.empty_card]

    def _asked(self, what: str, value: str, _: dict[str, str]) -> None:
        self.state.ask_for(what, value)

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state, screen = self.state, self.screen
        ready = state.ready
        for part in self.shown:
            part.layout.display = "" if ready else "none"
        self.empty_card.layout.display = "none" if ready else ""
        busy = screen.state.progress is not None
        hints = self.analyst and screen.state.hints
        if not ready:
            screen.fill(
                self.empty,
                "targeting_empty.html",
                title=state.t("review_targeting.nothing.title"),
                text=state.nothing(),
                may_fill=self.analyst and state.can_learn and state.quality is None,
                busy=busy,
                hint="project.review.targeting.fill()" if hints else "",
            )
            return
        self._paint_charts(hints)
        findings = state.findings
        title, subtitle = findings.table()
        screen.fill(
            self.lists,
            "targeting_lists.html",
            title=title,
            subtitle=subtitle,
            rows=findings.rows(),
            hint="project.review.targeting.current().tables['coefficients']" if hints else "",
        )
        screen.fill(
            self.side,
            "targeting_side.html",
            finding=findings.model_finding(),
            models=findings.model_rows(),
            may_learn=self.analyst and state.can_learn,
            methods=[(name, state.t(f"review_targeting.method.{name}")) for name in METHODS],
            learners=[(name, state.t(f"review_targeting.learner.{name}")) for name in LEARNERS],
            method=state.asked["method"],
            learner=state.asked["learner"],
            busy=busy,
            hint=state.python("learn") if hints else "",
        )

    def _paint_charts(self, hints: bool) -> None:
        state, screen = self.state, self.screen
        lang, mode = state.lang, screen.state.mode
        curves, tenths = state.curves(), state.tenths()
        title, subtitle = state.findings.curve()
        screen.fill(
            self.curve_head,
            "targeting_curve.html",
            title=title,
            subtitle=subtitle,
            source=state.source,
            has_model=state.learned is not None,
            hint=state.python("curves") if hints else "",
        )
        screen.draw(self.curve, lambda: charts.qini_curves(curves, lang=lang, mode=mode), curves)
        title, subtitle = state.findings.tenths()
        missing = (
            "" if len(tenths) else state.t("review_targeting.tenths.missing", n=state.project.small_cell)
        )
        screen.fill(
            self.tenths_head, "targeting_tenths.html", title=title, subtitle=subtitle, missing=missing
        )
        self.tenths.layout.display = "" if len(tenths) else "none"
        if len(tenths):
            screen.draw(self.tenths, lambda: charts.uplift_tenths(tenths, lang=lang, mode=mode), tenths)
