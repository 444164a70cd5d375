"""Where the nodes and the ribbons of a flow chart lie: before at the left, after at the right."""

from __future__ import annotations

import numpy as np
import pandas as pd

GAP = 0.02
"""Space between two nodes, as a share of the height."""
NODE = 0.022
"""Width of a node, as a share of the distance between both sides."""


def flow_layout(
    flows: pd.DataFrame,
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    label_gap: float = 0.06,
    n_points: int = 21,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Place the nodes and ribbons of a flow chart (alluvial diagram).

    Both sides share one scale: as high as a ribbon is, so many customers flow. Ribbons
    leave and enter their nodes in the order of the nodes at the other end. A flow that
    is not in the table (or whose count is missing, because it is hidden) leaves no gap
    of its own: what is missing of a node stays empty at its lower end.

    Parameters
    ----------
    flows : pandas.DataFrame
        One row a flow: ``before``, ``after``, ``n``.
    before, after : pandas.DataFrame
        The nodes of each side in their order from the top: ``node``, ``n``.
    label_gap : float, default=0.06
        Smallest distance of two names, as a share of the height.
    n_points : int, default=21
        Points along a ribbon.

    Returns
    -------
    nodes : pandas.DataFrame
        ``side``, ``node``, ``n``, ``x0``, ``x1``, ``y0``, ``y1`` (0 is the top, 1 the
        bottom) and ``y_label``.
    ribbons : pandas.DataFrame
        `n_points` rows a flow: ``flow`` (its number), ``before``, ``after``, ``n``, ``x``,
        ``y0``, ``y1``.

    Examples
    --------
    >>> flows = pd.DataFrame({"before": ["A", "A"], "after": ["B", "C"], "n": [30, 10]})
    >>> sides = pd.DataFrame({"node": ["A"], "n": [40]}), pd.DataFrame({"node": ["B", "C"], "n": [30, 10]})
    >>> nodes, ribbons = flow_layout(flows, *sides)
    >>> nodes[["node", "y0", "y1"]].round(3).values.tolist()
    [['A', 0.0, 0.98], ['B', 0.0, 0.735], ['C', 0.755, 1.0]]
    >>> ribbons.groupby("flow").size().tolist()
    [21, 21]
    """
    most = max(len(before), len(after), 1)
    total = max(float(before["n"].sum()), float(after["n"].sum()), 1.0)
    per_customer = max(0.2, 1 - GAP * (most - 1)) / total
    nodes = pd.concat(
        [
            _nodes(before, "before", per_customer, label_gap).assign(x0=0.0, x1=NODE),
            _nodes(after, "after", per_customer, label_gap).assign(x0=1 - NODE, x1=1.0),
        ],
        ignore_index=True,
    )
    columns = ["side", "node", "n", "x0", "x1", "y0", "y1", "y_label"]
    return nodes[columns], _ribbons(flows, nodes, per_customer, n_points)


def _nodes(side: pd.DataFrame, name: str, per_customer: float, label_gap: float) -> pd.DataFrame:
    heights = side["n"].to_numpy(dtype="float64") * per_customer
    tops = np.concatenate([[0.0], np.cumsum(heights + GAP)[:-1]]) if len(side) else np.array([])
    return pd.DataFrame(
        {
            "side": name,
            "node": side["node"].to_numpy(),
            "n": side["n"].to_numpy(),
            "y0": tops,
            "y1": tops + heights,
            "y_label": spread(tops + heights / 2, label_gap),
        }
    )


def spread(places: np.ndarray, gap: float) -> np.ndarray:
    """Return ascending places moved so little that neighbours are `gap` apart, within 0 to 1.

    Examples
    --------
    >>> spread(np.array([0.5, 0.52, 0.98]), 0.1).round(2).tolist()
    [0.5, 0.6, 0.95]
    """
    moved = np.array(places, dtype="float64")
    gap = min(gap, 1 / max(len(moved), 1))
    if not len(moved):
        return moved
    moved[0] = max(moved[0], gap / 2)
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    moved[-1] = min(moved[-1], 1 - gap / 2)
    for i in range(len(moved) - 2, -1, -1):
        moved[i] = min(moved[i], moved[i + 1] - gap)
    return moved


def _ribbons(flows: pd.DataFrame, nodes: pd.DataFrame, per_customer: float, n_points: int) -> pd.DataFrame:
    left = nodes[nodes["side"] == "before"].set_index("node")["y0"]
    right = nodes[nodes["side"] == "after"].set_index("node")["y0"]
    rows = flows[flows["n"].notna()]
    rows = rows[(rows["n"] > 0) & rows["before"].isin(left.index) & rows["after"].isin(right.index)]
    rows = rows.assign(height=rows["n"].astype("float64") * per_customer).reset_index(drop=True)
    for end, other, place in (("before", "after", right), ("after", "before", left)):
        ordered = rows.assign(place=rows[other].map(place)).sort_values("place", kind="stable")
        rows[f"from_{end}"] = ordered.groupby(end)["height"].cumsum() - ordered["height"]
    start = rows["before"].map(left).to_numpy(dtype="float64") + rows["from_before"].to_numpy()
    end = rows["after"].map(right).to_numpy(dtype="float64") + rows["from_after"].to_numpy()
    step = np.linspace(0, 1, n_points)
    bend = step**2 * (3 - 2 * step)
    y0 = start[:, None] + (end - start)[:, None] * bend
    n = len(rows)
    return pd.DataFrame(
        {
            "flow": np.repeat(np.arange(n), n_points),
            "before": np.repeat(rows["before"].to_numpy(dtype="object"), n_points),
            "after": np.repeat(rows["after"].to_numpy(dtype="object"), n_points),
            "n": np.repeat(rows["n"].to_numpy(dtype="int64"), n_points),
            "x": np.tile(NODE + (1 - 2 * NODE) * step, n),
            "y0": y0.ravel(),
            "y1": (y0 + rows["height"].to_numpy()[:, None]).ravel(),
        }
    )
