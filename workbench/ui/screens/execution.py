"""The execution screen: how far the lists are, whom to contact next, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench import charts
from workbench.charts.execution import dispositions_table, pace_table, progress_table
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card, show
from workbench.ui.screens.sectioned import SectionedScreen
from workbench.ui.state.execution import FILTERS, ExecutionState
from workbench.ui.vega import VegaView

if TYPE_CHECKING:
    import pandas as pd

    from workbench.project import Project

MESSAGE_PREFIXES = ("execution.filter.",)


class ExecutionScreen(SectionedScreen):
    """A view of `ExecutionState`.

    Parameters
    ----------
    state : ExecutionState
        What is shown.
    """

    grid_class = "wb-grid-execution"
    state: ExecutionState

    def build_filters(self) -> Sequence[widgets.DOMWidget]:
        """Return the filters, and at their right whether the control is untouched."""
        self.word, self.tags = Panel(), Panel()
        self.tags.add_class("wb-end")
        self.on(self.tags, "hints", lambda *_: setattr(self.state, "hints", not self.state.hints))
        return [self.word, *self.dropdowns(FILTERS), self.tags]

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: bars, days, dispositions, the work where it is done, and the table."""
        self._drawings: dict[int, tuple[Hashable, ...]] = {}
        self.progress_head, self.progress = Panel(), VegaView()
        self.days_head, self.days = Panel(), VegaView()
        self.ended_head, self.ended = Panel(), VegaView()
        self.table = Panel()
        self.list, self.customer, self.files = Panel(), Panel(), Panel()
        self.on(self.table, "strategy", lambda value, _: self._pick_strategy(value))
        self.reading = [
            card(self.progress_head, self.progress, area="a-progress"),
            card(self.days_head, self.days, area="a-days"),
            card(self.ended_head, self.ended, area="a-ended"),
            card(self.table, area="a-table"),
        ]
        self.working: list[widgets.DOMWidget] = []
        self.grid_class = "wb-grid-execution ex-reading"
        if self.state.may("contributor"):
            self._connect_work()
            self.grid_class = "wb-grid-execution"
            self.working = [
                card(self.list, area="a-work"),
                card(self.customer, area="a-customer"),
                card(self.files, area="a-files"),
            ]
        first, last = self.reading[:3], self.reading[3:]
        cards = [*first, *self.working[:2], *last, *self.working[2:]]
        self.keep_overview(cards)
        return cards

    def _connect_work(self) -> None:
        work = self.state.work
        self.on(self.list, "choose", lambda value, _: work.choose(value))
        self.on(self.list, "more", lambda *_: work.more())
        self.on(self.customer, "record", lambda value, fields: work.record(value, fields))
        self.on(self.files, "section", lambda value, _: self.state.open_section(value))

    def _pick_strategy(self, value: str) -> None:
        if value in {"", *self.state.progress_rows["strategy_id"]}:
            self.state.strategy = value

    # Painting --------------------------------------------------------------------

    def paint(self) -> None:
        """Fill the cards of the open section, or of the overview, from the state."""
        section = self.put_section()
        if section is not None:
            self.filters.layout.display = "none"
            section.paint()
            return
        state = self.state
        self.filters.layout.display = "" if state.is_ready else "none"
        for part in [*self.reading, *self.working]:
            part.layout.display = "" if state.is_ready else "none"
        if not state.is_ready:
            return
        self._paint_filters()
        self._paint_progress()
        self._paint_days()
        self._paint_ended()
        self._paint_table()
        if self.working:
            self._paint_work()
            self._paint_files()

    def _paint_filters(self) -> None:
        state = self.state
        for trait, control in self.controls.items():
            options = tuple(state.choices(trait))
            control.description = state.t(f"execution.filter.{trait}")
            if control.options != options:
                control.options = options
            control.value = getattr(state, trait)
        self.fill(self.word, "word.html", text=state.t("execution.show"))
        self.fill(
            self.tags,
            "execution_tags.html",
            tags=state.findings.tags(),
            analyst=state.may("analyst"),
            hints=state.hints,
            hint=state.hint(),
        )

    def _redraw(
        self, view: VegaView, table: pd.DataFrame, make: Callable[[], Any], *drawing: Hashable
    ) -> None:
        """Draw a chart; where only its rows differ, it isn't even put together again."""
        key = (self.state.mode, self.state.lang, *drawing)
        if self._drawings.get(id(view)) == key:
            view.replace(table, table="rows")
            return
        self.draw(view, make)
        self._drawings[id(view)] = key

    def _paint_progress(self) -> None:
        state = self.state
        title, subtitle = state.findings.progress_title()
        self.fill(self.progress_head, "execution_progress_head.html", title=title, subtitle=subtitle)
        rows = progress_table(state.rows(), lang=state.lang, mode=self.state.mode)
        self.progress.layout.display = "none" if rows.empty else ""
        if not rows.empty:
            self._redraw(
                self.progress,
                rows,
                lambda: charts.progress(rows, lang=state.lang, mode=self.state.mode),
            )

    def _paint_days(self) -> None:
        state = self.state
        title, subtitle = state.findings.days_title()
        days = state.days()
        nothing = None
        if days.empty:
            nothing = (state.t("execution.days.nothing"), state.t("execution.days.nothing_do"))
            subtitle = ""
        self.fill(
            self.days_head, "execution_chart_head.html", title=title, subtitle=subtitle, nothing=nothing
        )
        self.days.layout.display = "none" if days.empty else ""
        if not days.empty:
            rows = pace_table(days, lang=state.lang)
            self._redraw(self.days, rows, lambda: charts.pace(rows, lang=state.lang, mode=self.state.mode))

    def _paint_ended(self) -> None:
        state = self.state
        rows = state.dispositions()
        is_empty = bool((rows["n"] == 0).all())
        title, subtitle = state.findings.dispositions_title()
        nothing = None
        if is_empty:
            nothing = (state.t("execution.ended.nothing"), state.t("execution.ended.nothing_do"))
        self.fill(
            self.ended_head, "execution_chart_head.html", title=title, subtitle=subtitle, nothing=nothing
        )
        self.ended.layout.display = "none" if is_empty else ""
        if not is_empty:
            table = dispositions_table(rows)
            self._redraw(
                self.ended,
                table,
                lambda: charts.dispositions(table, lang=state.lang, mode=self.state.mode),
                len(table),
            )

    def _paint_table(self) -> None:
        state = self.state
        title, subtitle = state.findings.table_title()
        self.fill(
            self.table,
            "execution_table.html",
            title=title,
            subtitle=subtitle,
            rows=state.table(),
            is_wide=not self.working,
            chosen=state.strategy,
        )

    def _paint_work(self) -> None:
        state, work = self.state, self.state.work
        is_open = work.is_open
        self.fill(
            self.list,
            "execution_work.html",
            open=is_open,
            rows=work.rows() if is_open else [],
            n=work.n_waiting() if is_open else 0,
            due=work.n_due() if is_open else 0,
            hints=state.hints,
            hint="project.execution.worklist()",
        )
        customer = work.current() if is_open else None
        self.working[1].layout.display = "" if customer else "none"
        slots = state.progress_rows.set_index("strategy_id")["slot"]
        self.fill(
            self.customer,
            "execution_customer.html",
            customer=customer,
            slot=int(slots.get(customer["strategy_id"], 0)) if customer else 0,
            dispositions=list(state.project.execution.dispositions.offered(state.lang).items()),
            hints=state.hints,
            hint=work.record_hint() if customer else "",
        )

    def _paint_files(self) -> None:
        work = self.state.work
        self.working[2].layout.display = "" if work.is_open else "none"
        if not work.is_open:
            return
        self.fill(self.files, "execution_files.html")


def execution(project: Project, **traits: str) -> widgets.VBox:
    """Show the execution screen: how far the lists are, and whom to contact next.

    Parameters
    ----------
    project : Project
        As `workbench.open_project` returns it.
    **traits : str
        ``lang``, ``mode`` and the filters ``strategy``, ``channel``, ``segment`` to begin with.

    Returns
    -------
    ipywidgets.VBox
        Display it as the last line of a cell.
    """
    return show(project, ExecutionState, ExecutionScreen, **traits)
