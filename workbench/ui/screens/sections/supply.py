"""The view of the section on quotas, materials and disposition codes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import ipywidgets as widgets

from workbench import charts
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.record_form import RecordForm
from workbench.ui.state.sections.supply import LEDGER, SupplyState
from workbench.ui.vega import VegaView


class SupplySection(Section):
    """A view of `SupplyState`."""

    grid_class = "wb-grid-supply"
    state: SupplyState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return quotas, ledger, time line, materials and codes, each with its form."""
        self.quota, self.quota_side, self.ledger = Panel(), Panel(), Panel()
        self.line_head, self.line = Panel(), VegaView()
        self.list, self.material_side = Panel(), Panel()
        self.codes, self.code_side = Panel(), Panel()
        if self.state.may("analyst"):
            self._connect()
        self.ledger_card = card(self.ledger, area="a-su-ledger")
        self.line_card = card(self.line_head, self.line, area="a-su-line")
        self.sides = {
            "quota": card(self.quota_side, area="a-su-qform"),
            "material": card(self.material_side, area="a-su-mform"),
            "code": card(self.code_side, area="a-su-cform"),
        }
        self.wide = {
            "quota": card(self.quota, area="a-su-quota"),
            "code": card(self.codes, area="a-su-codes"),
        }
        return [
            self.wide["quota"],
            self.sides["quota"],
            self.ledger_card,
            self.line_card,
            card(self.list, area="a-su-mlist"),
            self.sides["material"],
            self.wide["code"],
            self.sides["code"],
        ]

    def _connect(self) -> None:
        state, on = self.state, self.screen.on
        quota, material, code = state.quota_form, state.material_form, state.code_form
        for panel, side, form in (
            (self.quota, self.quota_side, quota),
            (self.list, self.material_side, material),
            (self.codes, self.code_side, code),
        ):
            self._connect_form(panel, side, form)
        on(self.quota, "edit", lambda value, _: quota.edit(value))
        on(self.quota_side, "save", lambda _, fields: quota.save(fields))
        on(self.list, "replace", lambda value, _: material.replace(value))
        on(self.list, "end", lambda value, fields: material.end(value, fields))
        on(self.list, "withdraw", lambda value, fields: material.withdraw(value, fields))
        on(self.material_side, "save", lambda _, fields: material.save(fields))
        on(self.codes, "edit", lambda value, _: code.edit(value))
        on(self.codes, "retire", lambda value, _: code.retire(value))
        on(self.codes, "delete", lambda value, _: code.delete(value))
        on(self.code_side, "save", lambda _, fields: code.save(fields))

    def _connect_form(self, panel: Panel, side: Panel, form: RecordForm) -> None:
        on = self.screen.on
        on(panel, "add", lambda *_: form.add())
        on(side, "cancel", lambda *_: form.cancel())
        on(side, "keep", lambda *_: form.keep_theirs())
        on(side, "overwrite", lambda *_: form.overwrite())

    @property
    def _hints(self) -> bool:
        return bool(self.screen.state.hints)

    def paint(self) -> None:
        """Fill the cards from the state."""
        state = self.state
        findings, edits = state.findings, state.may("analyst")
        rows = findings.quotas()
        self.screen.fill(
            self.quota,
            "supply_quota.html",
            rows=rows,
            stopped=findings.stopped(),
            any_hidden=any(row["hidden"] for row in rows),
            hidden=state.t("execution.hidden"),
            all=state.sees_all,
            edits=edits,
            hints=self._hints,
        )
        entries = findings.ledger(LEDGER)
        self.ledger_card.layout.display = "" if entries else "none"
        self.screen.fill(
            self.ledger, "supply_ledger.html", rows=entries, all=len(state.ledger), hints=self._hints
        )
        self._paint_line()
        self.screen.fill(
            self.list, "supply_material_list.html", rows=findings.materials(), edits=edits, hints=self._hints
        )
        self.screen.fill(
            self.codes,
            "supply_codes.html",
            rows=findings.codes(),
            versions=findings.versions(),
            version=state.version,
            all=state.sees_all,
            edits=edits,
            hints=self._hints,
        )
        self._paint_forms()

    def _paint_line(self) -> None:
        state, mode = self.state, self.screen.state.mode
        drawn = state.drawn()
        self.line_card.layout.display = "none" if drawn.empty else ""
        title, subtitle = state.findings.materials_title()
        self.screen.fill(self.line_head, "card_head.html", title=title, subtitle=subtitle, legend=())
        if len(drawn):
            today = state.screen.today
            make = partial(charts.material_days, drawn, today=today, lang=state.lang, mode=mode)
            self.screen.draw(self.line, make, drawn)

    def _paint_forms(self) -> None:
        state = self.state
        for name, panel, template, form in (
            ("quota", self.quota_side, "supply_quota_form.html", state.quota_form),
            ("material", self.material_side, "supply_material_form.html", state.material_form),
            ("code", self.code_side, "supply_code_form.html", state.code_form),
        ):
            self.sides[name].layout.display = "" if form.open else "none"
            if name in self.wide:
                (self.wide[name].remove_class if form.open else self.wide[name].add_class)("su-wide")
            if not form.open:
                self.screen.fill(panel, "word.html", text="")
                continue
            self.screen.fill(
                panel,
                template,
                open=form.open,
                form=form.values(),
                typed=form.typed is not None,
                difference=form.difference,
                python=form.python(),
                hints=self._hints,
            )
