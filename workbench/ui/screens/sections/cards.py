"""The view of the section on strategy cards."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from workbench import charts
from workbench.ui import request
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.card_fields import ALL
from workbench.ui.state.sections.cards import CardsState
from workbench.ui.state.strategy_voice import tell_front_line
from workbench.ui.vega import VegaView


class CardsSection(Section):
    """A view of `CardsState`."""

    grid_class = "wb-grid-cards"
    state: CardsState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: the chart, the list, and the chosen card or its form."""
        self.chart_head, self.chart = Panel(), VegaView()
        self.list, self.detail, self.live, self.foot, self.new = (Panel() for _ in range(5))
        self.missing, self.voice = Panel(), Panel()
        self.analyst = self.state.may("analyst") and not request.is_published()
        self.new_card = card(self.new, area="a-sc-new")
        self.empty = card(self.missing, area="a-sc-list")
        self.shown = [
            card(self.chart_head, self.chart, area="a-sc-chart"),
            card(self.list, area="a-sc-list"),
            card(self.detail, self.live, self.foot, self.voice, area="a-sc-card"),
        ]
        self.screen.on(self.list, "choose", lambda value, _: self.state.choose(value))
        if self.analyst:
            self._connect()
        return [*([self.new_card] if self.analyst else []), *self.shown, self.empty]

    def _connect(self) -> None:
        state, form, on = self.state, self.state.form, self.screen.on
        on(self.screen.title, "new", lambda *_: state.new())
        on(self.screen.title, "undo-card", lambda *_: state.undo())
        on(self.new, "make", lambda _, fields: state.make(fields))
        on(self.new, "new", lambda *_: state.new())
        for panel in (self.detail, self.foot):
            on(panel, "edit", lambda *_: state.edit())
            on(panel, "duplicate", lambda *_: state.duplicate())
            on(panel, "remove", lambda *_: state.remove())
            on(panel, "save", lambda *_: state.save())
            on(panel, "undo", lambda *_: form.undo())
            on(panel, "give-up", lambda *_: state.give_up())
        on(self.detail, "keep", lambda *_: state.keep_theirs())
        on(self.detail, "overwrite", lambda *_: state.overwrite())
        on(self.detail, "merge", lambda _, fields: state.merge(fields))
        on(self.voice, "accept", lambda _, fields: state.accept_change(fields))
        on(self.voice, "decline", lambda _, fields: state.front_line.decline(fields))
        on(self.voice, "finish", lambda value, _: state.front_line.finish(value))
        for name in ALL:
            on(self.detail, f"field:{name}", self._typer(name))
        for name in ("lifecycle_stages", "tier"):
            for place, value in enumerate(self.state.several(name)):
                on(self.detail, f"pick:{name}:{place}", self._toggler(name, value))
        on(self.detail, "channel-up", lambda value, _: form.move_channel(value, -1))
        on(self.detail, "channel-remove", lambda value, _: form.move_channel(value, 0))
        on(self.detail, "channel-add", lambda value, _: form.add_channel(value))
        on(self.detail, "condition-add", lambda *_: form.add_row())
        on(self.detail, "condition-remove", lambda value, _: form.remove_row(value))
        for place in range(self.state.most_conditions):
            for name in ("column", "operator", "typed"):
                on(self.detail, f"condition:{place}:{name}", self._rower(str(place), name))

    def _typer(self, name: str):  # type: ignore[no-untyped-def]
        return lambda value, _: self.state.form.type(name, value)

    def _toggler(self, name: str, chosen: str):  # type: ignore[no-untyped-def]
        return lambda *_: self.state.form.toggle(name, chosen)

    def _rower(self, place: str, name: str):  # type: ignore[no-untyped-def]
        return lambda value, _: self.state.form.change_row(place, name, value)

    # Painting --------------------------------------------------------------------

    def paint(self) -> None:
        """Fill the cards from the state, or say what is missing."""
        state = self.state
        ready = not state.screen.cards.empty
        for part in self.shown:
            part.layout.display = "" if ready else "none"
        self.empty.layout.display = "none" if ready else ""
        if self.analyst:
            self._paint_new()
        if not ready:
            heading = state.heading()
            self.screen.fill(self.missing, "value_empty.html", title=heading.title, text=heading.subtitle)
            return
        self._paint_chart()
        self.screen.fill(
            self.list, "cards_list.html", rows=state.rows(), day=state.day(), hint=self._hint("power")
        )
        self._paint_card()

    def _hint(self, name: str) -> str:
        return self.state.python()[name] if self.analyst and self.screen.state.hints else ""

    def _paint_chart(self) -> None:
        state = self.state
        rows = state.chart_rows()
        title, subtitle = state.findings.chart_title()
        self.screen.fill(
            self.chart_head, "cards_head.html", title=title, subtitle=subtitle, missing=rows.empty
        )
        self.chart.layout.display = "none" if rows.empty else ""
        if not rows.empty:
            mode = self.screen.state.mode
            self.screen.draw(self.chart, lambda: charts.card_power(rows, lang=state.lang, mode=mode), rows)

    def _paint_new(self) -> None:
        state = self.state
        self.new_card.layout.display = "" if state.making else "none"
        if state.making:
            self.screen.fill(
                self.new,
                "cards_new.html",
                templates=state.templates(),
                segments=state.segment_names(),
                hint=self._hint("new"),
            )

    def _paint_card(self) -> None:
        state, editor = self.state, self.state.screen.editor
        row = state.row()
        form = state.form if self.analyst and state.form.is_open else None
        if row is None:
            self.shown[2].layout.display = "none"
            return
        if editor.mine is not None and self.analyst:
            self.screen.fill(
                self.detail,
                "cards_conflict.html",
                card=row,
                rows=editor.differences(),
                removed=editor.removed,
                who=editor.theirs.get("updated_by", ""),
            )
            self._paint_rest("", [])
        elif form is not None:
            self.screen.fill(self.detail, "cards_form.html", card=row, **form.view())
            figures = form.power()
            self._paint_rest("form", state.findings.explain(figures, row.get("power_basis") or ""), figures)
        else:
            mark = self.screen.state.marks().get(row["id"])  # type: ignore[attr-defined]
            self.screen.fill(self.detail, "cards_card.html", card=row, scripts=state.scripts(), mark=mark)
            figures = {name[6:]: value for name, value in row.items() if name.startswith("power_")}
            self._paint_rest("card", state.findings.explain(figures, row.get("power_basis") or ""), figures)
        self._paint_voice(row["id"])

    def _paint_voice(self, strategy_id: str) -> None:
        state = self.state
        self.screen.fill(
            self.voice,
            "cards_voice.html",
            told=tell_front_line(state.screen, strategy_id),
            rows=state.front_line.rows(strategy_id),
            works=state.may("contributor"),
            may_answer=self.analyst,
        )

    def _paint_rest(self, kind: str, sentences: list[str], figures: dict | None = None) -> None:  # type: ignore[type-arg]
        state, row = self.state, self.state.row()
        assert row is not None
        self.screen.fill(
            self.live,
            "cards_power.html",
            sentences=sentences,
            verdict=state.findings.verdict(figures or {}),
            figures=figures,
            shown=bool(kind),
        )
        self.screen.fill(
            self.foot,
            "cards_foot.html",
            kind=kind if self.analyst else "",
            card=row,
            problems=len(state.form.problems()) if kind == "form" else 0,
            changed=kind == "form" and state.form.is_changed,
            can_undo=kind == "form" and state.form.can_undo,
            hint=self._hint("save" if kind == "form" else "card"),
        )
