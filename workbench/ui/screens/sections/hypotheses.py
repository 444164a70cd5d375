"""The view of the section on hypotheses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import ipywidgets as widgets

from workbench import charts
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.hypotheses import HypothesesState
from workbench.ui.vega import VegaView


class HypothesesSection(Section):
    """A view of `HypothesesState`."""

    grid_class = "wb-grid-hypotheses"
    state: HypothesesState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the chart, the list, and the hypothesis that is shown closely."""
        self.head, self.chart = Panel(), VegaView()
        self.list, self.side = Panel(), Panel()
        state, form, on = self.state, self.state.form, self.screen.on
        on(self.list, "hypothesis", lambda value, _: state.choose(value))
        on(self.list, "state", lambda value, _: state.choose_state(value))
        on(self.list, "segment", lambda value, _: state.choose_segment(value))
        if state.may("analyst"):
            on(self.list, "add", lambda *_: form.add())
            on(self.list, "refresh", lambda *_: state.refresh())
            on(self.side, "edit", lambda *_: form.edit())
            on(self.side, "cancel", lambda *_: form.cancel())
            on(self.side, "save", lambda _, fields: form.save(fields))
            on(self.side, "overwrite", lambda *_: form.overwrite())
            on(self.side, "keep", lambda *_: form.keep_theirs())
            on(self.side, "withdraw", lambda _, fields: form.withdraw(fields.get("reason", "")))
        self.chart_card = card(self.head, self.chart, area="a-hy-chart")
        self.side_card = card(self.side, area="a-hy-side")
        return [self.chart_card, card(self.list, area="a-hy-list"), self.side_card]

    def paint(self) -> None:
        """Fill the cards from the state."""
        state, mode = self.state, self.screen.state.mode
        analyst, hints = state.may("analyst"), self.screen.state.hints
        rows = state.rows()
        drawn = state.forest()
        title, subtitle = state.forest_title()
        self.screen.fill(
            self.head,
            "value_head.html",
            title=title,
            subtitle=subtitle,
            legend=(),
            missing="" if len(drawn) else state.t("review_hypotheses.forest.none"),
        )
        self.chart_card.layout.display = "" if len(state.frame) else "none"
        self.chart.layout.display = "" if len(drawn) else "none"
        if len(drawn):
            chart = partial(charts.hypothesis_forest, drawn, lang=state.lang, mode=mode)
            self.screen.draw(self.chart, chart, drawn)
        self.screen.fill(
            self.list,
            "hypotheses_list.html",
            rows=rows,
            any=len(state.frame) > 0,
            counts=state.counts(),
            state_filter=state.state_filter,
            segment_filter=state.segment_filter,
            segments=[(name, state.screen.shown_segment(name)) for name in state.segments()],
            may_edit=analyst,
            hints=hints,
        )
        form = state.form
        detail = None if form.open else state.detail()
        self.side_card.layout.display = "" if form.open or detail else "none"
        self.screen.fill(
            self.side,
            "hypotheses_side.html",
            chosen=detail,
            open=form.open,
            form=form.values() if form.open else None,
            typed=form.typed is not None,
            difference=form.difference,
            python=form.python() if form.open else "",
            hints=hints,
        )
