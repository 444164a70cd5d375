"""Customers between two snapshots: who moved, who joined and left, and what that did to the money."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem

PARTS = ("segment", "lifecycle_stage")
_MOVES = ("status", "value_before", "value_after")


def pair_snapshots(
    before: pd.DataFrame, after: pd.DataFrame, *, value: str = "balance_total"
) -> pd.DataFrame:
    """Put two snapshots of the customers side by side, one row a customer in either.

    Parameters
    ----------
    before, after : pandas.DataFrame
        One row a ``customer_id``; ``segment``, ``lifecycle_stage``, ``product_count`` and
        the value where they are known. Segments are matched by their names.
    value : str, default="balance_total"
        The column of money, in one currency.

    Returns
    -------
    pandas.DataFrame
        customer_id; status (``stayed``, ``joined``, ``left``); segment_before,
        segment_after, lifecycle_stage_before, lifecycle_stage_after (missing where the
        customer is not there, empty where the part is not known), value_before,
        value_after, product_count_before and product_count_after (missing where not there
        or not known; in sums an unknown value counts as 0). ``attrs["unknown_values"]``
        counts the present customers whose value is not known, before and after.

    Raises
    ------
    ParameterProblem
        If a customer repeats, both show the same day, or their currencies differ.

    Examples
    --------
    >>> before = pd.DataFrame({"customer_id": ["a", "b"], "segment": ["Old", "Young"]})
    >>> after = pd.DataFrame({"customer_id": ["b", "c"], "segment": ["Old", "Young"]})
    >>> pair_snapshots(before, after)[["customer_id", "status", "segment_before", "segment_after"]]
      customer_id  status segment_before segment_after
    0           a    left            Old           NaN
    1           b  stayed          Young           Old
    2           c  joined            NaN         Young
    """
    for side, frame in (("before", before), ("after", after)):
        if "customer_id" not in frame.columns:
            raise ParameterProblem("review_customers.error.no_customer", side=side)
        twice = frame["customer_id"].duplicated()
        if twice.any():
            raise ParameterProblem("review_customers.error.repeated", side=side, n=int(twice.sum()))
    _refuse_same_day(before, after)
    _refuse_currencies(before, after)
    one, other = (_plain(frame, value) for frame in (before, after))
    pairs = one.merge(other, on="customer_id", how="outer", suffixes=("_before", "_after"), indicator=True)
    words = {"both": "stayed", "left_only": "left", "right_only": "joined"}
    pairs.insert(1, "status", pairs.pop("_merge").astype("str").map(words).astype("str"))
    unknown = []
    for side, absent in (("before", "joined"), ("after", "left")):
        there = pairs["status"].ne(absent)
        unknown.append(int((pairs[f"value_{side}"].isna() & there).sum()))
        for part in PARTS:
            cells = pairs[f"{part}_{side}"].astype("object")
            pairs[f"{part}_{side}"] = cells.where(cells.notna() | ~there, "").where(there, np.nan)
    pairs.attrs["unknown_values"] = tuple(unknown)
    return pairs


def _plain(frame: pd.DataFrame, value: str) -> pd.DataFrame:
    kept = pd.DataFrame({"customer_id": frame["customer_id"].astype("str").to_numpy()})
    for part in PARTS:
        there = part in frame.columns
        kept[part] = frame[part].astype("object").to_numpy() if there else None
    for name, source in (("value", value), ("product_count", "product_count")):
        cells = frame[source] if source in frame.columns else pd.Series(np.nan, index=frame.index)
        kept[name] = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    return kept


def _refuse_same_day(before: pd.DataFrame, after: pd.DataFrame) -> None:
    if "snapshot_date" not in before.columns or "snapshot_date" not in after.columns:
        return
    days = [set(pd.to_datetime(frame["snapshot_date"]).dropna().dt.date) for frame in (before, after)]
    both = sorted(days[0] & days[1])
    if both:
        raise ParameterProblem("review_customers.error.same_day", day=both[0].isoformat())


def _refuse_currencies(before: pd.DataFrame, after: pd.DataFrame) -> None:
    found: set[str] = set()
    for frame in (before, after):
        if "currency" in frame.columns:
            found |= {str(name) for name in frame["currency"].dropna()}
    if len(found) > 1:
        raise ParameterProblem("review_customers.error.currencies", found=", ".join(sorted(found)))


def count_moves(pairs: pd.DataFrame) -> pd.DataFrame:
    """Count the customers of each way through segments and stages: no single customer is left.

    Parameters
    ----------
    pairs : pandas.DataFrame
        What `pair_snapshots` returned.

    Returns
    -------
    pandas.DataFrame
        status, segment_before, segment_after, lifecycle_stage_before,
        lifecycle_stage_after, n, value_before, value_after. Every function of this module
        that takes pairs takes these cells too, `compare_churn` apart.

    Examples
    --------
    >>> before = pd.DataFrame({"customer_id": ["a", "b"], "segment": ["Old", "Old"]})
    >>> count_moves(pair_snapshots(before, before))[["segment_before", "segment_after", "n"]]
      segment_before segment_after  n
    0            Old           Old  2
    """
    keys = ["status", *(f"{part}_{side}" for part in PARTS for side in ("before", "after"))]
    weighed = weigh(pairs)
    grouped = weighed.groupby(keys, dropna=False, sort=True, observed=True)
    return grouped[["n", "value_before", "value_after"]].sum().reset_index()


def weigh(moves: pd.DataFrame) -> pd.DataFrame:
    """Return pairs or cells with a count: a pair counts one customer.

    Parameters
    ----------
    moves : pandas.DataFrame
        Pairs or cells.

    Raises
    ------
    ParameterProblem
        If the table is neither.

    Examples
    --------
    >>> one = pd.DataFrame({"customer_id": ["a"]})
    >>> weigh(pair_snapshots(one, one))["n"].tolist()
    [1]
    """
    absent = [name for name in _MOVES if name not in moves.columns]
    if absent:
        raise ParameterProblem("review_customers.error.no_pairs", columns=", ".join(absent))
    return moves if "n" in moves.columns else moves.assign(n=np.int64(1))


def part_of(moves: pd.DataFrame, by: str, side: str) -> pd.Series:
    """Return the part that every move begins or ends in.

    Parameters
    ----------
    moves : pandas.DataFrame
        Pairs or cells.
    by : {"segment", "lifecycle_stage"}
        The parts.
    side : {"before", "after"}
        Beginning or end.

    Raises
    ------
    ParameterProblem
        If there are no such parts.

    Examples
    --------
    >>> one = pd.DataFrame({"customer_id": ["a"], "segment": ["Old"]})
    >>> part_of(pair_snapshots(one, one), "segment", "after").tolist()
    ['Old']
    """
    if by not in PARTS:
        raise ParameterProblem("review_customers.error.by", by=by, known=", ".join(PARTS))
    return moves[f"{by}_{side}"]


def migrate(moves: pd.DataFrame, by: str = "segment") -> pd.DataFrame:
    """Return who went where: one row a pair of parts, with what they held before and after.

    Parameters
    ----------
    moves : pandas.DataFrame
        Pairs of `pair_snapshots`, or cells of `count_moves`.
    by : {"segment", "lifecycle_stage"}, default="segment"
        The parts.

    Returns
    -------
    pandas.DataFrame
        ``from`` (missing for who joined), ``to`` (missing for who left), status
        (``stayed`` in the same part, ``moved``, ``joined``, ``left``), n, share (of the
        row), value_before, value_after, value_change. The largest rows come first, who
        joined last. Pairs that nobody took are left out.

    Raises
    ------
    ParameterProblem
        If the table is not one of moves, or there are no such parts.

    Examples
    --------
    >>> before = pd.DataFrame({"customer_id": list("abc"), "segment": ["Old", "Old", "Young"]})
    >>> after = pd.DataFrame({"customer_id": list("abd"), "segment": ["Old", "Young", "Young"]})
    >>> migrate(pair_snapshots(before, after))[["from", "to", "status", "n", "share"]]
        from     to  status  n  share
    0    Old    Old  stayed  1    0.5
    1    Old  Young   moved  1    0.5
    2  Young    NaN    left  1    1.0
    3    NaN  Young  joined  1    1.0
    """
    weighed = weigh(moves)
    table = pd.DataFrame({"from": part_of(weighed, by, "before"), "to": part_of(weighed, by, "after")})
    table = table.join(weighed[["n", "value_before", "value_after"]])
    grouped = table.groupby(["from", "to"], dropna=False, sort=True)
    matrix = grouped[["n", "value_before", "value_after"]].sum().reset_index()
    here, there = matrix["from"].notna(), matrix["to"].notna()
    words = np.select([~here, ~there, matrix["from"].eq(matrix["to"])], ["joined", "left", "stayed"], "moved")
    matrix.insert(2, "status", pd.Series(words, index=matrix.index).astype("str"))
    whole = matrix.groupby("from", dropna=False)["n"].transform("sum")
    matrix.insert(4, "share", matrix["n"] / whole)
    matrix["value_change"] = matrix["value_after"] - matrix["value_before"]
    order = pd.DataFrame({"joined": ~here, "whole": -whole, "from": matrix["from"], "left": ~there})
    order["to"] = matrix["to"]
    return matrix.loc[order.sort_values(["joined", "whole", "from", "left", "to"]).index].reset_index(
        drop=True
    )


def missing_counterparts(moves: pd.DataFrame, by: str = "segment") -> tuple[list[str], list[str]]:
    """Return the parts that only one of both snapshots has: those gone, and those new.

    Parameters
    ----------
    moves : pandas.DataFrame
        Pairs or cells.
    by : {"segment", "lifecycle_stage"}, default="segment"
        The parts.

    Returns
    -------
    gone, new : list of str

    Examples
    --------
    >>> one, other = (pd.DataFrame({"customer_id": ["a"], "segment": [name]}) for name in ("Old", "Aged"))
    >>> missing_counterparts(pair_snapshots(one, other))
    (['Old'], ['Aged'])
    """
    sides = [set(part_of(moves, by, side).dropna()) - {""} for side in ("before", "after")]
    return sorted(sides[0] - sides[1]), sorted(sides[1] - sides[0])


def decompose_value(moves: pd.DataFrame, by: str = "segment") -> pd.DataFrame:
    """Split what a part gained or lost into customers moving and balances changing.

    Who moves from one part to another takes along what they held before; what their
    balance changed by counts where they are afterwards. So for every part

    value_after = value_before + joined − left + moved_in − moved_out + change_stayed
    + change_moved,

    exactly, and over all parts moved_in and moved_out cancel.

    Parameters
    ----------
    moves : pandas.DataFrame
        Pairs or cells.
    by : {"segment", "lifecycle_stage"}, default="segment"
        The parts.

    Returns
    -------
    pandas.DataFrame
        One row a part and at last one for all (``part`` missing): n_before, n_after,
        n_joined, n_left, n_in, n_out (customers), value_before, joined, left, moved_in,
        moved_out, change_stayed, change_moved, value_after (money); customers (joined −
        left + moved_in − moved_out) and balances (both changes).

    Raises
    ------
    ParameterProblem
        As `migrate`.

    Examples
    --------
    >>> before = pd.DataFrame({"customer_id": list("ab"), "segment": ["Old", "Young"],
    ...                        "balance_total": [100.0, 10.0]})
    >>> after = before.assign(segment=["Young", "Young"], balance_total=[90.0, 15.0])
    >>> decompose_value(pair_snapshots(before, after))[["part", "customers", "balances", "value_after"]]
        part  customers  balances  value_after
    0    Old     -100.0       0.0          0.0
    1  Young      100.0      -5.0        105.0
    2    NaN        0.0      -5.0        105.0
    """
    matrix = migrate(moves, by)
    status = matrix["status"]
    change = matrix["value_change"]
    of = {
        "n_joined": ("to", matrix["n"].where(status.eq("joined"))),
        "n_left": ("from", matrix["n"].where(status.eq("left"))),
        "n_in": ("to", matrix["n"].where(status.eq("moved"))),
        "n_out": ("from", matrix["n"].where(status.eq("moved"))),
        "n_before": ("from", matrix["n"]),
        "n_after": ("to", matrix["n"]),
        "value_before": ("from", matrix["value_before"]),
        "joined": ("to", matrix["value_after"].where(status.eq("joined"))),
        "left": ("from", matrix["value_before"].where(status.eq("left"))),
        "moved_in": ("to", matrix["value_before"].where(status.eq("moved"))),
        "moved_out": ("from", matrix["value_before"].where(status.eq("moved"))),
        "change_stayed": ("to", change.where(status.eq("stayed"))),
        "change_moved": ("to", change.where(status.eq("moved"))),
        "value_after": ("to", matrix["value_after"]),
    }
    parts = list(dict.fromkeys([*matrix["from"].dropna(), *matrix["to"].dropna()]))
    rows = pd.DataFrame({"part": pd.Series([*parts, np.nan], dtype="object")})
    for name, (side, figures) in of.items():
        sums = figures.fillna(0).groupby(matrix[side]).sum()
        cells = [*(sums.get(part, 0) for part in parts)]
        rows[name] = [*cells, sum(cells)]
        if name.startswith("n_"):
            rows[name] = rows[name].astype("int64")
    rows["customers"] = rows["joined"] - rows["left"] + rows["moved_in"] - rows["moved_out"]
    rows["balances"] = rows["change_stayed"] + rows["change_moved"]
    order = ["part", "n_before", "n_after", "n_joined", "n_left", "n_in", "n_out"]
    return rows[[*order, *(name for name in rows.columns if name not in order)]]
