"""The text of a review's rules: read strictly, each mistake with its line, and changed with its comments."""

from __future__ import annotations

import difflib
import math
import re
import string
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.review.rules import FIGURES, OPERATORS, OWN, SOURCES, Condition, Rule, Rules
from workbench.tables import ACTIONS, LIFECYCLE_STAGES, TIERS

MESSAGE_PREFIXES = ("review_advice.error.",)
FILE = "review_rules.toml"
"""Name of a project's own rules, in its folder."""
CHANGES = (
    "capacity_factor",
    "control_share",
    "lifecycle_stages",
    "tier",
    "channel",
    "channels",
    "script_version",
    "script",
    "learn",
    "stop",
    "n_more",
)
"""What an accepted recommendation may change in the next cycle."""
_RULE_KEYS = ("id", "action", "reason", "conditions", "change")
_SHARES = ("alpha", "alarm", "max_control_share")
_POSITIVE = ("scale_factor", "shrink_factor")
_NOT_NEGATIVE = ("prior_weight", "smallest_uplift", "min_expected_count", "max_contaminated")
_HEADER = re.compile(r"^\s*\[\[\s*\"?rules\"?\s*\]\]")
_LONGEST_ID = 20


def read_rules(text: str, name: str = FILE) -> Rules:
    """Read rules from TOML text.

    Parameters
    ----------
    text : str
        ``[thresholds]`` with numbers, and ``[[rules]]`` with id, action, reason,
        conditions and change, as in ``review/rules.toml``. Conditions are comparisons of
        named figures (`FIGURES`); nothing in the text is run. A reason is the key of a
        sentence, or the sentence itself: ``{ en = "…", zh_CN = "…" }``, with figures in
        braces.
    name : str, default="review_rules.toml"
        The file's name, for messages.

    Returns
    -------
    Rules

    Raises
    ------
    ParameterProblem
        If the text is not TOML, or a rule is incomplete, compares in an unknown way, names
        an unknown figure, threshold or change, or the last rule has conditions. The
        sentence says the file, the line and the rule.

    Examples
    --------
    >>> read_rules("[thresholds]")
    Traceback (most recent call last):
    ...
    workbench.errors.ParameterProblem: The rules can't be read: review_rules.toml, line 1: the last rule...
    """
    return _Reader(text, name).rules()


def check_threshold(name: str, value: Any, file: str = FILE, line: int = 1) -> float:
    """Return a threshold's value if it is a number that makes sense.

    Raises
    ------
    ParameterProblem
        If it is none.

    Examples
    --------
    >>> check_threshold("alpha", 0.1)
    0.1
    >>> check_threshold("alpha", 5)
    Traceback (most recent call last):
    ...
    workbench.errors.ParameterProblem: The rules can't be read: ... threshold alpha is 5...
    """
    if not _is_number(value):
        raise ParameterProblem("review_advice.error.threshold_number", file=file, line=line, name=name)
    allowed = ""
    if name in _SHARES and not 0 < value < 1:
        allowed = "0 < … < 1"
    elif name in _POSITIVE and not value > 0:
        allowed = "> 0"
    elif name in _NOT_NEGATIVE and not value >= 0:
        allowed = "≥ 0"
    if allowed:
        raise ParameterProblem(
            "review_advice.error.threshold_range",
            file=file,
            line=line,
            name=name,
            value=f"{value:.10g}",
            allowed=allowed,
        )
    return float(value)


def change_thresholds(text: str, thresholds: Mapping[str, float]) -> str:
    r"""Return a text of rules with other thresholds; comments and everything else stay.

    Parameters
    ----------
    text : str
        What `read_rules` takes.
    thresholds : mapping of str to float
        The new values, by name.

    Returns
    -------
    str

    Examples
    --------
    >>> change_thresholds("[thresholds]\nalpha = 0.05   # proof\n", {"alpha": 0.01})
    '[thresholds]\nalpha = 0.01   # proof\n'
    """
    lines, inside = text.split("\n"), False
    for number, line in enumerate(lines):
        if re.match(r"^\s*\[", line):
            inside = re.match(r"^\s*\[\s*thresholds\s*\]", line) is not None
        found = re.match(r"^(\s*\"?(\w+)\"?\s*=\s*)([^\s#]+)(.*)$", line, re.DOTALL) if inside else None
        if found and found[2] in thresholds:
            lines[number] = f"{found[1]}{thresholds[found[2]]:.10g}{found[4]}"
    return "\n".join(lines)


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, (int, float)) and math.isfinite(value)


