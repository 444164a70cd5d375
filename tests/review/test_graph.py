"""Layers, order and groups of a lineage, against networkx-free brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.review import group_nodes, lay_out_graph


def graph(*lines: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    edges = pd.DataFrame([tuple(line.split(">")) for line in lines], columns=["source", "target"])
    names = list(dict.fromkeys([*edges["source"], *edges["target"]]))
    return pd.DataFrame({"node_id": names}), edges


def longest_way(node: str, edges: pd.DataFrame) -> int:
    """Length of the longest way to a node, by walking every one."""
    sources = edges.loc[edges["target"].eq(node), "source"]
    return max((1 + longest_way(source, edges) for source in sources), default=0)


def crossings(placed: pd.DataFrame, points: pd.DataFrame) -> int:
    """Count crossing pieces between neighbouring layers, pair by pair."""
    pieces = []
    for _, line in points.groupby("edge"):
        rows = list(zip(line["x"], line["y"], strict=True))
        pieces += list(itertools.pairwise(rows))
    return sum(
        (a[0][1] - b[0][1]) * (a[1][1] - b[1][1]) < 0
        for a, b in itertools.combinations(pieces, 2)
        if a[0][0] == b[0][0]
    )


def random_graph(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    lines = [f"n{i}>n{j}" for i in range(14) for j in range(i + 1, 14) if rng.random() < 0.18]
    return graph(*lines)


@pytest.mark.parametrize("seed", range(12))
def test_layers_are_longest_ways_and_every_line_leads_right(seed: int) -> None:
    nodes, edges = random_graph(seed)
    placed, points = lay_out_graph(nodes, edges)
    layers = placed.set_index("node_id")["layer"]
    made = set(edges["target"])
    for node in nodes["node_id"]:
        if node in made:
            assert layers[node] == longest_way(node, edges)
        else:
            assert layers[node] == layers[edges.loc[edges["source"].eq(node), "target"]].min() - 1
    for _, line in points.groupby("edge"):
        assert line["x"].diff().dropna().eq(1).all()
    ends = points.groupby("edge").agg(first=("x", "first"), last=("x", "last"), source=("source", "first"))
    assert (ends["first"] == ends["source"].map(layers)).all()


@pytest.mark.parametrize("seed", range(12))
def test_nodes_of_a_layer_do_not_touch(seed: int) -> None:
    placed, _ = lay_out_graph(*random_graph(seed))
    for _, part in placed.groupby("layer"):
        assert (np.diff(np.sort(part["y"])) >= 1 - 1e-9).all()
    assert placed["y"].min() >= 0


def test_ordering_leaves_fewer_crossings_than_the_given_order() -> None:
    swept = shuffled = 0
    for seed in range(12):
        nodes, edges = random_graph(seed)
        placed, points = lay_out_graph(nodes, edges)
        swept += crossings(placed, points)
        heights = {node: i for i, node in enumerate(nodes["node_id"])}
        bare = points.assign(
            y=[
                heights[row.source if row.x == 0 else row.target] + row.step / 100
                for row in points.itertuples()
            ]
        )
        shuffled += crossings(placed, bare)
    assert swept < shuffled


def test_ladders_that_were_drawn_crossed_are_straightened() -> None:
    nodes, edges = graph("a>d", "b>c", "a>c2", "b>d2")
    nodes = nodes.set_index("node_id").loc[["a", "b", "c", "d", "c2", "d2"]].reset_index()
    placed, points = lay_out_graph(nodes, edges)
    assert crossings(placed, points) == 0


def test_the_same_tables_give_the_same_places() -> None:
    first, second = (lay_out_graph(*random_graph(3)) for _ in range(2))
    pd.testing.assert_frame_equal(first[0], second[0])
    pd.testing.assert_frame_equal(first[1], second[1])


def test_empty_single_and_unknown() -> None:
    placed, points = lay_out_graph(pd.DataFrame({"node_id": []}), pd.DataFrame({"source": [], "target": []}))
    assert placed.empty
    assert points.empty
    edges = pd.DataFrame({"source": ["a", "a"], "target": ["stranger", "a2"]})
    placed, points = lay_out_graph(pd.DataFrame({"node_id": ["a", "a2"], "kind": ["x", "y"]}), edges)
    assert placed["kind"].tolist() == ["x", "y"]
    assert points["target"].unique().tolist() == ["a2"]


def test_a_circle_is_said() -> None:
    with pytest.raises(ParameterProblem, match="circle through b, c"):
        lay_out_graph(*graph("a>b", "b>c", "c>b"))


def test_groups_keep_every_way() -> None:
    nodes, edges = graph("r1>i", "r2>i", "r3>i", "i>l1", "i>l2", "l1>o", "l2>o")
    nodes["kind"] = nodes["node_id"].str[0]
    grouped, lines = group_nodes(nodes, edges, ["kind"], smallest=2)
    assert dict(zip(grouped["node_id"], grouped["n"], strict=True)) == {"r1": 3, "i": 1, "l1": 2, "o": 1}
    assert grouped.set_index("node_id").loc["l1", "members"] == ["l1", "l2"]
    assert list(lines.itertuples(index=False, name=None)) == [("r1", "i"), ("i", "l1"), ("l1", "o")]


def test_versions_made_from_one_another_stay_apart() -> None:
    nodes, edges = graph("s1>r", "r>s2", "s2>s3")
    nodes["kind"] = nodes["node_id"].str[0]
    grouped, _ = group_nodes(nodes, edges, ["kind"], smallest=2)
    assert grouped["n"].tolist() == [1, 1, 1, 1]
    nodes["kind"] = nodes["kind"].where(nodes["kind"].ne("s"), None)
    assert len(group_nodes(nodes, edges, ["kind"], smallest=2)[0]) == 4
