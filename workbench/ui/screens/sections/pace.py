"""The view of the section on the pace."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets

from workbench import charts
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.execution import FILTERS
from workbench.ui.state.sections.pace import PaceState
from workbench.ui.state.sections.pace_findings import ALERTS
from workbench.ui.vega import VegaView

MESSAGE_PREFIXES = (
    "execution.filter.",
    "execution_pace_page.by.",
    "execution_pace_page.measure.",
    "execution_pace_page.chart.nothing_",
)


class PaceSection(Section):
    """A view of `PaceState`."""

    grid_class = "wb-grid-pace"
    state: PaceState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the choices, plan against actual, the control chart, the alerts, and the table."""
        self.bar, self.table, self.alerts = Panel(), Panel(), Panel()
        self.plan_head, self.plan = Panel(), VegaView()
        self.days = VegaView()
        self.limits_head, self.limits = Panel(), VegaView()
        state, on = self.state, self.screen.on
        on(self.bar, "group", lambda value, _: state.choose_group(value))
        for trait in FILTERS:
            on(self.bar, trait, partial(self._filter, trait))
        on(self.limits_head, "chosen", lambda value, _: state.choose_strategy(value))
        on(self.limits_head, "measure", lambda value, _: state.choose_measure(value))
        on(self.alerts, "alert", lambda value, _: state.show_alert(*_two(value)))
        on(self.alerts, "work", lambda value, _: state.open_work(value))
        on(self.alerts, "scripts", lambda value, _: state.open_scripts(value))
        self.bar_card = card(self.bar, area="a-pc-bar")
        self.others = [
            card(self.plan_head, self.plan, self.days, area="a-pc-plan"),
            card(self.alerts, area="a-pc-alerts"),
            card(self.table, area="a-pc-table"),
        ]
        if state.sees_all:
            self.others.insert(1, card(self.limits_head, self.limits, area="a-pc-limits"))
        else:
            self.grid_class = "wb-grid-pace pc-read"
        return [self.bar_card, *self.others]

    def paint(self) -> None:
        """Fill the cards from the state."""
        state = self.state
        for part in (self.bar_card, *self.others):
            part.layout.display = "" if state.is_ready else "none"
        if not state.is_ready:
            return
        self._paint_bar()
        self._paint_plan()
        if state.sees_all:
            self._paint_limits()
        self._paint_alerts()
        self.screen.fill(
            self.table,
            "pace_table.html",
            rows=state.findings.rows(),
            by=state.by,
            who=state.t(f"execution_pace_page.by.{state.by}"),
            all=state.sees_all,
            hidden=state.t("execution.hidden"),
        )

    def _filter(self, trait: str, value: str, _: Any) -> None:
        self.state.choose_filter(trait, value)

    @property
    def _hints(self) -> bool:
        return bool(self.screen.state.hints)

    def _paint_bar(self) -> None:
        state = self.state
        filters = [
            (
                trait,
                state.t(f"execution.filter.{trait}"),
                state.execution.choices(trait),
                getattr(state.execution, trait),
            )
            for trait in FILTERS
        ]
        groups = [(name, state.t(f"execution_pace_page.by.{name}")) for name in state.groups()]
        self.screen.fill(self.bar, "pace_bar.html", groups=groups, by=state.by, filters=filters)

    def _paint_plan(self) -> None:
        state, mode = self.state, self.screen.state.mode
        title, subtitle = state.findings.plan_title()
        by_day = state.by == "day"
        drawn = state.execution.days() if by_day else state.findings.drawn()
        nothing = None
        if drawn.empty:
            nothing = (
                state.t("execution_pace_page.table.nothing"),
                state.t("execution_pace_page.table.nothing_do"),
            )
        self.screen.fill(
            self.plan_head,
            "pace_head.html",
            title=title,
            subtitle=subtitle,
            tick=not by_day and state.by != "person",
            hint=f"project.execution.pace.compare({state.by!r})" if self._hints else "",
            nothing=nothing,
        )
        self.plan.layout.display = "none" if by_day or drawn.empty else ""
        self.days.layout.display = "" if by_day and len(drawn) else "none"
        if drawn.empty:
            return
        if by_day:
            self.screen.draw(self.days, partial(charts.pace, drawn, lang=state.lang, mode=mode), drawn)
        else:
            self.screen.draw(self.plan, partial(charts.plan_actual, drawn, lang=state.lang, mode=mode), drawn)

    def _paint_limits(self) -> None:
        state, mode = self.state, self.screen.state.mode
        points = state.points()
        title, about = state.findings.chart_title()
        nothing = None
        if points.empty:
            about = ""
            nothing = (
                state.t("execution_pace_page.chart.nothing"),
                state.t(f"execution_pace_page.chart.nothing_{state.measure}"),
            )
        self.screen.fill(
            self.limits_head,
            "pace_limits.html",
            title=title,
            about=about,
            strategies=[(name, state.findings.member(name)) for name in state.execution.kept_ids()],
            chosen=state.current(),
            measures=[(name, state.t(f"execution_pace_page.measure.{name}")) for name in _MEASURES],
            measure=state.measure,
            hint="project.execution.pace.limits()" if self._hints else "",
            nothing=nothing,
        )
        self.limits.layout.display = "none" if points.empty else ""
        if len(points):
            make = partial(charts.control_chart, points, lang=state.lang, mode=mode)
            self.screen.draw(self.limits, make, points)

    def _paint_alerts(self) -> None:
        state = self.state
        self.screen.fill(
            self.alerts,
            "pace_alerts.html",
            rows=state.findings.alerts(),
            rarity=state.findings.rarity(),
            most=ALERTS,
            charts=state.sees_all,
            works=state.sees_all,
            address=state.card_address(),
            hint="project.execution.pace.alerts()" if self._hints else "",
        )


_MEASURES = ("contacts", "responses", "refusals")


def _two(value: str) -> tuple[str, str]:
    before, _, after = value.rpartition(":")
    return before, after
