"""The part of a board's cube that published dashboards show: nothing in it gives a few customers away.

Everything a viewer sees of the board is worked out from one table that was suppressed once,
when the cycle was evaluated, and never from the cube itself. So filters can be combined
and subtracted at will: what they show are sums of cells that are published anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.insight import hide_small_cells
from workbench.review.cube import ALWAYS, COUNTS, DIMENSIONS, MEASURES
from workbench.tables import mask_name

LEVELS = ("whole", "strategy", "region", "strategy_region", "branch", "strategy_week", "person")
"""The tables that are published. They meet in the totals of strategies and of regions only."""
STRATEGY_KEYS = ("strategy_id", "segment", "channel", "script")
"""Dimensions that follow from the strategy."""
COARSE = 0.05
"""Ratios over several strategies are rounded to this where their parts are not published."""
_RESTS_ON = {
    "plan_contacts": ("listed",),
    "plan_responses": ("listed",),
    "plan_cost": ("listed",),
    "cost": ("contacted",),
}
_RATIOS = {
    "responded_to_plan": ("responded", "plan_responses"),
    "cost_to_plan": ("cost", "plan_cost"),
}
_COARSE_ON = {"responded_to_plan": ("responded", "listed"), "cost_to_plan": ("contacted", "listed")}
_ALL = ""


def share_cube(cube: pd.DataFrame, minimum: int = 11) -> pd.DataFrame:
    """Return what of a cube may be published.

    Each count of customers is hidden by itself where it is from 1 to ``minimum - 1``, with
    complementary cells, in these tables: strategy × region with all totals; the branches
    of each region; the weeks of each strategy; the persons. Where a total is hidden, so
    are all its parts; so the tables share nothing but published totals, and what is hidden
    in one can't be worked out through another. Other crossings (a strategy's branch, a
    branch's week) are not published at all: of a cell that is known by its margins only,
    both of at least `minimum`, no value under `minimum` follows.

    Sums over strategies with weights (plans, cost) would be one more equation about hidden
    cells: they are given where all their parts are, else as ratios in steps of 5%. Amounts
    of money and single tries are left out. Persons are masked.

    A few customers whose region or branch is not known would each need another region's
    cells hidden: under `minimum` of them a strategy (a region), they are counted with the
    region (its branch) that has the most customers.

    Parameters
    ----------
    cube : pandas.DataFrame
        From `workbench.review.build_cube`.
    minimum : int, default=11
        The smallest count that may be shown.

    Returns
    -------
    pandas.DataFrame
        level (one of `LEVELS`), the cube's dimensions (empty where summed over), its
        measures, ``hide_<count>`` for each count, and coarse responded_to_plan and
        cost_to_plan where the exact ones are not given.

    Examples
    --------
    >>> from workbench.review.cube import build_cube
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> len(share_cube(build_cube(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())))
    0
    """
    names = ["level", *DIMENSIONS, *MEASURES, *(f"hide_{m}" for m in COUNTS), *_RATIOS]
    if cube.empty:
        return pd.DataFrame(columns=names)
    masked = _place_unknown(_mask_persons(cube), minimum)
    tables = {level: _add_up(masked, level) for level in LEVELS}
    for measure in COUNTS:
        _hide(tables, measure, minimum)
    _hide_money(tables)
    _name_strategies(tables, cube)
    return pd.concat([table.assign(level=level) for level, table in tables.items()], ignore_index=True)[names]


def sum_shared(
    shared: pd.DataFrame,
    by: str = "",
    filters: Mapping[str, str] | None = None,
    weeks: tuple[int, int] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Add up published cells, as `workbench.review.sum_cube` does those of the cube.

    Parameters
    ----------
    shared : pandas.DataFrame
        From `share_cube`.
    by : str, default=""
        A dimension; empty gives one row.
    filters : mapping of str to str, optional
        Dimension → the value that is kept.
    weeks : (int, int), optional
        First and last week.

    Returns
    -------
    sums, cells : pandas.DataFrame
        One row a value of `by`, and the same by strategy with ``hidden``. A sum of which a
        part is hidden is hidden: missing, with ``hide_<count>``.
    None
        Where these crossings are not published, whatever their size.

    Examples
    --------
    >>> from workbench.review.cube import build_cube
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> shared = share_cube(build_cube(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty()))
    >>> sum_shared(shared, "branch", {"strategy_id": "S1"}) is None
    True
    """
    chosen = {name: value for name, value in (filters or {}).items() if value}
    used = {*chosen, *([by] if by else [])}
    of_strategy = any(name in STRATEGY_KEYS for name in used)
    by_week = weeks is not None or "week" in used
    crossings = [bool(used & {"region", "branch"}), by_week, "person" in used]
    if sum(crossings) > 1 or (of_strategy and used & {"branch", "person"}):
        return None
    level = "strategy_week" if by_week else _level(used, of_strategy)
    rows = shared[shared["level"] == level]
    for name, value in chosen.items():
        rows = rows[rows[name] == value]
    if weeks is not None:
        rows = rows[(rows["week"] == ALWAYS) | rows["week"].between(*weeks)]
    keys = [by] if by else []
    exact = level in ("strategy", "strategy_region", "strategy_week")
    cells = _group(rows, list(dict.fromkeys([*keys, "strategy_id"])))
    if not exact:
        cells = _cells_behind(shared, level, chosen, keys)
    cells["hidden"] = (cells["hide_listed"] | cells["hide_responded"]).astype(bool)
    return _group(rows, keys), cells


