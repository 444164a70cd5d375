"""The view of the section on referrals."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import ipywidgets as widgets

from workbench import charts
from workbench.charts.execution_referrals import REFERRAL_STEPS
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.referrals import ReferralsState
from workbench.ui.vega import VegaView

ACTS = ("accept", "refuse", "begin", "win", "lose", "withdraw", "again")
MESSAGE_PREFIXES = ("execution_referrals.step.",)


class ReferralsSection(Section):
    """A view of `ReferralsState`."""

    grid_class = "wb-grid-referrals"
    state: ReferralsState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the chart, the table and the credit; for those who refer also the lists and the rules."""
        self.head, self.chart = Panel(), VegaView()
        self.table, self.credit = Panel(), Panel()
        self.list, self.side, self.rules = Panel(), Panel(), Panel()
        state, on = self.state, self.screen.on
        on(self.table, "group", lambda value, _: state.choose_group(value))
        self.reading = [
            card(self.head, self.chart, area="a-rf-chart"),
            card(self.table, area="a-rf-table"),
            card(self.credit, area="a-rf-credit"),
        ]
        self.working: list[widgets.DOMWidget] = []
        self.grid_class = "wb-grid-referrals-read"
        if state.may("contributor"):
            self.grid_class = "wb-grid-referrals-work"
            on(self.list, "box", lambda value, _: state.choose_box(value))
            on(self.list, "unit", lambda value, _: state.choose_unit(value))
            on(self.list, "choose", lambda value, _: state.choose(value))
            on(self.side, "send", lambda _, fields: state.send(fields))
            for act in ACTS:
                on(self.side, act, partial(self._act, act))
            self.working = [card(self.list, area="a-rf-list"), card(self.side, area="a-rf-side")]
        if state.may("analyst"):
            self.grid_class = "wb-grid-referrals"
            on(self.rules, "save-kind", lambda _, fields: state.rules.save(fields))
            on(self.rules, "turn", lambda value, _: state.rules.turn(value))
            self.working.append(card(self.rules, area="a-rf-rules"))
        return [*self.working[:2], *self.reading, *self.working[2:]]

    def _act(self, act: str, _value: str, fields: dict[str, str]) -> None:
        self.state.act(act, fields)

    def paint(self) -> None:
        """Fill the cards from the state."""
        state, fill = self.state, self.screen.fill
        is_any = not state.whole.empty
        for part in self.reading:
            part.layout.display = "" if is_any else "none"
        if is_any:
            self._paint_sums()
        if not state.may("contributor"):
            return
        hints = self.screen.state.hints
        fill(
            self.list,
            "referrals_list.html",
            rows=state.rows(),
            box=state.box,
            boxes=[(name, state.count(name)) for name in state.boxes],
            unit=state.unit,
            units=state.units,
            chosen=state.chosen,
            hints=hints,
        )
        detail = state.detail() if state.chosen else None
        fill(
            self.side,
            "referrals_side.html",
            one=detail,
            form=None if detail else state.form(),
            units=state.units,
            hints=hints,
        )
        if state.may("analyst"):
            fill(self.rules, "referrals_rules.html", form=state.rules.values(), hints=hints)

    def _paint_sums(self) -> None:
        state, fill, mode = self.state, self.screen.fill, self.screen.state.mode
        title, subtitle = state.findings.chart_title()
        steps = [(token, state.t(f"execution_referrals.step.{step}")) for step, token in REFERRAL_STEPS]
        fill(self.head, "referrals_head.html", title=title, subtitle=subtitle, steps=steps)
        drawn = state.drawn()
        self.screen.draw(
            self.chart, partial(charts.referral_funnel, drawn, lang=state.lang, mode=mode), drawn
        )
        hints = self.screen.state.hints
        fill(
            self.table,
            "referrals_table.html",
            rows=state.findings.rows(),
            by=state.by,
            hidden=state.t("execution.hidden"),
            minimum=0 if state.may("contributor") else state.project.small_cell,
            hints=hints,
        )
        fill(
            self.credit,
            "referrals_credit.html",
            rows=state.findings.credit(),
            hidden=state.t("execution.hidden"),
            hints=hints,
        )
