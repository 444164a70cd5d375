"""The objectives that a bank starts from, and how they are measured on its own customers."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from workbench.locale import LANGUAGES, normal_language
from workbench.strategy.objectives import leaves, written
from workbench.strategy.reach import check_customers, in_stages, stages_of
from workbench.tables import OBJECTIVES, STRATEGIES, UNITS

ACTIVE_DAYS = 90
"""A customer with a transaction, login or visit in so many days is active."""
_FIGURES = 5
"""Significant figures of a proposed target."""


@cache
def read_objective_templates() -> dict[str, dict[str, Any]]:
    """Return every template by its key, in the order of the file.

    Examples
    --------
    >>> read_objective_templates()["activity_woken"]["zh_CN"]["name"]
    '唤醒睡眠客户'
    """
    written_down = resources.files(__package__).joinpath("objectives.toml").read_text(encoding="utf-8")
    return tomllib.loads(written_down)


def measure_objective(
    kpi: str, customers: pd.DataFrame, lifecycle_stages: object = "", segment: object = ""
) -> tuple[float, int]:
    """Return where a KPI stands today, and of how many customers.

    Parameters
    ----------
    kpi : str
        ``balances``: sum of ``balance_total``, CNY. ``fee_income``: sum of
        ``contribution``, margins and fees of a year, CNY. ``satisfaction``: mean survey
        score, 0 to 10. ``activity``: customers with ``idle_days`` (or ``recency``) of at
        most 90. ``responses``: they start at 0.
    customers : pandas.DataFrame
        Table PORTRAIT, with ``segment`` where one is asked for.
    lifecycle_stages, segment : str, default=""
        Whom it is about: comma-separated stages, a segment; empty is all.

    Returns
    -------
    figure : float
        Missing where the bank does not know it.
    n : int
        Customers it is about.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "balance_total": [10.0, 30.0],
    ...                           "lifecycle_stage": ["mature", "growth"]})
    >>> measure_objective("balances", customers), measure_objective("balances", customers, "mature")
    ((40.0, 2), (10.0, 1))
    """
    check_customers(customers)
    about = in_stages(stages_of(customers), lifecycle_stages)
    if written(segment):
        known = customers["segment"] if "segment" in customers else pd.Series("", index=customers.index)
        about &= known.eq(written(segment))
    mine = customers.loc[about.to_numpy()]
    return _figure(kpi, mine), len(mine)


def _figure(kpi: str, mine: pd.DataFrame) -> float:
    if kpi == "responses":
        return 0.0
    if kpi == "activity":
        found = next((mine[name] for name in ("idle_days", "recency") if name in mine), None)
        return float("nan") if found is None else float(found.le(ACTIVE_DAYS).sum())
    column = {"balances": "balance_total", "fee_income": "contribution", "satisfaction": "satisfaction"}[kpi]
    if column not in mine:
        return float("nan")
    if kpi == "satisfaction":
        return float(mine[column].mean())
    return float(mine[column].sum(min_count=1))


def suggest_objectives(customers: pd.DataFrame, *, as_of: dt.date | str, lang: str = "en") -> pd.DataFrame:
    """Return a small tree of objectives from a bank's own figures, as a first draft to work on.

    Parameters
    ----------
    customers : pandas.DataFrame
        Table PORTRAIT, one row a customer.
    as_of : datetime.date or str
        The snapshot's day; the days by when are counted from it.
    lang : str, default="en"
        Language of the names: ``"en"`` or ``"zh_CN"``.

    Returns
    -------
    pandas.DataFrame
        Table OBJECTIVES: O1, O1.1 …; what the bank's data do not tell is left out, with
        its parts.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "balance_total": [1000.0, 3000.0],
    ...                           "lifecycle_stage": ["mature", "growth"]})
    >>> tree = suggest_objectives(customers, as_of="2026-09-30")
    >>> tree[["objective_id", "name", "baseline", "target"]].values.tolist()[0]
    ['O1', 'More balances with the bank', 4000.0, 4080.0]
    """
    day = pd.Timestamp(as_of).normalize()
    rows: list[dict[str, Any]] = []
    numbers: dict[str, str] = {}
    parts: dict[str, int] = {}
    for key, template in read_objective_templates().items():
        parent = template.get("parent", "")
        if parent and parent not in numbers:
            continue
        stages = ",".join(template.get("stages", ()))
        baseline, n = measure_objective(template["kpi"], customers, stages)
        target = _target(template, baseline, n)
        if template.get("added"):
            baseline, target = 0.0, _added(template, baseline, n)
        if not n or baseline != baseline or not target > baseline:
            continue
        parts[parent] = parts.get(parent, 0) + 1
        numbers[key] = f"{numbers[parent]}.{parts[parent]}" if parent else f"O{parts[parent]}"
        rows.append(
            {
                "objective_id": numbers[key],
                "parent_id": numbers.get(parent, ""),
                "name": template[normal_language(lang)]["name"],
                "kpi": template["kpi"],
                "unit": UNITS[template["kpi"]],
                "horizon": template["horizon"],
                "baseline": baseline,
                "target": target,
                "due_on": day + pd.DateOffset(months=template["months"]) + pd.offsets.MonthEnd(0),
                "lifecycle_stages": stages,
                "segment": "",
                "measured": float("nan"),
                "owner": "",
                "template": key,
            }
        )
    return objectives_frame(rows)


def _target(template: dict[str, Any], baseline: float, n: int) -> float:
    if baseline != baseline:
        return baseline
    if "points" in template:
        return min(10.0, round(baseline + template["points"], 1))
    if "share_of_customers" in template:
        return float(min(n, round(baseline + template["share_of_customers"] * n)))
    return _rounded(baseline * (1.0 + template["gain"]))


def _added(template: dict[str, Any], figure: float, n: int) -> float:
    if "share_of_customers" in template:
        return float(round(template["share_of_customers"] * n))
    return _rounded(template["gain"] * figure)


def _rounded(wanted: float) -> float:
    if not wanted > 0:
        return wanted
    return float(round(wanted, _FIGURES - 1 - math.floor(math.log10(wanted))))


def measure_objectives(objectives: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Return objectives with where each stands on today's customers.

    An objective that begins at 0 counts what is added, which no portrait tells: its
    ``measured`` stays missing, and so does that of what the bank does not know.

    Parameters
    ----------
    objectives : pandas.DataFrame
        Table OBJECTIVES.
    customers : pandas.DataFrame
        Table PORTRAIT, with ``segment`` where an objective is about one.

    Returns
    -------
    pandas.DataFrame
        A copy with ``measured``.
    """
    OBJECTIVES.check(objectives)
    measured = []
    for row in objectives.to_dict("records"):
        figure = float("nan")
        if row["baseline"] != 0:
            about = (row.get("lifecycle_stages"), row.get("segment"))
            figure, _ = measure_objective(str(row["kpi"]), customers, *about)
        measured.append(figure)
    return objectives.assign(measured=pd.Series(measured, index=objectives.index, dtype="float64"))


