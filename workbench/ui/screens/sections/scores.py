"""The view of the section on scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as widgets

from workbench import charts
from workbench.strategy import CRITERIA
from workbench.strategy.methods import WEIGHED
from workbench.ui.panel import Handler, Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.scores import REACHES, ScoresState
from workbench.ui.state.strategy import WEIGHT_STEP
from workbench.ui.vega import VegaView

MESSAGE_PREFIXES = ("strategy.criterion.", "strategy_scores.reach.", "strategy_scores.column.")


class ScoresSection(Section):
    """A view of `ScoresState`."""

    grid_class = "wb-grid-scores"
    state: ScoresState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: methods, ranks under sampled weights, what scores are made of, what-if."""
        self.bump_head, self.bump, self.agreement = Panel(), VegaView(), Panel()
        self.shares_head, self.shares = Panel(), VegaView()
        self.table, self.sliders, self.change, self.missing = (Panel() for _ in range(4))
        self.empty = card(self.missing, area="a-rk-empty")
        self.shown = [
            card(self.bump_head, self.bump, self.agreement, area="a-rk-bump"),
            card(self.shares_head, self.shares, area="a-rk-shares"),
            card(self.table, area="a-rk-table"),
            card(self.sliders, self.change, area="a-rk-what"),
        ]
        state, on = self.state, self.screen.on
        for name in CRITERIA:
            on(self.sliders, f"weight-{name}", self._weigher(name))
        on(self.change, "reset", lambda *_: state.screen.reset())
        on(self.change, "approve", lambda _, fields: state.screen.approve(fields))
        on(self.shares_head, "method", lambda value, _: state.choose_method(value))
        on(self.shares_head, "reach", lambda value, _: state.choose_reach(value))
        state.screen.observe(lambda _: self._repaint(self._paint_what_if), "moved")
        state.observe(lambda _: self._repaint(self._paint_shares), "chosen")
        return [*self.shown, self.empty]

    def _weigher(self, criterion: str) -> Handler:
        return lambda value, _: self.state.screen.weigh(criterion, value)

    def _repaint(self, paint: Callable[[bool], None]) -> None:
        """Draw again what a slider or a choice has changed, and nothing else."""
        if self.state.screen.current_section is self.state and self.state.plan is not None:
            self.state.screen.guard(paint, True)

    # Painting --------------------------------------------------------------------

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state = self.state
        ready = state.plan is not None
        for part in self.shown:
            part.layout.display = "" if ready else "none"
        self.empty.layout.display = "none" if ready else ""
        title, text = state.nothing()
        self.screen.fill(self.missing, "scores_empty.html", title=title, text=text)
        if ready:
            self._paint_sliders()
            self._paint_what_if()

    def _paint_sliders(self) -> None:
        state = self.state
        self.screen.fill(
            self.sliders,
            "strategy_sliders.html",
            sliders=[
                {
                    "name": name,
                    "label": state.t(f"strategy.criterion.{name}"),
                    "value": round(start, 4),
                    "shown": f"{start:.2f}",
                    "at": round(start * 100, 2),
                    "plan": round(planned, 4),
                }
                for name, start, planned in state.screen.slider_starts()
            ],
            step=WEIGHT_STEP,
            reset=state.screen.reset_count,
        )

    def _paint_what_if(self, only_rows: bool = False) -> None:
        self._paint_bump(only_rows)
        self._paint_shares(only_rows)
        self._paint_table()
        self._paint_change()

    def _paint_bump(self, only_rows: bool) -> None:
        state, mode = self.state, self.screen.state.mode
        title, subtitle = state.findings.bump_title()
        hint = state.python()["compare"] if self.screen.state.hints else ""
        self.screen.fill(self.bump_head, "scores_head.html", title=title, subtitle=subtitle, hint=hint)
        rows = state.tables.bumps()
        if only_rows:
            self.bump.replace(charts.method_rank_rows(rows, mode), table="methods")
        else:
            columns = state.tables.columns()
            self.screen.draw(self.bump, charts.method_ranks(rows, columns, lang=state.lang, mode=mode))
        self.screen.fill(self.agreement, "scores_agreement.html", rows=state.tables.agreement())

    def _paint_shares(self, only_rows: bool) -> None:
        state, mode = self.state, self.screen.state.mode
        title, subtitle = state.findings.shares_title()
        self.screen.fill(
            self.shares_head,
            "scores_shares.html",
            title=title,
            subtitle=subtitle,
            methods=[
                (name, state.t(f"strategy_scores.column.{name}").replace("|", " "), name == state.method)
                for name in WEIGHED
            ],
            reaches=[
                (name, state.t(f"strategy_scores.reach.{name}"), name == state.reach) for name in REACHES
            ],
            hint=state.python()["shares"] if self.screen.state.hints else "",
        )
        rows = state.tables.shares()
        if only_rows:
            self.shares.replace(charts.rank_share_rows(rows, mode), table="shares")
        else:
            self.screen.draw(self.shares, charts.rank_shares(rows, lang=state.lang, mode=mode))

    def _paint_table(self) -> None:
        state = self.state
        title, subtitle = state.findings.table_title()
        self.screen.fill(
            self.table,
            "scores_table.html",
            title=title,
            subtitle=subtitle,
            criteria=[state.t(f"strategy.criterion.{name}") for name in CRITERIA],
            rows=state.tables.contributions(),
        )

    def _paint_change(self) -> None:
        state, python = self.state, self.state.python()
        alone = len(state.criteria) < 2
        self.screen.fill(
            self.change,
            "scores_change.html",
            sentence=state.findings.change(),
            flips=[] if alone else state.tables.flips(),
            rivals=state.tables.rivals(),
            what_if=state.screen.weights_differ,
            may_save=state.may("analyst") and state.screen.weights_differ,
            busy=self.screen.state.progress is not None,
            hints=self.screen.state.hints,
            hint=python["changes"],
            save_hint=python["approve"],
        )
