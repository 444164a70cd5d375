"""The lists of the launch section: sizes, controls and strata, small cells hidden from readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.insight import hide_small_cells

if TYPE_CHECKING:
    from workbench.ui.state.sections.launch import LaunchState


def list_rows(section: LaunchState) -> list[dict[str, Any]]:
    """Return the lists shown: name, customers, control, hash, seed, and their strata.

    Parameters
    ----------
    section : LaunchState
        Whose lists.

    Returns
    -------
    list of dict
        ``hidden`` says that a list's own counts are too small for this reader.
    """
    if not section.n:
        return []
    launched = section.subject == "launched"
    key = "list_id" if launched else "strategy_id"
    targets, tables = section.targets, section.screen.tables
    minimum = section.project.small_cell if section.hides else 0
    whole = _arms(targets, key, minimum)
    strata = _arms(targets.assign(_stratum=targets[key] + "\x1f" + targets["segment"]), "_stratum", minimum)
    names = tables.names()
    rows = []
    for name, mine in targets.groupby(key, sort=False):
        strategy = str(mine["strategy_id"].iloc[0])
        row = {
            "name": str(name),
            "title": names.get(strategy, strategy),
            "slot": tables.segment(str(mine["segment"].iloc[0]))[1],
            "sha256": "",
            "seed": None,
            **whole[str(name)],
        }
        if launched:
            stored = section.screen.lists
            stored = stored[stored["list_id"].eq(str(name))].iloc[0]
            row |= {"sha256": stored["sha256"], "seed": int(stored["seed"])}
        row["strata"] = [
            {"segment": tables.segment(stratum.split("\x1f")[1])[0], **counts}
            for stratum, counts in strata.items()
            if stratum.split("\x1f")[0] == str(name)
        ]
        # Of a list with one stratum, that stratum is the list.
        if len(row["strata"]) == 1:
            row["hidden"] = row["hidden"] or row["strata"][0]["hidden"]
            row["strata"][0]["hidden"] = row["hidden"]
        rows.append(row)
    return rows


def _arms(targets: pd.DataFrame, key: str, minimum: int) -> dict[str, dict[str, Any]]:
    """Return customers and control of each group, and whether a reader may see them."""
    counts = targets.pivot_table(index=key, columns="arm", values="rank", aggfunc="size", fill_value=0)
    counts = counts.reindex(targets[key].drop_duplicates()).reset_index()
    cells = counts.melt(key, var_name="arm", value_name="n")
    hidden: set[str] = set()
    if minimum:
        shown = hide_small_cells(cells, minimum=minimum, by=(key, "arm"), totals=True)
        hidden = set(shown.loc[shown["hidden"].astype(bool), key].dropna())
    control = counts["control"] if "control" in counts else pd.Series(0, index=counts.index)
    whole = counts.drop(columns=key).sum(axis=1)
    return {
        str(name): {"hidden": name in hidden, "n": int(n), "n_control": int(held)}
        for name, n, held in zip(counts[key], whole, control, strict=True)
    }
