"""Changing an objective: a form, its checks, and what to do when somebody was faster."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import Conflict, ParameterProblem
from workbench.tables import HORIZONS, KPIS, LIFECYCLE_STAGES, UNITS
from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.record_form import NEW, RecordForm

if TYPE_CHECKING:
    from workbench.ui.state.sections.objectives import ObjectivesState

MESSAGE_PREFIXES = (
    "strategy_objectives.field.",
    "strategy_objectives.kpi_word.",
    "strategy_objectives.horizon_word.",
)
TEXTS = {"name": 80, "owner": 80}
FIELDS = (
    "name",
    "parent_id",
    "kpi",
    "horizon",
    "baseline",
    "target",
    "due_on",
    "lifecycle_stages",
    "segment",
    "owner",
)
_SCOPE = ("kpi", "baseline", "lifecycle_stages", "segment")


class ObjectiveForm(RecordForm):
    """The form of one objective, new or chosen."""

    id_name = "objective_id"
    _state: ObjectivesState

    def known(self) -> list[str]:
        """Return the objectives of the tree."""
        tree = self._state.tree
        return [] if tree.empty else list(tree["objective_id"])

    def stored(self, row_id: str) -> dict[str, Any]:
        """Return a stored objective."""
        return dict(self._state.project.strategy.objectives.one(row_id))

    def edit(self) -> None:
        """Show the form of the chosen objective."""
        self.show(self._state.chosen)

    def save(self, fields: dict[str, str]) -> None:
        """Store the form, unless somebody changed the objective since it was opened.

        Raises
        ------
        ParameterProblem
            If a field can't be read, or the tree could not be added up.
        """
        if not self.open:
            return
        self.keep_typed(fields)
        read = self._read(fields)
        if self.open == NEW:
            self._store({**read, "objective_id": self._next_id(read["parent_id"]), "template": ""}, None)
            return
        stored = self.stored(self.open)
        changed = {**stored, **read}
        if any(_plain(changed[name]) != _plain(stored[name]) for name in _SCOPE):
            changed["measured"] = float("nan")
        version = fields.get("row_version", "")
        self._store(changed, int(version) if version.isdigit() else int(stored["row_version"]))

    def remove(self, reason: str) -> None:
        """Remove the chosen objective; the reason is kept as a comment.

        Raises
        ------
        ParameterProblem
            If there is no reason, or the objective has parts.
        """
        state = self._state
        if not reason.strip():
            raise ParameterProblem("strategy_objectives.form.reason")
        name, shown = state.chosen, state.names().get(state.chosen, "")
        state.project.strategy.objectives.delete(name)
        said = state.t("strategy_objectives.form.removed", objective=name, name=shown, reason=reason.strip())
        state.project.comment("strategy", said[:1_000])
        self.close()
        state.discard_draft()
        state.load()
        state.screen.banner = Banner("done", "strategy_objectives.done.removed", {"objective": name})
        state.touch()

    def _store(self, objective: dict[str, Any], version: int | None) -> None:
        state = self._state
        try:
            state.project.strategy.objectives.save(objective, version)
        except Conflict as conflict:
            rows = [
                (state.t(f"strategy_objectives.field.{name}"), self._shown(yours), self._shown(theirs))
                for name, (yours, theirs) in conflict.difference.items()
                if name in FIELDS
            ]
            self.show_conflict(conflict, rows)
            return
        self.close()
        state.discard_draft()
        state.chosen = str(objective["objective_id"])
        state.load()
        state.screen.banner = Banner(
            "done", "strategy_objectives.done.saved", {"objective": objective["objective_id"]}
        )
        state.touch()

    def _next_id(self, parent: str) -> str:
        known = set(self.known())
        stem = f"{parent}." if parent else "O"
        return next(name for n in range(1, len(known) + 2) if (name := f"{stem}{n}") not in known)

    # Reading the form ------------------------------------------------------------

    def _read(self, fields: dict[str, str]) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for name, longest in TEXTS.items():
            text = fields.get(name, "").strip()
            if len(text) > longest or (name == "name" and not text):
                raise ParameterProblem(
                    "strategy_objectives.form.bad_text", field=self._label(name), longest=longest
                )
            read[name] = text
        read["parent_id"] = fields.get("parent_id", "") if fields.get("parent_id") in self.known() else ""
        kpi = fields.get("kpi", "")
        read["kpi"] = kpi if kpi in KPIS else KPIS[0]
        read["unit"] = UNITS[read["kpi"]]
        horizon = fields.get("horizon", "")
        read["horizon"] = horizon if horizon in HORIZONS else HORIZONS[0]
        for name in ("baseline", "target"):
            read[name] = self._number(name, fields.get(name, ""))
        if read["target"] <= read["baseline"]:
            raise ParameterProblem("strategy_objectives.form.no_gain")
        read["due_on"] = self._day(fields.get("due_on", ""))
        stages = [stage for stage in LIFECYCLE_STAGES if fields.get(f"stage-{stage}")]
        read["lifecycle_stages"] = "" if len(stages) == len(LIFECYCLE_STAGES) else ",".join(stages)
        segment = fields.get("segment", "")
        read["segment"] = segment if segment in self._state.screen.tables.segments() else ""
        if read["segment"] and read["lifecycle_stages"]:
            raise ParameterProblem("strategy_objectives.form.two_scopes")
        return read

    def _number(self, name: str, text: str) -> float:
        try:
            value = float(text.replace(",", "").replace("，", ""))
        except ValueError:
            value = float("nan")
        if not 0 <= value <= 1e15:
            raise ParameterProblem(
                "strategy_objectives.form.bad_number", field=self._label(name), value=text.strip() or "–"
            )
        return value

    def _day(self, text: str) -> pd.Timestamp:
        try:
            return pd.Timestamp(dt.date.fromisoformat(text.strip()))
        except ValueError as problem:
            raise ParameterProblem(
                "strategy_objectives.form.bad_date", value=text.strip() or "–"
            ) from problem

    def _label(self, name: str) -> str:
        return self._state.t(f"strategy_objectives.field.{name}")

    @staticmethod
    def _shown(value: Any) -> str:
        if value is None or value != value or value == "":
            return locale.percent(None)
        if isinstance(value, float):
            return f"{value:,.6f}".rstrip("0").rstrip(".")
        return str(value)[:80]

    # Filling the form ------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """Return the form as a browser takes it: what was typed, else what is stored."""
        state = self._state
        if self.open == NEW:
            day = state.project.cycle.snapshot_date
            due = "" if day is None else (pd.Timestamp(day) + pd.DateOffset(months=3)).date().isoformat()
            filled: dict[str, Any] = {"kpi": KPIS[0], "horizon": "short", "baseline": "0", "due_on": due}
            version, stages = 0, ""
        else:
            stored = self.stored(self.open)
            filled = {name: _plain(stored.get(name)) for name in FIELDS}
            version, stages = int(stored["row_version"]), str(stored["lifecycle_stages"])
        chosen = {part for part in stages.split(",") if part}
        filled, version = self.fill(FIELDS, filled, version)
        if self.typed is not None:
            chosen = {stage for stage in LIFECYCLE_STAGES if self.typed.get(f"stage-{stage}")}
        names = state.names()
        return {
            **dict.fromkeys(FIELDS, ""),
            **filled,
            "row_version": version,
            "parents": [(n, f"{n} {names[n]}") for n in self.known() if n != self.open],
            "kpis": [(kpi, state.t(f"strategy_objectives.kpi_word.{kpi}")) for kpi in KPIS],
            "horizons": [(h, state.t(f"strategy_objectives.horizon_word.{h}")) for h in HORIZONS],
            "segments": [(n, shown) for n, (shown, _) in state.screen.tables.segments().items()],
            "stages": [
                (s, state.screen.word("stage", s), not chosen or s in chosen) for s in LIFECYCLE_STAGES
            ],
        }


def _plain(value: Any) -> str:
    """Return a stored value as a field shows it."""
    if value is None or value != value:
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value)
