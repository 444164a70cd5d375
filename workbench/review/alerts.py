"""What on a cycle's board asks for somebody's attention, by rules that a bank can change."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.review.caveats import GRAVE
from workbench.review.rules import OPERATORS, Condition

SEVERITIES = ("bad", "warn", "note")
"""The gravest first."""
SCOPES = ("strategy", "place")
COLUMNS = ("alert", "severity", "scope", "member", "section", "values")
CAVEAT = "caveat"
"""The alert of what `find_caveats` found in the data."""
_SOURCES = ("value", "threshold", "field_of")
# How the figures that a sentence names are written.
_WRITTEN = {
    "contacted_to_due": "percent",
    "contacted_to_plan": "percent",
    "responded_to_plan": "percent",
    "cost_to_plan": "percent",
    "contaminated_share": "percent",
    "refusal_rate": "percent",
    "reach_before": "percent",
    "reach_after": "percent",
    "sample_ratio_p": "p",
    "cost": "money",
    "plan_cost": "money",
    "n_behind": "count",
    "n_contaminated": "count",
    "n_strategies": "count",
    "responded": "count",
    "plan_responses": "count",
}
_CUSTOMERS = ("n_behind", "n_contaminated", "responded")
MESSAGE_PREFIXES = ("review_board.alert.",)


@dataclass(frozen=True)
class AlertRule:
    """One thing to warn of.

    Attributes
    ----------
    id : str
        Its name, and its sentence's: ``review_board.alert.<id>``.
    scope : {"strategy", "place"}
        Of what it is raised.
    severity : {"bad", "warn", "note"}
        How grave it is.
    section : str
        The section of the review screen where one looks.
    conditions : tuple of Condition
        All must hold.
    """

    id: str
    scope: str
    severity: str
    section: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class AlertRules:
    """What is warned of, and from which figure on.

    Attributes
    ----------
    rules : tuple of AlertRule
        In the order in which they are listed.
    thresholds : dict
        Name → figure.
    """

    rules: tuple[AlertRule, ...]
    thresholds: Mapping[str, float] = field(default_factory=dict)


@cache
def default_alert_rules() -> AlertRules:
    """Return the alerts of the house.

    Examples
    --------
    >>> default_alert_rules().thresholds["over_budget"]
    1.05
    """
    text = resources.files(__package__).joinpath("alerts.toml").read_text(encoding="utf-8")
    return read_alert_rules(text)


def read_alert_rules(text: str) -> AlertRules:
    """Read alerts from TOML.

    Parameters
    ----------
    text : str
        Like the house's ``alerts.toml``.

    Returns
    -------
    AlertRules

    Raises
    ------
    ParameterProblem
        If it is no TOML, or names a scope, severity, operator, threshold or alert that
        there is not; the sentence says which alert.

    Examples
    --------
    >>> rules = read_alert_rules('''
    ... [thresholds]
    ... over_budget = 1.2
    ... [[alerts]]
    ... id = "over_budget"
    ... scope = "strategy"
    ... severity = "warn"
    ... section = "board"
    ... conditions = [{ field = "cost_to_plan", op = ">", threshold = "over_budget" }]
    ... ''')
    >>> rules.rules[0].conditions[0].operand
    'over_budget'
    """
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterProblem("review_board.error.no_toml", cause=str(error)) from error
    thresholds = {str(name): float(value) for name, value in read.get("thresholds", {}).items()}
    return AlertRules(tuple(_rule(entry, thresholds) for entry in read.get("alerts", ())), thresholds)


def _rule(entry: Mapping[str, Any], thresholds: Mapping[str, float]) -> AlertRule:
    name = str(entry.get("id", "-"))
    allowed: dict[str, tuple[str, ...]] = {
        "scope": SCOPES,
        "severity": SEVERITIES,
        "id": _told(),
    }
    for part, known in allowed.items():
        _need(name, str(entry.get(part, "-")), known)
    conditions = []
    for each in entry.get("conditions", ()):
        _need(name, str(each.get("op", "-")), OPERATORS)
        source = next((one for one in _SOURCES if one in each), "")
        operand = each.get(source, 0.0)
        if source == "threshold":
            _need(name, str(operand), tuple(thresholds))
        conditions.append(Condition(str(each.get("field", "")), str(each["op"]), source, operand))
    return AlertRule(
        name,
        str(entry["scope"]),
        str(entry["severity"]),
        str(entry.get("section", "board")),
        tuple(conditions),
    )


def _told() -> tuple[str, ...]:
    """Return the alerts that there is a sentence for."""
    known = locale.keys()
    begin = "review_board.alert."
    return tuple(sorted(key.removeprefix(begin) for key in known if key.startswith(begin)))


def _need(name: str, found: str, known: tuple[str, ...]) -> None:
    if found not in known:
        raise ParameterProblem(
            "review_board.error.bad_alert", alert=name, found=found, known=", ".join(known) or "-"
        )


def find_alerts(
    strategies: pd.DataFrame,
    places: pd.DataFrame | None = None,
    *,
    caveats: pd.DataFrame | None = None,
    rules: AlertRules | None = None,
) -> pd.DataFrame:
    """Find what on a board asks for attention.

    Parameters
    ----------
    strategies : pandas.DataFrame
        One row a strategy: ``member`` and figures, see `workbench.review.alert_figures`.
    places : pandas.DataFrame, optional
        One row a branch or region: ``member`` and figures, see there.
    caveats : pandas.DataFrame, optional
        From `find_caveats`.
    rules : AlertRules, optional
        By default the house's.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: the alert's id, severity, scope, member (strategy_id or place), section
        where one looks, values (JSON: the figures); the gravest first. `state_alert` says
        each in words.

    Examples
    --------
    >>> import pandas as pd
    >>> found = find_alerts(pd.DataFrame({"member": ["S1", "S2"], "cost_to_plan": [1.4, 1.0]}))
    >>> found[["alert", "member"]].values.tolist()
    [['over_budget', 'S1']]
    """
    asked = rules or default_alert_rules()
    tables = {"strategy": strategies, "place": places}
    found: list[tuple[Any, ...]] = []
    for rule in asked.rules:
        table = tables[rule.scope]
        for row in () if table is None else table.to_dict("records"):
            if all(each.holds(row, asked.thresholds) for each in rule.conditions):  # type: ignore[arg-type]
                values = {str(n): v for n, v in row.items() if n in _WRITTEN and v is not None and v == v}
                member = str(row["member"])
                found.append(
                    (
                        rule.id,
                        rule.severity,
                        rule.scope,
                        member,
                        rule.section,
                        json.dumps(values, default=float),
                    )
                )
    for row in () if caveats is None else caveats.to_dict("records"):
        severity = "bad" if row["key"] in GRAVE else "warn"
        told = json.dumps({"strategy_id": row["strategy_id"], "key": row["key"], "values": row["values"]})
        found.append((CAVEAT, severity, "strategy", str(row["strategy_id"]), "evaluation", told))
    found.sort(key=lambda each: SEVERITIES.index(each[1]))
    return pd.DataFrame(found, columns=list(COLUMNS)).astype("str")


def state_alert(alert: Mapping[str, Any], name: str, lang: str = "en", *, minimum: int = 0) -> str:
    """Return an alert as a sentence.

    Parameters
    ----------
    alert : mapping
        A row of `find_alerts`.
    name : str
        What its strategy or place is called.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.
    minimum : int, default=0
        Customers fewer than this are not counted out.

    Returns
    -------
    str

    Examples
    --------
    >>> found = find_alerts(pd.DataFrame({"member": ["S1"], "cost_to_plan": [1.4], "cost": [1.4e6],
    ...                                   "plan_cost": [1e6]}))
    >>> state_alert(found.iloc[0], "Retention call")
    'Retention call has cost ¥1.40M, 140% of the ¥1.00M planned.'
    """
    values = json.loads(alert["values"])
    if alert["alert"] == CAVEAT:
        from workbench.review.caveats import state_caveat

        return f"{name}: {state_caveat(values, lang, minimum=minimum)}"
    written = {figure: _write(figure, values.get(figure), lang, minimum) for figure in _WRITTEN}
    return locale.text(f"review_board.alert.{alert['alert']}", lang, name=name, **written)


def _write(figure: str, value: float | None, lang: str, minimum: int) -> str:
    kind = _WRITTEN[figure]
    if value is None:
        return locale.count(None)
    if figure in _CUSTOMERS and 0 < value < minimum:
        return locale.text("review_board.few", lang, n=minimum)
    if kind == "percent":
        return locale.percent(value, places=1 if value < 0.1 else 0)
    if kind == "money":
        return locale.money(value, lang)
    if kind == "p":
        return "< 0.001" if value < 0.001 else f"= {locale.decimal(value, 3)}"
    return locale.count(round(value), lang)