def objectives_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table OBJECTIVES, typed also when there are none."""
    frame = pd.DataFrame(rows, columns=list(OBJECTIVES.names))
    for column in OBJECTIVES.columns:
        if column.kind == "date":
            frame[column.name] = pd.to_datetime(frame[column.name]).astype("datetime64[us]")
        elif column.kind == "number":
            frame[column.name] = frame[column.name].astype("float64")
        else:
            frame[column.name] = frame[column.name].fillna("").astype("str")
    return frame


def translate_objectives(objectives: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return objectives with the names that nobody has edited in a language.

    Examples
    --------
    >>> tree = pd.DataFrame({"name": ["Dormant customers woken", "Our own idea"]})
    >>> translate_objectives(tree, "zh_CN")["name"].tolist()
    ['唤醒睡眠客户', 'Our own idea']
    """
    wanted = normal_language(lang)
    known = {
        template[other]["name"]: template[wanted]["name"]
        for template in read_objective_templates().values()
        for other in LANGUAGES
    }
    return objectives.assign(name=[known.get(name, name) for name in objectives["name"]])


def assign_objectives(strategies: pd.DataFrame, objectives: pd.DataFrame) -> pd.DataFrame:
    """Return strategies of which each serves an objective, where one fits.

    A card that names a leaf keeps it. Another one gets the leaf whose template names its
    offer, else the first leaf of its KPI; where there is none it serves no objective.

    Parameters
    ----------
    strategies : pandas.DataFrame
        Table STRATEGIES.
    objectives : pandas.DataFrame
        Table OBJECTIVES.

    Returns
    -------
    pandas.DataFrame
        A copy with ``objective_id``.
    """
    STRATEGIES.check(strategies)
    OBJECTIVES.check(objectives)
    ends = leaves(objectives)
    rows = objectives[objectives["objective_id"].isin(ends)].to_dict("records")
    templates = read_objective_templates()
    by_offer: dict[str, str] = {}
    by_kpi: dict[str, str] = {}
    for row in rows:
        for offer in templates.get(written(row.get("template")), {}).get("offers", ()):
            by_offer.setdefault(offer, str(row["objective_id"]))
        by_kpi.setdefault(str(row["kpi"]), str(row["objective_id"]))
    chosen = []
    for card in strategies.to_dict("records"):
        named = written(card.get("objective_id"))
        fitting = by_offer.get(str(card["offer"])) or by_kpi.get(written(card.get("kpi")), "")
        chosen.append(named if named in ends else fitting)
    return strategies.assign(objective_id=pd.Series(chosen, index=strategies.index, dtype="str"))
