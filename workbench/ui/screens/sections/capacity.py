"""The view of the section on capacity."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from workbench import charts
from workbench.ui import request
from workbench.ui.panel import Handler, Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.capacity import HOUR, CapacityState
from workbench.ui.vega import VegaView

CURVES = {"agent_minutes": "hours", "budget": "money"}


class CapacitySection(Section):
    """A view of `CapacityState`."""

    grid_class = "wb-grid-capacity"
    state: CapacityState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: the two curves, the strategies, the what-if, and the analyst's form."""
        self.notes, self.missing, self.strategies = Panel(), Panel(), Panel()
        self.heads = {name: Panel() for name in CURVES}
        self.curves = {name: VegaView() for name in CURVES}
        self.sliders, self.limits, self.form = Panel(), Panel(), Panel()
        self.analyst = self.state.may("analyst") and not request.is_published()
        on = self.screen.on
        for name in CURVES:
            on(self.sliders, name, self._mover(name))
        on(self.limits, "reset", lambda *_: self.state.reset())
        on(self.form, "save-limits", lambda _, fields: self.state.save(fields))
        for panel in (self.notes, self.missing):
            on(panel, "compute", lambda *_: self.state.compute())
        self.state.observe(lambda _: self.repaint(), "moved")
        self.empty = card(self.missing, area="a-cp-empty")
        self.note_card = card(self.notes, area="a-cp-note")
        self.form_card = card(self.form, area="a-cp-form")
        self.shown = [
            card(self.heads["agent_minutes"], self.curves["agent_minutes"], area="a-cp-hours"),
            card(self.heads["budget"], self.curves["budget"], area="a-cp-money"),
            card(self.strategies, area="a-cp-strategies"),
            card(self.sliders, self.limits, area="a-cp-what"),
        ]
        return [self.note_card, *self.shown, self.empty, *([self.form_card] if self.analyst else [])]

    def _mover(self, name: str) -> Handler:
        return lambda value, _: self.state.move(name, value)

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state = self.state
        ready = state.stored is not None
        for part in self.shown:
            part.layout.display = "" if ready else "none"
        self.empty.layout.display = "none" if ready else ""
        self.note_card.layout.display = "" if ready and state.stale else "none"
        self.screen.fill(
            self.missing,
            "capacity_empty.html",
            title=state.t("strategy_capacity.nothing.title"),
            text=state.nothing(),
            may_compute=self.analyst and state.screen.plan is not None,
        )
        self.screen.fill(self.notes, "capacity_note.html", may_compute=self.analyst)
        if ready:
            self._paint_sliders()
            self._paint_figures()
        if self.analyst:
            self._paint_form()

    def repaint(self) -> None:
        """Draw again what a slider moves, and nothing else."""
        screen = self.screen
        screen.state.guard(self._paint_figures, True)
        heading = self.state.heading()
        screen.fill(screen.title, "title.html", heading=heading)
        screen.fill(screen.figures, "kpis.html", kpis=self.state.kpis())

    def _paint_sliders(self) -> None:
        state = self.state
        rows = []
        for name in CURVES:
            unit = HOUR if name == "agent_minutes" else 1.0
            most, plan, value = (
                each / unit for each in (state.most(name), state.planned(name), state.amount(name))
            )
            most = max(most, 1e-9)
            rows.append(
                {
                    "name": name,
                    "label": state.t(f"strategy_capacity.slider.{name}"),
                    "most": round(most, 2),
                    "step": max(1, round(most / 200)),
                    "value": round(value, 2),
                    "shown": f"{value:,.0f}",
                    "at": round(100 * value / most, 2),
                    "plan": round(plan / most, 4),
                }
            )
        self.screen.fill(self.sliders, "capacity_sliders.html", sliders=rows, reset=state.reset_count)

    def _paint_figures(self, only_rows: bool = False) -> None:
        state, findings = self.state, self.state.findings
        mode = self.screen.state.mode
        for name, of in CURVES.items():
            title, subtitle = findings.curve_title(name)
            self.screen.fill(self.heads[name], "capacity_head.html", title=title, subtitle=subtitle)
            curve, now = state.curve(name)
            if only_rows:
                for rows in charts.curve_tables(curve, now):
                    self.curves[name].replace(rows, table=rows.attrs["table"])
            else:
                self.screen.draw(
                    self.curves[name],
                    charts.limit_curve(curve, now, of=of, lang=state.lang, mode=mode),  # type: ignore[arg-type]
                )
        title, subtitle = findings.strategies_title()
        self.screen.fill(
            self.strategies,
            "capacity_strategies.html",
            title=title,
            subtitle=subtitle,
            rows=state.strategies(),
        )
        self.screen.fill(
            self.limits,
            "capacity_limits.html",
            rows=findings.limits(),
            method=findings.method(),
            what_if=state.is_what_if,
            hint=state.python()["move"] if self.screen.state.hints else "",
        )

    def _paint_form(self) -> None:
        state = self.state
        self.form_card.layout.display = "" if state.screen.plan is not None else "none"
        python = state.python() if self.screen.state.hints else {"save": "", "cut": ""}
        self.screen.fill(
            self.form,
            "capacity_form.html",
            form=state.form(),
            busy=self.screen.state.progress is not None,
            hint=python["save"],
            cut=python["cut"],
        )


MESSAGE_PREFIXES = ("strategy_capacity.slider.",)
