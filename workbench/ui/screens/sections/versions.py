"""The view of two segmentations compared."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets

from workbench import charts
from workbench.ui import request
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.versions import VersionsState
from workbench.ui.state.sections.versions_matrix import matrix_columns, matrix_rows
from workbench.ui.vega import VegaView

NARROW = 620
"""Pixels under which names stand on the ribbons."""
NARROW_BARS = 360
"""Pixels under which the names of the features are cut."""
SIDES = ("before", "after")
MESSAGE_PREFIXES = ("insight_versions.pick.",)


class VersionsSection(Section):
    """A view of `VersionsState`."""

    grid_class = "wb-grid-versions"
    state: VersionsState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the choice of versions, the questions, and the cards of the figures."""
        self.hint = Panel()
        self.screen.on(self.hint, "swap", lambda *_: self.state.swap())
        self.controls: dict[str, widgets.Dropdown] = {}
        for side in SIDES:
            self.controls[side] = widgets.Dropdown(options=[("", "")])
            self.controls[side].observe(partial(self._chosen, side), "value")
        self.hint.add_class("wb-end")
        row = widgets.HBox([*self.controls.values(), self.hint])
        for name in ("wb-filters", "a-vs-pick"):
            row.add_class(name)
        self.pick = row
        self.asked = Panel()
        self.screen.on(self.asked, "answer", self._answered)
        self.screen.on(self.asked, "store", lambda *_: self.state.questions.store())
        self.flow_head, self.flow = Panel(), VegaView()
        self.flow.observe(partial(self._narrowed, NARROW), "width")
        self.events, self.matrix = Panel(), Panel()
        self.drift_head, self.drift = Panel(), VegaView()
        self.drift.observe(partial(self._narrowed, NARROW_BARS), "width")
        self.ask_card = card(self.asked, area="a-vs-ask")
        self.parts = [
            card(self.flow_head, self.flow, area="a-vs-flow"),
            card(self.events, area="a-vs-events"),
            card(self.matrix, area="a-vs-matrix"),
            card(self.drift_head, self.drift, area="a-vs-drift"),
        ]
        return [self.pick, self.ask_card, *self.parts]

    def paint(self) -> None:
        """Fill the cards from the state, or leave them out while there is nothing to compare."""
        ready = self.state.ready
        for part in (self.pick, *self.parts):
            part.layout.display = "" if ready else "none"
        if not ready:
            self.ask_card.layout.display = "none"
            return
        self._paint_pick()
        self._paint_questions()
        self._paint_flow()
        self._paint_events()
        self._paint_matrix()
        self._paint_drift()

    def _paint_pick(self) -> None:
        state = self.state
        options = tuple(state.choices())
        for side, control in self.controls.items():
            control.description = state.t(f"insight_versions.pick.{side}")
            if control.options != options:
                control.options = options
            control.value = getattr(state, side)
        hints = self.screen.state.hints and state.may("analyst")
        self.screen.fill(self.hint, "versions_hint.html", hint=state.python() if hints else "")

    def _chosen(self, side: str, change: Any) -> None:
        if not self.screen.painting:
            self.screen.state.guard(self.state.choose, side, change["new"] or "")

    def _paint_questions(self) -> None:
        state = self.state
        rows = [] if request.is_published() else state.questions.rows()
        self.ask_card.layout.display = "" if rows else "none"
        if not rows:
            return
        taken = state.questions.taken()
        self.screen.fill(
            self.asked,
            "versions_questions.html",
            rows=rows,
            answered=bool(state.questions.answers()),
            taken=taken,
            hint=state.questions.python() if self.screen.state.hints and taken else "",
        )

    def _answered(self, value: str, _fields: dict) -> None:
        cluster, _, label = value.partition(":")
        self.state.questions.answer(cluster, label)

    def _narrowed(self, limit: int, change: dict) -> None:
        if (0 < change["old"] < limit) != (0 < change["new"] < limit):
            self.state.touch()

    def _paint_flow(self) -> None:
        state = self.state
        title, subtitle = state.findings.flow_title()
        self.screen.fill(self.flow_head, "chart_head.html", title=title, subtitle=subtitle, legend=())
        nodes, ribbons = state.flow()
        inside = 0 < self.flow.width < NARROW
        self.screen.draw(
            self.flow,
            lambda: charts.segment_flow(
                nodes,
                ribbons,
                inside=inside,
                lang=state.lang,
                mode=self.screen.state.mode,
                height=state.flow_height(),
            ),
            nodes,
            ribbons,
            inside,
        )

    def _paint_events(self) -> None:
        state = self.state
        title, subtitle = state.findings.events_title()
        self.screen.fill(
            self.events, "versions_events.html", title=title, subtitle=subtitle, rows=state.events()
        )

    def _paint_matrix(self) -> None:
        state = self.state
        title, subtitle = state.findings.matrix_title()
        self.screen.fill(
            self.matrix,
            "versions_matrix.html",
            title=title,
            subtitle=subtitle,
            rows=matrix_rows(state),
            columns=matrix_columns(state),
            everyone=state.cell(None, None),
        )

    def _paint_drift(self) -> None:
        state = self.state
        title, subtitle = state.findings.drift_title()
        rows = state.drift()
        missing = rows is None
        self.screen.fill(
            self.drift_head, "versions_drift_head.html", title=title, subtitle=subtitle, missing=missing
        )
        self.drift.layout.display = "none" if missing else ""
        if rows is not None:
            narrow = 0 < self.drift.width < NARROW_BARS
            mode = self.screen.state.mode
            self.screen.draw(
                self.drift,
                lambda: charts.drift(rows, narrow=narrow, lang=state.lang, mode=mode),
                rows,
                narrow,
            )
