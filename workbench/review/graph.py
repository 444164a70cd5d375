"""Where the nodes of a lineage stand: side-by-side ones grouped, sources left, few lines crossing."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.campaign import check_columns

_SWEEPS = 8


def group_nodes(
    nodes: pd.DataFrame, edges: pd.DataFrame, by: Sequence[str], *, smallest: int = 3
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw many nodes of one kind as one.

    Parameters
    ----------
    nodes : pandas.DataFrame
        ``node_id`` and the columns of `by`; other columns are the first member's.
    edges : pandas.DataFrame
        ``source``, ``target``: ids of nodes.
    by : sequence of str
        Nodes alike in these columns are one group. A missing value belongs to no group.
    smallest : int, default=3
        Fewer stay single. So do members of which one was made from another through nodes
        of no or another group, since one node can't stand before and after those.

    Returns
    -------
    nodes, edges : pandas.DataFrame
        The same columns, and ``n`` (members) and ``members`` (list of ids) of a node; a
        group's id is that of its first member. Edges between the same two are one.

    Raises
    ------
    ParameterProblem
        If a table lacks a column.

    Examples
    --------
    >>> nodes = pd.DataFrame({"node_id": ["a", "b", "c", "d"], "kind": ["raw", "raw", "raw", "import"]})
    >>> edges = pd.DataFrame({"source": ["a", "b", "c"], "target": ["d", "d", "d"]})
    >>> grouped, kept = group_nodes(nodes, edges, ["kind"])
    >>> grouped["n"].tolist(), len(kept)
    ([3, 1], 1)
    """
    check_columns(nodes, ["node_id", *by])
    check_columns(edges, ["source", "target"])
    after = _after(edges)
    home = {node: node for node in nodes["node_id"]}
    for _, part in nodes.groupby(list(by), sort=False):
        members = list(part["node_id"])
        if len(members) >= smallest and not _is_through(after, set(members)):
            home |= dict.fromkeys(members, members[0])
    groups: dict[str, list[str]] = defaultdict(list)
    for node, first in home.items():
        groups[first].append(node)
    kept = nodes[nodes["node_id"].isin(list(groups))].reset_index(drop=True)
    kept["members"] = [groups[node] for node in kept["node_id"]]
    kept["n"] = [len(members) for members in kept["members"]]
    lines = pd.DataFrame(
        {"source": edges["source"].map(home), "target": edges["target"].map(home)}
    ).drop_duplicates(ignore_index=True)
    return kept, lines[lines["source"] != lines["target"]].reset_index(drop=True)


def _after(edges: pd.DataFrame) -> dict[str, list[str]]:
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in zip(edges["source"], edges["target"], strict=True):
        after[source].append(target)
    return after


def _is_through(after: dict[str, list[str]], members: set[str]) -> bool:
    """Say whether a member leads to another one through what is not in the group."""
    seen: set[str] = set()
    waiting = [node for member in members for node in after.get(member, []) if node not in members]
    while waiting:
        node = waiting.pop()
        if node in members:
            return True
        if node not in seen:
            seen.add(node)
            waiting += after.get(node, [])
    return False


