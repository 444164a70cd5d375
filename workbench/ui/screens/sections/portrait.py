"""The section Portrait: tiers, stages, sources and needs; for analysts a customer's card and the rules."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from workbench import charts
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.portrait import PortraitState
from workbench.ui.vega import VegaView


class PortraitSection(Section):
    """A view of `PortraitState`."""

    grid_class = "wb-grid-portrait"
    state: PortraitState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the controls, five cards for everybody, and two for analysts."""
        state, on = self.state, self.screen.on
        self.controls, self.matrix = Panel(), Panel()
        self.stages_head, self.stages_chart, self.stages_foot = Panel(), VegaView(), Panel()
        self.needs, self.method = Panel(), Panel()
        self.ages_head, self.ages_chart, self.fields = Panel(), VegaView(), Panel()
        self.customer, self.rules = Panel(), Panel()
        on(self.controls, "kind", lambda value, _: state.choose_kind(value))
        on(self.controls, "other", lambda value, _: state.choose_other(value))
        on(self.controls, "build", lambda *_: state.build())
        on(self.customer, "search", lambda _, fields: state.cards.search(fields.get("text", "")))
        on(self.customer, "pick", lambda value, _: state.cards.pick(value))
        on(self.customer, "typical", lambda _, fields: state.cards.typical(fields))
        on(self.rules, "preview", lambda _, fields: state.rules.preview(fields))
        on(self.rules, "save", lambda _, fields: state.rules.save(fields))
        on(self.rules, "restore", lambda value, _: state.rules.restore(value))
        on(self.rules, "forget", lambda *_: state.rules.forget())
        bar = card(self.controls, area="p-bar")
        self.open_cards = [
            card(self.matrix, area="p-matrix"),
            card(self.stages_head, self.stages_chart, self.stages_foot, area="p-stages"),
            card(self.ages_head, self.ages_chart, self.fields, area="p-fields"),
            card(self.needs, area="p-needs"),
            card(self.method, area="p-method"),
        ]
        self.desk_cards = [card(self.customer, area="p-card"), card(self.rules, area="p-rules")]
        is_desk = state.may("analyst") and state.desk_open
        if is_desk:
            self.grid_class = "wb-grid-portrait-desk"
        return [bar, *self.open_cards, *(self.desk_cards if is_desk else ())]

    def paint(self) -> None:
        """Fill the cards from the state."""
        state, screen = self.state, self.screen
        ready = state.now is not None
        for each in (*self.open_cards, *self.desk_cards):
            each.layout.display = "" if ready else "none"
        screen.fill(
            self.controls,
            "portrait_bar.html",
            ready=ready,
            missing=state.missing_text(),
            kinds=state.kinds() if ready else [],
            kind=state.kind,
            others=state.others() if ready else [],
            other=state.other,
            stale=state.stale,
            can_build=state.can_build(),
            busy=screen.state.progress is not None,
            hints=screen.state.hints,
            hint=state.python() if ready else "project.build_portrait()",
        )
        if not ready:
            return
        assert state.now is not None
        screen.fill(
            self.matrix,
            "portrait_matrix.html",
            title=state.matrix_title(),
            matrix=state.matrix(),
            kind=state.kind_word(),
        )
        self._paint_stages()
        self._paint_fields()
        screen.fill(self.needs, "portrait_needs.html", title=state.needs_title(), rows=state.needs())
        screen.fill(
            self.method,
            "portrait_method.html",
            rules=state.rules.used,
            by_value=state.now.has_matrix(state.kind),
        )
        if state.desk_open:
            self._paint_desk()

    def _paint_stages(self) -> None:
        state, screen = self.state, self.screen
        title, subtitle = state.stage_title()
        rows = state.stages()
        missing = rows.empty
        screen.fill(
            self.stages_head, "portrait_stages_head.html", title=title, subtitle=subtitle, missing=missing
        )
        screen.fill(self.stages_foot, "portrait_stages.html", rows=rows.to_dict("records"))
        self.stages_chart.layout.display = "none" if rows.empty else ""
        if not rows.empty:
            shown = rows.astype({"n": "float64"})
            screen.draw(
                self.stages_chart,
                lambda: charts.stage_shares(shown, lang=state.lang, mode=screen.state.mode),
            )

    def _paint_fields(self) -> None:
        state, screen = self.state, self.screen
        title, subtitle = state.fields_title()
        rows = state.ages()
        screen.fill(self.ages_head, "chart_head.html", title=title, subtitle=subtitle, legend=())
        self.ages_chart.layout.display = "none" if rows.empty else ""
        if not rows.empty:
            screen.draw(
                self.ages_chart, lambda: charts.source_ages(rows, lang=state.lang, mode=screen.state.mode)
            )
        screen.fill(self.fields, "portrait_fields.html", faces=state.faces())

    def _paint_desk(self) -> None:
        state, screen = self.state, self.screen
        cards, rules = state.cards, state.rules
        screen.fill(
            self.customer,
            "portrait_card.html",
            card=cards.shown(),
            found=cards.found,
            text=cards.text,
            options=cards.options(),
            tier=cards.tier,
            stage=cards.stage,
            hints=screen.state.hints,
            hint=cards.python(),
        )
        fault = "" if rules.fault is None else state.t(rules.fault[0], **rules.fault[1])
        versions = rules.versions.iloc[::-1].head(6)
        screen.fill(
            self.rules,
            "portrait_rules.html",
            fault=fault,
            groups=rules.groups(),
            rows=rules.difference(),
            previewed=rules.moves is not None,
            moved=rules.moved(),
            typed=bool(rules.numbers),
            versions=versions.to_dict("records"),
            busy=screen.state.progress is not None,
            hints=screen.state.hints,
            hint=rules.python(),
        )
