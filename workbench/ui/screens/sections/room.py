"""The view of the section on rooms."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from workbench import charts
from workbench.ui.board import Board
from workbench.ui.board import words as board_words
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.guard import UNEXPECTED
from workbench.ui.state.sections.room import RoomState
from workbench.ui.state.sections.room_leading import MORE
from workbench.ui.vega import VegaView

EVERY = 1.0
"""Seconds between two looks at the store while a room is open."""
AFTER_A_FAULT = 15.0
_COUNTING = "seconds_left"


class RoomSection(Section):
    """A view of `RoomState`."""

    grid_class = "wb-grid-room"
    state: RoomState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards of an open room, and those of a closed one."""
        self.form, self.lead, self.clock, self.time = Panel(), Panel(), Panel(), Panel()
        self.groups, self.board, self.deciding = Panel(), Board(), Panel()
        self.chart_head, self.chart, self.table = Panel(), VegaView(), Panel()
        self.out, self.join, self.people, self.list = Panel(), Panel(), Panel(), Panel()
        self.bar, self.past, self.empty = Panel(), Panel(), Panel()
        self.timer: asyncio.TimerHandle | None = None
        self._view: dict[str, Any] = {}
        self._connect()
        self.clocks = widgets.VBox([self.clock, self.time])
        self.clocks.add_class("rm-clocks")
        head = widgets.HBox([self.lead, self.clocks])
        head.add_class("rm-head")
        self.cards_by_name = {
            "form": card(self.form, area="a-rm-form"),
            "lead": card(head, area="a-rm-lead"),
            "board": card(self.groups, self.board, area="a-rm-board"),
            "decide": card(self.deciding, area="a-rm-decide"),
            "chart": card(self.chart_head, self.chart, area="a-rm-chart"),
            "table": card(self.table, area="a-rm-table"),
            "out": card(self.out, area="a-rm-out"),
            "past": card(self.bar, self.past, area="a-rm-past"),
            "join": card(self.join, area="a-rm-join"),
            "people": card(self.people, area="a-rm-people"),
            "list": card(self.list, area="a-rm-list"),
            "empty": card(self.empty, area="a-rm-lead"),
        }
        self.work = self._stacked("rm-work", "board", "decide")
        side = self._stacked("a-rm-side", "join", "people", "out", "list")
        main = self._stacked("a-rm-main", "empty", "form", "lead")
        rest = [self.cards_by_name[name] for name in ("chart", "table", "past")]
        main.children = (*main.children, self.work, *rest)
        return [main, side]

    def _stacked(self, name: str, *cards: str) -> widgets.VBox:
        box = widgets.VBox([self.cards_by_name[each] for each in cards])
        box.add_class(name)
        return box

    def _connect(self) -> None:
        state, on = self.state, self.screen.on
        on(self.list, "room", lambda value, _: state.choose(value))
        on(self.bar, "step", lambda value, _: state.past.go(value))
        on(self.bar, "jump", lambda value, _: state.past.jump(value))
        on(self.bar, "turn", lambda value, _: state.past.turn(1 if value == "1" else -1))
        on(self.out, "minutes", lambda value, _: state.take_minutes(value))
        state.observe(self._deliver, "delivered")
        if not state.may("analyst"):
            return
        on(self.screen.title, "room-new", lambda *_: state.leading.show_form())
        on(self.form, "cancel", lambda *_: state.leading.show_form(False))
        on(self.form, "open", lambda _, fields: state.leading.open(fields))
        on(self.lead, "go", lambda value, _: state.leading.go(value))
        on(self.lead, "close", lambda *_: state.leading.close())
        on(self.time, "go", lambda value, _: state.leading.go(value))
        on(self.time, "more", lambda *_: state.leading.more_time())
        on(self.join, "page", lambda *_: state.invite.start())
        on(self.groups, "propose", lambda *_: state.grouping.propose())
        on(self.groups, "accept", lambda *_: state.grouping.accept())
        on(self.groups, "dismiss", lambda *_: state.grouping.dismiss())
        on(self.deciding, "kind", lambda value, _: state.decisions.choose_kind(value))
        on(self.deciding, "decide", lambda _, fields: state.decisions.decide(fields))
        on(self.out, "named-minutes", lambda value, _: state.take_minutes(value, names=True))
        guard = self.screen.state.guard
        self.board.on("move", lambda report: guard(self._moved, report))
        self.board.on("pick", lambda report: guard(state.decisions.pick, report["ideas"]))

    def _moved(self, report: dict[str, Any]) -> None:
        taken, answer = self.state.grouping.regroup(report)
        if taken:
            self.board.done(report["key"], answer)
        else:
            self.board.refused(report["key"], answer)

    def _deliver(self, change: Any) -> None:
        made = change["new"]
        if made is not None:
            self.out.deliver(made.name, made.media_type, made.content)
            self.state.delivered = None

    # Looking again while a room is open --------------------------------------------

    def _keep_looking(self) -> None:
        """Look at the store again in a second, while the section is open and the room too."""
        if self.timer is not None or not self.state.is_live:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # Without a kernel's loop nobody watches; a script calls the state's `poll`.
            return
        self.timer = loop.call_later(EVERY, self._look)

    def _look(self) -> None:
        self.timer = None
        screen = self.screen.state
        if screen.current_section is not self.state:  # type: ignore[attr-defined]
            return
        faults = len(UNEXPECTED)
        screen.guard(self.state.poll)
        if len(UNEXPECTED) > faults:
            # What is broken stays broken for a while: not a line of the log each second.
            self.timer = asyncio.get_running_loop().call_later(AFTER_A_FAULT, self._look)
            return
        if self.state.is_live:
            self._paint_clock()
        self._keep_looking()

    # Painting ------------------------------------------------------------------------

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state, hints = self.state, self.screen.state.hints and self.state.may("analyst")
        shown = self._shown()
        for name, part in self.cards_by_name.items():
            part.layout.display = "" if name in shown else "none"
        self.work.layout.display = "" if "board" in shown else "none"
        fill = self.screen.fill
        if "empty" in shown:
            heading = state.heading()
            fill(self.empty, "room_empty.html", title=heading.title, do=heading.subtitle)
        if "form" in shown:
            fill(self.form, "room_form.html", form=state.leading.form(), hints=hints)
        if "list" in shown:
            fill(self.list, "room_list.html", rows=state.listed(), hints=hints)
        if state.room is not None:
            self._paint_lead(hints)
            self._paint_board(hints, "board" in shown)
            self._paint_sides(hints)
            self._paint_side(hints)
            if "past" in shown:
                self._paint_past(hints)
        self._keep_looking()

    def _shown(self) -> set[str]:
        """Return the names of the cards that the room's stage and the reader's role call for."""
        state = self.state
        found = {"form"} if state.leading.opening else set()
        if len(state.rows):
            found.add("list")
        if state.room is None:
            return found or {"empty"}
        found |= {"lead", "out"}
        if state.is_live:
            found |= {"join", "people"}
        elif state.may("analyst"):
            found.add("people")
        if state.is_live and not state.is_private:
            found.add("board")
        if state.decisions.is_open:
            found.add("decide")
        if state.sides.is_there:
            found |= {"chart", "table"}
        if state.past.is_there:
            found.add("past")
        return found

    def _paint_lead(self, hints: bool) -> None:
        state = self.state
        room = state.room
        assert room is not None
        live = state.is_live
        before, after = state.leading.neighbours() if live else ("", "")
        self.screen.fill(
            self.lead,
            "room_lead.html",
            room=room,
            code=room["code"],
            segment=state.segment_name(state.segment),
            slot=state.slot(state.segment),
            steps=state.leading.steps(),
            analyst=state.may("analyst"),
            closed=not live,
            before=before,
            after=after,
            names={name: state.stage_name(name) for name in (before, after) if name},
            private=live and state.is_private,
            n_ideas=len(state.ideas),
            python=state.leading.python(after),
            hints=hints,
        )
        self.clocks.layout.display = "" if live else "none"
        if live:
            self._paint_clock()

    def _paint_clock(self) -> None:
        """Paint the clock alone: nothing that is typed into stands beside it."""
        state = self.state
        clock = state.leading.clock()
        self.screen.fill(self.clock, "room_clock.html", clock=clock)
        self.screen.fill(
            self.time,
            "room_time.html",
            running=bool(clock["left"]),
            planned=clock["planned"],
            stage=state.stage,
            more=MORE,
            hints=self.screen.state.hints,
            python=f'project.insight.rooms.lead({state.chosen}, "{state.stage}", minutes={MORE})',
        )

    def _paint_board(self, hints: bool, shown: bool) -> None:
        state = self.state
        self.screen.fill(
            self.groups,
            "room_groups.html",
            may_propose=state.grouping.may_propose,
            proposed=state.grouping.proposed(),
            room_id=state.chosen,
            hints=hints,
        )
        self.screen.fill(
            self.deciding,
            "room_decide.html",
            form=state.decisions.form(),
            python=state.decisions.python(),
            hints=hints,
        )
        if not shown:
            return
        view = {**state.grouping.board(), "words": board_words(state.lang)}
        if _still(view) != _still(self._view):
            self._view = view
            self.board.view = view

    def _paint_sides(self, hints: bool) -> None:
        state, mode = self.state, self.screen.state.mode
        title, subtitle = state.sides.chart_title()
        drawn = state.sides.chart()
        self.screen.fill(
            self.chart_head,
            "room_chart_head.html",
            title=title,
            subtitle=subtitle,
            legend=(
                state.t("insight_brainstorm.chart.legend_office"),
                state.t("insight_brainstorm.chart.legend_branch"),
            ),
        )
        if len(drawn):
            self.screen.draw(self.chart, lambda: charts.room_sides(drawn, lang=state.lang, mode=mode), drawn)
        self.screen.fill(
            self.table, "room_sides.html", rows=state.sides.rows(), python=state.sides.python(), hints=hints
        )

    def _paint_side(self, hints: bool) -> None:
        state = self.state
        live = state.is_live
        if live:
            self.screen.fill(
                self.join,
                "room_join.html",
                code=state.invite.code(),
                page=state.invite.page(),
                folder=state.project.folder.name,
                hints=hints,
            )
        self.screen.fill(self.people, "room_people.html", people=state.arrivals(), live=live)
        self.screen.fill(
            self.out,
            "room_out.html",
            rows=state.decisions.rows(),
            live=live,
            minutes=not state.is_private,
            analyst=state.may("analyst"),
            room_id=state.chosen,
            hints=hints,
        )

    def _paint_past(self, hints: bool) -> None:
        past = self.state.past
        self.screen.fill(self.bar, "room_replay_bar.html", marks=past.marks(), **past.slider())
        self.screen.fill(
            self.past,
            "room_replay_board.html",
            place=past.place,
            length=past.length,
            caption=past.caption(),
            columns=past.board(),
            python=past.python(),
            hints=hints,
        )


def _still(view: dict[str, Any]) -> dict[str, Any]:
    """Return a board's view without what the page counts down by itself."""
    room = {name: value for name, value in view.get("room", {}).items() if name != _COUNTING}
    return {**view, "room": room}
