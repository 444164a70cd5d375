"""The view of the section on customer value."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from workbench import charts
from workbench.ui import request
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.value import ValueState
from workbench.ui.vega import VegaView


class ValueSection(Section):
    """A view of `ValueState`."""

    grid_class = "wb-grid-value"
    state: ValueState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: tenths, segments, grid, forecast, the model, and the analyst's form."""
        self.deciles_head, self.deciles = Panel(), VegaView()
        self.segments_head, self.segments = Panel(), VegaView()
        self.calibration_head, self.calibration = Panel(), VegaView()
        self.grid, self.model, self.form = Panel(), Panel(), Panel()
        self.empty = card(self.grid_empty(), area="a-vl-form")
        self.shown = [
            card(self.deciles_head, self.deciles, area="a-vl-deciles"),
            card(self.segments_head, self.segments, area="a-vl-segments"),
            card(self.grid, area="a-vl-grid"),
            card(self.calibration_head, self.calibration, area="a-vl-calibration"),
            card(self.model, area="a-vl-model"),
        ]
        self.screen.on(self.form, "compute", lambda _, fields: self.state.compute(fields))
        self.analyst = self.state.may("analyst") and not request.is_published()
        self.form_card = card(self.form, area="a-vl-form")
        return [*self.shown, self.empty, *([self.form_card] if self.analyst else [])]

    def grid_empty(self) -> Panel:
        """Return the panel of what is missing."""
        self.missing = Panel()
        return self.missing

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state = self.state
        ready = state.value is not None
        for part in self.shown:
            part.layout.display = "" if ready else "none"
        self.empty.layout.display = "none" if ready else ""
        self.screen.fill(
            self.missing,
            "value_empty.html",
            title=state.t("insight_value.nothing.title"),
            text=state.nothing(),
        )
        if ready:
            self._paint_figures()
        if self.analyst:
            self._paint_form()

    def _paint_figures(self) -> None:
        state, findings = self.state, self.state.findings
        mode = self.screen.state.mode
        deciles, segments, calibration = state.deciles(), state.segments(), state.calibration()
        for head, view, rows, (title, subtitle), missing in (
            (
                self.deciles_head,
                self.deciles,
                deciles,
                findings.deciles_title(),
                "insight_value.deciles.none",
            ),
            (
                self.segments_head,
                self.segments,
                segments,
                findings.segments_title(),
                "insight_value.segments.none",
            ),
            (
                self.calibration_head,
                self.calibration,
                calibration,
                findings.calibration_title(),
                "insight_value.calibration.none",
            ),
        ):
            legend: tuple[str, ...] = ()
            if head is self.calibration_head and not rows.empty:
                legend = (
                    state.t("insight_value.calibration.predicted"),
                    state.t("insight_value.calibration.actual"),
                )
            self.screen.fill(
                head,
                "value_head.html",
                title=title,
                subtitle=subtitle,
                legend=legend,
                missing=state.t(missing) if rows.empty else "",
            )
            view.layout.display = "none" if rows.empty else ""
        if not deciles.empty:
            self.screen.draw(
                self.deciles, lambda: charts.value_deciles(deciles, lang=state.lang, mode=mode), deciles
            )
        if not segments.empty:
            self.screen.draw(
                self.segments, lambda: charts.value_segments(segments, lang=state.lang, mode=mode), segments
            )
        if not calibration.empty:
            self.screen.draw(
                self.calibration,
                lambda: charts.value_calibration(calibration, lang=state.lang, mode=mode),
                calibration,
            )
        self._paint_grid()
        self._paint_model()

    def _paint_grid(self) -> None:
        title, subtitle = self.state.findings.grid_title()
        columns, rows = self.state.grid_rows()
        self.screen.fill(
            self.grid,
            "value_grid.html",
            title=title,
            subtitle=subtitle,
            columns=columns,
            rows=rows,
            bounds=self.state.bounds(),
        )

    def _paint_model(self) -> None:
        findings = self.state.findings
        verdict, sentence = findings.verdict()
        self.screen.fill(
            self.model,
            "value_model.html",
            verdict=verdict,
            sentence=sentence,
            checks=findings.checks(),
            parameters=findings.parameters(),
            likelihoods=findings.likelihoods(),
            purchase=findings.purchase(),
            has_model=self.state.has_model,
        )

    def _paint_form(self) -> None:
        state = self.state
        self.form_card.layout.display = "" if state.possible else "none"
        if not state.possible:
            return
        self.screen.fill(
            self.form,
            "value_form.html",
            form=state.form(),
            busy=self.screen.state.progress is not None,
            hint=state.python() if self.screen.state.hints else "",
            first=state.value is None,
        )
