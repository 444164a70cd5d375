"""Changing an objective: a form, its checks, and what to do when somebody was faster."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import Conflict, ParameterProblem
from workbench.tables import HORIZONS, KPIS, LIFECYCLE_STAGES, UNITS
from workbench.ui.state.parts import Banner

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
NEW = "new"


class ObjectiveForm:
    """The form of one objective, new or chosen.

    Parameters
    ----------
    state : ObjectivesState
        The section that shows it.

    Attributes
    ----------
    open : str
        The objective that is edited, ``"new"``, or empty.
    typed : dict or None
        What was typed and not stored: after a mistake, a conflict or a kernel's death.
    difference : list of tuple
        After a conflict: the field, the value here, and the stored one.
    """

    def __init__(self, state: ObjectivesState) -> None:
        self._state = state
        self.open = ""
        self.typed: dict[str, str] | None = None
        self.difference: list[tuple[str, str, str]] = []

    def reopen(self) -> None:
        """Open the form again where unfinished work was kept."""
        if self.open or not self._state.may("analyst"):
            return
        kept = self._state.draft()
        if kept and (kept.get("objective_id") == NEW or kept.get("objective_id") in set(self._known())):
            self.open = str(kept["objective_id"])
            self.typed = {str(name): str(value) for name, value in kept.get("fields", {}).items()}

    def _known(self) -> list[str]:
        tree = self._state.tree
        return [] if tree.empty else list(tree["objective_id"])

    def edit(self) -> None:
        """Show the form of the chosen objective."""
        self._show(self._state.chosen)

    def add(self) -> None:
        """Show an empty form, for a part of the chosen objective's tree."""
        self._show(NEW)

    def _show(self, objective_id: str) -> None:
        self.close()
        self.open = objective_id if self._state.may("analyst") else ""
        self._state.touch()

    def close(self) -> None:
        """Put the form away."""
        self.open, self.typed, self.difference = "", None, []

    def cancel(self) -> None:
        """Put the form away; what was typed is dropped."""
        self.close()
        self._state.discard_draft()
        self._state.touch()

    def save(self, fields: dict[str, str]) -> None:
        """Store the form, unless somebody changed the objective since it was opened.

        Raises
        ------
        ParameterProblem
            If a field can't be read, or the tree could not be added up.
        """
        state = self._state
        if not self.open:
            return
        self.typed = dict(fields)
        state.keep_draft({"objective_id": self.open, "fields": self.typed})
        read = self._read(fields)
        if self.open == NEW:
            self._store({**read, "objective_id": self._next_id(read["parent_id"]), "template": ""}, None)
            return
        stored = state.project.strategy.objectives.one(self.open)
        changed = {**stored, **read}
        if any(_plain(changed[name]) != _plain(stored[name]) for name in _SCOPE):
            changed["measured"] = float("nan")
        version = fields.get("row_version", "")
        self._store(changed, int(version) if version.isdigit() else int(stored["row_version"]))

    def overwrite(self) -> None:
        """Store what was typed over what somebody else wrote, having seen both."""
        if self.typed is not None and self.open not in ("", NEW):
            stored = self._state.project.strategy.objectives.one(self.open)
            self.save({**self.typed, "row_version": str(stored["row_version"])})

    def keep_theirs(self) -> None:
        """Drop what was typed and show the stored objective."""
        self.close()
        self._state.discard_draft()
        self._state.load()
        self._state.touch()

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
            self.difference = [
                (state.t(f"strategy_objectives.field.{name}"), self._shown(yours), self._shown(theirs))
                for name, (yours, theirs) in conflict.difference.items()
                if name in FIELDS
            ]
            state.screen.banner = Banner("error", conflict.key, conflict.values)
            state.touch()
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
        known = set(self._known())
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
        read["parent_id"] = fields.get("parent_id", "") if fields.get("parent_id") in self._known() else ""
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
            stored = state.project.strategy.objectives.one(self.open)
            filled = {name: _plain(stored.get(name)) for name in FIELDS}
            version, stages = int(stored["row_version"]), str(stored["lifecycle_stages"])
        chosen = {part for part in stages.split(",") if part}
        if self.typed is not None:
            filled |= {name: self.typed[name] for name in FIELDS if name in self.typed}
            chosen = {stage for stage in LIFECYCLE_STAGES if self.typed.get(f"stage-{stage}")}
            kept = self.typed.get("row_version", "")
            version = int(kept) if kept.isdigit() else version
        names = state.names()
        return {
            **dict.fromkeys(FIELDS, ""),
            **filled,
            "row_version": version,
            "parents": [(n, f"{n} {names[n]}") for n in self._known() if n != self.open],
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
