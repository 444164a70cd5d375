"""The rules by which a review recommends, as data that a bank can change."""

from __future__ import annotations

import math
import operator
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from workbench.errors import ParameterProblem
from workbench.tables import ACTIONS

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
OPERATORS = (*_COMPARE, "missing", "present")
_SOURCES = ("value", "threshold", "field_of")


@dataclass(frozen=True)
class Condition:
    """One comparison: a figure with a value, a threshold or another figure.

    Attributes
    ----------
    field : str
        The figure, by its name in the evaluation.
    op : {"<", "<=", ">", ">=", "==", "missing", "present"}
        How it is compared.
    source : {"value", "threshold", "field_of", ""}
        What it is compared with; empty for missing and present.
    operand : float or str
        The value, or the name of the threshold or figure.
    """

    field: str
    op: str
    source: str = ""
    operand: float | str = 0.0

    def holds(self, figures: Mapping[str, Any], thresholds: Mapping[str, float]) -> bool:
        """Say whether the figures fulfil the condition; a missing figure fulfils only ``missing``.

        Examples
        --------
        >>> Condition("uplift", ">", "value", 0.0).holds({"uplift": 0.02}, {})
        True
        >>> Condition("uplift", ">", "value", 0.0).holds({}, {})
        False
        """
        left = figures.get(self.field)
        if self.op in ("missing", "present"):
            return is_missing(left) == (self.op == "missing")
        right: Any = self.operand
        if self.source == "threshold":
            right = thresholds[str(self.operand)]
        elif self.source == "field_of":
            right = figures.get(str(self.operand))
        if is_missing(left) or is_missing(right):
            return False
        return bool(_COMPARE[self.op](left, right))


@dataclass(frozen=True)
class Rule:
    """What to recommend when all conditions hold.

    Attributes
    ----------
    id : str
        R1, R2 …; two rules may share one where they differ in a detail.
    action : {"scale", "keep", "adjust", "stop", "undecided"}
        What to do.
    reason : str
        Key of the sentence that says why.
    conditions : tuple of Condition
        All must hold.
    change : dict
        What the next cycle changes: values, or ``{"threshold": name}`` or
        ``{"field": name}`` to fill in.
    """

    id: str
    action: str
    reason: str
    conditions: tuple[Condition, ...]
    change: dict[str, Any]


@dataclass(frozen=True)
class Rules:
    """Rules in the order they are tried, and the thresholds they name.

    Examples
    --------
    >>> rules = default_rules()
    >>> rules.thresholds["scale_return"], rules.rules[-1].action
    (3.0, 'undecided')
    >>> rules.with_thresholds(scale_return=5).thresholds["scale_return"]
    5.0
    """

    thresholds: dict[str, float]
    rules: tuple[Rule, ...]

    def with_thresholds(self, **thresholds: float) -> Rules:
        """Return the same rules with other thresholds.

        Raises
        ------
        ParameterProblem
            If there is no such threshold, or a value is no number.
        """
        for name, value in thresholds.items():
            if name not in self.thresholds:
                raise ParameterProblem(
                    "review_room.error.threshold", name=name, known=", ".join(self.thresholds)
                )
            _number(value, name)
        return replace(self, thresholds=self.thresholds | {k: float(v) for k, v in thresholds.items()})

    def first(self, figures: Mapping[str, Any]) -> Rule:
        """Return the first rule whose conditions all hold."""
        return next(
            rule for rule in self.rules if all(c.holds(figures, self.thresholds) for c in rule.conditions)
        )


def is_missing(value: Any) -> bool:
    """Say whether a figure is missing: none, not a number, or an empty text.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing(""), is_missing(0.0)
    (True, True, True, False)
    """
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def default_rules() -> Rules:
    """Return the rules that come with the workbench, ``review/rules.toml``.

    Examples
    --------
    >>> [rule.id for rule in default_rules().rules][:3]
    ['R9', 'R6', 'R1']
    """
    return read_rules(resources.files(__package__).joinpath("rules.toml").read_text(encoding="utf-8"))


def read_rules(text: str) -> Rules:
    """Read rules from TOML text.

    Parameters
    ----------
    text : str
        ``[thresholds]`` with numbers, and ``[[rules]]`` with id, action, reason,
        conditions and change, as in ``review/rules.toml``. Conditions are comparisons of
        named figures; nothing in the text is run.

    Returns
    -------
    Rules

    Raises
    ------
    ParameterProblem
        If the text is not TOML, or a rule is incomplete, compares in an unknown way, names
        an unknown threshold, or the last rule has conditions.

    Examples
    --------
    >>> read_rules("[thresholds]")
    Traceback (most recent call last):
    ...
    workbench.errors.ParameterProblem: The rules can't be read: the last rule must have no conditions...
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _problem(str(error)) from error
    thresholds = {
        name: _number(value, f"threshold {name}") for name, value in document.get("thresholds", {}).items()
    }
    rules = tuple(_read_rule(entry, thresholds) for entry in document.get("rules", []))
    if not rules or rules[-1].conditions:
        raise _problem("the last rule must have no conditions, so that every strategy gets one")
    return Rules(thresholds, rules)


def _read_rule(entry: dict[str, Any], thresholds: Mapping[str, float]) -> Rule:
    name = str(entry.get("id", "?"))
    missing = [key for key in ("id", "action", "reason") if not isinstance(entry.get(key), str)]
    if missing:
        raise _problem(f"rule {name} lacks {', '.join(missing)}")
    if entry["action"] not in ACTIONS:
        raise _problem(f"rule {name}: action must be one of {', '.join(ACTIONS)}")
    conditions = tuple(_read_condition(c, name, thresholds) for c in entry.get("conditions", []))
    change = dict(entry.get("change", {}))
    for key, value in change.items():
        if isinstance(value, dict) and (
            set(value) not in ({"threshold"}, {"field"})
            or ("threshold" in value and value["threshold"] not in thresholds)
        ):
            raise _problem(f"rule {name}: change {key} must be a value, a threshold or a field")
    return Rule(name, entry["action"], entry["reason"], conditions, change)


def _read_condition(entry: dict[str, Any], rule: str, thresholds: Mapping[str, float]) -> Condition:
    field, op = entry.get("field"), entry.get("op")
    given = [source for source in _SOURCES if source in entry]
    if not isinstance(field, str) or op not in OPERATORS or set(entry) - {"field", "op", *_SOURCES}:
        raise _problem(f"rule {rule}: a condition needs a field and one of {' '.join(OPERATORS)}")
    if op in ("missing", "present"):
        if given:
            raise _problem(f"rule {rule}: {field} {op} compares with nothing")
        return Condition(field, op)
    if len(given) != 1:
        raise _problem(f"rule {rule}: {field} {op} needs one of {', '.join(_SOURCES)}")
    source, operand = given[0], entry[given[0]]
    if source == "value":
        return Condition(field, op, source, _number(operand, f"rule {rule}, {field}"))
    if not isinstance(operand, str) or (source == "threshold" and operand not in thresholds):
        raise _problem(f"rule {rule}: there is no {source} {operand}")
    return Condition(field, op, source, operand)


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _problem(f"{where} must be a number")
    return float(value)


def _problem(detail: str) -> ParameterProblem:
    return ParameterProblem("review_room.error.rules", detail=detail)