def lay_out_graph(nodes: pd.DataFrame, edges: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Place a graph in layers, so that every edge leads to the right (Sugiyama's steps).

    A node stands one layer right of the last it was made from; what was made from nothing
    stands right before the first that needs it. Within a layer nodes are ordered by the
    mean place of their neighbours, swept to and fro; an edge over several layers bends at
    each. The same tables give the same places.

    Parameters
    ----------
    nodes : pandas.DataFrame
        ``node_id``, and other columns, which are kept.
    edges : pandas.DataFrame
        ``source``, ``target``: ids of nodes; an edge to a node that is not there is left out.

    Returns
    -------
    nodes : pandas.DataFrame
        With ``layer`` (int, 0 is the left), ``x`` (the layer) and ``y`` (one apart at least
        within a layer, 0 at the top).
    points : pandas.DataFrame
        ``edge``, ``source``, ``target``, ``step``, ``x``, ``y``: two or more points an edge,
        in order.

    Raises
    ------
    ParameterProblem
        If a table lacks a column, or the edges lead in a circle.

    References
    ----------
    .. [1] Sugiyama, K., Tagawa, S., Toda, M. (1981). Methods for visual understanding of
       hierarchical system structures. IEEE Transactions on Systems, Man, and Cybernetics 11.

    Examples
    --------
    >>> nodes = pd.DataFrame({"node_id": ["raw", "import", "portrait"]})
    >>> edges = pd.DataFrame({"source": ["raw", "import"], "target": ["import", "portrait"]})
    >>> placed, points = lay_out_graph(nodes, edges)
    >>> placed["layer"].tolist(), len(points)
    ([0, 1, 2], 4)
    """
    check_columns(nodes, ["node_id"])
    check_columns(edges, ["source", "target"])
    names = list(nodes["node_id"])
    known = set(names)
    lines = [
        pair
        for pair in dict.fromkeys(zip(edges["source"], edges["target"], strict=True))
        if set(pair) <= known
    ]
    layers = _layers(names, lines)
    chains = [_chain(pair, layers) for pair in lines]
    places: dict[int, list[str]] = defaultdict(list)
    for node in names:
        places[layers[node]].append(node)
    for chain in chains:
        for step, point in enumerate(chain[1:-1], 1):
            places[layers[chain[0]] + step].append(point)
    beside: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for chain in chains:
        for one, other in itertools.pairwise(chain):
            beside[other][0].append(one)
            beside[one][1].append(other)
    heights = _heights(places, beside)
    placed = nodes.assign(
        layer=[layers[node] for node in names],
        x=[float(layers[node]) for node in names],
        y=[heights[node] for node in names],
    )
    points = [
        (number, source, target, step, float(layers[source] + step), heights[point])
        for number, ((source, target), chain) in enumerate(zip(lines, chains, strict=True))
        for step, point in enumerate(chain)
    ]
    return placed, pd.DataFrame(points, columns=["edge", "source", "target", "step", "x", "y"])


def _layers(names: list[str], lines: list[tuple[str, str]]) -> dict[str, int]:
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in lines:
        before[target].append(source)
        after[source].append(target)
    waiting = {node: len(before[node]) for node in names}
    ready = [node for node in names if not waiting[node]]
    layers: dict[str, int] = {}
    for node in ready:
        layers[node] = max((layers[source] + 1 for source in before[node]), default=0)
        for target in after[node]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    if len(layers) < len(names):
        circle = [node for node in names if node not in layers]
        raise ParameterProblem("review_cycles.error.circle", nodes=", ".join(circle[:5]))
    for node in names:
        if not before[node] and after[node]:
            layers[node] = min(layers[target] for target in after[node]) - 1
    return layers


def _chain(pair: tuple[str, str], layers: dict[str, int]) -> list[str]:
    source, target = pair
    between = range(layers[source] + 1, layers[target])
    return [source, *(f"\0{source}\0{target}\0{layer}" for layer in between), target]


def _heights(
    places: dict[int, list[str]], beside: dict[str, tuple[list[str], list[str]]]
) -> dict[str, float]:
    """Order each layer by its neighbours, and let every node stand near them."""
    heights = {node: float(i) for nodes in places.values() for i, node in enumerate(nodes)}
    forward = sorted(places)
    for sweep in range(_SWEEPS):
        to_the_right = sweep % 2 == 0
        for layer in forward if to_the_right else reversed(forward):
            nodes = places[layer]
            wanted = {}
            for node in nodes:
                near = beside[node][0 if to_the_right else 1]
                wanted[node] = sum(heights[one] for one in near) / len(near) if near else heights[node]
            nodes.sort(key=wanted.__getitem__)
            heights |= _apart(nodes, wanted)
    top = min(heights.values(), default=0.0)
    return {node: height - top for node, height in heights.items()}


def _apart(nodes: list[str], wanted: dict[str, float]) -> dict[str, float]:
    """Return heights at least one apart, in this order, as near as can be to the wanted ones."""
    # Nodes that would overlap move as one block around their mean.
    blocks: list[list[float]] = []
    for i, node in enumerate(nodes):
        blocks.append([wanted[node] - i, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, size = blocks.pop()
            last = blocks[-1]
            last[0] = (last[0] * last[1] + mean * size) / (last[1] + size)
            last[1] += size
    levels = [mean for mean, size in blocks for _ in range(int(size))]
    return {node: levels[i] + i for i, node in enumerate(nodes)}
