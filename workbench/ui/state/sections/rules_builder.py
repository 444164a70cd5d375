"""The builder of rules: each edit is tried on all customers at once, kept, and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.insight import RuleEvaluation, RuleSet, feature_label
from workbench.insight.catalogue import EXCLUDED, NEVER, RULES
from workbench.insight.rules.evaluation import summarise_patterns
from workbench.insight.rules.findings import Remark, find_remarks
from workbench.insight.rules.patterns import Trial
from workbench.insight.rules.values import OPERATORS
from workbench.insight.rules.wording import column_unit, value_words
from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.rules_draft import DEEPEST, GROUPS, Path, RuleDraft, walk

if TYPE_CHECKING:
    from workbench.ui.state.sections.rules import RulesState

STEPS_BACK = 50
MOST_CHOICES = 40
MESSAGE_PREFIXES = ("insight_rules.op.", "insight_rules.group.", "insight_rules.unit.")


class RuleBuilder:
    """One sitting at the rules; nothing is saved before `save`, and nothing lost before that.

    Parameters
    ----------
    section : RulesState
        The section that shows it.
    """

    def __init__(self, section: RulesState) -> None:
        self.section = section
        self.draft = RuleDraft(RuleSet())
        self.base: int | None = None
        self.changed = False
        self.selected = 0
        self.generation = 0
        self._past: list[tuple[dict[str, Any], int]] = []
        self._trial: Trial | None = None
        self._found: tuple[RuleEvaluation, dict[int, Remark], dict[int, list[Remark]]] | None = None

    # Beginning -------------------------------------------------------------------

    def load(self) -> None:
        """Take up the kept draft, or the rules in force."""
        section = self.section
        stored = section.stored
        self._trial, self._found, self._past = None, None, []
        kept = section.draft()
        if kept is not None:
            self.draft, self.base, self.changed = RuleDraft.from_dict(kept), kept.get("base"), True
            self.selected = int(kept.get("selected") or 0)
        else:
            self.draft = RuleDraft(stored.rules if stored else RuleSet())
            self.base, self.changed = stored.version if stored else None, False
        self.selected = min(self.selected, max(len(self.draft.rules) - 1, 0))
        self.generation += 1

    @property
    def trial(self) -> Trial:
        """The customers that rules are tried on."""
        if self._trial is None:
            section = self.section
            segmentation = section.segmentation
            clusters = None
            if segmentation is not None:
                clusters = segmentation.membership.set_index("customer_id")["cluster"]
            self._trial = Trial(section.project.insight.rules.customers(), clusters)
        return self._trial

    # Figures ---------------------------------------------------------------------

    def evaluation(self) -> RuleEvaluation:
        """Return what the draft's finished rules do to the customers."""
        return self._evaluated()[0]

    def problem(self, place: int) -> Remark | None:
        """Return why a rule does not count, or None."""
        return self._evaluated()[1].get(place)

    def remarks(self, place: int) -> list[Remark]:
        """Return what is odd about a rule that counts."""
        return self._evaluated()[2].get(place, [])

    def _evaluated(self) -> tuple[RuleEvaluation, dict[int, Remark], dict[int, list[Remark]]]:
        if self._found is None:
            rules, unfinished = self.draft.finished()
            problems = {
                place: Remark("", "error", problem.key, problem.values)
                for place, problem in unfinished.items()
            }
            places = {
                str(entry.get("name", "")).strip(): i
                for i, entry in reversed(list(enumerate(self.draft.rules)))
            }
            odd: dict[int, list[Remark]] = {}
            for remark in find_remarks(rules, self.trial.cells):
                if remark.level == "error":
                    problems[places[remark.rule]] = remark
                else:
                    odd.setdefault(places[remark.rule], []).append(remark)
            bad = {
                str(self.draft.rules[place].get("name", "")).strip()
                for place in problems
                if place not in unfinished
            }
            usable = RuleSet(
                [rule for rule in rules if rule.name not in bad], rules.otherwise, rules.otherwise_zh
            )
            self._found = (summarise_patterns(self.trial.patterns(usable), usable), problems, odd)
        return self._found

    # Edits -----------------------------------------------------------------------

    def edit(self, change: Callable[[], Any], *, redraw: bool = True) -> None:
        """Make a change that can be undone, try it, and keep the draft."""
        before = (self.draft.copy().to_dict(), self.selected)
        change()
        self._past = [*self._past[-STEPS_BACK + 1 :], before]
        if redraw:
            self.generation += 1
        self._keep()

    def _keep(self) -> None:
        self.changed, self._found = True, None
        self.section.keep_draft({**self.draft.to_dict(), "base": self.base, "selected": self.selected})
        self.section.touch()

    def undo(self) -> None:
        """Take back the last change."""
        if self._past:
            content, self.selected = self._past.pop()
            self.draft = RuleDraft.from_dict(content)
            self.generation += 1
            self._keep()

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._past)

    def select(self, value: str) -> None:
        """Choose the rule that is edited."""
        self.selected = self._place(value)
        self.generation += 1
        self.section.touch()

    def add(self) -> None:
        """Add an empty rule and choose it."""

        def change() -> None:
            name = self.section.t("insight_rules.builder.new_name")
            self.selected = self.draft.add(name)

        self.edit(change)

    def add_rule(self, rule: Any) -> None:
        """Add a finished rule and choose it."""

        def change() -> None:
            self.selected = self.draft.add(rule.name, rule)

        self.edit(change)

    def duplicate(self, value: str) -> None:
        """Copy a rule and choose the copy."""
        place = self._place(value)

        def change() -> None:
            self.selected = self.draft.duplicate(place)

        self.edit(change)

    def delete(self, value: str) -> None:
        """Delete a rule; `undo` brings it back."""
        place = self._place(value)
        name = str(self.draft.rules[place].get("name", ""))

        def change() -> None:
            del self.draft.rules[place]
            if self.selected >= place:
                self.selected = max(self.selected - 1, 0)

        self.edit(change)
        self.section.screen.banner = Banner("note", "insight_rules.builder.deleted", {"name": name})

    def move(self, value: str, step: int) -> None:
        """Give a rule a higher (-1) or lower (1) priority."""
        place = self._place(value)

        def change() -> None:
            self.selected = self.draft.move(place, step)

        self.edit(change)

    def name(self, field: str, text: str) -> None:
        """Change the name, segment or Chinese segment of the chosen rule."""
        place = self._place(str(self.selected))
        self.edit(lambda: self.draft.rules[place].__setitem__(field, text[:60]), redraw=False)

    def act(self, action: str, path: Path, value: str) -> None:
        """Change a part of the chosen rule.

        Parameters
        ----------
        action : str
            ``column``, ``operator``, ``typed0``, ``typed1``, ``pick<n>``, ``group``,
            ``condition``, ``nest`` or ``remove``.
        path : tuple of int
            Which part.
        value : str
            What the page says; untrusted.
        """
        place, draft, kinds = self._place(str(self.selected)), self.draft, self.trial.cells.kinds
        node = draft.node(place, path)
        is_group = action in ("group", "condition", "nest")
        if action != "remove" and is_group != ("group" in node):
            raise ParameterProblem("insight_rules.error.gone")
        if action == "column" and value in kinds:
            self.edit(lambda: draft.set_column(place, path, value, kinds))
        elif action == "operator":
            self.edit(lambda: draft.set_operator(place, path, value, kinds))
        elif action in ("typed0", "typed1"):
            typed = [*node.get("typed", ()), "", ""][: 2 if node.get("operator") == "between" else 1]
            typed[int(action[-1]) if len(typed) > 1 else 0] = value
            self.edit(lambda: draft.set_typed(place, path, typed, kinds), redraw=False)
        elif action.startswith("pick"):
            self._pick(place, path, int(action[4:]), value)
        elif action == "group" and value in GROUPS and "group" in node:
            self.edit(lambda: node.__setitem__("group", value))
        elif action == "condition":
            self.edit(lambda: draft.add_part(place, path, self._fresh()))
        elif action == "nest" and len(path) < DEEPEST - 1:
            group = {"group": "any", "parts": [self._fresh()]}
            self.edit(lambda: draft.add_part(place, path, group))
        elif action == "remove":
            self.edit(lambda: draft.remove_part(place, path))

    def _pick(self, place: int, path: Path, number: int, value: str) -> None:
        node = self.draft.node(place, path)
        choices = self.choices(node["column"])
        if number < len(choices):
            picked = [one for one in node["typed"] if one and one != choices[number]]
            typed = [*picked, choices[number]] if value == "true" else picked
            self.edit(lambda: self.draft.set_typed(place, path, typed, self.trial.cells.kinds))

    def _fresh(self) -> dict[str, Any]:
        kinds = self.trial.cells.kinds
        column = "age" if kinds.get("age") == "number" else next(iter(self.columns()), ("", ""))[1]
        operator = ">=" if kinds.get(column) == "number" else OPERATORS[kinds.get(column, "text")][0]
        return {"column": column, "operator": operator, "value": None, "typed": [""]}

    def _place(self, value: str) -> int:
        if not value.isdigit() or int(value) >= len(self.draft.rules):
            raise ParameterProblem("insight_rules.error.gone")
        return int(value)

    # What the view draws ---------------------------------------------------------

    def columns(self) -> list[tuple[str, str]]:
        """Return the columns to choose from as (shown, name), those of the catalogue first."""
        lang, kinds = self.section.lang, self.trial.cells.kinds
        order = {name: number for number, name in enumerate(RULES)}
        offered = [name for name in kinds if EXCLUDED.get(name.lower()) not in NEVER or kinds[name] == "date"]
        offered = [name for name in offered if name not in ("customer_id", "snapshot_date")]
        offered.sort(key=lambda name: (order.get(name, 999), not name.startswith("share_"), name))
        return [(feature_label(name, lang), name) for name in offered]

    def choices(self, column: str) -> list[str]:
        """Return the values of a column of text, the first of many."""
        return sorted(self.trial.cells.codes(column)[1])[:MOST_CHOICES]

    def rows(self) -> list[dict[str, Any]]:
        """Return the parts of the chosen rule, one row each, parents first."""
        if not self.draft.rules:
            return []
        section, kinds = self.section, self.trial.cells.kinds
        rows: list[dict[str, Any]] = []
        for path, node in walk(self.draft.rules[self.selected]["node"]):
            row: dict[str, Any] = {"path": path, "key": ".".join(map(str, path)), "depth": len(path)}
            if "group" in node:
                groups = [(section.t(f"insight_rules.group.{one}"), one) for one in GROUPS]
                row |= {"kind": "group", "group": node["group"], "groups": groups, "empty": not node["parts"]}
                row["may_nest"] = len(path) < DEEPEST - 1
                rows.append(row)
                continue
            kind = kinds.get(node["column"])
            operators = OPERATORS[kind] if kind else (node["operator"],)
            row |= {
                "kind": "condition",
                "column": node["column"],
                "known": kind is not None,
                "operator": node["operator"],
                "operators": [(self._operator(one), one) for one in operators],
                "typed": node["typed"],
                "input": self._input(kind, node),
                "choices": [],
                "unit": "",
            }
            if row["input"] in ("choice", "choices"):
                values = self.choices(node["column"])
                row["choices"] = [(value_words(node["column"], one, section.lang), one) for one in values]
            if kind == "number":
                row["unit"] = self._unit(node["column"])
            rows.append(row)
        return rows

    def _operator(self, operator: str) -> str:
        name = {"<": "below", "<=": "at_most", ">": "above", ">=": "at_least"}.get(operator, operator)
        return self.section.t(f"insight_rules.op.{name}")

    def _input(self, kind: str | None, node: dict[str, Any]) -> str:
        operator = node["operator"]
        if operator == "is_missing" or kind is None:
            return "none"
        if kind == "text":
            many = len(self.trial.cells.codes(node["column"])[1]) > MOST_CHOICES
            return "text" if many else "choices" if operator == "in" else "choice"
        return {"number": "numbers", "boolean": "flag", "date": "day"}[kind]

    def _unit(self, column: str) -> str:
        unit = column_unit(column)
        rule = RULES.get(column)
        if unit == "plain" and rule is not None and rule.unit in ("months", "days", "years"):
            unit = rule.unit
        return self.section.t(f"insight_rules.unit.{unit}") if unit != "plain" else ""

    # Ending ----------------------------------------------------------------------

    def finished(self) -> RuleSet:
        """Return the draft as a rule set.

        Raises
        ------
        WorkbenchError
            The first reason why a rule is not finished.
        """
        for place, entry in enumerate(self.draft.rules):
            problem = self.problem(place)
            if problem is not None and not problem.key.endswith("_column"):
                raise ParameterProblem(
                    "insight_rules.error.unfinished",
                    rule=str(entry.get("name") or place + 1),
                    problem=self.section.t(problem.key, **problem.values),
                )
        return self.draft.finished()[0]

    def discard(self) -> None:
        """Give the draft up."""
        self.section.discard_draft()
        self.load()
        self.section.touch()

    def learn(self, segment: str) -> None:
        """Make a rule of a segment and choose it."""
        table = self.section.segment_rules
        mine = table[table["shown"] == segment] if len(table) else pd.DataFrame()
        if mine.empty:
            raise NotFound("insight_rules.error.not_told", segment=segment)
        self.add_rule(mine.iloc[0]["rule"])
