"""Head office and branches on the same segment: where they agree, and what only one side saw."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.tables import ROOM_GROUPS, ROOM_IDEAS

HEAD_OFFICE = "head_office"
SEEN_BY = ("both", "head_office", "branch")


def compare_sides(ideas: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Compare what head office and branches said of a segment, group by group.

    A theme that ideas of both sides stand in was seen by both; how much weight each side
    gives it is its share of that side's ideas. Votes are not split: a vote tells whose idea
    it is for, not who gave it.

    Parameters
    ----------
    ideas : pandas.DataFrame
        Table `ROOM_IDEAS`.
    groups : pandas.DataFrame
        Table `ROOM_GROUPS`.

    Returns
    -------
    pandas.DataFrame
        One row a group, and one for every idea that stands alone: group_id (missing for the
        latter), name (the idea's text for the latter), n_head_office, n_branch (ideas),
        share_head_office, share_branch (of the side's ideas; missing for a side without
        any), gap (head office minus branch), votes, seen_by (``both``, ``head_office``,
        ``branch``). First what both saw, then what one saw, each by votes.

    Raises
    ------
    TableProblem
        If a table does not fit.

    Examples
    --------
    >>> ideas = pd.DataFrame(
    ...     {
    ...         "idea_id": [1, 2, 3],
    ...         "text": ["Call early", "Call before maturity", "A better rate"],
    ...         "side": ["head_office", "Branch 12", "Branch 08"],
    ...         "group_id": pd.array([7, 7, None], dtype="Int64"),
    ...         "votes": [2, 3, 1],
    ...     }
    ... ).astype({"text": "str", "side": "str"})
    >>> groups = pd.DataFrame({"group_id": [7], "name": pd.Series(["In time"], dtype="str")})
    >>> compare_sides(ideas, groups)[["name", "votes", "seen_by"]].values.tolist()
    [['In time', 5, 'both'], ['A better rate', 1, 'branch']]
    """
    ROOM_IDEAS.check(ideas)
    ROOM_GROUPS.check(groups)
    names = dict(zip(groups["group_id"].astype(int), groups["name"], strict=True))
    grouped = ideas["group_id"].isin(list(names)).to_numpy(dtype=bool, na_value=False)
    # What stands alone is a theme of its own; its number can't be a group's.
    theme = np.where(grouped, ideas["group_id"].fillna(0).astype(int), -1 - np.arange(len(ideas)))
    office = ideas["side"].eq(HEAD_OFFICE).to_numpy()
    n_side = {True: int(office.sum()), False: int((~office).sum())}
    rows = []
    for number in dict.fromkeys(theme.tolist()):
        inside = theme == number
        here = {side: int((inside & (office == side)).sum()) for side in (True, False)}
        share = {side: here[side] / n_side[side] if n_side[side] else np.nan for side in here}
        seen = "both" if here[True] and here[False] else "head_office" if here[True] else "branch"
        label = names[number] if number >= 0 else str(ideas["text"].to_numpy()[-1 - number])
        votes = int(ideas["votes"].to_numpy()[inside].sum())
        known = number if number >= 0 else None
        rows.append((known, label, here[True], here[False], share[True], share[False], votes, seen))
    columns = ["group_id", "name", "n_head_office", "n_branch", "share_head_office", "share_branch"]
    frame = pd.DataFrame(rows, columns=[*columns, "votes", "seen_by"])
    frame = frame.astype({"name": "str", "seen_by": "str", "group_id": "Int64", "votes": "int64"})
    frame.insert(6, "gap", frame["share_head_office"].astype(float) - frame["share_branch"].astype(float))
    order = frame["seen_by"].eq("both").map({True: 0, False: 1})
    return (
        frame.assign(_order=order)
        .sort_values(["_order", "votes"], ascending=[True, False], kind="stable", ignore_index=True)
        .drop(columns="_order")
    )
