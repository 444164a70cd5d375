"""The view of expert rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets as widgets

from workbench import charts
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.rules import RulesState
from workbench.ui.state.sections.rules_tables import MATRIX_RULES
from workbench.ui.vega import VegaView

if TYPE_CHECKING:
    from workbench.ui.state.sections.rules_builder import RuleBuilder

FIELDS = ("name", "segment", "segment_zh")


class RulesSection(Section):
    """A view of `RulesState`."""

    grid_class = "wb-grid-rules"
    state: RulesState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: the rules, the builder, pairs, clusters, segments told as rules."""
        self.listed, self.form, self.live = Panel(), Panel(), Panel()
        self.pairs, self.cross = Panel(), Panel()
        self.told_head, self.told_chart, self.told_list = Panel(), VegaView(), Panel()
        screen = self.screen
        for action, act in self._list_actions().items():
            screen.on(self.listed, action, act)
        screen.on(self.told_list, "learn", lambda value, _: self._need().learn(value))
        for field in FIELDS:
            screen.on(self.form, f"field:{field}", partial(self._field, field))
        for action in ("save", "approve", "discard"):
            screen.on(screen.title, f"rules-{action}", partial(self._end, action))
        self._registered: set[str] = set()
        self.form_card = card(self.form, self.live, area="a-rl-form")
        return [
            card(self.listed, area="a-rl-list"),
            self.form_card,
            card(self.pairs, area="a-rl-pairs"),
            card(self.cross, area="a-rl-cross"),
            card(self.told_head, self.told_chart, self.told_list, area="a-rl-told"),
        ]

    def _list_actions(self) -> dict[str, Callable[[str, dict[str, str]], None]]:
        return {
            "add": lambda *_: self._need().add(),
            "undo": lambda *_: self._need().undo(),
            "edit": lambda value, _: self._need().select(value),
            "up": lambda value, _: self._need().move(value, -1),
            "down": lambda value, _: self._need().move(value, 1),
            "duplicate": lambda value, _: self._need().duplicate(value),
            "delete": lambda value, _: self._need().delete(value),
        }

    def _need(self) -> RuleBuilder:
        return self.state.need_builder()

    def _end(self, action: str, _value: str, _fields: dict[str, str]) -> None:
        if action == "discard":
            self._need().discard()
        elif action == "save":
            self.state.save()
        else:
            self.state.approve()

    def _field(self, field: str, value: str, _fields: dict[str, str]) -> None:
        self._need().name(field, value)

    def paint(self) -> None:
        """Fill the cards from the state."""
        state, screen = self.state, self.screen
        builder = state.builder
        rows = state.rule_rows()
        found = state.evaluation
        gap = None if found is None else state.count(found.n_gap)
        screen.fill(
            self.listed,
            "rules_list.html",
            rows=rows,
            editable=builder is not None,
            selected=builder.selected if builder else -1,
            can_undo=builder is not None and builder.can_undo,
            gap=gap,
            gap_share=gap / found.n if found is not None and gap is not None and found.n else None,
            evaluated=found is not None,
            date=state.date(),
            n=found.n if found is not None else 0,
            hint="project.insight.rules.evaluate(rules).coverage" if screen.state.hints else "",
        )
        self._paint_form(rows)
        self._paint_tables(bool(rows))
        self._paint_told()

    def _paint_form(self, rows: list[dict]) -> None:
        state, screen = self.state, self.screen
        builder = state.builder
        self.form_card.layout.display = "none" if builder is None else ""
        if builder is None:
            return
        parts = builder.rows()
        self._register(parts)
        chosen = builder.draft.rules[builder.selected] if builder.draft.rules else None
        screen.fill(
            self.form,
            "rules_form.html",
            rule=chosen,
            place=builder.selected,
            parts=parts,
            columns=builder.columns() if chosen else [],
            generation=builder.generation,
        )
        row = rows[builder.selected] if rows else None
        hints = screen.state.hints and state.may("analyst")
        screen.fill(self.live, "rules_live.html", row=row, hint=state.python() if hints else "")

    def _register(self, parts: list[dict]) -> None:
        """Let the controls of each part of the rule be heard."""
        actions = ["column", "operator", "typed0", "typed1", "group", "condition", "nest", "remove"]
        for part in parts:
            picks = [f"pick{number}" for number in range(len(part.get("choices", ())))]
            for action in (*actions, *picks):
                name = f"{action}:{part['key']}"
                if name not in self._registered:
                    self._registered.add(name)
                    self.screen.on(self.form, name, partial(self._part, action, part["path"]))

    def _part(self, action: str, path: tuple[int, ...], value: str, _fields: dict[str, str]) -> None:
        self._need().act(action, path, value)

    def _paint_tables(self, shown: bool) -> None:
        state, screen = self.state, self.screen
        names, rows = state.overlap_rows()
        title, subtitle = state.findings.overlap_title()
        screen.fill(
            self.pairs,
            "rules_pairs.html",
            title=title,
            subtitle=subtitle,
            names=names,
            rows=rows,
            conflicts=state.conflict_rows(),
            many=len(state.rule_rows()) > MATRIX_RULES,
            most=MATRIX_RULES,
        )
        columns, cells = state.crosstab_rows()
        title, subtitle = state.findings.cross_title()
        screen.fill(
            self.cross,
            "rules_cross.html",
            title=title,
            subtitle=subtitle,
            columns=columns,
            rows=cells,
            many=shown and len(state.rule_rows()) > MATRIX_RULES,
            most=MATRIX_RULES,
        )

    def _paint_told(self) -> None:
        state, screen = self.state, self.screen
        title, subtitle = state.findings.told_title()
        told = state.told_rows()
        screen.fill(
            self.told_head,
            "chart_head.html" if told else "rules_told_empty.html",
            title=title,
            subtitle=subtitle,
            legend=(state.t("insight_rules.told.precision"), state.t("insight_rules.told.coverage")),
        )
        self.told_chart.layout.display = "" if told else "none"
        if told:
            rows = state.told_chart()
            screen.draw(
                self.told_chart,
                lambda: charts.segment_rules(rows, lang=state.lang, mode=screen.state.mode),
                state.segment_rules,
            )
        screen.fill(
            self.told_list,
            "rules_told.html",
            rows=told,
            editable=state.builder is not None,
            hint="project.insight.rules.learn(segment).rule" if screen.state.hints and told else "",
        )
