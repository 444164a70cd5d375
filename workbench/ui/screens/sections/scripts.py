"""The view of the section on scripts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import ipywidgets as widgets
import pandas as pd

from workbench import charts, locale
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.scripts import ScriptsState
from workbench.ui.vega import VegaView

_LANGUAGES = {"en": "English", "zh_CN": "中文"}


class ScriptsSection(Section):
    """A view of `ScriptsState`."""

    grid_class = "wb-grid-scripts"
    state: ScriptsState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the choices, the editor, the figures, the versions and the walk."""
        self.bar, self.form, self.faults, self.preview = Panel(), Panel(), Panel(), Panel()
        self.head, self.steps = Panel(), VegaView()
        self.trial, self.arms = Panel(), VegaView()
        self.objections, self.read, self.versions = Panel(), Panel(), Panel()
        state, walk, on = self.state, self.state.preview, self.screen.on
        on(self.bar, "strategy", lambda value, _: state.choose_strategy(value))
        on(self.bar, "version", lambda value, _: state.choose_version(value))
        on(self.preview, "confirm", lambda value, _: walk.confirm(value))
        on(self.preview, "answer", lambda value, _: walk.answer(value))
        on(self.preview, "undo", lambda *_: walk.back())
        on(self.preview, "again", lambda *_: walk.restart())
        on(self.preview, "lang", lambda value, _: walk.choose_language(value))
        if state.may("analyst"):
            self._listen()
        self.edit_card = card(self.form, self.faults, area="a-sx-edit")
        self.figures = [
            card(self.head, self.steps, area="a-sx-steps"),
            card(self.trial, self.arms, area="a-sx-trial"),
            card(self.read, area="a-sx-read"),
            card(self.objections, area="a-sx-objections"),
            card(self.versions, area="a-sx-versions"),
        ]
        self.side = card(self.preview, area="a-sx-side")
        self.bar_card = card(self.bar, area="a-sx-bar")
        return [self.bar_card, self.edit_card, *self.figures, self.side]

    def _listen(self) -> None:
        state, editor, on = self.state, self.state.editor, self.screen.on
        on(self.bar, "edit", lambda *_: editor.open())
        on(self.form, "text", lambda value, _: editor.type(value))
        on(self.form, "note", lambda value, _: editor.type_note(value))
        on(self.form, "save", lambda _, fields: editor.save(fields))
        on(self.form, "cancel", lambda *_: editor.cancel())
        on(self.faults, "overwrite", lambda *_: editor.overwrite())
        on(self.faults, "theirs", lambda *_: editor.take_theirs())
        on(
            self.versions,
            "use",
            lambda _, fields: state.put_into_use(fields.get("version", ""), fields.get("note", "")),
        )
        on(self.versions, "use_one", lambda value, _: state.put_into_use(value))
        on(self.versions, "back", lambda *_: state.take_back())
        on(self.versions, "trial", lambda _, fields: state.start_trial(fields))

    def paint(self) -> None:
        """Fill the cards from the state."""
        state = self.state
        writing, whole = state.editor.is_open, state.stored() is not None
        self._paint_bar()
        self.edit_card.layout.display = "" if writing else "none"
        self.side.layout.display = "" if writing or whole else "none"
        for part in self.figures:
            part.layout.display = "" if whole and not writing else "none"
        if writing:
            self._paint_editor()
        elif whole:
            self._paint_figures()
        if writing or whole:
            self._paint_preview()

    @property
    def _hints(self) -> bool:
        return bool(self.screen.state.hints)

    def _paint_bar(self) -> None:
        state = self.state
        used, trial = state.in_use(), state.trial()
        tried = (trial["version"], trial["other_version"]) if trial else ()
        words = {number: state.t("execution_scripts.bar.on_trial") for number in tried}
        if not tried and used is not None:
            words = {used.version: state.t("execution_scripts.bar.in_use")}
        self.bar_card.layout.display = "" if state.shown_strategies() else "none"
        self.screen.fill(
            self.bar,
            "scripts_bar.html",
            strategies=[(name, state.name_of(name)) for name in state.shown_strategies()],
            strategy=state.strategy,
            versions=[(number, words.get(number, "")) for number in state.numbers()],
            version=state.shown_version,
            may_edit=state.may_edit,
            writing=state.editor.is_open,
            hints=self._hints,
        )

    def _paint_editor(self) -> None:
        state, editor = self.state, self.state.editor
        title = state.t(
            "execution_scripts.editor.title", name=state.name_of(state.strategy), version=editor.base + 1
        )
        self.screen.fill(
            self.form,
            "scripts_editor.html",
            title=title,
            begun=editor.begun,
            round=editor.round,
            note=editor.note,
            first=state.in_use() is None,
            trial=state.trial() is not None,
        )
        self.screen.fill(
            self.faults,
            "scripts_faults.html",
            faults=editor.faults(),
            errors=editor.errors(),
            difference=editor.difference,
            python=editor.python(),
            hints=self._hints,
        )

    def _paint_figures(self) -> None:
        state, findings, mode = self.state, self.state.findings, self.screen.state.mode
        tree = findings.tree()
        title, about = findings.tree_title()
        nothing = None
        if tree.empty:
            few = state.n_customers() > 0
            nothing = (
                state.t("execution_scripts.tree.few") if few else state.t("execution_scripts.tree.empty"),
                state.t("execution_scripts.tree.few_do")
                if few
                else state.t("execution_scripts.tree.empty_do"),
            )
        self.screen.fill(self.head, "scripts_head.html", title=title, about=about, nothing=nothing)
        self.steps.layout.display = "none" if tree.empty else ""
        if len(tree):
            chart = partial(charts.script_steps, tree, lang=state.lang, mode=mode)
            self.screen.draw(self.steps, chart, tree)
        self._paint_trial()
        common = {"strategy": state.strategy, "version": state.shown_version, "hints": self._hints}
        self.screen.fill(
            self.objections,
            "scripts_objections.html",
            rows=findings.objections(),
            told=state.is_told(),
            **common,
        )
        self.screen.fill(
            self.read,
            "scripts_read.html",
            rows=findings.sentences(),
            told=state.is_told() or not state.runs().size,
        )
        self._paint_versions(common)

    def _paint_trial(self) -> None:
        state, mode = self.state, self.screen.state.mode
        trial, found = state.trial_findings.told(), state.comparison()
        self.screen.fill(
            self.trial,
            "scripts_trial.html",
            trial=trial,
            alarm=found is not None and found.ratio is not None and found.ratio.alarm,
            hints=self._hints,
        )
        arms = trial["arms"] if trial else pd.DataFrame()
        drawn = len(arms) > 0 and bool(arms["rate"].notna().all())
        self.arms.layout.display = "" if drawn else "none"
        if drawn:
            chart = partial(charts.script_arms, arms, lang=state.lang, mode=mode)
            self.screen.draw(self.arms, chart, arms)

    def _paint_versions(self, common: dict[str, object]) -> None:
        state = self.state
        used = state.in_use()
        rows = [
            {
                "version": row["version"],
                "title": state.findings.label(str(row["title"])),
                "saved": locale.date(row["saved_at"], state.lang),
                "who": row["saved_by"] if state.may("analyst") else "",
                "note": state.findings.label(str(row["note"])),
                "calls": state.findings.count(state.n_calls(version=row["version"])),
            }
            for row in state.version_rows()
        ]
        self.screen.fill(
            self.versions,
            "scripts_versions.html",
            rows=rows,
            status=state.findings.status(),
            may_edit=state.may_edit,
            trial=state.trial(),
            used=used.version if used else 0,
            before=state.before(),
            others=[number for number in state.numbers() if used and number != used.version],
            **common,
        )

    def _paint_preview(self) -> None:
        state, walk = self.state, self.state.preview
        self.screen.fill(
            self.preview,
            "scripts_preview.html",
            call=walk.shown(),
            languages=[(name, _LANGUAGES[name]) for name in walk.languages()],
            lang=walk.lang or state.lang,
            strategy=state.strategy,
            version=state.shown_version,
            hints=self._hints,
        )