def _level(used: set[str], of_strategy: bool) -> str:
    if "branch" in used:
        return "branch"
    if "person" in used:
        return "person"
    if "region" in used:
        return "strategy_region" if of_strategy else "region"
    return "strategy" if of_strategy else "whole"


def _cells_behind(
    shared: pd.DataFrame, level: str, chosen: Mapping[str, str], keys: Sequence[str]
) -> pd.DataFrame:
    """Return the published cells by strategy that a row over all strategies rests on."""
    behind = {"whole": "strategy", "region": "strategy_region"}.get(level, "")
    rows = shared[shared["level"] == behind]
    for name, value in chosen.items():
        rows = rows[rows[name] == value]
    if not behind:
        # Not published by strategy: no value follows.
        rows = shared[shared["level"] == level]
        for name, value in chosen.items():
            rows = rows[rows[name] == value]
        rows = rows.assign(hide_listed=True)
    return _group(rows, list(dict.fromkeys([*keys, "strategy_id"])))


def _group(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add rows up; of what is hidden in one of them the sum is hidden."""
    hides = [f"hide_{measure}" for measure in COUNTS]
    lost = rows[list(_RESTS_ON)].isna().to_numpy()
    flags = rows[hides].to_numpy(dtype=bool)
    codes: Any = np.zeros(len(rows), dtype=np.intp)
    found = pd.DataFrame(index=range(min(1, len(rows))))
    if keys:
        grouped = rows.groupby(keys, sort=True)
        codes, found = grouped.ngroup().to_numpy(), grouped.size().index.to_frame(index=False)
    n = len(found)

    def any_of(cells: np.ndarray) -> np.ndarray:
        return np.column_stack([np.bincount(codes, weights=cell, minlength=n) > 0 for cell in cells.T])

    values = rows[list(MEASURES)].to_numpy(dtype=np.float64)
    known = any_of(~np.isnan(values))
    filled = np.nan_to_num(values).T
    total = np.column_stack([np.bincount(codes, weights=cell, minlength=n) for cell in filled])
    hidden, gone = any_of(flags), any_of(lost)
    hides_of = {measure: hidden[:, place] for place, measure in enumerate(COUNTS)}
    for place, (measure, bases) in enumerate(_RESTS_ON.items()):
        untold = np.any([hides_of[base] for base in bases], axis=0)
        known[:, MEASURES.index(measure)] &= ~(untold | gone[:, place])
    for measure, untold in hides_of.items():
        known[:, MEASURES.index(measure)] &= ~untold
    # A row that stands for itself keeps its coarse ratios; sums of several have none.
    alone = np.bincount(codes, minlength=n) == 1
    first = np.zeros(n, dtype=np.intp)
    first[codes] = np.arange(len(rows))
    sums = dict(zip(MEASURES, np.where(known, total, np.nan).T, strict=True))
    for name in _RATIOS:
        ratios = rows[name].to_numpy(dtype=np.float64)
        sums[name] = np.where(alone, ratios[first], np.nan) if n else np.full(n, np.nan)
    flagged = dict(zip(hides, hidden.T, strict=True))
    return found.assign(**sums, **flagged)


# Suppression ---------------------------------------------------------------------


def _mask_persons(cube: pd.DataFrame) -> pd.DataFrame:
    """Return the cube with masked persons; two of the same mask are told apart by a number."""
    names = {}
    seen: dict[str, int] = {}
    for name in sorted(set(cube["person"])):
        mask = mask_name(name)
        seen[mask] = seen.get(mask, 0) + 1
        names[name] = mask if seen[mask] == 1 or not mask else f"{mask} {seen[mask]}"
    return cube.assign(person=cube["person"].map(names))


def _place_unknown(cube: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Return the cube with few customers of an unknown place in the largest one."""
    placed = cube.copy()
    here = placed["region"].ne(_ALL)
    few = minimum * max(1, placed["strategy_id"].nunique())
    if here.any() and 0 < placed.loc[~here, ["listed", "control"]].sum().sum() < few:
        largest = placed[here].groupby("region")["listed"].sum().idxmax()
        placed["region"] = placed["region"].where(here, largest)
    for _, rows in placed.groupby("region"):
        named = rows[rows["branch"].ne(_ALL)]
        nameless = rows.index.difference(named.index)
        if len(named) and placed.loc[nameless, ["listed", "control"]].sum().sum() < minimum:
            placed.loc[nameless, "branch"] = str(named.groupby("branch")["listed"].sum().idxmax())
    return placed


_KEYS: dict[str, list[str]] = {
    "whole": [],
    "strategy": ["strategy_id"],
    "region": ["region"],
    "strategy_region": ["strategy_id", "region"],
    "branch": ["region", "branch"],
    "strategy_week": ["strategy_id", "week"],
    "person": ["person"],
}


def _add_up(cube: pd.DataFrame, level: str) -> pd.DataFrame:
    keys = _KEYS[level]
    measures = list(MEASURES)
    if keys:
        table = cube.groupby(keys, sort=True)[measures].sum(min_count=1).reset_index()
    else:
        table = cube[measures].sum(min_count=1).to_frame().T
    empty = {name: ALWAYS if name == "week" else _ALL for name in DIMENSIONS if name not in keys}
    hides = {f"hide_{measure}": False for measure in COUNTS}
    return table.assign(**empty, **hides).reset_index(drop=True)


def _hide(tables: dict[str, pd.DataFrame], measure: str, minimum: int) -> None:
    """Mark what is hidden of one count in every table."""
    flag = f"hide_{measure}"
    cells = tables["strategy_region"][["strategy_id", "region"]].copy()
    cells["n"] = tables["strategy_region"][measure].fillna(0).astype("int64")
    shown = hide_small_cells(cells, minimum, by=("strategy_id", "region"), count="n", totals=True)
    told: list[Any] = list(shown[shown["hidden"]].itertuples())
    hidden = {
        tuple(None if pd.isna(key) else str(key) for key in (row.strategy_id, row.region)) for row in told
    }

    def mark(level: str, keys: list[tuple[str | None, str | None]]) -> None:
        table = tables[level]
        table[flag] = [key in hidden for key in keys]

    both = tables["strategy_region"]
    mark("strategy_region", list(zip(both["strategy_id"], both["region"], strict=True)))
    mark("strategy", [(name, None) for name in tables["strategy"]["strategy_id"]])
    mark("region", [(None, name) for name in tables["region"]["region"]])
    mark("whole", [(None, None)])
    regions = {str(name) for name in tables["region"].loc[tables["region"][flag], "region"]}
    strategies = {str(name) for name in tables["strategy"].loc[tables["strategy"][flag], "strategy_id"]}
    whole = {_ALL} if tables["whole"][flag].any() else set()
    # In the weeks' table the list itself stands beside them, and is the strategy's.
    weeks = tables["strategy_week"]["week"] != ALWAYS
    _hide_parts(tables["branch"], measure, "region", regions, minimum)
    _hide_parts(tables["person"], measure, "region", whole, minimum)
    _hide_parts(tables["strategy_week"], measure, "strategy_id", strategies, minimum, weeks)


def _hide_parts(
    table: pd.DataFrame,
    measure: str,
    whole: str,
    hidden: set[str],
    minimum: int,
    within: pd.Series | None = None,
) -> None:
    """Mark the parts of each total that are hidden; all of a hidden total, zeros apart."""
    flag = f"hide_{measure}"
    for name, rows in table.groupby(whole, sort=False):
        inside = rows if within is None else rows[within.loc[rows.index]]
        beside = rows.index.difference(inside.index)
        counts = inside[measure].fillna(0).astype("int64")
        cells = pd.DataFrame({"part": range(len(inside)), "n": counts.to_numpy()})
        untold = (counts > 0).to_numpy()
        if name not in hidden and len(cells):
            found = hide_small_cells(cells, minimum, by=("part",), count="n", totals=True)
            if not found["hidden"].iloc[-1]:
                untold = found["hidden"].to_numpy()[:-1]
        table.loc[inside.index, flag] = untold
        # What has no week is the total itself.
        table.loc[beside, flag] = (table.loc[beside, measure].fillna(0) > 0) & (name in hidden)


def _hide_money(tables: dict[str, pd.DataFrame]) -> None:
    """Take out hidden counts, what rests on them, and exact sums over parts that are not shown."""
    cells = tables["strategy_region"]
    for level, table in tables.items():
        exact = pd.DataFrame(True, index=table.index, columns=["listed", "contacted"])
        for base in exact.columns:
            if level == "region":
                parts = cells[cells[f"hide_{base}"]]["region"]
                exact[base] = ~table["region"].isin(parts)
            elif level == "whole":
                exact[base] = not tables["strategy"][f"hide_{base}"].any()
            elif level in ("branch", "person"):
                exact[base] = False
        ratios = {
            name: table[above] / table[below].where(table[below] > 0)
            for name, (above, below) in _RATIOS.items()
        }
        for name, ratio in ratios.items():
            bases = _COARSE_ON[name]
            told = ~table[[f"hide_{base}" for base in bases]].any(axis=1)
            table[name] = ((ratio / COARSE).round() * COARSE).where(told)
        for measure, under in _RESTS_ON.items():
            hidden = table[[f"hide_{base}" for base in under]].any(axis=1)
            partly = ~exact[list(under)].all(axis=1)
            if measure == "plan_contacts":
                # Everybody listed once: a count, and no weighted sum.
                partly = pd.Series(False, index=table.index)
            table[measure] = table[measure].where(~(hidden | partly))
        for measure in COUNTS:
            table[measure] = table[measure].mask(table[f"hide_{measure}"])
        table[["amount", "tries"]] = np.nan


def _name_strategies(tables: dict[str, pd.DataFrame], cube: pd.DataFrame) -> None:
    """Give each strategy's rows its segment, channel and script; one with several segments has none."""
    of = cube.groupby("strategy_id")
    single = of["segment"].nunique() == 1
    known = of[["segment", "channel", "script"]].first()
    known["segment"] = known["segment"].where(single, _ALL)
    for level in ("strategy", "strategy_region", "strategy_week"):
        table = tables[level]
        for name in known.columns:
            table[name] = table["strategy_id"].map(known[name])
