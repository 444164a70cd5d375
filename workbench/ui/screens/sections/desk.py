"""The view of the desk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import ipywidgets as widgets

from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.desk import DeskState


class DeskSection(Section):
    """A view of `DeskState`."""

    grid_class = "wb-grid-desk"
    state: DeskState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: who is called, the script, what came of it, what lies beside, and the day."""
        self.who, self.clock, self.script, self.form = Panel(), Panel(), Panel(), Panel()
        self.beside, self.refer, self.tell, self.day = Panel(), Panel(), Panel(), Panel()
        self._connect()
        head = widgets.HBox([self.who, self.clock])
        head.add_class("dk-head")
        self.script_card, self.form_card = (
            card(self.script, area="a-dk-script"),
            card(self.form, area="a-dk-form"),
        )
        self.beside_card = card(self.beside, self.refer, self.tell, area="a-dk-beside")
        self.day_card = card(self.day, area="a-dk-day")
        # Columns of their own height; on a phone their cards stand in the order of a call.
        self.left = _column(card(head, area="a-dk-who"), self.day_card)
        self.columns = [self.left, _column(self.script_card), _column(self.form_card, self.beside_card)]
        return self.columns

    def _connect(self) -> None:
        state, on = self.state, self.screen.on
        if not state.may("contributor"):
            return
        call, record, beside = state.call, state.record, state.beside
        on(self.who, "name", lambda _, fields: state.state_name(fields.get("name", "")))
        on(self.who, "iam", lambda value, _: state.state_name(value))
        on(self.who, "not_me", lambda *_: state.leave_name())
        on(self.who, "strategy", lambda value, _: state.choose_strategy(value))
        on(self.who, "next", lambda *_: state.take_next())
        on(self.who, "ahead", lambda *_: state.take_next(ahead=True))
        on(self.who, "give_back", lambda *_: state.give_back())
        on(self.script, "answer", lambda value, _: call.answer(value))
        on(self.script, "confirm", lambda value, _: call.confirm(value))
        on(self.script, "undo", lambda *_: call.back())
        on(self.form, "code", lambda value, _: record.choose(value))
        on(self.form, "said", lambda value, _: record.say(value))
        for name in ("amount", "note", "call_at", "booked"):
            on(self.form, name, partial(self._typed, name))
        on(self.form, "save", lambda value, fields: record.save(value, fields))
        on(self.refer, "refer", lambda value, fields: beside.refer(value, fields))
        on(self.tell, "tell", lambda value, _: beside.tell(value))
        on(self.tell, "tell_text", lambda value, _: beside.type(value))
        on(self.who, "keys", lambda *_: state.switch_keys())
        on(self.day, "promised", lambda value, _: state.take_promised(value))
        on(self.day, "resume", lambda value, _: state.resume(value))

    def _typed(self, name: str, value: str, _: dict[str, str]) -> None:
        self.state.record.type(name, value)

    def paint(self) -> None:
        """Fill the cards from the state."""
        state, fill = self.state, self.screen.fill
        hints, customer = self.screen.state.hints, self.state.customer()
        at_hand = customer is not None
        fill(
            self.who,
            "desk_who.html",
            open=state.is_open,
            ready=state.screen.is_ready,
            agent=state.agent,
            names=state.names() if not state.agent and state.is_open else [],
            customer=customer,
            nobody=state.nobody,
            passed=state.findings.passed_over(),
            stopped=state.stopped,
            strategies=state.strategies() if state.is_open and state.agent else [],
            strategy=state.strategy,
            keys=state.keys,
            hints=hints,
        )
        self.clock.layout.display = "" if at_hand else "none"
        fill(self.clock, "desk_clock.html", seconds=state.seconds_left())
        for column in self.columns:
            _mark(column, "dk-idle", column is self.left and not at_hand)
            _mark(column, "wb-no-keys", not state.keys)
        for part in (self.script_card, self.form_card, self.beside_card):
            part.layout.display = "" if at_hand else "none"
        self.day_card.layout.display = "" if state.is_open and state.agent else "none"
        if at_hand:
            fill(self.script, "desk_script.html", call=state.call.shown(), hints=hints)
            self._paint_form(hints)
        if state.is_open and state.agent:
            fill(
                self.day,
                "desk_day.html",
                figures=state.findings.day(),
                promised=state.promised(),
                at_hand=at_hand,
                held=[lease for lease in state.held if lease is not state.lease],
                hints=hints,
            )

    def _paint_form(self, hints: bool) -> None:
        state, fill, beside = self.state, self.screen.fill, self.state.beside
        assert state.lease is not None
        number = state.lease.lease_id
        fill(
            self.form,
            "desk_form.html",
            form=state.record.shown(),
            number=number,
            hints=hints,
            hint=state.record.hint(),
        )
        fill(
            self.beside,
            "desk_beside.html",
            materials=beside.materials(),
            quota=beside.quota(),
            product=beside.product(state.lease.offer),
            hints=hints,
        )
        fill(
            self.refer, "desk_refer.html", form=beside.referral(), key=beside.key, number=number, hints=hints
        )
        fill(
            self.tell,
            "desk_tell.html",
            groups=beside.groups(),
            key=beside.key,
            text=beside.text,
            number=number,
            hints=hints,
        )


def _mark(widget: widgets.DOMWidget, name: str, on: bool) -> None:
    if on:
        widget.add_class(name)
    else:
        widget.remove_class(name)


def _column(*cards: widgets.DOMWidget) -> widgets.VBox:
    column = widgets.VBox(list(cards))
    column.add_class("dk-column")
    return column
