"""A rule set in the making: forgiving where the finished one is strict, so that nothing typed is lost."""

from __future__ import annotations

import copy
import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.errors import ParameterProblem, WorkbenchError
from workbench.insight import Rule, RuleSet, read_expression
from workbench.insight.rules.ruleset import MOST_RULES
from workbench.insight.rules.values import OPERATORS
from workbench.insight.rules.wording import column_unit

Node = dict[str, Any]
Path = tuple[int, ...]
GROUPS = ("all", "any", "none")
LONGEST = 200
DEEPEST = 4


def to_node(content: Any) -> Node:
    """Return a finished expression's plain data as the builder holds it; its root is a group.

    Examples
    --------
    >>> to_node({"column": "age", "operator": ">=", "value": 56})["group"]
    'all'
    """
    node = _node(content)
    return node if "group" in node else {"group": "all", "parts": [node]}


def _node(content: Any) -> Node:
    if not isinstance(content, Mapping):
        return {"group": "all", "parts": []}
    if "not" in content:
        inner = _node(content["not"])
        if inner.get("group") == "any":
            return {"group": "none", "parts": inner["parts"]}
        return {"group": "none", "parts": [inner]}
    for word in ("all", "any"):
        if word in content:
            parts = content[word] if isinstance(content[word], list) else []
            return {"group": word, "parts": [_node(part) for part in parts]}
    column, operator = str(content.get("column") or ""), str(content.get("operator") or "")
    value = content.get("value")
    return {
        "column": column,
        "operator": operator,
        "value": value,
        "typed": typed_of(column, operator, value),
    }


def to_content(node: Node) -> dict[str, Any]:
    """Return the builder's node as plain data for `read_expression`."""
    if "group" not in node:
        return {name: node[name] for name in ("column", "operator", "value")}
    parts = [to_content(part) for part in node["parts"]]
    if node["group"] == "none":
        return {"not": {"any": parts}}
    return parts[0] if len(parts) == 1 else {node["group"]: parts}


def typed_of(column: str, operator: str, value: Any) -> list[str]:
    """Return a value as it stands in the fields; shares are typed in percent.

    Examples
    --------
    >>> typed_of("share_fund", ">=", 0.62), typed_of("age", "between", [18, 35.5])
    (['62'], ['18', '35.5'])
    """
    values = list(value) if isinstance(value, list | tuple) else [value]
    if operator in ("<", "<=", ">", ">=", "between"):
        scale = 100 if column_unit(column) == "percent" else 1
        return [
            f"{one * scale:.10g}" if isinstance(one, int | float) and not isinstance(one, bool) else ""
            for one in values
        ]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return ["" if one is None else str(one) for one in values]


def parsed(column: str, operator: str, typed: Sequence[str]) -> Any:
    """Return what the fields say, or None where they do not say it yet.

    Examples
    --------
    >>> parsed("share_fund", ">=", ["62%"]), parsed("age", "between", ["18", ""]), parsed("x", "<", ["1e999"])
    (0.62, None, None)
    """
    if operator == "is_missing":
        return None
    if operator in ("<", "<=", ">", ">=", "between"):
        numbers = [_number(text, column) for text in typed]
        if None in numbers:
            return None
        return numbers if operator == "between" else numbers[0]
    if operator in ("before", "after"):
        try:
            return dt.date.fromisoformat(typed[0].strip()).isoformat()
        except ValueError:
            return None
    if operator == "in":
        return [text for text in typed if text] or None
    return typed[0] or None


def _number(text: str, column: str) -> float | None:
    plain = text.strip().rstrip("%").replace(",", "").replace("−", "-").replace("¥", "").strip()
    try:
        number = float(plain)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return float(f"{number / 100:.12g}") if column_unit(column) == "percent" else number


