"""The view of the section on the front line's voice."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets

from workbench import charts
from workbench.execution.feedback import DAYS
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.voice import VoiceState
from workbench.ui.vega import VegaView


class VoiceSection(Section):
    """A view of `VoiceState`."""

    grid_class = "wb-grid-voice"
    state: VoiceState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the chart, the table, the requests; aside the form and the chosen code."""
        self.head, self.chart, self.table, self.requests = Panel(), VegaView(), Panel(), Panel()
        self.give, self.detail, self.codes, self.empty = Panel(), Panel(), Panel(), Panel()
        self._connect()
        if not self.state.works:
            self.grid_class = "wb-grid-voice vo-alone"
        self.parts = {
            "empty": card(self.empty, area="a-vo-empty"),
            "chart": card(self.head, self.chart, area="a-vo-chart"),
            "table": card(self.table, area="a-vo-table"),
            "requests": card(self.requests, area="a-vo-requests"),
            "codes": card(self.codes, area="a-vo-codes"),
            "give": card(self.give, area="a-vo-give"),
            "detail": card(self.detail, area="a-vo-detail"),
        }
        main = self._stacked("a-vo-main", "empty", "chart", "table", "requests", "codes")
        side = self._stacked("a-vo-side", "give", "detail")
        return [main, side]

    def _stacked(self, name: str, *parts: str) -> widgets.VBox:
        box = widgets.VBox([self.parts[each] for each in parts])
        box.add_class(name)
        return box

    def _connect(self) -> None:
        state, on = self.state, self.screen.on
        if not state.works:
            return
        on(self.head, "digest", lambda value, _: state.take_digest(value))
        on(self.table, "strategy", lambda value, _: state.choose_strategy(value))
        on(self.table, "code", lambda value, _: state.choose(value))
        on(self.give, "about", lambda value, _: state.choose_about(value))
        on(self.give, "tap", lambda value, _: state.tap(value))
        on(self.give, "typed", lambda value, _: state.type(value))
        on(self.give, "give", lambda value, _: state.give(value))
        on(self.give, "back", lambda value, _: state.take_back(value))
        on(self.detail, "ask", lambda value, fields: state.asking.ask(value, fields))
        state.observe(self._deliver, "delivered")
        if not state.may("analyst"):
            return
        on(self.requests, "accept", lambda _, fields: self._accept(fields))
        on(self.requests, "decline", lambda _, fields: state.asking.decline(fields))
        on(self.requests, "finish", lambda value, _: state.asking.finish(value))
        on(self.codes, "codes", lambda *_: state.editor.toggle())
        on(self.codes, "retire", lambda value, _: state.editor.retire(value))
        on(self.codes, "delete", lambda value, _: state.editor.delete(value))
        on(self.codes, "save-code", lambda _, fields: state.editor.save(fields))

    def _accept(self, fields: dict[str, str]) -> None:
        self.state.asking.accept(fields)

    def _deliver(self, change: Any) -> None:
        made = change["new"]
        if made is not None:
            self.head.deliver(made.name, made.media_type, made.content)
            self.state.delivered = None

    # Painting --------------------------------------------------------------------

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state = self.state
        said, hints = len(state.shown.digest) > 0, self.screen.state.hints
        detail = state.detail()
        shown = {
            "empty": not said,
            "chart": said,
            "table": said,
            "requests": state.is_ready,
            "give": state.works and state.is_ready,
            "codes": state.may("analyst") and state.is_ready,
            "detail": detail is not None,
        }
        for name, part in self.parts.items():
            part.layout.display = "" if shown[name] else "none"
        python = state.python()
        if said:
            self._paint_said(python, detail)
        else:
            heading = state.heading()
            self.screen.fill(self.empty, "value_empty.html", title=heading.title, text=heading.subtitle)
        rows = state.asking.rows()
        self.screen.fill(
            self.requests,
            "voice_requests.html",
            rows=rows,
            total=len(state.requests),
            counts=state.asking.counts(),
            works=state.works,
            may_answer=state.may("analyst"),
            hints=hints,
            python=python["requests"],
        )
        if shown["give"]:
            self.screen.fill(
                self.give,
                "voice_give.html",
                strategies=list(state.names.items()),
                about=state.about,
                groups=state.groups(),
                group=state.group,
                typed=state.typed,
                mine=state.mine(),
                hints=hints,
                python=python["give"],
            )
        if shown["codes"]:
            editor = state.editor
            self.screen.fill(
                self.codes,
                "voice_codes.html",
                open=editor.is_open,
                version=editor.version,
                rows=editor.rows() if editor.is_open else [],
                groups=editor.groups(),
                hints=hints,
                python=python["codes"],
            )

    def _paint_said(self, python: dict[str, str], detail: dict[str, Any] | None) -> None:
        state, mode = self.state, self.screen.state.mode
        hints = self.screen.state.hints
        title, subtitle = state.findings.chart_title()
        common = {"works": state.works, "hints": hints}
        self.screen.fill(
            self.head, "voice_head.html", title=title, subtitle=subtitle, python=python["export"], **common
        )
        rows = state.chart_rows()
        chart = partial(charts.feedback_codes, rows, lang=state.lang, mode=mode)
        self.screen.draw(self.chart, chart, rows)
        self.screen.fill(
            self.table,
            "voice_table.html",
            rows=state.rows(),
            strategies=state.strategies(),
            names=list(state.names.items()),
            strategy=state.strategy,
            days=DAYS,
            **common,
        )
        self.screen.fill(
            self.detail,
            "voice_detail.html",
            code=detail,
            asked=len(state.requests),
            hints=hints,
            python=python["ask"],
        )
