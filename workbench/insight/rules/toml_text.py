"""A rule set as TOML text, laid out so that a person can read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def written(content: Mapping[str, Any]) -> str:
    """Return a rule set's plain data as TOML.

    Examples
    --------
    >>> condition = {"column": "age", "operator": ">=", "value": 56}
    >>> print(written({"format": 1, "rules": [{"name": "Old", "expression": {"all": [condition]}}]}))
    format = 1
    <BLANKLINE>
    [[rules]]
    name = "Old"
    expression = {all = [
      {column = "age", operator = ">=", value = 56},
    ]}
    <BLANKLINE>
    """
    head = "".join(f"{name} = {_value(value)}\n" for name, value in content.items() if name != "rules")
    rules = []
    for rule in content["rules"]:
        lines = "".join(f"{name} = {_value(value)}\n" for name, value in rule.items())
        rules.append(f"\n[[rules]]\n{lines}")
    return head + ("".join(rules) or "rules = []\n")


def _value(value: Any, indent: str = "  ") -> str:
    if isinstance(value, Mapping):
        # A table in braces keeps to one line, but the lists in it need not.
        return "{" + ", ".join(f"{name} = {_value(inner, indent)}" for name, inner in value.items()) + "}"
    if isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        lines = "".join(f"{indent}{_value(inner, indent + '  ')},\n" for inner in value)
        return f"[\n{lines}{indent[2:]}]"
    if isinstance(value, list):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    # JSON's strings, numbers and true and false are TOML's too, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
