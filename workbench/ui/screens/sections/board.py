"""The view of the section board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench import charts
from workbench.charts.review import funnel_table
from workbench.charts.review_board import money_height, money_table
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.board import FILTERS, BoardState
from workbench.ui.state.sections.board_tables import ALERTS, ROWS
from workbench.ui.vega import VegaView

if TYPE_CHECKING:
    import pandas as pd

MESSAGE_PREFIXES = ("review_board.by.", "review_board.filter.")


class BoardSection(Section):
    """A view of `BoardState`."""

    grid_class = "wb-grid-board"
    state: BoardState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: filters, funnel, cost and return, table, alerts, action items."""
        self.bar, self.empty = Panel(), Panel()
        self.funnel_head, self.funnel = Panel(), VegaView()
        self.money_head, self.money = Panel(), VegaView()
        self.heat, self.alerts, self.items = Panel(), Panel(), Panel()
        self._drawings: dict[int, tuple[object, ...]] = {}
        self._connect()
        self.figures = [
            card(self.funnel_head, self.funnel, area="a-bd-funnel"),
            card(self.money_head, self.money, area="a-bd-money"),
            card(self.heat, area="a-bd-heat"),
        ]
        self.bar_card = widgets.VBox([self.bar])
        self.bar_card.add_class("a-bd-bar")
        self.side = [card(self.alerts, area="a-bd-alerts"), card(self.items, area="a-bd-items")]
        self.empty_card = card(self.empty, area="a-bd-heat")
        return [self.bar_card, *self.figures, *self.side, self.empty_card]

    def _connect(self) -> None:
        state, form, on = self.state, self.state.form, self.screen.on
        for name in FILTERS:
            on(self.bar, f"filter-{name}", partial(self._chosen, name))
        for end in ("week_from", "week_to"):
            on(self.bar, f"filter-{end}", partial(self._begun, end))
        on(self.bar, "clear", lambda *_: state.clear())
        on(self.empty, "clear", lambda *_: state.clear())
        on(self.heat, "by", lambda value, _: state.choose_by(value))
        on(self.heat, "rows", lambda *_: setattr(state, "all_rows", not state.all_rows))
        on(self.heat, "member", lambda value, _: state.choose(state.dimension(), value))
        on(self.alerts, "look", lambda value, _: state.look(value))
        on(self.alerts, "more", lambda *_: setattr(state, "all_alerts", not state.all_alerts))
        if not state.may("contributor"):
            return
        on(self.items, "new", lambda *_: form.begin())
        on(self.items, "act", lambda value, _: form.begin(value))
        on(self.items, "edit", lambda value, _: form.edit(value))
        on(self.items, "cancel", lambda *_: form.cancel())
        on(self.items, "save", lambda _, fields: form.save(fields))
        on(self.items, "overwrite", lambda *_: form.overwrite())
        on(self.items, "keep", lambda *_: form.keep_theirs())
        for ended in ("done", "dropped", "open"):
            on(self.items, f"end-{ended}", partial(self._ended, ended))

    def _chosen(self, name: str, value: str, _fields: object) -> None:
        self.state.choose(name, value)

    def _begun(self, end: str, value: str, _fields: object) -> None:
        self.state.choose_week(end, value)

    def _ended(self, ended: str, value: str, _fields: object) -> None:
        self.state.form.end(value, ended)

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state, screen = self.state, self.screen
        there = state.is_there
        told = there and state.is_published()
        self.bar_card.layout.display = "" if there else "none"
        for part in self.figures:
            part.layout.display = "" if told else "none"
        self.side[0].layout.display = "" if there else "none"
        self.empty_card.layout.display = "none" if told else ""
        if not told:
            screen.fill(self.empty, "board_empty.html", heading=state.heading(), there=there)
        self._paint_items()
        if not there:
            return
        self._paint_bar()
        tables = state.tables
        screen.fill(
            self.alerts,
            "board_alerts.html",
            alerts=tables.shown_alerts(),
            n=len(state.raised),
            limit=ALERTS,
            expanded=state.all_alerts,
            hints=screen.state.hints,
        )
        if told:
            self._paint_funnel()
            self._paint_money()
            self._paint_heat()

    def _paint_bar(self) -> None:
        state, tables = self.state, self.state.tables
        offered = [name for name in FILTERS if len(state.values(name)) > 1 or getattr(state, name)]
        self.screen.fill(
            self.bar,
            "board_bar.html",
            filters=[
                {
                    "name": name,
                    "label": state.t(f"review_board.filter.{name}"),
                    "value": getattr(state, name),
                    "choices": [(value, tables.name(name, value)) for value in state.values(name)],
                }
                for name in offered
            ],
            weeks=[(number, day) for number, day in state.begins],
            week_from=state.week_from,
            week_to=state.week_to,
            any=bool(state.filters()) or state.weeks() is not None,
            hints=self.screen.state.hints,
            hint=state.hint(),
        )

    def _paint_funnel(self) -> None:
        state = self.state
        title, subtitle = state.findings.funnel_title()
        self.screen.fill(self.funnel_head, "review_funnel_head.html", title=title, subtitle=subtitle)
        steps = funnel_table(state.tables.funnel())
        mode = self.screen.state.mode
        self._draw(self.funnel, steps, lambda: charts.funnel(steps, lang=state.lang, mode=mode))

    def _paint_money(self) -> None:
        state, mode = self.state, self.screen.state.mode
        title, subtitle = state.findings.money_title()
        rows = state.tables.returns()
        self.screen.fill(
            self.money_head, "board_money_head.html", title=title, subtitle=subtitle, missing=rows.empty
        )
        self.money.layout.display = "none" if rows.empty else ""
        if rows.empty:
            return
        drawn = money_table(rows, mode)
        height = money_height(len(rows))
        if self.money.height != height:
            self.money.height = height
        self._draw(self.money, drawn, lambda: charts.cost_and_return(drawn, lang=state.lang, mode=mode))

    def _draw(self, view: VegaView, table: pd.DataFrame, make: Callable[[], Any]) -> None:
        """Draw a chart; where only its rows differ, only those are sent."""
        key = (self.state.lang, self.screen.state.mode)
        if self._drawings.get(id(view)) == key:
            view.replace(table, table=str(table.attrs["table"]))
            return
        self._drawings[id(view)] = key
        self.screen.draw(view, make)

    def _paint_heat(self) -> None:
        state = self.state
        title, subtitle = state.findings.heat_title()
        self.screen.fill(
            self.heat,
            "board_heat.html",
            title=title,
            subtitle=subtitle,
            table=state.tables.heat(),
            by=state.dimension(),
            dimensions=[(name, state.t(f"review_board.by.{name}")) for name in state.dimensions()],
            limit=ROWS,
            expanded=state.all_rows,
            hints=self.screen.state.hints,
            hint=state.hint(),
        )

    def _paint_items(self) -> None:
        state, form = self.state, self.state.form
        if state.screen.comment_count() != len(state.comments):
            # Written above, in the comments of the page.
            state.read_items()
        may = state.may("contributor") and bool(state.project.cycle.cycle_id)
        self.screen.fill(
            self.items,
            "board_items.html",
            items=state.tables.items(),
            comments=state.tables.comments(),
            may_write=may,
            open=form.open,
            form=form.values() if form.open else None,
            typed=form.typed is not None,
            difference=form.difference,
            hints=self.screen.state.hints,
        )
