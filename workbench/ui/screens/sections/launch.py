"""The view of the section on launching lists."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from workbench import charts
from workbench.ui import request
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.launch import FORMATS, LaunchState
from workbench.ui.vega import VegaView


class LaunchSection(Section):
    """A view of `LaunchState`."""

    grid_class = "wb-grid-launch"
    state: LaunchState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: fairness, its table, lists, the two people, and the analyst's export."""
        self.fair_head, self.fair, self.fair_table = Panel(), VegaView(), Panel()
        self.lists, self.eyes, self.files = Panel(), Panel(), Panel()
        self.missing = Panel()
        self.empty = card(self.missing, area="a-la-fair")
        self.shown = [
            card(self.fair_head, self.fair, self.fair_table, area="a-la-fair"),
            card(self.lists, area="a-la-lists"),
        ]
        self.eyes_card = card(self.eyes, area="a-la-eyes")
        self.analyst = self.state.may("analyst") and not request.is_published()
        self.files_card = card(self.files, area="a-la-files")
        self._connect()
        cards = [*self.shown, self.empty, self.eyes_card]
        return [*cards, self.files_card] if self.analyst else cards

    def _connect(self) -> None:
        on, state = self.screen.on, self.state
        on(self.screen.title, "submit", lambda *_: state.submit())
        on(self.screen.title, "launch-approved", lambda *_: state.launch())
        on(self.fair_head, "fair-strategy", lambda value, _: state.figures.choose_strategy(value))
        on(self.fair_head, "fair-base", lambda value, _: state.figures.choose_base(value))
        on(self.eyes, "submit", lambda _, fields: state.submit(fields))
        on(self.eyes, "launch-approved", lambda *_: state.launch())
        on(self.eyes, "look", lambda *_: self.screen.state.reload())
        on(self.eyes, "approve", lambda _, fields: state.approve(fields))
        on(self.eyes, "refuse", lambda _, fields: state.refuse(fields))
        on(self.eyes, "withdraw", lambda *_: state.withdraw())
        on(self.files, "export", lambda _, fields: state.export(fields))

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state = self.state
        ready = bool(state.subject)
        for part in self.shown:
            part.layout.display = "" if ready else "none"
        self.empty.layout.display = "none" if ready else ""
        heading = state.heading()
        self.screen.fill(self.missing, "launch_empty.html", title=heading.title, text=heading.subtitle)
        if ready:
            self._paint_fairness()
            self._paint_lists()
        self._paint_eyes()
        if self.analyst:
            self.files_card.layout.display = "" if state.subject == "launched" else "none"
            self._paint_files()

    def _paint_fairness(self) -> None:
        state, figures = self.state, self.state.figures
        rows, drawn = figures.rows(), figures.drawn()
        names = self.state.screen.tables.names()
        self.screen.fill(
            self.fair_head,
            "launch_fair_head.html",
            title=figures.title(),
            subtitle=figures.subtitle(),
            strategies=[
                (each, names.get(each, each) if each else state.t("strategy_launch.fair.all_lists"))
                for each in figures.strategies()
            ],
            strategy=figures.strategy,
            bases=[(each, state.t(f"strategy_launch.base.{each}")) for each in figures.bases()],
            base=figures.base,
            threshold=f"{figures.threshold:.2f}",
            missing="" if rows else state.t("strategy_launch.fair.missing"),
        )
        self.fair.layout.display = "none" if drawn.empty else ""
        if not drawn.empty:
            mode = self.screen.state.mode
            self.screen.draw(
                self.fair,
                lambda: charts.fairness(drawn, threshold=figures.threshold, lang=state.lang, mode=mode),
                figures.table(),
            )
        hint = (
            "project.strategy.fairness.launched().table"
            if state.subject == "launched"
            else ("wb.check_fairness(selection.targets, project.customers(), dropped=selection.dropped)")
        )
        self.screen.fill(
            self.fair_table,
            "launch_fair_table.html",
            rows=rows,
            hint=hint if self.screen.state.hints else "",
        )

    def _paint_lists(self) -> None:
        state = self.state
        rows = state.list_rows()
        key = "launched" if state.subject == "launched" else "waiting"
        self.screen.fill(
            self.lists,
            "launch_lists.html",
            title=state.t(f"strategy_launch.lists.title_{key}", n=len(rows)),
            rows=rows,
            sha256=state.selection.sha256 if state.selection is not None else "",
            seed=state.selection.random_state if state.selection is not None else None,
            total=state.n,
            control=state.n_control,
        )

    def _paint_eyes(self) -> None:
        state, python = self.state, self.state.python()
        hints = self.screen.state.hints
        step = ""
        if state.subject == "draft" and self.state.may("analyst"):
            step = "ask" if state.needs_second() else "alone"
        elif state.subject == "approved" and state.may("analyst") and not state.stale():
            step = "launch"
        self.screen.fill(
            self.eyes,
            "launch_eyes.html",
            most=f"{state.project.strategy.four_eyes:,}",
            subject=state.subject,
            stale=state.stale(),
            request=state.request,
            mine=state.request is not None and state.may("contributor") and state.is_mine(),
            may_decide=state.may_decide(),
            may_withdraw=state.request is not None and state.may("analyst"),
            step=step,
            history=state.history(),
            busy=self.screen.state.progress is not None,
            python=python,
            hints=hints,
        )

    def _paint_files(self) -> None:
        state = self.state
        lists = state.screen.lists
        self.screen.fill(
            self.files,
            "launch_files.html",
            lists=[(str(row["list_id"]), str(row["name"])) for row in lists.to_dict("records")],
            formats=FORMATS,
            exported=state.exported,
            busy=self.screen.state.progress is not None,
            hint=state.python()["export"] if self.screen.state.hints else "",
        )
