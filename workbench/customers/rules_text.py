"""The text of ``lifecycle.toml``: read with plain messages, and changed without losing its comments."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from workbench.customers.rules import OTHER, Rules, ValueMatrix, packaged_rules
from workbench.errors import ParameterProblem
from workbench.tables import CUSTOMER_KINDS, TIERS

NUMBERS = (
    "acquisition_months",
    "honeymoon_months",
    "lost_balance",
    "lost_days",
    "dormant_days",
    "decline_change",
    "growth_change",
)
_SECTIONS = ("value", "margins", "fees", "peers", "needs", "tier")
_PEERS = ("quantile", "smallest", "age_bands", "tenure_bands")
# A tenure beyond this is no months, an age beyond it no years.
_LARGEST = 1e15


def parse_rules(text: str, name: str = "lifecycle.toml") -> Rules:
    """Read the rules of the portrait from their TOML text.

    Parameters
    ----------
    text : str
        The text; what it leaves out is taken from the packaged rules.
    name : str, default="lifecycle.toml"
        The file's name, for messages.

    Returns
    -------
    Rules

    Raises
    ------
    ParameterProblem
        If the text is no TOML, names a setting that does not exist, or a value is none:
        the sentence says which, where, and what is allowed.

    Examples
    --------
    >>> rules = parse_rules("dormant_days = 120")
    >>> rules.dormant_days, rules.lost_days
    (120, 365)
    >>> parse_rules("dormant_days = 'long'")
    Traceback (most recent call last):
    ...
    workbench.errors.ParameterProblem: In lifecycle.toml, dormant_days is "long"; ...
    """
    return _Reader(text, name, packaged_rules()).rules()


def parse_whole(text: str, name: str) -> Rules:
    """Read rules that leave nothing out, as the packaged ones."""
    return _Reader(text, name, None).rules()


class _Reader:
    """Takes the settings out of a parsed file one by one."""

    def __init__(self, text: str, name: str, base: Rules | None) -> None:
        try:
            self.given: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ParameterProblem("customers.error.rules_toml", file=name, detail=str(error)) from error
        self.name, self.text, self.base = name, text, base

    def rules(self) -> Rules:
        """Return the rules."""
        self._known(self.given, (*NUMBERS, "debts", *_SECTIONS), "")
        numbers = {key: self._number(self.given, key, "", key) for key in NUMBERS}
        peers = self._table("peers")
        self._known(peers, _PEERS, "peers")
        needs = self._table("needs")
        self._known(needs, ("product_share",), "needs")
        found = Rules(
            **numbers,
            debts=self._words("debts"),
            tiers=self._tiers(),
            values=self._values(),
            margins=self._rates("margins", self.base.margins if self.base else {}),
            fees=self._rates("fees", self.base.fees if self.base else {}),
            quantile=self._number(peers, "quantile", "peers", "quantile"),
            smallest=int(self._number(peers, "smallest", "peers", "smallest")),
            age_bands=self._steps(peers, "age_bands"),
            tenure_bands=self._steps(peers, "tenure_bands"),
            product_share=self._number(needs, "product_share", "needs", "product_share"),
            text=self.text,
        )
        self._check(found)
        return found

    def _check(self, rules: Rules) -> None:
        in_order = (
            (rules.acquisition_months >= 0, "acquisition_months", "≥ 0"),
            (rules.honeymoon_months >= rules.acquisition_months, "honeymoon_months", "≥ acquisition_months"),
            (rules.dormant_days >= 1, "dormant_days", "≥ 1"),
            (rules.lost_days >= rules.dormant_days, "lost_days", "≥ dormant_days"),
            (rules.decline_change < 0, "decline_change", "< 0"),
            (rules.growth_change > 0, "growth_change", "> 0"),
            (0 < rules.quantile < 1, "peers.quantile", "0 … 1"),
            (rules.smallest >= 1, "peers.smallest", "≥ 1"),
            (0 < rules.product_share <= 1, "needs.product_share", "0 … 1"),
        )
        for holds, setting, allowed in in_order:
            if not holds:
                raise self._refused(setting, _value_at(rules, setting), allowed)

    def _table(self, name: str, inside: Mapping[str, Any] | None = None, place: str = "") -> dict[str, Any]:
        found = (self.given if inside is None else inside).get(name, {})
        if not isinstance(found, dict):
            raise self._refused(f"{place}{name}", found, f"[{place}{name}]")
        return dict(found)

    def _known(self, given: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
        for key in given:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                raise ParameterProblem(
                    "customers.error.rules_unknown",
                    file=self.name,
                    setting=f"{place}.{key}" if place else key,
                    nearest=near[0] if near else "–",
                    known=", ".join(known),
                )

    def _number(self, given: Mapping[str, Any], key: str, place: str, attribute: str) -> Any:
        if key not in given and self.base is not None:
            return getattr(self.base, attribute)
        return self._as_number(given.get(key), f"{place}.{key}" if place else key)

    def _as_number(self, value: Any, setting: str, allowed: str = "1, 0.5 …") -> Any:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not -_LARGEST < value < _LARGEST:
            raise self._refused(setting, value, allowed)
        return value

    def _words(self, key: str) -> tuple[str, ...]:
        value = self.given.get(key, list(self.base.debts) if self.base else None)
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self._refused(key, value, '["loan", "card"]')
        return tuple(value)

    def _rates(self, key: str, base: Mapping[str, float]) -> dict[str, float]:
        found = dict(base)
        for name, value in self._table(key).items():
            found[name] = float(self._as_number(value, f"{key}.{name}", "-1 … 1"))
            if not -1 <= found[name] <= 1:
                raise self._refused(f"{key}.{name}", value, "-1 … 1")
        if key == "margins" and OTHER not in found:
            raise self._refused(f"{key}.{OTHER}", None, "-1 … 1")
        return found

    def _steps(self, given: Mapping[str, Any], key: str) -> tuple[float, ...]:
        if key not in given and self.base is not None:
            return tuple(getattr(self.base, key))
        value = given.get(key)
        if not isinstance(value, list):
            raise self._refused(f"peers.{key}", value, "[25, 35, 45]")
        steps = [self._as_number(step, f"peers.{key}", "[25, 35, 45]") for step in value]
        if any(b <= a for a, b in pairwise(steps)):
            raise self._refused(f"peers.{key}", value, "[25, 35, 45]")
        return tuple(steps)

    def _pair(self, value: Any, setting: str) -> tuple[float, float]:
        if not isinstance(value, list) or len(value) != 2:
            raise self._refused(setting, value, "[1_000, 9_000]")
        low, high = (self._as_number(limit, setting, "[1_000, 9_000]") for limit in value)
        if low >= high:
            raise self._refused(setting, value, "[1_000, 9_000]")
        return low, high

    def _by_kind(self, key: str, read: Callable[[dict[str, Any], str, str], Any], base: Any) -> Any:
        given = self._table(key)
        self._known(given, CUSTOMER_KINDS, key)
        found = dict(base)
        for kind in CUSTOMER_KINDS:
            if kind in given or kind not in found:
                found[kind] = read(self._table(kind, given, f"{key}."), kind, f"{key}.{kind}")
        return found

    def _tiers(self) -> dict[str, tuple[float, float]]:
        def read(given: dict[str, Any], kind: str, place: str) -> tuple[float, float]:
            self._known(given, ("value", "strategic"), place)
            before = (
                dict(zip(("value", "strategic"), self.base.tiers[kind], strict=True)) if self.base else {}
            )
            pair = [{**before, **given}.get(name) for name in ("value", "strategic")]
            low, high = (
                self._as_number(limit, f"{place}.{name}")
                for limit, name in zip(pair, ("value", "strategic"), strict=True)
            )
            if low >= high:
                raise self._refused(f"{place}.strategic", high, f"> {low:,}")
            return low, high

        found: dict[str, tuple[float, float]] = self._by_kind(
            "tier", read, self.base.tiers if self.base else {}
        )
        return found

    def _values(self) -> dict[str, ValueMatrix]:
        def read(given: dict[str, Any], kind: str, place: str) -> ValueMatrix:
            self._known(given, ("contribution", "potential", "tiers"), place)
            before = self.base.values[kind] if self.base else None

            def pair(name: str) -> tuple[float, float]:
                if before is not None and name not in given:
                    limits: tuple[float, float] = getattr(before, name)
                    return limits
                return self._pair(given.get(name), f"{place}.{name}")

            tiers = before.tiers if before and "tiers" not in given else self._square(given["tiers"], place)
            return ValueMatrix(pair("contribution"), pair("potential"), tiers)

        found: dict[str, ValueMatrix] = self._by_kind("value", read, self.base.values if self.base else {})
        return found

    def _square(self, value: Any, place: str) -> tuple[tuple[str, ...], ...]:
        fits = (
            isinstance(value, list)
            and len(value) == 3
            and all(isinstance(row, list) and len(row) == 3 and set(row) <= set(TIERS) for row in value)
        )
        if not fits:
            raise self._refused(f"{place}.tiers", value, f"3 × 3: {', '.join(TIERS)}")
        return tuple(tuple(row) for row in value)

    def _refused(self, setting: str, value: Any, allowed: str) -> ParameterProblem:
        return ParameterProblem(
            "customers.error.rules_value",
            file=self.name,
            setting=setting,
            value="–" if value is None else value,
            allowed=allowed,
        )


def _value_at(rules: Rules, setting: str) -> Any:
    return getattr(rules, setting.rpartition(".")[2])


def editable_numbers(rules: Rules) -> dict[str, float]:
    """Return the thresholds that a form shows, by the name of their setting.

    Parameters
    ----------
    rules : Rules
        As `parse_rules` reads them.

    Returns
    -------
    dict of str to float
        Months, days, CNY and shares; ``value.<kind>.<axis>.<0 or 1>`` are the limits of
        contribution and potential, CNY a year.

    Examples
    --------
    >>> numbers = editable_numbers(packaged_rules())
    >>> numbers["dormant_days"], numbers["value.retail.contribution.1"]
    (180, 9000)
    """
    found: dict[str, float] = {name: getattr(rules, name) for name in NUMBERS}
    for kind, matrix in rules.values.items():
        for axis in ("contribution", "potential"):
            for number, limit in enumerate(getattr(matrix, axis)):
                found[f"value.{kind}.{axis}.{number}"] = limit
    return found


def changed_text(rules: Rules, changes: Mapping[str, float], name: str = "lifecycle.toml") -> str:
    """Return the text of some rules with other numbers; comments and all the rest stay.

    Parameters
    ----------
    rules : Rules
        The rules as they were read.
    changes : mapping of str to float
        Names as in `editable_numbers`; others are refused.
    name : str, default="lifecycle.toml"
        The file's name, for messages.

    Returns
    -------
    str

    Raises
    ------
    ParameterProblem
        If a name is unknown, or the changed rules make no sense.

    Examples
    --------
    >>> text = changed_text(parse_rules("dormant_days = 180  # half a year"), {"dormant_days": 150})
    >>> text
    'dormant_days = 150  # half a year'
    """
    known = editable_numbers(rules)
    for setting in changes:
        if setting not in known:
            near = difflib.get_close_matches(setting, known, 1)
            raise ParameterProblem(
                "customers.error.rules_unknown",
                file=name,
                setting=setting,
                nearest=near[0] if near else "–",
                known=", ".join(known),
            )
    wanted = {**known, **changes}
    text = rules.text
    for setting in changes:
        if wanted[setting] == known[setting]:
            continue
        if setting in NUMBERS:
            text = _set_line(text, "", setting, _toml_number(wanted[setting]))
        else:
            place, axis, _ = setting.rsplit(".", 2)
            pair = ", ".join(_toml_number(wanted[f"{place}.{axis}.{end}"]) for end in (0, 1))
            text = _set_line(text, place, axis, f"[{pair}]")
    parse_rules(text, name)
    return text


def _toml_number(value: float) -> str:
    return f"{int(value):_}" if float(value).is_integer() else repr(float(value))


def _set_line(text: str, section: str, key: str, value: str) -> str:
    """Set one line of a section; a line or a section that is not there is added."""
    lines = text.split("\n")
    found_heads = {number: re.fullmatch(r"\[([\w.]+)\]\s*(#.*)?", line) for number, line in enumerate(lines)}
    starts = [number for number, head in found_heads.items() if head]
    heads = {head[1]: number for number, head in found_heads.items() if head}
    if section and section not in heads:
        return text.rstrip("\n") + f"\n\n[{section}]\n{key} = {value}\n"
    begin = heads[section] + 1 if section else 0
    end = next((number for number in starts if number >= begin), len(lines))
    pattern = re.compile(rf"^(\s*{re.escape(key)}\s*=\s*)(\[[^\]]*\]|[^#\s]+)(.*)$")
    for number in range(begin, end):
        found = pattern.match(lines[number])
        if found:
            lines[number] = f"{found[1]}{value}{found[3]}"
            return "\n".join(lines)
    lines.insert(begin, f"{key} = {value}")
    return "\n".join(lines)
