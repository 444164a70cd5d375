"""The view of the section on the pipeline of companies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import ipywidgets as widgets

from workbench import charts
from workbench.project.pipeline_template import PARTS
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.pipeline import NEW, VIEWS, PipelineState
from workbench.ui.vega import VegaView

KINDS = ("text", "choice", "amount", "date")
MESSAGE_PREFIXES = (
    "execution_pipeline_page.view.",
    "execution_pipeline_page.kind.",
    "execution_pipeline_page.part.",
)


class PipelineSection(Section):
    """A view of `PipelineState`."""

    grid_class = "wb-grid-pipeline"
    state: PipelineState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return board, card and what is due for those who work on it; sums for everybody."""
        self.board, self.side, self.due = Panel(), Panel(), Panel()
        self.age_head, self.age = Panel(), VegaView()
        self.forecast_head, self.forecast = Panel(), VegaView()
        self.chances, self.steps, self.templates = Panel(), Panel(), Panel()
        state = self.state
        works = state.may("contributor")
        self.grid_class = "wb-grid-pipeline" if works else "wb-grid-pipeline pl-reading"
        self.reading = [
            card(self.age_head, self.age, area="a-pl-age"),
            card(self.forecast_head, self.forecast, area="a-pl-forecast"),
            card(self.chances, area="a-pl-chances"),
        ]
        if not works:
            return [*self.reading, card(self.steps, area="a-pl-steps")]
        self._connect()
        cards = [card(self.board, area="a-pl-board"), card(self.side, area="a-pl-side")]
        cards += [*self.reading, card(self.due, area="a-pl-due")]
        if state.may("analyst"):
            cards.append(card(self.templates, area="a-pl-templates"))
        return cards

    def _connect(self) -> None:
        state, acts, on = self.state, self.state.acts, self.screen.on
        on(self.board, "new", lambda *_: state.choose(str(NEW)))
        on(self.board, "view", lambda value, _: state.choose_view(value))
        on(self.board, "currency", lambda value, _: state.choose_currency(value))
        on(self.board, "step", lambda value, _: state.step_through(-1 if value == "-1" else 1))
        for panel in (self.board, self.due, self.side):
            on(panel, "choose", lambda value, _: state.choose(value))
        on(self.side, "open", lambda _, fields: acts.open(fields))
        on(self.side, "forward", lambda value, _: acts.forward(value))
        on(
            self.side,
            "move",
            lambda _, fields: acts.move(
                fields.get("to_step", ""), fields.get("note", ""), fields.get("row_version", "")
            ),
        )
        on(self.side, "edit", lambda _, fields: acts.edit(fields))
        on(self.side, "won", lambda _, fields: acts.close("won", fields))
        on(self.side, "lost", lambda _, fields: acts.close("lost", fields))
        on(self.side, "reopen", lambda _, fields: acts.reopen(fields))
        on(self.side, "answer", lambda value, fields: acts.answer(value, fields))
        if state.may("analyst"):
            form = state.templates
            on(self.templates, "part", lambda value, _: form.show(value))
            on(self.templates, "save-entry", lambda value, fields: form.save(value, fields))
            on(self.templates, "turn", lambda value, _: form.turn(value))
            on(self.templates, "delete", lambda value, _: form.delete(value))

    def paint(self) -> None:
        """Fill the cards from the state."""
        state, fill, hints = self.state, self.screen.fill, self.screen.state.hints
        self._paint_charts()
        title, subtitle = state.findings.chances_title()
        fill(
            self.chances,
            "pipeline_chances.html",
            title=title,
            subtitle=subtitle,
            rows=state.findings.chance_rows(),
            works=state.may("contributor"),
            minimum=state.minimum,
            hints=hints,
        )
        if not state.may("contributor"):
            rows = state.findings.step_rows()
            fill(self.steps, "pipeline_steps.html", rows=rows, minimum=state.minimum, hints=hints)
            return
        fill(
            self.board,
            "pipeline_board.html",
            any=state.count("all") > 0,
            columns=state.board(),
            view=state.view,
            views=[
                (name, state.t(f"execution_pipeline_page.view.{name}"), state.count(name)) for name in VIEWS
            ],
            currency=state.currency,
            currencies=state.currencies,
            hints=hints,
        )
        is_new = state.chosen == NEW
        fill(
            self.side,
            "pipeline_side.html",
            form=state.acts.new_form() if is_new else None,
            one=None if is_new else state.detail(),
            offers=state.acts.offers(),
            hints=hints,
        )
        fill(self.due, "pipeline_due.html", rows=state.due(), ended=state.ended())
        if state.may("analyst"):
            fill(
                self.templates,
                "pipeline_templates.html",
                form=state.templates.values(),
                parts=[(part, state.t(f"execution_pipeline_page.part.{part}")) for part in PARTS],
                kinds=[(kind, state.t(f"execution_pipeline_page.kind.{kind}")) for kind in KINDS],
                hints=hints,
            )

    def _paint_charts(self) -> None:
        state, mode, hints = self.state, self.screen.state.mode, self.screen.state.hints
        nothing = state.t("execution_pipeline_page.nothing.title")
        for name, head, view, chart, signs in (
            ("ageing", self.age_head, self.age, charts.pipeline_ageing, ("bar", "tick")),
            (
                "forecast",
                self.forecast_head,
                self.forecast,
                charts.pipeline_forecast,
                ("bar", "line", "whole"),
            ),
        ):
            rows = state.drawn(name)
            title, subtitle = getattr(state.findings, f"{name}_title")()
            self.screen.fill(
                head,
                "pipeline_head.html",
                title=title,
                subtitle=subtitle,
                legend=state.findings.legend(signs) if len(rows) else [],
                missing="" if len(rows) else nothing,
                hint=f"project.execution.pipeline.{name}()" if hints else "",
            )
            view.layout.display = "" if len(rows) else "none"
            if len(rows):
                self.screen.draw(view, partial(chart, rows, lang=state.lang, mode=mode), rows)