class _Reader:
    """Takes the rules out of a text one by one."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.lines = text.splitlines()
        self.heads = [number for number, line in enumerate(self.lines, 1) if _HEADER.match(line)]
        try:
            self.document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ParameterProblem("review_advice.error.toml", file=name, detail=str(error)) from error

    def rules(self) -> Rules:
        """Return the rules."""
        for key in self.document:
            if key not in ("thresholds", "rules"):
                raise self._wrong("section", self._line(re.escape(key)), name=key)
        given, entries = self.document.get("thresholds", {}), self.document.get("rules", [])
        if not isinstance(given, dict) or not isinstance(entries, list):
            raise self._wrong("section", 1, name="thresholds" if not isinstance(given, dict) else "rules")
        self.thresholds = {
            name: check_threshold(name, value, self.name, self._line(rf"\"?{re.escape(name)}\"?\s*="))
            for name, value in given.items()
        }
        rules = tuple(self._rule(number, entry) for number, entry in enumerate(entries))
        if not rules or rules[-1].conditions:
            raise self._wrong("no_last", self.heads[-1] if self.heads else 1)
        return Rules(self.thresholds, rules, self.text)

    def _line(self, pattern: str, begin: int = 1, end: int | None = None) -> int:
        """Return the first line from one to another that has a pattern, else the first."""
        for number, line in enumerate(self.lines[begin - 1 : end], begin):
            if re.search(pattern, line.split("#")[0]):
                return number
        return begin

    def _wrong(self, kind: str, line: int, **values: Any) -> ParameterProblem:
        return ParameterProblem(f"review_advice.error.{kind}", file=self.name, line=line, **values)

    def _rule(self, number: int, entry: Any) -> Rule:
        self.begin = self.heads[number] if number < len(self.heads) else 1
        self.end = self.heads[number + 1] - 1 if number + 1 < len(self.heads) else None
        if not isinstance(entry, dict):
            raise self._wrong("section", self.begin, name="rules")
        self.id = str(entry.get("id", "?"))
        missing = [
            key
            for key in ("id", "action", "reason")
            if not (isinstance(entry.get(key), str) or (key == "reason" and isinstance(entry.get(key), dict)))
        ]
        if missing:
            raise self._of_rule("lacks", missing="/".join(missing))
        for key in entry:
            if key not in _RULE_KEYS:
                raise self._of_rule("rule_key", rf"^\s*{re.escape(key)}\s*=", name=key)
        if not self.id.strip() or len(self.id) > _LONGEST_ID:
            raise self._of_rule("id", r"^\s*id\s*=", most=_LONGEST_ID)
        if entry["action"] not in ACTIONS:
            raise self._of_rule("action", r"^\s*action\s*=", known=", ".join(ACTIONS))
        given = entry.get("conditions", [])
        if not isinstance(given, list):
            raise self._of_rule("condition", known=" ".join(OPERATORS))
        conditions = tuple(self._condition(each) for each in given)
        change = self._change(entry.get("change", {}))
        reason, said = self._reason(entry["reason"])
        return Rule(self.id, entry["action"], reason, conditions, change, said)

    def _of_rule(self, kind: str, pattern: str | None = None, **values: Any) -> ParameterProblem:
        line = self._line(pattern, self.begin, self.end) if pattern else self.begin
        return self._wrong(kind, line, rule=self.id, **values)

    def _condition(self, entry: Any) -> Condition:
        if not isinstance(entry, dict):
            raise self._of_rule("condition", known=" ".join(OPERATORS))
        figure, op = entry.get("field"), entry.get("op")
        here = rf"field\s*=\s*[\"']{re.escape(str(figure))}[\"']"
        given = [source for source in SOURCES if source in entry]
        if not isinstance(figure, str) or op not in OPERATORS or set(entry) - {"field", "op", *SOURCES}:
            raise self._of_rule("condition", here, known=" ".join(OPERATORS))
        if op in ("missing", "present"):
            if given:
                raise self._of_rule("compares_nothing", here, figure=figure, op=op)
            self._figure(figure, here)
            return Condition(figure, op)
        if len(given) != 1:
            raise self._of_rule("one_source", here, figure=figure, op=op, sources=", ".join(SOURCES))
        source, operand = given[0], entry[given[0]]
        if source == "value":
            if not _is_number(operand):
                raise self._of_rule("value_number", here, figure=figure)
            self._figure(figure, here)
            return Condition(figure, op, source, float(operand))
        if not isinstance(operand, str) or (source == "threshold" and operand not in self.thresholds):
            raise self._of_rule(
                "no_threshold", here, name=operand, known=", ".join(self.thresholds), source=source
            )
        self._figure(figure, here)
        if source == "field_of":
            self._figure(operand, here)
        return Condition(figure, op, source, operand)

    def _figure(self, name: str, here: str) -> None:
        if name not in FIGURES:
            raise self._of_rule("no_figure", here, name=name, nearest=_nearest(name, tuple(FIGURES)))

    def _change(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise self._of_rule("change", r"^\s*change\s*=", name="change")
        for key, value in given.items():
            here = rf"\b{re.escape(key)}\s*="
            if isinstance(value, dict):
                fits = set(value) in ({"threshold"}, {"field"}) and isinstance(
                    next(iter(value.values())), str
                )
                if not fits or ("threshold" in value and value["threshold"] not in self.thresholds):
                    raise self._of_rule("change", here, name=key)
                if "field" in value:
                    self._figure(value["field"], here)
            if key not in CHANGES:
                raise self._of_rule("no_change", here, name=key, known=", ".join(CHANGES))
            if not isinstance(value, dict) and not _makes_sense(key, value):
                raise self._of_rule("change", here, name=key)
        return dict(given)

    def _reason(self, given: Any) -> tuple[str, dict[str, str]]:
        here = r"^\s*reason\s*="
        if isinstance(given, dict):
            if set(given) != set(locale.LANGUAGES) or not all(_is_sentence(x) for x in given.values()):
                raise self._of_rule("own_reason", here, languages=", ".join(locale.LANGUAGES))
            return OWN, {str(lang): str(said) for lang, said in given.items()}
        known = sorted(key for key in locale.keys("en") if key.startswith("review_room.reason."))
        if given not in known:
            raise self._of_rule("reason", here, name=given, nearest=_nearest(given, known))
        return given, {}


def _nearest(name: str, known: Sequence[str]) -> str:
    found = difflib.get_close_matches(name, known, 1, 0.4)
    return found[0] if found else ", ".join(known[:6]) + " …"


def _makes_sense(key: str, value: Any) -> bool:
    if key in ("stop", "learn"):
        return isinstance(value, bool)
    if key in ("lifecycle_stages", "tier"):
        known = LIFECYCLE_STAGES if key == "lifecycle_stages" else TIERS
        return isinstance(value, str) and set(value.split(",")) <= set(known)
    if key in ("channel", "channels", "script", "script_version"):
        return isinstance(value, str) and bool(value.strip())
    if not _is_number(value):
        return False
    if key == "control_share":
        return 0 <= value < 1
    return bool(value > 0)


def _is_sentence(value: Any) -> bool:
    """Say whether a text is a sentence whose places are plain figures."""
    if not isinstance(value, str) or not value.strip():
        return False
    try:
        places = [(name, form, as_) for _, name, form, as_ in string.Formatter().parse(value)]
    except ValueError:
        return False
    return all(name is None or (name in FIGURES and not form and not as_) for name, form, as_ in places)
