"""Rules tried out: thresholds moved without storing anything, and the editor of the file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import Conflict, WorkbenchError
from workbench.project.review_rules import FILE, LONGEST, compare_texts
from workbench.review import state_change
from workbench.review.rule_words import name_threshold, write_threshold
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.review import Rules
    from workbench.ui.state.sections.advice import AdviceState

# How far each slider goes, and by which steps.
_RANGES = {
    "alpha": (0.001, 0.3, 0.001, 3),
    "alarm": (0.0001, 0.05, 0.0001, 4),
    "scale_return": (0.0, 20.0, 0.1, 1),
    "min_return": (0.0, 10.0, 0.1, 1),
    "scale_factor": (1.0, 4.0, 0.1, 1),
    "shrink_factor": (0.1, 1.0, 0.05, 2),
    "max_control_share": (0.05, 0.6, 0.01, 2),
    "max_contaminated": (0.0, 0.5, 0.01, 2),
    "smallest_uplift": (0.0, 0.1, 0.001, 3),
    "min_expected_count": (0.0, 30.0, 1.0, 0),
    "prior_weight": (0.0, 2_000.0, 10.0, 0),
}


class WhatIf:
    """Thresholds that are moved and never stored.

    Parameters
    ----------
    section : AdviceState
        Whose rules are tried out.
    """

    def __init__(self, section: AdviceState) -> None:
        self._section = section
        self.values: dict[str, float] = {}
        self.resets = 0
        self._seen: tuple[str, pd.DataFrame] | None = None

    def load(self) -> None:
        """Forget what was moved of thresholds that are no more, and what it would have changed."""
        known = self._section.rules.thresholds
        self.values = {name: value for name, value in self.values.items() if name in known}
        self._seen = None

    def rules(self) -> Rules:
        """Return the rules with the thresholds as they were moved."""
        rules = self._section.rules
        return rules.with_thresholds(**self.values) if self.values else rules

    def move(self, name: str, value: str) -> None:
        """Move a threshold, as a slider reports it."""
        known = self._section.rules.thresholds
        try:
            number = float(value)
        except ValueError:
            return
        if name not in known or not math.isfinite(number):
            return
        low, high, _, _ = self._range(name)
        number = min(max(number, low), high)
        if math.isclose(number, known[name], rel_tol=1e-9, abs_tol=1e-12):
            self.values.pop(name, None)
        else:
            self.values[name] = number
        self._section.touch()

    def reset(self) -> None:
        """Put every threshold back to where the rules have it."""
        self.values, self.resets = {}, self.resets + 1
        self._section.touch()

    def _range(self, name: str) -> tuple[float, float, float, int]:
        now = self._section.rules.thresholds[name]
        if name in _RANGES:
            low, high, step, places = _RANGES[name]
        else:
            low, high, step, places = min(0.0, 2 * now), max(1.0, 2 * now), 0.01, 2
        # Where a bank has set it further out, the slider goes that far.
        return min(low, now), max(high, now), step, places

    def sliders(self) -> list[dict[str, Any]]:
        """Return the sliders: name, words, value, and where the rules have it."""
        section = self._section
        found = []
        for name, now in section.rules.thresholds.items():
            low, high, step, places = self._range(name)
            value = self.values.get(name, now)
            span = (high - low) or 1.0
            found.append(
                {
                    "name": name,
                    "label": name_threshold(name, section.lang),
                    "low": f"{low:.10g}",
                    "high": f"{high:.10g}",
                    "step": f"{step:.10g}",
                    "places": places,
                    "value": f"{value:.10g}",
                    "shown": f"{value:,.{places}f}",
                    "at": round(100 * (value - low) / span, 2),
                    "now": round((now - low) / span, 4),
                }
            )
        return found

    def moved(self) -> list[dict[str, str]]:
        """Return the thresholds that were moved, in words."""
        section = self._section
        return [
            {
                "label": name_threshold(name, section.lang),
                "before": write_threshold(name, section.rules.thresholds[name], section.lang),
                "after": write_threshold(name, value, section.lang),
            }
            for name, value in self.values.items()
        ]

    def changes(self) -> list[dict[str, Any]]:
        """Return the recommendations that would change."""
        section = self._section
        if not self.values or section.proposed.empty:
            return []
        after = self.rules()
        if self._seen is None or self._seen[0] != after.sha256:
            self._seen = (after.sha256, section.handle.what_if(after))
        return tell_changes(section, section.proposed, self._seen[1])

    def python(self) -> str:
        """Return the call that says the same."""
        inner = ", ".join(f"{name}={value:.10g}" for name, value in self.values.items())
        return f"project.review.advice.preview(project.review.rules().with_thresholds({inner}))"


def tell_changes(section: AdviceState, before: pd.DataFrame, after: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the recommendations that differ between two sets, in words."""
    names, slots = section.names(), section.screen.figures.slots()
    then = {row["strategy_id"]: row for row in records(after)}
    found = []
    for row in records(before):
        new = then.get(row["strategy_id"])
        if new is None or all(new[name] == row[name] for name in ("action", "rule", "change")):
            continue
        name = str(row["strategy_id"])
        # A learned rate may be none of the reader's business: only what the action does is told.
        kept = section.is_desk or "posterior_mean" in section.shown(name)
        found.append(
            {
                "id": name,
                "name": names.get(name, ""),
                "slot": slots.get(name, 0),
                "before": section.action(str(row["action"])),
                "after": section.action(str(new["action"])),
                "rule": f"{row['rule']} → {new['rule']}" if row["rule"] != new["rule"] else str(new["rule"]),
                "was": state_change(row, section.lang) if kept else "",
                "change": state_change(new, section.lang) if kept else "",
            }
        )
    return found


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows by the names of its columns."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


