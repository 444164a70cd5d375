"""The lifecycle rules on the screen: in words, as a form with a preview, and their versions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.customers import Rules, editable_numbers, stage_rules
from workbench.errors import ParameterProblem, WorkbenchError
from workbench.tables import LIFECYCLE_STAGES, TIERS
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.ui.state.sections.portrait import PortraitState

MESSAGE_PREFIXES = (
    "insight_portrait.setting.",
    "insight_portrait.kind.",
    "insight_portrait.kind_inside.",
    "insight_portrait.kpi.",
    "insight_portrait.table.",
    "insight_portrait.age.",
    "insight_portrait.need.",
    "insight_portrait.life.",
    "insight_portrait.product.",
    "insight_portrait.band.",
    "insight_portrait.basis.",
    "insight_portrait.face.",
    "insight_portrait.stale.",
    "insight_portrait.tier_inside.",
)
_SHARES = ("decline_change", "growth_change")
_STAGES = (
    "acquisition_months",
    "honeymoon_months",
    "lost_balance",
    "lost_days",
    "dormant_days",
    "decline_change",
    "growth_change",
)


class RulesDesk:
    """The rules that the portrait was built by, and what other ones would change.

    Parameters
    ----------
    section : PortraitState
        The section it stands in.
    """

    def __init__(self, section: PortraitState) -> None:
        self.section = section
        self.used: Rules | None = None
        self.file: Rules | None = None
        self.sha256 = ""
        self.numbers: dict[str, str] = {}
        self.moves: pd.DataFrame | None = None
        self.versions = pd.DataFrame()
        self.fault: tuple[str, dict[str, Any]] | None = None

    @property
    def _portraits(self) -> Any:
        return self.section.project.insight.portraits

    def load(self) -> None:
        """Read the portrait's rules, and for analysts the file and what was typed before."""
        from workbench.project.portrait_building import rules_text, text_hash

        self.used = self._portraits.rules_of()
        self.file, self.moves, self.fault, self.numbers = None, None, None, {}
        if not self.section.desk_open:
            return
        self.versions = self._portraits.rule_versions()
        try:
            self.sha256 = text_hash(rules_text(self.section.project.folder))
            self.file = self._portraits.rules()
        except WorkbenchError as problem:
            # A mistake in the file stops the form, not the screen.
            self.fault = (problem.key, dict(problem.values))
            return
        kept = (self.section.draft() or {}).get("numbers", {})
        known = editable_numbers(self.file)
        self.numbers = {str(name): str(value) for name, value in kept.items() if name in known}

    # In words --------------------------------------------------------------------

    def _fill(self, values: dict[str, Any]) -> dict[str, str]:
        shown = {}
        for name, value in values.items():
            if name in ("balance", "least"):
                shown[name] = locale.money(value, self.section.lang)
            elif name == "months" and isinstance(value, float):
                unit = "insight_portrait.unit.months"
                shown[name] = self.section.t(unit, n=locale.decimal(value, 1))
            elif name == "change" or (name == "limit" and isinstance(value, float) and abs(value) < 1):
                shown[name] = locale.signed(value * 100, 0) + "%"
            else:
                shown[name] = locale.count(value, self.section.lang)
        return shown

    def in_words(self, stage: str) -> str:
        """Return a stage's rule in words."""
        if self.used is None:
            return ""
        key, values = stage_rules(self.used).get(stage, ("insight_portrait.unknown_rule", {}))
        shown = {name: f"{value:,.10g}" for name, value in values.items()}
        if "change" in values:
            shown["change"] = locale.percent(values["change"], places=0)
        if "balance" in values:
            shown["balance"] = locale.money(values["balance"], self.section.lang)
        return self.section.t(key, **shown)

    def reason(self, key: str, values: dict[str, Any]) -> str:
        """Return why a customer stands in a stage."""
        return self.section.t(key, **self._fill(values))

    # The form --------------------------------------------------------------------

    def groups(self) -> list[dict[str, Any]]:
        """Return the form's fields in groups: the stages, then the matrix of the kind shown."""
        if self.file is None:
            return []
        known = editable_numbers(self.file)
        t = self.section.t
        kind = self.section.kind
        stages = [self._row(name, known[name], t(f"insight_portrait.setting.{name}")) for name in _STAGES]
        matrix = []
        for axis in ("contribution", "potential"):
            for end in (0, 1):
                name = f"value.{kind}.{axis}.{end}"
                matrix.append(self._row(name, known[name], t(f"insight_portrait.setting.{axis}_{end}")))
        return [
            {"title": t("insight_portrait.rules.stages"), "rows": stages},
            {"title": t("insight_portrait.rules.matrix", kind=self.section.kind_word()), "rows": matrix},
        ]

    def _row(self, name: str, value: float, label: str) -> dict[str, str]:
        shown = f"{value * 100:.10g}" if name in _SHARES else f"{value:.10g}"
        return {"name": name, "label": label, "now": shown, "value": self.numbers.get(name, shown)}

    def take(self, fields: dict[str, str]) -> dict[str, float]:
        """Read the form's numbers; what differs from the file is returned, and kept as a draft."""
        assert self.file is not None
        known = editable_numbers(self.file)
        changes: dict[str, float] = {}
        typed = {name: text.strip() for name, text in fields.items() if name in known}
        self.numbers |= typed
        for name, text in typed.items():
            try:
                value = float(text.replace(",", "").replace("−", "-"))
                if not math.isfinite(value):
                    raise ValueError(text)
            except ValueError as error:
                # The setting's own name says more than the form's label could.
                raise ParameterProblem("insight_portrait.error.number", setting=name, value=text) from error
            value = round(value / 100, 6) if name in _SHARES else value
            if not math.isclose(value, known[name], rel_tol=1e-9, abs_tol=1e-12):
                changes[name] = int(value) if value.is_integer() else value
        self.section.keep_draft({"numbers": self.numbers})
        return changes

    def preview(self, fields: dict[str, str]) -> None:
        """Count who would move; nothing is changed."""
        if not self.section.desk_open or self.file is None:
            return
        changes = self.take(fields)
        portraits = self._portraits

        def done(moves: Any) -> None:
            self.moves = moves
            self.section.touch()

        self.section.jobs.start(
            lambda report: portraits.preview(changes, progress=report), done, "project.phase.preview"
        )

    def save(self, fields: dict[str, str]) -> None:
        """Save the numbers as the next version of the project's file."""
        if not self.section.desk_open or self.file is None:
            return
        changes = self.take(fields)
        if not changes:
            self.section.screen.banner = Banner("note", "insight_portrait.rules.same")
            return
        note = fields.get("note", "").strip()[:200]
        version = self._portraits.save_rules(changes, note=note, expected_sha256=self.sha256)
        self.section.discard_draft()
        self._saved(version)

    def restore(self, version: str) -> None:
        """Bring an earlier version back as the next one."""
        if self.section.desk_open and version.isdigit():
            self._saved(self._portraits.restore_rules(int(version)))

    def _saved(self, version: int) -> None:
        self.section.screen.banner = Banner("done", "insight_portrait.rules.saved", {"version": version})
        self.section.screen.reload()

    def forget(self) -> None:
        """Give the typed numbers up."""
        if self.section.desk_open:
            self.section.discard_draft()
            self.numbers, self.moves = {}, None
            self.section.touch()

    def difference(self) -> list[dict[str, Any]]:
        """Return the preview: for each stage and tier of the kind shown, now and then."""
        if self.moves is None:
            return []
        mine = self.moves[self.moves["kind"] == self.section.kind]
        rows = []
        for what, order, prefix in (
            ("lifecycle_stage", LIFECYCLE_STAGES, "insight.lifecycle"),
            ("tier", TIERS, "insight.tier"),
        ):
            part = mine[mine["what"] == what]
            moved = part[part["before"] != part["after"]]
            for name in order:
                before = int(part.loc[part["before"] == name, "n"].sum())
                after = int(part.loc[part["after"] == name, "n"].sum())
                gone = int(moved.loc[moved["before"] == name, "n"].sum())
                come = int(moved.loc[moved["after"] == name, "n"].sum())
                if before or after:
                    label = self.section.t(f"{prefix}.{name}")
                    counts = {"before": before, "after": after, "come": come, "gone": gone}
                    rows.append({"what": what, "label": label, **counts})
        return rows

    def moved(self) -> int:
        """Return how many customers would stand in another stage."""
        if self.moves is None:
            return 0
        part = self.moves[
            (self.moves["what"] == "lifecycle_stage") & (self.moves["kind"] == self.section.kind)
        ]
        return int(part.loc[part["before"] != part["after"], "n"].sum())

    def python(self) -> str:
        """Return the call that previews the numbers typed."""
        if self.file is None:
            return "project.insight.portraits.rules()"
        known = {row["name"]: row["now"] for group in self.groups() for row in group["rows"]}
        typed = {n: v for n, v in self.numbers.items() if n in known and v != known[n]}
        shown = {
            n: f"{float(v) / 100:.10g}" if n in _SHARES and _is_number(v) else v for n, v in typed.items()
        }
        inner = ", ".join(f'"{name}": {value}' for name, value in shown.items())
        return f"project.insight.portraits.preview({{{inner}}})"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