class RuleDraft:
    """The rules while they are being worked on, as plain data that JSON can keep.

    Parameters
    ----------
    rules : RuleSet
        Where it starts.
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules: list[dict[str, Any]] = [_entry(rule.to_dict()) for rule in rules]
        self.otherwise, self.otherwise_zh = rules.otherwise, rules.otherwise_zh

    # Kept and read back ----------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return it for `SectionState.keep_draft`."""
        return {"rules": self.rules, "otherwise": self.otherwise, "otherwise_zh": self.otherwise_zh}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> RuleDraft:
        """Return the draft that was kept."""
        made = cls(RuleSet())
        made.rules = [dict(rule) for rule in content.get("rules", ()) if isinstance(rule, Mapping)]
        made.otherwise = str(content.get("otherwise") or made.otherwise)
        made.otherwise_zh = str(content.get("otherwise_zh") or made.otherwise_zh)
        return made

    def copy(self) -> RuleDraft:
        """Return the draft as it is now."""
        return RuleDraft.from_dict(copy.deepcopy(self.to_dict()))

    def finished(self) -> tuple[RuleSet, dict[int, WorkbenchError]]:
        """Return the rules that are complete, and why the others (by position) are not."""
        found: list[Rule] = []
        problems: dict[int, WorkbenchError] = {}
        names: set[str] = set()
        for place in range(len(self.rules)):
            try:
                rule = self.rule(place)
                if rule.name in names:
                    raise ParameterProblem("insight_rules.error.same_name", name=rule.name)
            except WorkbenchError as problem:
                problems[place] = problem
                continue
            names.add(rule.name)
            found.append(rule)
        return RuleSet(found, self.otherwise, self.otherwise_zh), problems

    def rule(self, place: int) -> Rule:
        """Return one rule, finished.

        Raises
        ------
        ParameterProblem
            If something of it is missing.
        """
        entry = self.rules[place]
        return Rule(
            name=str(entry.get("name") or ""),
            expression=read_expression(to_content(entry["node"])),
            segment=str(entry.get("segment") or ""),
            priority=place + 1,
            segment_zh=str(entry.get("segment_zh") or ""),
            note=str(entry.get("note") or ""),
        )

    # Rules -----------------------------------------------------------------------

    def add(self, name: str, rule: Rule | None = None, place: int | None = None) -> int:
        """Add a rule, and return its position."""
        if len(self.rules) >= MOST_RULES:
            raise ParameterProblem("insight_rules.error.too_many", n=len(self.rules) + 1, most=MOST_RULES)
        entry = _entry(rule.to_dict() if rule else {"expression": {"all": []}})
        entry["name"] = self._free(name)
        at = len(self.rules) if place is None else place
        self.rules.insert(at, entry)
        return at

    def duplicate(self, place: int) -> int:
        """Put a copy of a rule behind it, and return its position."""
        entry = copy.deepcopy(self.rules[place])
        at = self.add(str(entry.get("name") or ""), place=place + 1)
        self.rules[at] = entry | {"name": self.rules[at]["name"]}
        return at

    def move(self, place: int, step: int) -> int:
        """Move a rule up (-1) or down (1), and return its position."""
        to = min(max(place + step, 0), len(self.rules) - 1)
        self.rules.insert(to, self.rules.pop(place))
        return to

    def _free(self, name: str) -> str:
        taken = {entry.get("name") for entry in self.rules}
        wanted, number = name[:60], 2
        while wanted in taken:
            wanted, number = f"{name[:54]} ({number})", number + 1
        return wanted

    # Parts of a rule -------------------------------------------------------------

    def node(self, place: int, path: Path) -> Node:
        """Return a part of a rule by its path.

        Raises
        ------
        ParameterProblem
            If there is no such part any more.
        """
        if not 0 <= place < len(self.rules):
            raise ParameterProblem("insight_rules.error.gone")
        node: Node = self.rules[place]["node"]
        for step in path:
            parts = node.get("parts", [])
            if not 0 <= step < len(parts):
                raise ParameterProblem("insight_rules.error.gone")
            node = parts[step]
        return node

    def add_part(self, place: int, path: Path, part: Node) -> None:
        """Add a part to a group."""
        group = self.node(place, path)
        if "group" not in group or sum(1 for _ in walk(self.rules[place]["node"])) >= LONGEST:
            raise ParameterProblem("insight_rules.error.too_long", most=LONGEST)
        group["parts"].append(part)

    def remove_part(self, place: int, path: Path) -> None:
        """Take a part out of its group; the root stays."""
        if path:
            parent = self.node(place, path[:-1])
            self.node(place, path)
            del parent["parts"][path[-1]]

    def set_column(self, place: int, path: Path, column: str, kinds: Mapping[str, Any]) -> None:
        """Ask another column; operator and value stay where they suit it."""
        node = self.node(place, path)
        operators = OPERATORS[kinds[column]]
        # A column that is gone is taken for one of the same kind: what was typed stays.
        was = kinds.get(node["column"], kinds[column])
        same = was == kinds[column] and column_unit(node["column"]) == column_unit(column)
        node["column"] = column
        if node["operator"] not in operators:
            node["operator"] = ">=" if ">=" in operators else operators[0]
        if not same or kinds[column] in ("text", "boolean"):
            node["typed"] = ["", ""] if node["operator"] == "between" else [""]
        self._reread(node, kinds)

    def set_operator(self, place: int, path: Path, operator: str, kinds: Mapping[str, Any]) -> None:
        """Compare in another way."""
        node = self.node(place, path)
        if operator not in OPERATORS.get(kinds.get(node["column"], "number"), ()):
            raise ParameterProblem("insight_rules.error.gone")
        typed = [text for text in node["typed"] if text] or [""]
        node["operator"] = operator
        if operator == "between":
            typed = [*typed, ""][:2]
        elif operator != "in":
            typed = typed[:1]
        node["typed"] = typed
        self._reread(node, kinds)

    def set_typed(self, place: int, path: Path, typed: Sequence[str], kinds: Mapping[str, Any]) -> None:
        """Take what the fields say."""
        node = self.node(place, path)
        node["typed"] = [text[:100] for text in typed]
        self._reread(node, kinds)

    @staticmethod
    def _reread(node: Node, kinds: Mapping[str, Any]) -> None:
        node["value"] = parsed(node["column"], node["operator"], node["typed"])
        if kinds.get(node["column"]) == "boolean" and node["operator"] == "is":
            node["value"] = {"yes": True, "no": False}.get(node["typed"][0])


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield every part of a rule with its path, parents first."""
    yield path, node
    for step, part in enumerate(node.get("parts", ())):
        yield from walk(part, (*path, step))


def _entry(content: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: str(content.get(name) or "") for name in ("name", "segment", "segment_zh", "note")}
    return kept | {"node": to_node(content.get("expression"))}
