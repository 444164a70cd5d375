"""Rules with segments and priorities, and how they are written down."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.errors import ParameterProblem
from workbench.insight.rules.expression import Expression
from workbench.insight.rules.groups import read_expression

FORMAT = 1
LONGEST_NAME = 60
MOST_RULES = 500


@dataclass(frozen=True)
class Rule:
    """One rule of an expert: who belongs to a segment.

    Parameters
    ----------
    name : str
        Its name, unique in its rule set; at most 60 characters.
    expression : Expression
        For whom it is true.
    segment : str, default=""
        The segment it puts a customer into; by default its name. Several rules may lead to
        one segment.
    priority : int, default=0
        Where several rules take a customer, the one with the smallest number decides; equal
        ones in the order of the set. 0 lets the set number it.
    segment_zh : str, default=""
        The segment's name in Chinese.
    note : str, default=""
        Why, or where it came from.

    Raises
    ------
    ParameterProblem
        If it has no name, or a name is too long.

    Examples
    --------
    >>> from workbench.insight import AllOf, Condition
    >>> retirees = Rule(
    ...     "Happy retirees",
    ...     AllOf(Condition("age", ">=", 56), Condition("share_time_deposit", ">=", 0.62)),
    ... )
    >>> retirees.describe()
    'age at least 56 and share in time deposits at least 62%'
    """

    name: str
    expression: Expression
    segment: str = ""
    priority: int = 0
    segment_zh: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        name = str(self.name).strip()
        segment = str(self.segment or name).strip()
        if not name:
            raise ParameterProblem("insight_rules.error.no_name")
        for given in (name, segment, self.segment_zh):
            if len(given) > LONGEST_NAME:
                raise ParameterProblem(
                    "insight_rules.error.long_name", name=given[:20] + "…", longest=LONGEST_NAME
                )
        if not isinstance(self.expression, Expression):
            raise ParameterProblem(
                "insight_rules.error.not_an_expression", found=type(self.expression).__name__
            )
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "segment", segment)
        object.__setattr__(self, "priority", int(self.priority))

    def to_ibis(self, table: Any) -> Any:
        """Return the rule as an Ibis boolean value over a table; missing where it is unknown.

        Parameters
        ----------
        table : ibis.Table
            With the columns that the rule asks for.

        Returns
        -------
        ibis.expr.types.BooleanValue

        Raises
        ------
        ParameterProblem
            If the table lacks a column.

        Examples
        --------
        >>> import ibis
        >>> from workbench.insight import Condition
        >>> customers = ibis.table({"customer_id": "string", "age": "float64"}, name="customers")
        >>> old = Rule("Old", Condition("age", ">=", 56)).to_ibis(customers)
        >>> customers.filter(old).columns
        ('customer_id', 'age')
        """
        self.expression.check(table, self.name)
        return self.expression.to_ibis(table)

    def describe(self, lang: str = "en") -> str:
        """Return whom it takes, as words of a language."""
        return self.expression.describe(lang)

    def python(self) -> str:
        """Return the Python that makes it."""
        segment = f", segment={self.segment!r}" if self.segment != self.name else ""
        return f"wb.Rule({self.name!r}, {self.expression.python()}{segment})"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        plain: dict[str, Any] = {"name": self.name, "segment": self.segment, "priority": self.priority}
        plain |= {name: text for name in ("segment_zh", "note") if (text := getattr(self, name))}
        return plain | {"expression": self.expression.to_dict()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Rule:
        """Return the rule that `to_dict` wrote.

        Raises
        ------
        ParameterProblem
            If it is none.
        """
        if not isinstance(content, Mapping):
            raise ParameterProblem("insight_rules.error.not_a_rule", found=type(content).__name__)
        return cls(
            name=str(content.get("name") or ""),
            expression=read_expression(content.get("expression")),
            segment=str(content.get("segment") or ""),
            priority=_whole(content.get("priority")),
            segment_zh=str(content.get("segment_zh") or ""),
            note=str(content.get("note") or ""),
        )


@dataclass(frozen=True)
class RuleSet:
    """Rules in the order of their priority: an expert's segmentation.

    Parameters
    ----------
    rules : iterable of Rule
        In any order; they are kept by priority and numbered from 1.
    otherwise : str, default="Other customers"
        The segment of customers whom no rule takes, where they need one.
    otherwise_zh : str, default="其他客户"
        The same in Chinese.

    Raises
    ------
    ParameterProblem
        If two rules share a name, or there are more than 500.

    Examples
    --------
    >>> from workbench.insight import Condition
    >>> rules = RuleSet([
    ...     Rule("Wealthy", Condition("balance_total", ">=", 500_000)),
    ...     Rule("Old", Condition("age", ">=", 60), segment="Retired"),
    ... ])
    >>> [(rule.priority, rule.segment) for rule in rules]
    [(1, 'Wealthy'), (2, 'Retired')]
    >>> RuleSet.from_json(rules.to_json()) == rules
    True
    >>> RuleSet.from_toml(rules.to_toml()) == rules
    True
    """

    rules: tuple[Rule, ...] = field(default=())
    otherwise: str = "Other customers"
    otherwise_zh: str = "其他客户"

    def __init__(
        self,
        rules: Iterable[Rule] = (),
        otherwise: str = "Other customers",
        otherwise_zh: str = "其他客户",
    ) -> None:
        given = tuple(rules)
        strange = next((rule for rule in given if not isinstance(rule, Rule)), None)
        if strange is not None:
            raise ParameterProblem("insight_rules.error.not_a_rule", found=type(strange).__name__)
        if len(given) > MOST_RULES:
            raise ParameterProblem("insight_rules.error.too_many", n=len(given), most=MOST_RULES)
        names = [rule.name for rule in given]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ParameterProblem("insight_rules.error.same_name", name=twice)
        # Who has no number comes after those who have one.
        ordered = sorted(given, key=lambda rule: rule.priority or MOST_RULES + len(given) + 1)
        numbered = tuple(replace(rule, priority=number) for number, rule in enumerate(ordered, 1))
        object.__setattr__(self, "rules", numbered)
        object.__setattr__(self, "otherwise", str(otherwise).strip() or "Other customers")
        object.__setattr__(self, "otherwise_zh", str(otherwise_zh).strip())

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def __getitem__(self, name: str) -> Rule:
        for rule in self.rules:
            if rule.name == name:
                return rule
        raise ParameterProblem(
            "insight_rules.error.no_rule", name=name, known=", ".join(rule.name for rule in self.rules) or "–"
        )

    @property
    def segments(self) -> list[str]:
        """The segments that the rules lead to, each once, by priority."""
        return list(dict.fromkeys(rule.segment for rule in self.rules))

    def columns(self) -> list[str]:
        """Return the columns that the rules ask for, each once."""
        return list(dict.fromkeys(name for rule in self.rules for name in rule.expression.columns()))

    def check(self, table: Any) -> None:
        """Say whether a table can answer every rule.

        Parameters
        ----------
        table : pandas.DataFrame, ibis.Table or mapping of str to str
            The table, or what `column_kinds` says of it.

        Raises
        ------
        ParameterProblem
            The first reason why not.
        """
        for rule in self.rules:
            rule.expression.check(table, rule.name)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {
            "format": FORMAT,
            "otherwise": self.otherwise,
            "otherwise_zh": self.otherwise_zh,
            "rules": [rule.to_dict() for rule in self.rules],
        }

    @classmethod
    def from_dict(cls, content: Any) -> RuleSet:
        """Return the rule set that `to_dict` wrote.

        Raises
        ------
        ParameterProblem
            If it is none.
        """
        if not isinstance(content, Mapping) or content.get("format") != FORMAT:
            raise ParameterProblem("insight_rules.error.not_a_rule_set", detail=f"format {FORMAT}")
        rules = content.get("rules")
        if not isinstance(rules, list):
            raise ParameterProblem("insight_rules.error.not_a_rule_set", detail="rules")
        return cls(
            [Rule.from_dict(rule) for rule in rules],
            str(content.get("otherwise") or ""),
            str(content.get("otherwise_zh") or ""),
        )

    def to_json(self) -> str:
        """Return it as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> RuleSet:
        """Return the rule set that `to_json` wrote.

        Raises
        ------
        ParameterProblem
            If the text is none.
        """
        try:
            content = json.loads(text)
        except (ValueError, TypeError, RecursionError) as problem:
            raise ParameterProblem("insight_rules.error.not_a_rule_set", detail=str(problem)) from problem
        return cls.from_dict(content)

    def to_toml(self) -> str:
        """Return it as TOML text that a person can read and change."""
        from workbench.insight.rules.toml_text import written

        return written(self.to_dict())

    @classmethod
    def from_toml(cls, text: str) -> RuleSet:
        """Return the rule set that `to_toml` wrote, or a person did.

        Raises
        ------
        ParameterProblem
            If the text is none.
        """
        try:
            content = tomllib.loads(text)
        except (ValueError, TypeError, RecursionError) as problem:
            raise ParameterProblem("insight_rules.error.not_a_rule_set", detail=str(problem)) from problem
        return cls.from_dict(content)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