class RulesEditor:
    """The text of the project's rules as an analyst edits it.

    Parameters
    ----------
    section : AdviceState
        The section it stands in.
    """

    def __init__(self, section: AdviceState) -> None:
        self._section = section
        self.base = ""
        self.shown = self.typed = ""
        self.loads = 0
        self.fault: tuple[str, dict[str, Any]] | None = None
        self.previewed: list[dict[str, Any]] = []
        self.theirs: str | None = None
        self.open = False

    def load(self) -> None:
        """Read the file; what was typed and not saved comes back."""
        section = self._section
        if not section.is_desk:
            return
        try:
            text, base = section.handle.rules_text(), section.handle.rules_hash()
        except WorkbenchError:
            # The section says what is wrong with the file.
            text, base = "", ""
        draft = (section.draft() or {}) if section.project.cycle.cycle_id else {}
        self.base = str(draft.get("base", base))
        self.typed = str(draft.get("text", text))[:LONGEST]
        self.open = self.open or bool(draft)
        self._show(self.typed)

    def _show(self, text: str) -> None:
        self.shown, self.theirs = text, None
        self.loads += 1
        self._check(text)

    @property
    def is_changed(self) -> bool:
        """Whether the text is another than the file's."""
        from workbench.store.content import hash_text

        return hash_text(self.typed) != self.base

    def lines(self) -> int:
        """Return how many lines the field has: the text's, and some to write on."""
        return self.shown.count("\n") + 12

    def width(self) -> int:
        """Return the text's longest line, in characters."""
        return max((len(line) for line in self.shown.splitlines()), default=40) + 12

    def toggle(self) -> None:
        """Open the editor, or put it away."""
        if self._section.is_desk:
            self.open = not self.open
            self._section.touch()

    def take(self, text: str) -> None:
        """Take over what is typed: keep it, and check it."""
        if not self._section.is_desk or len(text) > 2 * LONGEST:
            return
        self.typed = text.replace("\r\n", "\n")
        if self._section.project.cycle.cycle_id:
            self._section.keep_draft({"text": self.typed, "base": self.base})
        self._check(self.typed)
        self._section.touch()

    def _check(self, text: str) -> None:
        section = self._section
        self.fault, self.previewed = None, []
        try:
            rules = section.handle.read(text)
            if len(section.proposed):
                self.previewed = tell_changes(section, section.proposed, section.handle.what_if(rules))
        except WorkbenchError as problem:
            self.fault = (problem.key, dict(problem.values))

    def fault_line(self) -> str:
        """Return the line that the mistake stands on; empty where none is named."""
        line = (self.fault or ("", {}))[1].get("line")
        lines = self.typed.splitlines()
        return lines[line - 1].strip() if isinstance(line, int) and 0 < line <= len(lines) else ""

    def save(self, fields: dict[str, str]) -> None:
        """Save the text as the rules in force."""
        section = self._section
        if not section.is_desk:
            return
        self.take(fields.get("text", self.typed))
        try:
            version = section.handle.save_rules(self.typed, self.base, note=fields.get("note", ""))
        except Conflict as conflict:
            self.theirs = conflict.difference["rules"][1]
            raise
        section.discard_draft()
        section.screen.load()
        section.screen.banner = Banner("done", "review_advice.done.saved", {"file": FILE, "version": version})
        section.touch()

    def difference(self) -> list[tuple[str, str]]:
        """Return how the typed text differs from what somebody else saved meanwhile."""
        return [] if self.theirs is None else compare_texts(self.theirs, self.typed)

    def overwrite(self) -> None:
        """Save the typed text although somebody else saved another meanwhile."""
        if self._section.is_desk and self.theirs is not None:
            self.base = self._section.handle.rules_hash()
            self.save({"text": self.typed})

    def give_up(self) -> None:
        """Drop what was typed and show the rules in force."""
        section = self._section
        if section.is_desk:
            if section.project.cycle.cycle_id:
                section.discard_draft()
            self.load()
            section.touch()

    def take_thresholds(self) -> None:
        """Write the moved thresholds into the text; it is saved only when somebody presses save."""
        section = self._section
        if not section.is_desk or not section.what_if.values or section.fault is not None:
            return
        self.open = True
        text = section.what_if.rules().text
        self.base = section.handle.rules_hash()
        self.typed = text
        section.keep_draft({"text": text, "base": self.base})
        self._show(text)
        section.touch()

    def versions(self) -> list[dict[str, Any]]:
        """Return the versions that were saved or decided by, the newest first."""
        frame = self._section.handle.rule_versions()
        return records(frame.sort_values("version", ascending=False).head(8))

    def bring_back(self, version: str) -> None:
        """Put an earlier version into the editor; it is in force once it is saved."""
        if self._section.is_desk and version.isdigit():
            text = self._section.handle.rules_of(int(version))
            self.open = True
            self._show(text)
            self.take(text)
