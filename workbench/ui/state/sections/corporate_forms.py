"""Forms of playbooks and journeys: filled from what is stored, read back, and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.locale import LANGUAGES
from workbench.strategy.journeys import CHANNELS, JOURNEY_OUTCOMES, Journey, JourneyStep
from workbench.strategy.playbooks import KeyRule, Playbook, industry_name, product_name, read_playbooks
from workbench.tables import TIERS

if TYPE_CHECKING:
    from workbench.ui.state.sections.corporate import CorporateState

WAYS = ("first", "second", "third")
# Parts of a field's path that say nothing to a reader.
_SILENT = ("rule", "moves", "labels", "texts")
MESSAGE_PREFIXES = (
    "strategy_corporate.form.",
    "strategy_corporate.tier.",
    "strategy_corporate.outcome.",
)


# Playbooks -----------------------------------------------------------------------


def fill_playbook(book: Playbook, version: int, lang: str) -> dict[str, Any]:
    """Return a playbook as the fields of its form show it, in a language.

    Examples
    --------
    >>> fill_playbook(read_playbooks()["software"], 0, "en")["values"]["response"]
    '7'
    """
    rule = book.rule
    values = {
        "version": str(version),
        "summary": book.summary(lang),
        "upstream": "\n".join(industry_name(name, lang) for name in book.upstream),
        "downstream": "\n".join(industry_name(name, lang) for name in book.downstream),
        "tools": "\n".join(book.lines("tools", lang)),
        "steps": "\n".join(book.lines("steps", lang)),
        "journey": book.journey,
        "least_balance": _plain(rule.least_balance),
        "least_suppliers": _plain(rule.least_suppliers),
        "least_employees": _plain(rule.least_employees),
        "response": _plain(book.response * 100),
        "value": _plain(book.value),
    }
    for tier in TIERS:
        values[f"bundle_{tier}"] = "\n".join(product_name(p, lang) for p in book.bundle.get(tier, ()))
        values[f"key_{tier}"] = "1" if tier in rule.tiers else ""
    for place, way in enumerate(WAYS):
        values[f"channel_{way}"] = book.channels[place] if place < len(book.channels) else ""
    return {"values": values, "ways": WAYS, "all_channels": list(CHANNELS), "tiers": TIERS}


def read_playbook_form(book: Playbook, fields: Mapping[str, str], lang: str) -> Playbook:
    """Return the playbook that a form describes; the other language keeps its texts.

    Raises
    ------
    ParameterProblem
        If a number can't be read, or the playbook is not possible.

    Examples
    --------
    >>> book = read_playbooks()["software"]
    >>> fields = fill_playbook(book, 0, "en")["values"] | {"tools": "One thing"}
    >>> changed = read_playbook_form(book, fields, "en")
    >>> changed.lines("tools", "en"), changed.lines("tools", "zh_CN") == book.lines("tools", "zh_CN")
    (('One thing',), True)
    """
    products = _reverse({p for each in read_playbooks().values() for b in each.bundle.values() for p in b})
    industries = {
        industry_name(name, known).lower(): name for name in read_playbooks() for known in LANGUAGES
    }
    texts = {known: dict(entry) for known, entry in book.texts.items()}
    texts[lang] = {
        "summary": fields.get("summary", "").strip(),
        "tools": tuple(_lines(fields.get("tools", ""))),
        "steps": tuple(_lines(fields.get("steps", ""))),
    }
    channels = [fields.get(f"channel_{way}", "") for way in WAYS]
    return replace(
        book,
        upstream=tuple(industries.get(line.lower(), line) for line in _lines(fields.get("upstream", ""))),
        downstream=tuple(industries.get(line.lower(), line) for line in _lines(fields.get("downstream", ""))),
        bundle={
            tier: tuple(products.get(line.lower(), line) for line in _lines(fields.get(f"bundle_{tier}", "")))
            for tier in TIERS
        },
        channels=tuple(dict.fromkeys(channel for channel in channels if channel)),
        journey=fields.get("journey", ""),
        rule=KeyRule(
            tiers=tuple(tier for tier in TIERS if fields.get(f"key_{tier}")),
            least_balance=_number("least_balance", fields, lang),
            least_suppliers=_number("least_suppliers", fields, lang),
            least_employees=_number("least_employees", fields, lang),
        ),
        response=(_number("response", fields, lang) or 0.0) / 100,
        value=_number("value", fields, lang) or 0.0,
        texts=texts,
    )


def _reverse(products: set[str]) -> dict[str, str]:
    return {product_name(name, lang).lower(): name for name in sorted(products) for lang in LANGUAGES}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _number(name: str, fields: Mapping[str, str], lang: str) -> float | None:
    typed = fields.get(name, "").replace(",", "").replace("%", "").replace("¥", "").strip()
    if not typed:
        return None
    try:
        return float(typed)
    except ValueError as problem:
        field = locale.text(f"strategy_corporate.form.{name}", lang)
        raise ParameterProblem("strategy_corporate.error.field", field=field, value=typed) from problem


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")


# Journeys ------------------------------------------------------------------------


def fill_journey(journey: Journey, version: int, lang: str) -> dict[str, str]:
    """Return a journey as the fields of its form show it, in a language.

    Examples
    --------
    >>> journey = Journey("one", [JourneyStep("app", "app", 3, "sms", {"clicked": "won"})])
    >>> fill_journey(journey, 0, "en")["0-clicked"]
    'won'
    """
    values = {"version": str(version)}
    for place, step in enumerate(journey.steps):
        values |= {
            f"{place}-label": step.label(lang),
            f"{place}-channel": step.channel,
            f"{place}-wait": str(step.wait),
            f"{place}-fallback": step.fallback,
            **{f"{place}-{outcome}": step.next(outcome) for outcome in JOURNEY_OUTCOMES},
        }
    return values


def read_journey_form(journey: Journey, fields: Mapping[str, str], lang: str) -> Journey:
    """Return the journey that a form describes.

    Raises
    ------
    ParameterProblem
        If a wait is no whole number of days, or the journey is not possible.

    Examples
    --------
    >>> journey = Journey("one", [JourneyStep("app", "app", 3, "sms", {"clicked": "won"})])
    >>> read_journey_form(journey, fill_journey(journey, 0, "en") | {"0-wait": "5"}, "en").steps[0].wait
    5
    """
    steps = []
    for place, step in enumerate(journey.steps):
        typed = fields.get(f"{place}-wait", "").strip()
        label = fields.get(f"{place}-label", "").strip()[:200]
        steps.append(
            JourneyStep(
                name=step.name,
                channel=fields.get(f"{place}-channel", step.channel),
                # What is no number is refused by the journey itself, in its own words.
                wait=int(typed) if typed.isdigit() else typed or -1,  # type: ignore[arg-type]
                fallback=fields.get(f"{place}-fallback", step.fallback),
                moves={
                    outcome: fields.get(f"{place}-{outcome}", step.next(outcome))
                    for outcome in JOURNEY_OUTCOMES
                },
                labels={**step.labels, **({lang: label} if label else {})},
            )
        )
    return Journey(journey.name, steps, journey.texts)


# Conflicts -----------------------------------------------------------------------


def difference_rows(
    difference: Mapping[str, tuple[Any, Any]], section: CorporateState
) -> list[tuple[str, str, str]]:
    """Return what two people wrote differently: the field, the value here, the stored one."""
    rows: list[tuple[str, str, str]] = []
    for name, (mine, theirs) in difference.items():
        rows += _compared(name, mine, theirs, section)
    return rows


def _compared(name: str, mine: Any, theirs: Any, section: CorporateState) -> list[tuple[str, str, str]]:
    if mine == theirs:
        return []
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return [
            row
            for part in dict.fromkeys([*mine, *theirs])
            for row in _compared(f"{name}.{part}", mine.get(part), theirs.get(part), section)
        ]
    if name == "steps" and isinstance(mine, list) and isinstance(theirs, list):
        return [
            row
            for one, other in zip(mine, theirs, strict=False)
            for row in _compared(str(one.get("name", "")), one, other, section)
        ]
    return [(_label(name, section), _shown(mine), _shown(theirs))]


def _label(name: str, section: CorporateState) -> str:
    parts = [part for part in name.split(".") if part not in _SILENT]
    return " · ".join(_part(part, section) for part in parts)


def _part(part: str, section: CorporateState) -> str:
    for room in ("form", "tier", "outcome"):
        key = f"strategy_corporate.{room}.{part}"
        if key in locale.keys(section.lang):
            return section.t(key)
    return part


def _shown(value: Any) -> str:
    if value is None or value == "" or value == [] or value == ():
        return locale.count(None)
    if isinstance(value, list | tuple):
        return "; ".join(str(each) for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
