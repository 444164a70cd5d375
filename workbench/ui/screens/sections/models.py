"""The view of the section on propensity."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from workbench import charts
from workbench.ui import request
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.models import ModelsState
from workbench.ui.vega import VegaView


class ModelsSection(Section):
    """A view of `ModelsState`."""

    grid_class = "wb-grid-models"
    state: ModelsState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: figures, reliability, gains, lift, drivers, drift, refused columns."""
        self.figures, self.refused, self.missing = Panel(), Panel(), Panel()
        self.heads = {name: Panel() for name in ("reliability", "gains", "lift", "drivers", "drift")}
        self.views = {name: VegaView() for name in self.heads}
        self.score = Panel()
        self.shown = [
            card(self.figures, area="a-mo-figures"),
            *(
                card(self.heads[name], self.views[name], area=f"a-mo-{name}")
                for name in ("reliability", "gains", "lift", "drivers")
            ),
            card(self.heads["drift"], self.views["drift"], self.score, area="a-mo-drift"),
            card(self.refused, area="a-mo-refused"),
        ]
        self.empty = card(self.missing, area="a-mo-empty")
        self.past_head, self.past = Panel(), VegaView()
        self.past_card = card(self.past_head, self.past, area="a-mo-past")
        self.analyst = self.state.may("analyst") and not request.is_published()
        self.screen.on(self.figures, "offer", lambda value, _: self.state.choose(value))
        for panel in (self.figures, self.missing):
            self.screen.on(panel, "learn", lambda *_: self.state.learn())
        return [*self.shown, self.empty, self.past_card]

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state = self.state
        ready = bool(state.models)
        for part in self.shown:
            part.layout.display = "" if ready else "none"
        self.empty.layout.display = "none" if ready else ""
        self.past_card.layout.display = "none" if ready or state.past().empty else ""
        learn = self.analyst and state.can_learn
        again: dict[str, object] = {
            "learn": learn,
            "busy": self.screen.state.progress is not None,
            "hint": "project.strategy.models.learn()" if learn and self.screen.state.hints else "",
        }
        if not ready:
            title = state.t("strategy_models.nothing.title")
            self.screen.fill(self.missing, "models_empty.html", title=title, text=state.nothing(), **again)
            self._paint_past()
            return
        self._paint_figures(again)
        self._paint_charts()
        self.screen.fill(
            self.refused,
            "models_refused.html",
            rows=state.refused(),
            n_kept=len(state.shown.model.feature_names_in_),
        )

    def _paint_past(self) -> None:
        state, rows = self.state, self.state.past()
        if rows.empty:
            return
        title, subtitle = state.findings.past_title()
        values = {"title": title, "subtitle": subtitle, "legend": [], "missing": ""}
        self.screen.fill(self.past_head, "models_head.html", **values)
        mode = self.screen.state.mode
        self.screen.draw(self.past, lambda: charts.model_past(rows, lang=state.lang, mode=mode), rows)

    def _paint_figures(self, again: dict[str, object]) -> None:
        state, findings = self.state, self.state.findings
        title, rule = findings.choice()
        self.screen.fill(
            self.figures,
            "models_figures.html",
            title=title,
            rule=rule,
            rows=findings.figures(),
            warnings=findings.warnings(),
            offers=state.offers(),
            offer=state.offer,
            read="project.strategy.models.figures()" if self.analyst and self.screen.state.hints else "",
            **again,
        )

    def _paint_charts(self) -> None:
        state, findings = self.state, self.state.findings
        lang, mode = state.lang, self.screen.state.mode
        both = [(row["name"], row["chosen"]) for row in state.algorithms()]
        for name, rows, (title, subtitle), draw, legend in (
            (
                "reliability",
                state.reliability(),
                findings.reliability_title(),
                charts.model_reliability,
                both,
            ),
            ("gains", state.gains(), findings.gains_title(), charts.model_gains, both),
            ("lift", state.lift(), findings.lift_title(), charts.model_lift, []),
            ("drivers", state.drivers(), findings.drivers_title(), charts.model_drivers, []),
            ("drift", state.drift_rows(), findings.drift_title(), charts.drift, []),
        ):
            gone = rows.empty
            self.screen.fill(
                self.heads[name],
                "models_head.html",
                title=title,
                subtitle=subtitle,
                legend=legend,
                missing=(
                    state.t("strategy_models.drift.missing" if name == "drift" else "strategy_models.missing")
                    if gone
                    else ""
                ),
            )
            self.views[name].layout.display = "none" if gone else ""
            if not gone:
                self.screen.draw(self.views[name], lambda d=draw, r=rows: d(r, lang=lang, mode=mode), rows)
        self.screen.fill(self.score, "models_score.html", note=findings.score_note())
