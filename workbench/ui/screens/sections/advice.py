"""The view of the section on rules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import ipywidgets as widgets

from workbench import charts
from workbench.project.review_rules import FILE
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.advice import AdviceState
from workbench.ui.vega import VegaView


class AdviceSection(Section):
    """A view of `AdviceState`."""

    grid_class = "wb-grid-advice"
    state: AdviceState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: chart, what-if, rules, the chosen strategy, changes, the editor."""
        self.chart_head, self.chart = Panel(), VegaView()
        self.sliders, self.moved = Panel(), Panel()
        self.rules, self.side, self.changes, self.carried = Panel(), Panel(), Panel(), Panel()
        self.editor, self.check = Panel(), Panel()
        self._sliders: set[str] = set()
        self._connect()
        self.results = [
            card(self.chart_head, self.chart, area="a-ra-chart"),
            card(self.sliders, self.moved, area="a-ra-what"),
            card(self.side, area="a-ra-side"),
        ]
        self.rules_card = card(self.rules, area="a-ra-rules")
        self.changes_card = card(self.changes, area="a-ra-changes")
        self.carried_card = card(self.carried, area="a-ra-carried")
        self.editor_card = card(self.editor, self.check, area="a-ra-editor")
        return [*self.results, self.rules_card, self.changes_card, self.carried_card, self.editor_card]

    def _connect(self) -> None:
        state, on, editor = self.state, self.screen.on, self.state.editor
        on(self.rules, "choose", lambda value, _: state.choose(value))
        on(self.moved, "reset", lambda *_: state.what_if.reset())
        if not state.is_desk:
            return
        on(self.rules, "recommend", lambda *_: state.recommend())
        on(self.moved, "take", lambda *_: editor.take_thresholds())
        on(self.side, "accept", lambda value, _: state.accept(value))
        on(self.side, "reject", lambda value, fields: state.reject(value, fields.get("reason", "")))
        on(self.side, "reopen", lambda value, fields: state.reopen(value, fields.get("reason", "")))
        on(
            self.carried,
            "confirm",
            lambda value, fields: state.confirm_script(value, fields.get("script", "")),
        )
        on(self.editor, "toggle", lambda *_: editor.toggle())
        on(self.editor, "text", lambda value, _: editor.take(value))
        on(self.editor, "save-rules", lambda _, fields: self._save(fields))
        for panel in (self.editor, self.check):
            on(panel, "give-up", lambda *_: editor.give_up())
        on(self.check, "overwrite", lambda *_: editor.overwrite())
        on(self.check, "bring-back", lambda value, _: editor.bring_back(value))

    def _save(self, fields: dict[str, str]) -> None:
        try:
            self.state.editor.save(fields)
        finally:
            # A conflict is shown beside its message.
            self.state.touch()

    def _listen(self) -> None:
        """Hear of every threshold that the rules have now."""
        for name in self.state.rules.thresholds:
            if name not in self._sliders:
                self._sliders.add(name)
                move = partial(self.state.what_if.move, name)
                self.screen.on(self.sliders, f"threshold-{name}", lambda value, _, move=move: move(value))  # type: ignore[misc]

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state, screen = self.state, self.screen
        self._listen()
        ready = bool(state.figures)
        for part in (*self.results, self.changes_card):
            part.layout.display = "" if ready else "none"
        hints = screen.state.hints
        screen.fill(
            self.rules,
            "advice_rules.html",
            rows=state.words.rows(),
            fault=state.t(state.fault[0], **state.fault[1]) if state.fault else "",
            older=ready and state.is_older(),
            may_edit=state.is_desk and state.project.cycle.state != "closed",
            busy=screen.state.progress is not None,
            hints=hints,
        )
        self._paint_carried(hints)
        self._paint_editor(hints)
        if not ready:
            return
        self._paint_chart()
        self._paint_what_if(hints)
        screen.fill(self.side, "advice_detail.html", one=state.words.detail(), hints=hints)
        rows = state.differences.rows()
        following = screen.state.next_cycle()  # type: ignore[attr-defined]
        screen.fill(
            self.changes,
            "advice_changes.html",
            title=state.t("review_advice.changes.title", n=len({row["id"] for row in rows})),
            subtitle=state.t("review_advice.changes.opened", cycle=following[0])
            if following
            else state.t("review_advice.changes.subtitle"),
            rows=rows,
            nothing=state.t("review_advice.changes.none"),
            scored=[],
            drafts=[],
            may_edit=False,
            hints=hints,
            hint="project.review.advice.changes()",
        )

    def _paint_chart(self) -> None:
        state, rows = self.state, self.state.chart()
        title, subtitle = state.chart_words()
        self.screen.fill(self.chart_head, "chart_head.html", title=title, subtitle=subtitle, legend=())
        self.chart.layout.display = "" if len(rows) else "none"
        if len(rows):
            known = state.what_if.rules().thresholds
            needed, least = known.get("scale_return"), known.get("min_return")
            self.screen.draw(
                self.chart,
                lambda: charts.advice_regions(
                    rows, scale_return=needed, min_return=least, lang=state.lang, mode=self.screen.state.mode
                ),
                rows,
                needed,
                least,
            )

    def _paint_what_if(self, hints: bool) -> None:
        state = self.state
        # Drawn anew only when it is put back: a slider under the hand stays where it is.
        key = (state.lang, state.what_if.resets, state.rules.sha256, tuple(state.rules.thresholds))
        if getattr(self, "_slid", None) != key:
            self._slid = key
            self.screen.fill(
                self.sliders,
                "advice_sliders.html",
                sliders=state.what_if.sliders(),
                reset=state.what_if.resets,
            )
        self.screen.fill(
            self.moved,
            "advice_moved.html",
            moved=state.what_if.moved(),
            rows=state.what_if.changes(),
            of=len(state.proposed),
            may_edit=state.is_desk and state.fault is None,
            hints=hints,
            hint=state.what_if.python(),
        )

    def _paint_carried(self, hints: bool) -> None:
        state = self.state
        before = state.project.cycle.opened_from
        drafts = state.drafts.to_dict("records") if len(state.drafts) else []
        self.carried_card.layout.display = "" if before else "none"
        if not before:
            return
        rows = state.differences.carried()
        self.screen.fill(
            self.carried,
            "advice_changes.html",
            title=state.t("review_advice.carried.title", cycle=before, n=len({row["id"] for row in rows})),
            subtitle=state.t("review_advice.carried.subtitle"),
            rows=rows,
            nothing=state.t("review_advice.carried.none", cycle=before),
            scored=state.differences.scored(),
            drafts=drafts,
            may_edit=state.is_desk,
            hints=hints,
            hint="project.review.advice.carried()",
        )

    def _paint_editor(self, hints: bool) -> None:
        state, editor = self.state, self.state.editor
        self.editor_card.layout.display = "" if state.is_desk else "none"
        if not state.is_desk:
            return
        self.screen.fill(
            self.editor,
            "advice_editor.html",
            file=FILE,
            open=editor.open,
            lines=editor.lines(),
            width=editor.width(),
            text=editor.shown,
            loads=editor.loads,
            hints=hints,
        )
        self.check.layout.display = "" if editor.open else "none"
        self.screen.fill(
            self.check,
            "advice_check.html",
            theirs=editor.theirs is not None,
            difference=editor.difference(),
            fault=state.t(editor.fault[0], **editor.fault[1]) if editor.fault else "",
            line=editor.fault_line(),
            changed=editor.is_changed,
            rows=editor.previewed,
            of=len(state.proposed),
            versions=editor.versions() if editor.open else [],
            hints=hints,
        )
