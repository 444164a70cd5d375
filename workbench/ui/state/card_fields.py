"""The fields of a strategy card as a form has them: texts that are read, checked and written back."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from workbench import locale
from workbench.errors import ParameterProblem, WorkbenchError
from workbench.strategy import Condition, read_conditions, write_conditions
from workbench.tables import KPIS, LIFECYCLE_STAGES, TIERS, TRIGGERS

TEXTS = {"name": 80, "objective": 400, "offer": 60, "channel": 40, "script": 1_000, "owner": 80}
MORE_TEXTS = {"segment": 200, "contact_policy": 60, "journey": 80, "objective_id": 80}
NEEDED = ("name", "objective", "offer", "channel", "segment")
AMOUNTS = ("value_per_response", "cost_per_contact", "minutes_per_contact")
MORE_AMOUNTS = ("kpi_target", "window_days", "budget", "quota")
SHARES = ("expected_response", "control_share")
DATES = ("starts_on", "ends_on")
CHOICES = {"kpi": KPIS, "scenario": ("lifecycle", "product", "event"), "trigger": ("", *TRIGGERS)}
LISTS = ("lifecycle_stages", "tier", "channels")
CHANNELS = ("phone", "sms", "app", "branch", "email")
OPTIONAL = ("minutes_per_contact", "expected_response", "effect", *MORE_AMOUNTS)
ALL = (
    *TEXTS,
    *MORE_TEXTS,
    *AMOUNTS,
    *MORE_AMOUNTS,
    *SHARES,
    "effect",
    *DATES,
    *CHOICES,
    *LISTS,
    "eligibility",
)
"""Every field that a form may hold."""
OLDER = (*TEXTS, *AMOUNTS, *SHARES, *DATES, "lifecycle_stages", "segment", "scenario")
"""Fields whose label stands among those of the overview."""
MESSAGE_PREFIXES = ("strategy.field.", "strategy_cards.field.", "strategy_cards.problem.")

Problems = dict[str, WorkbenchError]
_MOST = {"expected_response": 1.0, "control_share": 0.95, "window_days": 3_660.0}
_PARTS = re.compile(r"[,，、;；]")


def field_label(name: str, lang: str) -> str:
    """Return what a field is called."""
    return locale.text(f"strategy{'' if name in OLDER else '_cards'}.field.{name}", lang)


# Reading -------------------------------------------------------------------------


def read_fields(
    fields: Mapping[str, str], card: Mapping[str, Any], lang: str
) -> tuple[dict[str, Any], Problems]:
    """Return what a form says as a card's values, and by field what can't be read.

    Parameters
    ----------
    fields : mapping of str to str
        What was typed, by field; a field that is absent keeps the card's value.
    card : mapping
        The card as it is stored.
    lang : str
        Language of the labels in the problems.
    """
    read: dict[str, Any] = {}
    problems: Problems = {}

    def put(name: str, make: Callable[[], Any]) -> None:
        try:
            read[name] = make()
        except WorkbenchError as problem:
            problems[name] = problem

    for name, longest in (TEXTS | MORE_TEXTS).items():
        if name in fields:
            put(name, lambda n=name, most=longest: _text(n, fields[n], most, lang))  # type: ignore[misc]
    known = fill_fields(card)
    for name in (*AMOUNTS, *MORE_AMOUNTS, *SHARES, "effect"):
        if name in fields and name in card and fields[name] == known[name]:
            # A field shows fewer digits than the card may hold.
            read[name] = card[name]
        elif name in fields:
            put(name, lambda n=name: _number(n, fields[n], lang))  # type: ignore[misc]
    for name in DATES:
        if name in fields:
            put(name, lambda n=name: _date(n, fields[n], lang))  # type: ignore[misc]
    for name, allowed in CHOICES.items():
        if name in fields:
            put(name, lambda n=name, a=allowed: _choice(n, fields[n], a, lang))  # type: ignore[misc]
    if "lifecycle_stages" in fields:
        read["lifecycle_stages"] = _several(fields["lifecycle_stages"], LIFECYCLE_STAGES)
    elif any(name.startswith("stage-") for name in fields) or "row_version" in fields:
        chosen = [stage for stage in LIFECYCLE_STAGES if fields.get(f"stage-{stage}")]
        read["lifecycle_stages"] = _several(",".join(chosen), LIFECYCLE_STAGES)
    if "tier" in fields:
        read["tier"] = _several(fields["tier"], TIERS)
    if "channels" in fields:
        put("channels", lambda: _channels(fields["channels"]))
        if read.get("channels"):
            read["channel"] = read["channels"].split(",")[0]
    if "eligibility" in fields:
        put("eligibility", lambda: write_conditions(typed_conditions(fields["eligibility"])))
    _check_together(dict(card) | read, problems)
    return read, problems


def _check_together(card: dict[str, Any], problems: Problems) -> None:
    """Add what no field shows alone; a field that can't be read has its problem already."""

    def add(field: str, key: str, **values: Any) -> None:
        problems.setdefault(field, ParameterProblem(key, **values))

    begin, end = card.get("starts_on"), card.get("ends_on")
    if not pd.isna(begin) and not pd.isna(end) and pd.Timestamp(end) < pd.Timestamp(begin):
        add("ends_on", "strategy.card.bad_order")
    if card.get("scenario") == "event" and card.get("trigger") == "":
        add("trigger", "strategy_cards.problem.trigger")
    expected, effect = _figure(card, "expected_response"), _figure(card, "effect")
    if effect > expected:
        values = {"effect": locale.percent(effect), "expected": locale.percent(expected)}
        add("effect", "strategy_cards.problem.effect", **values)
    budget, cost = _figure(card, "budget"), _figure(card, "cost_per_contact")
    if budget == 0 or budget < cost:
        add("budget", "strategy_cards.problem.budget", budget=f"{budget:g}", cost=f"{cost:g}")


