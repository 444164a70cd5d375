"""The section of expert rules: who is taken by which rule, twice, differently, or by none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import NotFound
from workbench.insight import Rule, RuleEvaluation
from workbench.insight.rules.publication import published_count
from workbench.ui import request
from workbench.ui.state.parts import Banner, Button, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.rules_findings import RulesFindings
from workbench.ui.state.sections.rules_tables import RulesTables

if TYPE_CHECKING:
    from workbench.project.rulebook import StoredEvaluation, StoredRules
    from workbench.project.segmentation import Segmentation
    from workbench.ui.state.sections.rules_builder import RuleBuilder


class RulesState(RulesTables, SectionState):
    """Expert rules: a builder for analysts, the stored figures for everybody.

    Attributes
    ----------
    builder : RuleBuilder or None
        The analyst's, in JupyterLab; None for readers.
    """

    name = "rules"

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.stored: StoredRules | None = None
        self.kept: StoredEvaluation | None = None
        self.segmentation: Segmentation | None = None
        self.segment_rules = pd.DataFrame()
        self.builder: RuleBuilder | None = None
        self._slots: dict[str, int] = {}
        super().__init__(screen, **traits)
        self.findings = RulesFindings(self)

    # Reading ---------------------------------------------------------------------

    def load(self) -> None:
        """Read the rules, their stored evaluation, and the segments told as rules."""
        project, book = self.project, self.project.insight.rules
        self.stored = self.kept = self.segmentation = None
        self.segment_rules = pd.DataFrame()
        self.builder, self._slots = None, {}
        if not project.cycle.cycle_id:
            return
        self.stored, self.kept = book.stored(), book.evaluation()
        try:
            self.segmentation = project.insight.segmentation()
        except NotFound:
            self.segmentation = None
        if self.segmentation is not None:
            rows = self.segmentation.segments
            self._slots = dict(zip(rows["segment"], rows["slot"].astype(int), strict=True))
        self.segment_rules = self._told(book.segment_rules())
        if self.may("analyst") and not request.is_published() and project.imports.sources():
            from workbench.ui.state.sections.rules_builder import RuleBuilder

            self.builder = RuleBuilder(self)
            self.builder.load()

    def _told(self, table: pd.DataFrame) -> pd.DataFrame:
        if self.segmentation is None or table.empty:
            return table.iloc[:0].assign(segment=[], shown=[], slot=[], rule=[])
        segments = self.segmentation.segments
        rows = table.merge(segments[["cluster", "segment", "slot"]], on="cluster")
        chinese = segments.set_index("segment").get("segment_zh")
        rows["shown"] = rows["segment"]
        rows["chinese"] = [
            (str(chinese[name]) if chinese is not None and chinese[name] else name)
            for name in rows["segment"]
        ]
        rules = [Rule.from_dict(json.loads(text)) for text in rows["rule_json"]]
        # The label may have changed since: the rule leads to the segment as it is called now.
        told = [
            Rule(name[:60], rule.expression, segment_zh=chinese_name[:60])
            for name, chinese_name, rule in zip(rows["segment"], rows["chinese"], rules, strict=True)
        ]
        rows["rule"] = pd.Series(told, index=rows.index, dtype="object")
        return rows.sort_values("precision", ascending=False, kind="stable", ignore_index=True)

    # Figures ---------------------------------------------------------------------

    @property
    def evaluation(self) -> RuleEvaluation | None:
        """What is shown: the draft's figures for its analyst, else those that are stored."""
        if self.builder is not None:
            return self.builder.evaluation()
        return None if self.kept is None else self.kept.evaluation

    @property
    def hides(self) -> bool:
        """Whether small numbers are hidden: always but in the builder."""
        return self.builder is None

    def count(self, value: int) -> int | None:
        """Return a number of customers, or None where it is hidden."""
        return published_count(value, self.project.small_cell) if self.hides else int(value)

    def rule_rows(self) -> list[dict[str, Any]]:
        """Return the rules by priority: sentence, numbers, shares, problem."""
        found = self.evaluation
        coverage = None if found is None else self.coverage_of(found)
        n = found.n if found else 0
        rows = []
        entries = self._entries()
        for place, (entry, rule) in enumerate(entries):
            row: dict[str, Any] = {
                "place": place,
                "name": self.rule_name(entry["name"]),
                "segment": self.segment_name(entry),
                "slot": self.slot(entry["segment"] or entry["name"]),
                "sentence": rule.describe(self.lang) if rule else "",
                "problem": "",
                "warnings": [],
                "counted": False,
            }
            if self.builder is not None:
                problem = self.builder.problem(place)
                row["problem"] = self.t(problem.key, **problem.values) if problem else ""
                row["warnings"] = [self.t(one.key, **one.values) for one in self.builder.remarks(place)]
            if coverage is not None and entry["name"] in coverage.index and not row["problem"]:
                row |= _numbers(coverage.loc[entry["name"]], n)
            rows.append(row)
        return rows

    @property
    def _names(self) -> dict[str, str]:
        """Chinese names of the rules that are named like their segment."""
        rules = self.evaluation.rules if self.evaluation is not None else ()
        return {r.name: r.segment_zh for r in rules if r.segment_zh and r.name == r.segment}

    def _entries(self) -> list[tuple[dict[str, Any], Rule | None]]:
        """Return each rule as plain data, and finished where it is."""
        if self.builder is None:
            rules = self.kept.evaluation.rules if self.kept else self.stored.rules if self.stored else ()
            return [({"name": r.name, "segment": r.segment, "segment_zh": r.segment_zh}, r) for r in rules]
        found: list[tuple[dict[str, Any], Rule | None]] = []
        for place, entry in enumerate(self.builder.draft.rules):
            problem = self.builder.problem(place)
            complete = problem is None or problem.key.endswith("_column")
            found.append((entry, self.builder.draft.rule(place) if complete else None))
        return found

    def coverage_of(self, found: RuleEvaluation) -> pd.DataFrame:
        """Return each rule's numbers, as far as this reader may see them."""
        if self.hides and self.kept is not None:
            return self.kept.published["coverage"].set_index("rule")
        return found.coverage.set_index("rule")

    def rule_name(self, name: str) -> str:
        """Return a rule's name in the screen's language: that of its segment where both are one."""
        return self._names.get(name, name) if self.lang == "zh_CN" else name

    def segment_name(self, entry: dict[str, Any]) -> str:
        """Return a rule's segment in the screen's language."""
        chinese = entry.get("segment_zh") if self.lang == "zh_CN" else ""
        return str(chinese or entry["segment"] or entry["name"])

    def slot(self, segment: str) -> int:
        """Return the colour slot of a segment that is approved, else 0."""
        return self._slots.get(segment, 0)

    def told_rows(self) -> list[dict[str, Any]]:
        """Return the segments told as rules, the surest first."""
        return [
            {
                "value": row["segment"],
                "name": row["chinese"] if self.lang == "zh_CN" else row["segment"],
                "slot": int(row["slot"]),
                "sentence": row["rule"].describe(self.lang),
                "precision": row["precision"],
                "coverage": row["coverage"],
                "lost": row["precision_exact"] - row["precision"],
            }
            for row in self.segment_rules.to_dict("records")
        ]

    def told_chart(self) -> pd.DataFrame:
        """Return precision and coverage of each segment's rule with their intervals, for the chart."""
        rows = self.segment_rules
        if rows.empty:
            return pd.DataFrame(columns=["segment", "slot", "measure", "value", "low", "high"])
        names = rows["chinese"] if self.lang == "zh_CN" else rows["segment"]
        parts = [
            pd.DataFrame(
                {
                    "segment": names,
                    "slot": rows["slot"],
                    "measure": measure,
                    "value": rows[measure],
                    "low": rows[f"{measure}_low"],
                    "high": rows[f"{measure}_high"],
                }
            )
            for measure in ("precision", "coverage")
        ]
        return pd.concat(parts, ignore_index=True)

    # Acts ------------------------------------------------------------------------

    def save(self) -> None:
        """Save the draft as the next version, and evaluate it for the dashboards."""
        builder = self.need_builder()
        rules, book = builder.finished(), self.project.insight.rules
        saved = book.save(rules, expected_version=builder.base)
        self.discard_draft()

        def work(report: Any) -> Any:
            report(0.1, "insight_rules.phase.evaluate")
            return book.evaluate()

        def done(_: Any) -> None:
            self.load()
            self._say("done", "insight_rules.saved", version=saved.version, n=len(rules))

        self.load()
        self.jobs.start(work, done, "insight_rules.phase.evaluate")
        self.touch()

    def approve(self) -> None:
        """Approve the draft's rules as the cycle's segmentation, in the background."""
        builder = self.need_builder()
        rules = builder.finished()
        rules.check(builder.trial.cells.kinds)

        def work(report: Any) -> Any:
            report(0.1, "insight_rules.phase.approve")
            return self.project.insight.approve_rules(rules)

        def done(approved: Any) -> None:
            self.discard_draft()
            self.screen.load()
            self._say("done", "insight_rules.approved", version=approved.version, n=len(approved.segments))

        self.jobs.start(work, done, "insight_rules.phase.approve")

    def edit_segment(self, segment: str) -> None:
        """Open the section with a segment's rule in the builder: "Edit as rule" of the overview."""
        self.need_builder().learn(segment)

    def need_builder(self) -> RuleBuilder:
        """Return the builder; readers have none."""
        if self.builder is None:
            from workbench.errors import NotAllowed

            raise NotAllowed("insight_rules.error.reader")
        return self.builder

    def _say(self, kind: Any, key: str, **values: Any) -> None:
        self.screen.banner = Banner(kind, key, values)
        self.touch()

    # Sentences -------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return the finding about the rules."""
        title, subtitle = self.findings.title()
        return Heading(title, subtitle, tuple(self._buttons()))

    def _buttons(self) -> list[Button]:
        builder = self.builder
        if builder is None or not builder.draft.rules:
            return []
        if any(builder.problem(place) for place in range(len(builder.draft.rules))):
            blocked = self.t("insight_rules.button.blocked")
        else:
            blocked = ""
        buttons = [Button("rules-approve", self.t("insight_rules.button.approve"), blocked=blocked)]
        if builder.changed:
            buttons.insert(0, Button("rules-discard", self.t("insight_rules.button.discard")))
        save = self.t("insight_rules.button.save")
        nothing = "" if builder.changed else self.t("insight_rules.button.nothing")
        return [*buttons, Button("rules-save", save, primary=True, blocked=nothing)]

    def kpis(self) -> list[Kpi]:
        """Return the six figures of the rules."""
        return self.findings.kpis()

    def python(self) -> str:
        """Return the Python that makes the chosen rule."""
        builder = self.builder
        if builder is not None and builder.draft.rules and builder.problem(builder.selected) is None:
            return builder.draft.rule(builder.selected).python()
        return "project.insight.rules.current()"

    def date(self) -> str:
        """Return the day that the customers are seen on."""
        return locale.date(self.project.cycle.snapshot_date, self.lang)


def _numbers(row: pd.Series, n: int) -> dict[str, Any]:
    numbers = {
        name: None if pd.isna(row[name]) else int(row[name]) for name in ("n_matched", "n_assigned", "n_lost")
    }
    matched, assigned = numbers["n_matched"], numbers["n_assigned"]
    return {
        "counted": True,
        "matched": matched,
        "assigned": assigned,
        "lost": numbers["n_lost"],
        "unknown": int(row["n_unknown"]) if "n_unknown" in row else None,
        "share": None if assigned is None or not n else assigned / n,
        "share_matched": None if matched is None or not n else matched / n,
    }
