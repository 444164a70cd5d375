"""The objectives tree above the strategy map: what the plan brings towards each target."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.locale import date, text
from workbench.tables import OBJECTIVES, STRATEGIES, UNITS

MESSAGE_PREFIXES = ("strategy_objectives.problem.",)
ROLLED = (
    "objective_id",
    "parent_id",
    "depth",
    "own",
    "contribution",
    "contribution_low",
    "contribution_high",
    "double_counted",
    "standing",
    "target",
    "expected",
    "gap",
    "share",
    "n_strategies",
)


def check_objectives(
    objectives: pd.DataFrame,
    strategies: pd.DataFrame | None = None,
    *,
    as_of: dt.date | str | None = None,
) -> pd.DataFrame:
    """Return what is wrong with a tree of objectives.

    Parameters
    ----------
    objectives : pandas.DataFrame
        Table OBJECTIVES.
    strategies : pandas.DataFrame, optional
        Table STRATEGIES; what their cards say of objectives is checked too.
    as_of : datetime.date or str, optional
        The day by which a date is past; without it no date is.

    Returns
    -------
    pandas.DataFrame
        One row a problem, in the order of the tree: ``objective_id``, ``problem``,
        ``grave`` (True where nothing can be added up until it is mended) and ``other``
        (the parent, the strategy or the day it is about).

        Grave are ``unknown_parent``, ``cycle``, ``other_unit`` (than the parent's),
        ``unit_of_kpi`` (the KPI is counted in another unit). Not grave are ``past``,
        ``after_parent`` (due later than its parent), ``no_gain`` (target not above the
        baseline), ``unknown_objective``, ``not_a_leaf`` and ``other_kpi`` of a card.

    Raises
    ------
    TableProblem
        If it is not such a table.

    Examples
    --------
    >>> day = pd.Timestamp("2026-12-31")
    >>> rows = [("O1", "O2", "More", "balances", "CNY"), ("O2", "O1", "Less", "balances", "CNY")]
    >>> tree = pd.DataFrame(rows, columns=["objective_id", "parent_id", "name", "kpi", "unit"])
    >>> tree = tree.assign(horizon="long", baseline=1.0, target=2.0, due_on=day)
    >>> check_objectives(tree)[["objective_id", "problem"]].values.tolist()
    [['O1', 'cycle'], ['O2', 'cycle']]
    """
    OBJECTIVES.check(objectives)
    rows = {str(row["objective_id"]): row for row in objectives.to_dict("records")}
    today = None if as_of is None else pd.Timestamp(as_of)
    found: list[tuple[str, str, bool, str]] = []
    for name, row in rows.items():
        parent = str(row["parent_id"] or "")
        above = rows.get(parent)
        if parent and above is None:
            found.append((name, "unknown_parent", True, parent))
        elif parent and _circles(name, rows):
            found.append((name, "cycle", True, parent))
        elif above is not None and above["unit"] != row["unit"]:
            found.append((name, "other_unit", True, parent))
        if UNITS[row["kpi"]] != row["unit"]:
            found.append((name, "unit_of_kpi", True, UNITS[row["kpi"]]))
        if row["target"] <= row["baseline"]:
            found.append((name, "no_gain", False, ""))
        if today is not None and row["due_on"] < today:
            found.append((name, "past", False, str(row["due_on"])[:10]))
        if above is not None and row["due_on"] > above["due_on"]:
            found.append((name, "after_parent", False, parent))
    if strategies is not None:
        found += _card_problems(rows, strategies)
    frame = pd.DataFrame(found, columns=["objective_id", "problem", "grave", "other"])
    return frame.astype({"objective_id": "str", "problem": "str", "grave": "bool", "other": "str"})


def _circles(name: str, rows: Mapping[str, Mapping[Any, Any]]) -> bool:
    seen, at = {name}, str(rows[name]["parent_id"] or "")
    while at in rows:
        if at == name:
            return True
        if at in seen:
            return False
        seen.add(at)
        at = str(rows[at]["parent_id"] or "")
    return False


def _card_problems(
    rows: Mapping[str, Mapping[Any, Any]], strategies: pd.DataFrame
) -> list[tuple[str, str, bool, str]]:
    STRATEGIES.check(strategies)
    inner = {str(row["parent_id"] or "") for row in rows.values()}
    found = []
    for card in strategies.to_dict("records"):
        wanted, strategy = written(card.get("objective_id")), str(card["strategy_id"])
        if not wanted:
            continue
        if wanted not in rows:
            found.append((wanted, "unknown_objective", False, strategy))
        elif wanted in inner:
            found.append((wanted, "not_a_leaf", False, strategy))
        elif written(card.get("kpi")) not in ("", "responses", rows[wanted]["kpi"]):
            found.append((wanted, "other_kpi", False, strategy))
    return found


def explain_objectives(problems: pd.DataFrame, lang: str = "en") -> list[str]:
    """Return the problems of a tree as sentences, one a row of `check_objectives`.

    Examples
    --------
    >>> problems = pd.DataFrame({"objective_id": ["O2"], "problem": ["unknown_parent"], "other": ["O9"]})
    >>> explain_objectives(problems)
    ['O2 is a part of O9, which does not exist. Choose another parent, or none.']
    """
    said = []
    for row in problems.to_dict("records"):
        other = date(row["other"], lang) if row["problem"] == "past" else row["other"]
        key = f"strategy_objectives.problem.{row['problem']}"
        said.append(text(key, lang, objective=row["objective_id"], other=other))
    return said


def refuse_objectives(objectives: pd.DataFrame) -> None:
    """Raise if a tree can't be added up.

    Raises
    ------
    ParameterProblem
        With the first grave problem that `check_objectives` finds, as a sentence.
    """
    problems = check_objectives(objectives)
    grave = problems[problems["grave"]]
    if len(grave):
        row = grave.iloc[0]
        key = f"strategy_objectives.problem.{row['problem']}"
        raise ParameterProblem(key, objective=row["objective_id"], other=row["other"])


def roll_up(objectives: pd.DataFrame, contributions: pd.DataFrame) -> pd.DataFrame:
    """Return each objective with what all strategies beneath it bring, and what is missing.

    Parameters
    ----------
    objectives : pandas.DataFrame
        Table OBJECTIVES.
    contributions : pandas.DataFrame
        From `expected_contributions`.

    Returns
    -------
    pandas.DataFrame
        One row an objective, each followed by its parts: ``objective_id``,
        ``parent_id``, ``depth`` (0 for a root), ``own`` (of its own strategies),
        ``contribution`` (with those of its parts, nobody counted twice) with
        ``contribution_low`` and ``contribution_high`` (80% interval, strategies taken as
        independent), ``double_counted`` (left out of it), ``standing`` (measured, else
        the baseline), ``target``, ``expected`` (standing plus contribution), ``gap``
        (target less expected; 0 or less where it is reached), ``share`` (the
        contribution's of what is missing now; missing where nothing is),
        ``n_strategies``.

        A strategy of which nothing can be said counts as a strategy and brings nothing.

    Raises
    ------
    ParameterProblem
        If the tree can't be added up.

    Examples
    --------
    >>> tree = pd.DataFrame({"objective_id": ["O1", "O2"], "parent_id": ["", "O1"], "name": ["All", "Part"],
    ...     "kpi": "balances", "unit": "CNY", "horizon": "long", "baseline": [100.0, 40.0],
    ...     "target": [150.0, 60.0], "due_on": pd.to_datetime(["2026-12-31"] * 2)})
    >>> brought = pd.DataFrame({"objective_id": ["O2"], "counted": [10.0], "counted_low": [7.0],
    ...                         "counted_high": [13.0], "double_counted": [2.0]})
    >>> roll_up(tree, brought)[["objective_id", "depth", "expected", "gap", "share"]].values.tolist()
    [['O1', 0, 110.0, 40.0, 0.2], ['O2', 1, 50.0, 10.0, 0.5]]
    """
    refuse_objectives(objectives)
    rows = {str(row["objective_id"]): row for row in objectives.to_dict("records")}
    parts: dict[str, list[str]] = {}
    for name, row in rows.items():
        parts.setdefault(str(row["parent_id"] or ""), []).append(name)
    order, waiting = [], [(name, 0) for name in reversed(parts.get("", []))]
    while waiting:
        name, depth = waiting.pop()
        order.append((name, depth))
        waiting += [(part, depth + 1) for part in reversed(parts.get(name, []))]
    sums = {name: _sums(contributions[contributions["objective_id"].eq(name)]) for name in rows}
    own = {name: found["counted"] for name, found in sums.items()}
    # Parts stand behind their whole, so that backwards each is complete when it is added.
    for name, _ in reversed(order):
        parent = str(rows[name]["parent_id"] or "")
        if parent:
            for figure, value in sums[name].items():
                sums[parent][figure] += value
    found = [_rolled(rows[name], depth, own[name], sums[name]) for name, depth in order]
    return pd.DataFrame(found, columns=list(ROLLED)).astype({"objective_id": "str", "parent_id": "str"})


def _sums(mine: pd.DataFrame) -> dict[str, float]:
    counted = mine["counted"].fillna(0.0)
    return {
        "counted": float(counted.sum()),
        "below": float(((mine["counted_low"].fillna(counted) - counted) ** 2).sum()),
        "above": float(((mine["counted_high"].fillna(counted) - counted) ** 2).sum()),
        "double_counted": float(mine["double_counted"].fillna(0.0).sum()),
        "n": float(len(mine)),
    }


def _rolled(row: Mapping[Any, Any], depth: int, own: float, sums: Mapping[str, float]) -> tuple[Any, ...]:
    total = sums["counted"]
    low, high = total - sums["below"] ** 0.5, total + sums["above"] ** 0.5
    now = standing(row)
    target = float(row["target"])
    missing = target - now
    share = total / missing if missing > 0 else float("nan")
    around = (total, low, high, sums["double_counted"], now, target, now + total, missing - total, share)
    named = (str(row["objective_id"]), str(row["parent_id"] or ""), depth)
    return (*named, own, *around, int(sums["n"]))


def standing(objective: Mapping[Any, Any]) -> float:
    """Return where an objective stands: as measured last, else its baseline."""
    measured = objective.get("measured")
    if measured is None or measured != measured:
        return float(objective["baseline"])
    return float(measured)


def leaves(objectives: pd.DataFrame) -> list[str]:
    """Return the objectives that have no parts: those that strategies serve.

    Examples
    --------
    >>> leaves(pd.DataFrame({"objective_id": ["O1", "O2"], "parent_id": ["", "O1"]}))
    ['O2']
    """
    inner: Iterable[Any] = set(objectives["parent_id"])
    return [str(name) for name in objectives["objective_id"] if name not in inner]


def root_of(name: str, rows: Mapping[str, Mapping[Any, Any]]) -> str:
    """Return the objective at the top of the tree that one stands in."""
    while rows[name]["parent_id"]:
        name = str(rows[name]["parent_id"])
    return name


def written(value: object) -> str:
    """Return a cell's text, empty where it is missing."""
    return value if isinstance(value, str) else ""