def _figure(card: Mapping[str, Any], name: str) -> float:
    value = card.get(name)
    return float(value) if isinstance(value, int | float) else math.nan


def _text(name: str, text: str, longest: int, lang: str) -> str:
    text = text.strip()
    if len(text) > longest or (name in NEEDED and not text):
        raise ParameterProblem("strategy.card.bad_text", field=field_label(name, lang), longest=longest)
    return text


def _number(name: str, text: str, lang: str) -> float:
    if not text.strip() and name in OPTIONAL:
        return math.nan
    whole = 100.0 if name in (*SHARES, "effect") else 1.0
    try:
        value = float(text.replace(",", "").replace("%", "").replace("¥", "")) / whole
    except ValueError:
        value = math.nan
    least = -1.0 if name == "effect" else 0.0
    if not least <= value <= _MOST.get(name, 1.0 if name == "effect" else 1e12):
        raise ParameterProblem("strategy.card.bad_number", field=field_label(name, lang), value=text)
    return value


def _date(name: str, text: str, lang: str) -> pd.Timestamp | None:
    if not text.strip():
        return None
    try:
        return pd.Timestamp(dt.date.fromisoformat(text.strip()))
    except ValueError as problem:
        raise ParameterProblem(
            "strategy.card.bad_date", field=field_label(name, lang), value=text
        ) from problem


def _choice(name: str, text: str, allowed: tuple[str, ...], lang: str) -> str:
    if text not in allowed:
        raise ParameterProblem("strategy_cards.problem.choice", field=field_label(name, lang), value=text)
    return text


def _several(text: str, allowed: tuple[str, ...]) -> str:
    chosen = {part.strip() for part in text.split(",")}
    kept = [name for name in allowed if name in chosen]
    return "" if len(kept) == len(allowed) else ",".join(kept)


def _channels(text: str) -> str:
    chosen = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not chosen:
        raise ParameterProblem("strategy_cards.problem.channels")
    return ",".join(chosen)


# Conditions ----------------------------------------------------------------------


def condition_rows(text: object) -> list[dict[str, str]]:
    """Return a card's conditions as rows of a form: column, operator, typed.

    What can't be read as conditions (another tool may have written it) gives no row.
    """
    try:
        conditions = read_conditions(text)
    except ParameterProblem:
        return []
    return [
        {"column": each.column, "operator": each.operator, "typed": _typed_value(each.value)}
        for each in conditions
    ]


def _typed_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(_typed_value(each) for each in value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def typed_rows(text: str) -> list[dict[str, str]]:
    """Return the rows that a form keeps as JSON; anything else is no row."""
    try:
        rows = json.loads(text or "[]")
    except json.JSONDecodeError:
        return []
    names = ("column", "operator", "typed")
    return [{name: str(row.get(name, "")) for name in names} for row in rows if isinstance(row, dict)]


def typed_conditions(text: str) -> list[Condition]:
    """Return the conditions that a form's rows say.

    Raises
    ------
    ParameterProblem
        If one can't be read; it names the condition's column.
    """
    found = []
    for row in typed_rows(text):
        parts = [part.strip() for part in _PARTS.split(row["typed"]) if part.strip()]
        several = row["operator"] in ("between", "one_of")
        value: Any = [_plain_value(part) for part in parts] if several else _plain_value(row["typed"].strip())
        found.append(Condition(row["column"], row["operator"], value))
    return found


def _plain_value(text: str) -> Any:
    number = text.replace(",", "").rstrip("%")
    try:
        value = float(number)
    except ValueError:
        return text
    if not math.isfinite(value):
        return text
    value = value / 100 if text.endswith("%") else value
    return int(value) if value.is_integer() else value


# Writing -------------------------------------------------------------------------


def fill_fields(card: Mapping[str, Any]) -> dict[str, str]:
    """Return a card's values as a form types them; `read_fields` reads the same values back."""
    filled = {name: str(card.get(name) or "") for name in (*TEXTS, *MORE_TEXTS, *CHOICES, *LISTS)}
    for name in (*AMOUNTS, *MORE_AMOUNTS):
        filled[name] = plain(card.get(name), 1.0)
    for name in (*SHARES, "effect"):
        filled[name] = plain(card.get(name), 100.0)
    for name in DATES:
        value = card.get(name)
        filled[name] = "" if value is None or pd.isna(value) else pd.Timestamp(value).date().isoformat()
    filled["eligibility"] = json.dumps(condition_rows(card.get("eligibility")), ensure_ascii=False)
    return filled


def plain(value: Any, whole: float) -> str:
    """Return a number as a field shows it, without digits that binary adds."""
    if value is None or value != value:
        return ""
    return f"{float(value) * whole:.6f}".rstrip("0").rstrip(".")


def same_value(name: str, one: Any, other: Any) -> bool:
    """Say whether a field has one value in two cards; missing and empty are the same."""

    def simple(value: Any) -> Any:
        if value is None or value is pd.NaT or value != value:
            return ""
        if name in DATES:
            return str(value)[:10]
        return round(value, 12) if isinstance(value, float) else value

    return bool(simple(one) == simple(other))


def shown_value(name: str, value: Any, lang: str) -> str:
    """Return a field's value in words, as the difference of two edits shows it."""
    if value is None or value is pd.NaT or value != value or value == "":
        return locale.percent(None)
    if name in (*SHARES, "effect"):
        return locale.percent(value)
    if name in DATES:
        return locale.date(value if isinstance(value, str) else pd.Timestamp(value), lang)
    if name == "eligibility":
        from workbench.strategy import describe_condition

        try:
            return "; ".join(describe_condition(each, lang) for each in read_conditions(value))
        except ParameterProblem:
            return str(value)[:200]
    return f"{value:,.10g}" if isinstance(value, float) else str(value)
